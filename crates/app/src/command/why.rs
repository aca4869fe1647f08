//! The command `why`: what it is asked.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::ReadingArgs;

pub const HELP: &str = "\
The input is of any kind that `scan` reads: an exchange file (JSON Lines), HAR, an access log or a
JSON log, plain or compressed. If it holds more than one exchange, --line or --id choose; else the
first that there is something to say of is explained, or the first of all.

Nothing that is shown holds a secret: sensitive information is masked, and of values in which some was
found, of cookies and of credentials only those words are shown that the rule itself names.

Examples:
  gatewatch scan capture.har --format jsonl | grep '\"attack\"'
  gatewatch why capture.har --line 17
  tail -1 access.log | gatewatch why
  gatewatch why --catalogue mine exchange.json --format json

Exit codes:
  0  an exchange was explained
  2  wrong usage, or there is no such exchange; standard error says why";

#[derive(Debug, Args)]
pub struct WhyArgs {
    /// What holds the exchange; `-` is standard input
    #[arg(value_name = "FILE", default_value = "-")]
    pub file: PathBuf,
    /// Explains the exchange of this id
    #[arg(long, value_name = "ID", conflicts_with = "line")]
    pub id: Option<String>,
    /// Explains the exchange on this line, or this entry of a document; the first is 1
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    pub line: Option<u64>,
    /// Looks with the detections and types in this folder of your own too
    #[arg(long, value_name = "DIR")]
    pub catalogue: Option<PathBuf>,
    /// What to print
    #[arg(long, value_enum, default_value_t = WhyFormat::Text)]
    pub format: WhyFormat,
    /// The kind of the file (`har`, `access-log`, `native`, or a JSON log such as `envoy`)
    /// [default: told by its content]
    #[arg(long, value_name = "NAME")]
    pub kind: Option<String>,
    #[command(flatten)]
    pub reading: ReadingArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum WhyFormat {
    /// For people
    Text,
    /// One document
    Json,
}
