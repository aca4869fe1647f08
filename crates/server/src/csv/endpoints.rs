//! The columns of endpoints.

use std::fmt::Write;
use std::sync::Arc;

use axum::response::Response;
use gatewatch_model::Timestamp;
use gatewatch_model::sensitivity::Sensitivity;
use gatewatch_ports::store::{EndpointItem, EndpointQuery, Page};

use super::{Sheet, line, write};
use crate::problem::Problem;
use crate::sensitive::{self, Carried};
use crate::shapes::{Endpoint, Spread};
use crate::shared::Shared;

const COLUMNS: &str = "id,collection_id,collection,scope,method,template,calls,statuses,callers_estimate,\
    request_bytes_p50,request_bytes_p95,response_bytes_p50,response_bytes_p95,\
    latency_micros_p50,latency_micros_p95,latency_micros_p99,first_seen,last_seen,state,\
    authentication,external_last_seen,anonymous_answered,encrypted,deprecated,protocol,role,drift,\
    known_by,credentials,confidence,sensitive,label,info_types,info_categories,sensitive_spots,\
    credential_types,attacks,suspicious,attacks_answered,attack_classes";

pub(crate) async fn endpoints(
    shared: Arc<Shared>,
    query: EndpointQuery,
) -> Result<Response, Problem> {
    let sheet = Sheet {
        name: "endpoints",
        columns: COLUMNS,
        offset: query.offset,
        limit: query.limit,
    };
    write(sheet, move |offset, limit| {
        let (shared, query) = (shared.clone(), query.clone());
        async move {
            let fresh_after = query.facts.fresh_after;
            let asked = EndpointQuery {
                offset,
                limit,
                ..query
            };
            let page = shared
                .blocking
                .ask(move |store| Ok((store.endpoints(&asked)?, sensitive::said(store)?)));
            let (page, said) = page.await?;
            let rows = page.items.into_iter();
            Ok(Page {
                items: rows.map(|it| row(it, fresh_after, &said)).collect(),
                total: page.total,
            })
        }
    })
    .await
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
    line(cells.into_iter().chain(known))
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
