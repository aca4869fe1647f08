//! A folder of the file system. Only its owner may read it; only one process may use it.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::{Disk, DiskFile};

const LOCK_NAME: &str = "lock";
const LOCK_BYTES_MAX: u64 = 32;
const FOLDER_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;

#[derive(Debug)]
pub struct RealDisk {
    path: PathBuf,
    folder: File,
    /// The lock goes when this is closed, whatever way the process ends.
    _lock: File,
}

#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    #[error(
        "cannot create the journal folder {}; create it and give it to the user that runs Gatewatch, \
         or name another data folder",
        path.display()
    )]
    Create { path: PathBuf, source: io::Error },
    #[error(
        "cannot write in the journal folder {}; make it writable for the user that runs Gatewatch, \
         or name another data folder",
        path.display()
    )]
    ReadOnly { path: PathBuf, source: io::Error },
    #[error("cannot open the journal folder {}; look at its owner and its mode", path.display())]
    Open { path: PathBuf, source: io::Error },
    #[error(
        "the journal folder {} is in use by {holder}; stop that one first, or name another data folder",
        path.display()
    )]
    InUse { path: PathBuf, holder: Box<str> },
}

impl RealDisk {
    /// Creates the folder if need be and locks it.
    pub fn open(path: &Path) -> Result<RealDisk, FolderError> {
        create_folder(path).map_err(|source| FolderError::Create {
            path: path.into(),
            source,
        })?;
        let folder = File::open(path).map_err(|source| FolderError::Open {
            path: path.into(),
            source,
        })?;
        let lock = lock(path)?;
        Ok(RealDisk {
            path: path.into(),
            folder,
            _lock: lock,
        })
    }
}

fn create_folder(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    DirBuilder::new()
        .recursive(true)
        .mode(FOLDER_MODE)
        .create(path)?;
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => File::open(parent)?.sync_all(),
        Some(_) | None => Ok(()),
    }
}

fn lock(folder: &Path) -> Result<File, FolderError> {
    let read_only = |source| FolderError::ReadOnly {
        path: folder.into(),
        source,
    };
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(FILE_MODE)
        .open(folder.join(LOCK_NAME))
        .map_err(read_only)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            return Err(FolderError::InUse {
                path: folder.into(),
                holder: holder(&mut file),
            });
        }
        Err(TryLockError::Error(source)) => return Err(read_only(source)),
    }
    file.set_len(0)
        .and_then(|()| write!(file, "{}", std::process::id()))
        .map_err(read_only)?;
    Ok(file)
}

/// The number the holder wrote; it may be about to write it.
fn holder(file: &mut File) -> Box<str> {
    let mut text = String::new();
    let number = file
        .take(LOCK_BYTES_MAX)
        .read_to_string(&mut text)
        .ok()
        .and_then(|_| text.trim().parse::<u32>().ok());
    match number {
        Some(number) => format!("process {number}").into(),
        None => "another process".into(),
    }
}

impl Disk for RealDisk {
    type File = File;

    fn list(&mut self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(&self.path)? {
            // What is not UTF-8 is none of ours.
            names.extend(entry?.file_name().into_string());
        }
        Ok(names)
    }

    fn create(&mut self, name: &str) -> io::Result<File> {
        OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .mode(FILE_MODE)
            .open(self.path.join(name))
    }

    fn open(&mut self, name: &str) -> io::Result<File> {
        OpenOptions::new()
            .read(true)
            .write(true)
            .open(self.path.join(name))
    }

    fn remove(&mut self, name: &str) -> io::Result<()> {
        std::fs::remove_file(self.path.join(name))
    }

    fn sync_folder(&mut self) -> io::Result<()> {
        self.folder.sync_all()
    }

    fn nonce(&mut self) -> u64 {
        // The keys of a new `RandomState` come from the operating system's randomness.
        RandomState::new().hash_one(std::process::id())
    }

    fn folder(&self) -> &Path {
        &self.path
    }
}

impl DiskFile for File {
    fn length(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    fn read_exact_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<()> {
        FileExt::read_exact_at(self, bytes, offset)
    }

    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        FileExt::write_all_at(self, bytes, offset)
    }

    fn truncate(&self, length: u64) -> io::Result<()> {
        self.set_len(length)
    }

    fn sync_data(&self) -> io::Result<()> {
        File::sync_data(self)
    }
}
