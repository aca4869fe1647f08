//! A live table in the terminal: collections and the busiest endpoints, as the API answers them.

use std::collections::BTreeMap;

use console::{measure_text_width, style, truncate_str};
use gatewatch_model::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::attacks::Attack;
use crate::client::{Client, ClientError};

/// How many are asked for; a terminal shows fewer.
const COLLECTIONS: &str = "/api/v1/collections?sort=calls&order=desc&limit=12";
const SIGNALS: &str = "/api/v1/signals?limit=12";
const ENDPOINTS: &str = "/api/v1/endpoints?sort=calls&order=desc&limit=60";
/// How much of a new rate shows at once; checkpoints make the raw one jump.
const FRESH: f64 = 0.35;
const COLLECTIONS_SHARE_MAX: usize = 3;
/// How the line of an attack that is under way begins.
const NOW: &str = "attack now:";

/// What the API said last, and what follows from what it said before.
#[derive(Default)]
pub struct Board {
    collections: Vec<Collection>,
    collections_total: u64,
    endpoints: Vec<Endpoint>,
    endpoints_total: u64,
    /// Paths that only ever answered that there is nothing.
    missed: u64,
    rates: BTreeMap<String, Rate>,
    now: Timestamp,
    /// What the demo does beside ordinary traffic.
    pub attack: String,
    /// Attacks that were seen, by class.
    seen: Vec<Class>,
}

#[derive(Clone, Copy)]
struct Rate {
    calls: u64,
    per_second: f64,
}

#[derive(Deserialize)]
struct List<T> {
    items: Vec<T>,
    total: u64,
    /// Of endpoints alone.
    #[serde(default)]
    missed: u64,
}

#[derive(Deserialize)]
struct Class {
    class: String,
    attacks: u64,
}

#[derive(Deserialize)]
struct Collection {
    id: String,
    name: String,
    kind: String,
    calls: u64,
    endpoints: u64,
    last_seen: String,
}

#[derive(Deserialize)]
struct Endpoint {
    id: String,
    collection: String,
    method: String,
    template: String,
    calls: u64,
    statuses: Vec<StatusCount>,
    latency_micros: Option<Spread>,
    last_seen: String,
}

#[derive(Deserialize)]
struct StatusCount {
    status: Option<u16>,
    calls: u64,
}

#[derive(Deserialize)]
struct Spread {
    p95: u64,
}

impl Board {
    /// Asks the API anew. `now` is when it is asked.
    pub async fn refresh(&mut self, client: &Client, now: Timestamp) -> Result<(), ClientError> {
        let collections: List<Collection> = ask(client, COLLECTIONS).await?;
        let endpoints: List<Endpoint> = ask(client, ENDPOINTS).await?;
        let signals: List<Class> = ask(client, SIGNALS).await?;
        self.take(collections, endpoints, now);
        self.seen = signals.items;
        Ok(())
    }

    /// All there is to say in one line.
    pub fn summary(&self) -> String {
        format!("{}; {}; {}", self.counts(), self.attack, self.seen())
    }

    /// `attacks seen: sqli 12, xss 3`.
    fn seen(&self) -> String {
        let seen = self.seen.iter().filter(|it| it.attacks > 0);
        let seen = seen.map(|it| format!("{} {}", plain(&it.class), it.attacks));
        match seen.collect::<Vec<_>>().join(", ") {
            none if none.is_empty() => "no attacks seen yet".to_owned(),
            seen => format!("attacks seen: {seen}"),
        }
    }

    /// Calls of all collections shown, and of the endpoints how many there are.
    fn counts(&self) -> String {
        let calls: u64 = self.collections.iter().map(|it| it.calls).sum();
        let rate: f64 = self.collections.iter().map(|it| self.rate(&it.id)).sum();
        format!(
            "{} collections, {} endpoints (and {} paths that are not there), {calls} calls, {rate:.0}/s",
            self.collections_total, self.endpoints_total, self.missed
        )
    }

