//! The roll of keys: one row parses, shows and documents a key.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use gatewatch_sources::Networks;
use tracing::level_filters::LevelFilter;

use super::value::ValueError;
use super::{Bytes, Config, ENV_PREFIX};
use crate::feeds::FeedPath;

/// One key of the configuration.
pub struct Key {
    /// As in the file; a dot stands between a table and its key.
    pub name: &'static str,
    /// What a value is: a unit, or a choice.
    pub unit: &'static str,
    pub about: &'static str,
    pub set: fn(&mut Config, &str) -> Result<(), ValueError>,
    /// The value as TOML.
    pub show: fn(&Config) -> toml::Value,
}

/// In the order of the example; keys of a table follow one another.
pub static KEYS: &[Key] = &[
    Key {
        name: "data",
        unit: "folder",
        about: "Everything that is kept lives in this folder; it is made if it is missing. One process uses it at a time.",
        set: |config, text| {
            config.data = folder(text)?;
            Ok(())
        },
        show: |config| path(Some(&config.data)),
    },
    Key {
        name: "key_file",
        unit: "file outside the data folder; empty to keep the key in the store",
        about: "Where the key of this installation lies, which values are masked with: 64 hexadecimal digits that only the user of gatewatch may read. It is made if it is missing; a key that lies in the store is moved there, once and for good.",
        set: |config, text| {
            config.key_file = optional(text);
            Ok(())
        },
        show: |config| path(config.key_file.as_ref()),
    },
    Key {
        name: "listen",
        unit: "address and port",
        about: "Where the API, ingest and metrics are served. Port 0 takes a free one. Beyond loopback TLS must be on.",
        set: |config, text| {
            config.listen = text
                .trim()
                .parse()
                .map_err(|_| ValueError::Address { text: text.into() })?;
            Ok(())
        },
        show: |config| config.listen.to_string().into(),
    },
    Key {
        name: "roles",
        unit: "all, or some of: ingest, fold, serve (separated by commas)",
        about: "What this process does: take exchanges in, fold them, answer the API.",
        set: |config, text| {
            config.roles = text.parse()?;
            Ok(())
        },
        show: |config| config.roles.to_string().into(),
    },
    Key {
        name: "shards",
        unit: "threads",
        about: "How many threads fold exchanges. 0 takes as many as there are cores, up to the 16 partitions of the journal.",
        set: |config, text| {
            config.shards = at_most("shards", number(text)?, SHARDS_MAX)? as u16;
            Ok(())
        },
        show: |config| i64::from(config.shards).into(),
    },
    Key {
        name: "disk_free_bytes_min",
        unit: "bytes",
        about: "With less than this free on the disk of the data folder nothing new is taken in (senders are told to come back), and old minutes go sooner.",
        set: |config, text| {
            config.disk_free_bytes_min = text.parse()?;
            Ok(())
        },
        show: |config| config.disk_free_bytes_min.to_string().into(),
    },
    Key {
        name: "catalogue",
        unit: "folder; empty for none",
        about: "Types of sensitive information and detections of your own: a folder with TOML files as in the catalogue, read at each start. What was brought through the API before gives way to them.",
        set: |config, text| {
            config.catalogue = optional(text);
            Ok(())
        },
        show: |config| path(config.catalogue.as_ref()),
    },
    Key {
        name: "trusted_proxies",
        unit: "networks, separated by commas; empty for none",
        about: "Proxies whose word about their callers is believed: behind one, the caller is the nearest address in X-Forwarded-For, Forwarded or X-Real-IP that is none of these.",
        set: |config, text| {
            config.perimeter.trusted_proxies = networks(text)?;
            Ok(())
        },
        show: |config| listed(&config.perimeter.trusted_proxies),
    },
    Key {
        name: "internal_networks",
        unit: "networks, separated by commas; empty for none",
        about: "Callers from elsewhere are external, and what they reach is exposed.",
        set: |config, text| {
            config.perimeter.internal_networks = networks(text)?;
            Ok(())
        },
        show: |config| listed(&config.perimeter.internal_networks),
    },
    Key {
        name: "feeds",
        unit: "files and folders as [TAG=]PATH, separated by commas; empty for none",
        about: "Feeds of addresses of your own: lists, STIX 2.1, MISP, MaxMind databases. Tags are tor, hosting, vpn, proxy, cdn, crawler and threat. They are read at each start, and again when they have changed.",
        set: |config, text| {
            config.feeds = feeds(text)?;
            Ok(())
        },
        show: |config| {
            let all = config.feeds.iter().map(|it| it.to_string().into());
            toml::Value::Array(all.collect())
        },
    },
    Key {
        name: "journal.bytes_max",
        unit: "bytes",
        about: "How much may lie in the journal that is not folded yet. When it is full, senders are told to come back.",
        set: |config, text| {
            config.journal.bytes_max =
                at_least("journal.bytes_max", text.parse()?, JOURNAL_BYTES_MIN)?;
            Ok(())
        },
        show: |config| config.journal.bytes_max.to_string().into(),
    },
    Key {
        name: "journal.segment_bytes",
        unit: "bytes",
        about: "The size of one file of the journal. Space comes back a whole file at a time.",
        set: |config, text| {
            config.journal.segment_bytes =
                at_least("journal.segment_bytes", text.parse()?, SEGMENT_BYTES_MIN)?;
            Ok(())
        },
        show: |config| config.journal.segment_bytes.to_string().into(),
    },
    Key {
        name: "tls.cert",
        unit: "PEM file; empty for no TLS",
        about: "The certificate to show, with its chain.",
        set: |config, text| {
            config.tls.cert = optional(text);
            Ok(())
        },
        show: |config| path(config.tls.cert.as_ref()),
    },
    Key {
        name: "tls.key",
        unit: "PEM file; empty for no TLS",
        about: "The private key of the certificate.",
        set: |config, text| {
            config.tls.key = optional(text);
            Ok(())
        },
        show: |config| path(config.tls.key.as_ref()),
    },
    Key {
        name: "log.level",
        unit: "error, warn, info, debug or trace",
        about: "How much is written to standard error. No level ever writes a body or a secret.",
        set: |config, text| {
            config.log.level = choice("level", text, LEVELS)?;
            Ok(())
        },
        show: |config| name_of(config.log.level, LEVELS).into(),
    },
    Key {
        name: "log.format",
        unit: "text or json",
        about: "Text is for people (with colours on a terminal, unless NO_COLOR is set), JSON for machines.",
        set: |config, text| {
            config.log.format = choice("format", text, FORMATS)?;
            Ok(())
        },
        show: |config| name_of(config.log.format, FORMATS).into(),
    },
];

