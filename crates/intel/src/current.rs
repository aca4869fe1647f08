//! The feeds in force, for all threads that take exchanges in. New ones take the place of the old
//! between two batches.

use std::sync::{Arc, PoisonError, RwLock};

use crate::Origins;

#[derive(Debug, Default)]
pub struct Current(RwLock<Arc<Origins>>);

impl Current {
    pub fn new(origins: Origins) -> Current {
        Current(RwLock::new(Arc::new(origins)))
    }

    pub fn get(&self) -> Arc<Origins> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub fn put(&self, origins: Origins) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(origins);
    }
}
