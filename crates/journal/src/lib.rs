//! The embedded journal: one physical log of segment files with logical partitions. A batch is
//! one atomic, checksummed, compressed frame; what waits is written with one sync.
//!
//! `Embedded` writes in a thread of its own, `Direct` in the thread of whoever appends; both are
//! a `Log` on a `Disk`, and the disk may be a simulated one (feature `sim`).

mod begin;
mod compress;
mod cursor;
mod direct;
pub mod disk;
mod embedded;
pub mod frame;
mod log;
mod options;
mod recover;
mod scan;
pub mod segment;
mod senders;
mod tail;
mod view;

pub use compress::{BATCH_BYTES_MAX, CHUNK_BYTES_MAX, Prepared, prepare};
pub use direct::Direct;
#[cfg(any(test, feature = "sim"))]
pub use disk::sim::SimDisk;
pub use disk::{Disk, DiskFile, FolderError, RealDisk};
pub use embedded::Embedded;
pub use log::{Answer, Log};
pub use options::{OpenError, Options, PARTITIONS_MAX};
pub use view::View;
