//! A journal that writes in the thread that appends: for tools, and for tests that must run the
//! same way twice.

use std::sync::{Mutex, MutexGuard, PoisonError};

use gatewatch_model::{Partition, Position};
use gatewatch_ports::{Batch, Cursor, Journal, JournalError, JournalHealth, Receipt};

use crate::compress::prepare;
use crate::disk::Disk;
use crate::log::Log;
use crate::options::{OpenError, Options};
use crate::view::View;

#[derive(Debug)]
pub struct Direct<D: Disk> {
    log: Mutex<Log<D>>,
    view: View<D::File>,
}

impl<D: Disk> Direct<D> {
    pub fn open(disk: D, options: Options) -> Result<Direct<D>, OpenError> {
        let log = Log::open(disk, options)?;
        Ok(Direct {
            view: log.view(),
            log: Mutex::new(log),
        })
    }

    fn log(&self) -> MutexGuard<'_, Log<D>> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<D: Disk> Journal for Direct<D> {
    fn partitions(&self) -> u16 {
        self.view.partitions()
    }

    fn append(&self, batch: Batch) -> Receipt {
        let answer = prepare(&batch, self.view.partitions()).and_then(|prepared| {
            let answers = self.log().append(std::slice::from_ref(&prepared));
            answers
                .into_iter()
                .next()
                .unwrap_or(Err(JournalError::Closed))
        });
        Receipt::ready(answer)
    }

    fn cursor(&self, from: &[(Partition, Position)]) -> Result<Box<dyn Cursor>, JournalError> {
        self.view.cursor(from)
    }

    fn end(&self, partition: Partition) -> Position {
        self.view.end(partition)
    }

    fn last_sequence(&self, sender: &str) -> Option<u64> {
        self.view.last_sequence(sender)
    }

    fn release(&self, below: &[(Partition, Position)]) {
        self.view.release(below);
        let mut log = self.log();
        log.purge();
        log.roll_if_released();
    }

    fn health(&self) -> JournalHealth {
        self.view.health()
    }
}

impl<D: Disk> Drop for Direct<D> {
    fn drop(&mut self) {
        self.view.close();
    }
}
