//! How a journal is set up, and why one does not open.

use std::io;
use std::path::PathBuf;

use gatewatch_model::{Partition, Position};

use crate::disk::{Disk, FolderError};

pub const PARTITIONS_MAX: u16 = 1024;
pub const BYTES_MAX: u64 = 4 << 30;
pub const SEGMENT_BYTES: u64 = 64 << 20;

/// A segment is at most this part of the whole, or little could go before all is folded.
const SEGMENTS_MIN: u64 = 8;
/// At least this part, or there would be too many files.
const SEGMENTS_MAX: u64 = 1024;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Fixed when a journal is created.
    pub partitions: u16,
    /// On disk, after compression; beyond it `append` answers `Full`.
    pub bytes_max: u64,
    pub segment_bytes: u64,
    /// A segment with records is not written to for longer, so that bodies do not stay at rest
    /// when traffic is slow. Only `Embedded` has a clock.
    pub segment_seconds_max: u64,
    /// Batches that wait for the disk; beyond it `append` answers `Full`.
    pub queue_bytes_max: usize,
    /// The next positions are at least these: what a store has folded already, in case this
    /// journal is younger than the store (its folder was lost, or a backup was restored).
    pub positions_min: Vec<(Partition, Position)>,
}

#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(transparent)]
    Folder(#[from] FolderError),
    #[error("cannot read the journal in {}; look at that disk and at the mode of its files", folder.display())]
    Unreadable { folder: PathBuf, source: io::Error },
    #[error(
        "cannot write the journal in {}; see that the disk has space and that the folder and its files \
         are writable",
        folder.display()
    )]
    Unwritable { folder: PathBuf, source: io::Error },
    #[error(
        "the journal in {} is of format {found} and this release knows up to {known}; \
         start the newer release again",
        folder.display()
    )]
    TooNew {
        folder: PathBuf,
        found: u16,
        known: u16,
    },
    #[error(
        "the journal in {} has {found} partitions, not {asked}; their number is fixed when a journal is \
         created, so ask for {found}",
        folder.display()
    )]
    Partitions {
        folder: PathBuf,
        found: u16,
        asked: u16,
    },
    #[error("a journal has 1 to {PARTITIONS_MAX} partitions, not {asked}")]
    PartitionCount { asked: u16 },
    #[error("cannot start the thread that writes the journal")]
    Thread(#[source] io::Error),
}

impl Default for Options {
    fn default() -> Options {
        Options {
            partitions: 16,
            bytes_max: BYTES_MAX,
            segment_bytes: SEGMENT_BYTES,
            segment_seconds_max: 60,
            queue_bytes_max: 64 << 20,
            positions_min: Vec::new(),
        }
    }
}

impl Options {
    /// With the segment size held between its limits.
    pub(crate) fn checked(mut self) -> Result<Options, OpenError> {
        if !(1..=PARTITIONS_MAX).contains(&self.partitions) {
            return Err(OpenError::PartitionCount {
                asked: self.partitions,
            });
        }
        let least = self.bytes_max / SEGMENTS_MAX;
        let most = (self.bytes_max / SEGMENTS_MIN).max(least);
        self.segment_bytes = self.segment_bytes.clamp(least, most);
        Ok(self)
    }
}

impl OpenError {
    pub(crate) fn unreadable(disk: &impl Disk, source: io::Error) -> OpenError {
        OpenError::Unreadable {
            folder: disk.folder().into(),
            source,
        }
    }

    pub(crate) fn unwritable(disk: &impl Disk, source: io::Error) -> OpenError {
        OpenError::Unwritable {
            folder: disk.folder().into(),
            source,
        }
    }
}
