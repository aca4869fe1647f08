//! Scores hits against labelled exchanges: JSON Lines from standard input, each with `labels` that
//! name places and types. Prints precision, recall and F1 of each type, by single exchanges and
//! with what is known of members; then the same for JSON bodies in which every labelled member has
//! a name that says nothing. `--predictions FILE` writes the hits, `--wrong` lists the errors,
//! `--half a|b` takes half of the endpoints.
#![expect(clippy::print_stdout, reason = "an example that prints its table")]

mod members;
mod neutral;
mod table;

use std::collections::BTreeSet;
use std::error::Error;
use std::io::{BufRead, Write, stdin};
use std::sync::Arc;

use gatewatch_classify::{Catalogue, Classifier, SHIPPED, Switches};
use gatewatch_decode::Reading;
use gatewatch_model::Exchange;
use gatewatch_model::exchange::{Body, Headers, Response};
use serde_json::Value;

use members::Members;
use table::{SURE, Scores};

/// A hit, as the labels name it.
#[derive(Clone, Debug)]
pub struct Found {
    pub id: String,
    pub place: String,
    /// The id in the catalogue, with `_`.
    pub info_type: String,
    pub percent: u8,
    /// Its member, to know what all values of it say.
    pub member: String,
}

struct Options {
    predictions: Option<String>,
    wrong: bool,
    half: Option<String>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let options = options()?;
    let mut rows = Vec::new();
    for line in stdin().lock().lines() {
        let row: Value = serde_json::from_str(&line?)?;
        let letter = half_of(text(&row["endpoint"]));
        if options.half.as_ref().is_none_or(|it| it == letter) {
            rows.push(row);
        }
    }
    let catalogue = Arc::new(SHIPPED.clone());
    let (once, with) = find(&catalogue, &rows);
    if let Some(file) = &options.predictions {
        write(file, &with)?;
        write(&format!("{file}.single"), &once)?;
    }
    let every = |_: &str| true;
    let by_single = Scores::of(&rows, &once, every);
    let by_member = Scores::of(&rows, &with, every);
    by_member.print_types();
    println!("single exchanges      {}", by_single.summary());
    println!("with members          {}", by_member.summary());
    println!("over 30 labels        {}", by_member.summary_from(30));
    if options.wrong {
        by_member.print_wrong();
    }
    let neutral = rows.iter().filter_map(neutral::neutral).collect::<Vec<_>>();
    let (once, with) = find(&catalogue, &neutral);
    let certain = certain(&catalogue);
    let is_certain = |it: &str| certain.contains(it);
    println!("neutral names, types with check digits or prefixes, JSON bodies:");
    println!(
        "single exchanges      {}",
        Scores::of(&neutral, &once, is_certain).summary()
    );
    let scores = Scores::of(&neutral, &with, is_certain);
    println!("with members          {}", scores.summary());
    if options.wrong {
        scores.print_types();
        scores.print_wrong();
    }
    Ok(())
}

fn options() -> Result<Options, Box<dyn Error>> {
    let mut options = Options {
        predictions: None,
        wrong: false,
        half: None,
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--predictions" => options.predictions = arguments.next(),
            "--wrong" => options.wrong = true,
            "--half" => options.half = arguments.next(),
            other => return Err(format!("what is `{other}`?").into()),
        }
    }
    Ok(options)
}

fn half_of(endpoint: &str) -> &'static str {
    let sum = endpoint
        .bytes()
        .fold(0_u32, |sum, it| sum.wrapping_mul(31) + u32::from(it));
    if sum / 7 % 2 == 0 { "a" } else { "b" }
}

/// The hits of all rows, by single exchanges and by what their members are.
fn find(catalogue: &Arc<Catalogue>, rows: &[Value]) -> (Vec<Found>, Vec<Found>) {
    let on = Switches::all(catalogue);
    let mut classifier = Classifier::new(Arc::clone(catalogue));
    let mut reading = Reading::default();
    let mut members = Members::default();
    let mut all = Vec::new();
    for row in rows {
        reading.read(&exchange(row));
        let endpoint = text(&row["endpoint"]);
        members.see_values(endpoint, reading.leaves());
        let hits = classifier.find(reading.leaves(), &on);
        members.see_hits(endpoint, reading.leaves(), hits);
        for hit in hits {
            let Some(leaf) = reading.leaves().get(hit.leaf as usize) else {
                continue;
            };
            let mut place = String::new();
            leaf.write_place(&mut place);
            let info_type = catalogue.by_key(hit.info_type);
            all.push(Found {
                id: text(&row["id"]).to_owned(),
                member: members::key(endpoint, leaf),
                place: labelled_place(place),
                info_type: info_type.map_or(String::new(), |it| it.id.replace('-', "_")),
                percent: hit.confidence,
            });
        }
    }
    let mut with = all.clone();
    for found in &mut with {
        found.percent = members.finish(catalogue, found);
    }
    let sure = |it: &Found| it.percent >= SURE;
    all.retain(sure);
    with.retain(sure);
    (all, with)
}

/// The labels say where a cookie stands by its header.
fn labelled_place(place: String) -> String {
    if place.starts_with("$.request.cookies") {
        return "$.request.headers.cookie".to_owned();
    }
    if place.starts_with("$.response.cookies") {
        return "$.response.headers.set-cookie".to_owned();
    }
    place
}

fn exchange(row: &Value) -> Exchange<'_> {
    let mut exchange = Exchange::default();
    let (request, response) = (&row["request"], &row["response"]);
    exchange.request.method = text(&row["method"]).into();
    exchange.request.url = text(&request["path"]).into();
    exchange.request.headers = Some(headers(request));
    exchange.request.body = Some(body(request));
    exchange.response = Some(Response {
        status: response["status"].as_u64().map(|it| it as u16),
        headers: Some(headers(response)),
        body: Some(body(response)),
        latency_micros: None,
    });
    exchange
}

fn headers(message: &Value) -> Headers<'_> {
    let pairs = message["headers"].as_object().into_iter().flatten();
    pairs
        .map(|(name, value)| (name.as_str().into(), text(value).into()))
        .collect()
}

fn body(message: &Value) -> Body<'_> {
    let text = text(&message["body"]);
    Body {
        bytes: text.as_bytes().into(),
        bytes_total: text.len() as u64,
    }
}

pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("")
}

/// Types whose values say what they are: by a check digit or a fixed beginning.
fn certain(catalogue: &Catalogue) -> BTreeSet<String> {
    let types = catalogue.types().iter().filter(|it| {
        let mut patterns = it.patterns.iter();
        patterns.any(|it| it.alone >= 90 || it.check.is_some_and(|it| it.one_in >= 10))
    });
    types.map(|it| it.id.replace('-', "_")).collect()
}

fn write(file: &str, found: &[Found]) -> Result<(), Box<dyn Error>> {
    let mut out = std::io::BufWriter::new(std::fs::File::create(file)?);
    for it in found {
        let row = serde_json::json!({
            "id": it.id, "path": it.place, "type": it.info_type,
            "confidence": f64::from(it.percent) / 100.0,
        });
        writeln!(out, "{row}")?;
    }
    Ok(())
}
