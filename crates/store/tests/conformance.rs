//! The suite that every store must pass, on SQLite.

#![expect(clippy::unwrap_used, reason = "this is a test")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use gatewatch_ports::Store;
use gatewatch_ports::conformance::store::{Maker, ROLL};
use gatewatch_store::SqliteStore;
use tempfile::TempDir;

#[test]
fn sqlite_is_a_store() {
    for (sentence, case) in ROLL {
        println!("{sentence}");
        case(&mut Folders::default());
    }
}

/// Each store in a folder of its own, all gone in the end.
#[derive(Default)]
struct Folders {
    folders: Vec<TempDir>,
    /// Where the store of an address lies.
    stores: BTreeMap<usize, PathBuf>,
}

impl Folders {
    fn folder(&mut self) -> PathBuf {
        let folder = TempDir::new().unwrap();
        let path = folder.path().to_path_buf();
        self.folders.push(folder);
        path
    }

    fn open(&mut self, folder: &Path) -> Box<dyn Store> {
        let store: Box<dyn Store> = Box::new(SqliteStore::open(folder).unwrap());
        self.stores.insert(address(&*store), folder.into());
        store
    }
}

impl Maker for Folders {
    fn make(&mut self) -> Box<dyn Store> {
        let folder = self.folder();
        self.open(&folder)
    }

    fn reopen(&mut self, store: Box<dyn Store>) -> Box<dyn Store> {
        let folder = self.stores.remove(&address(&*store)).unwrap();
        drop(store);
        self.open(&folder)
    }

    fn backup_folder(&mut self) -> Option<PathBuf> {
        Some(self.folder())
    }

    fn open_backup(&mut self, folder: &Path) -> Box<dyn Store> {
        self.open(folder)
    }
}

fn address(store: &dyn Store) -> usize {
    std::ptr::from_ref(store).cast::<()>().addr()
}
