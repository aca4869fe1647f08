//! The command `catalogue`: what it is asked.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

const TEST_HELP: &str = "\
A folder holds detections in `detections` and types of sensitive information in `info-types`; types
may lie in the folder itself too. Each `.toml` file is one (`gatewatch catalogue new` writes a
first), other files are lists that a type names, and `detections/classes.toml` holds classes of
attacks of your own. A rule must fire on its examples and be quiet on the others; a type must find
its examples and leave its counter-examples alone.

Exit codes:
  0  everything proves itself
  1  an example is wrong
  2  a file is wrong, or the folder cannot be read; standard error says where";

const TOKENS_HELP: &str = "\
The list holds no value, only a keyed token of each; letters and digits count, case and separators
do not. The key goes into a second file, FILE.tokens.key: who has the list alone can learn nothing
from it, who has both can ask whether a value is on it. Keep the key as you would keep the values.

With --key-file the list is made with the key of an installation whose key lies outside its data
folder (`key_file`); there is no second key then, and that installation's server takes the list.";

#[derive(Debug, Subcommand)]
pub enum CatalogueCommand {
    /// Lists what is known: detections, and types of sensitive information
    List(CatalogueListArgs),
    /// Shows one of them in full: what it looks for, what speaks for it, its examples
    Show(ShowArgs),
    /// Proves a folder of your own detections and types by their examples
    #[command(after_long_help = TEST_HELP, after_help = TEST_HELP)]
    Test {
        /// The folder
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        /// File with the key of the installation that lists of tokens were made with
        #[arg(long, value_name = "KEY")]
        key_file: Option<PathBuf>,
    },
    /// Writes a first file for one of your own, with every key explained
    New(NewArgs),
    /// Makes a list of tokens from a file of values, one on each line
    #[command(after_long_help = TOKENS_HELP, after_help = TOKENS_HELP)]
    Tokens {
        /// The file of values; the list is written beside it as FILE.tokens
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// File with the key of an installation, which then takes the list
        #[arg(long, value_name = "KEY")]
        key_file: Option<PathBuf>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// What attacks look like
    Detection,
    /// What sensitive information looks like
    InfoType,
}

#[derive(Debug, Args)]
pub struct CatalogueListArgs {
    /// Only these [default: both]
    #[arg(long, value_enum)]
    pub kind: Option<Kind>,
    /// Only detections of this class, such as `sqli`
    #[arg(long, value_name = "CLASS")]
    pub class: Option<String>,
    /// Only types of this category
    #[arg(long, value_parser = ["finance", "pii", "credentials", "other", "custom"], conflicts_with = "class")]
    pub category: Option<String>,
    /// Only types of this country, such as `DE`
    #[arg(long, value_name = "CODE", conflicts_with = "class")]
    pub country: Option<String>,
    /// Those in this folder of your own too
    #[arg(long, value_name = "DIR")]
    pub folder: Option<PathBuf>,
    /// What to print
    #[arg(long, value_enum, default_value_t = CatalogueFormat::Table)]
    pub format: CatalogueFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CatalogueFormat {
    /// For people at a terminal
    Table,
    /// One document
    Json,
    /// A line for each, for spreadsheets
    Csv,
}

#[derive(Debug, Args)]
pub struct ShowArgs {
    /// Its id, such as `injection.sql` or `credit-card`, or its title in small letters with dashes
    pub id: String,
    /// Looks in this folder of your own too
    #[arg(long, value_name = "DIR")]
    pub folder: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct NewArgs {
    /// What it is to be
    #[arg(value_enum)]
    pub kind: Kind,
    /// The id it is to have: small letters, digits and dashes
    #[arg(value_name = "NAME")]
    pub id: String,
    /// The folder to write it into; it is made if there is none
    #[arg(long, value_name = "DIR", default_value = "./catalogue")]
    pub folder: PathBuf,
}
