//! Holds on to the journal's files while a server goes on and lets them go: each gets a second
//! name for as long as the backup is taken.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::folder::{DIGESTS, JOURNAL, LOCK, create};

const PREFIX: &str = "backup-";
const SUFFIX: &str = ".tmp";
/// Digests first: those copied must not come from records that are not.
const JOURNALS: [&str; 2] = [DIGESTS, JOURNAL];

/// Second names of journal files, in the data folder itself because a name cannot leave its disk.
pub struct Held {
    data: PathBuf,
    names: PathBuf,
}

impl Held {
    pub fn new(data: &Path) -> anyhow::Result<Held> {
        forget_dead(data)?;
        let names = data.join(format!("{PREFIX}{}{SUFFIX}", std::process::id()));
        for journal in JOURNALS {
            create(&names.join(journal))?;
        }
        Ok(Held {
            data: data.to_owned(),
            names,
        })
    }

    /// Holds on to what has come since.
    pub fn renew(&self) -> anyhow::Result<()> {
        for journal in JOURNALS {
            let folder = self.data.join(journal);
            let entries = match std::fs::read_dir(&folder) {
                Ok(entries) => entries,
                // A store that was restored and not started has no journal yet.
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                Err(error) => {
                    return Err(error)
                        .with_context(|| format!("cannot look into {}", folder.display()));
                }
            };
            for entry in entries {
                let name = entry
                    .with_context(|| format!("cannot look into {}", folder.display()))?
                    .file_name();
                let held = self.names.join(journal).join(&name);
                let linked = std::fs::hard_link(folder.join(&name), &held);
                // Held already, or let go by the server just now.
                let is_fine = |error: &std::io::Error| {
                    matches!(error.kind(), ErrorKind::AlreadyExists | ErrorKind::NotFound)
                };
                if let Err(error) = linked
                    && !is_fine(&error)
                {
                    let file = folder.join(&name);
                    return Err(error)
                        .with_context(|| format!("cannot hold on to {}", file.display()));
                }
            }
        }
        Ok(())
    }

    /// Copies all that is held, each journal into a folder of its own below `to`.
    pub fn copy(&self, to: &Path) -> anyhow::Result<()> {
        for journal in JOURNALS {
            create(&to.join(journal))?;
            for entry in std::fs::read_dir(self.names.join(journal))? {
                let name = entry?.file_name();
                // The lock file has a holder; the copy gets one of its own.
                if name.to_str() != Some(LOCK) {
                    let copied = std::fs::copy(
                        self.names.join(journal).join(&name),
                        to.join(journal).join(&name),
                    );
                    copied.context(
                        "cannot copy the journal; see that the disk of the backup has space",
                    )?;
                }
            }
        }
        Ok(())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.names) {
            tracing::warn!(path = %self.names.display(), %error, "cannot remove this folder; remove it by hand");
        }
    }
}

/// Removes what a backup left behind that was killed.
fn forget_dead(data: &Path) -> anyhow::Result<()> {
    let entries = std::fs::read_dir(data).with_context(|| {
        format!(
            "cannot look into the data folder {}; name it with --data",
            data.display()
        )
    })?;
    for entry in entries.flatten() {
        let name = entry.file_name();
        let process = name
            .to_str()
            .and_then(|it| it.strip_prefix(PREFIX)?.strip_suffix(SUFFIX));
        if let Some(process) = process
            && process.parse::<u32>().is_ok()
            && !Path::new("/proc").join(process).exists()
        {
            std::fs::remove_dir_all(entry.path())
                .with_context(|| format!("cannot remove {}", entry.path().display()))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_let_go_meanwhile_is_still_copied() {
        let data = tempfile::tempdir().unwrap();
        std::fs::create_dir(data.path().join(JOURNAL)).unwrap();
        std::fs::write(data.path().join("journal/a"), "old").unwrap();
        let held = Held::new(data.path()).unwrap();
        held.renew().unwrap();
        std::fs::remove_file(data.path().join("journal/a")).unwrap();
        std::fs::write(data.path().join("journal/b"), "new").unwrap();
        held.renew().unwrap();
        let out = tempfile::tempdir().unwrap();
        held.copy(out.path()).unwrap();
        assert_eq!(
            std::fs::read_to_string(out.path().join("journal/a")).unwrap(),
            "old"
        );
        assert_eq!(
            std::fs::read_to_string(out.path().join("journal/b")).unwrap(),
            "new"
        );
        drop(held);
        assert_eq!(std::fs::read_dir(data.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_a_killed_backup_left_is_removed() {
        let data = tempfile::tempdir().unwrap();
        let left = data.path().join("backup-4294967295.tmp");
        std::fs::create_dir_all(left.join(JOURNAL)).unwrap();
        drop(Held::new(data.path()).unwrap());
        assert!(!left.exists());
    }
}
