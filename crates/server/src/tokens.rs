//! Tokens: owners list, make and revoke them.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::IntoResponse;
use axum::routing::on;
use gatewatch_model::Timestamp;
use gatewatch_model::time::DAY_SECONDS;
use gatewatch_ports::Store;
use gatewatch_ports::store::{Role, TokenRow};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::access::{Access, Grant, is_live};
use crate::asked::Asked;
use crate::body::Sent;
use crate::openapi::{Content, list, shape};
use crate::problem::{BAD_BODY, BROKEN, CONFLICT, NOT_FOUND, Problem, TOO_LARGE};
use crate::routes::{Answer, Face, Gate, Operation, Route, Scoped, Verb};
use crate::scope::{covers, is_scope};
use crate::secrets::{NoRandomness, Redacted, new_id, new_token};
use crate::shapes::{LIMIT, List, OFFSET};
use crate::shared::{From as Address, Shared, Slot};

const PATH: &str = "/api/v1/tokens";
const NAME_CHARACTERS_MAX: usize = 100;
const EXPIRES_IN_DAYS_MAX: u32 = 3_650;
/// That are neither revoked nor past their time.
const TOKENS_LIVE_MAX: usize = 10_000;
/// All that were ever made.
const TOKENS_MAX: usize = 100_000;

pub(crate) static ROUTES: &[Route] = &[
    Route {
        verb: Verb::Get,
        path: PATH,
        face: Face::Serve,
        gate: Gate::Least(Role::Owner),
        scope: Scoped::List,
        operation: Operation {
            id: "listTokens",
            summary: "Tokens",
            description: "The tokens themselves are not kept and cannot be shown again.",
            params: &[LIMIT, OFFSET],
            answers: &[Answer {
                status: 200,
                what: "A page of tokens, those that were revoked included.",
                contents: &[Content::Json(list::<Token>)],
            }],
            ..Operation::PLAIN
        },
        answer: |verb| on(verb, list_tokens),
    },
    Route {
        verb: Verb::Post,
        path: PATH,
        face: Face::Serve,
        gate: Gate::Least(Role::Owner),
        scope: Scoped::Item,
        operation: Operation {
            id: "addToken",
            summary: "Make a token",
            description: "Its scope lies at or below that of the token that makes it. No two live tokens \
                have one name: what a token sends is known by it.",
            body: Some(Content::Json(shape::<Asking>)),
            answers: &[Answer {
                status: 201,
                what: "The token, shown this once.",
                contents: &[Content::Json(shape::<NewToken>)],
            }],
            problems: &[&BAD_BODY, &TOO_LARGE, &NOT_FOUND, &CONFLICT],
            ..Operation::PLAIN
        },
        answer: |verb| on(verb, add_token),
    },
    Route {
        verb: Verb::Delete,
        path: "/api/v1/tokens/{id}",
        face: Face::Serve,
        gate: Gate::Least(Role::Owner),
        scope: Scoped::Item,
        operation: Operation {
            id: "revokeToken",
            summary: "Revoke a token",
            description: "At once, and for good. The last owner of scope `/` stays.",
            slots: &[("id", "The id of a token, not the token itself.")],
            answers: &[Answer {
                status: 204,
                what: "It is revoked.",
                contents: &[],
            }],
            problems: &[&NOT_FOUND, &CONFLICT],
            ..Operation::PLAIN
        },
        answer: |verb| on(verb, revoke_token),
    },
];

/// A token, without itself.
#[derive(Debug, Serialize, ToSchema)]
struct Token {
    /// 16 hexadecimal digits.
    id: Box<str>,
    /// What it is called; the name of the source when it ingests.
    name: Box<str>,
    /// `ingest`, `reader`, `security-admin` or `owner`.
    role: &'static str,
    /// It sees what lies at or below this.
    scope: Box<str>,
    /// When it was made.
    #[schema(format = DateTime)]
    created: String,
    /// When it ends; null for never.
    #[schema(format = DateTime)]
    expires: Option<String>,
    /// When it was revoked; null when it was not.
    #[schema(format = DateTime)]
    revoked: Option<String>,
}

/// A token that was just made.
#[derive(Debug, Serialize, ToSchema)]
struct NewToken {
    /// For `Authorization: Bearer`; it is not kept and cannot be shown again.
    token: String,
    /// What is kept of it.
    kept: Token,
}

/// What a token is to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TokenToMake)]
struct Asking {
    /// 1 to 100 characters.
    name: String,
    /// `ingest`, `reader`, `security-admin` or `owner`.
    role: String,
    /// That of the token that makes it when not given.
    scope: Option<String>,
    /// 1 to 3,650; never when not given.
    expires_in_days: Option<u32>,
}

