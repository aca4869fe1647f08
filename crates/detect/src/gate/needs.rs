//! What a text must hold before an expression can be found in it, read off the expression: one of
//! a few literals, and kinds of signs. A rule runs only where both are met.

use regex_syntax::hir::{Class, Hir, HirKind};

use super::signs::Signs;

/// Shorter literals are everywhere.
pub const LITERAL_BYTES_MIN: usize = 3;
const LITERALS_MAX: usize = 128;
const CLASS_MAX: usize = 8;
/// Sets of signs that are noted of alternatives.
const SETS_MAX: usize = 8;
/// Longer ones tell no more.
const TELLING_BYTES_MAX: usize = 6;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// One of these is in every text that matches; empty if nothing of use is known.
    pub literals: Vec<Vec<u8>>,
    /// Of each of these sets a sign is in every text that matches.
    pub signs: Vec<Signs>,
}

impl Needs {
    /// What is left of them for texts that hold no other signs; `None` if no such text can match.
    pub fn within(&self, signs: Signs) -> Option<Needs> {
        let Needs {
            literals,
            signs: wanted,
        } = self;
        let fits = |it: &&Vec<u8>| Signs::of(it).within(signs);
        let left: Vec<_> = literals.iter().filter(fits).cloned().collect();
        let lost = left.is_empty() && !literals.is_empty();
        let met = wanted.iter().all(|it| it.meets(signs));
        (met && !lost).then(|| Needs {
            literals: left,
            signs: wanted.clone(),
        })
    }
}

pub fn needs(hir: &Hir) -> Needs {
    let known = literals(hir);
    let literals = [known.exact, known.part]
        .into_iter()
        .flatten()
        .filter(|it| shortest(it) >= LITERAL_BYTES_MIN)
        .max_by_key(|it| worth(it))
        .unwrap_or_default();
    let mut needed = signs(hir);
    needed.sort_by_key(|it| it.0);
    needed.dedup();
    Needs {
        literals,
        signs: needed,
    }
}

/// All texts an expression matches, if they are few, and a set of which one is in each.
#[derive(Default)]
struct Known {
    exact: Option<Vec<Vec<u8>>>,
    part: Option<Vec<Vec<u8>>>,
}

impl Known {
    fn exact(texts: Vec<Vec<u8>>) -> Known {
        Known {
            exact: Some(texts),
            part: None,
        }
    }

    /// The better of both.
    fn best(self) -> Option<Vec<Vec<u8>>> {
        let both = [self.exact, self.part].into_iter().flatten();
        both.max_by_key(|it| worth(it))
    }
}

fn shortest(texts: &[Vec<u8>]) -> usize {
    texts.iter().map(Vec::len).min().unwrap_or(0)
}

/// Long and few is better than short and many; too short is worth nothing.
fn worth(texts: &[Vec<u8>]) -> usize {
    if shortest(texts) < LITERAL_BYTES_MIN {
        return 0;
    }
    let many = texts.len().checked_ilog2().unwrap_or(0) as usize;
    (10 * shortest(texts).min(TELLING_BYTES_MAX) + 10).saturating_sub(5 * many)
}

fn literals(hir: &Hir) -> Known {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Known::exact(vec![Vec::new()]),
        HirKind::Literal(literal) => Known::exact(vec![literal.0.to_vec()]),
        HirKind::Class(class) => members(class).map_or_else(Known::default, |bytes| {
            Known::exact(bytes.into_iter().map(|it| vec![it]).collect())
        }),
        HirKind::Capture(capture) => literals(&capture.sub),
        HirKind::Repetition(many) => {
            let sub = literals(&many.sub);
            match (many.min, many.max) {
                (1, Some(1)) => sub,
                (0, Some(1)) => Known {
                    exact: sub.exact.map(|mut it| {
                        it.push(Vec::new());
                        it
                    }),
                    part: None,
                },
                (0, _) => Known::default(),
                _ => Known {
                    exact: None,
                    part: sub.best(),
                },
            }
        }
        HirKind::Concat(subs) => concat(subs),
        HirKind::Alternation(subs) => alternation(subs),
    }
}

fn concat(subs: &[Hir]) -> Known {
    let mut run = vec![Vec::new()];
    let mut part: Option<Vec<Vec<u8>>> = None;
    let mut whole = true;
    let mut consider = |texts: Vec<Vec<u8>>| {
        if part.as_ref().is_none_or(|it| worth(it) < worth(&texts)) {
            part = Some(texts);
        }
    };
    for sub in subs {
        let Known { exact, part } = literals(sub);
        match exact {
            Some(next) if run.len() * next.len() <= LITERALS_MAX => run = product(&run, &next),
            Some(next) => {
                whole = false;
                consider(std::mem::replace(&mut run, next));
            }
            None => {
                whole = false;
                consider(std::mem::replace(&mut run, vec![Vec::new()]));
                part.into_iter().for_each(&mut consider);
            }
        }
    }
    if whole {
        return Known::exact(run);
    }
    consider(run);
    Known { exact: None, part }
}

