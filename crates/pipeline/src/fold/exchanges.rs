//! The first stage: exchanges become inventory, roll-ups, and digests for the second stage.

use gatewatch_classify::{Catalogue, Hit};
use gatewatch_decode::{Leaves, Reading};
use gatewatch_inventory::{Digests, Inventory, Placed, Sighting};
use gatewatch_model::control::{Control, NumberedControl};
use gatewatch_model::effects::Effects;
use gatewatch_model::own::OwnKind;
use gatewatch_model::record::{Arrival, Digest};
use gatewatch_model::signal::Judged;
use gatewatch_model::{Exchange, Position, Record, Stage, Timestamp};

use super::classification::{Classification, State};
use super::detection::{self, Detection};
use super::sources::Sources;
use super::time::FoldTime;
use super::{Fold, StateError};

/// Digests that wait for a checkpoint: beyond this it should not wait.
const DIGESTS_WAITING_MAX: usize = 50_000;
/// The same for rows and roll-ups.
const PENDING_BYTES_MAX: usize = 32 << 20;

/// The last second that RFC 3339 can write.
const END_OF_TIME: Timestamp = Timestamp(253_402_300_799_000_000);

#[derive(Default)]
pub struct ExchangeFold {
    time: FoldTime,
    revision: u64,
    inventory: Inventory,
    digests: Digests,
    classification: Classification,
    detection: Detection,
    /// Memory that is used again for each exchange.
    reading: Reading,
    // Below: waiting for the next checkpoint, not part of the state.
    sources: Sources,
    closed: Vec<(Position, Digest)>,
}

/// The part of the state that is neither inventory nor digests.
#[derive(Debug, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
struct Head {
    #[n(0)]
    time: FoldTime,
    #[n(1)]
    revision: u64,
}

impl Fold for ExchangeFold {
    const STAGE: Stage = Stage::Exchanges;

    fn set_key(&mut self, key: &[u8; 32]) {
        self.inventory.set_key(key);
        self.set_list_key(key);
    }

    fn fold(&mut self, position: Position, record: &Record<'_>) {
        self.inventory.stand_at(position);
        match record {
            Record::Arrival(arrival) => drop(self.arrive(position, arrival)),
            Record::Control(control) => self.obey(position, control),
            Record::Tick(at) => {
                self.time.tick(*at);
                self.inventory.decide_due();
                self.inventory.tick(*at);
                let closed = self.digests.take();
                self.close(position, closed);
            }
            // Digests travel in the second journal only.
            Record::Digest(_) => {}
        }
    }

    fn drain(&mut self) -> Effects {
        let mut effects = Effects {
            sources: self.sources.drain(),
            ..Effects::default()
        };
        self.inventory
            .drain(&mut effects, &self.classification.judging());
        effects
    }

    fn discard(&mut self) {
        self.sources.discard();
        self.inventory.discard();
    }

    fn digests(&mut self) -> Vec<(Position, Digest)> {
        std::mem::take(&mut self.closed)
    }

    fn is_full(&self) -> bool {
        self.closed.len() >= DIGESTS_WAITING_MAX
            || self.inventory.pending_bytes() >= PENDING_BYTES_MAX
    }

    fn revision(&self) -> u64 {
        self.revision
    }

    fn received(&self) -> Timestamp {
        self.time.received()
    }

    fn encode(&self, bytes: &mut Vec<u8>) {
        let head = Head {
            time: self.time,
            revision: self.revision,
        };
        // Writing to memory cannot fail.
        super::seal("fold", bytes, |bytes| drop(minicbor::encode(&head, bytes)));
        super::seal("inventory", bytes, |bytes| self.inventory.encode(bytes));
        super::seal("digests", bytes, |bytes| self.digests.encode(bytes));
        let said = self.classification.state();
        super::seal("classification", bytes, |bytes| {
            drop(minicbor::encode(said, bytes));
        });
        let said = self.detection.state();
        super::seal("detection", bytes, |bytes| {
            drop(minicbor::encode(said, bytes));
        });
    }

    fn decode(mut bytes: &[u8]) -> Result<Self, StateError> {
        let head: Head = super::open("fold", &mut bytes, minicbor::decode)?;
        Ok(ExchangeFold {
            time: head.time,
            revision: head.revision,
            inventory: super::open("inventory", &mut bytes, Inventory::decode)?,
            digests: super::open("digests", &mut bytes, Digests::decode)?,
            classification: match bytes {
                // A release before classification wrote it.
                [] => Classification::default(),
                _ => super::open("classification", &mut bytes, |it| {
                    minicbor::decode::<State>(it)
                })?
                .into(),
            },
            detection: match bytes {
                // A release before detection wrote it.
                [] => Detection::default(),
                _ => super::open("detection", &mut bytes, |it| {
                    minicbor::decode::<detection::State>(it)
                })?
                .into(),
            },
            ..ExchangeFold::default()
        })
    }
}

