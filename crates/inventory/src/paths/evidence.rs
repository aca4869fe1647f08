//! What was seen of the paths of a collection: a tree of labels with small facts at each node.
//! It holds a set: which exchanges came first does not show in it until a bound is reached.

use super::labels::{Label, Labels, OPERATION, Sort};
use super::masks::{Masks, is_token};
use super::routes::Routes;
use super::words::Word;
use crate::limits::{
    NODE_CHILDREN_MAX, PATH_NODES_MAX, PROVEN_VISITS, SHOWN_CALLERS, SHOWN_VISITS,
};
use crate::places::Places;
use crate::slab::Slab;

#[derive(Default)]
pub(crate) struct Evidence {
    pub nodes: Slab<Node>,
    places: Places,
    pub root: Option<u32>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    /// A word, or its token.
    pub text: Box<str>,
    pub word: Word,
    pub sort: Sort,
    pub parent: u32,
    pub children: Vec<u32>,
    pub facts: NodeFacts,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, minicbor::Encode, minicbor::Decode)]
#[cbor(array)]
pub(crate) struct NodeFacts {
    #[n(0)]
    pub visits: u64,
    /// One bit for each method that ends here.
    #[n(1)]
    pub methods: u16,
    /// One bit of 64 for each caller: few callers have few bits.
    #[n(2)]
    pub callers: u64,
    /// The visit of the collection that came here last.
    #[n(3)]
    pub last: u64,
    /// A person said that values are words below.
    #[n(4)]
    pub split: bool,
}

/// What one exchange shows at each node that it passes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Visit {
    pub method: u16,
    pub caller: u64,
    pub number: u64,
}

/// What counting a path came to.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Added {
    /// Nodes that are new.
    pub made: usize,
    /// Words that are known enough now to be shown.
    pub known: usize,
    /// One path for which there was no room.
    pub lost: u64,
    pub trail: Trail,
}

/// The nodes that a path counts at, from the root down, if that is known. They stay the same until
/// something is decided.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Trail {
    nodes: [u32; TRAIL_NODES_MAX],
    count: u8,
}

/// Longer paths are walked each time.
const TRAIL_NODES_MAX: usize = 8;

impl Trail {
    pub fn is_known(&self) -> bool {
        !self.nodes().is_empty()
    }

    fn nodes(&self) -> &[u32] {
        self.nodes.get(..usize::from(self.count)).unwrap_or(&[])
    }

    /// One node too many, and it is not known.
    fn push(&mut self, node: u32) {
        if let Some(place) = self.nodes.get_mut(usize::from(self.count)) {
            *place = node;
        }
        self.count = self.count.saturating_add(1);
    }
}

/// What stands for words beyond those that are kept apart.
pub(super) const NAME: &str = "{name}";

impl Evidence {
    /// Counts a path that may make so many nodes; answers how many it made.
    pub fn add(&mut self, labels: &Labels, visit: Visit, room: usize, masks: &Masks) -> Added {
        let before = self.nodes.len();
        let mut added = Added::default();
        let mut at = self.root();
        added.known += self.see(at, visit);
        added.trail.push(at);
        for label in labels.within_depth() {
            let has_room = self.nodes.len() - before < room;
            let Some(child) = self.step(at, label, has_room, masks) else {
                added.lost = 1;
                added.made = self.nodes.len() - before;
                added.trail = Trail::default();
                return added;
            };
            at = child;
            added.known += self.see(at, visit);
            added.trail.push(at);
        }
        if let Some(node) = self.nodes.get_mut(at) {
            node.facts.methods |= visit.method;
        }
        added.made = self.nodes.len() - before;
        added
    }

    /// The same for a path that is known. Answers how many words are known enough now to be shown.
    pub fn add_again(&mut self, trail: &Trail, visit: Visit) -> usize {
        let nodes = trail.nodes();
        let known = nodes.iter().map(|it| self.see(*it, visit)).sum();
        if let Some(node) = nodes.last().and_then(|it| self.nodes.get_mut(*it)) {
            node.facts.methods |= visit.method;
        }
        known
    }

    /// Whether a path counts at those nodes and no others.
    pub fn is_trail(&self, labels: &Labels, trail: &Trail) -> bool {
        let mut own = Trail::default();
        let mut at = self.root;
        for label in labels.within_depth().map(Some).chain([None]) {
            at.into_iter().for_each(|it| own.push(it));
            at = at.zip(label).and_then(|(at, label)| {
                self.find(at, label.text).or_else(|| {
                    self.find(
                        at,
                        if label.sort == Sort::Operation {
                            OPERATION
                        } else {
                            NAME
                        },
                    )
                })
            });
        }
        own == *trail
    }

