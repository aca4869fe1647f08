//! Decides which words of a tree of evidence are values: a pure function of the set seen. It goes
//! over the tree three times, because what a word is elsewhere says much of what it is here.

use super::evidence::{Evidence, NAME, Node};
use super::judge::{Elsewhere, Position, Token, Verdict, judge};
use super::labels::Sort;
use super::masks::{Came, is_token};
use super::routes::{Routes, Why};
use super::words::{Spelled, Word};
use gatewatch_model::profile::DecidedBy;
use xxhash_rust::xxh3::xxh3_64_with_seed;

const ROUNDS: usize = 3;
/// A name whose score is so near the threshold, in hundredths, says why it is none.
const DOUBT: i64 = -150;

pub(super) fn decide(evidence: &Evidence, before: &Routes) -> Routes {
    let mut rounds = Rounds::new(evidence, before);
    for _ in 1..ROUNDS {
        rounds.run();
    }
    rounds.run()
}

/// Nodes that are one place of the API, and the place of it in the routes.
struct Group {
    members: Vec<u32>,
    /// The node whose text is the last word before it.
    before: Option<u32>,
    below_slot: bool,
    depth: usize,
    route: u32,
    /// Its place by the decision before.
    route_before: Option<u32>,
}

struct Rounds<'e> {
    evidence: &'e Evidence,
    /// The decision before this one.
    routes_before: &'e Routes,
    /// By node.
    words: Vec<Word>,
    /// (word, what stands before it), sorted, no two alike.
    contexts: Vec<(u64, u64)>,
    /// (stem, word), likewise.
    stems: Vec<(u64, u64)>,
    /// How often a word or stem was taken for a value and for a name in the last round, sorted.
    tallies: Vec<(u64, [u32; 2])>,
    /// Of each node in the last round: 0 for a name, 1 for a value, 2 for not judged.
    judged: Vec<u8>,
}

