//! The command line: every command, flag and exit code. `gatewatch --help` is the reference.

mod catalogue;
mod origin;
mod why;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

pub use self::catalogue::{CatalogueCommand, CatalogueFormat, CatalogueListArgs, Kind};
pub use self::origin::{OriginArgs, OriginFormat};
pub use self::why::{WhyArgs, WhyFormat};
use crate::config::Span;
use crate::feeds::FeedPath;
use crate::scan::documented::Asked;

const EXIT_CODES: &str = "\
Exit codes:
  0  done, and nothing was found
  1  done, and something was found (no command here finds anything yet)
  2  wrong usage, wrong input, or the work could not be done; standard error says why";

const SCAN_HELP: &str = "\
Captures are exchange files (JSON Lines), HAR 1.2, access logs and JSON logs, plain or compressed
with gzip or zstd; each file's kind is told by its content. They are folded by the same engines as
a server's, in bounded memory, and the same captures give the same output.

A line that cannot be read is said on standard error with its number; the rest is read all the same.

With a definition each of its collections says how it stands to that: endpoints that are never seen
(documented, not called), shadow (called, not documented), zombie (no longer in the newer of two
definitions, and called), removed (the same, and not called since) or different (seen otherwise than
documented, and how).

Examples:
  gatewatch demo --print 20000 > demo.jsonl
  gatewatch scan demo.jsonl
  gatewatch scan demo.jsonl --format html --output report.html
  gatewatch scan access.log --host api.example.com --openapi definitions
  gatewatch scan capture.har --definition orders.yaml
  zcat capture.jsonl.gz | gatewatch scan - --format jsonl

Exit codes:
  0  something was read and printed
  2  wrong usage, or nothing could be read; standard error says why";

/// Watches API traffic and says which APIs and endpoints exist and what is going on in them.
#[derive(Debug, Parser)]
#[command(name = "gatewatch", version, after_help = EXIT_CODES, max_term_width = 100)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Takes exchanges in, folds them and answers the API: everything in one process
    Serve(ConfigArgs),
    /// Serves a throw-away folder and fills it with made-up live traffic, to look around in
    Demo(DemoArgs),
    /// Reads captures offline and prints which APIs and endpoints they show
    #[command(after_long_help = SCAN_HELP, after_help = SCAN_HELP)]
    Scan(ScanArgs),
    /// Explains one exchange: what was looked at, what fired, what nearly did, and why
    #[command(after_long_help = why::HELP, after_help = why::HELP)]
    Why(WhyArgs),
    /// Streams captures and logs to a running server; every retry is harmless
    Send(SendArgs),
    /// Says what is known of addresses: country, network, cloud, VPN, exit of Tor, own feeds
    #[command(after_long_help = origin::HELP, after_help = origin::HELP)]
    Origin(OriginArgs),
    /// Measures this machine
    Bench(BenchArgs),
    /// Copies what is kept, while serving, into a folder that `restore` takes
    Backup(BackupArgs),
    /// Puts a backup into an empty data folder
    Restore(RestoreArgs),
    /// Shows, documents and checks the configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Lists, shows and proves detections and types of sensitive information, and your own
    #[command(subcommand)]
    Catalogue(CatalogueCommand),
    /// Prints completions for a shell, to be sourced or saved
    Completions {
        /// Which shell
        shell: Shell,
    },
    /// Prints the manual page, of one command if it is named (`gatewatch man send | man -l -`)
    Man {
        /// The command; without it, the page of gatewatch itself
        command: Option<String>,
    },
}

#[derive(Clone, Debug, Default, Args)]
pub struct ConfigArgs {
    /// Configuration file [default: ./gatewatch.toml if it exists]
    #[arg(long, value_name = "FILE", env = "GATEWATCH_CONFIG")]
    pub config: Option<PathBuf>,
    /// Folder for everything that is kept [default: ./gatewatch-data]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// File for the key that values are masked with, outside the data folder [default: none, the
    /// key lies in the store]
    #[arg(long, value_name = "FILE")]
    pub key_file: Option<PathBuf>,
    /// Address and port to serve on; port 0 takes a free one [default: 127.0.0.1:8470]
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<String>,
    /// What this process does: all, or some of ingest, fold, serve, with commas [default: all]
    #[arg(long, value_name = "ROLES")]
    pub roles: Option<String>,
    /// Sets any key of the configuration, such as `journal.bytes_max=8GiB`; may be repeated
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair)]
    pub set: Vec<(String, String)>,
}

#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Prints a file with every key, its default, its unit and what it is for
    Example,
    /// Prints what is in force and where each value comes from
    Show(ConfigArgs),
    /// Says all that is wrong with a configuration, or that nothing is
    Check(ConfigArgs),
}