fn product(heads: &[Vec<u8>], tails: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let join = |head: &Vec<u8>, tail: &Vec<u8>| [head.as_slice(), tail].concat();
    heads
        .iter()
        .flat_map(|head| tails.iter().map(move |tail| join(head, tail)))
        .collect()
}

fn alternation(subs: &[Hir]) -> Known {
    let known: Vec<Known> = subs.iter().map(literals).collect();
    if known.iter().all(|it| it.exact.is_some()) {
        let all: Vec<_> = known
            .into_iter()
            .filter_map(|it| it.exact)
            .flatten()
            .collect();
        return if all.len() <= LITERALS_MAX {
            Known::exact(all)
        } else {
            Known {
                exact: None,
                part: Some(all),
            }
        };
    }
    let parts: Option<Vec<_>> = known.into_iter().map(Known::best).collect();
    Known {
        exact: None,
        part: parts.map(|it| it.concat()),
    }
}

fn signs(hir: &Hir) -> Vec<Signs> {
    match hir.kind() {
        HirKind::Literal(literal) => literal
            .0
            .iter()
            .map(|it| Signs::of_byte(*it))
            .filter(|it| it.is_telling())
            .collect(),
        HirKind::Class(Class::Bytes(class)) => {
            let bytes = class.ranges().iter().flat_map(|it| it.start()..=it.end());
            let all = bytes.fold(Signs::default(), |all, it| all.with(Signs::of_byte(it)));
            if all.is_telling() {
                vec![all]
            } else {
                Vec::new()
            }
        }
        HirKind::Capture(capture) => signs(&capture.sub),
        HirKind::Repetition(many) if many.min > 0 => signs(&many.sub),
        HirKind::Concat(subs) => subs.iter().flat_map(signs).collect(),
        HirKind::Alternation(subs) => either(&subs.iter().map(signs).collect::<Vec<_>>()),
        _ => Vec::new(),
    }
}

/// Of alternatives: each set of one of them, with those of the others that add least to it.
fn either(each: &[Vec<Signs>]) -> Vec<Signs> {
    let least = |all: Signs, sets: &Vec<Signs>| {
        let unions = sets.iter().map(|it| all.with(*it));
        unions.min_by_key(|it| it.0.count_ones())
    };
    let mut starts: Vec<Signs> = each.iter().flatten().copied().collect();
    starts.sort_by_key(|it| it.0);
    starts.dedup();
    let union = |start: &Signs| each.iter().try_fold(*start, least);
    let mut found: Vec<Signs> = starts.iter().filter_map(union).collect();
    found.sort_by_key(|it| (it.0.count_ones(), it.0));
    found.dedup();
    let mut kept: Vec<Signs> = Vec::new();
    for set in found {
        // What holds another set says no more than that one.
        if kept.len() < SETS_MAX && !kept.iter().any(|it| it.within(set)) {
            kept.push(set);
        }
    }
    kept
}

fn members(class: &Class) -> Option<Vec<u8>> {
    let Class::Bytes(class) = class else {
        return None;
    };
    let count: usize = class
        .ranges()
        .iter()
        .map(regex_syntax::hir::ClassBytesRange::len)
        .sum();
    let bytes = || class.ranges().iter().flat_map(|it| it.start()..=it.end());
    (count <= CLASS_MAX).then(|| bytes().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::parse;

    fn check(pattern: &str, expected: &[&str]) {
        let mut found: Vec<String> = needs(&parse(pattern).unwrap())
            .literals
            .into_iter()
            .map(|it| String::from_utf8(it).unwrap())
            .collect();
        found.sort();
        assert_eq!(found, expected, "{pattern}");
    }

    #[test]
    fn the_longest_literal_that_must_be_there_is_found() {
        check(r"\bunion\s+(?:all\s+)?select\b", &["select"]);
        check(r"(?:cat|head|tail)\s+/etc/", &["/etc/"]);
        check("(?:sleep|benchmark)\\s*\\(", &["benchmark", "sleep"]);
        check("ab?c?def", &["abcdef", "abdef", "acdef", "adef"]);
        check(r"\d+=\d+", &[]);
        check("(?:union|x+) select", &[" select"]);
    }

    #[test]
    fn signs_that_must_be_there_are_found() {
        let found = needs(&parse(r#"['"]\s*or\s+\d=\d"#).unwrap());
        assert_eq!(found.literals, Vec::<Vec<u8>>::new());
        assert_eq!(found.signs.len(), 2);
        assert!(found.signs.iter().all(|it| Signs::of(b"'=").meets(*it)));
        assert!(!found.signs.iter().all(|it| Signs::of(b"'").meets(*it)));
    }

    #[test]
    fn alternatives_need_what_all_of_them_need() {
        let found = needs(&parse(r#"["'/]\s*on[a-z]+\s*=|\bautofocus[^<>]*=|<a\s.*="#).unwrap());
        assert_eq!(found.signs, [Signs::of(b"=")]);
        let found = needs(&parse(r"a+\.|b+;|c+").unwrap());
        assert!(found.signs.is_empty());
    }
}
