//! Digests on their way to the second journal. They are appended before the checkpoint that
//! forgets them; after a crash in between they are made again, and left out by their positions.

use std::sync::Arc;

use gatewatch_model::record::Digest;
use gatewatch_model::{Partition, Position, Record};
use gatewatch_ports::{Appended, Batch, Journal, JournalError};
use gatewatch_wire::record;

use crate::intake::OWN_SENDER;

#[derive(Clone)]
pub(crate) struct Outbound {
    journal: Arc<dyn Journal>,
}

impl Outbound {
    pub fn new(journal: Arc<dyn Journal>) -> Outbound {
        Outbound { journal }
    }

    /// All digests of one partition since its last checkpoint, as one batch; `None` when there
    /// are none that are not in the second journal already.
    pub fn batch(&self, from: Partition, digests: Vec<(Position, Digest)>) -> Option<Batch> {
        let sender = format!("{OWN_SENDER}digests-{}", from.0);
        let done = self.journal.last_sequence(&sender);
        let last = digests.last()?.0;
        let mut batch = Batch::from_sender(&sender, last.0);
        for (position, digest) in digests {
            if done.is_some_and(|it| position.0 <= it) {
                continue;
            }
            let partition = self.partition(&digest);
            let record = Record::Digest(digest);
            batch.push(partition, |bytes| record::encode(&record, bytes));
        }
        (!batch.is_empty()).then_some(batch)
    }

    pub fn append(&self, batch: &Batch) -> Result<Appended, JournalError> {
        self.journal.append(batch.clone()).wait()
    }

    fn partition(&self, digest: &Digest) -> Partition {
        let key = digest.caller.to_string();
        gatewatch_sources::partition::of_key(key.as_bytes(), self.journal.partitions())
    }
}
