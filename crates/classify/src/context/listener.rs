//! Listens to names and to words of a text: which types they speak for, and which against.

use core::ops::Range;

use gatewatch_decode::Leaf;
use gatewatch_model::Spot;

use super::{Speaker, Stance, Tone};
use crate::names::Words;
use crate::vocabulary::{Claim, Role, Vocabulary};

/// Types that one name can speak for or against.
const SPEAKERS_MAX: usize = 64;
const _: () = assert!(SPEAKERS_MAX <= u8::MAX as usize, "places are one byte");
/// Claims of phrases that one name is weighed by.
const CLAIMS_MAX: usize = 256;
/// Words before a value that can say that it is a number of another kind.
const OTHER_WORDS: usize = 3;
/// What a phrase of one vague word says.
const VAGUE_STRENGTH: i32 = 45;
/// Words of one phrase.
const PHRASE_WORDS_MAX: usize = 6;
const CONTAINER_BYTES_MAX: usize = 24;
/// Of a name space.
const PREFIX_BYTES_MAX: usize = 16;
/// Names above that are listened to.
const ABOVE_MAX: usize = 2;
/// Names above that are looked through for one that says something.
const LOOK_UP_MAX: usize = 5;

/// Cookies are leaves of their own; the others describe the message or the program that sent it.
static SKIPPED_HEADERS: &[&str] = &[
    "cookie",
    "set-cookie",
    "host",
    "user-agent",
    "accept",
    "accept-encoding",
    "content-type",
    "content-length",
    "date",
    "etag",
    "if-none-match",
    "last-modified",
    "if-modified-since",
    "server",
    "vary",
    "connection",
    "cache-control",
    "traceparent",
    "sec-ch-ua",
    "sec-ch-ua-full-version-list",
    "sec-ch-ua-full-version",
    "sec-ch-ua-platform-version",
    "sec-fetch-site",
    "sec-fetch-mode",
    "sec-fetch-dest",
];

/// Memory for listening to names and texts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Listener {
    words: Words,
    /// From and to among the words, and the claims on it.
    phrases: Vec<(u8, u8, Range<u32>)>,
    claims: Vec<Found>,
    /// For each type, where its claims stand, counted from one; zero if it has none. Phrases that
    /// many types share would else be searched for time and again.
    places: Vec<u8>,
    /// What was heard last, the strongest first.
    pub heard: Vec<Speaker>,
}

/// What a row of words has of the phrases of a type.
#[derive(Clone, Copy, Debug)]
struct Found {
    info_type: u16,
    /// A bit for each word that is in one of them.
    covered: u32,
    /// Where the last of them ends.
    to: u8,
    against: bool,
    /// How many types share the phrase that the fewest share.
    shared: u8,
}

impl Listener {
    /// Listens to the names on the way to a leaf.
    pub fn hear_names(&mut self, leaf: &Leaf<'_>, vocabulary: &Vocabulary) -> Tone {
        self.heard.clear();
        let mut names = leaf.names().take(LOOK_UP_MAX).map(local);
        let own = names.next().unwrap_or("");
        self.words.clear();
        let in_head = matches!(leaf.spot(), Spot::RequestHeaders | Spot::ResponseHeaders);
        if in_head && SKIPPED_HEADERS.contains(&own) {
            return Tone::SKIPPED;
        }
        self.words.push(own);
        self.settle_words(vocabulary);
        let mut tone = self.tone(vocabulary);
        let mut above = 0;
        if tone.has(Tone::VAGUE) && !own.is_empty() {
            if let Some(parent) = names.find(|it| !is_container(it, vocabulary)) {
                self.words.clear();
                self.words.push(parent);
                self.words.push(own);
                self.settle_words(vocabulary);
            }
            above = 1;
        }
        self.weigh(vocabulary, Stance::For);
        while above < ABOVE_MAX {
            let Some(name) = names.find(|it| !is_container(it, vocabulary)) else {
                break;
            };
            self.words.clear();
            self.words.push(name);
            self.settle_words(vocabulary);
            self.weigh(vocabulary, Stance::Above);
            above += 1;
        }
        if self.heard.iter().any(|it| it.stance == Stance::For) {
            // What speaks for a type is no name of another kind.
            tone.0 &= !Tone::OTHER.0;
        }
        self.sort();
        tone
    }

    /// Listens to a text that stands for a name: a label.
    pub fn hear(&mut self, text: &str, vocabulary: &Vocabulary) -> Tone {
        self.heard.clear();
        self.words.clear();
        self.words.push(text);
        self.settle_words(vocabulary);
        let tone = self.tone(vocabulary);
        self.weigh(vocabulary, Stance::For);
        self.sort();
        tone
    }

