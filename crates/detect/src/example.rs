//! Examples prove a rule: each is looked at as it would come, in the first part where its rule
//! looks. What fires must fire, what is quiet must not.

use std::fmt::Write;
use std::sync::Arc;

use gatewatch_decode::Reading;
use gatewatch_model::Exchange;
use gatewatch_model::exchange::{Body, Response};

use crate::compiled::Compiled;
use crate::detection::{Detection, Part, Rule};
use crate::detector::Detector;
use crate::seen::{Seen, Thresholds};

/// An example that does not fire, or one that should be quiet and does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Surprise {
    /// Index into the rules of its detection.
    pub rule: usize,
    /// Whether it should fire.
    pub fires: bool,
    /// Index into those that fire, or those that are quiet.
    pub example: usize,
    pub why: String,
}

/// Tries examples.
pub struct Prover {
    detector: Detector,
    reading: Reading,
}

impl Compiled {
    pub fn prover(self: Arc<Self>) -> Prover {
        // What the model says of an example is nothing that its author could mend.
        Prover {
            detector: Detector::new(self, Thresholds::default()).with_model(None),
            reading: Reading::default(),
        }
    }
}

impl Prover {
    pub fn prove(&mut self, detection: &Detection) -> Vec<Surprise> {
        let mut surprises = Vec::new();
        for (at, rule) in detection.rules.iter().enumerate() {
            for (fires, examples) in [(true, &rule.fires), (false, &rule.quiet)] {
                for (example, text) in examples.iter().enumerate() {
                    if self.does_fire(&detection.id, rule, text) != fires {
                        surprises.push(Surprise {
                            rule: at,
                            fires,
                            example,
                            why: why(rule, text, fires),
                        });
                    }
                }
            }
        }
        surprises
    }

    fn does_fire(&mut self, detection: &str, rule: &Rule, text: &str) -> bool {
        let exchange = exchange(rule, text);
        self.reading.read(&exchange);
        let seen = self.detector.see(&exchange, &self.reading);
        fires(&seen, detection, &rule.id)
    }
}

fn fires(seen: &Seen<'_>, detection: &str, rule: &str) -> bool {
    let mut all = seen.signals().chain(seen.nearly());
    all.any(|it| *it.detection.id == *detection && it.marks().any(|it| it == rule))
}

fn why(rule: &Rule, text: &str, fires: bool) -> String {
    let hint = if !fires {
        "make the pattern narrower, or let it look elsewhere"
    } else if rule.pattern.bytes().any(|it| it.is_ascii_uppercase()) && !rule.pattern.contains('\\')
    {
        "values are compared in small letters; write the pattern so"
    } else if rule.gate.is_empty() {
        "look at `view` and `on` beside the pattern"
    } else {
        "look at `gate`, `view` and `on` beside the pattern"
    };
    let what = if fires { "does not fire" } else { "fires" };
    format!("rule `{}` {what} on `{text}`; {hint}", rule.id)
}

/// An example as it would come: in the first part where its rule looks.
fn exchange(rule: &Rule, example: &str) -> Exchange<'static> {
    let part = rule.on.first().copied().unwrap_or(Part::Query);
    let mut exchange = Exchange::default();
    exchange.request.method = "GET".into();
    exchange.request.url = match part {
        Part::Path if example.starts_with('/') => example.to_owned(),
        Part::Path => format!("/{example}"),
        Part::Query => format!("/x?q={}", escaped(example)),
        Part::Names => {
            let (name, value) = example.split_once('=').unwrap_or((example, ""));
            format!("/x?{}={}", escaped(name), escaped(value))
        }
        _ => "/x".to_owned(),
    }
    .into();
    let body = || {
        Some(Body {
            bytes: example.as_bytes().to_vec().into(),
            bytes_total: example.len() as u64,
        })
    };
    let heads = |name: &'static str, value: String| Some(vec![(name.into(), value.into())]);
    let plain = || heads("content-type", "text/plain".to_owned());
    match part {
        Part::Path | Part::Query | Part::Names => {}
        Part::UserAgent => exchange.request.headers = heads("user-agent", example.to_owned()),
        Part::Referer => exchange.request.headers = heads("referer", example.to_owned()),
        Part::Headers => exchange.request.headers = heads("x-custom", example.to_owned()),
        Part::Cookies => exchange.request.headers = heads("cookie", format!("c={example}")),
        Part::Body => {
            exchange.request.headers = plain();
            exchange.request.body = body();
        }
        Part::Answer => {
            exchange.response = Some(Response {
                headers: plain(),
                body: body(),
                ..Response::default()
            });
        }
        Part::AnswerHeaders => {
            exchange.response = Some(Response {
                headers: heads("x-custom", example.to_owned()),
                ..Response::default()
            });
        }
    }
    exchange
}

fn escaped(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        // Writing to a String cannot fail.
        let _ = write!(out, "%{byte:02x}");
        out
    })
}
