//! A disk in memory that does what disks do: it forgets what was not synced, tears it at any
//! byte or sector, loses names that were not synced, fills up, fails, and goes dark at a given
//! operation. The same seed and the same operations give the same disk.
//!
//! Clones are the same disk. After `crash` open files and the journal on it see only errors;
//! `restart` brings back what survived.

mod state;

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use self::state::{Change, State};
use super::{Disk, DiskFile};

/// A handle of the disk; what is opened through it dies with the next crash.
#[derive(Clone, Debug)]
pub struct SimDisk {
    state: Arc<Mutex<State>>,
    life: u64,
}

#[derive(Clone, Debug)]
pub struct SimFile {
    state: Arc<Mutex<State>>,
    life: u64,
    id: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The operation fails with "no space left"; a write may leave a part behind.
    NoSpace,
    /// The operation fails with an input/output error. Of what a failed sync should have
    /// brought to the disk any part may be there, and no later sync brings the rest.
    Broken,
    /// The machine stops during the operation.
    Crash,
    /// The process stops before the operation; what it wrote is in memory still.
    Kill,
}

impl SimDisk {
    pub fn new(seed: u64) -> SimDisk {
        SimDisk {
            state: Arc::new(Mutex::new(State::new(seed))),
            life: 0,
        }
    }

    /// The `after`-th changing operation from now on (0 is the next one) meets the fault, once.
    pub fn fail(&self, after: u64, fault: Fault) {
        let mut state = self.state();
        let at = state.operations + after;
        state.faults.insert(at, fault);
    }

    /// How much fits on it; `u64::MAX` is no bound.
    pub fn set_capacity(&self, bytes: u64) {
        self.state().capacity = bytes;
    }

    /// The machine stops now.
    pub fn crash(&self) {
        self.state().crash();
    }

    /// True when nothing works through this handle any more.
    pub fn has_stopped(&self) -> bool {
        self.alive().is_err()
    }

    /// True when it was the machine that stopped, and not only the process.
    pub fn is_dark(&self) -> bool {
        self.state().dark
    }

    /// The same disk after the machine has started again. Faults that have not come are off.
    pub fn restart(&self) -> SimDisk {
        let mut state = self.state();
        if !state.dark {
            state.crash();
        }
        state.dark = false;
        state.faults.clear();
        let life = state.life;
        drop(state);
        SimDisk {
            state: Arc::clone(&self.state),
            life,
        }
    }

    /// The same disk after the process was killed: what was written is in memory still, synced
    /// or not.
    pub fn reopen(&self) -> SimDisk {
        let mut state = self.state();
        state.life += 1;
        let life = state.life;
        drop(state);
        SimDisk {
            state: Arc::clone(&self.state),
            life,
        }
    }

    /// Changing operations so far.
    pub fn operations(&self) -> u64 {
        self.state().operations
    }

    /// Changes bytes of a file on the disk itself, from `offset` on, as ageing does.
    pub fn damage(&self, name: &str, offset: usize, change: impl FnOnce(&mut [u8])) {
        self.state().damage(name, offset, change);
    }

    /// The names of the files, sorted.
    pub fn names(&self) -> Vec<String> {
        self.state().names.keys().cloned().collect()
    }

    /// The bytes of a file as reads see them.
    pub fn contents(&self, name: &str) -> Option<Vec<u8>> {
        let state = self.state();
        let id = state.names.get(name)?;
        Some(state.files[*id].bytes.clone())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn alive(&self) -> io::Result<MutexGuard<'_, State>> {
        alive(&self.state, self.life)
    }

    fn file(&self, id: usize) -> SimFile {
        SimFile {
            state: Arc::clone(&self.state),
            life: self.life,
            id,
        }
    }
}

impl Disk for SimDisk {
    type File = SimFile;

    fn list(&mut self) -> io::Result<Vec<String>> {
        Ok(self.alive()?.names.keys().cloned().collect())
    }

    fn create(&mut self, name: &str) -> io::Result<SimFile> {
        let mut state = self.alive()?;
        if state.names.contains_key(name) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let id = state.files.len();
        state.files.push(state::Content::default());
        state.rename(name, Some(id))?;
        Ok(self.file(id))
    }

    fn open(&mut self, name: &str) -> io::Result<SimFile> {
        let id = self.alive()?.names.get(name).copied();
        id.map(|id| self.file(id))
            .ok_or(io::ErrorKind::NotFound.into())
    }

    fn remove(&mut self, name: &str) -> io::Result<()> {
        let mut state = self.alive()?;
        if !state.names.contains_key(name) {
            return Err(io::ErrorKind::NotFound.into());
        }
        state.rename(name, None)
    }

    fn sync_folder(&mut self) -> io::Result<()> {
        self.alive()?.sync_names()
    }

    fn nonce(&mut self) -> u64 {
        self.state().random()
    }

    fn folder(&self) -> &Path {
        Path::new("simulated")
    }
}

impl DiskFile for SimFile {
    fn length(&self) -> io::Result<u64> {
        let state = alive(&self.state, self.life)?;
        Ok(state.files[self.id].bytes.len() as u64)
    }

    fn read_exact_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<()> {
        let state = alive(&self.state, self.life)?;
        let start = offset as usize;
        match state.files[self.id].bytes.get(start..start + bytes.len()) {
            Some(found) => {
                bytes.copy_from_slice(found);
                Ok(())
            }
            None => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }

    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        alive(&self.state, self.life)?.write(self.id, offset as usize, bytes)
    }

    fn truncate(&self, length: u64) -> io::Result<()> {
        alive(&self.state, self.life)?.change(self.id, Change::Truncate(length as usize))
    }

    fn sync_data(&self) -> io::Result<()> {
        alive(&self.state, self.life)?.sync(self.id)
    }
}

fn alive(state: &Mutex<State>, life: u64) -> io::Result<MutexGuard<'_, State>> {
    let state = state.lock().unwrap_or_else(PoisonError::into_inner);
    if state.dark || state.life != life {
        return Err(io::Error::other("the simulated machine has stopped"));
    }
    Ok(state)
}
