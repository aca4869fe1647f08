//! Finds places of a slab by what stands there, so that every text is kept once. The table can
//! be asked but not walked: its order, and the key that keeps anyone from making names that
//! collide, never show.

use std::hash::{BuildHasher, Hash};

// order never observed: there is no way to iterate, and equal states are saved in sorted order
use hashbrown::{DefaultHashBuilder, HashTable};

#[derive(Default)]
pub(crate) struct Places {
    table: HashTable<u32>,
    /// Random for each process, and cheap: every exchange asks a dozen times.
    hasher: DefaultHashBuilder,
}

impl Places {
    /// The place whose key is that one; `same` says whether it is.
    pub fn find(&self, key: impl Hash, same: impl Fn(u32) -> bool) -> Option<u32> {
        self.table
            .find(self.hasher.hash_one(key), |at| same(*at))
            .copied()
    }

    /// Adds a place that is not there yet; `key_of` answers the key of this and any other.
    pub fn insert<K: Hash>(&mut self, at: u32, key_of: impl Fn(u32) -> Option<K>) {
        let Places { table, hasher } = self;
        let hash_of = |at: u32| key_of(at).map_or(0, |it| hasher.hash_one(it));
        table.insert_unique(hash_of(at), at, |it| hash_of(*it));
    }

    pub fn remove(&mut self, key: impl Hash, at: u32) {
        if let Ok(entry) = self
            .table
            .find_entry(self.hasher.hash_one(key), |it| *it == at)
        {
            entry.remove();
        }
    }

    pub fn clear(&mut self) {
        self.table.clear();
    }

    pub fn heap_bytes(&self) -> usize {
        self.table.allocation_size()
    }
}
