//! SQLite: one writer, a few readers that never wait for it, one file in the data folder.

mod copy;
mod errors;
mod file;
mod readers;
mod session;
mod verify;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use gatewatch_ports::StoreError;
use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::SqlStore;
use crate::dialect::{Dialect, SQLITE};
use crate::engine::{Engine, Session as _};
use errors::failed;
use readers::Readers;
use session::Session;

pub use verify::Verified;

/// The store's file in the data folder.
pub const FILE_NAME: &str = "gatewatch.db";

pub type SqliteStore = SqlStore<Sqlite>;

impl SqliteStore {
    /// Opens the store of a data folder; makes both if they are not there.
    pub fn open(folder: &Path) -> Result<SqliteStore, StoreError> {
        file::make_folder(folder)?;
        SqliteStore::open_at(&folder.join(FILE_NAME))
    }

    pub fn open_at(file: &Path) -> Result<SqliteStore, StoreError> {
        SqlStore::new(Sqlite::open(file)?)
    }

    /// Writes the log of changes into the store and empties it, so that what was removed is in
    /// neither. False if somebody else reads the log just now.
    pub fn empty_log(&self) -> Result<bool, StoreError> {
        self.engine.with_writer(|writer| {
            let sql = "PRAGMA wal_checkpoint(TRUNCATE)";
            let busy = writer.query_row(sql, [], |row| row.get::<_, i64>(0));
            busy.map(|it| it == 0).map_err(failed)
        })
    }

    /// Whether a file is a whole and sound store that this release can open. Writes nothing.
    pub fn verify(file: &Path) -> Result<Verified, StoreError> {
        verify::verify(file)
    }
}

/// A SQLite database in a file.
#[derive(Debug)]
pub struct Sqlite {
    file: PathBuf,
    writer: Mutex<Connection>,
    readers: Readers,
    was_full: AtomicBool,
}

/// Pages that one step of giving room back moves: some 4 MiB.
const TRIM_PAGES: u32 = 1_000;
/// Room is given back when more than one page in so many is free; less is used again soon.
const TRIM_SHARE: i64 = 4;

impl Sqlite {
    pub fn open(file: &Path) -> Result<Sqlite, StoreError> {
        file::make(file)?;
        Ok(Sqlite {
            file: file.into(),
            writer: Mutex::new(file::writer(file)?),
            readers: Readers::new(file),
            was_full: AtomicBool::new(false),
        })
    }

    fn with_writer<T>(&self, work: impl FnOnce(&Connection) -> T) -> T {
        // A panic while writing has rolled its transaction back: the connection is sound.
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        work(&writer)
    }

    /// One step of giving room back; true while there is more to give.
    fn trim_some(&self) -> Result<bool, StoreError> {
        self.with_writer(|writer| {
            let pages = |name| writer.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
            let free = pages("freelist_count").map_err(failed)?;
            if free.saturating_mul(TRIM_SHARE) < pages("page_count").map_err(failed)? {
                return Ok(false);
            }
            let sql = format!("PRAGMA incremental_vacuum({TRIM_PAGES})");
            Session(writer).query(&sql, &[], &mut |_| Ok(()))?;
            // A file that cannot shrink (made by hand, without the mark for it) stays as it is.
            Ok(pages("freelist_count").map_err(failed)? < free)
        })
    }
}

impl Engine for Sqlite {
    fn dialect(&self) -> &'static Dialect {
        &SQLITE
    }

    fn write<T>(
        &self,
        work: impl FnOnce(&dyn crate::Session) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.with_writer(|writer| {
            if self.was_full.load(Ordering::Relaxed) {
                // The log may hold most of the room there is, and what little has been freed
                // suffices to write it into the store. If not, the next try will.
                let _ = writer.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)");
            }
            let written = write(writer, work);
            let full = matches!(written, Err(StoreError::Full { .. }));
            self.was_full.store(full, Ordering::Relaxed);
            written
        })
    }

    fn read<T>(
        &self,
        work: impl FnOnce(&dyn crate::Session) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.readers.with(|reader| {
            // Ends when dropped; there is nothing to commit.
            let _view = Transaction::new_unchecked(reader, TransactionBehavior::Deferred)
                .map_err(failed)?;
            work(&Session(reader))
        })
    }

    fn keep_before(&self, version: u32) -> Result<(), StoreError> {
        let kept = file::with_ending(&self.file, &format!(".before-{version}"));
        copy::copy(&self.file, &kept, &mut |_, _| ())?;
        tracing::info!(copy = %kept.display(), "kept a copy of the store as it was");
        Ok(())
    }

    fn copy(&self, to: &Path, progress: &mut dyn FnMut(u64, u64)) -> Result<(), StoreError> {
        copy::copy(&self.file, &copy::free_place(to)?, progress)
    }

    fn trim(&self) -> Result<(), StoreError> {
        while self.trim_some()? {}
        Ok(())
    }

    fn bytes(&self) -> Result<u64, StoreError> {
        file::bytes(&self.file)
    }
}

fn write<T>(
    writer: &Connection,
    work: impl FnOnce(&dyn crate::Session) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    // Rolls back when dropped.
    let transaction =
        Transaction::new_unchecked(writer, TransactionBehavior::Immediate).map_err(failed)?;
    let answer = work(&Session(writer))?;
    transaction.commit().map_err(failed)?;
    Ok(answer)
}
