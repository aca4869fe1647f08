//! A user's own types: proved by their examples, and lists of tokens made for them.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use gatewatch_classify::{Classifier, SHIPPED, Surprise, write_list};

const FILES_MAX: usize = 1_024;
const FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// What is to be said of a folder, and whether each of its types proves itself.
pub fn test(folder: &Path) -> anyhow::Result<(String, bool)> {
    let files = files(folder)?;
    let pairs = files
        .iter()
        .map(|(name, text)| (&**name, &**text))
        .collect::<Vec<_>>();
    let catalogue = SHIPPED.with(&pairs)?;
    let own = catalogue.types()[SHIPPED.types().len()..].to_vec();
    if own.is_empty() {
        bail!(
            "{} holds no type; `gatewatch catalogue new my-type --folder {}` writes a first",
            folder.display(),
            folder.display()
        );
    }
    let mut classifier = Classifier::new(Arc::new(catalogue));
    let mut text = String::new();
    let mut wrong = 0;
    for info_type in &own {
        let surprises = classifier.prove(info_type);
        let count = info_type.examples.len() + info_type.counter_examples.len();
        let verdict = if surprises.is_empty() { "ok" } else { "wrong" };
        // Writing to a String cannot fail; so below.
        let _ = writeln!(text, "{verdict:<7}{} ({count} examples)", info_type.id);
        for surprise in &surprises {
            say(&mut text, surprise);
        }
        wrong += surprises.len();
    }
    let types = if own.len() == 1 { "type" } else { "types" };
    let _ = match wrong {
        0 => writeln!(text, "\n{} {types}, every example is right", own.len()),
        1 => writeln!(text, "\n{} {types}, 1 example is wrong", own.len()),
        many => writeln!(text, "\n{} {types}, {many} examples are wrong", own.len()),
    };
    Ok((text, wrong == 0))
}

fn say(text: &mut String, surprise: &Surprise) {
    let what = if surprise.counter_example {
        "counter-example found"
    } else {
        "example not found"
    };
    let _ = writeln!(text, "       {what}: {}", surprise.text);
    let _ = writeln!(
        text,
        "         {} % sure: {}",
        surprise.confidence, surprise.why
    );
    let instead = surprise
        .instead
        .iter()
        .map(|(id, percent)| format!("{id} ({percent} %)"))
        .collect::<Vec<_>>();
    if !instead.is_empty() {
        let _ = writeln!(text, "         found there instead: {}", instead.join(", "));
    }
}

/// The files of a folder by name, in the order of names.
fn files(folder: &Path) -> anyhow::Result<Vec<(String, String)>> {
    let cannot = || format!("cannot read the folder {}", folder.display());
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).with_context(cannot)? {
        let entry = entry.with_context(cannot)?;
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if !path.is_file() || name.starts_with('.') {
            continue;
        }
        if files.len() == FILES_MAX {
            bail!("{} holds more than 1,024 files", folder.display());
        }
        if fs::metadata(&path)?.len() > FILE_BYTES_MAX {
            bail!("{} is over 64 MiB", path.display());
        }
        // What is no text is none of ours: a picture, a backup of an editor.
        let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        if let Ok(text) = String::from_utf8(bytes) {
            files.push((name, text));
        }
    }
    files.sort();
    Ok(files)
}

/// Writes a list of tokens and its key beside a file of values, and says so.
pub fn tokens(file: &Path) -> anyhow::Result<String> {
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

/// Never over what is there; only its owner may read it.
pub fn create(file: &Path, text: &str) -> anyhow::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let mut opened = options
        .open(file)
        .with_context(|| format!("cannot write {}", file.display()))?;
    opened
        .write_all(text.as_bytes())
        .with_context(|| format!("cannot write {}", file.display()))
}
