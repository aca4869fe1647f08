//! Endpoints as comma-separated values (RFC 4180), written page by page while they are read.
//! A cell that a spreadsheet would take for a formula gets an apostrophe in front.

use std::fmt::Write;
use std::sync::Arc;

use axum::body::Body;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use gatewatch_model::Timestamp;
use gatewatch_model::sensitivity::Sensitivity;
use gatewatch_ports::store::{EndpointItem, EndpointQuery};

use crate::problem::Problem;
use crate::sensitive::{self, Carried};
use crate::shapes::{Endpoint, Spread};
use crate::shared::Shared;

pub(crate) const MEDIA_TYPE: &str = "text/csv";
pub(crate) const ROWS_MAX: u64 = 100_000;
const PAGE_ROWS: u64 = 1_000;

const HEAD: &str = "id,collection_id,collection,scope,method,template,calls,statuses,callers_estimate,\
    request_bytes_p50,request_bytes_p95,response_bytes_p50,response_bytes_p95,\
    latency_micros_p50,latency_micros_p95,latency_micros_p99,first_seen,last_seen,state,\
    authentication,external_last_seen,anonymous_answered,encrypted,deprecated,protocol,role,drift,\
    known_by,credentials,confidence,sensitive,label,info_types,info_categories,sensitive_spots,\
    credential_types,attacks,suspicious,attacks_answered,attack_classes\r\n";

/// The first page is read before the answer begins, so that what fails at once says why.
pub(crate) async fn endpoints(
    shared: Arc<Shared>,
    mut query: EndpointQuery,
) -> Result<Response, Problem> {
    let end = query.offset.saturating_add(query.limit.min(ROWS_MAX));
    query.limit = PAGE_ROWS.min(end - query.offset);
    let (first, next) = read_page(&shared, query, end).await?;
    let first = String::from(HEAD) + &first;
    let rest = stream::try_unfold(next, move |next| {
        let shared = shared.clone();
        async move {
            let Some(query) = next else { return Ok(None) };
            match read_page(&shared, query, end).await {
                Ok((text, next)) => Ok(Some((text, next))),
                // The answer has begun: breaking it off is the only way to say so.
                Err(problem) => Err(std::io::Error::other(problem.detail)),
            }
        }
    });
    let first = stream::once(async move { Ok::<_, std::io::Error>(first) });
    let body = Body::from_stream(futures_util::StreamExt::chain(first, rest));
    let headers = [
        (CONTENT_TYPE, "text/csv; charset=utf-8; header=present"),
        (
            CONTENT_DISPOSITION,
            "attachment; filename=\"endpoints.csv\"",
        ),
    ];
    Ok((headers, body).into_response())
}

/// Rows as text, and what to ask for next.
async fn read_page(
    shared: &Shared,
    query: EndpointQuery,
    end: u64,
) -> Result<(String, Option<EndpointQuery>), Problem> {
    let asked = query.clone();
    let page = shared
        .blocking
        .ask(move |store| Ok((store.endpoints(&asked)?, sensitive::said(store)?)));
    let (page, said) = page.await?;
    let fresh_after = query.facts.fresh_after;
    let offset = query.offset + page.items.len() as u64;
    let is_last = page.items.is_empty() || offset >= page.total.min(end);
    let text = page
        .items
        .into_iter()
        .map(|it| row(it, fresh_after, &said))
        .collect();
    let next = || EndpointQuery {
        offset,
        limit: PAGE_ROWS.min(end - offset),
        ..query
    };
    Ok((text, (!is_last).then(next)))
}

fn row(item: EndpointItem, fresh_after: Timestamp, said: &Sensitivity) -> String {
    let it = Endpoint::new(item, fresh_after, said);
    let known = known(&it);
    let mut statuses = String::new();
    for count in &it.statuses {
        let status = count
            .status
            .map_or_else(|| "none".to_owned(), |it| it.to_string());
        // Writing to a String cannot fail.
        let _ = write!(
            statuses,
            "{}{status}:{}",
            if statuses.is_empty() { "" } else { " " },
            count.calls
        );
    }
    let of = |spread: Option<Spread>, pick: fn(Spread) -> u64| {
        spread.map_or_else(String::new, |it| pick(it).to_string())
    };
    let cells = [
        it.id,
        it.collection_id,
        it.collection.into(),
        it.scope.into(),
        it.method.into(),
        it.template.into(),
        it.calls.to_string(),
        statuses,
        it.callers_estimate
            .map_or_else(String::new, |it| it.to_string()),
        of(it.request_bytes, |it| it.p50),
        of(it.request_bytes, |it| it.p95),
        of(it.response_bytes, |it| it.p50),
        of(it.response_bytes, |it| it.p95),
        of(it.latency_micros, |it| it.p50),
        of(it.latency_micros, |it| it.p95),
        of(it.latency_micros, |it| it.p99),
        it.first_seen.unwrap_or_default(),
        it.last_seen.unwrap_or_default(),
    ];
    let cells = cells.into_iter().chain(known).map(|it| cell(&it));
    cells.collect::<Vec<_>>().join(",") + "\r\n"
}

/// The columns of what is known beyond counts.
fn known(it: &Endpoint) -> [String; 22] {
    let word = |answer| match answer {
        Some(true) => "yes",
        Some(false) => "no",
        None => "",
    };
    let [anonymous, encrypted, deprecated] = it.facts.columns().map(word);
    let words = |carried: &[Carried], pick: fn(&Carried) -> &str| {
        let mut words = carried.iter().map(pick).collect::<Vec<_>>();
        words.sort_unstable();
        words.dedup();
        words.join(" ")
    };
    let classes = it.signals.classes.iter().map(|it| &*it.class);
    let classes = classes.collect::<Vec<_>>();
    let confidence = it.decisions.iter().map(|it| it.confidence).min();
    [
        it.state.to_owned(),
        it.authentication.to_owned(),
        it.external_last_seen.clone().unwrap_or_default(),
        anonymous.to_owned(),
        encrypted.to_owned(),
        deprecated.to_owned(),
        it.protocol.to_owned(),
        it.role.to_owned(),
        it.drift.unwrap_or_default().to_owned(),
        it.known_by.join(" "),
        it.credentials.join(" "),
        confidence.map_or_else(String::new, |it| it.to_string()),
        word(Some(it.sensitive)).to_owned(),
        it.label.as_deref().unwrap_or_default().to_owned(),
        words(&it.sensitive_data, |it| &it.info_type),
        words(&it.sensitive_data, |it| it.category),
        words(&it.sensitive_data, |it| it.spot),
        words(&it.credential_data, |it| &it.info_type),
        it.signals.attacks.to_string(),
        it.signals.suspicious.to_string(),
        it.signals.answered.to_string(),
        classes.join(" "),
    ]
}

fn cell(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let safe = if is_formula {
        format!("'{text}")
    } else {
        text.to_owned()
    };
    if safe.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", safe.replace('"', "\"\""))
    } else {
        safe
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formula_is_disarmed() {
        for (text, written) in [
            ("/orders/{id}", "/orders/{id}"),
            ("=HYPERLINK(\"x\")", "\"'=HYPERLINK(\"\"x\"\")\""),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
        ] {
            assert_eq!(cell(text), written);
        }
    }

    #[test]
    fn commas_quotes_and_line_ends_stay_in_their_cell() {
        assert_eq!(cell("a,b"), "\"a,b\"");
        assert_eq!(cell("a\"b"), "\"a\"\"b\"");
        assert_eq!(cell("a\r\nb"), "\"a\r\nb\"");
    }
}
