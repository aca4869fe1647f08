//! What was decided of the paths of a collection: a tree of words and slots that leads a path to
//! its template without allocation.

use gatewatch_model::profile::{DecidedBy, Decision};

use super::evidence::Evidence;
use super::labels::{Label, Labels, OPERATION, Sort};
use super::masks::{Masks, Shown, is_plain, is_showable, is_token};
use super::words::{Spelled, Word};
use crate::limits::{SHOWN_SIBLINGS, TEMPLATE_BYTES_MAX};
use crate::places::Places;

/// What stands for the end of a path whose template would be too long.
pub(crate) const REST: &str = "/{rest}";

#[derive(Default)]
pub(crate) struct Routes {
    pub nodes: Vec<Route>,
    places: Places,
}

#[derive(Clone, Debug, PartialEq, minicbor::Encode, minicbor::Decode)]
#[cbor(array)]
pub(crate) struct Route {
    /// Its parent in the list of all; the root is its own.
    #[n(0)]
    pub parent: u32,
    #[n(1)]
    pub text: Box<str>,
    #[n(2)]
    pub is_slot: bool,
    /// Words that are not known below belong to the slot.
    #[n(3)]
    pub open: bool,
    #[n(4)]
    pub split: bool,
    #[n(5)]
    pub why: Option<Why>,
    /// What the word is known by where its text is not to be kept, or has only come to be shown.
    #[n(6)]
    pub token: Option<Box<str>>,
    /// The next call that brings the text of a token may show it.
    #[n(7)]
    #[cbor(default)]
    pub may_show: bool,
    /// It is here to be shown, and not by a decision.
    #[n(8)]
    #[cbor(default)]
    pub early: bool,
    /// The slot below.
    #[cbor(skip)]
    pub slot: Option<u32>,
}

#[derive(Clone, Debug, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(array)]
pub(crate) struct Why {
    #[n(0)]
    pub by: DecidedBy,
    #[n(1)]
    pub reason: Box<str>,
    #[n(2)]
    pub confidence: u8,
}

impl Routes {
    pub fn root(&self) -> Option<u32> {
        (!self.nodes.is_empty()).then_some(0)
    }

    /// Adds a node below one that is there, or the root.
    pub fn add(&mut self, parent: u32, text: &str, is_slot: bool) -> u32 {
        let at = self.nodes.len() as u32;
        self.nodes.push(Route {
            parent,
            text: text.into(),
            is_slot,
            open: false,
            split: false,
            why: None,
            token: is_token(text).then(|| text.into()),
            may_show: false,
            early: false,
            slot: None,
        });
        self.link(at);
        at
    }

    /// Makes the tree of a list that was saved; false if it is none.
    pub fn take_back(nodes: Vec<Route>) -> Option<Routes> {
        let ordered = |(at, it): (usize, &Route)| (it.parent as usize) < at.max(1);
        if !nodes.iter().enumerate().all(ordered) {
            return None;
        }
        let mut routes = Routes {
            nodes,
            places: Places::default(),
        };
        (0..routes.nodes.len() as u32).for_each(|at| routes.link(at));
        Some(routes)
    }

    /// Appends the template of a path.
    pub fn write(&self, labels: &Labels, key: &mut String) {
        if labels.is_asterisk() {
            key.push('*');
            return;
        }
        let start = key.len();
        let mut at = self.root();
        for label in labels.iter() {
            let before = key.len();
            let (text, next) = self.step(at, label);
            at = next;
            if label.sort != Sort::Operation || key.len() == start {
                key.push('/');
            }
            key.push_str(text);
            if key.len() - start > TEMPLATE_BYTES_MAX - REST.len() {
                key.truncate(before);
                key.push_str(REST);
                return;
            }
        }
        if key.len() == start {
            key.push('/');
        }
    }

