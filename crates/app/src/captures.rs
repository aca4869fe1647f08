//! How captures are read, as the command line says it.

use clap::Args;
use gatewatch_sources::files::Options;
use gatewatch_sources::kinds::{self, Settings};

#[derive(Clone, Debug, Default, Args)]
pub struct CaptureArgs {
    /// Takes all files for this kind [default: each is told by its content]
    #[arg(long, value_name = "KIND")]
    pub kind: Option<String>,
    /// The host of exchanges from logs that name none
    #[arg(long, value_name = "HOST")]
    pub host: Option<String>,
}

impl CaptureArgs {
    pub fn options(&self) -> anyhow::Result<Options> {
        let format = match self.kind.as_deref() {
            None => None,
            Some(name) => {
                let kind = kinds::of_name(name);
                anyhow::ensure!(
                    kind.is_some(),
                    "there is no kind of file `{name}`; there are: {}",
                    kinds::known()
                );
                kind
            }
        };
        Ok(Options {
            format,
            settings: Settings {
                host: self.host.as_deref().map(Box::from),
            },
        })
    }
}
