//! Puts a backup where a server will look for it: checked first, copied beside, then moved into
//! place, so that a data folder is never half of one and half of another.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use gatewatch_pipeline::{Clock, SystemClock};
use gatewatch_store::{FILE_NAME, SqliteStore};
use tempfile::TempDir;

use super::{LABEL, LABEL_BYTES_MAX, Label};
use crate::command::RestoreArgs;
use crate::folder::{DataFolder, create, is_vacant};

/// Restores and answers what to say about it.
pub fn restore(args: &RestoreArgs) -> anyhow::Result<String> {
    let (backup, data) = (&args.backup, &args.data);
    let label = read_label(backup)?;
    SqliteStore::verify(&backup.join(FILE_NAME)).with_context(|| {
        format!(
            "the backup in {} is damaged; take another",
            backup.display()
        )
    })?;
    let vacant = is_vacant(data)?;
    ensure!(
        vacant || args.replace,
        "{} is not empty; name another folder, or give --replace to put the backup in its place (what is there is kept under another name)",
        data.display()
    );
    let held = if vacant {
        None
    } else {
        Some(DataFolder::open(data)?)
    };
    let beside = beside(data)?;
    copy(backup, beside.path())?;
    let aside = held.map(|held| move_aside(data, held)).transpose()?;
    std::fs::rename(beside.keep(), data)
        .with_context(|| format!("cannot move the copy to {}", data.display()))?;
    let kept = aside
        .map(|it| format!("What was there is in {} now.\n", it.display()))
        .unwrap_or_default();
    let key = if label.key_outside {
        "The backup holds no key: start with `key_file` on the file that the installation had.\n"
    } else {
        ""
    };
    Ok(format!(
        "{} holds the backup of {} (gatewatch {}) now.\n{kept}{key}\
         Senders that number their batches go on; a batch that was on its way when the backup was taken may count twice.\n",
        data.display(),
        label.taken_at,
        label.version
    ))
}

fn read_label(backup: &Path) -> anyhow::Result<Label> {
    let path = backup.join(LABEL);
    let read = || -> anyhow::Result<Label> {
        ensure!(
            std::fs::metadata(&path)?.len() <= LABEL_BYTES_MAX,
            "it is too long"
        );
        Ok(serde_json::from_slice(&std::fs::read(&path)?)?)
    };
    read().with_context(|| {
        format!(
            "{} is no backup: its {LABEL} cannot be read; `gatewatch backup` makes one",
            backup.display()
        )
    })
}

/// A folder on the same disk, which goes if anything fails.
fn beside(data: &Path) -> anyhow::Result<TempDir> {
    let (parent, name) = (parent(data), sibling(data, "restoring-"));
    create(parent)?;
    let name = name.file_name().unwrap_or_default();
    let made = tempfile::Builder::new().prefix(name).tempdir_in(parent);
    made.with_context(|| {
        format!(
            "cannot write in {}; give it to this user or restore elsewhere",
            parent.display()
        )
    })
}

/// Only while no process uses it, which is why it is held.
fn move_aside(data: &Path, held: DataFolder) -> anyhow::Result<PathBuf> {
    let aside = sibling(data, &format!("replaced-{}", SystemClock.now().seconds()));
    ensure!(
        !aside.exists(),
        "{} is in the way; try again in a second",
        aside.display()
    );
    std::fs::rename(data, &aside)
        .with_context(|| format!("cannot move {} aside", data.display()))?;
    drop(held);
    Ok(aside)
}

fn copy(backup: &Path, to: &Path) -> anyhow::Result<()> {
    let entries = std::fs::read_dir(backup)
        .with_context(|| format!("cannot look into {}", backup.display()))?;
    for entry in entries {
        let entry = entry?;
        let (from, name) = (entry.path(), entry.file_name());
        if name.to_str() == Some(LABEL) {
            continue;
        }
        // A backup is flat; nothing in it leads elsewhere.
        if !entry.file_type()?.is_file() {
            bail!(
                "{} does not belong in a backup; remove it first",
                from.display()
            );
        }
        let copied = std::fs::copy(&from, to.join(&name))
            .and_then(|_| File::open(to.join(&name))?.sync_all());
        copied.with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))?;
    }
    File::open(to)?
        .sync_all()
        .context("cannot make the copy durable")
}

fn parent(data: &Path) -> &Path {
    data.parent()
        .filter(|it| !it.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

/// A name beside the folder, on the same disk.
fn sibling(data: &Path, what: &str) -> PathBuf {
    let mut name = data
        .file_name()
        .unwrap_or_else(|| "gatewatch-data".as_ref())
        .to_owned();
    name.push(format!(".{what}"));
    data.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_without_label_is_no_backup() {
        let folder = tempfile::tempdir().unwrap();
        let said = format!("{:#}", read_label(folder.path()).unwrap_err());
        assert!(said.contains("is no backup"), "{said}");
    }

    #[test]
    fn names_beside_a_folder_stay_beside_it() {
        assert_eq!(
            sibling(Path::new("/a/data"), "restoring"),
            Path::new("/a/data.restoring")
        );
        assert_eq!(sibling(Path::new("./data/"), "x"), Path::new("./data.x"));
    }
}
