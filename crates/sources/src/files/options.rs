//! How files are to be read, as code says it and as a command line does.

use std::sync::Arc;

use crate::kinds::log_format::{self, FormatError, LogFormat};
use crate::kinds::{self, Kind, Settings, json_log};
use crate::mapping::{Mapping, MappingError, SHIPPED};

/// A mapping of a user is a page at most.
const MAPPING_BYTES_MAX: u64 = 1 << 20;

#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The kind of all files; without it each is told by its content.
    pub format: Option<&'static Kind>,
    pub settings: Settings,
}

/// What a command line may say of the files it names.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asked<'a> {
    /// The name of a kind or of a shipped mapping.
    pub format: Option<&'a str>,
    /// As the configuration of nginx or Apache has it.
    pub log_format: Option<&'a str>,
    /// Rows such as `request.url=http.url`, or files that hold mappings.
    pub map: &'a [String],
    /// The host that is meant where a log names none.
    pub host: Option<&'a str>,
}

#[derive(Debug, thiserror::Error)]
pub enum OptionsError {
    #[error("there is no format `{name}`; there are: {}", formats())]
    UnknownFormat { name: String },
    #[error("`{text}` cannot be read as a log format")]
    LogFormat {
        text: String,
        #[source]
        cause: FormatError,
    },
    #[error("`{text}` cannot be used as a mapping")]
    Mapping {
        text: String,
        #[source]
        cause: MappingError,
    },
    #[error("cannot read the mapping {path}; write FILE, or a row such as `request.url=http.url`")]
    Unreadable {
        path: String,
        #[source]
        cause: std::io::Error,
    },
}

/// Every name that `format` may be.
pub fn formats() -> String {
    let kinds = kinds::ROLL.iter().map(|it| it.name);
    let mappings = SHIPPED.iter().map(|it| &*it.id);
    kinds.chain(mappings).collect::<Vec<_>>().join(", ")
}

impl Options {
    pub fn read(asked: &Asked<'_>) -> Result<Options, OptionsError> {
        let mut options = Options::default();
        options.settings.host = asked.host.map(Into::into);
        if let Some(name) = asked.format {
            options.take_format(name)?;
        }
        if let Some(text) = asked.log_format {
            let read = LogFormat::read(text).map_err(|cause| OptionsError::LogFormat {
                text: text.into(),
                cause,
            })?;
            options.settings.log_format = Some(Arc::new(read));
            options.format.get_or_insert(&log_format::KIND);
        }
        let mut mapping = Mapping::default();
        for text in asked.map {
            let wrong = |cause| OptionsError::Mapping {
                text: text.clone(),
                cause,
            };
            if text.contains('=') {
                mapping.add(text).map_err(wrong)?;
            } else {
                mapping = Mapping::read(&mapping_file(text)?)
                    .map_err(wrong)?
                    .under(&mapping);
            }
        }
        if !mapping.is_empty() {
            let named = options.settings.mapping.take();
            let both = named.map(|it| it.under(&mapping)).unwrap_or(mapping);
            options.settings.mapping = Some(Arc::new(both));
        }
        Ok(options)
    }

    fn take_format(&mut self, name: &str) -> Result<(), OptionsError> {
        if let Some(kind) = kinds::of_name(name) {
            self.format = Some(kind);
            return Ok(());
        }
        let shipped = SHIPPED.iter().find(|it| &*it.id == name);
        let shipped = shipped.ok_or_else(|| OptionsError::UnknownFormat { name: name.into() })?;
        self.format = Some(&json_log::KIND);
        self.settings.mapping = Some(Arc::new(shipped.clone()));
        Ok(())
    }
}

fn mapping_file(path: &str) -> Result<String, OptionsError> {
    use std::io::Read;
    let read = || {
        let mut text = String::new();
        std::fs::File::open(path)?
            .take(MAPPING_BYTES_MAX)
            .read_to_string(&mut text)?;
        Ok(text)
    };
    read().map_err(|cause| OptionsError::Unreadable {
        path: path.into(),
        cause,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(asked: Asked<'_>) -> Result<Options, String> {
        Options::read(&asked).map_err(|it| it.to_string())
    }

    #[test]
    fn a_format_is_a_kind_or_a_shipped_mapping() {
        let har = read(Asked {
            format: Some("har"),
            ..Asked::default()
        })
        .unwrap();
        assert_eq!(har.format.unwrap().name, "har");
        let envoy = read(Asked {
            format: Some("envoy"),
            ..Asked::default()
        })
        .unwrap();
        assert_eq!(envoy.format.unwrap().name, "json-log");
        assert_eq!(&*envoy.settings.mapping.unwrap().id, "envoy");
        let why = read(Asked {
            format: Some("evtx"),
            ..Asked::default()
        })
        .unwrap_err();
        assert!(
            why.contains(
                "no format `evtx`; there are: log-format, har, json-log, native, access-log, ecs"
            ),
            "{why}"
        );
    }

    #[test]
    fn rows_and_files_of_mappings_add_up() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("own.toml");
        std::fs::write(
            &path,
            "[map]\n\"request.url\" = \"u\"\n\"request.method\" = \"m\"\n",
        )
        .unwrap();
        let map = ["request.url=target".to_owned(), path.display().to_string()];
        let options = read(Asked {
            map: &map,
            ..Asked::default()
        })
        .unwrap();
        let mapping = options.settings.mapping.unwrap();
        let (line, _) =
            crate::files::json::read(r#"{"m":"GET","u":"/file","target":"/row"}"#).unwrap();
        let found = mapping.draft(line).finish(None).unwrap();
        assert_eq!(
            (&*found.request.method, &*found.request.url),
            ("GET", "/row")
        );
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        for (asked, part) in [
            (
                Asked {
                    log_format: Some("%h"),
                    ..Asked::default()
                },
                "cannot be read as a log format",
            ),
            (
                Asked {
                    map: &["nowhere.toml".into()],
                    ..Asked::default()
                },
                "cannot read the mapping nowhere.toml",
            ),
            (
                Asked {
                    map: &["request.uri=x".into()],
                    ..Asked::default()
                },
                "cannot be used as a mapping",
            ),
        ] {
            let why = read(asked).unwrap_err();
            assert!(why.contains(part), "{why}");
        }
    }
}
