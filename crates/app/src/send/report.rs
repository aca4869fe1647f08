//! What became of the lines that were sent.

use std::fmt::Write as _;
use std::io::Write;
use std::time::Duration;

use anyhow::Context;
use serde::Deserialize;

use super::batches::{Lines, Origin};
use crate::client::Answer;

/// Refusals that are told one by one.
const TOLD_MAX: usize = 10;

#[derive(Debug, Default)]
pub struct Report {
    pub accepted: u64,
    pub duplicate_batches: u64,
    pub truncated: u64,
    pub refused_total: u64,
    /// Lines and entries that hold no exchange.
    pub passed_over: u64,
    /// Of the files, as they lie on the disk.
    pub bytes: u64,
    /// The first of them, with why.
    refused: Vec<(Origin, String)>,
}

/// The answer of ingest, and its problem document when no line could be read.
#[derive(Deserialize)]
struct Said {
    #[serde(default)]
    accepted: u64,
    #[serde(default)]
    duplicate: bool,
    #[serde(default)]
    truncated: u64,
    #[serde(default)]
    refused: Vec<RefusedLine>,
    #[serde(default)]
    refused_total: u64,
}

#[derive(Deserialize)]
struct RefusedLine {
    line: u64,
    why: String,
}

impl Report {
    pub fn add(&mut self, (lines, answer): (Lines, Answer)) -> anyhow::Result<()> {
        let said: Said = serde_json::from_slice(&answer.body)
            .context("the server's answer is not what ingest answers")?;
        self.accepted += said.accepted;
        self.truncated += said.truncated;
        self.duplicate_batches += u64::from(said.duplicate);
        self.refused_total += said.refused_total;
        for RefusedLine { line, why } in said.refused {
            let at = usize::try_from(line.saturating_sub(1)).unwrap_or(usize::MAX);
            if let Some(origin) = lines.origins.get(at) {
                self.keep(origin.clone(), why);
            }
        }
        Ok(())
    }

    /// A line that never got to the server.
    pub fn refuse(&mut self, origin: Origin, why: String) {
        self.refused_total += 1;
        self.keep(origin, why);
    }

    /// Says what there is to say on standard error.
    pub fn tell(&self, took: Duration, quiet: bool) {
        let mut text = self.refusals();
        if !quiet {
            text.push_str(&self.summary(took));
        }
        // Nobody may be listening any more; the exit code still tells.
        let _ = std::io::stderr().lock().write_all(text.as_bytes());
    }

    fn keep(&mut self, origin: Origin, why: String) {
        let why = why.chars().filter(|it| !it.is_control()).collect();
        self.refused.push((origin, why));
        self.refused.sort_unstable();
        self.refused.truncate(TOLD_MAX);
    }

    fn refusals(&self) -> String {
        let mut text = String::new();
        for (origin, why) in &self.refused {
            // Writing to a String cannot fail; so below.
            let _ = writeln!(text, "{origin}: {why}");
        }
        let untold = self.refused_total.saturating_sub(self.refused.len() as u64);
        if untold > 0 {
            let lines = if untold == 1 { "line" } else { "lines" };
            let _ = writeln!(text, "… and {untold} more refused {lines}");
        }
        text
    }

    fn summary(&self, took: Duration) -> String {
        let seconds = took.as_secs_f64().max(0.001);
        let mut text = format!(
            "{} accepted, {} refused, {:.1} MB in {seconds:.1} s ({:.0}/s)",
            counted(self.accepted, "exchange", "exchanges"),
            counted(self.refused_total, "line", "lines"),
            self.bytes as f64 / 1e6,
            self.accepted as f64 / seconds
        );
        if self.passed_over > 0 {
            let hold = counted(self.passed_over, "holds", "hold");
            let _ = write!(text, "; {hold} no request");
        }
        if self.truncated > 0 {
            let were = counted(self.truncated, "was", "were");
            let _ = write!(text, "; {were} longer than what is kept of one");
        }
        if self.duplicate_batches > 0 {
            let batches = counted(self.duplicate_batches, "batch", "batches");
            let _ = write!(text, "; {batches} had arrived at an earlier try");
        }
        text.push('\n');
        text
    }
}

/// `1 line`, `2 lines`.
fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::StatusCode;

    use super::super::batches::origin;
    use super::*;

    fn answer(body: &str) -> Answer {
        Answer {
            status: StatusCode::OK,
            retry_after: None,
            body: Bytes::from(body.to_owned()),
        }
    }

    #[test]
    fn a_refused_line_is_told_with_its_file_and_line() {
        let mut report = Report::default();
        let lines = Lines {
            origins: vec![origin("b", 2_001), origin("b", 2_003)],
            bytes: b"x\n".to_vec(),
        };
        let said = r#"{"accepted":2,"duplicate":false,"truncated":0,"refused":[{"line":2,"why":"no JSON"}],"refused_total":1,"positions":[[3,7]]}"#;
        report.add((lines, answer(said))).unwrap();
        assert_eq!(report.refusals(), "b:2003: no JSON\n");
        assert!(
            report
                .summary(Duration::from_secs(2))
                .starts_with("2 exchanges accepted, 1 line refused")
        );
    }

    #[test]
    fn one_of_anything_is_told_as_one() {
        let mut report = Report {
            accepted: 1,
            duplicate_batches: 1,
            truncated: 1,
            passed_over: 1,
            ..Report::default()
        };
        (1..=11).for_each(|line| report.refuse(origin("a", line), "too long".into()));
        assert!(report.refusals().ends_with("… and 1 more refused line\n"));
        report.refused_total = 1;
        let said = report.summary(Duration::from_secs(1));
        assert!(
            said.starts_with("1 exchange accepted, 1 line refused, "),
            "{said}"
        );
        let rest = "; 1 holds no request; 1 was longer than what is kept of one; 1 batch had arrived at an earlier try\n";
        assert!(said.ends_with(rest), "{said}");
    }

    #[test]
    fn only_the_first_refusals_are_told() {
        let mut report = Report::default();
        for line in (1..=500).rev() {
            report.refuse(origin("a", line), "too long".into());
        }
        let told = report.refusals();
        assert!(told.starts_with("a:1: too long\na:2: "), "{told}");
        assert!(told.ends_with("… and 490 more refused lines\n"));
    }
}
