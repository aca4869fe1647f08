//! What traffic taught of one collection: the rows that the fold hands on.

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

    #[test]
    fn confidence_grows_with_what_was_observed() {
        assert_eq!(confidence(0, 0), 50);
        assert_eq!(confidence(10, 10), 91);
        assert_eq!(confidence(1_000, 1_000), 99);
        assert_eq!(confidence(0, 98), 1);
        assert_eq!(confidence(u64::MAX, 0), 99);
    }
}
