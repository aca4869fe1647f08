//! The one-time set-up link: whoever holds the code that the first start printed becomes the
//! first owner. It works once, for a day, and only while there is no owner.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{HOST, ORIGIN, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use axum::routing::on;
use gatewatch_model::Timestamp;
use gatewatch_ports::Store;
use gatewatch_ports::store::Actor;

use crate::access::Access;
use crate::asked::{Asked, Param, ParamKind};
use crate::attempts::Attempts;
use crate::body::read_small;
use crate::first_start::{CODE, has_owner};
use crate::openapi::Content;
use crate::pages::{escape, page};
use crate::problem::{BAD_BODY, CONFLICT, NOT_ALLOWED, Problem, TOO_LARGE, TOO_MANY};
use crate::routes::{Answer, Face, Gate, Operation, Route, Scoped, Verb};
use crate::secrets::{Redacted, same};
use crate::shared::{From as Address, Shared};
use crate::tokens::{checked_name, conflict, owner_row};

const ATTEMPTS_PER_MINUTE_MAX: u32 = 10;
const CODE_HOURS: i64 = 24;
const CODE_CHARACTERS_MAX: usize = 100;
const PATH: &str = "/setup";

pub(crate) static ROUTES: &[Route] = &[
    Route {
        verb: Verb::Get,
        path: PATH,
        face: Face::Serve,
        gate: Gate::SetupCode,
        scope: Scoped::Nothing,
        operation: Operation {
            id: "showSetup",
            summary: "The form of the one-time set-up link",
            params: &[Param {
                name: "code",
                what: "The set-up code that the start printed.",
                kind: ParamKind::Text {
                    characters_max: CODE_CHARACTERS_MAX,
                },
            }],
            answers: &[Answer {
                status: 200,
                what: "A form.",
                contents: &[Content::Text("text/html")],
            }],
            problems: &[&NOT_ALLOWED, &TOO_MANY],
            ..Operation::PLAIN
        },
        answer: |verb| on(verb, show),
    },
    Route {
        verb: Verb::Post,
        path: PATH,
        face: Face::Serve,
        gate: Gate::SetupCode,
        scope: Scoped::Nothing,
        operation: Operation {
            id: "makeOwner",
            summary: "Make the first owner",
            description: "Takes the form fields `code` and `name`.",
            body: Some(Content::Text("application/x-www-form-urlencoded")),
            answers: &[Answer {
                status: 200,
                what: "A page with the owner's token, shown this once.",
                contents: &[Content::Text("text/html")],
            }],
            problems: &[&BAD_BODY, &TOO_LARGE, &NOT_ALLOWED, &CONFLICT, &TOO_MANY],
            ..Operation::PLAIN
        },
        answer: |verb| on(verb, make_owner),
    },
];

pub(crate) struct Setup {
    attempts: Attempts,
}

impl Default for Setup {
    fn default() -> Setup {
        Setup {
            attempts: Attempts::new(ATTEMPTS_PER_MINUTE_MAX),
        }
    }
}

async fn show(
    State(shared): State<Arc<Shared>>,
    Address(address): Address,
    asked: Asked,
) -> Result<Response, Problem> {
    if let Some(seconds) = shared.setup.attempts.spent(address, shared.now()) {
        return Ok(slow_down(seconds));
    }
    let code = Redacted::new(asked.text("code").unwrap_or_default());
    let (now, offered) = (shared.now(), code.clone());
    if !shared
        .blocking
        .ask(move |store| Ok(is_good(store, &offered, now)))
        .await??
    {
        shared.setup.attempts.count(address, now);
        return Ok(no_longer());
    }
    let form = format!(
        "<p>This makes the first owner of this installation and works once.</p>\
         <form method=\"post\" action=\"{PATH}\"><input type=\"hidden\" name=\"code\" value=\"{}\">\
         <label>Your name <input name=\"name\" required maxlength=\"100\" autocomplete=\"name\" autofocus></label> \
         <button>Make me the owner</button></form>",
        escape(code.expose())
    );
    Ok(page(StatusCode::OK, "Set up Gatewatch", &form))
}

async fn make_owner(
    State(shared): State<Arc<Shared>>,
    Address(address): Address,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    if !is_own_form(&headers) {
        let text = "<p>This form was sent from another site. Open the set-up link itself.</p>";
        return Ok(page(StatusCode::FORBIDDEN, "Not from here", text));
    }
    if let Some(seconds) = shared.setup.attempts.spent(address, shared.now()) {
        return Ok(slow_down(seconds));
    }
    let (code, name) = read_form(&read_small(body).await?);
    let actor = Actor {
        name: "set-up link".into(),
        address: address.to_string().into(),
        at: shared.now(),
    };
    let access = shared.access.clone();
    let made = shared
        .blocking
        .ask(move |store| Ok(make(store, &access, &code, &name, &actor)))
        .await?;
    match made {
        Ok(Some(token)) => Ok(shown(&token)),
        Ok(None) => {
            shared.setup.attempts.count(address, shared.now());
            Ok(no_longer())
        }
        Err(problem) if [&BAD_BODY, &CONFLICT].contains(&problem.kind) => {
            let text = format!(
                "<p>{}</p><p>Go back and try again.</p>",
                escape(&problem.detail)
            );
            Ok(page(problem.kind.status, "That name does not do", &text))
        }
        Err(problem) => Err(problem),
    }
}

