//! The profile of an endpoint: its parameters and members, credentials and tokens, in detail.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::routing::on;
use gatewatch_model::Timestamp;
use gatewatch_model::profile::{Credential, MemberRow, ProfileRow, TokensRow};
use gatewatch_ports::facts::fresh_after;
use gatewatch_ports::store::Role;
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::Grant;
use crate::facts::Answered;
use crate::inventory::find_endpoint;
use crate::openapi::{Content, shape};
use crate::origins::{CallerOrigin, Origins};
use crate::problem::{NOT_FOUND, NOT_YET, Problem};
use crate::routes::{Answer, Face, Gate, Operation, Route, Scoped, Verb};
use crate::sensitive::Hit;
use crate::shapes::{Spread, seen};
use crate::shared::{Shared, Slot};

pub(crate) static ROUTES: &[Route] = &[Route {
    verb: Verb::Get,
    path: "/api/v1/endpoints/{id}/profile",
    face: Face::Serve,
    gate: Gate::Least(Role::Reader),
    scope: Scoped::Item,
    operation: Operation {
        id: "getEndpointProfile",
        summary: "What an endpoint carries, in detail",
        description: "Members stand below their spot, items of lists as `[]`. Values are shown only when \
            they are few, harmless and sent by several callers. Where callers are is what data and feeds \
            said when each call came. An endpoint that was not called \
            yet, or only just now, has none: `not-yet`.",
        slots: &[(
            "id",
            "The id of an endpoint, of today or of before a merge.",
        )],
        answers: &[Answer {
            status: 200,
            what: "The profile.",
            contents: &[Content::Json(shape::<Profile>)],
        }],
        problems: &[&NOT_FOUND, &NOT_YET],
        ..Operation::PLAIN
    },
    answer: |verb| on(verb, get_profile),
}];

/// All that was observed of an endpoint.
#[derive(Debug, Serialize, ToSchema)]
struct Profile {
    /// The endpoint's id of today.
    endpoint_id: String,
    /// Exchanges that are folded into it.
    calls: u64,
    /// The latest of them.
    #[schema(format = DateTime)]
    at: Option<String>,
    /// Kinds of credentials, with how often requests had them.
    credentials: Vec<CredentialSeen>,
    /// What JSON web tokens said; null when none was seen.
    tokens: Option<Tokens>,
    /// Media types of requests.
    request_types: Vec<Counted>,
    /// Media types of responses.
    response_types: Vec<Counted>,
    /// Versions of HTTP and of TLS.
    protocols: Vec<Counted>,
    /// Callers with the most calls, as far as they are followed.
    callers_top: Vec<TopCaller>,
    /// Where its callers are; null when nothing was known of any of them.
    callers_from: Option<Origins>,
    /// Parameters, headers and members of bodies.
    members: Vec<Member>,
    /// Members that found no room.
    members_lost: u64,
    /// How deep a GraphQL query was at most.
    query_depth_max: u32,
    /// How many aliases a GraphQL query had at most.
    query_aliases_max: u32,
    /// How many operations came in one batch at most.
    batch_max: u32,
    /// Where it was seen otherwise than its definition says.
    differences: Vec<Box<str>>,
}

/// A kind of credential and whether requests had it.
#[derive(Debug, Serialize, ToSchema)]
struct CredentialSeen {
    /// `jwt-bearer`, `basic`, `api-key-header` and so on.
    kind: &'static str,
    /// How often and when.
    carried: Answered,
}

/// A word with how often it was seen.
#[derive(Debug, Serialize, ToSchema)]
struct Counted {
    /// What was seen.
    name: Box<str>,
    /// How often.
    count: u64,
}

/// A caller with many calls.
#[derive(Debug, Serialize, ToSchema)]
struct TopCaller {
    /// An address, or `id:` and the identity.
    name: Box<str>,
    /// How often.
    count: u64,
    /// What data and feeds of now know of its address; null for identities, and where they know
    /// nothing.
    origin: Option<CallerOrigin>,
}

/// What the JSON web tokens of callers said.
#[derive(Debug, Serialize, ToSchema)]
struct Tokens {
    /// Algorithms of the signature.
    algorithms: Vec<Counted>,
    /// Who issued them.
    issuers: Vec<Counted>,
    /// Does the token say when it expires?
    expires: Answered,
    /// Of tokens past their time: were they answered 2xx?
    expired_answered: Answered,
    /// From issue to expiry; null when not observed.
    lifetime_seconds: Option<Spread>,
}

