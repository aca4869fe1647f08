//! Lists of tokens made from files of values.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use gatewatch_classify::{write_list, write_list_of_installation};

use super::starter::create;
use crate::installation_key;

const FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Writes a list of tokens beside a file of values, and says so; its key too, if it is not that of an
/// installation.
pub fn write(file: &Path, key_file: Option<&Path>) -> anyhow::Result<String> {
    let size = fs::metadata(file).with_context(|| format!("cannot read {}", file.display()))?;
    if size.len() > FILE_BYTES_MAX {
        bail!("{} is over 64 MiB", file.display());
    }
    let values =
        fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let values = values.lines().map(str::trim).filter(|it| !it.is_empty());
    let installation = key_file.map(installation_key::given).transpose()?;
    let own = installation_key::random()?;
    let (list, passed_over) = match &installation {
        Some(key) => write_list_of_installation(&key.0, values),
        None => write_list(&own.0, values),
    };
    let written = list.lines().count() - 1;
    if written == 0 {
        bail!(
            "{} holds no value of 5 to 63 letters and digits",
            file.display()
        );
    }
    if written > gatewatch_classify::TOKENS_MAX {
        bail!("{written} values; 100,000 are the most for one list");
    }
    let list_file = beside(file, ".tokens");
    let mut text = format!("{}: {written} tokens\n", list_file.display());
    if installation.is_none() {
        let key_file = beside(file, ".tokens.key");
        create(&key_file, &format!("{}\n", installation_key::hex(&own)))?;
        // Writing to a String cannot fail; so below.
        let _ = writeln!(
            text,
            "{}: their key; keep it as you would keep the values",
            key_file.display()
        );
    }
    create(&list_file, &list)?;
    let _ = match passed_over {
        0 => Ok(()),
        1 => writeln!(text, "1 value is too short or too long and was left out"),
        many => writeln!(
            text,
            "{many} values are too short or too long and were left out"
        ),
    };
    Ok(text)
}

fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(ending);
    name.into()
}
