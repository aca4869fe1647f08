//! Reads API definitions and prints what they say: `definition FILE…`; with `--all` each operation,
//! with `--openapi` the document that Gatewatch writes of it when nothing was seen yet.

#![expect(clippy::print_stdout, reason = "printing is what this is for")]

use std::time::Instant;

use gatewatch_estate::{LearnedApi, openapi};
use gatewatch_model::definition::Definition;
use gatewatch_model::effects::{CollectionKind, CollectionRow};
use gatewatch_model::facts::SignalFacts;
use gatewatch_model::{CollectionId, Timestamp};

fn main() {
    let (flags, files): (Vec<_>, Vec<_>) = std::env::args()
        .skip(1)
        .partition(|it| it.starts_with("--"));
    for file in &files {
        print(file, &flags);
    }
}

fn print(file: &str, flags: &[String]) {
    let all = flags.iter().any(|it| it == "--all");
    let bytes = match std::fs::read(file) {
        Ok(bytes) => bytes,
        Err(error) => return println!("{file}: {error}"),
    };
    let start = Instant::now();
    let (definition, warnings) = match gatewatch_estate::definition::read(&bytes, Some(file)) {
        Ok(read) => read,
        Err(error) => return println!("{file}: {error}"),
    };
    if flags.iter().any(|it| it == "--openapi") {
        return print!("{}", openapi::text(&unseen(&definition)));
    }
    let millis = start.elapsed().as_millis();
    let members = definition.operations.iter().map(|it| {
        let answers = it.responses.iter().map(|it| it.members.len());
        it.request.len() + answers.sum::<usize>()
    });
    println!(
        "{file}: {} `{}` {}, {} servers, {} operations, {} members, {} warnings, {millis} ms",
        definition.format,
        definition.title,
        definition.version,
        definition.servers.len(),
        definition.operations.len(),
        members.sum::<usize>(),
        warnings.len(),
    );
    for warning in &warnings {
        println!(
            "  line {} {}: {}",
            warning.line, warning.pointer, warning.text
        );
    }
    for operation in definition.operations.iter().filter(|_| all) {
        println!("  {} {}", operation.method, operation.template);
        println!("    {:?}", operation.security);
        for member in &operation.request {
            println!("    {member:?}");
        }
        for response in &operation.responses {
            println!("    {} {:?}", response.status, response.types);
            for member in &response.members {
                println!("      {member:?}");
            }
        }
    }
}

fn unseen(definition: &Definition) -> serde_json::Value {
    let collection = CollectionRow {
        id: CollectionId([0; 16]),
        scope: "".into(),
        signals: SignalFacts::default(),
        name: definition.title.clone(),
        kind: CollectionKind::Api,
        first_seen: Timestamp::ZERO,
        last_seen: Timestamp::ZERO,
        calls: 0,
        endpoints: 0,
        definition: None,
    };
    let endpoints = Vec::new();
    let learned = LearnedApi {
        collection,
        endpoints,
    };
    openapi::write(&learned, Some(definition))
}
