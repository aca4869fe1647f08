//! How this installation is set up: defaults, a file, the environment and the command line, the
//! later outranking the earlier. The roll in `keys` is the only place that knows each key.

mod example;
mod file;
mod keys;
mod value;

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

pub use example::{example, shown};
pub use keys::{KEYS, LogFormat, Roles};
pub use value::{Bytes, Span};

use crate::feeds::FeedPath;
use file::{FileEntry, FileRead};
use gatewatch_sources::Perimeter;
use tracing::level_filters::LevelFilter;

pub const FILE_NAME: &str = "gatewatch.toml";
/// Environment variables of keys are this and the key in capitals, `.` written `_`.
pub const ENV_PREFIX: &str = "GATEWATCH_";
/// Variables of the same prefix that are no keys.
const ENV_OTHERS: &[&str] = &["GATEWATCH_CONFIG", "GATEWATCH_TOKEN"];
/// A variable that is further from every key is somebody else's and is left alone.
const ENV_DISTANCE_MAX: usize = 2;

#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    pub data: PathBuf,
    /// Where the key of the installation lies; without one, in the store.
    pub key_file: Option<PathBuf>,
    pub listen: SocketAddr,
    pub roles: Roles,
    /// 0 stands for as many as there are cores.
    pub shards: u16,
    pub disk_free_bytes_min: Bytes,
    /// A folder of own types of sensitive information and detections.
    pub catalogue: Option<PathBuf>,
    pub perimeter: Perimeter,
    /// Feeds of addresses of his own.
    pub feeds: Vec<FeedPath>,
    pub journal: JournalConfig,
    pub tls: TlsConfig,
    pub log: LogConfig,
}

#[derive(Clone, Debug, PartialEq)]
pub struct JournalConfig {
    pub bytes_max: Bytes,
    pub segment_bytes: Bytes,
}

/// Both or neither.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TlsConfig {
    pub cert: Option<PathBuf>,
    pub key: Option<PathBuf>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct LogConfig {
    pub level: LevelFilter,
    pub format: LogFormat,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            data: "./gatewatch-data".into(),
            key_file: None,
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8470),
            roles: Roles::ALL,
            shards: 0,
            disk_free_bytes_min: Bytes(1 << 30),
            catalogue: None,
            perimeter: Perimeter::default(),
            feeds: Vec::new(),
            journal: JournalConfig {
                bytes_max: Bytes(4 << 30),
                segment_bytes: Bytes(64 << 20),
            },
            tls: TlsConfig::default(),
            log: LogConfig {
                level: LevelFilter::INFO,
                format: LogFormat::Text,
            },
        }
    }
}

/// What is to be put together: texts only, so that a test needs no file and no environment.
#[derive(Clone, Debug, Default)]
pub struct Layers {
    /// The file's name for messages, and its text.
    pub file: Option<(String, String)>,
    pub environment: Vec<(String, String)>,
    pub arguments: Vec<(String, String)>,
}

/// The configuration in force and where each key comes from.
#[derive(Clone, Debug)]
pub struct Resolved {
    pub config: Config,
    pub origins: BTreeMap<&'static str, Origin>,
    /// Worth a warning, but no reason not to start.
    pub remarks: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    File { name: String, line: usize },
    Environment { variable: String },
    Argument,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::File { name, line } => write!(f, "{name}:{line}"),
            Origin::Environment { variable } => write!(f, "environment variable {variable}"),
            Origin::Argument => f.write_str("command line"),
        }
    }
}

/// Everything that is wrong at once, a line each.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the configuration is wrong:\n{}", .0.join("\n"))]
pub struct ConfigError(pub Vec<String>);

/// Puts the layers together, or says all that is wrong with them.
pub fn resolve(layers: &Layers) -> Result<Resolved, ConfigError> {
    let mut building = Building {
        config: Config::default(),
        origins: BTreeMap::new(),
        wrong: Vec::new(),
    };
    if let Some((name, text)) = &layers.file {
        building.file(name, text);
    }
    let remarks = building.environment(&layers.environment);
    for (name, value) in &layers.arguments {
        building.set(name, value, Origin::Argument);
    }
    building.wrong.extend(contradictions(&building.config));
    if building.wrong.is_empty() {
        Ok(Resolved {
            config: building.config,
            origins: building.origins,
            remarks,
        })
    } else {
        Err(ConfigError(building.wrong))
    }
}

