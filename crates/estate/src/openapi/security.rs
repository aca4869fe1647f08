//! Credentials that were seen, as security schemes.

use std::collections::{BTreeMap, BTreeSet};

use gatewatch_model::Spot;
use gatewatch_model::definition::{Definition, Scheme};
use gatewatch_model::profile::{Credential, Credentials, ProfileRow};
use serde_json::{Map, Value, json};

use super::{Known, Writing, names};
use crate::member_path::{self, Step};

/// A scheme that an operation names.
#[derive(Clone, Debug)]
pub(super) struct Used {
    kind: &'static str,
    /// Of HTTP authentication.
    scheme: &'static str,
    carrier: String,
}

/// What an operation asks for, as far as its callers showed. Kinds of credentials that came with
/// all of them are one requirement; each of the others is an alternative, beside those, and so is
/// none if calls without any were answered. `None` where nothing is known.
pub(super) fn of_operation(writing: &mut Writing<'_>, known: &Known<'_>) -> Option<Value> {
    let Some((row, _)) = known.seen else {
        return documented(writing, known);
    };
    let together = Together::of(known.profile());
    let mut always = Map::new();
    for kind in together.kinds.iter() {
        always.extend(named(writing, known, kind));
    }
    let mut alternatives = Vec::new();
    if together.alone && !always.is_empty() {
        alternatives.push(Value::Object(always.clone()));
    }
    let kinds = row.facts.credentials.iter();
    for kind in kinds.filter(|it| !together.kinds.contains(*it)) {
        let Some(name) = named(writing, known, kind) else {
            continue;
        };
        let beside = always.clone().into_iter().chain([name]);
        let alternative = Value::Object(beside.collect());
        if !alternatives.contains(&alternative) {
            alternatives.push(alternative);
        }
    }
    if row.facts.anonymous_answered.ever() == Some(true) {
        alternatives.push(json!({}));
    }
    if alternatives.is_empty() {
        return documented(writing, known);
    }
    Some(Value::Array(alternatives))
}

/// Kinds of credentials that all calls with any carried.
#[derive(Default)]
struct Together {
    kinds: Credentials,
    /// Whether calls are known that carried no others.
    alone: bool,
}

impl Together {
    /// A profile counts each kind by itself: what all callers showed is known to have come
    /// together, but of the others, that two came in as many calls says nothing. Rows of earlier
    /// releases did not count the calls without a kind; there the counts differ from each other.
    fn of(profile: Option<&ProfileRow>) -> Together {
        let rows = profile.map_or(&[][..], |it| &it.credentials);
        let always = || rows.iter().filter(|it| it.1.yes > 0 && it.1.no == 0);
        let calls = always().map(|it| it.1.yes).max().unwrap_or(0);
        if always().any(|it| it.1.yes != calls) {
            return Together::default();
        }
        let mut kinds = Credentials::default();
        always().for_each(|it| kinds.insert(it.0));
        let others = rows.iter().filter(|it| it.1.no > 0);
        let others = others.map(|it| it.1.yes).fold(0, u64::saturating_add);
        Together {
            kinds,
            alone: others < calls,
        }
    }
}

/// The name of a scheme that a requirement asks for; the scheme itself is kept.
fn named(
    writing: &mut Writing<'_>,
    known: &Known<'_>,
    kind: Credential,
) -> Option<(String, Value)> {
    let (name, used) = scheme(writing, known, kind)?;
    writing.schemes.entry(name.clone()).or_insert(used);
    Some((name, json!([])))
}

fn documented(writing: &mut Writing<'_>, known: &Known<'_>) -> Option<Value> {
    let security = &known.defined?.security;
    if !security.said {
        return None;
    }
    let mut alternatives = Vec::new();
    for scheme in &security.schemes {
        let Some((kind, http)) = of_definition(scheme) else {
            continue;
        };
        let name = names::component(&scheme.name);
        let used = Used {
            kind,
            scheme: http,
            carrier: scheme.carrier.to_string(),
        };
        writing.schemes.entry(name.clone()).or_insert(used);
        alternatives.push(json!({ name: [] }));
    }
    if security.anonymous {
        alternatives.push(json!({}));
    }
    Some(Value::Array(alternatives))
}

