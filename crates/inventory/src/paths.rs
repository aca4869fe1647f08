//! Which parts of the paths of one collection are slots. What is seen goes into a tree of
//! evidence; at fixed counts, a decision over all of it makes the routes that templates are
//! written by. The decision is a pure function of the set seen: no order shows in it.

mod decide;
mod evidence;
mod judge;
mod labels;
mod masks;
mod routes;
mod weights;
mod words;

use gatewatch_model::profile::Decision;
use minicbor::decode::Error as DecodeError;
use minicbor::encode::{Error as EncodeError, Write};
use minicbor::{Decode, Decoder, Encode, Encoder};

use crate::limits::{PATH_NODES_MAX, PRESSED_NODES_MAX, TEMPLATE_BYTES_MAX};
use crate::state::list;
pub(crate) use evidence::Trail;
use evidence::{Evidence, NodeFacts, Visit};
pub(crate) use labels::{Label, Labels, Sort};
pub(crate) use masks::{Masks, Recent, Shown, is_token};
pub(crate) use routes::REST;
use routes::{Route, Routes};
use words::Word;

/// The tree of one collection.
#[derive(Default)]
pub(crate) struct Tree {
    evidence: Evidence,
    routes: Routes,
    counters: Counters,
    /// Whether words wait for their text.
    waits_to_show: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Encode, Decode)]
#[cbor(array)]
struct Counters {
    /// Exchanges that counted.
    #[n(0)]
    visits: u64,
    /// Nodes made since the last decision.
    #[n(1)]
    novel: u64,
    /// From so many visits on a Tick decides again.
    #[n(2)]
    next: u64,
    /// Paths let go for want of room.
    #[n(3)]
    lost: u64,
    /// While more comes than there is room for: the visit before which nothing new calls for a
    /// decision; else 0.
    #[n(4)]
    #[cbor(default)]
    pressed_until: u64,
}

/// So many new nodes at least call for a decision at once.
const NOVEL_MIN: u64 = 16;
/// So many visits share the cost of one decision in a tree that overflows.
const PRESSED_VISITS: u64 = 8_192;

impl Tree {
    /// Counts one path; answers where. True when enough is new to decide again.
    pub fn learn(
        &mut self,
        labels: &Labels,
        from: From<'_>,
        room: bool,
        masks: &Masks,
    ) -> (bool, Trail) {
        if labels.is_asterisk() {
            return (false, Trail::default());
        }
        let visit = self.visit(from);
        let room = if room { self.room() } else { 0 };
        let added = self.evidence.add(labels, visit, room, masks);
        self.counters.lost += added.lost;
        self.counters.novel += (added.made + added.known) as u64;
        (self.calls_for_decision(), added.trail)
    }

    /// The same for a path of which it is known where it counts.
    pub fn learn_again(&mut self, labels: &Labels, from: From<'_>, trail: &Trail) -> bool {
        debug_assert!(self.evidence.is_trail(labels, trail), "{labels:?}");
        let visit = self.visit(from);
        self.counters.novel += self.evidence.add_again(trail, visit) as u64;
        self.calls_for_decision()
    }

    fn visit(&mut self, from: From<'_>) -> Visit {
        self.counters.visits += 1;
        Visit {
            method: method_bit(from.method),
            caller: from.caller,
            number: self.counters.visits,
        }
    }

    /// How many nodes one path may add.
    fn room(&self) -> usize {
        match (self.is_pressed(), self.is_full()) {
            (false, _) => usize::MAX,
            (true, false) => PRESSED_NODES_MAX,
            (true, true) => 0,
        }
    }

    fn calls_for_decision(&self) -> bool {
        let calls = self.is_novel() || self.is_full() && self.counters.novel > 0;
        calls && self.counters.visits >= self.counters.pressed_until
    }

    fn is_novel(&self) -> bool {
        self.counters.novel >= NOVEL_MIN.max(self.len() as u64 / 4)
    }

    fn is_full(&self) -> bool {
        self.len() >= PATH_NODES_MAX
    }

    /// Whether the tree has overflowed, and new words have come as fast since then.
    fn is_pressed(&self) -> bool {
        self.counters.pressed_until > 0
    }

    /// Whether a Tick should decide again.
    pub fn is_due(&self) -> bool {
        self.counters.novel > 0 && self.counters.visits >= self.counters.next
    }

    pub fn is_unsettled(&self) -> bool {
        self.counters.novel > 0
    }