    /// Where a label leads from a node, and what it is called there.
    pub fn step<'r>(&'r self, at: Option<u32>, label: Label<'r>) -> (&'r str, Option<u32>) {
        let Some(node) = at.and_then(|it| self.nodes.get(it as usize)) else {
            return (label.text, None);
        };
        if let Some(child) = at.and_then(|it| self.find(it, label.text)) {
            return (&self.nodes[child as usize].text, Some(child));
        }
        if node.split && label.sort == Sort::Slot && label.raw != label.text {
            let child = at.and_then(|it| self.find(it, label.raw));
            return (label.raw, child);
        }
        let to_slot = match label.sort {
            Sort::Slot => label.text != &REST[1..],
            Sort::Name => node.open,
            Sort::Affixed => false,
            Sort::Operation => return (if node.open { OPERATION } else { label.text }, None),
        };
        match node.slot.filter(|_| to_slot) {
            Some(slot) => (&self.nodes[slot as usize].text, Some(slot)),
            None => (label.text, None),
        }
    }

    /// Whether a word at a place is a value; `None` where that was not decided.
    pub fn is_value(&self, at: u32, text: &str) -> Option<bool> {
        let is_open = self.nodes.get(at as usize)?.open;
        match self.find(at, text) {
            Some(at) => (!self.nodes[at as usize].early).then_some(false),
            None => is_open.then_some(true),
        }
    }

    /// The slot or the word below a place.
    pub fn below(&self, at: u32, text: &str, is_slot: bool) -> Option<u32> {
        if is_slot {
            self.nodes.get(at as usize)?.slot
        } else {
            self.find(at, text)
        }
    }

    /// The same for a label that has been seen; a word stays what it is known by.
    pub fn step_known<'r>(
        &'r self,
        at: Option<u32>,
        text: &'r str,
        sort: Sort,
    ) -> (&'r str, Option<u32>) {
        let label = Label {
            text,
            sort,
            shown: text,
            raw: text,
        };
        match self.step(at, label) {
            (_, Some(next)) if self.nodes[next as usize].identity() == text => (text, Some(next)),
            other => other,
        }
    }

    /// Whether any token waits for the text that may be shown in its place.
    pub fn waits_to_show(&self) -> bool {
        self.nodes.iter().any(Route::waits_to_show)
    }

    /// Shows the word that a path begins with, behind `api` and a version, if it is one of the
    /// first that are unknown there: an API begins with names.
    pub fn show_entrance(&mut self, labels: &Labels, evidence: &Evidence) -> Option<Shown> {
        let mut node = evidence.root?;
        let mut place = self.root().unwrap_or_else(|| self.add(0, "", false));
        for label in labels.within_depth() {
            let Route { open, slot, .. } = self.nodes[place as usize];
            node = evidence.find(node, label.text)?;
            if open || slot.is_some() || label.sort != Sort::Name {
                return None;
            }
            if !is_token(label.text) {
                if !is_entrance(label.text) {
                    return None;
                }
                place = self
                    .find(place, label.text)
                    .unwrap_or_else(|| self.add_early(place, label.text));
                continue;
            }
            if self.find(place, label.text).is_some()
                || !is_plain(label.shown)
                || evidence.tokens_beside(node) > SHOWN_SIBLINGS
            {
                return None;
            }
            let early = self.add_early(place, label.text);
            self.nodes[early as usize].text = label.shown.into();
            return Some(Shown {
                token: label.text.into(),
                text: label.shown.into(),
            });
        }
        None
    }

    /// Adds a word before anything was decided of it.
    fn add_early(&mut self, place: u32, text: &str) -> u32 {
        let early = self.add(place, text, false);
        self.nodes[early as usize].early = true;
        early
    }

    /// Takes the text of words that may be shown from a path that brings it; answers
    /// which.
    pub fn show(&mut self, labels: &Labels) -> Vec<Shown> {
        let mut shown = Vec::new();
        let mut at = self.root();
        for label in labels.iter() {
            at = self.step(at, label).1;
            let Some(node) = at.and_then(|it| self.nodes.get_mut(it as usize)) else {
                break;
            };
            if node.waits_to_show() && node.identity() == label.text && is_showable(label.shown) {
                shown.push(Shown {
                    token: label.text.into(),
                    text: label.shown.into(),
                });
                node.text = label.shown.into();
            }
        }
        shown
    }

    /// Gives words tokens that a key has come for; what is shown already stays so.
    pub fn mask(self, masks: &Masks) -> Routes {
        let mut labels = Labels::default();
        let mut nodes = self.nodes;
        for node in nodes
            .iter_mut()
            .skip(1)
            .filter(|it| !it.is_slot && it.token.is_none())
        {
            let sort = if node.text.starts_with('#') {
                Sort::Operation
            } else {
                Sort::Name
            };
            labels.read_one(&node.text, sort, masks);
            let known = labels.get(0).map(|it| it.text);
            node.token = known.filter(|it| **it != *node.text).map(Box::from);
        }
        Routes::take_back(nodes).unwrap_or_default()
    }

    /// Why each slot of a template is one, and each doubtful word is none.
    pub fn explain(&self, labels: &Labels, decisions: &mut Vec<Decision>) {
        let mut at = self.root();
        for (segment, label) in labels.iter().enumerate() {
            let (_, next) = self.step(at, label);
            at = next;
            let why = at
                .and_then(|it| self.nodes.get(it as usize))
                .and_then(|it| it.why.clone());
            let text = at.map_or(label.text, |it| &self.nodes[it as usize].text);
            let why = if is_token(text) { Some(masked()) } else { why };
            let why = why.or_else(|| by_kind(label));
            decisions.extend(why.map(|it| Decision {
                segment: segment as u16,
                by: it.by,
                reason: it.reason,
                confidence: it.confidence,
            }));
        }
    }

    pub fn heap_bytes(&self) -> usize {
        let inner = self.nodes.iter().map(|it| {
            it.text.len()
                + it.token.as_ref().map_or(0, |it| it.len())
                + it.why.as_ref().map_or(0, |it| it.reason.len())
        });
        self.nodes.capacity() * size_of::<Route>() + self.places.heap_bytes() + inner.sum::<usize>()
    }

    fn find(&self, parent: u32, text: &str) -> Option<u32> {
        self.places.find((parent, text), |at| {
            let node = self.nodes.get(at as usize);
            node.is_some_and(|it| !it.is_slot && it.parent == parent && it.identity() == text)
        })
    }

    fn link(&mut self, at: u32) {
        let Some(Route {
            parent, is_slot, ..
        }) = self.nodes.get(at as usize)
        else {
            return;
        };
        let (parent, is_slot) = (*parent, *is_slot);
        if is_slot {
            self.nodes[parent as usize].slot = Some(at);
        } else if at > 0 {
            let nodes = &self.nodes;
            self.places.insert(at, |at| {
                nodes.get(at as usize).map(|it| (it.parent, it.identity()))
            });
        }
    }
}

