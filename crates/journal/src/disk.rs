//! The few operations the log asks of a folder of files, so that a test can be the disk.

mod real;
#[cfg(any(test, feature = "sim"))]
pub mod sim;

use std::io;
use std::path::Path;

pub use real::{FolderError, RealDisk};

/// A folder. Names are flat; a file is durable under its name only after `sync_folder`.
pub trait Disk: Send + 'static {
    type File: DiskFile;

    fn list(&mut self) -> io::Result<Vec<String>>;
    /// Creates an empty file; fails if there is one of that name.
    fn create(&mut self, name: &str) -> io::Result<Self::File>;
    fn open(&mut self, name: &str) -> io::Result<Self::File>;
    fn remove(&mut self, name: &str) -> io::Result<()>;
    /// After this the names in the folder, and the absence of those removed, survive a crash.
    fn sync_folder(&mut self) -> io::Result<()>;
    /// A number nobody outside can guess; it seeds the checksums of one segment.
    fn nonce(&mut self) -> u64;
    /// For messages that tell a person where to look.
    fn folder(&self) -> &Path;
}

/// An open file; reads and writes may come from several threads at once.
pub trait DiskFile: Send + Sync + 'static {
    fn length(&self) -> io::Result<u64>;
    fn read_exact_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<()>;
    /// On an error any part of the bytes may have been written.
    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;
    fn truncate(&self, length: u64) -> io::Result<()>;
    /// After this what was written, and the length, survive a crash. After an error nothing
    /// written since the last success may be trusted, even if a later call succeeds.
    fn sync_data(&self) -> io::Result<()>;
}
