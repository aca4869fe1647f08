//! What anybody may ask of a journal without waiting for its writer.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gatewatch_model::{Partition, Position};
use gatewatch_ports::{Cursor, JournalError, JournalHealth};

use crate::cursor::TailCursor;
use crate::disk::DiskFile;
use crate::senders::Senders;
use crate::tail::Tail;

#[derive(Debug)]
pub struct View<F> {
    tail: Arc<Tail<F>>,
    senders: Arc<Mutex<Senders>>,
    bytes_max: u64,
}

impl<F> Clone for View<F> {
    fn clone(&self) -> View<F> {
        View {
            tail: Arc::clone(&self.tail),
            senders: Arc::clone(&self.senders),
            bytes_max: self.bytes_max,
        }
    }
}

impl<F: DiskFile> View<F> {
    pub fn new(tail: Tail<F>, senders: Senders, bytes_max: u64) -> View<F> {
        View {
            tail: Arc::new(tail),
            senders: Arc::new(Mutex::new(senders)),
            bytes_max,
        }
    }

    pub fn cursor(&self, from: &[(Partition, Position)]) -> Result<Box<dyn Cursor>, JournalError> {
        Ok(Box::new(TailCursor::new(Arc::clone(&self.tail), from)?))
    }

    pub fn partitions(&self) -> u16 {
        self.tail.state().ends.len() as u16
    }

    /// The start for a partition that does not exist.
    pub fn end(&self, partition: Partition) -> Position {
        let state = self.tail.state();
        let end = state.ends.get(usize::from(partition.0));
        end.map_or(Position::START, |it| Position(*it))
    }

    pub fn last_sequence(&self, sender: &str) -> Option<u64> {
        self.senders().get(sender).map(|it| it.latest)
    }

    pub fn release(&self, below: &[(Partition, Position)]) {
        self.tail.state().release(below);
    }

    pub fn health(&self) -> JournalHealth {
        let senders = self.senders().len();
        self.tail.state().health(self.bytes_max, senders)
    }

    /// Wakes up those who wait; what is durable can still be read.
    pub fn close(&self) {
        self.tail.close();
    }

    pub(crate) fn tail(&self) -> &Tail<F> {
        &self.tail
    }

    pub(crate) fn senders(&self) -> MutexGuard<'_, Senders> {
        self.senders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
