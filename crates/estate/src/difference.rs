//! What a definition says against what traffic showed: what is documented and never seen, seen
//! and not documented, or seen otherwise than documented.

mod bodies;
mod endpoints;
mod security;

use gatewatch_model::definition::{Definition, Operation};
use gatewatch_model::difference::{DifferenceKind, times};
use gatewatch_model::effects::EndpointRow;
use gatewatch_model::profile::ProfileRow;

use crate::learned::LearnedApi;
use crate::limits::DIFFERENCES_MAX;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Difference {
    /// As seen, or else as documented.
    pub template: Box<str>,
    pub method: Box<str>,
    pub kind: DifferenceKind,
    /// `$.request.query.debug`, `$.response.body.cards[].number`; empty for the whole endpoint.
    pub place: Box<str>,
    /// What the definition says; empty where it says nothing.
    pub defined: Box<str>,
    /// What was seen; empty where nothing was.
    pub seen: Box<str>,
    /// All of it for people to read.
    pub sentence: Box<str>,
}

/// Sorted by template, method, kind and place; at most `DIFFERENCES_MAX`. Where the definition would
/// take the place of one that is `kept`, what is missing in it counts as removed.
pub fn difference(
    defined: &Definition,
    kept: Option<&Definition>,
    learned: &LearnedApi,
) -> Vec<Difference> {
    let mut found = Vec::new();
    for pair in endpoints::pairs((defined, kept), learned, &mut found) {
        if found.len() >= DIFFERENCES_MAX {
            break;
        }
        if pair.operation.deprecated && pair.row.calls > 0 {
            let (calls, last) = (pair.row.calls, pair.row.last_seen);
            let seen = format!("{}, last {last}", times(calls));
            let kind = DifferenceKind::DeprecatedCalled;
            pair.report(&mut found, kind, "", ("deprecated", &seen));
        }
        security::compare(defined, &pair, &mut found);
        bodies::compare(&pair, &mut found);
    }
    found.sort();
    found.dedup();
    found.truncate(DIFFERENCES_MAX);
    found
}

/// An endpoint that is documented and was seen.
struct Pair<'p> {
    operation: &'p Operation,
    row: &'p EndpointRow,
    profile: Option<&'p ProfileRow>,
}

impl Pair<'_> {
    fn report(
        &self,
        found: &mut Vec<Difference>,
        kind: DifferenceKind,
        place: &str,
        (defined, seen): (&str, &str),
    ) {
        let (method, template) = (&self.row.method, &self.row.template);
        let subject = if place.is_empty() {
            format!("{method} {template}")
        } else {
            format!("{method} {template}: {place}")
        };
        let says = kind.says(defined, seen);
        found.push(Difference {
            template: template.clone(),
            method: method.clone(),
            kind,
            place: place.into(),
            defined: defined.into(),
            seen: seen.into(),
            sentence: format!("{subject} {says}").into(),
        });
    }
}

fn calls_text(count: u64) -> String {
    match count {
        1 => "1 call".to_owned(),
        count => format!("{count} calls"),
    }
}
