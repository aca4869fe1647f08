//! What is known of sensitive information in a member: which types its values could be, how often
//! they fit, and on what grounds. Never a value.

use minicbor::{Decode, Encode};

use crate::sensitivity::Home;
use crate::time::Timestamp;

/// Types that are counted for one member; those with the fewest fits give way.
pub const TYPES_PER_MEMBER_MAX: usize = 6;
/// From this confidence on, in percent, a member counts as sensitive.
pub const SENSITIVE_CONFIDENCE_MIN: u8 = 50;

/// Which type of information: a hash of its id in the catalogue, so that facts outlive the
/// catalogue they were counted with. Two shipped types never share one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct InfoTypeId(#[n(0)] pub u32);

impl InfoTypeId {
    /// FNV-1a of the id: `credit-card`.
    pub const fn of(id: &str) -> InfoTypeId {
        let bytes = id.as_bytes();
        let mut hash = 0x811c_9dc5_u32;
        let mut at = 0;
        while at < bytes.len() {
            hash = (hash ^ bytes[at] as u32).wrapping_mul(0x0100_0193);
            at += 1;
        }
        InfoTypeId(hash)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum Category {
    #[n(0)]
    Finance,
    #[n(1)]
    Pii,
    #[n(2)]
    Credentials,
    #[n(3)]
    Other,
    /// A user's own.
    #[n(4)]
    Custom,
}

impl Category {
    pub const ALL: [Category; 5] = [
        Category::Finance,
        Category::Pii,
        Category::Credentials,
        Category::Other,
        Category::Custom,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Category::Finance => "finance",
            Category::Pii => "pii",
            Category::Credentials => "credentials",
            Category::Other => "other",
            Category::Custom => "custom",
        }
    }

    pub fn parse(text: &str) -> Option<Category> {
        Category::ALL.into_iter().find(|it| it.name() == text)
    }
}

/// What spoke for a type, or against it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ground {
    /// The value has the form.
    Form,
    /// Its check digit or structure was verified.
    Check,
    /// A prefix that nothing else has: `ghp_`.
    Prefix,
    /// The member's name says so.
    Name,
    /// A name further up says so.
    NameAbove,
    /// A sibling says so: `{"type": "ssn", "value": …}`.
    Sibling,
    /// Words before it in the same text say so.
    Words,
    /// The document speaks of that country or language.
    Country,
    /// The name says that it is something else.
    NameAgainst,
    /// Nearly all values of the member fit.
    AlwaysFits,
    /// Most values of the member do not fit.
    SeldomFits,
}

impl Ground {
    pub const ALL: [Ground; 11] = [
        Ground::Form,
        Ground::Check,
        Ground::Prefix,
        Ground::Name,
        Ground::NameAbove,
        Ground::Sibling,
        Ground::Words,
        Ground::Country,
        Ground::NameAgainst,
        Ground::AlwaysFits,
        Ground::SeldomFits,
    ];

    /// For people: `check digit verified`.
    pub fn text(self) -> &'static str {
        match self {
            Ground::Form => "the value has the form",
            Ground::Check => "check digit or structure verified",
            Ground::Prefix => "a prefix that nothing else has",
            Ground::Name => "the name says so",
            Ground::NameAbove => "a name above says so",
            Ground::Sibling => "a sibling says so",
            Ground::Words => "words before it say so",
            Ground::Country => "the document speaks of that country",
            Ground::NameAgainst => "the name speaks against it",
            Ground::AlwaysFits => "nearly all values of this member fit",
            Ground::SeldomFits => "most values of this member do not fit",
        }
    }
}

/// A set of grounds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct Grounds(#[n(0)] pub u16);

impl Grounds {
    pub fn insert(&mut self, ground: Ground) {
        self.0 |= 1 << ground as u16;
    }

    pub fn merge(&mut self, other: Grounds) {
        self.0 |= other.0;
    }

    pub fn contains(self, ground: Ground) -> bool {
        self.0 & 1 << ground as u16 != 0
    }

    pub fn iter(self) -> impl Iterator<Item = Ground> {
        Ground::ALL.into_iter().filter(move |it| self.contains(*it))
    }
}