#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Keeps everything in this folder [default: a temporary folder, removed at the end]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// File with the key that values are masked with, if that lies outside the folder
    #[arg(long, value_name = "FILE", requires = "data")]
    pub key_file: Option<PathBuf>,
    /// Address and port to serve on; if the port is taken, the next free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8470")]
    pub listen: SocketAddr,
    /// The same seed makes the same traffic
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub seed: u64,
    /// Live traffic, in exchanges per second on average (at most 20000)
    #[arg(long, value_name = "NUMBER", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=20_000))]
    pub rate: u32,
    /// Ends by itself after this time (`60s`, `10m`; plain is seconds) [default: runs until Ctrl-C]
    #[arg(long = "for", value_name = "TIME")]
    pub lasting: Option<Span>,
    /// Prints so many exchanges as an exchange file instead, to try `scan` and `send` with
    #[arg(long, value_name = "COUNT", conflicts_with_all = ["data", "key_file", "listen", "lasting"])]
    pub print: Option<u64>,
}

#[derive(Debug, Args)]
pub struct ScanArgs {
    /// Captures of any kind, or folders of them; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Folds this first without printing it, so that fewer exchanges tell more; may be repeated
    #[arg(long, value_name = "FILE")]
    pub learn: Vec<PathBuf>,
    /// Holds the captures against this definition (OpenAPI 2.0 to 3.1 or Postman, JSON or YAML) of
    /// the hosts that it names, or of the collection that is (`HOST=FILE`, `SERVICE/API=FILE`); may
    /// be repeated, a newer version of the same title after an older
    #[arg(long, value_name = "FILE")]
    pub definition: Vec<Asked>,
    /// Looks for the types of sensitive information and with the detections in this folder too (TOML
    /// files as in the catalogue)
    #[arg(long, value_name = "DIR")]
    pub catalogue: Option<PathBuf>,
    /// File with the key of an installation (64 hexadecimal digits): lists of tokens that were made
    /// with it are asked, and hits of types that nobody can guess get a token, the same for the same
    /// value
    #[arg(long, value_name = "FILE")]
    pub key_file: Option<PathBuf>,
    /// A feed of addresses of your own, or a folder of them, as `gatewatch origin` takes it; may be
    /// repeated
    #[arg(long, value_name = "[TAG=]PATH")]
    pub feeds: Vec<FeedPath>,
    /// What to print
    #[arg(long, value_enum, default_value_t = ScanFormat::Table)]
    pub format: ScanFormat,
    /// Lists paths too that only ever answered that there is nothing
    #[arg(long)]
    pub all: bool,
    /// The kind of all files (`har`, `access-log`, `native`, or a JSON log such as `envoy`)
    /// [default: each file's is told by its content]
    #[arg(long, value_name = "NAME")]
    pub kind: Option<String>,
    #[command(flatten)]
    pub reading: ReadingArgs,
    /// Writes an OpenAPI 3.1 document of each collection into this folder too
    #[arg(long, value_name = "DIR")]
    pub openapi: Option<PathBuf>,
    /// Writes to this file instead of standard output
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Shows no progress and does not say what could not be read
    #[arg(long, short)]
    pub quiet: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ScanFormat {
    /// Collections and their endpoints, for people at a terminal
    Table,
    /// All that is known, as one document
    Json,
    /// One line for each exchange, with its endpoint as known after everything was read
    Jsonl,
    /// A report in one file that can be handed on; it loads nothing from elsewhere
    Html,
}

#[derive(Debug, Args)]
pub struct SendArgs {
    /// Files and folders of any kind that is read (HAR, access logs, JSON logs, exchange files),
    /// plain or compressed with gzip or zstd; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// The server, such as http://127.0.0.1:8470
    #[arg(long, value_name = "URL")]
    pub to: String,
    /// File with an ingest token [default: the environment variable GATEWATCH_TOKEN]
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// Trusts the certificates in this PEM file besides the usual authorities
    #[arg(long, value_name = "FILE")]
    pub ca: Option<PathBuf>,
    /// Says that these exchanges are of the past: they count, and claim nothing about the present
    #[arg(long)]
    pub historical: bool,
    /// The kind of all files (`har`, `access-log`, `native`, or a JSON log such as `envoy`)
    /// [default: each file's is told by its content]
    #[arg(long, value_name = "NAME")]
    pub format: Option<String>,
    #[command(flatten)]
    pub reading: ReadingArgs,
    /// Goes on with what is written later, across rotation, until Ctrl-C
    #[arg(long)]
    pub follow: bool,
    /// Begins to follow at the end of each file
    #[arg(long, requires = "follow")]
    pub new_only: bool,
    /// How long to wait before looking whether followed files have grown
    #[arg(long, value_name = "TIME", default_value = "1s", requires = "follow")]
    pub interval: Span,
    /// Begins the name under which the server tells this run's batches from others'
    #[arg(long, value_name = "NAME", default_value = "send")]
    pub sender: String,
    /// Shows no progress and no summary; refused lines are still said
    #[arg(long, short)]
    pub quiet: bool,
}

/// How files are to be read, for all commands that read some.
#[derive(Debug, Default, Args)]
pub struct ReadingArgs {
    /// How a line of a text log is made up, as the configuration of nginx (`$remote_addr …`) or
    /// Apache (`%h …`) has it
    #[arg(long, value_name = "FORMAT")]
    pub log_format: Option<String>,
    /// Where JSON lines have a part of the exchange, such as `request.url=http.url`, or a file of
    /// such rows; may be repeated
    #[arg(long, value_name = "MEMBER=PATH|FILE")]
    pub map: Vec<String>,
    /// The host that requests went to where a log does not name it
    #[arg(long, value_name = "HOST")]
    pub host: Option<String>,
}

impl ReadingArgs {
    pub fn asked(&self) -> gatewatch_sources::files::Asked<'_> {
        gatewatch_sources::files::Asked {
            format: None,
            log_format: self.log_format.as_deref(),
            map: &self.map,
            host: self.host.as_deref(),
        }
    }
}

