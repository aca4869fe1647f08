//! Finds the layers of the configuration on this machine, and the command `config`.

use std::fmt::Write as _;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::command::{ConfigArgs, ConfigCommand};
use crate::config::{self, FILE_NAME, Layers, Resolved};

/// A configuration file is a few hundred lines at most.
const FILE_BYTES_MAX: u64 = 1 << 20;

pub fn run(command: &ConfigCommand) -> anyhow::Result<()> {
    let text = match command {
        ConfigCommand::Example => config::example(),
        ConfigCommand::Show(args) => config::shown(&load(args)?),
        ConfigCommand::Check(args) => {
            let resolved = load(args)?;
            let mut text = String::new();
            for remark in &resolved.remarks {
                // Writing to a String cannot fail; so below.
                let _ = writeln!(text, "remark: {remark}");
            }
            let keys = resolved.origins.len();
            let _ = writeln!(text, "the configuration is right; {keys} keys are set");
            text
        }
    };
    Ok(std::io::stdout().lock().write_all(text.as_bytes())?)
}

/// The configuration that this command line, environment and file make.
pub fn load(args: &ConfigArgs) -> anyhow::Result<Resolved> {
    let file = match &args.config {
        Some(path) => Some((path.clone(), read(path)?)),
        None => implied()?,
    };
    let layers = Layers {
        file: file.map(|(path, text)| (path.display().to_string(), text)),
        // A variable that is not Unicode cannot be a key of ours.
        environment: std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect(),
        arguments: args.settings(),
    };
    Ok(config::resolve(&layers)?)
}

/// The file in the current folder, if there is one.
fn implied() -> anyhow::Result<Option<(PathBuf, String)>> {
    let path = Path::new(FILE_NAME);
    match std::fs::exists(path) {
        Ok(true) => Ok(Some((path.into(), read(path)?))),
        Ok(false) => Ok(None),
        Err(error) if error.kind() == ErrorKind::PermissionDenied => Ok(None),
        Err(error) => Err(error).context("cannot look for gatewatch.toml in the current folder"),
    }
}

fn read(path: &Path) -> anyhow::Result<String> {
    let read = || -> std::io::Result<String> {
        if std::fs::metadata(path)?.len() > FILE_BYTES_MAX {
            return Err(std::io::Error::new(
                ErrorKind::FileTooLarge,
                "it is over 1 MiB, so it is none",
            ));
        }
        std::fs::read_to_string(path)
    };
    read().with_context(|| {
        format!(
            "cannot read the configuration {} (`gatewatch config example` writes one)",
            path.display()
        )
    })
}