    /// Lines that fit a screen of that size.
    pub fn lines(&self, width: usize, height: usize) -> Vec<String> {
        let attack = style(&self.attack);
        let attack = if self.attack.starts_with(NOW) {
            attack.red()
        } else {
            attack.dim()
        };
        let counts = style(self.counts()).bold();
        let mut lines = vec![
            counts.to_string(),
            attack.to_string(),
            self.seen(),
            String::new(),
        ];
        let heading = format!(
            "{:>9} {:>8} {:>6} {:>9} {:>9}  ",
            "calls", "rate/s", "errors", "p95 ms", "last seen"
        );
        lines.push(
            style(format!("{heading}collection"))
                .underlined()
                .to_string(),
        );
        let few = self.collections.len().min(height / COLLECTIONS_SHARE_MAX);
        lines.extend(
            self.collections
                .iter()
                .take(few)
                .map(|it| self.collection(it)),
        );
        lines.push(String::new());
        lines.push(style(format!("{heading}endpoint")).underlined().to_string());
        let room = height.saturating_sub(lines.len());
        lines.extend(self.endpoints.iter().take(room).map(|it| self.endpoint(it)));
        lines.truncate(height);
        lines
            .iter()
            .map(|it| truncate_str(it, width, "…").into_owned())
            .collect()
    }

    fn collection(&self, row: &Collection) -> String {
        format!(
            "{:>9} {:>8.1} {:>6} {:>9} {:>9}  {} ({}, {} endpoints)",
            row.calls,
            self.rate(&row.id),
            "",
            "",
            self.ago(&row.last_seen),
            plain(&row.name),
            row.kind,
            row.endpoints
        )
    }

    fn endpoint(&self, row: &Endpoint) -> String {
        let errors = error_share(&row.statuses);
        let shown = format!("{:>5.1}%", errors * 100.0);
        let p95 = row
            .latency_micros
            .as_ref()
            .map(|it| format!("{:.1}", it.p95 as f64 / 1_000.0));
        format!(
            "{:>9} {:>8.1} {} {:>9} {:>9}  {} {}  {}",
            row.calls,
            self.rate(&row.id),
            if errors > 0.1 {
                style(shown).red().to_string()
            } else {
                shown
            },
            p95.unwrap_or_default(),
            self.ago(&row.last_seen),
            plain(&row.method),
            plain(&row.template),
            style(plain(&row.collection)).dim()
        )
    }

    fn take(&mut self, collections: List<Collection>, endpoints: List<Endpoint>, now: Timestamp) {
        let seconds = now.micros_since(self.now) as f64 / 1e6;
        let before = std::mem::take(&mut self.rates);
        let ids = collections.items.iter().map(|it| (&it.id, it.calls));
        for (id, calls) in ids.chain(endpoints.items.iter().map(|it| (&it.id, it.calls))) {
            let per_second = match before.get(id) {
                Some(last) if seconds > 0.0 => {
                    let fresh = calls.saturating_sub(last.calls) as f64 / seconds;
                    last.per_second + FRESH * (fresh - last.per_second)
                }
                _ => 0.0,
            };
            self.rates.insert(id.clone(), Rate { calls, per_second });
        }
        self.now = now;
        (self.collections, self.collections_total) = (collections.items, collections.total);
        (self.endpoints, self.endpoints_total) = (endpoints.items, endpoints.total);
        self.missed = endpoints.missed;
    }

    fn rate(&self, id: &str) -> f64 {
        self.rates.get(id).map_or(0.0, |it| it.per_second)
    }

    fn ago(&self, seen: &str) -> String {
        let Some(seen) = Timestamp::parse(seen) else {
            return String::new();
        };
        match self.now.micros_since(seen).max(0) / 1_000_000 {
            seconds @ 0..120 => format!("{seconds} s"),
            seconds @ 120..7_200 => format!("{} min", seconds / 60),
            seconds => format!("{} h", seconds / 3_600),
        }
    }
}