#[derive(Debug, Args)]
pub struct BenchArgs {
    /// How to print what was measured
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Measures a server of its own over HTTP too, with the load generator on the same machine
    #[arg(long)]
    pub end_to_end: bool,
    /// How long the end-to-end load lasts (`60s`, `10m`; plain is seconds)
    #[arg(long, value_name = "TIME", default_value = "30s")]
    pub seconds: Span,
    /// End-to-end load, in exchanges per second
    #[arg(long, value_name = "NUMBER", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub rate: u32,
    /// Exchanges in a batch of the end-to-end load
    #[arg(long, value_name = "NUMBER", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=2_000))]
    pub batch: u32,
    /// Runs the callers test too: the memory of a million callers beside that of 200,000
    #[arg(long)]
    pub callers: bool,
    /// One half of the callers test, for a process of its own
    #[arg(long, hide = true, value_parser = clap::value_parser!(u32).range(1..))]
    pub hold_callers: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Text,
    Json,
}

#[derive(Debug, Args)]
pub struct BackupArgs {
    /// The folder to write; it must not exist or be empty
    #[arg(value_name = "OUT")]
    pub out: PathBuf,
    /// The data folder to copy, whether a server uses it or not
    #[arg(long, value_name = "DIR", default_value = "./gatewatch-data")]
    pub data: PathBuf,
    /// File with the key that values are masked with, if that lies outside the folder
    #[arg(long, value_name = "FILE", env = "GATEWATCH_KEY_FILE")]
    pub key_file: Option<PathBuf>,
    /// Shows no progress and no summary
    #[arg(long, short)]
    pub quiet: bool,
}

#[derive(Debug, Args)]
pub struct RestoreArgs {
    /// A folder that `backup` wrote
    #[arg(value_name = "BACKUP")]
    pub backup: PathBuf,
    /// The data folder to fill; it must not exist or be empty
    #[arg(long, value_name = "DIR", default_value = "./gatewatch-data")]
    pub data: PathBuf,
    /// Takes the place of a folder that is not empty, which is kept under another name
    #[arg(long)]
    pub replace: bool,
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) => Ok((key.trim().to_owned(), value.trim().to_owned())),
        None => Err("write KEY=VALUE, such as journal.bytes_max=8GiB".to_owned()),
    }
}

impl ConfigArgs {
    /// What the command line says, as keys of the configuration.
    pub fn settings(&self) -> Vec<(String, String)> {
        let path = |it: &Option<PathBuf>| it.as_ref().map(|it| it.to_string_lossy().into_owned());
        let named = [
            ("data", path(&self.data)),
            ("key_file", path(&self.key_file)),
            ("listen", self.listen.clone()),
            ("roles", self.roles.clone()),
        ];
        let named = named
            .into_iter()
            .filter_map(|(key, value)| Some((key.to_owned(), value?)));
        self.set.iter().cloned().chain(named).collect()
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn flags_of_their_own_outrank_set() {
        let cli = Cli::parse_from([
            "gatewatch",
            "serve",
            "--data",
            "/x",
            "--set",
            "data=/y",
            "--set",
            "shards=2",
        ]);
        let Command::Serve(args) = cli.command else {
            panic!("not serve")
        };
        let settings = args.settings();
        assert_eq!(settings.last(), Some(&("data".to_owned(), "/x".to_owned())));
        assert!(settings.contains(&("shards".to_owned(), "2".to_owned())));
    }
}
