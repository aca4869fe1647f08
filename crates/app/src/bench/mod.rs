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
    let bar = spinner();
    bar.set_message("folding the reference exchange on one core");
    let fold = fold::measure(&bar);
    let callers_test = (!args.no_callers).then(|| {
        bar.set_message("two hundred thousand callers, then a million");
        callers::measure(&bar)
    });
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
    let text = match args.format {
        Format::Json => serde_json::to_string_pretty(&measured)? + "\n",
        Format::Text => table(&serde_json::to_value(&measured)?),
    };
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

/// Key and value a line, what belongs together indented below its name.
fn table(value: &serde_json::Value) -> String {
    let mut out = String::new();
    lines(value, 0, &mut out);
    out
}

fn lines(value: &serde_json::Value, depth: usize, out: &mut String) {
    for (key, value) in value.as_object().into_iter().flatten() {
        let name = format!("{}{}", "  ".repeat(depth), key.replace('_', " "));
        match value {
            serde_json::Value::Null => (),
            serde_json::Value::Object(_) => {
                // Writing to a String cannot fail; so below.
                let _ = writeln!(out, "{name}");
                lines(value, depth + 1, out);
            }
            serde_json::Value::Number(number) => {
                let number = number.as_f64().unwrap_or_default();
                let digits = if number.fract() == 0.0 || number.abs() >= 1_000.0 {
                    0
                } else {
                    2
                };
                let _ = writeln!(out, "{name:<36} {number:>16.digits$}");
            }
            other => {
                let _ = writeln!(out, "{name:<36} {:>16}", other.to_string());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_table_shows_each_number_and_leaves_out_what_was_not_measured() {
        let text = table(
            &json!({"exchanges_per_second": 81_234.56, "stage_nanoseconds": {"fold": 12.5}, "end_to_end": null}),
        );
        let words: Vec<&str> = text.split_whitespace().collect();
        assert_eq!(
            words,
            [
                "exchanges",
                "per",
                "second",
                "81235",
                "stage",
                "nanoseconds",
                "fold",
                "12.50"
            ]
        );
    }
}
