//! The values of an exchange in one table that is used again and again: each leaf knows its
//! spot, the way of names that leads to it, and its text. Every engine reads this one table, so
//! bodies are parsed once.

use gatewatch_model::Spot;
use gatewatch_model::caller::prefix;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use crate::limits::{LEAF_BYTES_MAX, LEAVES_BYTES_MAX, LEAVES_MAX, NAME_BYTES_MAX};

/// What was read of one exchange. Reading into it again forgets what was there before, but
/// keeps its memory.
#[derive(Debug, Default)]
pub struct Leaves {
    /// Names and texts, one after the other.
    text: String,
    trails: Vec<Trail>,
    entries: Vec<Entry>,
    /// Where the reader stands: the trail that a value would get.
    at: Option<u32>,
    lost: bool,
}

/// One step on the way from a spot to a value.
#[derive(Clone, Copy, Debug)]
struct Trail {
    before: Option<u32>,
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
            lost,
        } = self;
        text.clear();
        trails.clear();
        entries.clear();
        (*at, *lost) = (None, false);
    }

    /// Starts a spot; what is added from here on stands in it.
    pub fn begin(&mut self, spot: Spot) {
        self.at = self.step(Trail {
            before: None,
            spot,
            step: Step::Root,
            shape: xxh3_64_with_seed(spot.prefix().as_bytes(), 0),
        });
    }

    /// Goes down to a member of that name.
    pub fn enter(&mut self, name: &str) {
        let name = prefix(name, NAME_BYTES_MAX);
        let (from, to) = self.keep(name);
        self.descend(Step::Name(from, to), xxh3_64(name.as_bytes()));
    }

    /// Goes down to an item of a list. All items of a list have one shape.
    pub fn enter_item(&mut self, index: u32) {
        self.descend(Step::Item(index), ITEM);
    }

    /// Goes back up by one step.
    pub fn leave(&mut self) {
        let before = self.here().and_then(|it| it.before);
        self.at = before.or(self.at);
    }

    /// Adds the value of where the reader stands. False when there is no more room.
    pub fn add(&mut self, value: Value<'_>) -> bool {
        let full = self.entries.len() >= LEAVES_MAX || self.text.len() >= LEAVES_BYTES_MAX;
        let Some(trail) = self.at.filter(|_| !full) else {
            self.lost = true;
            return false;
        };
        let (kind, text) = match value {
            Value::Null => (Kind::Null, ""),
            Value::Bool(false) => (Kind::No, ""),
            Value::Bool(true) => (Kind::Yes, ""),
            Value::Number(text) => (Kind::Number, text),
            Value::Text(text) => (Kind::Text, text),
            Value::EmptyList => (Kind::EmptyList, ""),
            Value::EmptyObject => (Kind::EmptyObject, ""),
        };
        let kept = prefix(text, LEAF_BYTES_MAX);
        self.lost |= kept.len() < text.len();
        let (from, to) = self.keep(kept);
        self.entries.push(Entry {
            trail,
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
        self.entries.iter().map(|entry| {
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

    fn descend(&mut self, step: Step, salt: u64) {
        let Some((at, here)) = self.at.zip(self.here()) else {
            return;
        };
        let below = Trail {
            before: Some(at),
            spot: here.spot,
            step,
            shape: mix(here.shape, salt),
        };
        self.at = self.step(below);
    }

    fn step(&mut self, trail: Trail) -> Option<u32> {
        self.trails.push(trail);
        u32::try_from(self.trails.len() - 1).ok()
    }

    fn here(&self) -> Option<Trail> {
        self.at.and_then(|at| self.trails.get(at as usize)).copied()
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
        let mut at = Some(trail);
        while let Some(here) = at.and_then(|at| self.trails.get(at as usize)) {
            steps.push(here.step);
            at = here.before;
        }
        steps.reverse();
        steps
    }
}

impl<'l> Leaf<'l> {
    pub fn spot(&self) -> Spot {
        self.trail().spot
    }

    /// A hash of spot and names, the same for all items of a list: what a profile keeps a member
    /// under.
    pub fn shape(&self) -> u64 {
        self.trail().shape
    }

    /// The last name on the way, or nothing for a value that is a whole body.
    pub fn name(&self) -> &'l str {
        let mut at = Some(self.trail);
        while let Some(here) = at.and_then(|at| self.leaves.trails.get(at as usize)) {
            if let Step::Name(from, to) = here.step {
                return self.leaves.slice(from, to);
            }
            at = here.before;
        }
        ""
    }

    /// Appends the whole address: `$.request.body.customer.cards[0].number`.
    pub fn write_place(&self, place: &mut String) {
        place.push_str(self.spot().prefix());
        self.write_steps(place, |index, place| {
            place.push('[');
            place.push_str(&index.to_string());
            place.push(']');
        });
    }

    /// Appends the way below the spot, the same for all items of a list:
    /// `customer.cards[].number`.
    pub fn write_path(&self, path: &mut String) {
        let start = path.len();
        self.write_steps(path, |_, path| path.push_str("[]"));
        if path[start..].starts_with('.') {
            path.remove(start);
        }
    }

    fn write_steps(&self, out: &mut String, item: impl Fn(u32, &mut String)) {
        for step in self.leaves.steps(self.trail) {
            match step {
                Step::Root => {}
                Step::Name(from, to) => write_name(self.leaves.slice(from, to), out),
                Step::Item(index) => item(index, out),
            }
        }
    }

    fn trail(&self) -> Trail {
        self.leaves.trails[self.trail as usize]
    }
}

/// A name as it stands in a place: `.card`, or `['two words']`.
fn write_name(name: &str, out: &mut String) {
    let plain = !name.is_empty()
        && name
            .bytes()
            .all(|it| it.is_ascii_alphanumeric() || b"_@:-".contains(&it));
    if plain {
        out.push('.');
        out.push_str(name);
        return;
    }
    out.push_str("['");
    for sign in name.chars() {
        if matches!(sign, '\\' | '\'') {
            out.push('\\');
        }
        out.push(sign);
    }
    out.push_str("']");
}

/// Stands for the items of a list in a shape.
const ITEM: u64 = 0x5b5d_5b5d_5b5d_5b5d;

fn mix(one: u64, two: u64) -> u64 {
    let product = u128::from(one ^ 0x9e37_79b9_7f4a_7c15) * u128::from(two | 1);
    (product as u64) ^ (product >> 64) as u64 ^ two.rotate_left(32)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `{"customer": {"cards": [{"number": 1}, {"number": 2}]}, "two words": "x"}`.
    fn sample() -> Leaves {
        let mut leaves = Leaves::default();
        leaves.begin(Spot::RequestBody);
        leaves.enter("customer");
        leaves.enter("cards");
        for (index, number) in ["1", "2"].into_iter().enumerate() {
            leaves.enter_item(index as u32);
            leaves.add_named("number", Value::Number(number));
            leaves.leave();
        }
        leaves.leave();
        leaves.leave();
        leaves.add_named("it's", Value::Text("x"));
        leaves
    }

    #[test]
    fn a_leaf_knows_its_place_its_path_and_its_name() {
        let leaves = sample();
        let seen = leaves.iter().map(|leaf| {
            let (mut place, mut path) = (String::new(), String::new());
            leaf.write_place(&mut place);
            leaf.write_path(&mut path);
            (place, path, leaf.name())
        });
        let expected = [
            (
                "$.request.body.customer.cards[0].number",
                "customer.cards[].number",
                "number",
            ),
            (
                "$.request.body.customer.cards[1].number",
                "customer.cards[].number",
                "number",
            ),
            (r"$.request.body['it\'s']", r"['it\'s']", "it's"),
        ];
        let expected =
            expected.map(|(place, path, name)| (place.to_owned(), path.to_owned(), name));
        assert_eq!(seen.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn items_of_a_list_share_a_shape_and_nothing_else_does() {
        let leaves = sample();
        let shapes = leaves.iter().map(|it| it.shape()).collect::<Vec<_>>();
        assert_eq!(shapes[0], shapes[1]);
        assert_ne!(shapes[1], shapes[2]);
        let mut other = Leaves::default();
        other.begin(Spot::ResponseBody);
        other.add_named("it's", Value::Text("x"));
        assert_ne!(other.iter().next().unwrap().shape(), shapes[2]);
    }

    #[test]
    fn a_way_of_names_is_not_the_same_backwards() {
        let shape = |names: [&str; 2]| {
            let mut leaves = Leaves::default();
            leaves.begin(Spot::RequestBody);
            names.iter().for_each(|it| leaves.enter(it));
            leaves.add(Value::Null);
            leaves.iter().next().unwrap().shape()
        };
        assert_ne!(shape(["a", "b"]), shape(["b", "a"]));
    }

    #[test]
    fn bounds_hold_and_are_told() {
        let mut leaves = Leaves::default();
        leaves.begin(Spot::RequestQuery);
        assert!(leaves.add_named("long", Value::Text(&"é".repeat(LEAF_BYTES_MAX))));
        assert!(leaves.lost());
        leaves.clear();
        leaves.begin(Spot::RequestQuery);
        assert!(!leaves.lost());
        for _ in 0..LEAVES_MAX {
            assert!(leaves.add_named("a", Value::Null));
        }
        assert!(!leaves.add_named("a", Value::Null));
        assert!(leaves.lost());
        assert_eq!(leaves.len(), LEAVES_MAX);
    }
}