    /// Listens to the segment of a path before a value. Below `secrets` stand their ids.
    pub fn hear_segment(&mut self, text: &str, vocabulary: &Vocabulary) {
        self.hear(text, vocabulary);
        self.words.clear();
        self.words.push(text);
        if self.settle_words(vocabulary) {
            self.heard.iter_mut().for_each(|it| it.strength /= 2);
        }
    }

    /// Listens to the words before a value in running text, where most words mean nothing.
    pub fn hear_words(&mut self, text: &str, vocabulary: &Vocabulary) -> Tone {
        self.heard.clear();
        self.words.clear();
        self.words.push(text);
        self.look_up(vocabulary);
        for at in 0..self.claims.len() {
            let found = self.claims[at];
            if !found.against {
                // What stands nearer counts for more.
                let far = (self.words.len() - found.to as usize) as u8;
                let mut strength = 96_u8.saturating_sub(far * 4 + found.shared.min(8));
                if self.is_vague(found, vocabulary) {
                    strength /= 2;
                }
                self.add(found.info_type, strength, Stance::For);
            }
        }
        self.sort();
        let count = self.words.len();
        let other = (count.saturating_sub(OTHER_WORDS)..count)
            .any(|at| vocabulary.role(self.words.run(at, at + 1)).has(Role::OTHER));
        if other { Tone::OTHER } else { Tone::default() }
    }

    fn settle_words(&mut self, vocabulary: &Vocabulary) -> bool {
        let known = |it: &str| vocabulary.role(it) != Role::default();
        let plural = self.words.singular(known);
        self.words.split(known);
        plural
    }

    fn sort(&mut self) {
        self.heard
            .sort_unstable_by_key(|it| (u8::MAX - it.strength, it.info_type));
    }

    fn tone(&self, vocabulary: &Vocabulary) -> Tone {
        let mut tone = Tone::default();
        let count = self.words.len();
        if count == 0 {
            tone.insert(Tone::VAGUE);
            return tone;
        }
        let whole = vocabulary.role(self.words.run(0, count));
        let vague = Role(Role::VAGUE.0 | Role::PLAIN.0);
        let is_vague = |at: usize| {
            self.words.is_number(at) || vocabulary.role(self.words.run(at, at + 1)).has(vague)
        };
        let last = vocabulary.role(self.words.run(count - 1, count));
        let mut mark = |holds: bool, mark: Tone| {
            if holds {
                tone.insert(mark);
            }
        };
        mark(
            (0..count).all(is_vague) || whole.has(Role::VAGUE),
            Tone::VAGUE,
        );
        mark(
            count <= 3 && (last.has(Role::LABEL) || whole.has(Role::LABEL)),
            Tone::LABEL,
        );
        mark(
            count <= 3 && (last.has(Role::VALUE) || whole.has(Role::VALUE)),
            Tone::VALUE,
        );
        mark(
            whole.has(Role::COUNTRY) || last.has(Role::COUNTRY),
            Tone::COUNTRY,
        );
        let has =
            |role: Role| (0..count).any(|at| vocabulary.role(self.words.run(at, at + 1)).has(role));
        mark(whole.has(Role::OTHER) || has(Role::OTHER), Tone::OTHER);
        mark(has(Role::LATITUDE), Tone::LATITUDE);
        mark(has(Role::LONGITUDE), Tone::LONGITUDE);
        tone
    }

    /// Finds every phrase in the words, and what each type has of them.
    fn look_up(&mut self, vocabulary: &Vocabulary) {
        self.phrases.clear();
        for found in self.claims.drain(..) {
            self.places[found.info_type as usize] = 0;
        }
        let count = self.words.len();
        for from in 0..count {
            for to in from + 1..=count.min(from + PHRASE_WORDS_MAX) {
                let run = self.words.run(from, to);
                if let Some(claims) = vocabulary.claims_of(run).filter(|it| !it.is_empty()) {
                    self.phrases.push((from as u8, to as u8, claims));
                }
            }
        }
        let mut room = CLAIMS_MAX;
        // The longest first, so that they are never what finds no room.
        self.phrases
            .sort_unstable_by_key(|(from, to, _)| (*from + 32 - *to, *from));
        for at in 0..self.phrases.len() {
            let (from, to, claims) = self.phrases[at].clone();
            // A phrase within a longer one of another type is not meant: `client secret`, `secret`.
            let longer = self.phrases[..at]
                .iter()
                .filter(|it| it.0 <= from && to <= it.1 && it.1 - it.0 > to - from);
            let hidden_by = longer.map(|it| it.2.clone()).next();
            let shared = claims.len().min(255) as u8;
            for claim in vocabulary.claims(claims).iter().take(room) {
                // Nor does a part of what speaks for a type speak against it.
                let is_own = |it: &Claim| {
                    it.info_type == claim.info_type && (claim.speaks_for || !it.speaks_for)
                };
                if hidden_by
                    .clone()
                    .is_none_or(|it| vocabulary.claims(it).iter().any(is_own))
                {
                    self.claim(*claim, (from, to), shared);
                }
                room -= 1;
            }
        }
    }

