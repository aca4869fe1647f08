//! A few connections that read. In WAL mode they neither wait for the writer nor hold it up.

use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use gatewatch_ports::StoreError;
use rusqlite::Connection;

use super::file;

const READERS_MAX: usize = 4;

#[derive(Debug)]
pub struct Readers {
    file: PathBuf,
    state: Mutex<State>,
    freed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    idle: Vec<Connection>,
    lent: usize,
}

impl Readers {
    pub fn new(file: &Path) -> Readers {
        Readers {
            file: file.into(),
            state: Mutex::default(),
            freed: Condvar::new(),
        }
    }

    /// Lends a connection to `work`; waits while all are lent.
    pub fn with<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut loan = Loan {
            readers: self,
            connection: self.take(),
        };
        let connection = match loan.connection.take() {
            Some(connection) => connection,
            None => file::reader(&self.file)?,
        };
        work(loan.connection.insert(connection))
    }

    /// An idle connection, or leave to open one.
    fn take(&self) -> Option<Connection> {
        let mut state = self.state();
        while state.idle.is_empty() && state.lent >= READERS_MAX {
            state = self
                .freed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        state.lent += 1;
        state.idle.pop()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Gives the connection back, whatever happened.
struct Loan<'r> {
    readers: &'r Readers,
    connection: Option<Connection>,
}

impl Drop for Loan<'_> {
    fn drop(&mut self) {
        let mut state = self.readers.state();
        state.lent -= 1;
        state.idle.extend(self.connection.take());
        self.readers.freed.notify_one();
    }
}
