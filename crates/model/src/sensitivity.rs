//! Sensitive information as rows tell it, and what people say of it: which types are looked for
//! where, and from which label on something counts as sensitive.

use minicbor::{Decode, Encode};

use crate::ids::{CollectionId, EndpointId, Position};
use crate::info_type::{Category, Grounds};
use crate::spot::Spot;
use crate::time::Timestamp;

/// Types by spot and class of status that the row of an endpoint tells, and credentials in place.
pub const SENSITIVE_MAX: usize = 32;
pub const IN_PLACE_MAX: usize = 8;
/// Paths that each of them tells.
pub const PLACES_MAX: usize = 3;
/// Labels of one scope, and switches or labels of single types.
pub const LABELS_MAX: usize = 32;
pub const TYPES_SAID_MAX: usize = 1_024;
pub const LABEL_BYTES_MAX: usize = 64;

/// A type that an endpoint carries in one spot.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Sensitive {
    /// Its id in the catalogue: `credit-card`.
    #[n(0)]
    pub info_type: Box<str>,
    #[n(1)]
    pub category: Category,
    #[n(2)]
    pub spot: Spot,
    /// For responses the class of the status, 1 to 5; else 0.
    #[n(3)]
    pub status_class: u8,
    /// In percent, of the member that is surest.
    #[n(4)]
    pub confidence: u8,
    /// Values that fitted.
    #[n(5)]
    pub hits: u64,
    #[n(6)]
    pub grounds: Grounds,
    /// Paths of members with the most hits, below the spot.
    #[n(7)]
    pub places: Vec<Box<str>>,
    #[n(8)]
    pub first_seen: Timestamp,
    #[n(9)]
    pub last_seen: Timestamp,
}

/// A type that a member is or may be.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct MemberHit {
    #[n(0)]
    pub info_type: Box<str>,
    #[n(1)]
    pub category: Category,
    #[n(2)]
    pub confidence: u8,
    /// Values that fitted, of so many texts and numbers.
    #[n(3)]
    pub hits: u64,
    #[n(4)]
    pub values: u64,
    #[n(5)]
    pub grounds: Grounds,
    #[n(6)]
    pub first_seen: Timestamp,
    #[n(7)]
    pub last_seen: Timestamp,
}

/// That a member of an endpoint was found to be sensitive, or to be of another type than before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Discovery {
    /// Of the exchange that made it sure.
    pub position: Position,
    pub at: Timestamp,
    pub endpoint: EndpointId,
    pub spot: Spot,
    pub status_class: u8,
    pub path: Box<str>,
    pub info_type: Box<str>,
    pub category: Category,
    pub confidence: u8,
    pub grounds: Grounds,
}

/// What is said of a scope, or of a collection in it. What it does not speak of is as the scope
/// above says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Sensitivity {
    /// Whether whole categories are looked for.
    #[n(0)]
    pub categories: Vec<(Category, bool)>,
    /// The same of single types by id; they outrank their category.
    #[n(1)]
    pub types: Vec<(Box<str>, bool)>,
    /// From the least to the most sensitive.
    #[n(2)]
    pub labels: Vec<Label>,
    #[n(3)]
    pub category_labels: Vec<(Category, Box<str>)>,
    /// They outrank the label of their category.
    #[n(4)]
    pub type_labels: Vec<(Box<str>, Box<str>)>,
    /// What has a label of a lower order than this does not count as sensitive; what has no label
    /// does. `None` counts everything.
    #[n(5)]
    pub threshold_order: Option<u32>,
    /// Whether credentials of requests count as sensitive also where they belong: in headers made
    /// for them, in cookies, and as what is handed to an endpoint that gives tokens out.
    #[n(6)]
    pub credentials_in_place: Option<bool>,
    /// From which confidence on members count as of single types, in percent.
    #[n(7)]
    #[cbor(default, skip_if = "Vec::is_empty")]
    pub type_confidences: Vec<(Box<str>, u8)>,
}

/// Where something is found: the collection is the last place of the tree of scopes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Home<'h> {
    pub scope: &'h str,
    pub collection: CollectionId,
}

impl Home<'static> {
    /// Of what belongs to no collection.
    pub const ROOT: Home<'static> = Home {
        scope: "/",
        collection: CollectionId([0; 16]),
    };
}

/// Begins the last segment of a collection's place; no segment of a scope begins so.
const COLLECTION_SIGN: char = '@';

impl Home<'_> {
    /// What is said of the collection is said of this place: `/contoso/@` and its id.
    pub fn place(&self) -> Box<str> {
        let scope = self.scope.trim_end_matches('/');
        format!("{scope}/{COLLECTION_SIGN}{}", self.collection).into()
    }
}

