//! Whether a word at one place of a path is a name or a value: the sum of what its signs weigh.

use super::labels::{OPERATION, Sort};
use super::weights::{SIGNS, Sign, WEIGHTS};
use super::words::{Spelled, Word};
use crate::limits::{NODE_CHILDREN_MAX, PROVEN_VISITS};

/// Above this it is a value; in hundredths of log-odds.
const VALUE: i64 = 30;
/// So many words at one place are many.
const FLOOD: usize = 32;
/// Fewer words than this are values only with a score above that, where no sure value stands.
const FEW: usize = 4;
const SURE: i64 = 250;
/// From here on an open place takes in all that has not proved itself.
const CROWD: usize = NODE_CHILDREN_MAX / 4 * 3;
/// So many words that are values, three of four at least, speak for the rest.
const AGREED_MIN: usize = 6;

/// One text below the nodes of a group, with all nodes that it leads to.
pub(super) struct Token<'e> {
    pub text: &'e str,
    pub sort: Sort,
    pub nodes: Vec<u32>,
    pub visits: u64,
    pub methods: u16,
    pub callers: u64,
    pub word: Word,
    /// Hashes of the labels below with whether each is a name, sorted, no two alike.
    pub next: Vec<(u64, bool)>,
    /// Hashes of the names one further below, likewise.
    pub deep: Vec<u64>,
    pub elsewhere: Elsewhere,
    /// Whether it is a value by the last decision, if that knew the place.
    pub before: Option<bool>,
}

/// What the rest of the API says of a word.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Elsewhere {
    /// Different words before it, at different depths.
    pub contexts: usize,
    /// Whether the same word stands anywhere with another number at its end.
    pub twins: bool,
    /// Where it was taken for a value and for a name.
    pub tally: [u32; 2],
    /// The same for all words that differ in the number at their end.
    pub stem_tally: [u32; 2],
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Verdict {
    pub value: bool,
    pub score: i64,
    /// The sign that weighs most for it.
    pub says: &'static str,
}

/// Where the group stands.
#[derive(Clone, Copy)]
pub(super) struct Position<'e> {
    /// The last word before it.
    pub before: &'e str,
    pub word_before: Word,
    pub below_slot: bool,
    pub depth: usize,
    /// Whether the API was judged before.
    pub later: bool,
}

/// What all tokens of a group are compared with.
struct Group {
    tokens: usize,
    names: usize,
    leaves: usize,
    numbered: usize,
    proven: usize,
    visits: u64,
    visits_median: u64,
    callers: u32,
    /// Names that came three times at least, and such that have callers of their own.
    seen_again: usize,
    with_own_callers: usize,
    sure: bool,
    sure_methods: u16,
    sure_next: Vec<u64>,
    /// Of all tokens, sorted.
    next: Vec<u64>,
    deep: Vec<u64>,
    /// Of names that something ends at, sorted.
    methods: Vec<u16>,
    stems: Vec<u64>,
}