async fn list_tokens(
    State(shared): State<Arc<Shared>>,
    grant: Grant,
    asked: Asked,
) -> Result<Json<List<Token>>, Problem> {
    let mut rows = shared.blocking.ask(|store| store.tokens()).await?;
    rows.retain(|it| covers(&grant.scope, &it.scope));
    Ok(Json(List::cut(
        rows,
        asked.whole("offset"),
        asked.whole("limit"),
        Token::new,
    )))
}

async fn add_token(
    State(shared): State<Arc<Shared>>,
    grant: Grant,
    Address(address): Address,
    Sent(asking): Sent<Asking>,
) -> Result<impl IntoResponse, Problem> {
    let now = shared.now();
    let row = row(asking, &grant, now)?;
    let token = new_token(row.role).map_err(no_randomness)?;
    let (hash, kept, access) = (token.hash(), row.clone(), shared.access.clone());
    let actor = grant.actor(address, now);
    let add = move |store: &dyn Store| {
        let _alone = access.changing();
        let problem = conflict(&store.tokens()?, &row, now);
        if problem.is_none() {
            store.add_token(&row, &hash, &actor)?;
        }
        Ok(problem)
    };
    if let Some(problem) = shared.blocking.ask(add).await? {
        return Err(problem);
    }
    let location = format!("{PATH}/{}", kept.id);
    let shown = NewToken {
        token: token.expose().to_owned(),
        kept: Token::new(kept),
    };
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(shown)))
}

async fn revoke_token(
    State(shared): State<Arc<Shared>>,
    grant: Grant,
    Slot(id): Slot,
    Address(address): Address,
) -> Result<StatusCode, Problem> {
    let access = shared.access.clone();
    shared
        .blocking
        .ask(move |store| Ok(revoke(store, &access, &grant, &id, address)))
        .await??;
    Ok(StatusCode::NO_CONTENT)
}

/// Alone, so that of two owners who revoke each other one stays.
fn revoke(
    store: &dyn Store,
    access: &Access,
    grant: &Grant,
    id: &str,
    address: IpAddr,
) -> Result<(), Problem> {
    let _alone = access.changing();
    let now = access.now();
    let tokens = store.tokens()?;
    let missing = || Problem::not_found("token");
    let row = tokens
        .iter()
        .find(|it| &*it.id == id && it.revoked.is_none() && covers(&grant.scope, &it.scope))
        .ok_or_else(missing)?;
    let is_owner = |it: &&TokenRow| it.role == Role::Owner && &*it.scope == "/" && is_live(it, now);
    if is_owner(&row) && tokens.iter().filter(is_owner).count() == 1 {
        let detail = "this is the last owner of scope `/`; make another one first";
        return Err(Problem::new(&CONFLICT, detail));
    }
    let revoked = store.revoke_token(id, &grant.actor(address, now))?;
    access.forget(id);
    if revoked { Ok(()) } else { Err(missing()) }
}

pub(crate) fn conflict(tokens: &[TokenRow], row: &TokenRow, now: Timestamp) -> Option<Problem> {
    if tokens.len() >= TOKENS_MAX {
        let detail = format!("{TOKENS_MAX} tokens were made; that is all there can be");
        return Some(Problem::new(&CONFLICT, detail));
    }
    if tokens.iter().filter(|it| is_live(it, now)).count() >= TOKENS_LIVE_MAX {
        let detail = format!("{TOKENS_LIVE_MAX} tokens are live; revoke one first");
        return Some(Problem::new(&CONFLICT, detail));
    }
    tokens
        .iter()
        .any(|it| it.name == row.name && is_live(it, now))
        .then(|| {
            let detail = "a live token has this name; take another, or revoke that one first";
            Problem::new(&CONFLICT, detail)
        })
}

fn row(asking: Asking, grant: &Grant, now: Timestamp) -> Result<TokenRow, Problem> {
    let Asking {
        name,
        role,
        scope,
        expires_in_days,
    } = asking;
    let name = checked_name(&name)?;
    let role = Role::parse(&role).ok_or_else(|| {
        let names = Role::ALL.map(Role::name).join(", ");
        Problem::new(&BAD_BODY, format!("`role` is one of {names}"))
    })?;
    let scope = scope.unwrap_or_else(|| grant.scope.to_string());
    if !is_scope(&scope) {
        let detail = "`scope` is `/`, or segments of letters, digits, `.`, `_` and `-`, such as `/contoso/production`";
        return Err(Problem::new(&BAD_BODY, detail));
    }
    if !covers(&grant.scope, &scope) {
        return Err(Problem::new(
            &NOT_FOUND,
            "that scope does not lie within this token's own",
        ));
    }
    if expires_in_days.is_some_and(|it| !(1..=EXPIRES_IN_DAYS_MAX).contains(&it)) {
        let detail = format!("`expires_in_days` is a whole number from 1 to {EXPIRES_IN_DAYS_MAX}");
        return Err(Problem::new(&BAD_BODY, detail));
    }
    Ok(TokenRow {
        id: new_id().map_err(no_randomness)?,
        name,
        role,
        scope: scope.into(),
        created: now,
        expires: expires_in_days.map(|it| now.plus_seconds(i64::from(it) * DAY_SECONDS)),
        revoked: None,
    })
}

