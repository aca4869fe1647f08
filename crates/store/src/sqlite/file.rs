//! The file and how connections to it are opened.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use gatewatch_ports::StoreError;
use rusqlite::{Connection, OpenFlags};

use super::errors::{failed, io_failed};

/// How long a statement waits for another process, such as a backup by hand.
const BUSY_SECONDS: u64 = 10;
/// Texts of statements that stay prepared on a connection.
const STATEMENTS_MAX: usize = 128;

/// Room that a file once took is given back by `incremental_vacuum`; only a new file can be
/// marked for that. A commit is on disk when it returns. What is removed is overwritten where that
/// writes no page more.
const WRITER: &str = "
    PRAGMA auto_vacuum = INCREMENTAL;
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA secure_delete = FAST;
    PRAGMA wal_autocheckpoint = 4000;
    PRAGMA journal_size_limit = 67108864;
    PRAGMA cache_size = -32768;
    PRAGMA temp_store = MEMORY;
    PRAGMA trusted_schema = OFF;
    PRAGMA cell_size_check = ON;";

const READER: &str = "
    PRAGMA query_only = ON;
    PRAGMA cache_size = -8192;
    PRAGMA temp_store = MEMORY;
    PRAGMA trusted_schema = OFF;
    PRAGMA cell_size_check = ON;";

pub fn make_folder(folder: &Path) -> Result<(), StoreError> {
    if folder.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|it| io_failed(folder, &it))
}

/// Makes the file if it is not there, readable by its owner alone; SQLite gives the files
/// beside it the same rights.
pub fn make(file: &Path) -> Result<(), StoreError> {
    let mut options = fs::OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let opened = options.open(file).map_err(|it| io_failed(file, &it))?;
    narrow(&opened).map_err(|it| io_failed(file, &it))
}

pub fn writer(file: &Path) -> Result<Connection, StoreError> {
    open(file, WRITER)
}

/// Not read-only for SQLite: a reader may have to make the files beside the store.
pub fn reader(file: &Path) -> Result<Connection, StoreError> {
    open(file, READER)
}

/// The file with its log and the log's index.
pub fn bytes(file: &Path) -> Result<u64, StoreError> {
    let mut bytes = fs::metadata(file).map_err(|it| io_failed(file, &it))?.len();
    for beside in ["-wal", "-shm"] {
        bytes += fs::metadata(with_ending(file, beside)).map_or(0, |it| it.len());
    }
    Ok(bytes)
}

pub fn with_ending(file: &Path, ending: &str) -> PathBuf {
    let mut path = file.as_os_str().to_owned();
    path.push(ending);
    path.into()
}

fn open(file: &Path, pragmas: &str) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags).map_err(failed)?;
    connection
        .busy_timeout(Duration::from_secs(BUSY_SECONDS))
        .map_err(failed)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    connection.execute_batch(pragmas).map_err(failed)?;
    Ok(connection)
}

#[cfg(unix)]
fn narrow(file: &fs::File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let mut rights = file.metadata()?.permissions();
    if rights.mode() & 0o077 != 0 {
        rights.set_mode(0o600);
        file.set_permissions(rights)?;
    }
    Ok(())
}

#[cfg(not(unix))]
fn narrow(_: &fs::File) -> io::Result<()> {
    Ok(())
}