/// A parameter, a header or a member of a body.
#[derive(Debug, Serialize, ToSchema)]
struct Member {
    /// Where it stands: `$.request.query`, `$.response.body` and so on.
    spot: &'static str,
    /// Below the spot: `customer.cards[].number`.
    path: Box<str>,
    /// 2 for answers of 2xx and so on; null for requests.
    status_class: Option<u8>,
    /// Exchanges that had it.
    present: u64,
    /// Exchanges whose spot was observed.
    observed: u64,
    /// JSON types.
    types: Vec<Counted>,
    /// Formats of texts: `uuid`, `date-time`, `email` and so on.
    formats: Vec<Counted>,
    /// Shortest text in characters; null when there was none.
    length_min: Option<u64>,
    /// Longest text in characters; null when there was none.
    length_max: Option<u64>,
    /// No number lies below: whole up to 99, a power of ten beyond, so that no number that was sent
    /// is told; null when there was none.
    lowest: Option<f64>,
    /// No number lies above, in the same way; null when there was none.
    highest: Option<f64>,
    /// All values there were, when they are few and harmless.
    values: Vec<Counted>,
    /// About how many different values there were.
    distinct_estimate: u64,
    /// When it was seen first.
    #[schema(format = DateTime)]
    first_seen: Option<String>,
    /// When it was seen last.
    #[schema(format = DateTime)]
    last_seen: Option<String>,
    /// Types of sensitive information that it is or may be, the surest first.
    hits: Vec<Hit>,
}

/// What is known at the time of the question.
struct Known {
    fresh_after: Timestamp,
    origins: Arc<gatewatch_intel::Origins>,
}

async fn get_profile(
    State(shared): State<Arc<Shared>>,
    grant: Grant,
    Slot(id): Slot,
) -> Result<Json<Profile>, Problem> {
    let endpoint = find_endpoint(&shared, &grant, &id).await?.row.id;
    let profile = shared
        .blocking
        .ask(move |store| store.profile(endpoint))
        .await?;
    let known = Known {
        fresh_after: fresh_after(shared.now()),
        origins: shared.origins.get(),
    };
    profile
        .map(|it| Json(Profile::new(it, &known)))
        .ok_or_else(|| {
            let detail = "the endpoint is there and has no profile yet: it was not called, or only \
                just now; ask again after its next calls";
            Problem::new(&NOT_YET, detail)
        })
}

impl Known {
    fn callers(&self, top: Vec<(Box<str>, u64)>) -> Vec<TopCaller> {
        let told = top.into_iter().map(|(name, count)| TopCaller {
            origin: CallerOrigin::new(&name, &self.origins),
            name,
            count,
        });
        told.collect()
    }
}

impl Profile {
    fn new(row: ProfileRow, known: &Known) -> Profile {
        let ProfileRow {
            endpoint,
            calls,
            at,
            credentials,
            tokens,
            request_types,
            response_types,
            protocols,
            callers_top,
            members,
            members_lost,
            query_depth_max,
            query_aliases_max,
            batch_max,
            differences,
            origins,
        } = row;
        let fresh_after = known.fresh_after;
        let carried = |(kind, answer): (Credential, _)| CredentialSeen {
            kind: kind.name(),
            carried: Answered::new(&answer, fresh_after),
        };
        Profile {
            endpoint_id: endpoint.to_string(),
            calls,
            at: seen(at),
            credentials: credentials.into_iter().map(carried).collect(),
            tokens: tokens.map(|it| Tokens::new(it, fresh_after)),
            request_types: counted(request_types),
            response_types: counted(response_types),
            protocols: counted(protocols),
            callers_top: known.callers(callers_top),
            callers_from: origins.map(Origins::new),
            members: members.into_iter().map(Member::new).collect(),
            members_lost,
            query_depth_max,
            query_aliases_max,
            batch_max,
            differences,
        }
    }
}

impl Tokens {
    fn new(row: TokensRow, fresh_after: Timestamp) -> Tokens {
        let TokensRow {
            algorithms,
            issuers,
            expires,
            expired_answered,
            lifetime_seconds,
        } = row;
        Tokens {
            algorithms: counted(algorithms),
            issuers: counted(issuers),
            expires: Answered::new(&expires, fresh_after),
            expired_answered: Answered::new(&expired_answered, fresh_after),
            lifetime_seconds: Spread::new(lifetime_seconds),
        }
    }
}

impl Member {
    fn new(row: MemberRow) -> Member {
        let MemberRow {
            spot,
            status_class,
            path,
            present,
            observed,
            types,
            formats,
            length,
            range,
            values,
            distinct_estimate,
            first_seen,
            last_seen,
            hits,
        } = row;
        Member {
            spot: spot.prefix(),
            path,
            status_class: (status_class > 0).then_some(status_class),
            present,
            observed,
            types: counted(types),
            formats: counted(formats),
            length_min: length.map(|it| it.0),
            length_max: length.map(|it| it.1),
            lowest: range.map(|it| it.0),
            highest: range.map(|it| it.1),
            values: counted(values),
            distinct_estimate,
            first_seen: seen(first_seen),
            last_seen: seen(last_seen),
            hits: hits.into_iter().map(Hit::new).collect(),
        }
    }
}

fn counted(pairs: Vec<(Box<str>, u64)>) -> Vec<Counted> {
    let pairs = pairs.into_iter();
    pairs.map(|(name, count)| Counted { name, count }).collect()
}