impl<'e> Rounds<'e> {
    fn new(evidence: &'e Evidence, routes_before: &'e Routes) -> Rounds<'e> {
        let all = evidence.nodes.iter().map(|it| it.0 as usize + 1);
        let places = all.max().unwrap_or(0);
        let mut words = vec![Word::of(""); places];
        let (mut contexts, mut stems) = (Vec::new(), Vec::new());
        let mut open = evidence.nodes.iter().collect::<Vec<_>>();
        open.retain(|(_, it)| it.parent == u32::MAX);
        let mut open = open.into_iter().map(|it| (it.0, 0_u64)).collect::<Vec<_>>();
        while let Some((at, depth)) = open.pop() {
            let Some(node) = evidence.nodes.get(at) else {
                continue;
            };
            words[at as usize] = node.word;
            let before = xxh3_64_with_seed(node.text.as_bytes(), depth);
            for child in &node.children {
                open.push((*child, depth + 1));
                if let Some(child) = evidence
                    .nodes
                    .get(*child)
                    .filter(|it| it.sort == Sort::Name)
                {
                    contexts.push((child.word.hash, before));
                    stems.push((child.word.stem, child.word.hash));
                }
            }
        }
        for list in [&mut contexts, &mut stems] {
            list.sort_unstable();
            list.dedup();
        }
        Rounds {
            evidence,
            routes_before,
            words,
            contexts,
            stems,
            tallies: Vec::new(),
            judged: vec![2; places],
        }
    }

    /// Judges all groups from the root down.
    fn run(&mut self) -> Routes {
        let mut routes = Routes::default();
        let root = self
            .evidence
            .nodes
            .iter()
            .find(|it| it.1.parent == u32::MAX);
        let Some((root, _)) = root else {
            return routes;
        };
        let mut tally = Vec::new();
        let mut open = vec![Group {
            members: vec![root],
            before: None,
            below_slot: false,
            depth: 0,
            route: routes.add(0, "", false),
            route_before: self.routes_before.root(),
        }];
        while let Some(group) = open.pop() {
            let tokens = self.tokens(&group);
            if tokens.is_empty() {
                continue;
            }
            let position = Position {
                before: group.before.map_or("", |it| self.evidence.text(it)),
                word_before: group
                    .before
                    .map_or_else(|| Word::of(""), |it| self.words[it as usize]),
                below_slot: group.below_slot,
                depth: group.depth,
                later: !self.tallies.is_empty(),
            };
            let mut verdicts = judge(&tokens, position);
            self.obey_split(&group, &tokens, &mut verdicts, &mut routes);
            for (token, verdict) in tokens.iter().zip(&verdicts) {
                if token.sort == Sort::Name {
                    tally.push((token.word.hash, verdict.value));
                    tally.push((token.word.stem ^ STEM, verdict.value));
                }
                for at in &token.nodes {
                    self.judged[*at as usize] = u8::from(verdict.value);
                }
            }
            let at = open.len();
            let suspect = position.below_slot
                || position.word_before.is(Spelled::Plural)
                || position.word_before.is(Spelled::By);
            below(&group, tokens, (&verdicts, suspect), &mut routes, &mut open);
            for group_below in &mut open[at..] {
                let route = &mut routes.nodes[group_below.route as usize];
                group_below.route_before = group.route_before.and_then(|it| {
                    self.routes_before
                        .below(it, route.identity(), route.is_slot)
                });
                let before = group_below.route_before.filter(|_| route.token.is_some());
                if let Some(before) = before {
                    // What was shown once is.
                    route.text = self.routes_before.nodes[before as usize].text.clone();
                }
            }
        }
        self.tallies = sum(tally);
        routes
    }

    /// Where a person said that there is no slot, words are words.
    fn obey_split(
        &self,
        group: &Group,
        tokens: &[Token<'_>],
        verdicts: &mut [Verdict],
        routes: &mut Routes,
    ) {
        let split = |at: &u32| {
            let node = self.evidence.nodes.get(*at);
            node.is_some_and(|it| it.facts.split)
        };
        if !group.members.iter().any(split) {
            return;
        }
        routes.nodes[group.route as usize].split = true;
        for (token, verdict) in tokens.iter().zip(verdicts) {
            if token.sort == Sort::Name {
                (verdict.value, verdict.score, verdict.says) = (false, -900, SPLIT);
            }
        }
    }

    fn tokens(&self, group: &Group) -> Vec<Token<'e>> {
        let evidence = self.evidence;
        let members = group
            .members
            .iter()
            .filter_map(|it| evidence.nodes.get(*it));
        let mut children = members
            .flat_map(|it| &it.children)
            .filter_map(|at| Some((*at, evidence.nodes.get(*at)?)))
            .collect::<Vec<_>>();
        children.sort_unstable_by(|one, two| one.1.text.cmp(&two.1.text));
        let alike = children.chunk_by(|one, two| one.1.text == two.1.text);
        alike.map(|it| self.token(it, group.route_before)).collect()
    }

    fn token(&self, alike: &[(u32, &'e Node)], place_before: Option<u32>) -> Token<'e> {
        let (first, node) = alike[0];
        let nodes = || alike.iter().map(|it| it.1);
        let below = nodes().flat_map(|it| &it.children);
        let below = below.filter_map(|at| Some((*at, self.evidence.nodes.get(*at)?)));
        let below = below.collect::<Vec<_>>();
        let names = |at: &u32| {
            let node = self.evidence.nodes.get(*at);
            node.is_some_and(|it| it.sort == Sort::Name)
        };
        let next = sorted(
            below
                .iter()
                .map(|(at, it)| (self.words[*at as usize].hash, it.sort == Sort::Name)),
        );
        let deep = below.iter().flat_map(|it| &it.1.children);
        let deep = deep.filter(|it| names(it));
        let deep = sorted(deep.map(|it| self.words[*it as usize].hash));
        let word = self.words[first as usize];
        let judged = |as_: u8| alike.iter().any(|it| self.judged[it.0 as usize] == as_);
        let judged = [1, 0].into_iter().find(|it| judged(*it)).unwrap_or(2);
        Token {
            text: &node.text,
            sort: node.sort,
            nodes: alike.iter().map(|it| it.0).collect(),
            visits: nodes().map(|it| it.facts.visits).sum(),
            methods: nodes().fold(0, |all, it| all | it.facts.methods),
            callers: nodes().fold(0, |all, it| all | it.facts.callers),
            word,
            next,
            deep,
            elsewhere: self.elsewhere(word, judged),
            before: place_before.and_then(|it| self.routes_before.is_value(it, &node.text)),
        }
    }

    /// What is known of a word but for this very place.
    fn elsewhere(&self, word: Word, judged: u8) -> Elsewhere {
        let of = |hash: u64| {
            let found = self.tallies.binary_search_by_key(&hash, |it| it.0);
            let mut tally = found.map_or([0; 2], |at| self.tallies[at].1);
            match judged {
                0 => tally[1] = tally[1].saturating_sub(1),
                1 => tally[0] = tally[0].saturating_sub(1),
                _ => (),
            }
            tally
        };
        Elsewhere {
            contexts: range(&self.contexts, word.hash),
            twins: range(&self.stems, word.stem) > 1,
            tally: of(word.hash),
            stem_tally: of(word.stem ^ STEM),
        }
    }
}

/// Adds what is below a group: a place for each name, and one for all values together.
fn below(
    group: &Group,
    tokens: Vec<Token<'_>>,
    (verdicts, suspect): (&[Verdict], bool),
    routes: &mut Routes,
    open: &mut Vec<Group>,
) {
    let siblings = tokens.iter().filter(|it| is_token(it.text)).count();
    let slot = slot(&tokens, verdicts);
    let mut values = Vec::new();
    let mut below = Vec::new();
    for (token, verdict) in tokens.into_iter().zip(verdicts) {
        if verdict.value {
            values.extend(token.nodes);
            continue;
        }
        let route = routes.add(group.route, token.text, false);
        routes.nodes[route as usize].may_show = is_token(token.text)
            && Came {
                callers: token.callers.count_ones(),
                visits: token.visits,
                siblings,
                suspect,
            }
            .may_show();
        if verdict.score > DOUBT || verdict.says == SPLIT {
            routes.nodes[route as usize].why = Some(name_why(*verdict));
        }
        below.push(Group {
            before: token.nodes.first().copied(),
            members: token.nodes,
            below_slot: false,
            depth: group.depth + 1,
            route,
            route_before: None,
        });
    }
    if let Some((text, is_open, why)) = slot {
        routes.nodes[group.route as usize].open = is_open;
        let route = routes.add(group.route, text, true);
        routes.nodes[route as usize].why = why;
        below.push(Group {
            members: values,
            before: group.before,
            below_slot: true,
            depth: group.depth + 1,
            route,
            route_before: None,
        });
    }
    open.extend(below);
}

/// The slot of a group, whether words fall into it, and why.
fn slot<'t>(tokens: &[Token<'t>], verdicts: &[Verdict]) -> Option<(&'t str, bool, Option<Why>)> {
    let values = || {
        tokens
            .iter()
            .zip(verdicts)
            .filter(|it| it.1.value)
            .map(|it| (it.0, *it.1))
    };
    let words = values()
        .filter(|it| it.0.sort != Sort::Slot)
        .collect::<Vec<_>>();
    let sure = || values().filter(|it| it.0.sort == Sort::Slot);
    let sure_text = sure()
        .map(|it| it.0.text)
        .min_by_key(|it| (*it != "{id}", *it));
    let Some((_, strongest)) = words.iter().max_by_key(|it| (it.1.score, it.1.says)) else {
        // Kinds explain themselves, unless there is more than one.
        let kinds = sure().map(|it| it.0.text).collect::<Vec<_>>();
        let why = (kinds.len() > 1).then(|| Why {
            by: DecidedBy::Kind,
            reason: format!("values of {} kinds: {}", kinds.len(), kinds.join(", ")).into(),
            confidence: 95,
        });
        // Where words were folded into one before, others follow.
        let is_open = kinds.contains(&NAME);
        return sure_text.map(|it| (it, is_open, why));
    };
    let name = words.iter().all(|it| it.0.sort == Sort::Operation);
    let text = if name {
        super::labels::OPERATION
    } else {
        sure_text.unwrap_or("{name}")
    };
    let calls = values().map(|it| it.0.visits).sum::<u64>();
    let count = values().count();
    let reason = format!(
        "{count} different value{} in {calls} call{}{}{}",
        if count == 1 { "" } else { "s" },
        if calls == 1 { "" } else { "s" },
        if strongest.says.is_empty() { "" } else { ", " },
        strongest.says
    );
    let mean = words.iter().map(|it| it.1.score).sum::<i64>() / words.len().cast_signed() as i64;
    let why = Why {
        by: DecidedBy::Learned,
        reason: reason.into(),
        confidence: confidence(mean),
    };
    Some((text, true, Some(why)))
}