    pub fn root(&mut self) -> u32 {
        *self.root.get_or_insert_with(|| {
            self.nodes.insert(Node {
                text: "".into(),
                word: Word::of(""),
                sort: Sort::Name,
                parent: u32::MAX,
                children: Vec::new(),
                facts: NodeFacts::default(),
            })
        })
    }

    pub fn find(&self, parent: u32, text: &str) -> Option<u32> {
        self.places.find((parent, text), |at| {
            let node = self.nodes.get(at);
            node.is_some_and(|it| it.parent == parent && *it.text == *text)
        })
    }

    /// Adds a node with those facts, or the facts to the node that is there.
    pub fn put(
        &mut self,
        parent: u32,
        (text, word): (&str, Word),
        sort: Sort,
        facts: NodeFacts,
    ) -> u32 {
        let at = self
            .find(parent, text)
            .unwrap_or_else(|| self.insert(parent, (text, word), sort));
        if let Some(node) = self.nodes.get_mut(at) {
            node.facts.merge(&facts);
        }
        at
    }

    /// All nodes from the root down, siblings by their text, each with the place of its parent
    /// in the same list.
    pub fn in_order(&self) -> Vec<(u32, &Node)> {
        let mut all: Vec<(u32, &Node)> = Vec::with_capacity(self.nodes.len());
        let mut open = self
            .root
            .map(|it| (u32::MAX, it))
            .into_iter()
            .collect::<Vec<_>>();
        while let Some((parent, at)) = open.pop() {
            let Some(node) = self.nodes.get(at) else {
                continue;
            };
            let place = all.len() as u32;
            all.push((parent, node));
            let mut children = node.children.clone();
            children.sort_unstable_by(|one, two| self.text(*two).cmp(self.text(*one)));
            open.extend(children.into_iter().map(|it| (place, it)));
        }
        all
    }

    pub fn text(&self, at: u32) -> &str {
        self.nodes.get(at).map_or("", |it| &it.text)
    }

    /// Folds what is a slot by now into one node each, and if that is not enough lets the paths
    /// go that were seen longest ago. Answers how many went for want of room.
    pub fn compact(&mut self, routes: &Routes) -> u64 {
        self.fold_slots(routes);
        let mut lost = 0;
        while self.nodes.len() > PATH_NODES_MAX / 2 {
            let mut leaves = self
                .nodes
                .iter()
                .filter(|(at, it)| it.children.is_empty() && Some(*at) != self.root)
                .map(|(at, it)| (it.facts.visits >= PROVEN_VISITS, it.facts.last, at))
                .collect::<Vec<_>>();
            if leaves.is_empty() {
                break;
            }
            leaves.sort_unstable();
            let excess = self.nodes.len() - PATH_NODES_MAX / 2;
            for (_, _, at) in leaves.into_iter().take(excess) {
                self.remove(at);
                lost += 1;
            }
        }
        lost
    }

    /// How many words at the place of a node, itself among them, are tokens.
    pub fn tokens_beside(&self, at: u32) -> usize {
        let parent = self.nodes.get(at).and_then(|it| self.nodes.get(it.parent));
        let beside = parent.map_or(&[][..], |it| &it.children);
        beside.iter().filter(|it| is_token(self.text(**it))).count()
    }

    /// Builds itself anew with tokens for words that a key has come for.
    pub fn mask(&mut self, masks: &Masks) {
        let mut fresh = Evidence::default();
        let old = core::mem::take(self);
        let mut places = Vec::new();
        let mut labels = Labels::default();
        for (parent, node) in old.in_order() {
            let Some(parent) = places.get(parent as usize) else {
                let root = fresh.root();
                if let Some(to) = fresh.nodes.get_mut(root) {
                    to.facts = node.facts;
                }
                places.push(root);
                continue;
            };
            labels.read_one(&node.text, node.sort, masks);
            let masked = labels.get(0).map_or(&*node.text, |it| it.text);
            let word = if is_token(&node.text) {
                node.word
            } else {
                masks.word(&node.text, masked)
            };
            let at = fresh.put(*parent, (masked, word), node.sort, node.facts);
            places.push(at);
        }
        *self = fresh;
    }

    /// Marks all nodes that are that place of the routes; false if there is none.
    pub fn split(&mut self, routes: &Routes, place: u32) -> bool {
        let mut marked = false;
        let mut open = self
            .root
            .map(|it| (it, routes.root()))
            .into_iter()
            .collect::<Vec<_>>();
        while let Some((at, route)) = open.pop() {
            let Some(node) = self.nodes.get(at) else {
                continue;
            };
            for child in &node.children {
                if let Some(node) = self.nodes.get(*child) {
                    let (_, next) = routes.step_known(route, &node.text, node.sort);
                    open.extend(next.map(|it| (*child, Some(it))));
                }
            }
            if route == Some(place)
                && let Some(node) = self.nodes.get_mut(at)
            {
                node.facts.split = true;
                marked = true;
            }
        }
        marked
    }

