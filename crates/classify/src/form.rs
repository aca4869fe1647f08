//! A pattern as an automaton: what it demands of a shape, and how far into a text it fits.

use regex_automata::dfa::{Automaton, StartKind, dense};
use regex_automata::hybrid::dfa::{Cache, Config as LazyConfig, DFA as Lazy};
use regex_automata::nfa::thompson::{self, NFA};
use regex_automata::util::primitives::StateID;
use regex_automata::util::start;
use regex_automata::{Anchored, MatchKind};
use regex_syntax::ParserBuilder;
use regex_syntax::hir::Hir;

use crate::gate::{Bounds, Bytes, DIGIT, HEAD, Shape};
use crate::needle::Needle;

/// A larger table is not built ahead; its states are found as they are needed.
const TABLE_BYTES_MAX: usize = 256 * 1024;
/// Of memory for one that is built as needed; it starts over when that is full.
const LAZY_BYTES_MAX: usize = 512 * 1024;
/// A pattern whose values begin with one of so few bytes is soon done with.
const FIRSTS_FEW_MAX: usize = 80;
const REGEX_BYTES_MAX: usize = 8 * 1024 * 1024;
const REGEX_NESTING_MAX: u32 = 50;

/// One pattern, compiled.
#[derive(Debug)]
pub(crate) struct Form {
    pub bounds: Bounds,
    /// Looked for first, if a value can begin with nearly anything.
    needle: Option<Needle>,
    digits: Digits,
    engine: Engine,
}

/// What is known of texts of digits alone by their length: most patterns of numbers ask for no
/// more, and a number is tried against two dozen of them.
#[derive(Debug, Default)]
struct Digits {
    /// A bit for each length at which none fits.
    never: u32,
    /// A bit for each length at which all do whose first bytes the bounds allow.
    always: u32,
}

/// Lengths of which that is known.
const DIGITS_MAX: u32 = 31;
/// Where digits lead to more states than this, it depends on them.
const DIGIT_STATES_MAX: usize = 64;

type Table = dense::DFA<Vec<u32>>;

#[derive(Debug)]
enum Engine {
    /// With the state that it begins in.
    Table(Box<Table>, StateID),
    /// With which of the caches is its own.
    Lazy(Box<Lazy>, usize),
}

/// Memory of the forms whose states are found as needed. It holds states, never a text.
#[derive(Clone, Debug, Default)]
pub(crate) struct Caches(Vec<Cache>);

impl Caches {
    pub fn of<'f>(forms: impl Iterator<Item = &'f Form>) -> Caches {
        let mut caches = Vec::new();
        for form in forms {
            if let Engine::Lazy(lazy, at) = &form.engine {
                debug_assert_eq!(*at, caches.len(), "forms come in the order of their caches");
                caches.push(lazy.create_cache());
            }
        }
        Caches(caches)
    }
}

impl Form {
    /// `lazy` is how many forms before it need a cache; it counts on.
    pub fn new(regex: &str, lazy: &mut usize) -> Result<Form, String> {
        let hir = parse(regex)?;
        let mut bounds = Bounds::of(&hir);
        let nfa = thompson::Compiler::new()
            .configure(
                thompson::Config::new()
                    .utf8(false)
                    .which_captures(thompson::WhichCaptures::None)
                    .nfa_size_limit(Some(REGEX_BYTES_MAX)),
            )
            .build_from_hir(&hir)
            .map_err(|error| error.to_string())?;
        let mut digits = Digits::default();
        let engine = if let Some((table, begin)) = table(&nfa) {
            narrow(&table, begin, &mut bounds);
            digits = Digits::of(&table, begin, &bounds);
            Engine::Table(Box::new(table), begin)
        } else {
            let config = LazyConfig::new()
                .match_kind(MatchKind::All)
                .cache_capacity(LAZY_BYTES_MAX)
                .skip_cache_capacity_check(true);
            let built = Lazy::builder().configure(config).build_from_nfa(nfa);
            *lazy += 1;
            Engine::Lazy(
                Box::new(built.map_err(|error| error.to_string())?),
                *lazy - 1,
            )
        };
        let firsts = (0..=u8::MAX).filter(|it| bounds.head[0].has(*it)).count();
        Ok(Form {
            needle: Needle::of(&hir).filter(|_| firsts > FIRSTS_FEW_MAX),
            digits,
            bounds,
            engine,
        })
    }

    /// Where the longest text that fits ends, of those that begin where `text` begins. Each byte
    /// that is read takes a step; what would need more than there are is not found.
    pub fn longest(&self, text: &[u8], caches: &mut Caches, steps: &mut usize) -> Option<usize> {
        let text = &text[..text.len().min(*steps)];
        let (read, found) = match &self.engine {
            Engine::Table(table, begin) => longest_in(table, *begin, text),
            Engine::Lazy(lazy, at) => longest_lazily(lazy, caches.0.get_mut(*at)?, text)?,
        };
        *steps -= read;
        found
    }

