//! One line for each exchange, in the order of the input, with the endpoint as it is known after
//! everything was read. This format is a contract.

use std::io::Write;

use gatewatch_model::signal::Signal;
use serde::Serialize;

use super::folding::{Known, Lines};
use super::hits::Told;
use super::reading::FileRead;
use super::spill::Provisional;

#[derive(Serialize)]
struct Line<'l> {
    id: &'l str,
    collection: &'l str,
    endpoint: &'l str,
    hits: &'l [Told<'l>],
    signals: Vec<Claim<'l>>,
    verdict: &'static str,
}

/// A signal, the strongest first.
#[derive(Serialize)]
struct Claim<'l> {
    detector: &'l str,
    class: &'l str,
    at: &'l str,
    confidence: f64,
    severity: &'static str,
}

impl<'l> From<&'l Signal> for Claim<'l> {
    fn from(signal: &'l Signal) -> Claim<'l> {
        let Signal {
            detection,
            class,
            place,
            confidence,
            severity,
            judgement: _,
        } = signal;
        Claim {
            detector: detection,
            class,
            at: place,
            confidence: f64::from(*confidence) / 100.0,
            severity: severity.name(),
        }
    }
}

pub fn write(
    lines: Lines,
    known: &Known,
    files: &[FileRead],
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let mut place = String::new();
    lines.each(known, &mut |line, ended| {
        let line = Line {
            id: id(line, files, &mut place),
            collection: ended.collection,
            endpoint: ended.endpoint,
            hits: &ended.hits,
            signals: line.signals.iter().map(Claim::from).collect(),
            verdict: line.judgement.name(),
        };
        serde_json::to_writer(&mut *out, &line)?;
        Ok(out.write_all(b"\n")?)
    })
}

/// Its own, else where it stands.
fn id<'l>(line: &'l Provisional<'_>, files: &[FileRead], place: &'l mut String) -> &'l str {
    if let Some(id) = &line.id {
        return id;
    }
    let file = files
        .get(line.file as usize)
        .map_or("", |it| it.name.as_str());
    *place = format!("{file}:{}", line.line);
    place
}
