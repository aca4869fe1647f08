//! The data folder: made for its owner alone, and locked while a process uses it.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

pub const JOURNAL: &str = "journal";
pub const DIGESTS: &str = "digests";
pub const LOCK: &str = "lock";
const LOCK_BYTES_MAX: u64 = 32;

/// A data folder that is this process's alone until this is dropped.
#[derive(Debug)]
pub struct DataFolder {
    pub path: PathBuf,
    /// The lock goes when this is closed, whatever way the process ends.
    _lock: File,
}

impl DataFolder {
    /// Makes the folder if need be, sees that it can be written, and locks it.
    pub fn open(path: &Path) -> anyhow::Result<DataFolder> {
        create(path)?;
        let path = path.canonicalize().with_context(|| {
            format!(
                "cannot open the data folder {}; look at its owner and mode",
                path.display()
            )
        })?;
        let lock = lock(&path)?;
        Ok(DataFolder { path, _lock: lock })
    }
}

/// Makes the folder, with its parents, for its owner alone.
pub fn create(path: &Path) -> anyhow::Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|error| explained(error, path, "make"))
}

/// True when there is nothing there, or an empty folder.
pub fn is_vacant(path: &Path) -> anyhow::Result<bool> {
    match std::fs::read_dir(path) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error).with_context(|| format!("cannot look into {}", path.display())),
    }
}

fn lock(folder: &Path) -> anyhow::Result<File> {
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(folder.join(LOCK))
        .map_err(|error| explained(error, folder, "write in"))?;
    match file.try_lock() {
        Ok(()) => (),
        Err(TryLockError::WouldBlock) => bail!(
            "the data folder {} is in use by {}; stop that one first, or name another folder with --data",
            folder.display(),
            holder(&mut file)
        ),
        Err(TryLockError::Error(error)) => return Err(explained(error, folder, "lock")),
    }
    file.set_len(0)
        .and_then(|()| write!(file, "{}", std::process::id()))
        .map_err(|error| explained(error, folder, "write in"))?;
    Ok(file)
}

/// The number that the holder wrote; it may be about to write it.
fn holder(file: &mut File) -> String {
    let mut text = String::new();
    let read = file.take(LOCK_BYTES_MAX).read_to_string(&mut text);
    match read.ok().and_then(|_| text.trim().parse::<u32>().ok()) {
        Some(number) => format!("process {number}"),
        None => "another process".to_owned(),
    }
}

/// What went wrong and what to do about it.
fn explained(error: io::Error, path: &Path, verb: &str) -> anyhow::Error {
    let instead = match error.kind() {
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            "give it to the user that runs gatewatch, or name another folder with --data"
        }
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            "free some disk space, then start again"
        }
        ErrorKind::NotADirectory | ErrorKind::AlreadyExists => {
            "a file is in the way; name another folder with --data"
        }
        _ => "look at its disk and its mode, or name another folder with --data",
    };
    anyhow::Error::new(error).context(format!(
        "cannot {verb} the data folder {}; {instead}",
        path.display()
    ))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_data_folder_is_its_owners_alone_and_one_process_at_a_time() {
        let temporary = tempfile::tempdir().unwrap();
        let path = temporary.path().join("deep/data");
        let first = DataFolder::open(&path).unwrap();
        assert_eq!(
            std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o700
        );
        let said = DataFolder::open(&path).unwrap_err().to_string();
        assert!(
            said.contains(&format!("in use by process {}", std::process::id())),
            "{said}"
        );
        drop(first);
        assert!(DataFolder::open(&path).is_ok());
    }

    #[test]
    fn a_file_in_the_way_is_said() {
        let temporary = tempfile::tempdir().unwrap();
        let path = temporary.path().join("file");
        std::fs::write(&path, "x").unwrap();
        let said = format!("{:#}", DataFolder::open(&path.join("data")).unwrap_err());
        assert!(said.contains("a file is in the way"), "{said}");
    }

    #[test]
    fn an_empty_folder_and_none_are_vacant() {
        let temporary = tempfile::tempdir().unwrap();
        assert!(is_vacant(temporary.path()).unwrap());
        assert!(is_vacant(&temporary.path().join("none")).unwrap());
        std::fs::write(temporary.path().join("x"), "").unwrap();
        assert!(!is_vacant(temporary.path()).unwrap());
    }
}