    /// Decides from all that was seen; answers what the routes were before.
    pub fn decide(&mut self) -> Before {
        let pressed = self.is_full() || self.is_pressed() && self.is_novel();
        let visits = self.counters.visits;
        self.counters.pressed_until = if pressed { visits + PRESSED_VISITS } else { 0 };
        self.counters.novel = 0;
        self.counters.next = visits + visits / 8;
        let routes = decide::decide(&self.evidence, &self.routes);
        if self.is_full() {
            self.counters.lost += self.evidence.compact(&routes);
        }
        self.waits_to_show = routes.waits_to_show();
        Before(core::mem::replace(&mut self.routes, routes))
    }

    /// Takes the text of words that may be shown by now from a path; answers which.
    pub fn show(&mut self, labels: &Labels, masks: &Masks) -> Vec<Shown> {
        if masks.is_open() {
            return Vec::new();
        }
        if let Some(shown) = self.routes.show_entrance(labels, &self.evidence) {
            return vec![shown];
        }
        if !self.waits_to_show {
            return Vec::new();
        }
        let shown = self.routes.show(labels);
        if !shown.is_empty() {
            self.waits_to_show = self.routes.waits_to_show();
        }
        shown
    }

    /// Gives words their tokens, after a key has come.
    pub fn mask(&mut self, masks: &Masks) {
        self.evidence.mask(masks);
        self.routes = core::mem::take(&mut self.routes).mask(masks);
    }

    /// Has words stand where that segment of a template is a slot; false if it is none.
    pub fn split(&mut self, labels: &Labels, segment: usize) -> bool {
        let is_slot = |it: Label<'_>| it.sort == Sort::Slot;
        if !labels.get(segment).is_some_and(is_slot) {
            return false;
        }
        let before = labels.iter().take(segment);
        let place = before.fold(self.routes.root(), |at, it| self.routes.step(at, it).1);
        let Some(place) = place else {
            return false;
        };
        let split = self.evidence.split(&self.routes, place);
        self.counters.novel += u64::from(split);
        split
    }

    /// Appends the template of a path as it was last decided.
    pub fn write(&self, labels: &Labels, key: &mut String) {
        self.routes.write(labels, key);
    }

    pub fn explain(&self, labels: &Labels) -> Vec<Decision> {
        let mut decisions = Vec::new();
        self.routes.explain(labels, &mut decisions);
        decisions
    }

    /// Nodes of evidence.
    pub fn len(&self) -> usize {
        self.evidence.nodes.len()
    }

    pub fn lost(&self) -> u64 {
        self.counters.lost
    }

    pub fn heap_bytes(&self) -> usize {
        self.evidence.heap_bytes() + self.routes.heap_bytes()
    }
}

/// Who called, and how.
#[derive(Clone, Copy)]
pub(crate) struct From<'f> {
    pub method: &'f str,
    pub caller: u64,
}

/// Routes that are no longer in force.
pub(crate) struct Before(Routes);

impl Before {
    pub fn explain(&self, labels: &Labels) -> Vec<Decision> {
        let mut decisions = Vec::new();
        self.0.explain(labels, &mut decisions);
        decisions
    }
}

/// One bit for each method that is common, and one for all others.
fn method_bit(method: &str) -> u16 {
    static COMMON: [&str; 9] = [
        "GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "CONNECT", "TRACE",
    ];
    let at = COMMON.iter().position(|it| *it == method);
    1 << at.unwrap_or(COMMON.len())
}

#[derive(Encode, Decode)]
#[cbor(array)]
struct Saved<'t> {
    /// The place of the parent in the list; the root has none.
    #[n(0)]
    parent: u32,
    #[b(1)]
    text: &'t str,
    #[n(2)]
    sort: Sort,
    #[n(3)]
    facts: NodeFacts,
    /// Stem and spelling of a word that has a token.
    #[n(4)]
    word: Option<(u64, u16)>,
}

impl<C> Encode<C> for Tree {
    fn encode<W: Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), EncodeError<W::Error>> {
        let nodes = self.evidence.in_order();
        let nodes = nodes.iter().map(|(parent, it)| Saved {
            parent: *parent,
            text: &it.text,
            sort: it.sort,
            facts: it.facts,
            word: is_token(&it.text).then(|| it.word.saved()),
        });
        let nodes = nodes.collect::<Vec<_>>();
        e.encode((self.counters, nodes, &self.routes.nodes))?.ok()
    }
}

