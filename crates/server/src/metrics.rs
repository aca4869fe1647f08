//! Numbers for Prometheus. Labels are stages, partitions and routes only, so there are few.

use std::fmt::{Display, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::on;
use gatewatch_model::Timestamp;
use gatewatch_ports::store::Role;

use crate::openapi::Content;
use crate::problem::Problem;
use crate::routes::{self, Answer, Face, Gate, Operation, Route, Scoped, Verb};
use crate::shared::Shared;

const MEDIA_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";
const ROUTES_MAX: usize = 64;
/// 1xx to 5xx.
const CLASSES: usize = 5;

pub(crate) static ROUTES: &[Route] = &[Route {
    verb: Verb::Get,
    path: "/metrics",
    face: Face::Always,
    gate: Gate::Least(Role::Reader),
    scope: Scoped::Whole,
    operation: Operation {
        id: "getMetrics",
        summary: "Metrics for Prometheus",
        description: "Times are in seconds, sizes in bytes.",
        answers: &[Answer {
            status: 200,
            what: "The text format 0.0.4.",
            contents: &[Content::Text("text/plain")],
        }],
        ..Operation::PLAIN
    },
    answer: |verb| on(verb, get_metrics),
}];

/// Answers by route and class of status.
pub(crate) struct Requests(Vec<OfRoute>);

#[derive(Default)]
struct OfRoute {
    classes: [AtomicU64; CLASSES],
    micros: AtomicU64,
}

impl Default for Requests {
    fn default() -> Requests {
        Requests((0..ROUTES_MAX).map(|_| OfRoute::default()).collect())
    }
}

impl Requests {
    pub fn count(&self, route: usize, status: StatusCode, took: Duration) {
        let Some(row) = self.0.get(route) else { return };
        let class = usize::from(status.as_u16() / 100).clamp(1, CLASSES) - 1;
        row.classes[class].fetch_add(1, Ordering::Relaxed);
        row.micros
            .fetch_add(took.as_micros() as u64, Ordering::Relaxed);
    }
}

async fn get_metrics(State(shared): State<Arc<Shared>>) -> Result<impl IntoResponse, Problem> {
    let bytes = shared.blocking.ask(|store| store.bytes()).await?;
    let mut page = Page::default();
    write_totals(&mut page, &shared);
    write_reached(&mut page, &shared);
    write_journals(&mut page, &shared);
    write_requests(&mut page, &shared.requests);
    page.one(
        "gatewatch_store_bytes",
        "gauge",
        "Size of the store.",
        bytes,
    );
    Ok(([(CONTENT_TYPE, MEDIA_TYPE)], page.0))
}

fn write_totals(page: &mut Page, shared: &Shared) {
    let live = &shared.live;
    page.head("gatewatch_build_info", "gauge", "The release that runs.");
    page.row("gatewatch_build_info", &[("version", &shared.version)], 1);
    for (name, help, counter) in [
        (
            "gatewatch_exchanges_accepted_total",
            "Exchanges that were acknowledged.",
            &live.exchanges_accepted,
        ),
        (
            "gatewatch_lines_refused_total",
            "Lines that could not be read.",
            &live.lines_refused,
        ),
        (
            "gatewatch_batches_duplicate_total",
            "Batches that were on disk already.",
            &live.batches_duplicate,
        ),
        (
            "gatewatch_batches_refused_total",
            "Batches that were not taken.",
            &live.batches_refused,
        ),
        (
            "gatewatch_records_folded_total",
            "Records folded.",
            &live.records_folded,
        ),
        (
            "gatewatch_records_set_aside_total",
            "Records that broke the fold.",
            &live.records_set_aside,
        ),
        (
            "gatewatch_checkpoints_total",
            "Checkpoints written.",
            &live.checkpoints,
        ),
        (
            "gatewatch_checkpoint_failures_total",
            "Checkpoints that failed.",
            &live.checkpoint_failures,
        ),
    ] {
        page.one(name, "counter", help, counter.load(Ordering::Relaxed));
    }
    write_gauges(page, shared);
}

fn write_gauges(page: &mut Page, shared: &Shared) {
    let live = &shared.live;
    let seconds = live.checkpoint_micros.load(Ordering::Relaxed) as f64 / 1e6;
    page.one(
        "gatewatch_checkpoint_seconds_total",
        "counter",
        "Time spent on checkpoints.",
        seconds,
    );
    let stalled = u8::from(live.stalled.load(Ordering::Relaxed));
    page.one(
        "gatewatch_stalled",
        "gauge",
        "1 when a part of the fold has stopped for good.",
        stalled,
    );
    let (held, streams) = (shared.room.bytes_held(), shared.streams.open());
    page.one(
        "gatewatch_ingest_bytes_held",
        "gauge",
        "Bytes of bodies on their way in.",
        held,
    );
    page.one(
        "gatewatch_event_streams",
        "gauge",
        "Open streams of events.",
        streams,
    );
}

fn write_reached(page: &mut Page, shared: &Shared) {
    let now = shared.now();
    let reached: Vec<_> = shared.live.all_reached().collect();
    let mut gauge =
        |name: &str,
         help: &str,
         value: &dyn Fn(&gatewatch_pipeline::live::Reached) -> Option<i64>| {
            page.head(name, "gauge", help);
            for it in &reached {
                if let Some(value) = value(it) {
                    page.row(
                        name,
                        &[("stage", &it.stage.name()), ("partition", &it.partition.0)],
                        value,
                    );
                }
            }
        };
    gauge(
        "gatewatch_effects_position",
        "Records below are visible.",
        &|it| Some(it.effects.0.cast_signed()),
    );
    gauge(
        "gatewatch_state_position",
        "Records below are in a snapshot.",
        &|it| Some(it.state.0.cast_signed()),
    );
    gauge(
        "gatewatch_visible_age_seconds",
        "Age of what became visible last.",
        &|it| {
            (it.received != Timestamp::ZERO).then(|| (now.seconds() - it.received.seconds()).max(0))
        },
    );
    page.head(
        "gatewatch_records_waiting",
        "gauge",
        "Records that are on disk and not visible yet.",
    );
    for (stage, journal) in &shared.journals {
        for it in reached
            .iter()
            .filter(|it| it.stage == *stage && it.partition.0 < journal.partitions())
        {
            let waiting = journal.end(it.partition).0.saturating_sub(it.effects.0);
            let labels: &[(&str, &dyn Display)] =
                &[("stage", &stage.name()), ("partition", &it.partition.0)];
            page.row("gatewatch_records_waiting", labels, waiting);
        }
    }
}

fn write_journals(page: &mut Page, shared: &Shared) {
    let healths: Vec<_> = shared
        .journals
        .iter()
        .map(|(stage, it)| (stage.name(), it.health()))
        .collect();
    let mut metric =
        |name: &str, kind: &str, help: &str, value: fn(&gatewatch_ports::JournalHealth) -> u64| {
            page.head(name, kind, help);
            for (stage, health) in &healths {
                page.row(name, &[("stage", stage)], value(health));
            }
        };
    metric(
        "gatewatch_journal_bytes",
        "gauge",
        "Size of the journal.",
        |it| it.bytes,
    );
    metric(
        "gatewatch_journal_bytes_max",
        "gauge",
        "What the journal may grow to.",
        |it| it.bytes_max,
    );
    metric(
        "gatewatch_journal_segments",
        "gauge",
        "Files of the journal.",
        |it| it.segments,
    );
    metric(
        "gatewatch_journal_senders",
        "gauge",
        "Senders whose last batch is known.",
        |it| it.senders,
    );
    metric(
        "gatewatch_journal_records_lost",
        "gauge",
        "Records that can no longer be read.",
        |it| it.records_lost,
    );
    metric(
        "gatewatch_journal_tail_cut_bytes",
        "gauge",
        "Torn tail that was cut off at start.",
        |it| it.tail_cut_bytes,
    );
}

fn write_requests(page: &mut Page, requests: &Requests) {
    page.head(
        "gatewatch_http_requests_total",
        "counter",
        "Answers by route and class of status.",
    );
    for (route, row) in routes::all().zip(&requests.0) {
        for (class, counter) in (1..).zip(&row.classes) {
            let count = counter.load(Ordering::Relaxed);
            if count > 0 {
                let class: u8 = class;
                let labels: &[(&str, &dyn Display)] = &[
                    ("method", &route.verb.name()),
                    ("route", &route.path),
                    ("class", &format!("{class}xx")),
                ];
                page.row("gatewatch_http_requests_total", labels, count);
            }
        }
    }
    page.head(
        "gatewatch_http_seconds_total",
        "counter",
        "Time until answers began, by route.",
    );
    for (route, row) in routes::all().zip(&requests.0) {
        let seconds = row.micros.load(Ordering::Relaxed) as f64 / 1e6;
        if seconds > 0.0 {
            let labels: &[(&str, &dyn Display)] =
                &[("method", &route.verb.name()), ("route", &route.path)];
            page.row("gatewatch_http_seconds_total", labels, seconds);
        }
    }
}

/// The text so far. Labels are our own words and need no escaping. Writing to a String cannot
/// fail.
#[derive(Default)]
struct Page(String);

impl Page {
    fn one(&mut self, name: &str, kind: &str, help: &str, value: impl Display) {
        self.head(name, kind, help);
        let _ = writeln!(self.0, "{name} {value}");
    }

    fn head(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn row(&mut self, name: &str, labels: &[(&str, &dyn Display)], value: impl Display) {
        let labels: Vec<_> = labels
            .iter()
            .map(|(name, value)| format!("{name}=\"{value}\""))
            .collect();
        let _ = writeln!(self.0, "{name}{{{}}} {value}", labels.join(","));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_has_a_row_to_be_counted_in() {
        assert!(routes::all().count() <= ROUTES_MAX);
    }

    #[test]
    fn answers_are_counted_by_class() {
        let requests = Requests::default();
        requests.count(1, StatusCode::OK, Duration::from_millis(1_500));
        requests.count(1, StatusCode::NOT_FOUND, Duration::from_millis(500));
        let mut page = Page::default();
        write_requests(&mut page, &requests);
        let route = routes::all().nth(1).unwrap();
        let (method, path) = (route.verb.name(), route.path);
        for line in [
            format!(
                "gatewatch_http_requests_total{{method=\"{method}\",route=\"{path}\",class=\"2xx\"}} 1\n"
            ),
            format!(
                "gatewatch_http_requests_total{{method=\"{method}\",route=\"{path}\",class=\"4xx\"}} 1\n"
            ),
            format!("gatewatch_http_seconds_total{{method=\"{method}\",route=\"{path}\"}} 2\n"),
        ] {
            assert!(page.0.contains(&line), "{line} in {}", page.0);
        }
    }
}