struct Building {
    config: Config,
    origins: BTreeMap<&'static str, Origin>,
    wrong: Vec<String>,
}

impl Building {
    fn file(&mut self, name: &str, text: &str) {
        let FileRead { entries, wrong } = file::read(text);
        self.wrong.extend(
            wrong
                .iter()
                .map(|(line, text)| format!("{name}:{line}: {text}")),
        );
        for FileEntry { key, value, line } in entries {
            let name = name.to_owned();
            self.set(&key, &value, Origin::File { name, line });
        }
    }

    /// Sets what names a key; answers remarks on what nearly does. Whatever else begins like our
    /// variables (orchestrators make such up) is left alone.
    fn environment(&mut self, variables: &[(String, String)]) -> Vec<String> {
        let mut remarks = Vec::new();
        for (variable, value) in variables {
            let Some(name) = variable.strip_prefix(ENV_PREFIX) else {
                continue;
            };
            let origin = Origin::Environment {
                variable: variable.clone(),
            };
            if let Some(key) = KEYS.iter().find(|it| it.variable() == *variable) {
                self.set(key.name, value, origin);
            } else if !ENV_OTHERS.contains(&variable.as_str()) {
                remarks.extend(nearly(variable, name));
            }
        }
        remarks
    }

    fn set(&mut self, name: &str, value: &str, origin: Origin) {
        let Some(key) = KEYS.iter().find(|it| it.name == name) else {
            self.wrong.push(format!("{origin}: {}", unknown(name)));
            return;
        };
        match (key.set)(&mut self.config, value) {
            Ok(()) => {
                self.origins.insert(key.name, origin);
            }
            Err(error) => self.wrong.push(format!("{origin}: {name}: {error}")),
        }
    }
}

fn nearly(variable: &str, name: &str) -> Option<String> {
    let near = KEYS
        .iter()
        .map(|key| {
            (
                strsim::damerau_levenshtein(&key.variable()[ENV_PREFIX.len()..], name),
                key,
            )
        })
        .min_by_key(|(distance, _)| *distance)?;
    (near.0 <= ENV_DISTANCE_MAX).then(|| {
        format!(
            "environment variable {variable} names no key and is ignored; did you mean {}?",
            near.1.variable()
        )
    })
}

/// What to say of a key that there is not.
pub(crate) fn unknown(name: &str) -> String {
    let nearest = KEYS
        .iter()
        .map(|key| key.name)
        .max_by(|a, b| strsim::jaro_winkler(a, name).total_cmp(&strsim::jaro_winkler(b, name)));
    match nearest {
        Some(nearest) => format!(
            "there is no key `{name}`; the nearest is `{nearest}` (`gatewatch config example` lists all)"
        ),
        None => format!("there is no key `{name}`"),
    }
}

/// Each key is right on its own; together they may still be wrong.
fn contradictions(config: &Config) -> Vec<String> {
    let mut wrong = Vec::new();
    let TlsConfig { cert, key } = &config.tls;
    match (cert, key) {
        (Some(_), None) => wrong.push("`tls.cert` is set but `tls.key` is not; set both".to_owned()),
        (None, Some(_)) => wrong.push("`tls.key` is set but `tls.cert` is not; set both".to_owned()),
        (None, None) if !config.listen.ip().to_canonical().is_loopback() => wrong.push(format!(
            "`listen` is {}, which others can reach, and TLS is off: tokens and traffic would cross \
             the network in the clear; set `tls.cert` and `tls.key` to PEM files, or listen on \
             127.0.0.1 behind something that ends TLS",
            config.listen
        )),
        _ => (),
    }
    if config.journal.bytes_max.0 < 4 * config.journal.segment_bytes.0 {
        wrong.push(format!(
            "`journal.bytes_max` ({}) must hold at least four segments of `journal.segment_bytes` ({}), \
             because space comes back a whole segment at a time",
            config.journal.bytes_max, config.journal.segment_bytes
        ));
    }
    wrong
}

#[cfg(test)]
mod tests;
