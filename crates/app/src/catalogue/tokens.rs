//! Lists of tokens made from files of values.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use gatewatch_classify::write_list;

use super::starter::create;

const FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Writes a list of tokens and its key beside a file of values, and says so.
pub fn write(file: &Path) -> anyhow::Result<String> {
    let size = fs::metadata(file).with_context(|| format!("cannot read {}", file.display()))?;
    if size.len() > FILE_BYTES_MAX {
        bail!("{} is over 64 MiB", file.display());
    }
    let values =
        fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let mut key = [0; 32];
    getrandom::fill(&mut key)
        .map_err(|it| anyhow::anyhow!("cannot get random bytes from this machine: {it}"))?;
    let values = values.lines().map(str::trim).filter(|it| !it.is_empty());
    let (list, passed_over) = write_list(&key, values);
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
    let key_file = beside(file, ".tokens.key");
    let mut hex = String::new();
    for byte in key {
        let _ = write!(hex, "{byte:02x}");
    }
    create(&key_file, &format!("{hex}\n"))?;
    create(&list_file, &list)?;
    let mut text = format!(
        "{}: {written} tokens\n{}: their key; keep it as you would keep the values\n",
        list_file.display(),
        key_file.display()
    );
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