/// The attack that is under way or comes next, in words.
pub fn attack(now: Option<(&Attack, i64)>) -> String {
    match now {
        Some((attack, 0)) => format!("{NOW} {} ({}) {}", attack.name, attack.owasp, attack.does),
        Some((attack, seconds)) => format!("next attack in {seconds} s: {}", attack.name),
        None => "no attacks".to_owned(),
    }
}

/// How many rows of the screen a text takes, long lines wrapped.
pub fn rows(text: &str, width: usize) -> usize {
    text.lines()
        .map(|it| measure_text_width(it).div_ceil(width.max(1)).max(1))
        .sum()
}

async fn ask<T: DeserializeOwned>(client: &Client, path: &str) -> Result<List<T>, ClientError> {
    let answer = client.get(path).await?;
    serde_json::from_value(answer).map_err(|error| ClientError::Garbled {
        reason: error.to_string(),
    })
}

/// Client and server errors; what was not observed counts as neither.
fn error_share(statuses: &[StatusCount]) -> f64 {
    let all: u64 = statuses.iter().map(|it| it.calls).sum();
    let errors = statuses
        .iter()
        .filter(|it| it.status.is_some_and(|it| it >= 400));
    let errors: u64 = errors.map(|it| it.calls).sum();
    if all == 0 {
        0.0
    } else {
        errors as f64 / all as f64
    }
}

/// What callers send may not steer the terminal.
fn plain(text: &str) -> String {
    text.chars().filter(|it| !it.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoints(calls: u64) -> List<Endpoint> {
        let statuses = vec![
            StatusCount {
                status: Some(200),
                calls: calls / 2,
            },
            StatusCount {
                status: Some(404),
                calls: calls - calls / 2,
            },
        ];
        let endpoint = Endpoint {
            id: "e".into(),
            collection: "shop".into(),
            method: "GET".into(),
            template: "/a/{id}\u{1b}[2J".into(),
            calls,
            statuses,
            latency_micros: Some(Spread { p95: 12_345 }),
            last_seen: "1970-01-01T00:00:01Z".into(),
        };
        List {
            items: vec![endpoint],
            total: 1,
            missed: 7,
        }
    }

    fn collections(calls: u64) -> List<Collection> {
        let collection = Collection {
            id: "c".into(),
            name: "shop".into(),
            kind: "api".into(),
            calls,
            endpoints: 1,
            last_seen: "1970-01-01T00:00:01Z".into(),
        };
        List {
            items: vec![collection],
            total: 1,
            missed: 0,
        }
    }

    #[test]
    fn the_table_fits_and_shows_what_the_api_says() {
        let mut board = Board::default();
        board.take(collections(100), endpoints(100), Timestamp::from_seconds(1));
        board.take(collections(300), endpoints(300), Timestamp::from_seconds(3));
        board.seen = vec![Class {
            class: "sqli".into(),
            attacks: 12,
        }];
        let lines = board.lines(200, 40);
        let text = console::strip_ansi_codes(&lines.join("\n")).into_owned();
        assert!(
            text.contains("300     35.0  50.0%      12.3       2 s  GET /a/{id}[2J  shop"),
            "{text}"
        );
        assert!(text.contains("attacks seen: sqli 12"), "{text}");
        assert!(
            text.contains(
                "1 collections, 1 endpoints (and 7 paths that are not there), 300 calls, 35/s"
            ),
            "{text}"
        );
    }

    #[test]
    fn no_line_is_wider_and_no_screen_higher_than_asked() {
        let mut board = Board::default();
        board.take(collections(1), endpoints(1), Timestamp::from_seconds(1));
        for (width, height) in [(20, 6), (80, 24), (1, 1)] {
            let lines = board.lines(width, height);
            assert!(lines.len() <= height);
            assert!(
                lines.iter().all(|it| measure_text_width(it) <= width),
                "{lines:?}"
            );
        }
    }

    #[test]
    fn wrapped_lines_count_as_often_as_they_wrap() {
        assert_eq!(rows("abc\n\nabcdef", 3), 4);
    }
}