fn of_definition(scheme: &Scheme) -> Option<(&'static str, &'static str)> {
    Some(match &*scheme.kind {
        "http-basic" => ("http", "basic"),
        "http-bearer" | "oauth2" | "openid-connect" => ("http", "bearer"),
        "http-other" => ("http", "other"),
        "api-key-header" => ("header", ""),
        "api-key-query" => ("query", ""),
        "api-key-cookie" => ("cookie", ""),
        "mutual-tls" => ("mutualTLS", ""),
        _ => return None,
    })
}

/// The name and kind of scheme that a kind of credential shows. What only the gateway saw names
/// none.
fn scheme(writing: &Writing<'_>, known: &Known<'_>, kind: Credential) -> Option<(String, Used)> {
    let (kind_of, http) = match kind {
        Credential::JwtBearer | Credential::OpaqueBearer => ("http", "bearer"),
        Credential::Basic => ("http", "basic"),
        Credential::Signature => ("http", "signature"),
        Credential::OtherScheme => ("http", "other"),
        Credential::ApiKeyHeader | Credential::SubscriptionKey => ("header", ""),
        Credential::ApiKeyQuery => ("query", ""),
        Credential::ApiKeyCookie | Credential::SessionCookie => ("cookie", ""),
        Credential::ClientCertificate => ("mutualTLS", ""),
        Credential::Gateway => return None,
    };
    let carrier = match kind {
        Credential::SubscriptionKey => "ocp-apim-subscription-key".to_owned(),
        Credential::ApiKeyHeader => carrier(writing, known, Spot::RequestHeaders, "x-api-key"),
        Credential::ApiKeyQuery => carrier(writing, known, Spot::RequestQuery, "api_key"),
        Credential::ApiKeyCookie => carrier(writing, known, Spot::RequestCookies, "api_key"),
        Credential::SessionCookie => carrier(writing, known, Spot::RequestCookies, "session"),
        _ => String::new(),
    };
    let name = if carrier.is_empty() {
        kind.name().to_owned()
    } else {
        names::component(&format!("{}-{carrier}", kind.name()))
    };
    let used = Used {
        kind: kind_of,
        scheme: http,
        carrier,
    };
    Some((name, used))
}

/// Rows keep the kind of a key, not where it was. The definition may say so, or the name of a
/// member; else it is what such keys are mostly called.
fn carrier(writing: &Writing<'_>, known: &Known<'_>, spot: Spot, usual: &str) -> String {
    let wanted = match spot {
        Spot::RequestHeaders => "api-key-header",
        Spot::RequestQuery => "api-key-query",
        _ => "api-key-cookie",
    };
    if let Some(carrier) = writing.carriers.get(wanted) {
        return (*carrier).to_owned();
    }
    let words: &[&str] = if usual == "session" {
        &["sess", "sid"]
    } else {
        &["key", "token", "auth"]
    };
    let members = known.profile().into_iter().flat_map(|it| &it.members);
    let names = members.filter(|it| it.spot == spot).filter_map(|it| {
        match member_path::steps(&it.path).into_iter().next() {
            Some(Step::Name(name)) => Some(name),
            _ => None,
        }
    });
    names
        .into_iter()
        .find(|name| {
            let lower = name.to_ascii_lowercase();
            lower != "authorization" && words.iter().any(|it| lower.contains(it))
        })
        .unwrap_or_else(|| usual.to_owned())
}

/// The objects below `components`.
pub(super) fn schemes(
    used: &BTreeMap<String, Used>,
    defined: Option<&Definition>,
) -> Map<String, Value> {
    let operations = defined.into_iter().flat_map(|it| &it.operations);
    let schemes = operations.flat_map(|it| &it.security.schemes);
    let documented = schemes.map(|it| &*it.name).collect::<BTreeSet<_>>();
    let documented = documented.into_iter().map(names::component);
    let documented = documented.collect::<BTreeSet<_>>();
    used.iter()
        .map(|(name, used)| {
            let mut scheme = match used.kind {
                "http" => json!({ "type": "http", "scheme": used.scheme }),
                "mutualTLS" => json!({ "type": "mutualTLS" }),
                place => json!({ "type": "apiKey", "in": place, "name": used.carrier }),
            };
            if name == Credential::JwtBearer.name() {
                scheme["bearerFormat"] = json!("JWT");
            }
            let from_document = documented.contains(name);
            scheme["description"] = json!(if from_document {
                "As documented."
            } else {
                "Seen in requests; the name of what carries it may be a guess."
            });
            (name.clone(), scheme)
        })
        .collect()
}
