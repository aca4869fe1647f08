//! Whether a word at one place of a path is a name or a value: the sum of what its signs weigh.

use super::labels::Sort;
use super::weights::{SIGNS, Sign, WEIGHTS};
use super::words::{Spelled, Word};
use crate::limits::NODE_CHILDREN_MAX;

/// Above this it is a value; in hundredths of log-odds.
const VALUE: i64 = 30;
/// From here on an open place takes in all that has not proved itself.
const CROWD: usize = NODE_CHILDREN_MAX / 4 * 3;

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
    pub elsewhere: Elsewhere,
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
    visits_median: u64,
    callers: u32,
    sure: bool,
    sure_methods: u16,
    sure_next: Vec<u64>,
    /// Of all tokens, sorted.
    next: Vec<u64>,
    /// Of names that something ends at, sorted.
    methods: Vec<u16>,
    stems: Vec<u64>,
}

/// A verdict for each token of a group.
pub(super) fn judge(tokens: &[Token<'_>], position: Position<'_>) -> Vec<Verdict> {
    let group = Group::of(tokens);
    let crowded = group.names >= CROWD;
    let verdicts = tokens.iter().map(|token| match token.sort {
        Sort::Slot => Verdict {
            value: true,
            score: 400,
            says: "",
        },
        Sort::Affixed => Verdict {
            value: false,
            score: -400,
            says: "",
        },
        Sort::Operation => Verdict {
            value: crowded && token.visits < crate::limits::PROVEN_VISITS,
            score: if crowded { 300 } else { -300 },
            says: "new ones keep coming",
        },
        Sort::Name => {
            let mut verdict = weigh(&signs(token, &group, position), position.later);
            if crowded && token.visits < crate::limits::PROVEN_VISITS && !verdict.value {
                verdict = Verdict {
                    value: true,
                    score: 300,
                    says: "new ones keep coming",
                };
            }
            verdict
        }
    });
    verdicts.collect()
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
    let spread = group.names >= 4 && group.callers >= 8 && token.visits >= 4;
    set(Sign::OwnCallers, spread && callers <= 2);
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
    let before = Word::of(position.before);
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
        Sign::MidSharedSure,
        names().any(|it| group.sure_next.binary_search(&it).is_ok()),
    );
    set(Sign::MidUnshared1, all > shared);
    set(Sign::MidUnshared2, all >= shared + 2);
    set(Sign::MidOnlysure, all == 0);
    set(Sign::MidSibs8, group.names >= 8);
    set(Sign::MidSibs16, group.names >= 16);
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
            visits_median: visits.get(visits.len() / 2).copied().unwrap_or(1),
            callers: callers.count_ones(),
            sure: sures().next().is_some(),
            sure_methods: sures().fold(0, |all, it| all | it.methods),
            sure_next: sorted(sures().flat_map(|it| it.next.iter().map(|it| it.0))),
            next: sorted(tokens.iter().flat_map(|it| it.next.iter().map(|it| it.0))),
            methods: sorted(names().map(|it| it.methods).filter(|it| *it != 0)),
            stems: sorted(names().map(|it| it.word.stem)),
        }
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