    fn claim(&mut self, claim: Claim, (from, to): (u8, u8), shared: u8) {
        let covered = (1_u32 << to) - (1 << from);
        let at = claim.info_type as usize;
        if self.places.len() <= at {
            self.places.resize(at + 1, 0);
        }
        let known = (self.places[at] as usize).checked_sub(1);
        if let Some(known) = known.and_then(|it| self.claims.get_mut(it)) {
            known.covered |= covered;
            known.against |= !claim.speaks_for;
            known.shared = known.shared.min(shared);
            known.to = known.to.max(to);
        } else if self.claims.len() < SPEAKERS_MAX {
            self.claims.push(Found {
                info_type: claim.info_type,
                covered,
                to,
                against: !claim.speaks_for,
                shared,
            });
            self.places[at] = self.claims.len() as u8;
        }
    }

    /// What the words say, each type once.
    fn weigh(&mut self, vocabulary: &Vocabulary, stance: Stance) {
        self.look_up(vocabulary);
        for at in 0..self.claims.len() {
            let found = self.claims[at];
            let strength = self.strength(found, vocabulary);
            match (stance, strength) {
                (Stance::Above, Some(strength)) => {
                    self.add(found.info_type, strength / 2, Stance::Above);
                }
                (Stance::Above, None) => {}
                (_, Some(strength)) => self.add(found.info_type, strength, Stance::For),
                // Without a name that speaks for it, the type is never looked for here.
                (_, None) if !vocabulary.is_open(found.info_type) => {}
                (_, None) => self.add(found.info_type, 0, Stance::Against),
            }
        }
    }

    /// How strongly a name speaks that has a phrase at these words; not at all if the rest of it
    /// makes it something about the thing.
    fn strength(&self, found: Found, vocabulary: &Vocabulary) -> Option<u8> {
        if found.against {
            return None;
        }
        let mut strength = 100 - found.shared.min(6) as i32;
        if self.is_vague(found, vocabulary) {
            strength = VAGUE_STRENGTH;
        }
        let mut strange = 0;
        for at in (0..self.words.len()).filter(|at| found.covered & 1 << at == 0) {
            let role = vocabulary.role(self.words.run(at, at + 1));
            if role.has(Role::ABOUT) {
                return None;
            }
            let quiet = Role(Role::PLAIN.0 | Role::SUBJECT.0 | Role::VAGUE.0 | Role::CONTAINER.0);
            if role.has(quiet) || self.words.is_number(at) {
                continue;
            }
            strange += 1;
            strength -= match (role.has(Role::OTHER), strange) {
                (true, _) => 25,
                (false, 1) => 12,
                (false, _) => 8,
            };
        }
        Some(strength.clamp(35, 100) as u8)
    }

    /// Whether it is one word that anything can be called: `name`.
    fn is_vague(&self, found: Found, vocabulary: &Vocabulary) -> bool {
        let at = found.covered.trailing_zeros() as usize;
        found.covered.is_power_of_two()
            && vocabulary.role(self.words.run(at, at + 1)).has(Role::VAGUE)
    }

    fn add(&mut self, info_type: u16, strength: u8, stance: Stance) {
        if let Some(known) = self.heard.iter_mut().find(|it| it.info_type == info_type) {
            if stance != Stance::Above && strength > known.strength {
                (known.strength, known.stance) = (strength, stance);
            }
        } else if self.heard.len() < SPEAKERS_MAX {
            self.heard.push(Speaker {
                info_type,
                strength,
                stance,
            });
        }
    }
}

/// Whether what bears that name holds things of any kind, however it is written.
fn is_container(name: &str, vocabulary: &Vocabulary) -> bool {
    let mut lower = [0_u8; CONTAINER_BYTES_MAX];
    let mut len = 0;
    for byte in name.bytes().filter(u8::is_ascii_alphanumeric) {
        let Some(place) = lower.get_mut(len) else {
            return false;
        };
        *place = byte.to_ascii_lowercase();
        len += 1;
    }
    core::str::from_utf8(&lower[..len]).is_ok_and(|it| vocabulary.role(it).has(Role::CONTAINER))
}

/// A name without the prefix of a name space, which is any word: `p:Passport`, `schema:email`.
fn local(name: &str) -> &str {
    let is_prefix = |it: &str| {
        (1..=PREFIX_BYTES_MAX).contains(&it.len())
            && it.bytes().all(|it| it.is_ascii_alphanumeric())
    };
    match name.split_once(':') {
        Some((prefix, rest)) if is_prefix(prefix) && !rest.is_empty() => rest,
        _ => name,
    }
}
