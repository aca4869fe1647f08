//! The values of an exchange in one table that is used again and again: each leaf knows its
//! spot, the way of names that leads to it, and its text. Every engine reads this one table, so
//! bodies are parsed once.

mod leaf;

use core::fmt;

use gatewatch_model::Spot;
use gatewatch_model::caller::prefix;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use crate::limits::{LEAF_BYTES_MAX, NAME_BYTES_MAX, STEPS_PER_LEAF_MAX, share};

/// What was read of one exchange. Reading into it again forgets what was there before, but
/// keeps its memory.
#[derive(Default)]
pub struct Leaves {
    /// Names and texts, one after the other.
    text: String,
    trails: Vec<Trail>,
    entries: Vec<Entry>,
    /// Where the reader stands: the trail that a value would get.
    at: u32,
    /// Steps below `at` that found no room.
    beyond: u32,
    room: Room,
    /// Where the entries of the request's body begin and end.
    body: (usize, usize),
    lost: bool,
}

/// Where the share of the spot that is read ends.
#[derive(Clone, Copy, Debug, Default)]
struct Room {
    entries: usize,
    trails: usize,
    text: usize,
}

/// Where a reader stood, to go back to.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    at: u32,
    beyond: u32,
}

/// Stands for no trail.
const NOWHERE: u32 = u32::MAX;

/// One step on the way from a spot to a value.
#[derive(Clone, Copy, Debug)]
struct Trail {
    /// `NOWHERE` at the root.
    before: u32,
    spot: Spot,
    step: Step,
    shape: u64,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Root,
    /// From and to in `text`.
    Name(u32, u32),
    Item(u32),
    /// Of XML elements of one name, which one; it does not change the shape.
    Twin(u32),
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    trail: u32,
    kind: Kind,
    from: u32,
    to: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Null,
    No,
    Yes,
    Number,
    Text,
    EmptyList,
    EmptyObject,
}

/// A value at the end of a way of names.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'l> {
    Null,
    Bool(bool),
    /// As it was written.
    Number(&'l str),
    /// Unescaped; of a very long one the beginning.
    Text(&'l str),
    EmptyList,
    EmptyObject,
}

#[derive(Clone, Copy, Debug)]
pub struct Leaf<'l> {
    leaves: &'l Leaves,
    trail: u32,
    pub value: Value<'l>,
}

impl Leaves {
    /// Forgets everything.
    pub fn clear(&mut self) {
        let Leaves {
            text,
            trails,
            entries,
            at,
            beyond,
            room,
            body,
            lost,
        } = self;
        text.clear();
        trails.clear();
        entries.clear();
        (*at, *beyond, *room) = (NOWHERE, 0, Room::default());
        (*body, *lost) = ((0, 0), false);
    }

    /// Starts a spot; what is added from here on stands in it, within its share.
    pub fn begin(&mut self, spot: Spot) {
        let (leaves_max, bytes_max) = share(spot);
        if spot == Spot::RequestBody {
            self.body = (self.entries.len(), usize::MAX);
        } else if self.body.1 == usize::MAX {
            self.body.1 = self.entries.len();
        }
        self.room = Room {
            entries: self.entries.len() + leaves_max,
            trails: self.trails.len() + leaves_max * STEPS_PER_LEAF_MAX,
            text: self.text.len() + bytes_max,
        };
        (self.at, self.beyond) = (NOWHERE, 0);
        self.descend(Trail {
            before: NOWHERE,
            spot,
            step: Step::Root,
            shape: xxh3_64_with_seed(spot.prefix().as_bytes(), 0),
        });
    }

    /// Goes down to a member of that name.
    pub fn enter(&mut self, name: &str) {
        self.enter_hashed(name, xxh3_64(name.as_bytes()));
    }

    /// Goes down to a member of that name, of which the hash is known.
    pub(crate) fn enter_hashed(&mut self, name: &str, hash: u64) {
        let kept = self.cut(name, NAME_BYTES_MAX);
        if self.has_room(kept.len()) {
            let (from, to) = self.keep(kept);
            self.descend_by(Step::Name(from, to), hash);
        }
    }

    /// Goes down to a member of that name in lower case, and tells this name.
    pub(crate) fn enter_lower(&mut self, name: &str) -> &str {
        let kept = self.cut(name, NAME_BYTES_MAX);
        if !self.has_room(kept.len()) {
            return "";
        }
        let (from, to) = self.keep(kept);
        let lower = &mut self.text[from as usize..];
        lower.make_ascii_lowercase();
        let hash = xxh3_64(lower.as_bytes());
        self.descend_by(Step::Name(from, to), hash);
        self.slice(from, to)
    }

    /// Goes down to an item of a list. All items of a list have one shape.
    pub fn enter_item(&mut self, index: u32) {
        if self.has_room(0) {
            self.descend_by(Step::Item(index), ITEM);
        }
    }

    /// Says which one it is of the elements with the name just entered.
    pub(crate) fn enter_twin(&mut self, index: u32) {
        if self.has_room(0)
            && let Some(here) = self.here()
        {
            self.descend(Trail {
                before: self.at,
                step: Step::Twin(index),
                ..here
            });
        }
    }

    /// Goes back up by one step.
    pub fn leave(&mut self) {
        if self.beyond > 0 {
            self.beyond -= 1;
        } else if let Some(here) = self.here()
            && here.before != NOWHERE
        {
            self.at = here.before;
        }
    }

    /// Where the reader stands.
    pub(crate) fn mark(&self) -> Mark {
        Mark {
            at: self.at,
            beyond: self.beyond,
        }
    }

