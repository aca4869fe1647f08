//! Facts in a few words, for tables and reports.

use gatewatch_model::effects::EndpointRow;
use gatewatch_model::profile::{
    Credential, DecidedBy, Decision, Drift, EndpointFacts, EndpointRole, Protocol,
};
use gatewatch_model::sensitivity::Sensitive;
use std::fmt::Write as _;

use gatewatch_model::{Spot, Timestamp};

/// With a comma after each thousand.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// How many callers it had; a dash when none was observed.
pub fn callers(row: &EndpointRow) -> String {
    row.callers().map_or_else(|| "-".to_owned(), count)
}

/// `1 endpoint`, `2 endpoints`.
pub fn several(number: u64, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {what}{plural}", count(number))
}

/// Days and minutes; nothing where nothing said when.
pub fn time(at: Timestamp) -> Option<String> {
    if at == Timestamp::ZERO {
        return None;
    }
    let text = at.to_string();
    Some(text.get(..16).unwrap_or(&text).replace('T', " "))
}

/// The commonest statuses with their counts: `200 ×3,120  404 ×12`.
pub fn statuses(row: &EndpointRow) -> String {
    const SHOWN_MAX: usize = 3;
    let mut all = row.statuses.clone();
    all.sort_by_key(|(status, calls)| (std::cmp::Reverse(*calls), *status));
    let shown = all
        .iter()
        .take(SHOWN_MAX)
        .map(|(status, calls)| match status {
            0 => format!("? ×{}", count(*calls)),
            status => format!("{status} ×{}", count(*calls)),
        });
    let mut text: Vec<String> = shown.collect();
    if all.len() > SHOWN_MAX {
        text.push(format!("+{}", all.len() - SHOWN_MAX));
    }
    text.join("  ")
}

/// `$.request.body` and the path below it.
pub fn place(spot: Spot, path: &str) -> String {
    let dot = if path.is_empty() || path.starts_with('[') {
        ""
    } else {
        "."
    };
    format!("{}{dot}{path}", spot.prefix())
}

/// What an endpoint carries, each type in each spot: `credit-card in $.response.body.card (2xx), 99 %`.
pub fn sensitive(all: &[Sensitive]) -> Vec<String> {
    let told = all.iter().map(|it| {
        let mut text = format!("{} in ", it.info_type);
        let places = it.places.iter().map(|path| place(it.spot, path));
        text.push_str(&places.collect::<Vec<_>>().join(", "));
        if it.status_class > 0 {
            // Writing to a String cannot fail.
            let _ = write!(text, " ({}xx)", it.status_class);
        }
        text + &format!(", {} %", it.confidence)
    });
    told.collect()
}

/// Kinds of credentials, and what went on without any.
pub fn authentication(facts: &EndpointFacts) -> String {
    let mut words: Vec<&str> = facts.credentials.iter().map(Credential::name).collect();
    if facts.anonymous_answered.yes > 0 {
        words.push("none, answered");
    } else if facts.authenticated.no > 0 {
        words.push("none");
    }
    words.join(", ")
}

/// What is special about an endpoint.
pub fn notes(facts: &EndpointFacts) -> Vec<String> {
    let mut notes = Vec::new();
    if facts.protocol != Protocol::default() {
        notes.push(facts.protocol.name().to_owned());
    }
    if facts.role != EndpointRole::default() {
        notes.push(facts.role.name().to_owned());
    }
    if let Some(drift) = facts.drift.filter(|it| *it != Drift::AsDocumented) {
        notes.push(drift.name().to_owned());
    }
    for (answer, note) in [
        (facts.external.yes, "external"),
        (facts.encrypted.no, "plain HTTP"),
        (facts.introspection.yes, "introspection open"),
        (facts.deprecated.yes, "deprecated"),
    ] {
        if answer > 0 {
            notes.push(note.to_owned());
        }
    }
    if let Some(sunset) = facts.sunset.and_then(time) {
        notes.push(format!("sunset {}", sunset.get(..10).unwrap_or(&sunset)));
    }
    notes
}

/// What was odd about exchanges: `bad-json ×3  bomb ×1`.
pub fn blemishes(counts: &[(&'static str, u64)]) -> String {
    let told = counts
        .iter()
        .map(|(name, number)| format!("{name} ×{}", count(*number)));
    told.collect::<Vec<_>>().join("  ")
}

/// How endpoints stand to their definition, those that stand otherwise than it says first:
/// `1 never seen, 2 shadow, 12 as documented`.
pub fn drift(counts: &[(Drift, u64)]) -> String {
    let documented = |it: &&(Drift, u64)| it.0 == Drift::AsDocumented;
    let other = counts.iter().filter(|it| !documented(it) && it.1 > 0);
    let told = other.chain(counts.iter().filter(documented));
    let text = told.map(|(kind, number)| {
        let kind = kind.name().replace('-', " ");
        format!("{} {kind}", count(*number))
    });
    text.collect::<Vec<_>>().join(", ")
}

/// Why its segments are what they are; what a text itself shows needs no words.
pub fn reasons(row: &EndpointRow) -> Vec<String> {
    let told = |it: &&Decision| it.by != DecidedBy::Kind;
    row.facts
        .decisions
        .iter()
        .filter(told)
        .map(|it| {
            let (path, _) = row.template.split_once('#').unwrap_or((&row.template, ""));
            let segment = path.split('/').nth(usize::from(it.segment) + 1);
            format!("{}: {}", segment.unwrap_or_default(), it.reason)
        })
        .collect()
}

/// What callers send may not steer a terminal.
pub fn plain(text: &str) -> String {
    text.chars().filter(|it| !it.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_told_apart() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(count(number), text);
        }
        assert_eq!(several(1, "call"), "1 call");
        assert_eq!(several(2_000, "call"), "2,000 calls");
    }

    #[test]
    fn a_time_that_nobody_said_is_none() {
        assert_eq!(time(Timestamp::ZERO), None);
        assert_eq!(
            time(Timestamp::from_seconds(1_795_161_600)).unwrap(),
            "2026-11-20 08:00"
        );
    }
}
