//! The command `bench`: measures this machine. What it prints as JSON keeps its keys.

mod callers;
mod end_to_end;
mod fold;
mod load;
mod machine;

use std::fmt::Write as _;
use std::io::{IsTerminal, Write};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use crate::command::{BenchArgs, Format};
use callers::CallersTest;
use end_to_end::EndToEnd;
use fold::FoldBench;

#[derive(Debug, Serialize)]
struct Measured {
    /// Of the reference exchange: record decode and fold on one core, drains included.
    exchanges_per_second: f64,
    #[serde(flatten)]
    fold: FoldBench,
    bytes_per_caller: Option<f64>,
    callers_test: Option<CallersTest>,
    end_to_end: Option<EndToEnd>,
}

pub fn run(args: &BenchArgs) -> anyhow::Result<()> {
    if let Some(callers) = args.hold_callers {
        return print(&(serde_json::to_string(&callers::hold(callers)?)? + "\n"));
    }
    let bar = spinner();
    bar.set_message("folding the reference exchange on one core");
    let fold = fold::measure(&bar);
    let callers_test = if args.no_callers {
        None
    } else {
        bar.set_message("two hundred thousand callers, then a million");
        Some(callers::measure()?)
    };
    let end_to_end = if args.end_to_end {
        bar.set_message("end to end");
        Some(end_to_end::measure(args, &bar)?)
    } else {
        None
    };
    bar.finish_and_clear();
    let measured = Measured {
        exchanges_per_second: fold.rate(),
        fold,
        bytes_per_caller: callers_test.as_ref().map(CallersTest::bytes_per_caller),
        callers_test,
        end_to_end,
    };
    let json = serde_json::to_string_pretty(&measured)? + "\n";
    print(&match args.format {
        Format::Json => json,
        Format::Text => table(&json),
    })
}

fn print(text: &str) -> anyhow::Result<()> {
    Ok(std::io::stdout().lock().write_all(text.as_bytes())?)
}

/// Hidden unless somebody is there to see it.
fn spinner() -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// A line each of what pretty JSON has, in its order; a map of values would sort the keys.
fn table(json: &str) -> String {
    let mut out = String::new();
    for line in json.lines() {
        let Some((key, value)) = line.split_once(": ") else {
            continue;
        };
        let depth = key.len() - key.trim_start().len() - 2;
        let name = key.trim().trim_matches('"').replace('_', " ");
        let name = format!("{:depth$}{name}", "");
        // Writing to a String cannot fail.
        let _ = match value.trim_end_matches(',') {
            "null" => continue,
            "{" => writeln!(out, "{name}"),
            number => writeln!(out, "{name:<36} {:>16}", rounded(number)),
        };
    }
    out
}

/// Two digits after the point where they say something.
fn rounded(number: &str) -> String {
    match number.parse::<f64>() {
        Ok(value) if number.contains('.') => {
            let digits = if value.abs() >= 1_000.0 { 0 } else { 2 };
            format!("{value:.digits$}")
        }
        _ => number.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_keeps_the_order_and_leaves_out_what_was_not_measured() {
        let json = "{\n  \"z_per_second\": 81234.56,\n  \"a\": {\n    \"fold\": 12.534,\n    \"n\": 20000\n  },\n  \"end_to_end\": null\n}";
        let table = table(json);
        let lines: Vec<Vec<&str>> = table
            .lines()
            .map(|it| it.split_whitespace().collect())
            .collect();
        assert_eq!(
            lines,
            [
                vec!["z", "per", "second", "81235"],
                vec!["a"],
                vec!["fold", "12.53"],
                vec!["n", "20000"]
            ]
        );
    }
}