/// The scope and, if it is the place of one, the collection.
pub fn of_place(place: &str) -> (&str, Option<CollectionId>) {
    let found = place.rsplit_once('/').and_then(|(scope, last)| {
        let id = last.strip_prefix(COLLECTION_SIGN)?;
        Some((scope, CollectionId::parse(id)?))
    });
    match found {
        Some(("", id)) => ("/", Some(id)),
        Some((scope, id)) => (scope, Some(id)),
        None => (place, None),
    }
}

/// `Confidential`, and how sensitive that is.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Label {
    #[n(0)]
    pub name: Box<str>,
    #[n(1)]
    pub order: u32,
}

impl Sensitivity {
    /// Whether a type is looked for by what this scope says; `None` where it says nothing of it.
    pub fn switch(&self, id: &str, category: Category) -> Option<bool> {
        let own = self.types.iter().find(|it| *it.0 == *id).map(|it| it.1);
        own.or_else(|| {
            let mut categories = self.categories.iter();
            categories.find(|it| it.0 == category).map(|it| it.1)
        })
    }

    /// From which confidence on a member counts as of a type; `None` where it says nothing of it.
    pub fn confidence_min(&self, id: &str) -> Option<u8> {
        let mut all = self.type_confidences.iter();
        all.find(|it| *it.0 == *id).map(|it| it.1)
    }

    /// The label of a type.
    pub fn label(&self, id: &str, category: Category) -> Option<&Label> {
        let own = self.type_labels.iter().find(|it| *it.0 == *id);
        let name = own.map(|it| &it.1).or_else(|| {
            let mut categories = self.category_labels.iter();
            categories.find(|it| it.0 == category).map(|it| &it.1)
        })?;
        self.labels.iter().find(|it| it.name == *name)
    }

    /// Whether a type counts as sensitive.
    pub fn counts(&self, id: &str, category: Category) -> bool {
        let label = self.label(id, category);
        match (self.threshold_order, label) {
            (Some(threshold), Some(label)) => label.order >= threshold,
            _ => true,
        }
    }
}

/// The scopes that say something of a scope: it and those above it, the highest first.
pub fn scopes_above(scope: &str) -> impl Iterator<Item = &str> {
    let trimmed = scope.trim_end_matches('/');
    let ends = trimmed.match_indices('/').map(|it| it.0).skip(1);
    let below = ends.chain((!trimmed.is_empty()).then_some(trimmed.len()));
    core::iter::once("/").chain(below.map(move |end| &trimmed[..end]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said() -> Sensitivity {
        Sensitivity {
            categories: vec![(Category::Pii, false)],
            types: vec![("email".into(), true)],
            labels: vec![
                Label {
                    name: "General".into(),
                    order: 1,
                },
                Label {
                    name: "Secret".into(),
                    order: 3,
                },
            ],
            category_labels: vec![(Category::Pii, "General".into())],
            type_labels: vec![("us-ssn".into(), "Secret".into())],
            threshold_order: Some(2),
            credentials_in_place: None,
            type_confidences: vec![("email".into(), 80)],
        }
    }

    #[test]
    fn a_type_outranks_its_category() {
        let said = said();
        assert_eq!(said.switch("email", Category::Pii), Some(true));
        assert_eq!(said.switch("phone", Category::Pii), Some(false));
        assert_eq!(said.switch("iban", Category::Finance), None);
        assert!(said.counts("us-ssn", Category::Pii));
        assert!(!said.counts("phone", Category::Pii));
        assert!(said.counts("iban", Category::Finance), "without a label");
    }

    #[test]
    fn without_a_threshold_everything_counts() {
        let mut said = said();
        said.threshold_order = None;
        assert!(said.counts("phone", Category::Pii));
    }

    #[test]
    fn a_collection_is_the_last_place_of_its_scope() {
        let collection = CollectionId([7; 16]);
        for scope in ["/", "/a", "/a/b"] {
            let place = Home { scope, collection }.place();
            assert_eq!(of_place(&place), (scope, Some(collection)), "{place}");
            assert_eq!(of_place(scope), (scope, None));
            assert_eq!(scopes_above(&place).last(), Some(&*place));
            assert!(scopes_above(&place).any(|it| it == scope));
        }
        assert_eq!(of_place("/a/@b"), ("/a/@b", None), "no id");
    }

    #[test]
    fn scopes_come_from_the_highest_down() {
        let above = |scope| scopes_above(scope).collect::<Vec<_>>();
        assert_eq!(above("/"), ["/"]);
        assert_eq!(above(""), ["/"]);
        assert_eq!(above("/a"), ["/", "/a"]);
        assert_eq!(above("/a/b/"), ["/", "/a", "/a/b"]);
    }
}