const SHARDS_MAX: u64 = 1_024;
/// A segment takes at least one of the longest records.
const SEGMENT_BYTES_MIN: Bytes = Bytes(16 << 20);
const JOURNAL_BYTES_MIN: Bytes = Bytes(64 << 20);

static LEVELS: &[(&str, LevelFilter)] = &[
    ("error", LevelFilter::ERROR),
    ("warn", LevelFilter::WARN),
    ("info", LevelFilter::INFO),
    ("debug", LevelFilter::DEBUG),
    ("trace", LevelFilter::TRACE),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    Json,
}

static FORMATS: &[(&str, LogFormat)] = &[("text", LogFormat::Text), ("json", LogFormat::Json)];

/// What this process does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Roles {
    pub ingest: bool,
    pub fold: bool,
    pub serve: bool,
}

impl Roles {
    pub const ALL: Roles = Roles {
        ingest: true,
        fold: true,
        serve: true,
    };
}

impl FromStr for Roles {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Roles, ValueError> {
        let mut roles = Roles {
            ingest: false,
            fold: false,
            serve: false,
        };
        for name in text.split(',').map(str::trim) {
            match name {
                "all" => roles = Roles::ALL,
                "ingest" => roles.ingest = true,
                "fold" => roles.fold = true,
                "serve" => roles.serve = true,
                _ => {
                    return Err(ValueError::Choice {
                        what: "role",
                        text: name.into(),
                        known: "all, ingest, fold, serve".into(),
                    });
                }
            }
        }
        Ok(roles)
    }
}

impl fmt::Display for Roles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Roles::ALL {
            return f.write_str("all");
        }
        let names: Vec<&str> = [
            ("ingest", self.ingest),
            ("fold", self.fold),
            ("serve", self.serve),
        ]
        .into_iter()
        .filter_map(|(name, on)| on.then_some(name))
        .collect();
        f.write_str(&names.join(","))
    }
}

impl Key {
    pub fn variable(&self) -> String {
        format!(
            "{ENV_PREFIX}{}",
            self.name.replace('.', "_").to_ascii_uppercase()
        )
    }
}

fn choice<T: Copy>(
    what: &'static str,
    text: &str,
    roll: &[(&'static str, T)],
) -> Result<T, ValueError> {
    roll.iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(text.trim()))
        .map(|(_, value)| *value)
        .ok_or_else(|| ValueError::Choice {
            what,
            text: text.into(),
            known: roll.iter().map(|it| it.0).collect::<Vec<_>>().join(", "),
        })
}

fn name_of<T: PartialEq>(value: T, roll: &[(&'static str, T)]) -> &'static str {
    roll.iter()
        .find(|(_, it)| *it == value)
        .map_or("", |(name, _)| name)
}

fn number(text: &str) -> Result<u64, ValueError> {
    text.trim()
        .parse()
        .map_err(|_| ValueError::Number { text: text.into() })
}

fn at_most(what: &'static str, number: u64, max: u64) -> Result<u64, ValueError> {
    if number > max {
        return Err(ValueError::Bound {
            what,
            bound: format!("at most {max}"),
            found: number.to_string(),
        });
    }
    Ok(number)
}

fn at_least(what: &'static str, size: Bytes, min: Bytes) -> Result<Bytes, ValueError> {
    if size < min {
        return Err(ValueError::Bound {
            what,
            bound: format!("at least {min}"),
            found: size.to_string(),
        });
    }
    Ok(size)
}

fn networks(text: &str) -> Result<Networks, ValueError> {
    Ok(text.parse()?)
}

fn feeds(text: &str) -> Result<Vec<FeedPath>, ValueError> {
    let written = text.split(',').map(str::trim).filter(|it| !it.is_empty());
    let read = |it: &str| it.parse().map_err(|reason| ValueError::Feed { reason });
    written.map(read).collect()
}

fn listed(networks: &Networks) -> toml::Value {
    let texts = networks.iter().map(|it| it.to_string().into());
    toml::Value::Array(texts.collect())
}

fn folder(text: &str) -> Result<PathBuf, ValueError> {
    optional(text).ok_or_else(|| ValueError::Bound {
        what: "data",
        bound: "a folder".into(),
        found: "empty".into(),
    })
}

fn optional(text: &str) -> Option<PathBuf> {
    (!text.is_empty()).then(|| PathBuf::from(text))
}

fn path(path: Option<&PathBuf>) -> toml::Value {
    path.map(|it| it.to_string_lossy().into_owned())
        .unwrap_or_default()
        .into()
}