/// Alone, so that one code makes one owner. The owner comes first: should the process die before
/// the code goes, there is an owner and the code is worth nothing.
fn make(
    store: &dyn Store,
    access: &Access,
    code: &Redacted,
    name: &str,
    actor: &Actor,
) -> Result<Option<Redacted>, Problem> {
    let _alone = access.changing();
    if !is_good(store, code, actor.at)? {
        return Ok(None);
    }
    let (token, row) = owner_row(checked_name(name)?, actor.at)?;
    if let Some(problem) = conflict(&store.tokens()?, &row, actor.at) {
        return Err(problem);
    }
    store.add_token(&row, &token.hash(), actor)?;
    store.put_setting(CODE, None, actor)?;
    Ok(Some(token))
}

fn is_good(store: &dyn Store, code: &Redacted, now: Timestamp) -> Result<bool, Problem> {
    let Some(kept) = store.setting(CODE)? else {
        return Ok(false);
    };
    let Some((hash, made)) = kept.split_last_chunk::<8>() else {
        return Ok(false);
    };
    let age_seconds = now.seconds() - Timestamp(i64::from_le_bytes(*made)).seconds();
    let is_fresh = (0..CODE_HOURS * 3_600).contains(&age_seconds);
    Ok(is_fresh && same(&code.hash(), hash) && !has_owner(&store.tokens()?, now))
}

/// A browser says where a form comes from. Its `Origin` is `null` here because the page forbids
/// referrers; then `Sec-Fetch-Site` has to say that it was our own.
fn is_own_form(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|it| it.to_str().ok());
    let site = text("sec-fetch-site");
    if site.is_some_and(|it| it != "same-origin") {
        return false;
    }
    match headers.get(ORIGIN).map(HeaderValue::to_str) {
        // Not a browser, or one that says so in the other header.
        None => true,
        Some(Ok("null")) => site.is_some(),
        Some(Ok(origin)) => {
            let host = headers.get(HOST).and_then(|it| it.to_str().ok());
            origin
                .split_once("://")
                .is_some_and(|(_, it)| Some(it) == host)
        }
        Some(Err(_)) => false,
    }
}

fn read_form(body: &[u8]) -> (Redacted, String) {
    let field = |name: &str| {
        form_urlencoded::parse(body)
            .find(|it| it.0 == name)
            .map(|it| it.1.into_owned())
            .unwrap_or_default()
    };
    (Redacted::new(field("code")), field("name"))
}

fn shown(token: &Redacted) -> Response {
    let text = format!(
        "<p>You are the owner. This is your token; it is shown this once:</p><p><code>{}</code></p>\
         <p>Keep it in a password store and send it as <code>Authorization: Bearer …</code>.</p>",
        escape(token.expose())
    );
    page(StatusCode::OK, "Gatewatch is set up", &text)
}

fn no_longer() -> Response {
    let text = "<p>This set-up link was used already, is older than a day, or was replaced by that of a \
        later start. While there is no owner, each start of Gatewatch prints a new one.</p>";
    page(StatusCode::FORBIDDEN, "This link does not work", text)
}

fn slow_down(seconds: u32) -> Response {
    let text = format!("<p>Too many tries from this address. Try again in {seconds} seconds.</p>");
    let mut response = page(StatusCode::TOO_MANY_REQUESTS, "Too many tries", &text);
    response
        .headers_mut()
        .insert(RETRY_AFTER, HeaderValue::from(seconds));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(headers: &[(&'static str, &'static str)]) -> bool {
        let headers = headers.iter().map(|(name, value)| {
            let name: axum::http::HeaderName = name.parse().unwrap();
            (name, HeaderValue::from_static(value))
        });
        is_own_form(&headers.collect())
    }

    #[test]
    fn a_form_from_elsewhere_is_refused() {
        let host = ("host", "127.0.0.1:8470");
        assert!(own(&[host]));
        assert!(own(&[host, ("origin", "http://127.0.0.1:8470")]));
        assert!(own(&[
            host,
            ("origin", "null"),
            ("sec-fetch-site", "same-origin")
        ]));
        assert!(!own(&[host, ("origin", "null")]));
        assert!(!own(&[host, ("origin", "http://evil.example")]));
        assert!(!own(&[host, ("origin", "http://127.0.0.1:8471")]));
        assert!(!own(&[host, ("sec-fetch-site", "cross-site")]));
        assert!(!own(&[
            host,
            ("origin", "http://127.0.0.1:8470"),
            ("sec-fetch-site", "same-site")
        ]));
    }

    #[test]
    fn fields_of_the_form_come_out_as_written() {
        let (code, name) = read_form(b"code=a-b_c&name=Ada+Lovelace+%26+Co");
        assert_eq!(
            (code.expose(), name.as_str()),
            ("a-b_c", "Ada Lovelace & Co")
        );
    }
}