/// A verdict for each token of a group.
pub(super) fn judge(tokens: &[Token<'_>], position: Position<'_>) -> Vec<Verdict> {
    let group = Group::of(tokens);
    let verdicts = tokens.iter().map(|token| match token.sort {
        Sort::Slot => fixed(true),
        Sort::Affixed => fixed(false),
        Sort::Operation => fixed(token.text == OPERATION),
        Sort::Name => weigh(&signs(token, &group, position), position.later),
    });
    let mut verdicts = verdicts.collect::<Vec<_>>();
    if group.is_flooded() {
        for (token, verdict) in tokens.iter().zip(&mut verdicts) {
            keep(token, verdict);
        }
    }
    let values = |verdicts: &[Verdict]| verdicts.iter().filter(|it| it.value).count();
    if !group.sure && values(&verdicts) < FEW {
        for verdict in &mut verdicts {
            verdict.value &= verdict.score > SURE;
        }
    }
    let values = values(&verdicts) - tokens.iter().filter(|it| it.sort == Sort::Slot).count();
    let agreed = values >= AGREED_MIN && 4 * values >= 3 * group.names;
    let crowded = tokens.len() >= CROWD;
    for (token, verdict) in tokens.iter().zip(&mut verdicts) {
        let word = matches!(token.sort, Sort::Name | Sort::Operation);
        if verdict.value || !word {
            continue;
        }
        if agreed && yields(token, *verdict, &group) {
            (verdict.value, verdict.says) = (true, "nearly all of its siblings are values");
        } else if crowded && token.visits < PROVEN_VISITS {
            (verdict.value, verdict.says) = (true, "new ones keep coming");
            verdict.score = 300;
        }
    }
    verdicts
}

/// Of a text that shows what it is.
fn fixed(value: bool) -> Verdict {
    Verdict {
        value,
        score: if value { 400 } else { -400 },
        says: "",
    }
}

/// In a flood, what has proved itself stays what it is unless much speaks against it.
fn keep(token: &Token<'_>, verdict: &mut Verdict) {
    if token.sort == Sort::Name && token.visits >= PROVEN_VISITS {
        verdict.value = match token.before {
            Some(true) => verdict.score > -SURE,
            Some(false) => verdict.score > SURE,
            None => verdict.value,
        };
    }
}

/// Whether a word has nothing that sets it apart where all others are values.
fn yields(token: &Token<'_>, verdict: Verdict, group: &Group) -> bool {
    let own = token.next.iter().filter(|it| it.1);
    let own = own.filter(|it| count(&group.next, &it.0) < 2).count();
    token.sort == Sort::Name
        && verdict.score > -300
        && !token.word.is(Spelled::Verb)
        && token.visits < 4 * group.visits_median.max(1)
        && own < 2
}

fn weigh(signs: &[i64; SIGNS], later: bool) -> Verdict {
    let weights = WEIGHTS
        .iter()
        .map(|it| if later { it.later } else { it.first });
    let parts = weights
        .zip(signs)
        .map(|(weight, sign)| weight * sign / 100)
        .collect::<Vec<_>>();
    let score = parts.iter().sum::<i64>();
    let value = score > VALUE;
    let side = if value { 1 } else { -1 };
    let said = parts
        .iter()
        .zip(&WEIGHTS)
        .filter(|(part, weight)| **part * side > 0 && !weight.says.is_empty());
    let says = said
        .max_by_key(|(part, _)| **part * side)
        .map_or("", |it| it.1.says);
    Verdict { value, score, says }
}

fn signs(token: &Token<'_>, group: &Group, position: Position<'_>) -> [i64; SIGNS] {
    let mut signs = [0; SIGNS];
    let mut set = |sign: Sign, is: bool| signs[sign as usize] = if is { 100 } else { 0 };
    set(Sign::Bias, true);
    spelling_signs(token, &mut set);
    position_signs(group, position, &mut set);
    if token.next.is_empty() {
        leaf_signs(token, group, &mut set);
    } else {
        inner_signs(token, group, &mut set);
    }
    let others = group.numbered - usize::from(token.word.is(Spelled::Digit));
    set(Sign::Numsib2, others >= 2);
    set(Sign::Numsib5, others >= 5);
    set(Sign::TwinHere, count(&group.stems, &token.word.stem) > 1);
    set(Sign::VisHi, token.visits >= 4 * group.visits_median.max(1));
    let callers = token.callers.count_ones();
    let spread = group.seen_again >= 4 && group.callers >= 8 && token.visits >= 3;
    set(
        Sign::OwnCallers,
        spread && has_own_callers(token) && 5 * group.with_own_callers >= 3 * group.seen_again,
    );
    set(
        Sign::AllCallers,
        spread && callers >= 8 && callers * 2 >= group.callers,
    );
    set(Sign::Growth, group.names >= 64);
    elsewhere_signs(token.elsewhere, &mut set);
    signs[Sign::Numsib as usize] = (group.numbered * 100 / group.names.max(1)).cast_signed() as i64;
    if position.later {
        signs[Sign::ElseShare as usize] = share(token.elsewhere.tally);
        signs[Sign::StemShare as usize] = share(token.elsewhere.stem_tally);
    }
    if token.next.is_empty() {
        let alike = count(&group.methods, &token.methods);
        let steps = [2, 3, 5, 8, 15, 30].iter().filter(|it| alike >= **it);
        signs[Sign::SibsLeafSameM as usize] = steps.count().cast_signed() as i64 * 100;
    }
    signs
}

fn spelling_signs(token: &Token<'_>, set: &mut impl FnMut(Sign, bool)) {
    for (sign, spelled) in [
        (Sign::DigitTail, Spelled::DigitTail),
        (Sign::Version, Spelled::Version),
        (Sign::DigitIn, Spelled::Digit),
        (Sign::Upper, Spelled::Upper),
        (Sign::Camel, Spelled::Camel),
        (Sign::Cap, Spelled::Capital),
        (Sign::Dash, Spelled::Dash),
        (Sign::Under, Spelled::Underscore),
        (Sign::Dot, Spelled::Dot),
        (Sign::Short2, Spelled::Short),
        (Sign::OtherMark, Spelled::OtherSign),
        (Sign::Plural, Spelled::Plural),
        (Sign::Verb, Spelled::Verb),
    ] {
        set(sign, token.word.is(spelled));
    }
}

fn position_signs(group: &Group, position: Position<'_>, set: &mut impl FnMut(Sign, bool)) {
    let before = position.word_before;
    set(Sign::ParPlural, before.is(Spelled::Plural));
    set(Sign::ParSlot, position.below_slot);
    set(Sign::ParBy, before.is(Spelled::By));
    set(Sign::ParRoot, position.depth == 0);
    set(
        Sign::ParVersion,
        before.is(Spelled::Version)
            || ["api", "rest"]
                .iter()
                .any(|it| it.eq_ignore_ascii_case(position.before)),
    );
    set(Sign::Depth1, position.depth == 1);
    set(Sign::Single, group.tokens == 1);
}

fn leaf_signs(token: &Token<'_>, group: &Group, set: &mut impl FnMut(Sign, bool)) {
    set(Sign::Leaf, true);
    set(Sign::LeafSure, group.sure);
    let sure = group.sure_methods;
    set(Sign::LeafSureM, group.sure && token.methods & !sure == 0);
    set(Sign::LeafSureMOther, sure != 0 && token.methods & sure == 0);
    set(Sign::LeafStay, group.stays());
    set(Sign::Onlyleafs, group.leaves == group.names);
    set(Sign::LeafSibs4, group.names >= 4);
    set(Sign::LeafSibs8, group.names >= 8);
    set(Sign::LeafSibs16, group.names >= 16);
}

fn inner_signs(token: &Token<'_>, group: &Group, set: &mut impl FnMut(Sign, bool)) {
    let names = || token.next.iter().filter(|it| it.1).map(|it| it.0);
    let shared = names().filter(|it| count(&group.next, it) >= 2).count();
    let all = names().count();
    set(Sign::Mid, true);
    set(Sign::MidSure, group.sure);
    set(Sign::MidShared, shared > 0);
    set(Sign::MidSharedAll, all > 0 && shared == all);
    set(
        Sign::MidSharedMany,
        names().any(|it| count(&group.next, &it) >= 4),
    );
    set(
        Sign::MidSharedSure,
        names().any(|it| group.sure_next.binary_search(&it).is_ok()),
    );
    let deep = || token.deep.iter();
    set(
        Sign::SharedDeep,
        shared == 0 && deep().next().is_some() && deep().all(|it| count(&group.deep, it) >= 4),
    );
    set(Sign::MidUnshared1, all > shared);
    set(Sign::MidUnshared2, all >= shared + 2);
    set(Sign::MidOnlysure, all == 0);
    set(
        Sign::Thick,
        token.visits >= 8 && 2 * token.visits >= group.visits,
    );
    set(Sign::MidStay, group.stays());
    set(Sign::Fan3, all >= 3);
    set(Sign::MidSibs8, group.names >= 8);
    set(Sign::MidSibs16, group.names >= 16);
}

/// One caller, or two: a user's or a tenant's name.
fn has_own_callers(token: &Token<'_>) -> bool {
    token.visits >= 3 && token.callers.count_ones() <= 2
}

fn elsewhere_signs(elsewhere: Elsewhere, set: &mut impl FnMut(Sign, bool)) {
    let Elsewhere {
        contexts,
        twins,
        tally: [values, names],
        stem_tally: _,
    } = elsewhere;
    set(Sign::TwinAny, twins);
    set(Sign::Contexts2, contexts >= 2);
    set(Sign::Contexts3, contexts >= 3);
    set(Sign::Contexts5, contexts >= 5);
    set(Sign::ElseVal, values > 0);
    set(Sign::ElseMany, values >= 3 && values > 3 * names);
    set(Sign::ElseName, names >= 2 && values == 0);
}

/// How far the values are from half of all, in hundredths.
fn share([values, names]: [u32; 2]) -> i64 {
    let (values, names) = (i64::from(values), i64::from(names));
    (2 * values + 1) * 100 / (2 * (values + names + 1)) - 50
}

impl Group {
    fn of(tokens: &[Token<'_>]) -> Group {
        let names = || tokens.iter().filter(|it| it.sort == Sort::Name);
        let sures = || tokens.iter().filter(|it| it.sort == Sort::Slot);
        let mut visits = names().map(|it| it.visits).collect::<Vec<_>>();
        visits.sort_unstable();
        let callers = names().fold(0, |all, it| all | it.callers);
        Group {
            tokens: tokens.len(),
            names: visits.len(),
            leaves: names().filter(|it| it.next.is_empty()).count(),
            numbered: names().filter(|it| it.word.is(Spelled::Digit)).count(),
            proven: visits.iter().filter(|it| **it >= PROVEN_VISITS).count(),
            visits: visits.iter().sum(),
            visits_median: visits.get(visits.len() / 2).copied().unwrap_or(1),
            callers: callers.count_ones(),
            seen_again: names().filter(|it| it.visits >= 3).count(),
            with_own_callers: names().filter(|it| has_own_callers(it)).count(),
            sure: sures().next().is_some(),
            sure_methods: sures().fold(0, |all, it| all | it.methods),
            sure_next: sorted(sures().flat_map(|it| it.next.iter().map(|it| it.0))),
            next: sorted(tokens.iter().flat_map(|it| it.next.iter().map(|it| it.0))),
            deep: sorted(tokens.iter().flat_map(|it| it.deep.iter().copied())),
            methods: sorted(names().map(|it| it.methods).filter(|it| *it != 0)),
            stems: sorted(names().map(|it| it.word.stem)),
        }
    }

    /// Whether most words came only now and then, and there are many.
    fn is_flooded(&self) -> bool {
        self.names >= FLOOD && 3 * self.proven <= self.names
    }

    /// Whether words come again and again: seven visits of two in the mean.
    fn stays(&self) -> bool {
        self.names >= 2 && 2 * self.visits >= 7 * self.names as u64
    }
}

fn sorted<T: Ord>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut items = items.collect::<Vec<_>>();
    items.sort_unstable();
    items
}

/// How often it stands in a sorted list.
fn count<T: Ord>(sorted: &[T], item: &T) -> usize {
    sorted.partition_point(|it| it <= item) - sorted.partition_point(|it| it < item)
}