    /// Whether all of a text fits whose shape the bounds allow.
    pub fn fits_shape(&self, text: &[u8], shape: Shape, caches: &mut Caches) -> bool {
        if shape.is_only(DIGIT) && shape.len <= DIGITS_MAX {
            let length = 1 << shape.len;
            if self.digits.never & length != 0 {
                return false;
            }
            if self.digits.always & length != 0 {
                return true;
            }
        }
        self.fits(text, caches)
    }

    /// Whether all of the text fits.
    pub fn fits(&self, text: &[u8], caches: &mut Caches) -> bool {
        if self.needle.as_ref().is_some_and(|it| !it.is_in(text)) {
            return false;
        }
        match &self.engine {
            Engine::Table(table, begin) => {
                let mut state = *begin;
                for byte in text {
                    state = table.next_state(state, *byte);
                    if table.is_dead_state(state) {
                        return false;
                    }
                }
                table.is_match_state(table.next_eoi_state(state))
            }
            Engine::Lazy(lazy, at) => caches
                .0
                .get_mut(*at)
                .and_then(|cache| fits_lazily(lazy, cache, text))
                .unwrap_or(false),
        }
    }

    pub fn heap_bytes(&self) -> usize {
        match &self.engine {
            Engine::Table(table, _) => table.memory_usage(),
            Engine::Lazy(lazy, _) => lazy.get_nfa().memory_usage(),
        }
    }
}

impl Digits {
    fn of(table: &Table, begin: StateID, bounds: &Bounds) -> Digits {
        let mut digits = Digits::default();
        let mut here = vec![begin];
        for length in 1..=DIGITS_MAX {
            let head = bounds.head.get(length as usize - 1);
            let steps = |state: StateID| {
                let allowed = (b'0'..=b'9').filter(|it| head.is_none_or(|head| head.has(*it)));
                allowed.map(move |it| table.next_state(state, it))
            };
            here = here.into_iter().flat_map(steps).collect();
            here.sort_unstable();
            here.dedup();
            if here.len() > DIGIT_STATES_MAX {
                break;
            }
            let fits = |it: &StateID| table.is_match_state(table.next_eoi_state(*it));
            let fitting = here.iter().filter(|it| fits(it)).count();
            if fitting == 0 {
                digits.never |= 1 << length;
            } else if fitting == here.len() {
                digits.always |= 1 << length;
            }
        }
        digits
    }
}

pub(crate) fn parse(regex: &str) -> Result<Hir, String> {
    ParserBuilder::new()
        .unicode(false)
        .utf8(false)
        .nest_limit(REGEX_NESTING_MAX)
        .build()
        .parse(regex)
        .map_err(|error| error.to_string())
}

fn table(nfa: &NFA) -> Option<(Table, StateID)> {
    let table = dense::Builder::new()
        .configure(
            dense::Config::new()
                .start_kind(StartKind::Anchored)
                .match_kind(MatchKind::All)
                .dfa_size_limit(Some(TABLE_BYTES_MAX))
                .determinize_size_limit(Some(TABLE_BYTES_MAX * 4)),
        )
        .build_from_nfa(nfa)
        .ok()?;
    let begin = table.start_state(&at_begin()).ok()?;
    Some((table, begin))
}

fn at_begin() -> start::Config {
    start::Config::new().anchored(Anchored::Yes)
}

/// None if the automaton gives up, which it was not told to.
fn fits_lazily(lazy: &Lazy, cache: &mut Cache, text: &[u8]) -> Option<bool> {
    let mut state = lazy.start_state(cache, &at_begin()).ok()?;
    for byte in text {
        state = lazy.next_state(cache, state, *byte).ok()?;
        if state.is_dead() {
            return Some(false);
        }
    }
    Some(lazy.next_eoi_state(cache, state).ok()?.is_match())
}

/// How far was read, and where the longest text ends. A match shows a byte later than it ends.
fn longest_in(table: &Table, begin: StateID, text: &[u8]) -> (usize, Option<usize>) {
    let (mut state, mut found) = (begin, None);
    for (at, byte) in text.iter().enumerate() {
        state = table.next_state(state, *byte);
        if table.is_match_state(state) {
            found = Some(at);
        }
        if table.is_dead_state(state) {
            return (at + 1, found);
        }
    }
    let fits = table.is_match_state(table.next_eoi_state(state));
    (text.len(), if fits { Some(text.len()) } else { found })
}

/// The same; none if the automaton gives up, which it was not told to.
fn longest_lazily(lazy: &Lazy, cache: &mut Cache, text: &[u8]) -> Option<(usize, Option<usize>)> {
    let mut state = lazy.start_state(cache, &at_begin()).ok()?;
    let mut found = None;
    for (at, byte) in text.iter().enumerate() {
        state = lazy.next_state(cache, state, *byte).ok()?;
        if state.is_match() {
            found = Some(at);
        }
        if state.is_dead() {
            return Some((at + 1, found));
        }
    }
    let fits = lazy.next_eoi_state(cache, state).ok()?.is_match();
    Some((text.len(), if fits { Some(text.len()) } else { found }))
}

