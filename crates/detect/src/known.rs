//! Heads that callers send again and again, and of which nothing was to be said: looking at one
//! anew would give the same. What it cost is counted all the same, so nothing that is said of an
//! exchange depends on what was seen before.

use crate::detection::Part;
use crate::limits::{KNOWN_BYTES_MAX, KNOWN_MAX};

/// Heads that say what a program is or takes; none of them is a secret or names a person.
static NAMES: &[&str] = &[
    "accept",
    "accept-charset",
    "accept-encoding",
    "accept-language",
    "cache-control",
    "connection",
    "content-type",
    "pragma",
    "sec-ch-ua",
    "sec-ch-ua-arch",
    "sec-ch-ua-full-version-list",
    "sec-ch-ua-mobile",
    "sec-ch-ua-model",
    "sec-ch-ua-platform",
    "sec-ch-ua-platform-version",
    "sec-fetch-dest",
    "sec-fetch-mode",
    "sec-fetch-site",
    "sec-fetch-user",
    "te",
    "upgrade-insecure-requests",
    "user-agent",
    "x-requested-with",
];

/// Whether the values of a head of that name are worth knowing again.
pub fn is_usual(name: &str) -> bool {
    let first = name.bytes().next();
    first.is_some_and(|it| b"acpstux".contains(&it)) && NAMES.contains(&name)
}

/// What looking at a text took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    pub steps: u32,
    pub texts: u32,
    pub texts_closer: u32,
}

#[derive(Clone)]
struct Slot {
    part: Part,
    bytes: [u8; KNOWN_BYTES_MAX],
    /// Nought where there is none.
    length: usize,
    cost: Cost,
}

#[derive(Clone)]
pub struct Known {
    slots: Box<[Slot]>,
}

impl Default for Known {
    fn default() -> Self {
        let none = Slot {
            part: Part::Headers,
            bytes: [0; KNOWN_BYTES_MAX],
            length: 0,
            cost: Cost::default(),
        };
        Known {
            slots: vec![none; KNOWN_MAX].into(),
        }
    }
}

impl Known {
    /// What it cost, if it is known; all of its bytes are compared.
    pub fn recall(&self, part: Part, text: &[u8]) -> Option<Cost> {
        let slot = self.slots.get(slot_of(text))?;
        let same = slot.part == part && slot.length > 0 && slot.bytes.get(..slot.length)? == text;
        same.then_some(slot.cost)
    }

    /// Takes the place of another one.
    pub fn keep(&mut self, part: Part, text: &[u8], cost: Cost) {
        if let Some(slot) = self.slots.get_mut(slot_of(text))
            && let Some(bytes) = slot.bytes.get_mut(..text.len())
        {
            bytes.copy_from_slice(text);
            (slot.part, slot.length, slot.cost) = (part, text.len(), cost);
        }
    }
}

fn slot_of(text: &[u8]) -> usize {
    let mut hash = text.len() as u64;
    let mut words = text.chunks_exact(8);
    let mut mix =
        |word: u64| hash = (hash.rotate_left(5) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    for word in &mut words {
        mix(word.iter().fold(0, |all, it| all << 8 | u64::from(*it)));
    }
    let rest = words.remainder().iter();
    mix(rest.fold(1, |all, it| all << 8 | u64::from(*it)));
    (hash >> 32) as usize % KNOWN_MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_bytes_in_the_same_part_are_known() {
        let mut known = Known::default();
        let cost = Cost {
            steps: 7,
            ..Cost::default()
        };
        known.keep(Part::Headers, b"*/*", cost);
        assert_eq!(known.recall(Part::Headers, b"*/*"), Some(cost));
        assert_eq!(known.recall(Part::UserAgent, b"*/*"), None);
        assert_eq!(known.recall(Part::Headers, b"*/+"), None);
        let long = [b'a'; KNOWN_BYTES_MAX + 1];
        known.keep(Part::Headers, &long, cost);
        assert_eq!(known.recall(Part::Headers, &long), None);
        assert_eq!(known.recall(Part::Headers, b""), None);
    }
}
