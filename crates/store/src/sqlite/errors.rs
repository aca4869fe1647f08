//! What SQLite says, in the words of the port: who must do what.

use std::io;
use std::path::Path;

use gatewatch_ports::StoreError;
use rusqlite::{ErrorCode, ffi};

pub fn failed(error: rusqlite::Error) -> StoreError {
    let reason = error.to_string();
    let Some(found) = error.sqlite_error() else {
        return StoreError::Other {
            reason: reason.into(),
        };
    };
    match found.code {
        ErrorCode::DiskFull => full(reason),
        // The index of the log is stretched by writing to its end.
        ErrorCode::SystemIoFailure if found.extended_code == ffi::SQLITE_IOERR_SHMSIZE => {
            full(reason)
        }
        ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied => {
            unwritable(&reason)
        }
        ErrorCode::SystemIoFailure => StoreError::Unwritable {
            reason: format!("{reason}; look at the disk's health and the system's log").into(),
        },
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => StoreError::Damaged {
            reason: reason.into(),
        },
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => StoreError::Busy {
            reason: format!("{reason}; another process holds it, see that only one writes").into(),
        },
        _ => StoreError::Other {
            reason: reason.into(),
        },
    }
}

pub fn io_failed(path: &Path, error: &io::Error) -> StoreError {
    let reason = format!("{}: {error}", path.display());
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => full(reason),
        _ => unwritable(&reason),
    }
}

fn full(reason: String) -> StoreError {
    StoreError::Full {
        reason: reason.into(),
    }
}

fn unwritable(reason: &str) -> StoreError {
    StoreError::Unwritable {
        reason: format!(
            "{reason}; let the user that runs Gatewatch write the data folder, or name another \
             with --data"
        )
        .into(),
    }
}
