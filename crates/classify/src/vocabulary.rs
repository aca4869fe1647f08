//! What words of names mean: which types a phrase speaks for or against, and the part that plain
//! words play.

use core::ops::Range;

use hashbrown::HashTable; // order never observed: only looked up by key
use xxhash_rust::xxh3::xxh3_64;

use crate::catalogue::Catalogue;
use crate::info_type::InfoType;
use crate::names::Words;

/// The parts that a word can play in a name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Role(pub u16);

impl Role {
    /// Says nothing beside another word: `number`, `id`, `of`.
    pub const PLAIN: Role = Role(1);
    /// Whose it is: `customer`, `billing`.
    pub const SUBJECT: Role = Role(1 << 1);
    /// Alone says nothing at all: `value`, `extra`.
    pub const VAGUE: Role = Role(1 << 2);
    /// Makes of the thing something about it: `type`, `expires`, `has`.
    pub const ABOUT: Role = Role(1 << 3);
    /// Says that it is a number of another kind: `order`, `tracking`.
    pub const OTHER: Role = Role(1 << 4);
    /// Holds things of any kind: `payload`, `items`.
    pub const CONTAINER: Role = Role(1 << 5);
    /// A sibling is told of by its value: `type`, `label`.
    pub const LABEL: Role = Role(1 << 6);
    /// Its value is what a label tells of: `value`, `content`.
    pub const VALUE: Role = Role(1 << 7);
    pub const LATITUDE: Role = Role(1 << 8);
    pub const LONGITUDE: Role = Role(1 << 9);
    /// Its value tells of a country, a language or a currency.
    pub const COUNTRY: Role = Role(1 << 10);
    /// Part of a phrase of some type.
    pub const PHRASE: Role = Role(1 << 11);

    pub fn has(self, other: Role) -> bool {
        self.0 & other.0 != 0
    }

    pub fn insert(&mut self, other: Role) {
        self.0 |= other.0;
    }
}

/// A phrase of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Claim {
    pub info_type: u16,
    pub speaks_for: bool,
}

#[derive(Debug)]
struct Entry {
    hash: u64,
    role: Role,
    /// From and to in `claims`.
    claims: (u32, u32),
}

#[derive(Debug)]
pub(crate) struct Vocabulary {
    entries: HashTable<Entry>,
    claims: Vec<Claim>,
    /// Of each type, whether some value of it needs no name.
    open: Vec<bool>,
}

impl Vocabulary {
    pub fn of(catalogue: &Catalogue) -> Vocabulary {
        let mut rows = Vec::new();
        let mut roles = Vec::new();
        for (role, words) in ROLES {
            for word in words.split_whitespace() {
                roles.push((xxh3_64(word.replace('+', "").as_bytes()), *role));
                if word.contains('+') {
                    let parts = word
                        .split('+')
                        .map(|it| (xxh3_64(it.as_bytes()), Role::PHRASE));
                    roles.extend(parts);
                }
            }
        }
        let mut words = Words::default();
        for (at, info_type) in catalogue.types().iter().enumerate() {
            let near = info_type.near.iter().map(|it| (it, true));
            let far = info_type.far.iter().map(|it| (it, false));
            for (phrase, speaks_for) in near.chain(far) {
                words.clear();
                words.push(phrase);
                if words.len() == 0 {
                    continue;
                }
                let claim = Claim {
                    info_type: at as u16,
                    speaks_for,
                };
                rows.push((xxh3_64(words.run(0, words.len()).as_bytes()), claim));
                let parts = (0..words.len()).map(|it| words.run(it, it + 1));
                roles.extend(parts.map(|it| (xxh3_64(it.as_bytes()), Role::PHRASE)));
            }
        }
        rows.sort_by_key(|(hash, claim)| (*hash, claim.info_type, !claim.speaks_for));
        rows.dedup_by_key(|(hash, claim)| (*hash, claim.info_type));
        let mut vocabulary = Vocabulary::gather(&rows, roles);
        let is_open = |it: &InfoType| it.patterns.iter().any(|it| it.alone > 0);
        vocabulary.open = catalogue.types().iter().map(is_open).collect();
        vocabulary
    }

