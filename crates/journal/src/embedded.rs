//! The journal of one process: appenders compress in their own threads and queue up; one thread
//! writes all that waits with one sync and answers.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use gatewatch_model::{Partition, Position};
use gatewatch_ports::{Batch, Cursor, Journal, JournalError, JournalHealth, Receipt};
use tokio::sync::oneshot;
use tracing::error;

use crate::compress::{Prepared, prepare};
use crate::disk::{Disk, RealDisk};
use crate::log::{Answer, Log};
use crate::options::{OpenError, Options};
use crate::view::View;

/// Written and synced at once; more would only make the first of a group wait longer.
const GROUP_BYTES_MAX: usize = 16 << 20;
/// With records in the active segment, how often it is asked whether it may go.
const REST: Duration = Duration::from_secs(1);
const LONG_REST: Duration = Duration::from_secs(3600);
/// A full queue means a slow disk; it moves on within seconds or not at all.
const RETRY_SECONDS: u32 = 1;

#[derive(Debug)]
pub struct Embedded<D: Disk = RealDisk> {
    queue: Arc<Queue>,
    view: View<D::File>,
    writer: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Queue {
    line: Mutex<Line>,
    bell: Condvar,
    bytes_max: usize,
}

#[derive(Debug, Default)]
struct Line {
    waiting: VecDeque<Waiting>,
    bytes: usize,
    released: bool,
    closed: bool,
}

#[derive(Debug)]
struct Waiting {
    batch: Prepared,
    answer: oneshot::Sender<Answer>,
}

impl Embedded<RealDisk> {
    /// Opens the journal in that folder, which is created if need be and then is this process's
    /// alone until the journal is dropped.
    pub fn open(folder: &Path, options: Options) -> Result<Embedded<RealDisk>, OpenError> {
        Embedded::on(RealDisk::open(folder)?, options)
    }
}

impl<D: Disk> Embedded<D> {
    pub fn on(disk: D, options: Options) -> Result<Embedded<D>, OpenError> {
        let log = Log::open(disk, options)?;
        let view = log.view();
        let queue = Arc::new(Queue {
            line: Mutex::default(),
            bell: Condvar::new(),
            bytes_max: log.options().queue_bytes_max,
        });
        let served = Serving {
            queue: Arc::clone(&queue),
            view: view.clone(),
        };
        let writer = std::thread::Builder::new()
            .name("journal".into())
            .spawn(move || served.write(log))
            .map_err(OpenError::Thread)?;
        Ok(Embedded {
            queue,
            view,
            writer: Some(writer),
        })
    }
}

impl<D: Disk> Journal for Embedded<D> {
    fn partitions(&self) -> u16 {
        self.view.partitions()
    }

    fn append(&self, batch: Batch) -> Receipt {
        // Before the work of compression, and again after it.
        if let Err(error) = self.queue.line().room(0, self.queue.bytes_max) {
            return Receipt::ready(Err(error));
        }
        match prepare(&batch, self.view.partitions()) {
            Ok(prepared) => self.queue.push(prepared),
            Err(error) => Receipt::ready(Err(error)),
        }
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
        self.queue.line().released = true;
        self.queue.bell.notify_one();
    }

    fn health(&self) -> JournalHealth {
        self.view.health()
    }
}

impl<D: Disk> Drop for Embedded<D> {
    /// Writes what waits, then stops the thread.
    fn drop(&mut self) {
        self.queue.close();
        if let Some(writer) = self.writer.take()
            && writer.join().is_err()
        {
            error!("the thread that writes the journal has failed");
        }
    }
}

/// The writer's ends of the queue and of the view; closes both however the thread ends.
struct Serving<F: crate::disk::DiskFile> {
    queue: Arc<Queue>,
    view: View<F>,
}

impl<F: crate::disk::DiskFile> Serving<F> {
    fn write<D: Disk<File = F>>(self, mut log: Log<D>) {
        let age_max = Duration::from_secs(log.options().segment_seconds_max);
        let mut since = Instant::now();
        loop {
            let rest = if log.has_batches() { REST } else { LONG_REST };
            let Some(group) = self.queue.take(rest) else {
                // However young: after an ordered stop no body stays at rest.
                log.purge();
                log.roll_if_released();
                return;
            };
            if !log.has_batches() {
                since = Instant::now();
            }
            append(&mut log, group);
            log.purge();
            let age = since.elapsed();
            if age >= REST {
                log.roll_if_released();
            }
            if age >= age_max {
                log.roll_if_few();
                since = Instant::now();
            }
        }
    }
}

impl<F: crate::disk::DiskFile> Drop for Serving<F> {
    fn drop(&mut self) {
        self.queue.close();
        self.queue.line().waiting.clear();
        self.view.close();
    }
}

fn append<D: Disk>(log: &mut Log<D>, group: Vec<Waiting>) {
    let (batches, waiting): (Vec<_>, Vec<_>) =
        group.into_iter().map(|it| (it.batch, it.answer)).unzip();
    for (to, answer) in waiting.into_iter().zip(log.append(&batches)) {
        // Whoever asked may have gone; the batch is on disk all the same.
        let _ = to.send(answer);
    }
}

impl Queue {
    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, batch: Prepared) -> Receipt {
        let mut line = self.line();
        if let Err(error) = line.room(batch.bytes(), self.bytes_max) {
            return Receipt::ready(Err(error));
        }
        let (answer, receipt) = Receipt::new();
        line.bytes += batch.bytes();
        line.waiting.push_back(Waiting { batch, answer });
        drop(line);
        self.bell.notify_one();
        receipt
    }

    /// The next group; empty when there was a release or `rest` is over, `None` at the end.
    fn take(&self, rest: Duration) -> Option<Vec<Waiting>> {
        let idle = |it: &mut Line| it.waiting.is_empty() && !it.released && !it.closed;
        let (mut line, _) = self
            .bell
            .wait_timeout_while(self.line(), rest, idle)
            .unwrap_or_else(PoisonError::into_inner);
        if line.closed && line.waiting.is_empty() {
            return None;
        }
        line.released = false;
        let mut group = Vec::new();
        let mut bytes = 0;
        while let Some(next) = line.waiting.front()
            && (group.is_empty() || bytes + next.batch.bytes() <= GROUP_BYTES_MAX)
        {
            bytes += next.batch.bytes();
            group.extend(line.waiting.pop_front());
        }
        line.bytes -= bytes;
        Some(group)
    }

    fn close(&self) {
        self.line().closed = true;
        self.bell.notify_all();
    }
}

impl Line {
    fn room(&self, bytes: usize, bytes_max: usize) -> Result<(), JournalError> {
        if self.closed {
            return Err(JournalError::Closed);
        }
        // A single batch always fits, whatever the bound.
        if self.bytes > 0 && self.bytes + bytes > bytes_max {
            return Err(JournalError::Full {
                bytes: self.bytes as u64,
                bytes_max: bytes_max as u64,
                retry_seconds: RETRY_SECONDS,
            });
        }
        Ok(())
    }
}
