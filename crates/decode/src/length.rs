//! Whether a body has the length that its head says. Only what is certain is told: many sources
//! keep a prefix, undo an encoding or a character set, or leave a part out.

use gatewatch_model::exchange::Body;
use gatewatch_model::{Blemishes, Exchange};

use crate::heads::Head;
use crate::message::parameter;

/// Of the request.
pub(crate) fn of_request(exchange: &Exchange<'_>, head: &Head<'_>) -> Blemishes {
    let body = exchange.request.body.as_ref();
    check(exchange, body, head)
}

/// Of the answer: one to `HEAD` says how long the body would have been, and so may a 304.
pub(crate) fn of_response(exchange: &Exchange<'_>, head: &Head<'_>) -> Blemishes {
    let status = exchange.status().unwrap_or(0);
    let method = &exchange.request.method;
    let bodiless = method.eq_ignore_ascii_case("head")
        || method.eq_ignore_ascii_case("connect")
        || matches!(status, 0..200 | 204 | 205 | 304);
    if bodiless {
        return Blemishes::default();
    }
    let response = exchange.response.as_ref();
    check(exchange, response.and_then(|it| it.body.as_ref()), head)
}

fn check(exchange: &Exchange<'_>, body: Option<&Body<'_>>, head: &Head<'_>) -> Blemishes {
    let Some(body) = body.filter(|it| it.is_seen()) else {
        return Blemishes::default();
    };
    let whole = body.bytes_total == body.bytes.len() as u64;
    let said = head.content_length.parse::<u64>();
    let differs = said.is_ok_and(|it| it != body.bytes_total);
    if !differs || !whole || !is_as_sent(exchange, body, head) {
        return Blemishes::default();
    }
    Blemishes::BAD_LENGTH
}

/// Whether nothing shows that a source may have changed the body on its way here.
fn is_as_sent(exchange: &Exchange<'_>, body: &Body<'_>, head: &Head<'_>) -> bool {
    let encoding = head.content_encoding.trim();
    let encoded = !encoding.is_empty() && !encoding.eq_ignore_ascii_case("identity");
    // Forms may be written again from their parts, and texts of wide characters as UTF-8.
    let kind = head.content_type.split(';').next().unwrap_or_default();
    let form = kind.trim().to_ascii_lowercase();
    let form = form.starts_with("multipart/") || form == "application/x-www-form-urlencoded";
    let charset = parameter(head.content_type, "charset").unwrap_or_default();
    let wide = ["utf-16", "utf-32", "ucs"];
    let wide = wide.iter().any(|it| {
        let start = charset.get(..it.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(it))
    });
    let changed = exchange.blemishes.contains(Blemishes::TRUNCATED)
        || exchange.blemishes.contains(Blemishes::BAD_BASE64)
        || !exchange.redacted.is_empty();
    let told = !body.bytes.is_empty() && body.bytes.is_ascii();
    let doubtful = encoded || form || wide || changed || head.chunked;
    told && !doubtful
}