    /// Goes back to where it stood in the same spot.
    pub(crate) fn back(&mut self, mark: Mark) {
        (self.at, self.beyond) = (mark.at, mark.beyond);
    }

    /// Whether nothing more of this spot would be kept.
    pub fn is_full(&self) -> bool {
        let Room {
            entries,
            trails,
            text,
        } = self.room;
        self.entries.len() >= entries || self.trails.len() >= trails || self.text.len() >= text
    }

    /// Adds the value of where the reader stands. False when there is no more room.
    pub fn add(&mut self, value: Value<'_>) -> bool {
        if self.beyond > 0 || self.at == NOWHERE || self.is_full() {
            self.lost = true;
            return false;
        }
        let (kind, text) = match value {
            Value::Null => (Kind::Null, ""),
            Value::Bool(false) => (Kind::No, ""),
            Value::Bool(true) => (Kind::Yes, ""),
            Value::Number(text) => (Kind::Number, text),
            Value::Text(text) => (Kind::Text, text),
            Value::EmptyList => (Kind::EmptyList, ""),
            Value::EmptyObject => (Kind::EmptyObject, ""),
        };
        let left = self.room.text - self.text.len();
        let kept = self.cut(text, LEAF_BYTES_MAX.min(left));
        let (from, to) = self.keep(kept);
        self.entries.push(Entry {
            trail: self.at,
            kind,
            from,
            to,
        });
        true
    }

    /// Adds one named value below the root of the spot: a parameter, a header, a cookie.
    pub fn add_named(&mut self, name: &str, value: Value<'_>) -> bool {
        self.enter(name);
        let added = self.add(value);
        self.leave();
        added
    }

    /// Whether a bound was met: a leaf was left out or cut.
    pub fn lost(&self) -> bool {
        self.lost
    }

    pub fn iter(&self) -> impl ExactSizeIterator<Item = Leaf<'_>> {
        self.leaves(0, self.entries.len())
    }

    /// One of them, as `iter` counts.
    pub fn get(&self, at: usize) -> Option<Leaf<'_>> {
        if at < self.entries.len() {
            self.leaves(at, at + 1).next()
        } else {
            None
        }
    }

    /// The leaves of the request's body.
    pub(crate) fn iter_body(&self) -> impl Iterator<Item = Leaf<'_>> {
        let (from, to) = self.body;
        self.leaves(from, to.min(self.entries.len()))
    }

    fn leaves(&self, from: usize, to: usize) -> impl ExactSizeIterator<Item = Leaf<'_>> {
        self.entries[from..to].iter().map(|entry| {
            let text = self.slice(entry.from, entry.to);
            let value = match entry.kind {
                Kind::Null => Value::Null,
                Kind::No => Value::Bool(false),
                Kind::Yes => Value::Bool(true),
                Kind::Number => Value::Number(text),
                Kind::Text => Value::Text(text),
                Kind::EmptyList => Value::EmptyList,
                Kind::EmptyObject => Value::EmptyObject,
            };
            Leaf {
                leaves: self,
                trail: entry.trail,
                value,
            }
        })
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Bytes that stay taken for the next exchange.
    pub fn heap_bytes(&self) -> usize {
        self.text.capacity()
            + self.trails.capacity() * size_of::<Trail>()
            + self.entries.capacity() * size_of::<Entry>()
    }

    fn cut<'t>(&mut self, text: &'t str, bytes_max: usize) -> &'t str {
        if text.len() <= bytes_max {
            return text;
        }
        self.lost = true;
        prefix(text, bytes_max)
    }

    /// Whether a step with a name of that length finds room; counts it if not.
    fn has_room(&mut self, bytes: usize) -> bool {
        let fits = self.beyond == 0
            && self.trails.len() < self.room.trails
            && self.text.len() + bytes <= self.room.text;
        if !fits {
            self.beyond += 1;
            self.lost = true;
        }
        fits
    }

    fn descend_by(&mut self, step: Step, salt: u64) {
        if let Some(here) = self.here() {
            self.descend(Trail {
                before: self.at,
                spot: here.spot,
                step,
                shape: mix(here.shape, salt),
            });
        }
    }

    fn descend(&mut self, trail: Trail) {
        self.at = self.trails.len() as u32;
        self.trails.push(trail);
    }

    fn here(&self) -> Option<Trail> {
        self.trails.get(self.at as usize).copied()
    }

    /// The bounds keep `text` far below what 32 bits can count.
    fn keep(&mut self, text: &str) -> (u32, u32) {
        let from = self.text.len() as u32;
        self.text.push_str(text);
        (from, self.text.len() as u32)
    }

    fn slice(&self, from: u32, to: u32) -> &str {
        &self.text[from as usize..to as usize]
    }

    /// The steps from the root to there.
    fn steps(&self, trail: u32) -> Vec<Step> {
        let mut steps = Vec::new();
        let mut at = trail;
        while let Some(here) = self.trails.get(at as usize) {
            steps.push(here.step);
            at = here.before;
        }
        steps.reverse();
        steps
    }
}

/// Values may be secrets, so only their number is shown.
impl fmt::Debug for Leaves {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{} leaves>", self.len())
    }
}

/// Stands for the items of a list in a shape.
const ITEM: u64 = 0x5b5d_5b5d_5b5d_5b5d;

fn mix(one: u64, two: u64) -> u64 {
    let product = u128::from(one ^ 0x9e37_79b9_7f4a_7c15) * u128::from(two | 1);
    (product as u64) ^ (product >> 64) as u64 ^ two.rotate_left(32)
}

#[cfg(test)]
mod tests;
