//! The command `bench`: measures this machine. What it prints as JSON keeps its keys.

mod budget;
mod callers;
mod end_to_end;
mod fold;
mod load;
mod machine;
mod made;
mod speeds;
mod stages;

use std::fmt::Write as _;
use std::io::{IsTerminal, Write};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use crate::command::{BenchArgs, Format};
use budget::Figure;
use callers::CallersTest;
use end_to_end::EndToEnd;
use fold::FoldBench;
use speeds::Speeds;
use stages::Stages;

/// What the design promises of the whole fold.
const EXCHANGES_PER_SECOND: f64 = 40_000.0;

#[derive(Debug, Serialize)]
struct Measured {
    /// Of the reference exchange: record decode and fold on one core, drains included.
    exchanges_per_second: Figure,
    stage_microseconds: Stages,
    megabytes_per_second: Speeds,
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
    bar.set_message("the stages of the fold, one after the other");
    let stage_microseconds = stages::measure(&bar);
    bar.set_message("classification and detection alone");
    let megabytes_per_second = speeds::measure()?;
    let callers_test = if args.callers {
        bar.set_message("two hundred thousand callers, then a million");
        Some(callers::measure()?)
    } else {
        None
    };
    let end_to_end = if args.end_to_end {
        bar.set_message("end to end");
        Some(end_to_end::measure(args, &bar)?)
    } else {
        None
    };
    bar.finish_and_clear();
    let measured = Measured {
        exchanges_per_second: Figure::at_least(EXCHANGES_PER_SECOND, fold.rate()),
        stage_microseconds,
        megabytes_per_second,
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

/// A line each of what pretty JSON has, in its order; a map of values would sort the keys. What
/// has a budget is one line with it.
fn table(json: &str) -> String {
    let mut out = String::new();
    let mut title = None;
    for line in json.lines() {
        let Some((key, value)) = line.split_once(": ") else {
            continue;
        };
        let depth = key.len() - key.trim_start().len() - 2;
        let name = key.trim().trim_matches('"').replace('_', " ");
        let value = value.trim_end_matches(',');
        // Writing to a String cannot fail.
        let _ = match (&*name, value) {
            ("measured", number) => {
                let title = title.take().unwrap_or_default();
                write!(out, "{title:<36} {:>16}", rounded(number))
            }
            ("budget", "null") => writeln!(out),
            ("budget", number) => write!(out, "   budget {:>8}", rounded(number)),
            ("verdict", "null") => continue,
            ("verdict", verdict) => writeln!(out, "   {}", verdict.trim_matches('"')),
            (_, "null") => continue,
            (_, "{") => {
                let name = format!("{:depth$}{name}", "");
                match title.replace(name) {
                    Some(above) => writeln!(out, "{above}"),
                    None => continue,
                }
            }
            (_, number) => {
                if let Some(above) = title.take() {
                    let _ = writeln!(out, "{above}");
                }
                let name = format!("{:depth$}{name}", "");
                writeln!(out, "{name:<36} {:>16}", rounded(number))
            }
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

    #[test]
    fn what_has_a_budget_stands_beside_it() {
        #[derive(Serialize)]
        struct Two {
            all: Figure,
            alone: Figure,
        }
        let (all, alone) = (Figure::at_most(25.0, 26.456), Figure::free(1.5));
        let measured = std::collections::BTreeMap::from([("speeds", Two { all, alone })]);
        let table = table(&serde_json::to_string_pretty(&measured).unwrap());
        let lines = table.lines().map(str::split_whitespace);
        let lines: Vec<Vec<&str>> = lines.map(Iterator::collect).collect();
        let all = vec!["all", "26.46", "budget", "25.00", "missed"];
        assert_eq!(lines, [vec!["speeds"], all, vec!["alone", "1.50"]]);
    }
}
