//! Facts as the API writes them: yes, no or not observed, with how often and when.

use gatewatch_model::Timestamp;
use gatewatch_model::profile::{Answer, Decision as Decided, EndpointFacts, KnownBy};
use gatewatch_ports::facts::Knowledge;
use serde::Serialize;
use utoipa::ToSchema;

use crate::shapes::seen;

/// Questions that exchanges answer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Facts {
    /// Did the request carry credentials, or did the gateway check some?
    authenticated: Answered,
    /// Of the requests without credentials: were they answered 2xx?
    anonymous_answered: Answered,
    /// Did the call come from outside the organisation's networks?
    external: Answered,
    /// Did it travel under TLS?
    encrypted: Answered,
    /// Of GraphQL introspection queries: were they answered?
    introspection: Answered,
    /// Did answers say that it is deprecated, or does the definition?
    deprecated: Answered,
}

/// What exchanges answered to a question.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Answered {
    /// True when it was yes at least once in the last 30 days, false when it was always no, null
    /// when it was not observed in that time.
    pub answer: Option<bool>,
    /// How often it was yes in all.
    yes: u64,
    /// How often it was no in all.
    no: u64,
    /// When it was yes last; null for never.
    #[schema(format = DateTime)]
    last_yes: Option<String>,
    /// When it was no last; null for never.
    #[schema(format = DateTime)]
    last_no: Option<String>,
}

/// Why a segment of a template is a slot or a word.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Decision {
    /// Counted from 0.
    segment: u16,
    /// `kind` (the text shows what it is), `learned`, `definition` or `person`.
    by: &'static str,
    /// In words.
    reason: Box<str>,
    /// In percent.
    pub confidence: u8,
}

impl Facts {
    pub fn new(facts: &EndpointFacts, fresh_after: Timestamp) -> Facts {
        let answered = |answer| Answered::new(answer, fresh_after);
        Facts {
            authenticated: answered(&facts.authenticated),
            anonymous_answered: answered(&facts.anonymous_answered),
            external: answered(&facts.external),
            encrypted: answered(&facts.encrypted),
            introspection: answered(&facts.introspection),
            deprecated: answered(&facts.deprecated),
        }
    }

    /// The answers that a spreadsheet gets.
    pub fn columns(&self) -> [Option<bool>; 3] {
        [&self.anonymous_answered, &self.encrypted, &self.deprecated].map(|it| it.answer)
    }
}

impl Answered {
    pub fn new(answer: &Answer, fresh_after: Timestamp) -> Answered {
        let Answer {
            yes,
            no,
            last_yes,
            last_no,
        } = *answer;
        Answered {
            answer: fresh(answer, fresh_after),
            yes,
            no,
            last_yes: seen(last_yes),
            last_no: seen(last_no),
        }
    }
}

impl Decision {
    pub fn new(decided: Decided) -> Decision {
        let Decided {
            segment,
            by,
            reason,
            confidence,
        } = decided;
        Decision {
            segment,
            by: by.name(),
            reason,
            confidence,
        }
    }
}

pub(crate) fn authentication(answer: &Answer, fresh_after: Timestamp) -> &'static str {
    match fresh(answer, fresh_after) {
        Some(true) => "authenticated",
        Some(false) => "unauthenticated",
        None => "awaiting",
    }
}

pub(crate) fn known_by(known: KnownBy) -> Vec<&'static str> {
    let KnownBy {
        traffic,
        definition,
        pin,
    } = known;
    let all = Knowledge::ALL.into_iter().zip([traffic, definition, pin]);
    all.filter(|it| it.1).map(|it| it.0.name()).collect()
}

/// As lists filter: what was observed before that says nothing.
fn fresh(answer: &Answer, after: Timestamp) -> Option<bool> {
    if answer.last_yes > after {
        Some(true)
    } else {
        (answer.last_no > after).then_some(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_yes_is_outlived_by_a_young_no() {
        let mut answer = Answer::default();
        let day = |it: i64| Timestamp::from_seconds(it * 86_400);
        assert_eq!(authentication(&answer, day(1)), "awaiting");
        answer.add(true, day(2));
        answer.add(false, day(9));
        assert_eq!(authentication(&answer, day(1)), "authenticated");
        assert_eq!(authentication(&answer, day(5)), "unauthenticated");
        assert_eq!(authentication(&answer, day(9)), "awaiting");
    }

    #[test]
    fn an_endpoint_is_known_by_one_or_more() {
        let known = KnownBy {
            traffic: true,
            definition: false,
            pin: true,
        };
        assert_eq!(known_by(known), ["traffic", "pin"]);
    }
}