impl<'b, C> Decode<'b, C> for Tree {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, DecodeError> {
        let damaged = DecodeError::message;
        if d.array()? != Some(3) {
            return Err(damaged("a tree has three parts"));
        }
        let mut tree = Tree {
            counters: d.decode()?,
            ..Tree::default()
        };
        let mut places = Vec::new();
        for saved in list::<Saved<'_>>(d, 2 * PATH_NODES_MAX)? {
            let at = if places.is_empty() {
                tree.evidence.root()
            } else {
                let parent = places.get(saved.parent as usize);
                let parent = *parent.ok_or_else(|| damaged("a node before its parent"))?;
                if saved.text.len() > TEMPLATE_BYTES_MAX {
                    return Err(damaged("a label that is too long"));
                }
                let word = saved.word.map(|it| Word::of_saved(saved.text, it));
                let word = word.unwrap_or_else(|| Word::of(saved.text));
                let facts = NodeFacts::default();
                tree.evidence
                    .put(parent, (saved.text, word), saved.sort, facts)
            };
            if let Some(node) = tree.evidence.nodes.get_mut(at) {
                node.facts = saved.facts;
            }
            places.push(at);
        }
        tree.routes = Routes::take_back(list::<Route>(d, 2 * PATH_NODES_MAX)?)
            .ok_or_else(|| damaged("a route before its parent"))?;
        tree.waits_to_show = tree.routes.waits_to_show();
        Ok(tree)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FROM: From<'_> = From {
        method: "GET",
        caller: 7,
    };

    fn learn(tree: &mut Tree, path: &str) -> (bool, Trail) {
        let (mut labels, masks) = (Labels::default(), Masks::default());
        labels.read_template(path, &masks);
        tree.learn(&labels, FROM, true, &masks)
    }

    /// Learns paths of 24 made-up words, deciding as often as they call for it; answers how often.
    fn flood(tree: &mut Tree, paths: u32) -> u32 {
        let mut rng = gatewatch_testkit::Rng::new(3);
        let mut decisions = 0;
        for _ in 0..paths {
            let mut path = String::new();
            for _ in 0..24 {
                path.push('/');
                path.extend((0..9).map(|_| char::from(b'a' + rng.below(26) as u8)));
            }
            if learn(tree, &path).0 {
                tree.decide();
                decisions += 1;
            }
            assert!(tree.len() < PATH_NODES_MAX + 24);
        }
        decisions
    }

    #[test]
    fn thousands_of_deep_paths_share_a_decision_once_the_tree_overflows() {
        let mut tree = Tree::default();
        // Up to there it grows by a quarter each time.
        let decisions = flood(&mut tree, 1_000);
        assert!((10..30).contains(&decisions), "{decisions}");
        assert!(tree.is_pressed());
        let decisions = flood(&mut tree, 40_000);
        assert!((1..=5).contains(&decisions), "{decisions}");
    }

    #[test]
    fn a_path_that_comes_again_is_learned_word_by_word_in_a_flood() {
        let mut tree = Tree::default();
        for _ in 0..100 {
            learn(&mut tree, "/orders/{id}");
        }
        flood(&mut tree, 1_000);
        tree.decide();
        assert!(tree.is_pressed() && !tree.is_full());
        let mut is_known = || learn(&mut tree, "/orders/open/lines/all").1.is_known();
        let known = (0..8).map(|_| is_known());
        let known = known.collect::<Vec<_>>();
        let first = known.iter().position(|it| *it);
        assert_eq!(first, Some(2), "{known:?}");
        assert!(known[2..].iter().all(|it| *it), "{known:?}");
    }

    #[test]
    fn a_tree_grows_freely_again_when_a_flood_is_over() {
        let mut tree = Tree::default();
        flood(&mut tree, 1_000);
        tree.decide();
        learn(&mut tree, "/invoices");
        tree.decide();
        assert!(!tree.is_pressed());
        assert!(learn(&mut tree, "/parcels/open/lines").1.is_known());
    }

    #[test]
    fn counters_that_were_saved_before_floods_were_counted_are_read() {
        let counters: Counters = minicbor::decode(&[0x84, 9, 1, 10, 2]).unwrap();
        let Counters { visits, lost, .. } = counters;
        assert_eq!((visits, lost, counters.pressed_until), (9, 2, 0));
    }
}
