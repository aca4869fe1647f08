//! The command line of `origin`.

use std::net::IpAddr;

use clap::{Args, ValueEnum};

use crate::feeds::FeedPath;

pub const HELP: &str = "\
Nothing is asked of anybody: the answers come from data in the binary, whose date is printed, and
from feeds of your own, which outrank it: lists of addresses, STIX 2.1 bundles, MISP events and
MaxMind databases, told by their content. Tags of feeds: tor, hosting, vpn, proxy, cdn, crawler,
threat.

Examples:
  gatewatch origin 8.8.8.8 2001:67c:2e8::1
  gatewatch origin 198.51.100.7 --feeds tor=exits.txt --feeds blocklist.json";

#[derive(Debug, Args)]
pub struct OriginArgs {
    /// Addresses, IPv4 or IPv6
    #[arg(required = true, value_name = "ADDRESS")]
    pub addresses: Vec<IpAddr>,
    /// A feed of your own, or a folder of them (`tor=exits.txt`; without a tag it is `threat`); may
    /// be repeated
    #[arg(long, value_name = "[TAG=]PATH")]
    pub feeds: Vec<FeedPath>,
    /// What to print
    #[arg(long, value_enum, default_value_t = OriginFormat::Text)]
    pub format: OriginFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OriginFormat {
    /// For people at a terminal
    Text,
    /// One document
    Json,
}
