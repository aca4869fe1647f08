//! Classifies the JSON bodies of a file with redact-core: each value of each body alone, and prints
//! bytes and the seconds of the best of some rounds of each body. Reading the JSON is not counted.

use std::error::Error;
use std::hint::black_box;
use std::io::BufRead;
use std::time::Instant;

use redact_core::AnalyzerEngine;
use serde_json::{Value, json};

const ROUNDS: usize = 3;

fn main() -> Result<(), Box<dyn Error>> {
    let file = std::env::args().nth(1).ok_or("which file?")?;
    let engine = AnalyzerEngine::new();
    let (mut bytes, mut seconds, mut found) = (0, 0.0, 0);
    for line in std::io::BufReader::new(std::fs::File::open(file)?).lines() {
        let row: Value = serde_json::from_str(&line?)?;
        let body = row["request"]["body"].as_str().unwrap_or("");
        let mut values = Vec::new();
        collect(&serde_json::from_str(body)?, &mut values);
        let mut best = f64::INFINITY;
        let mut hits = 0;
        for _ in 0..ROUNDS {
            hits = 0;
            let began = Instant::now();
            for value in &values {
                hits += black_box(engine.analyze(value, None)?).detected_entities.len();
            }
            best = best.min(began.elapsed().as_secs_f64());
        }
        bytes += body.len();
        seconds += best;
        found += hits;
    }
    println!("{}", json!({ "bytes": bytes, "seconds": seconds, "found": found }));
    Ok(())
}

/// Texts and numbers of a body.
fn collect(value: &Value, values: &mut Vec<String>) {
    match value {
        Value::String(text) => values.push(text.clone()),
        Value::Number(number) => values.push(number.to_string()),
        Value::Array(items) => items.iter().for_each(|it| collect(it, values)),
        Value::Object(members) => members.values().for_each(|it| collect(it, values)),
        Value::Null | Value::Bool(_) => {}
    }
}
