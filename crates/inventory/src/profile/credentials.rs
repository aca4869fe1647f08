//! Which kinds of credentials came with calls, and how often.

use gatewatch_model::Timestamp;
use gatewatch_model::profile::{Answer, Credential, Credentials};
use minicbor::{Decode, Encode};

/// Sorted by kind.
#[derive(Clone, Debug, Default, PartialEq, Encode, Decode)]
#[cbor(transparent)]
pub(super) struct Carried(#[n(0)] Vec<(Credential, u64, Timestamp)>);

impl Carried {
    /// Answers whether a kind is new.
    pub fn add(&mut self, credentials: Credentials, at: Timestamp) -> bool {
        let before = self.0.len();
        credentials.iter().for_each(|it| self.add_many(it, 1, at));
        self.0.len() > before
    }

    pub fn merge(&mut self, other: &Carried) {
        for (kind, count, last) in &other.0 {
            self.add_many(*kind, *count, *last);
        }
    }

    pub fn kinds(&self) -> Credentials {
        let mut kinds = Credentials::default();
        self.0.iter().for_each(|it| kinds.insert(it.0));
        kinds
    }

    /// Each kind with the calls that carried it, and of so many calls with any credentials those
    /// that did not.
    pub fn rows(&self, authenticated: u64) -> Vec<(Credential, Answer)> {
        let rows = self.0.iter().map(|(kind, count, last)| {
            let answer = Answer {
                yes: *count,
                last_yes: *last,
                no: authenticated.saturating_sub(*count),
                ..Answer::default()
            };
            (*kind, answer)
        });
        rows.collect()
    }

    pub fn touch(&self) -> u64 {
        self.0.first().map_or(0, |it| it.1)
    }

    pub fn heap_bytes(&self) -> usize {
        self.0.capacity() * size_of::<(Credential, u64, Timestamp)>()
    }

    fn add_many(&mut self, kind: Credential, count: u64, at: Timestamp) {
        match self.0.binary_search_by_key(&kind, |it| it.0) {
            Ok(place) => {
                let (_, sum, last) = &mut self.0[place];
                *sum += count;
                *last = (*last).max(at);
            }
            Err(place) => {
                self.0.reserve_exact(1);
                self.0.insert(place, (kind, count, at));
            }
        }
    }
}
