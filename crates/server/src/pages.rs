//! The few pages for people: what this is, and the frame of the set-up pages.

use axum::http::StatusCode;
use axum::http::header::{CONTENT_SECURITY_POLICY, HeaderValue};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::on;

use crate::openapi::Content;
use crate::routes::{Answer, Face, Gate, Operation, Route, Scoped, Verb};
use crate::secrets::content_hash;

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem}\
    code,input,button{font-size:1rem}code{overflow-wrap:anywhere;background:#eee;color:#111;padding:.1rem .3rem}\
    input,button{padding:.4rem .6rem}:root{color-scheme:light dark}";

pub(crate) static ROUTES: &[Route] = &[Route {
    verb: Verb::Get,
    path: "/",
    face: Face::Always,
    gate: Gate::Open,
    scope: Scoped::Nothing,
    operation: Operation {
        id: "getFrontPage",
        summary: "What this is and where the API lies",
        answers: &[Answer {
            status: 200,
            what: "A page.",
            contents: &[Content::Text("text/html")],
        }],
        ..Operation::PLAIN
    },
    answer: |verb| on(verb, front),
}];

/// A page in its frame; `body` is HTML, whatever comes from outside was escaped.
pub(crate) fn page(status: StatusCode, title: &str, body: &str) -> Response {
    let html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title>\
         <style>{STYLE}</style></head>\n<body><h1>{title}</h1>\n{body}\n</body>\n</html>\n"
    );
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        content_hash(STYLE)
    );
    let mut response = (status, Html(html)).into_response();
    // A base64 hash is a header's text always.
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response
            .headers_mut()
            .insert(CONTENT_SECURITY_POLICY, policy);
    }
    response
}

pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(letter),
        }
    }
    escaped
}

async fn front() -> Response {
    let body = "<p>Gatewatch watches API traffic: which APIs and endpoints there are and how they are used.</p>\
        <p>Its API is described at <a href=\"/openapi.json\"><code>/openapi.json</code></a> and needs a token:</p>\
        <p><code>curl -H \"Authorization: Bearer gw_…\" …/api/v1/endpoints</code></p>\
        <p>Exchanges are sent to <code>POST /ingest/v1/exchanges</code>, one as JSON a line. \
        <a href=\"/readyz\"><code>/readyz</code></a> tells whether all is well.</p>";
    page(StatusCode::OK, "Gatewatch", body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_from_outside_is_no_markup() {
        assert_eq!(
            escape("<a href='x'>\"&"),
            "&lt;a href=&#39;x&#39;&gt;&quot;&amp;"
        );
    }

    #[test]
    fn the_style_is_the_one_that_the_policy_allows() {
        let response = page(StatusCode::OK, "t", "");
        let policy = response.headers()[CONTENT_SECURITY_POLICY]
            .to_str()
            .unwrap();
        assert!(
            policy.contains(&content_hash(STYLE)) && !policy.contains("unsafe"),
            "{policy}"
        );
    }
}
