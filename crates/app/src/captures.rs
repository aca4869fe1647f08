//! How captures are read, as the command line says it.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use clap::Args;
use gatewatch_sources::files::Options;
use gatewatch_sources::kinds::log_format::LogFormat;
use gatewatch_sources::kinds::{self, Settings};
use gatewatch_sources::mapping::Mapping;

#[derive(Clone, Debug, Default, Args)]
pub struct CaptureArgs {
    /// Takes all files for this kind [default: each is told by its content]
    #[arg(long, value_name = "KIND")]
    pub kind: Option<String>,
    /// The host of exchanges from logs that name none
    #[arg(long, value_name = "HOST")]
    pub host: Option<String>,
    /// Where JSON lines have a part of an exchange, such as `request.url=http.url`; may be repeated
    #[arg(long, value_name = "PART=PATH")]
    pub map: Vec<String>,
    /// A file with a whole mapping of JSON lines (TOML)
    #[arg(long, value_name = "FILE")]
    pub mapping: Option<PathBuf>,
    /// How lines of an access log are written, as the server's configuration says it
    #[arg(long, value_name = "FORMAT")]
    pub log_format: Option<String>,
}

impl CaptureArgs {
    pub fn options(&self) -> anyhow::Result<Options> {
        let kind = |name: &String| {
            kinds::of_name(name).with_context(|| {
                let known = kinds::known();
                format!("there is no kind of file `{name}`; there are: {known}")
            })
        };
        let log_format = self.log_format.as_ref().map(|it| LogFormat::read(it));
        Ok(Options {
            format: self.kind.as_ref().map(kind).transpose()?,
            settings: Settings {
                host: self.host.as_deref().map(Box::from),
                mapping: self.mapping()?.map(Arc::new),
                log_format: log_format.transpose()?.map(Arc::new),
            },
        })
    }

    fn mapping(&self) -> anyhow::Result<Option<Mapping>> {
        let mut mapping = match &self.mapping {
            None => Mapping::default(),
            Some(path) => {
                let name = path.display();
                let text = std::fs::read_to_string(path);
                let text = text.with_context(|| format!("cannot open {name}"))?;
                Mapping::read(&text).with_context(|| format!("the mapping {name} is wrong"))?
            }
        };
        for row in &self.map {
            mapping.add(row)?;
        }
        Ok(Some(mapping).filter(|it| !it.is_empty()))
    }
}