/// A token's name stands in lists, in the audit log and as the name of a source.
pub(crate) fn checked_name(name: &str) -> Result<Box<str>, Problem> {
    let name = name.trim();
    let fits = (1..=NAME_CHARACTERS_MAX).contains(&name.chars().count());
    if !fits || name.chars().any(char::is_control) {
        let detail = format!(
            "`name` has 1 to {NAME_CHARACTERS_MAX} characters, none of them a control character"
        );
        return Err(Problem::new(&BAD_BODY, detail));
    }
    Ok(name.into())
}

/// The first owner's token, made with the set-up code.
pub(crate) fn owner_row(name: Box<str>, now: Timestamp) -> Result<(Redacted, TokenRow), Problem> {
    let token = new_token(Role::Owner).map_err(no_randomness)?;
    let id = new_id().map_err(no_randomness)?;
    let (expires, revoked) = (None, None);
    let row = TokenRow {
        id,
        name,
        role: Role::Owner,
        scope: "/".into(),
        created: now,
        expires,
        revoked,
    };
    Ok((token, row))
}

fn no_randomness(error: NoRandomness) -> Problem {
    tracing::error!(%error, "no token can be made");
    Problem::new(
        &BROKEN,
        "no token can be made on this machine; the log says why",
    )
}

impl Token {
    fn new(row: TokenRow) -> Token {
        let TokenRow {
            id,
            name,
            role,
            scope,
            created,
            expires,
            revoked,
        } = row;
        Token {
            id,
            name,
            role: role.name(),
            scope,
            created: created.to_string(),
            expires: expires.map(|it| it.to_string()),
            revoked: revoked.map(|it| it.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant(scope: &str) -> Grant {
        Grant {
            token_id: "1".into(),
            name: "me".into(),
            role: Role::Owner,
            scope: scope.into(),
            expires: None,
            hash: [0; 32],
        }
    }

    fn asking(text: &str, scope: &str) -> Result<TokenRow, Problem> {
        row(
            serde_json::from_str(text).unwrap(),
            &grant(scope),
            Timestamp::from_seconds(0),
        )
    }

    #[test]
    fn a_token_gets_the_scope_of_its_maker_and_lasts() {
        let row = asking(r#"{"name":" edge ","role":"ingest"}"#, "/a").unwrap();
        assert_eq!((&*row.name, &*row.scope, row.expires), ("edge", "/a", None));
    }

    #[test]
    fn a_token_ends_after_its_days() {
        let row = asking(r#"{"name":"e","role":"reader","expires_in_days":2}"#, "/").unwrap();
        assert_eq!(row.expires, Some(Timestamp::from_seconds(172_800)));
    }

    #[test]
    fn a_token_that_makes_no_sense_is_refused() {
        for text in [
            r#"{"name":"","role":"reader"}"#,
            r#"{"name":"a\nb","role":"reader"}"#,
            r#"{"name":"e","role":"king"}"#,
            r#"{"name":"e","role":"reader","scope":"a"}"#,
            r#"{"name":"e","role":"reader","scope":"/b"}"#,
            r#"{"name":"e","role":"reader","scope":"/"}"#,
            r#"{"name":"e","role":"reader","expires_in_days":0}"#,
            r#"{"name":"e","role":"reader","expires_in_days":3651}"#,
        ] {
            assert!(asking(text, "/a").is_err(), "{text}");
        }
    }

    #[test]
    fn a_name_is_free_again_when_its_token_is_revoked() {
        let now = Timestamp::from_seconds(10);
        let row = asking(r#"{"name":"e","role":"reader"}"#, "/").unwrap();
        assert!(conflict(std::slice::from_ref(&row), &row, now).is_some());
        let revoked = TokenRow {
            revoked: Some(now),
            ..row.clone()
        };
        assert!(conflict(&[revoked], &row, now).is_none());
    }

    #[test]
    fn revoked_tokens_take_no_room() {
        let now = Timestamp::from_seconds(10);
        let row = asking(r#"{"name":"new","role":"reader"}"#, "/").unwrap();
        let live = TokenRow {
            name: "other".into(),
            ..row.clone()
        };
        let revoked = TokenRow {
            revoked: Some(now),
            ..live.clone()
        };
        assert!(conflict(&vec![revoked; TOKENS_LIVE_MAX], &row, now).is_none());
        assert!(conflict(&vec![live; TOKENS_LIVE_MAX], &row, now).is_some());
    }
}