    pub fn heap_bytes(&self) -> usize {
        let inner = self
            .nodes
            .iter()
            .map(|(_, it)| it.text.len() + it.children.capacity() * size_of::<u32>());
        self.nodes.heap_bytes() + self.places.heap_bytes() + inner.sum::<usize>()
    }

    /// Answers 1 when the word has just become known enough to be shown.
    fn see(&mut self, at: u32, visit: Visit) -> usize {
        let Some(node) = self.nodes.get_mut(at) else {
            return 0;
        };
        let facts = &mut node.facts;
        let before = facts.callers;
        facts.visits += 1;
        facts.callers |= 1 << (visit.caller & 63);
        facts.last = visit.number;
        let known = before != facts.callers && facts.callers.count_ones() == SHOWN_CALLERS
            || facts.visits == SHOWN_VISITS;
        usize::from(known && is_token(&node.text))
    }

    fn step(&mut self, at: u32, label: Label<'_>, room: bool, masks: &Masks) -> Option<u32> {
        let node = self.nodes.get(at)?;
        let crowded = node.children.len() >= NODE_CHILDREN_MAX;
        let text = if node.facts.split && label.sort == Sort::Slot {
            label.raw
        } else {
            label.text
        };
        let known = self.find(at, text);
        if known.is_some() || !room {
            return known;
        }
        let shown = label.shown;
        let (text, sort) = match label.sort {
            Sort::Name | Sort::Slot | Sort::Affixed if crowded => (NAME, Sort::Slot),
            Sort::Operation if crowded => (OPERATION, Sort::Operation),
            Sort::Slot if text == label.raw && text != label.text => (text, Sort::Name),
            sort => (text, sort),
        };
        let known = self.find(at, text);
        Some(known.unwrap_or_else(|| {
            let word = masks.word(if text == label.text { shown } else { text }, text);
            self.insert(at, (text, word), sort)
        }))
    }

    fn insert(&mut self, parent: u32, (text, word): (&str, Word), sort: Sort) -> u32 {
        let at = self.nodes.insert(Node {
            text: text.into(),
            word,
            sort,
            parent,
            children: Vec::new(),
            facts: NodeFacts::default(),
        });
        if let Some(node) = self.nodes.get_mut(parent) {
            node.children.push(at);
        }
        self.places
            .insert(at, |at| self.nodes.get(at).map(|it| (it.parent, &*it.text)));
        at
    }

    fn remove(&mut self, at: u32) {
        let Some(node) = self.nodes.remove(at) else {
            return;
        };
        self.places.remove((node.parent, &*node.text), at);
        if let Some(parent) = self.nodes.get_mut(node.parent) {
            parent.children.retain(|it| *it != at);
        }
    }

    /// Builds itself anew with all values of one slot at one node.
    fn fold_slots(&mut self, routes: &Routes) {
        let mut fresh = Evidence::default();
        let old = core::mem::take(self);
        let mut open = Vec::new();
        if let Some(root) = old.root {
            let at = fresh.root();
            if let (Some(to), Some(from)) = (fresh.nodes.get_mut(at), old.nodes.get(root)) {
                to.facts = from.facts;
            }
            open.push((root, at, routes.root()));
        }
        while let Some((from, to, route)) = open.pop() {
            let children = old.nodes.get(from).map(|it| it.children.as_slice());
            for child in children.unwrap_or_default() {
                let Some(node) = old.nodes.get(*child) else {
                    continue;
                };
                let (text, next) = routes.step_known(route, &node.text, node.sort);
                let (text, sort) = match node.sort {
                    sort if text == &*node.text => (text, sort),
                    Sort::Name => (NAME, Sort::Slot),
                    Sort::Operation => (OPERATION, Sort::Operation),
                    Sort::Slot | Sort::Affixed => (text, Sort::Slot),
                };
                let word = if text == &*node.text {
                    node.word
                } else {
                    Word::of(text)
                };
                let at = fresh.put(to, (text, word), sort, node.facts);
                open.push((*child, at, next));
            }
        }
        *self = fresh;
    }
}

impl NodeFacts {
    fn merge(&mut self, other: &NodeFacts) {
        let NodeFacts {
            visits,
            methods,
            callers,
            last,
            split,
        } = other;
        self.visits += visits;
        self.methods |= methods;
        self.callers |= callers;
        self.last = self.last.max(*last);
        self.split |= split;
    }
}