/// What classification counted of one member for one type. A fact: merging adds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct HitFact {
    #[n(0)]
    pub info_type: InfoTypeId,
    /// Values that fitted.
    #[n(1)]
    pub fits: u64,
    /// The sum of what each of them gave for confidence, in percent.
    #[n(2)]
    pub confidence_sum: u64,
    /// All that spoke for it or against it at any time.
    #[n(3)]
    pub grounds: Grounds,
    #[n(4)]
    pub first_seen: Timestamp,
    #[n(5)]
    pub last_seen: Timestamp,
}

impl HitFact {
    pub fn merge(&mut self, other: &HitFact) {
        let HitFact {
            info_type: _,
            fits,
            confidence_sum,
            grounds,
            first_seen,
            last_seen,
        } = other;
        self.fits += fits;
        self.confidence_sum += confidence_sum;
        self.grounds.merge(*grounds);
        self.first_seen = self.first_seen.min(*first_seen);
        self.last_seen = self.last_seen.max(*last_seen);
    }
}

/// A value of an exchange that fits a type, on its way to the profile. Never the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fit {
    /// Which of the exchange's leaves, counted from 0.
    pub leaf: u32,
    pub info_type: InfoTypeId,
    /// In percent, by this exchange alone.
    pub confidence: u8,
    pub grounds: Grounds,
}

/// Says what members are. The fold hands it to whoever keeps facts of members, so that nobody
/// but the fold knows a catalogue.
pub trait Judge: core::fmt::Debug {
    /// Appends what a member is, the surest first. What it was told to be counts: it does not
    /// become something else with every few values.
    fn judge(
        &self,
        facts: &[HitFact],
        values: Counted,
        told: Option<InfoTypeId>,
        verdicts: &mut Vec<Verdict>,
    );

    /// The id and the category of a type; `None` for one that the catalogue does not have any
    /// more, or that is not looked for there.
    fn type_of(&self, home: Home<'_>, info_type: InfoTypeId) -> Option<(&str, Category)>;

    /// From which confidence on a member there counts as of a type, in percent.
    fn confidence_min(&self, _home: Home<'_>, _info_type: InfoTypeId) -> u8 {
        SENSITIVE_CONFIDENCE_MIN
    }

    /// Whether credentials count as sensitive there also where they belong.
    fn counts_in_place(&self, _home: Home<'_>) -> bool {
        false
    }
}

/// How many texts and numbers a member had, and how many different ones, estimated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    pub values: u64,
    pub distinct: u64,
}

/// Knows no type: for inventories without classification.
#[derive(Clone, Copy, Debug)]
pub struct NoTypes;

impl Judge for NoTypes {
    fn judge(&self, _: &[HitFact], _: Counted, _: Option<InfoTypeId>, _: &mut Vec<Verdict>) {}

    fn type_of(&self, _: Home<'_>, _: InfoTypeId) -> Option<(&str, Category)> {
        None
    }
}

/// What a member is, by all that was counted of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Verdict {
    #[n(0)]
    pub info_type: InfoTypeId,
    /// In percent.
    #[n(1)]
    pub confidence: u8,
    #[n(2)]
    pub grounds: Grounds,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_of_two_halves_are_those_of_the_whole() {
        let fact = |at: i64, fits: u64| HitFact {
            info_type: InfoTypeId::of("credit-card"),
            fits,
            confidence_sum: fits * 90,
            grounds: Grounds(1 << fits),
            first_seen: Timestamp(at),
            last_seen: Timestamp(at + 1),
        };
        let (mut one, mut two) = (fact(5, 2), fact(3, 1));
        one.merge(&fact(3, 1));
        two.merge(&fact(5, 2));
        assert_eq!(one, two);
        assert_eq!((one.fits, one.first_seen), (3, Timestamp(3)));
    }

    #[test]
    fn a_set_of_grounds_lists_what_was_put_in() {
        let mut grounds = Grounds::default();
        grounds.insert(Ground::Check);
        grounds.insert(Ground::Name);
        let list = grounds.iter().collect::<Vec<_>>();
        assert_eq!(list, [Ground::Check, Ground::Name]);
    }

    #[test]
    fn categories_read_what_they_write() {
        for category in Category::ALL {
            assert_eq!(Category::parse(category.name()), Some(category));
        }
    }
}