fn name_why(verdict: Verdict) -> Why {
    if verdict.says == SPLIT {
        return Why {
            by: DecidedBy::Person,
            reason: SPLIT.into(),
            confidence: 100,
        };
    }
    let says = if verdict.says.is_empty() {
        "nothing shows that it is a value"
    } else {
        verdict.says
    };
    Why {
        by: DecidedBy::Learned,
        reason: format!("a name: {says}").into(),
        confidence: confidence(-verdict.score),
    }
}

const SPLIT: &str = "a person said that words stand here";
/// Keeps tallies of stems apart from those of words.
const STEM: u64 = 0x9e37_79b9_7f4a_7c15;

/// In percent, of a score in hundredths of log-odds: 50 at none, 95 at three.
fn confidence(score: i64) -> u8 {
    (50 + score.clamp(0, 300) * 45 / 300) as u8
}

/// In order, no two alike.
fn sorted<T: Ord>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut items = items.collect::<Vec<_>>();
    items.sort_unstable();
    items.dedup();
    items
}

/// How many pairs begin with that.
fn range(sorted: &[(u64, u64)], first: u64) -> usize {
    sorted.partition_point(|it| it.0 <= first) - sorted.partition_point(|it| it.0 < first)
}

fn sum(mut tally: Vec<(u64, bool)>) -> Vec<(u64, [u32; 2])> {
    tally.sort_unstable();
    let alike = tally.chunk_by(|one, two| one.0 == two.0);
    alike
        .map(|it| {
            let values = it.iter().filter(|it| it.1).count() as u32;
            (it[0].0, [values, it.len() as u32 - values])
        })
        .collect()
}