impl Route {
    /// What it is found by.
    pub fn identity(&self) -> &str {
        self.token.as_deref().unwrap_or(&self.text)
    }

    fn waits_to_show(&self) -> bool {
        self.may_show && self.token.as_deref() == Some(&*self.text)
    }
}

/// What stands before the names of an API.
fn is_entrance(text: &str) -> bool {
    let version = Word::of(text).is(Spelled::Version) || matches!(text.as_bytes(), [b'0'..=b'9']);
    let doors = ["api", "apis", "rest", "services", "public", "internal"];
    version || doors.iter().any(|it| it.eq_ignore_ascii_case(text))
}

fn masked() -> Why {
    Why {
        by: DecidedBy::Kind,
        reason: "a word that too few callers have sent to be shown: its token stands for it".into(),
        confidence: 100,
    }
}

/// What a slot says where nothing was decided: its text showed its kind.
fn by_kind(label: Label<'_>) -> Option<Why> {
    let reason = match label.text {
        _ if label.sort == Sort::Operation || !label.text.contains('{') => return None,
        "{id}" => "a number, or an id that spells nothing",
        "{date}" => "a date",
        "{number}" => "a decimal number",
        "{hash}" => "a digest",
        "{token}" => "a token",
        "{email}" => "an e-mail address",
        "{address}" => "an address of the network",
        "{rest}" => "the path goes on too long",
        "{text}" => "too long for a name, or with signs that no name has",
        "{name}" => "a value, as learned before",
        _ => "a value with a word beside it",
    };
    Some(Why {
        by: DecidedBy::Kind,
        reason: reason.into(),
        confidence: 95,
    })
}
