//! A sender that never gives up: what was not acknowledged is sent again, in any order.

use gatewatch_journal::{Answer, Prepared, prepare};
use gatewatch_model::Partition;
use gatewatch_ports::{Appended, Batch, JournalError};

pub const PARTITIONS: u16 = 3;

#[derive(Debug)]
pub struct Sender {
    pub name: String,
    next: u64,
    pub open: Vec<Sent>,
    pub acknowledged: Vec<Sent>,
}

/// A batch and what it carries to each partition.
#[derive(Clone, Debug)]
pub struct Sent {
    pub sequence: u64,
    pub records: Vec<(u16, String)>,
    /// It was refused before, or its answer never came.
    pub tried: bool,
}

impl Sender {
    pub fn new(name: &str) -> Sender {
        Sender {
            name: name.into(),
            next: 1,
            open: Vec::new(),
            acknowledged: Vec::new(),
        }
    }

    /// One of the open batches or a new one.
    pub fn pick(&mut self, random: &mut impl FnMut(u64) -> u64) -> Sent {
        if self.open.len() > 5 || (!self.open.is_empty() && random(2) == 0) {
            let at = random(self.open.len() as u64) as usize;
            return self.open.remove(at);
        }
        let sequence = self.next;
        self.next += 1;
        let count = 1 + random(6);
        let records = (0..count)
            .map(|n| {
                let filling = "x".repeat(random(300) as usize);
                let text = format!("{}/{sequence}/{n}/{filling}", self.name);
                (random(u64::from(PARTITIONS)) as u16, text)
            })
            .collect();
        Sent {
            sequence,
            records,
            tried: false,
        }
    }

    pub fn prepare(&self, sent: &Sent) -> Prepared {
        let mut batch = Batch::from_sender(&self.name, sent.sequence);
        for (partition, text) in &sent.records {
            batch.push(Partition(*partition), |it| {
                it.extend_from_slice(text.as_bytes());
            });
        }
        prepare(&batch, PARTITIONS).unwrap()
    }

    /// Returns whether it was found to be on disk already.
    pub fn answered(&mut self, mut sent: Sent, answer: Answer) -> bool {
        match answer {
            Ok(Appended::Written(_)) => {
                self.acknowledged.push(sent);
                false
            }
            Ok(Appended::Duplicate) => {
                assert!(
                    sent.tried,
                    "a batch sent for the first time is no duplicate"
                );
                self.acknowledged.push(sent);
                true
            }
            Err(JournalError::Unwritable { .. }) => {
                sent.tried = true;
                self.open.push(sent);
                false
            }
            Err(other) => panic!("{other}"),
        }
    }
}
