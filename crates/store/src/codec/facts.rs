//! The facts of an endpoint: as one BLOB, and as the words and times that lists ask for.

use std::fmt::Write as _;

use gatewatch_model::origin::OriginFacts;
use gatewatch_model::profile::{Answer, DecidedBy, EndpointFacts, KnownBy};
use gatewatch_model::{Spot, Timestamp};
use gatewatch_ports::facts::{Knowledge, Question};

/// Of the facts as they are encoded; a template has 64 segments at most, each with a reason.
const FACTS_BYTES_MAX: usize = 64 << 10;
/// Where no segment was decided, or by the text alone, nothing is unsure.
const SURE: u8 = 100;

/// Facts that are too long lose the reasons of their decisions.
pub fn encode(facts: &EndpointFacts, out: &mut Vec<u8>) {
    out.clear();
    // Writing to a Vec cannot fail.
    let _ = minicbor::encode(facts, &mut *out);
    if out.len() > FACTS_BYTES_MAX {
        let mut shorter = facts.clone();
        shorter.decisions.clear();
        out.clear();
        let _ = minicbor::encode(&shorter, out);
    }
}

/// A row of schema version 1 has none: it is known from traffic, and that is all.
pub fn decode(bytes: Option<&[u8]>) -> Result<EndpointFacts, minicbor::decode::Error> {
    match bytes {
        Some(bytes) => minicbor::decode(bytes),
        None => Ok(EndpointFacts {
            known_by: KnownBy {
                traffic: true,
                ..KnownBy::default()
            },
            ..EndpointFacts::default()
        }),
    }
}

/// `,traffic,pin,`: one is found by `,pin,`.
/// What stands beside the words of `Knowledge` where every answer was one that there is nothing.
pub const MISSED: &str = "missed";

pub fn write_known_by(known_by: KnownBy, missed: bool, out: &mut String) {
    let KnownBy {
        traffic,
        definition,
        pin,
    } = known_by;
    let known = [
        (traffic, Knowledge::Traffic),
        (definition, Knowledge::Definition),
        (pin, Knowledge::Pin),
    ];
    let words = known.into_iter().filter(|it| it.0).map(|it| it.1.name());
    write_words(words.chain(missed.then_some(MISSED)), out);
}

/// The same of how segments were decided, each way once.
pub fn write_decided_by(facts: &EndpointFacts, out: &mut String) {
    let mut ways = facts.decisions.iter().map(|it| it.by).collect::<Vec<_>>();
    ways.sort_unstable();
    ways.dedup();
    write_words(ways.into_iter().map(DecidedBy::name), out);
}

/// `,4.credit-card,`: each type with the number of its spot, once.
pub fn write_info_types(facts: &EndpointFacts, out: &mut String) {
    let types = facts.sensitive.iter().map(|it| (it.spot, &*it.info_type));
    let mut types = types.collect::<Vec<_>>();
    types.sort_unstable();
    types.dedup();
    out.clear();
    out.push(',');
    for (spot, info_type) in types {
        // Writing to a String cannot fail.
        let _ = write!(out, "{}.{info_type},", spot as u8);
    }
}

/// `,sqli,xss,`: the classes of attack that were seen.
pub fn write_classes(facts: &EndpointFacts, out: &mut String) {
    write_words(facts.signals.classes.iter().map(|it| &*it.class), out);
}

/// `,tor,hosting,DE,FR,`: kinds of addresses are in small letters, countries in capitals.
pub fn write_origins(facts: &EndpointFacts, out: &mut String) {
    let OriginFacts { tags, countries } = &facts.origins;
    write_words(tags.names(), out);
    for country in countries {
        out.push_str(country.code());
        out.push(',');
    }
}

/// What finds such a type in such a spot, or in any.
pub fn info_type_form(info_type: &str, spot: Option<Spot>) -> String {
    match spot {
        Some(spot) => format!("%,{}.{info_type},%", spot as u8),
        None => format!("%.{info_type},%"),
    }
}

/// Of the decision that is least sure, in percent.
pub fn confidence(facts: &EndpointFacts) -> i64 {
    let decisions = facts.decisions.iter().map(|it| it.confidence);
    decisions.min().unwrap_or(SURE).into()
}

/// The column of the last yes and that of the last no, and where they come from.
pub fn columns(question: Question) -> (&'static str, &'static str) {
    match question {
        Question::Authenticated => ("e.authenticated_yes", "e.authenticated_no"),
        Question::AnonymousAnswered => ("e.anonymous_yes", "e.anonymous_no"),
        Question::External => ("e.external_yes", "e.external_no"),
        Question::Encrypted => ("e.encrypted_yes", "e.encrypted_no"),
        Question::Deprecated => ("e.deprecated_yes", "e.deprecated_no"),
    }
}

/// The times of the last yes and the last no.
pub fn times(answer: &Answer) -> [Timestamp; 2] {
    [answer.last_yes, answer.last_no]
}

fn write_words<'w>(words: impl Iterator<Item = &'w str>, out: &mut String) {
    out.clear();
    out.push(',');
    for word in words {
        out.push_str(word);
        out.push(',');
    }
}

#[cfg(test)]
mod tests {
    use gatewatch_model::profile::Decision;

    use super::*;

    fn decided(count: u16, reason: &str) -> EndpointFacts {
        let decision = |segment| Decision {
            segment,
            by: DecidedBy::Learned,
            reason: reason.into(),
            confidence: 70,
        };
        EndpointFacts {
            decisions: (0..count).map(decision).collect(),
            ..EndpointFacts::default()
        }
    }

    #[test]
    fn facts_read_what_they_write() {
        let facts = decided(3, "31 different values in 40 calls");
        let mut bytes = vec![1, 2, 3];
        encode(&facts, &mut bytes);
        assert_eq!(decode(Some(&bytes)).unwrap(), facts);
        assert!(decode(Some(b"\xff")).is_err());
        assert!(decode(None).unwrap().known_by.traffic);
    }

    #[test]
    fn facts_that_are_too_long_lose_reasons_and_nothing_else() {
        let mut facts = decided(64, &"long ".repeat(1_000));
        facts.external.add(true, Timestamp(7));
        let mut bytes = Vec::new();
        encode(&facts, &mut bytes);
        let read = decode(Some(&bytes)).unwrap();
        assert_eq!((read.decisions.len(), read.external), (0, facts.external));
    }

    #[test]
    fn words_are_found_between_commas() {
        let mut text = "old".to_owned();
        write_decided_by(&decided(3, ""), &mut text);
        assert_eq!(text, ",learned,");
        write_known_by(KnownBy::default(), false, &mut text);
        assert_eq!(text, ",");
        assert_eq!(confidence(&decided(2, "")), 70);
        assert_eq!(confidence(&EndpointFacts::default()), 100);
    }
}