    fn gather(rows: &[(u64, Claim)], roles: Vec<(u64, Role)>) -> Vocabulary {
        let mut entries: HashTable<Entry> = HashTable::with_capacity(rows.len() + roles.len());
        for (hash, role) in roles {
            entries
                .entry(hash, |it| it.hash == hash, |it| it.hash)
                .or_insert_with(|| Entry {
                    hash,
                    role: Role::default(),
                    claims: (0, 0),
                })
                .get_mut()
                .role
                .insert(role);
        }
        let mut from = 0;
        for phrase in rows.chunk_by(|one, two| one.0 == two.0) {
            let hash = phrase[0].0;
            let to = from + phrase.len() as u32;
            entries
                .entry(hash, |it| it.hash == hash, |it| it.hash)
                .or_insert_with(|| Entry {
                    hash,
                    role: Role::PHRASE,
                    claims: (0, 0),
                })
                .get_mut()
                .claims = (from, to);
            from = to;
        }
        Vocabulary {
            entries,
            claims: rows.iter().map(|it| it.1).collect(),
            open: Vec::new(),
        }
    }

    pub fn is_open(&self, info_type: u16) -> bool {
        self.open.get(info_type as usize).is_some_and(|it| *it)
    }

    /// Where the claims on these words written together stand.
    pub fn claims_of(&self, run: &str) -> Option<Range<u32>> {
        let hash = xxh3_64(run.as_bytes());
        let entry = self.entries.find(hash, |it| it.hash == hash)?;
        Some(entry.claims.0..entry.claims.1)
    }

    pub fn claims(&self, range: Range<u32>) -> &[Claim] {
        &self.claims[range.start as usize..range.end as usize]
    }

    /// The part that words written together play; none if they are not known.
    pub fn role(&self, run: &str) -> Role {
        let hash = xxh3_64(run.as_bytes());
        let entry = self.entries.find(hash, |it| it.hash == hash);
        entry.map_or(Role::default(), |it| it.role)
    }

    pub fn heap_bytes(&self) -> usize {
        self.entries.allocation_size() + self.claims.capacity() * size_of::<Claim>()
    }
}

/// Words by the part they play; `+` joins those of one phrase. Common words of eleven languages.
static ROLES: &[(Role, &str)] = &[
    (
        Role::PLAIN,
        include_str!("../../../catalogue/words/plain.txt"),
    ),
    (
        Role::SUBJECT,
        include_str!("../../../catalogue/words/subject.txt"),
    ),
    (
        Role::VAGUE,
        include_str!("../../../catalogue/words/vague.txt"),
    ),
    (
        Role::ABOUT,
        include_str!("../../../catalogue/words/about.txt"),
    ),
    (
        Role::OTHER,
        include_str!("../../../catalogue/words/other.txt"),
    ),
    (
        Role::CONTAINER,
        include_str!("../../../catalogue/words/container.txt"),
    ),
    (
        Role::LABEL,
        include_str!("../../../catalogue/words/label.txt"),
    ),
    (
        Role::VALUE,
        include_str!("../../../catalogue/words/value.txt"),
    ),
    (
        Role::LATITUDE,
        "lat latitude latitud latitudine breite breitengrad breedtegraad szerokosc",
    ),
    (
        Role::LONGITUDE,
        "lng lon long longitude longitud longitudine laenge lange laengengrad langengrad lengtegraad dlugosc",
    ),
    (
        Role::COUNTRY,
        include_str!("../../../catalogue/words/country.txt"),
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::SHIPPED;

    #[test]
    fn a_phrase_of_a_type_speaks_for_it_and_a_plain_word_for_none() {
        let vocabulary = Vocabulary::of(&SHIPPED);
        let card = SHIPPED
            .types()
            .iter()
            .position(|it| &*it.id == "credit-card");
        let claims = vocabulary.claims_of("cardnumber").unwrap();
        let of_card = |it: &&Claim| Some(it.info_type as usize) == card;
        let claim = vocabulary.claims(claims).iter().find(of_card);
        assert!(claim.unwrap().speaks_for);
        assert!(vocabulary.role("number").has(Role::PLAIN));
        assert!(vocabulary.claims_of("zxqvw").is_none());
    }
}
