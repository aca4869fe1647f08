//! Who has sent which of his batches: what makes a retry harmless.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use gatewatch_ports::journal::{SENDER_BYTES_MAX, SENDERS_MAX, SEQUENCE_WINDOW};

use crate::frame::{u16_at, u64_at};

/// The batches of one sender that are known: the highest and the 64 before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    pub latest: u64,
    /// Bit n: the batch `latest - 1 - n` is there.
    seen: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    New,
    Seen,
    Stale { latest: u64 },
}

/// The senders, those heard of last kept.
#[derive(Debug, Default)]
pub struct Senders {
    windows: HashMap<Arc<str>, (u64, Window)>,
    /// By when they were last heard of.
    order: BTreeMap<u64, Arc<str>>,
    turn: u64,
}

impl Window {
    pub fn of(sequence: u64) -> Window {
        Window {
            latest: sequence,
            seen: 0,
        }
    }

    pub fn standing(&self, sequence: u64) -> Standing {
        if sequence > self.latest {
            return Standing::New;
        }
        match self.latest - sequence {
            0 => Standing::Seen,
            behind if behind > SEQUENCE_WINDOW => Standing::Stale {
                latest: self.latest,
            },
            behind if self.seen >> (behind - 1) & 1 == 1 => Standing::Seen,
            _ => Standing::New,
        }
    }

    pub fn add(&mut self, sequence: u64) {
        if sequence > self.latest {
            let ahead = sequence - self.latest;
            let shifted = if ahead < 64 { self.seen << ahead } else { 0 };
            let before = if ahead <= 64 { 1 << (ahead - 1) } else { 0 };
            self.seen = shifted | before;
            self.latest = sequence;
        } else if let behind @ 1..=SEQUENCE_WINDOW = self.latest - sequence {
            self.seen |= 1 << (behind - 1);
        }
    }
}

impl Senders {
    pub fn get(&self, name: &str) -> Option<Window> {
        self.windows.get(name).map(|(_, window)| *window)
    }

    pub fn len(&self) -> usize {
        self.windows.len()
    }

    pub fn is_empty(&self) -> bool {
        self.windows.is_empty()
    }

    /// Puts the sender at the end of the order; the one not heard of for longest may go.
    pub fn put(&mut self, name: &str, window: Window) {
        self.turn += 1;
        let name = match self.windows.get_key_value(name) {
            Some((name, (turn, _))) => {
                self.order.remove(turn);
                Arc::clone(name)
            }
            None => name.into(),
        };
        self.order.insert(self.turn, Arc::clone(&name));
        self.windows.insert(name, (self.turn, window));
        if self.windows.len() > SENDERS_MAX
            && let Some((_, oldest)) = self.order.pop_first()
        {
            self.windows.remove(&oldest);
        }
    }

    /// Adds one batch, as reading the log again does.
    pub fn add(&mut self, name: &str, sequence: u64) {
        let mut window = self.get(name).unwrap_or(Window::of(sequence));
        window.add(sequence);
        self.put(name, window);
    }

    /// In order, so that reading it back keeps the order.
    pub fn write(&self, buffer: &mut Vec<u8>) {
        buffer.extend_from_slice(&(self.windows.len() as u32).to_le_bytes());
        for name in self.order.values() {
            if let Some((_, window)) = self.windows.get(name) {
                buffer.extend_from_slice(&(name.len() as u16).to_le_bytes());
                buffer.extend_from_slice(name.as_bytes());
                buffer.extend_from_slice(&window.latest.to_le_bytes());
                buffer.extend_from_slice(&window.seen.to_le_bytes());
            }
        }
    }

    pub fn parse(bytes: &[u8]) -> Option<Senders> {
        let (count, mut rest) = bytes.split_first_chunk::<4>()?;
        let count = u32::from_le_bytes(*count) as usize;
        if count > SENDERS_MAX {
            return None;
        }
        let mut senders = Senders::default();
        for _ in 0..count {
            let (length, tail) = rest.split_at_checked(2)?;
            let length = usize::from(u16_at(length, 0));
            if length > SENDER_BYTES_MAX {
                return None;
            }
            let (name, tail) = tail.split_at_checked(length)?;
            let (numbers, tail) = tail.split_at_checked(16)?;
            let window = Window {
                latest: u64_at(numbers, 0),
                seen: u64_at(numbers, 8),
            };
            senders.put(std::str::from_utf8(name).ok()?, window);
            rest = tail;
        }
        rest.is_empty().then_some(senders)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_of_one_sender_may_overtake_each_other() {
        let mut window = Window::of(100);
        for sequence in [36, 99, 163, 101, 162] {
            assert_eq!(window.standing(sequence), Standing::New, "{sequence}");
            window.add(sequence);
            assert_eq!(window.standing(sequence), Standing::Seen, "{sequence}");
        }
        assert_eq!(window.standing(100), Standing::Seen);
        assert_eq!(window.standing(102), Standing::New);
        assert_eq!(window.standing(98), Standing::Stale { latest: 163 });
    }

    #[test]
    fn the_window_is_as_a_set_would_have_it() {
        use std::collections::BTreeSet;
        let mut random = 1_u64;
        for start in 0..200_u64 {
            let mut window = Window::of(start);
            let mut set = BTreeSet::from([start]);
            for _ in 0..100 {
                random = random
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                let sequence = (window.latest + (random >> 33) % 140).saturating_sub(70);
                let expected = if sequence + SEQUENCE_WINDOW < window.latest {
                    Standing::Stale {
                        latest: window.latest,
                    }
                } else if set.contains(&sequence) {
                    Standing::Seen
                } else {
                    Standing::New
                };
                assert_eq!(window.standing(sequence), expected);
                window.add(sequence);
                set.insert(sequence);
            }
        }
    }

    #[test]
    fn the_sender_heard_of_last_is_kept() {
        let mut senders = Senders::default();
        for n in 0..SENDERS_MAX {
            senders.add(&format!("sender-{n}"), 7);
        }
        senders.add("sender-0", 8);
        senders.add("one-more", 1);
        assert_eq!(senders.len(), SENDERS_MAX);
        assert_eq!(senders.get("sender-1"), None);
        assert_eq!(senders.get("sender-0").map(|it| it.latest), Some(8));
    }

    #[test]
    fn what_is_written_is_read_in_the_same_order() {
        let mut senders = Senders::default();
        for (name, sequence) in [("b", 1), ("a", 9), ("", 3), ("b", 70), ("c", u64::MAX)] {
            senders.add(name, sequence);
        }
        let mut bytes = Vec::new();
        senders.write(&mut bytes);
        let read = Senders::parse(&bytes).unwrap();
        let mut again = Vec::new();
        read.write(&mut again);
        assert_eq!(bytes, again);
        assert!((0..bytes.len()).all(|cut| Senders::parse(&bytes[..cut]).is_none()));
    }
}