impl ExchangeFold {
    /// What was found in the exchange that arrived last, and what it was found in.
    pub fn found(&self) -> (&[Hit], &Leaves) {
        (self.classification.hits(), self.reading.leaves())
    }

    /// What is wrong with the exchange that arrived last.
    pub fn judged(&self) -> Judged<'_> {
        self.detection.judged()
    }

    /// What lists of tokens are asked with that were made with the key of an installation.
    pub fn set_list_key(&mut self, key: &[u8; 32]) {
        self.classification.set_key(key);
    }

    pub fn catalogue(&self) -> &Catalogue {
        self.classification.catalogue()
    }

    pub fn inventory(&self) -> &Inventory {
        &self.inventory
    }

    /// Decides all templates once more and lets every profile be written: nothing comes after.
    pub fn settle(&mut self) {
        self.inventory.settle();
        self.inventory.tick(END_OF_TIME);
    }

    /// Method and template of an exchange by all that is known now.
    pub fn template_of(&mut self, exchange: &Exchange<'_>, scope: &str) -> Box<str> {
        self.reading.read(exchange);
        self.inventory.template_of(exchange, &self.reading, scope)
    }

    /// Folds one exchange; answers where it went.
    pub fn arrive(&mut self, position: Position, arrival: &Arrival<'_>) -> Placed {
        let exchange = &arrival.exchange;
        let accepted = self
            .time
            .accept(arrival.received, arrival.stream, exchange.at);
        self.reading.read(exchange);
        let scope = &*arrival.scope;
        let speaks = self.classification.speaks_of_collections();
        let collection = speaks.then(|| self.inventory.collection_of(exchange, scope));
        self.classification
            .find(self.reading.leaves(), scope, collection);
        self.detection.see(exchange, &self.reading, &arrival.scope);
        let judging = self.classification.judging();
        let caller = gatewatch_decode::caller_of(exchange, &self.reading);
        let sighting = Sighting {
            exchange,
            reading: &self.reading,
            scope: &arrival.scope,
            caller: &caller,
            external: arrival.external,
            at: accepted.at,
            blemishes: accepted.blemishes,
            fits: self.classification.fits(),
            judge: &judging,
            judged: self.detection.judged(),
        };
        let placed = self.inventory.observe(&sighting);
        self.sources.count(arrival, accepted.at, placed.blemishes);
        if let Some(endpoint) = placed.endpoint
            && let Some(closed) =
                self.digests
                    .add(&caller, endpoint, accepted.at, exchange.status())
        {
            self.close(position, closed);
        }
        placed
    }

    /// A control that finds nothing to do has no effect; it is passed all the same.
    fn obey(&mut self, position: Position, numbered: &NumberedControl) {
        if numbered.revision <= self.revision {
            return;
        }
        self.revision = numbered.revision;
        match &numbered.control {
            Control::Forget { endpoint } => self.inventory.forget(*endpoint),
            Control::Merge { from, into } => self.inventory.merge(*from, *into, position),
            Control::Pin {
                collection,
                template,
            } => self.inventory.pin(*collection, template),
            Control::Unpin {
                collection,
                template,
            } => self.inventory.unpin(*collection, template),
            Control::Split { endpoint, segment } => self.inventory.split(*endpoint, *segment),
            Control::Define {
                subject,
                definition,
            } => self.inventory.define(subject, definition, numbered.at),
            Control::Undefine { collection } => self.inventory.undefine(*collection),
            Control::Classify { scope, sensitivity } => {
                self.classification.say(scope, sensitivity);
                self.inventory.tell_again(scope)
            }
            Control::Bring { kind, files } => match kind {
                OwnKind::InfoTypes => {
                    self.classification.bring(files) && self.inventory.tell_again("/")
                }
                OwnKind::Detections => self.detection.bring(files),
            },
            Control::Watch { scope, vigilance } => {
                self.detection.say(scope, vigilance);
                true
            }
            Control::Elsewhere => false,
        };
    }

    fn close(&mut self, position: Position, closed: Vec<Digest>) {
        self.closed
            .extend(closed.into_iter().map(|it| (position, it)));
    }
}

#[cfg(test)]
mod tests;
