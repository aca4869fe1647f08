//! Credentials that callers showed, written as what an API asks for.

#[expect(dead_code, reason = "the other tests need more of it")]
mod nasty;

use gatewatch_estate::{LearnedApi, openapi};
use gatewatch_model::effects::CollectionKind;
use gatewatch_model::profile::{Answer, Credential};
use nasty::{collection, endpoint, profile};
use serde_json::{Value, json};

/// The requirements of an endpoint whose callers showed that: kinds, each with the calls that had it
/// and those that had others alone.
fn requirements(shown: &[(Credential, u64, u64)]) -> Value {
    let mut row = endpoint("GET", "/orders", &[(200, 9)]);
    let mut seen = profile(&row, Vec::new());
    for (kind, yes, no) in shown {
        row.facts.credentials.insert(*kind);
        let mut answer = Answer::default();
        (answer.yes, answer.no) = (*yes, *no);
        seen.credentials.push((*kind, answer));
    }
    let learned = LearnedApi {
        collection: collection("shop.example.com", CollectionKind::Host),
        endpoints: vec![(row, Some(seen))],
    };
    let written = openapi::write(&learned, None);
    written["paths"]["/orders"]["get"]["security"].clone()
}

#[test]
fn credentials_that_always_come_together_are_one_requirement() {
    use Credential::{Basic, Gateway, JwtBearer, OpaqueBearer, SubscriptionKey};
    let key = "subscription-key-ocp-apim-subscription-key";
    for (shown, wanted) in [
        (
            &[(JwtBearer, 9, 0), (SubscriptionKey, 9, 0), (Gateway, 9, 0)][..],
            json!([{ "jwt-bearer": [], key: [] }]),
        ),
        (
            &[(JwtBearer, 6, 3), (Basic, 3, 6)],
            json!([{ "jwt-bearer": [] }, { "basic": [] }]),
        ),
        // As often as each other, and that is all that is known.
        (
            &[(JwtBearer, 6, 3), (SubscriptionKey, 6, 3), (Basic, 3, 6)],
            json!([{ "jwt-bearer": [] }, { "basic": [] }, { key: [] }]),
        ),
        (
            &[
                (JwtBearer, 6, 3),
                (OpaqueBearer, 3, 6),
                (SubscriptionKey, 9, 0),
            ],
            json!([{ "jwt-bearer": [], key: [] }, { "opaque-bearer": [], key: [] }]),
        ),
        (
            &[(JwtBearer, 2, 7), (SubscriptionKey, 9, 0)],
            json!([{ key: [] }, { "jwt-bearer": [], key: [] }]),
        ),
        // Of a release that counted only the calls with a kind.
        (
            &[(JwtBearer, 6, 0), (Basic, 3, 0)],
            json!([{ "jwt-bearer": [] }, { "basic": [] }]),
        ),
    ] {
        assert_eq!(requirements(shown), wanted, "{shown:?}");
    }
}
