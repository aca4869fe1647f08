//! What traffic taught of one collection: the rows that the fold hands on.

use std::collections::BTreeMap;

use gatewatch_model::Spot;
use gatewatch_model::effects::{CollectionRow, EndpointRow};
use gatewatch_model::profile::{MemberRow, ProfileRow};

/// A member is called required, or its absence a difference, only after this many exchanges.
pub const SURE_OBSERVED_MIN: u64 = 10;

#[derive(Clone, Debug)]
pub struct LearnedApi {
    pub collection: CollectionRow,
    /// In any order; a profile in detail where there is one.
    pub endpoints: Vec<(EndpointRow, Option<ProfileRow>)>,
}

impl LearnedApi {
    /// By template and method, whatever order they came in.
    pub(crate) fn sorted(&self) -> Vec<(&EndpointRow, Option<&ProfileRow>)> {
        let mut sorted = self
            .endpoints
            .iter()
            .map(|(row, profile)| (row, profile.as_ref()))
            .collect::<Vec<_>>();
        sorted.sort_by_key(|(row, _)| (&row.template, &row.method, row.id));
        sorted
    }
}

/// Whether it was there every time, and that often enough to say so.
pub(crate) fn is_always_present(row: &MemberRow) -> bool {
    row.present >= row.observed && row.observed >= SURE_OBSERVED_MIN
}

/// What looks like it in texts, by the name of the format.
static TEXTUAL: &[(&str, &str)] = &[
    ("integer", "integer"),
    ("decimal", "number"),
    ("boolean", "boolean"),
];

/// The JSON types of a member with their counts. Where all is text, as in queries and headers, a
/// number is what looks like one.
pub(crate) fn types(row: &MemberRow) -> BTreeMap<&str, u64> {
    let mut types = BTreeMap::new();
    for (name, count) in &row.types {
        *types.entry(&**name).or_insert(0) += count;
    }
    let textual = !matches!(row.spot, Spot::RequestBody | Spot::ResponseBody);
    let Some(texts) = types.remove("string") else {
        return types;
    };
    let mut left = texts;
    for (format, count) in row.formats.iter().filter(|_| textual) {
        if let Some((_, kind)) = TEXTUAL.iter().find(|it| *it.0 == **format) {
            *types.entry(kind).or_insert(0) += count;
            left = left.saturating_sub(*count);
        }
    }
    if left > 0 || texts == 0 {
        types.insert("string", left);
    }
    types
}

/// The one format that all texts of a member have.
pub(crate) fn format(row: &MemberRow) -> Option<&str> {
    let texts = row.types.iter().filter(|it| &*it.0 == "string");
    let texts = texts.map(|it| it.1).sum::<u64>();
    match &*row.formats {
        [(format, count)] if *count >= texts && texts > 0 => {
            let is_type = TEXTUAL.iter().any(|it| *it.0 == **format);
            (!is_type).then_some(format)
        }
        _ => None,
    }
}

/// How likely, in percent, the next exchange has it (or for something seen, is as it was seen),
/// by the rule of succession: one exchange more of each kind than there were.
pub(crate) fn confidence(present: u64, observed: u64) -> u64 {
    let observed = observed.max(present);
    let (present, observed) = (u128::from(present), u128::from(observed));
    ((present + 1) * 100 / (observed + 2)) as u64
}

/// The path of a template, and the operation that stands behind its `#`, if any.
pub(crate) fn split(template: &str) -> (&str, Option<&str>) {
    match template.split_once('#') {
        Some((path, operation)) => (path, Some(operation)),
        None => (template, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(spot: Spot, formats: &[(&str, u64)]) -> MemberRow {
        MemberRow {
            spot,
            status_class: 0,
            path: "a".into(),
            present: 10,
            observed: 10,
            types: vec![("string".into(), 10)],
            formats: formats.iter().map(|it| (it.0.into(), it.1)).collect(),
            length: None,
            range: None,
            values: Vec::new(),
            distinct_estimate: 1,
            first_seen: gatewatch_model::Timestamp::ZERO,
            last_seen: gatewatch_model::Timestamp::ZERO,
            hits: Vec::new(),
        }
    }

    #[test]
    fn a_text_of_digits_is_a_number_where_all_is_text() {
        let query = row(Spot::RequestQuery, &[("integer", 10)]);
        assert_eq!(types(&query), [("integer", 10)].into());
        assert_eq!(format(&query), None);
        let mixed = row(Spot::RequestQuery, &[("boolean", 4)]);
        assert_eq!(types(&mixed), [("boolean", 4), ("string", 6)].into());
        let body = row(Spot::RequestBody, &[("integer", 10)]);
        assert_eq!(types(&body), [("string", 10)].into());
        let uuid = row(Spot::RequestBody, &[("uuid", 10)]);
        assert_eq!(format(&uuid), Some("uuid"));
        assert_eq!(format(&row(Spot::RequestBody, &[("uuid", 9)])), None);
    }

    #[test]
    fn confidence_grows_with_what_was_observed() {
        assert_eq!(confidence(0, 0), 50);
        assert_eq!(confidence(10, 10), 91);
        assert_eq!(confidence(1_000, 1_000), 99);
        assert_eq!(confidence(0, 98), 1);
        assert_eq!(confidence(u64::MAX, 0), 99);
    }
}
