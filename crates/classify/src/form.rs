//! A pattern as an automaton: what it demands of a shape, and how far into a text it fits.

use regex_automata::dfa::{Automaton, StartKind, dense};
use regex_automata::hybrid::dfa::{Cache, Config as LazyConfig, DFA as Lazy};
use regex_automata::nfa::thompson::{self, NFA};
use regex_automata::{Anchored, Input, MatchKind};
use regex_syntax::ParserBuilder;
use regex_syntax::hir::Hir;

use crate::gate::Bounds;

/// A larger table is not built ahead; its states are found as they are needed.
const TABLE_BYTES_MAX: usize = 256 * 1024;
/// Of memory for one that is built as needed; it starts over when that is full.
const LAZY_BYTES_MAX: usize = 512 * 1024;
const REGEX_BYTES_MAX: usize = 8 * 1024 * 1024;
const REGEX_NESTING_MAX: u32 = 50;

/// One pattern, compiled.
#[derive(Debug)]
pub(crate) struct Form {
    pub bounds: Bounds,
    engine: Engine,
}

#[derive(Debug)]
enum Engine {
    Table(Box<dense::DFA<Vec<u32>>>),
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
        let bounds = Bounds::of(&hir);
        let nfa = thompson::Compiler::new()
            .configure(
                thompson::Config::new()
                    .utf8(false)
                    .which_captures(thompson::WhichCaptures::None)
                    .nfa_size_limit(Some(REGEX_BYTES_MAX)),
            )
            .build_from_hir(&hir)
            .map_err(|error| error.to_string())?;
        let engine = if let Some(table) = table(&nfa) {
            Engine::Table(Box::new(table))
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
        Ok(Form { bounds, engine })
    }

    /// Where the longest text that fits ends, of those that begin where `text` begins.
    pub fn longest(&self, text: &[u8], caches: &mut Caches) -> Option<usize> {
        let input = Input::new(text).anchored(Anchored::Yes);
        let found = match &self.engine {
            Engine::Table(table) => table.try_search_fwd(&input),
            Engine::Lazy(lazy, at) => lazy.try_search_fwd(caches.0.get_mut(*at)?, &input),
        };
        // An automaton gives up only where it was told to, which these were not.
        found.ok().flatten().map(|it| it.offset())
    }

    pub fn fits(&self, text: &[u8], caches: &mut Caches) -> bool {
        self.longest(text, caches) == Some(text.len())
    }

    pub fn heap_bytes(&self) -> usize {
        match &self.engine {
            Engine::Table(table) => table.memory_usage(),
            Engine::Lazy(lazy, _) => lazy.get_nfa().memory_usage(),
        }
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

fn table(nfa: &NFA) -> Option<dense::DFA<Vec<u32>>> {
    dense::Builder::new()
        .configure(
            dense::Config::new()
                .start_kind(StartKind::Anchored)
                .match_kind(MatchKind::All)
                .dfa_size_limit(Some(TABLE_BYTES_MAX))
                .determinize_size_limit(Some(TABLE_BYTES_MAX * 4)),
        )
        .build_from_nfa(nfa)
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn longest(regex: &str, text: &str) -> Option<usize> {
        let form = Form::new(regex, &mut 0).unwrap();
        let mut caches = Caches::of([&form].into_iter());
        form.longest(text.as_bytes(), &mut caches)
    }

    #[test]
    fn the_longest_way_counts_and_not_the_first() {
        assert_eq!(longest("ab|abcd|abc", "abcde"), Some(4));
        assert_eq!(longest(r"\d{2,4}", "x12"), None);
    }

    #[test]
    fn a_pattern_too_large_for_a_table_fits_the_same() {
        let regex = r"[a-z]*x[a-z]{16}";
        let form = Form::new(regex, &mut 0).unwrap();
        assert!(matches!(form.engine, Engine::Lazy(..)));
        assert_eq!(longest(regex, "axxxbcdefghijklmnopqrst!"), Some(20));
    }

    #[test]
    fn what_is_no_pattern_says_why() {
        assert!(parse("(").unwrap_err().contains("unclosed"));
    }
}