/// Walks all states of a table and reads off which bytes come first, second and third, and which
/// come last.
fn narrow(table: &Table, begin: StateID, bounds: &mut Bounds) {
    let classes = table.byte_classes();
    // Of each class one byte stands for all of them until the end.
    let mut chosen = [0_u8; 256];
    (0..=u8::MAX).for_each(|it| chosen[usize::from(classes.get(it))] = it);
    let chosen = &chosen[..=usize::from(classes.get(u8::MAX))];
    let steps = |state: StateID| {
        let next = chosen
            .iter()
            .map(move |it| (*it, table.next_state(state, *it)));
        next.filter(|it| !table.is_dead_state(it.1))
    };
    let whole = |some: Bytes| {
        let mut whole = Bytes::default();
        (0..=u8::MAX)
            .filter(|it| some.has(chosen[usize::from(classes.get(*it))]))
            .for_each(|it| whole.insert(it));
        whole
    };
    let mut here = vec![begin];
    for place in 0..HEAD {
        let (mut bytes, mut next) = (Bytes::default(), Vec::new());
        for (byte, state) in here.into_iter().flat_map(steps) {
            bytes.insert(byte);
            next.push(state);
        }
        next.sort_unstable();
        next.dedup();
        (here, bounds.head[place]) = (next, whole(bytes));
    }
    let mut last = Bytes::default();
    let row = |state: StateID| state.as_usize() >> table.stride2();
    let mut seen = vec![false; (table.memory_usage() / size_of::<u32>()) >> table.stride2()];
    let mut left = vec![begin];
    while let Some(state) = left.pop() {
        for (byte, next) in steps(state) {
            if let Some(seen) = seen.get_mut(row(next))
                && !core::mem::replace(seen, true)
            {
                left.push(next);
            }
            if table.is_match_state(table.next_eoi_state(next)) {
                last.insert(byte);
            }
        }
    }
    bounds.last = whole(last);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn longest(regex: &str, text: &str) -> Option<usize> {
        let form = Form::new(regex, &mut 0).unwrap();
        let mut caches = Caches::of([&form].into_iter());
        form.longest(text.as_bytes(), &mut caches, &mut 1_000)
    }

    #[test]
    fn the_longest_way_counts_and_not_the_first() {
        assert_eq!(longest("ab|abcd|abc", "abcde"), Some(4));
        assert_eq!(longest(r"\d{2,4}", "x12"), None);
    }

    #[test]
    fn no_more_is_read_than_there_are_steps() {
        for (regex, is_lazy, short) in [("a[^x]*b", false, 0), ("[ab]*a[ab]{16}", true, 1)] {
            let form = Form::new(regex, &mut 0).unwrap();
            assert_eq!(matches!(form.engine, Engine::Lazy(..)), is_lazy);
            let mut caches = Caches::of([&form].into_iter());
            let text = "ab".repeat(500);
            for (given, ends, left) in [(2_000, 1_000, 1_000), (100, 100, 0)] {
                let mut steps = given;
                let end = form.longest(text.as_bytes(), &mut caches, &mut steps);
                assert_eq!(
                    (end, steps),
                    (Some(ends - short), left),
                    "{regex} of {given}"
                );
            }
            let mut steps = 100;
            assert_eq!(form.longest(b"xab", &mut caches, &mut steps), None);
            assert_eq!(steps, 99, "it is dead at once");
        }
    }

    #[test]
    fn a_pattern_too_large_for_a_table_fits_the_same() {
        let regex = r"[a-z]*x[a-z]{16}";
        let form = Form::new(regex, &mut 0).unwrap();
        assert!(matches!(form.engine, Engine::Lazy(..)));
        assert_eq!(longest(regex, "axxxbcdefghijklmnopqrst!"), Some(20));
    }

    #[test]
    fn of_digits_the_length_says_what_it_can() {
        let known = |regex: &str| {
            let digits = Form::new(regex, &mut 0).unwrap().digits;
            let lengths = |bits: u32| (1..12).filter(|it| bits & 1 << it != 0).collect::<Vec<_>>();
            (lengths(digits.always), lengths(digits.never))
        };
        assert_eq!(
            known(r"[1-9]\d{3}(\d{2})?"),
            (vec![4, 6], vec![1, 2, 3, 5, 7, 8, 9, 10, 11])
        );
        // Beyond the first bytes a digit may be a wrong one.
        let (always, never) = known(r"\d{4}[0-4]\d|\d{3}");
        assert_eq!(always, [3]);
        assert!(!never.contains(&6));
        let (always, never) = known(r"\d{3}-\d{4}");
        assert!(always.is_empty() && never.contains(&7));
    }

    #[test]
    fn what_is_no_pattern_says_why() {
        assert!(parse("(").unwrap_err().contains("unclosed"));
    }
}
