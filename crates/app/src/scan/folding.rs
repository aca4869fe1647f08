//! Folds what was read, partition by partition as a server does, and keeps what a server's store
//! would hold of it.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use gatewatch_model::control::{Control, NumberedControl};
use gatewatch_model::effects::{CollectionRow, Coverage, Effects, EndpointRow};
use gatewatch_model::own::OwnKind;
use gatewatch_model::profile::ProfileRow;
use gatewatch_model::{Blemishes, CollectionId, EndpointId, Position, Record, Timestamp};
use gatewatch_pipeline::fold::{ExchangeFold, Fold, Key};
use gatewatch_wire::record;

use super::callers::Callers;
use super::documented::Documented;
use super::hits::{self, Tokens, Told, Verdicts};
use super::reading::{Batch, Item, PARTITIONS, SCOPE};
use super::spill::{Provisional, Spill};
use crate::own::Own;

/// What waits in a fold is fetched after so many of its exchanges.
const FETCHED_EVERY: u64 = 20_000;
/// A chain of names longer than this is not followed to its end.
const ALIAS_HOPS_MAX: usize = 64;

/// All that is known in the end.
#[derive(Debug, Default)]
pub struct Known {
    pub collections: BTreeMap<CollectionId, CollectionRow>,
    pub endpoints: BTreeMap<EndpointId, EndpointRow>,
    /// In the form of the store: there may be thousands, and each is asked for once.
    profiles: BTreeMap<EndpointId, Box<[u8]>>,
    pub coverage: Coverage,
    /// Of exchanges that are printed.
    pub callers: Callers,
    /// How many exchanges of each file had each blemish.
    pub blemishes: BTreeMap<(u32, &'static str), u64>,
    aliases: BTreeMap<EndpointId, EndpointId>,
    keeps_profiles: bool,
    /// Where exchanges went that are printed; `None` when all are.
    printed: Option<BTreeSet<EndpointId>>,
}

pub struct Folding {
    folds: Vec<Part>,
    known: Known,
    /// Where lines wait for their endpoints; `None` when no lines are printed.
    spill: Option<Spill>,
    /// For hits of lines; `None` without a key.
    tokens: Option<Tokens>,
}

/// Lines that wait, and what knows their endpoints.
pub struct Lines {
    spill: Spill,
    folds: Vec<Part>,
}

/// A line as it is known in the end.
pub struct Ended<'e> {
    pub collection: &'e str,
    /// Method and template.
    pub endpoint: &'e str,
    pub hits: Vec<Told<'e>>,
}

#[derive(Default)]
struct Part {
    fold: ExchangeFold,
    next: u64,
    /// Where exchanges went that are printed, since the last time it was fetched.
    printed: BTreeSet<EndpointId>,
}

impl Folding {
    /// `learns` says that some exchanges are folded and not printed.
    pub fn new(keeps_profiles: bool, spill: Option<Spill>, learns: bool) -> Folding {
        Folding {
            folds: (0..PARTITIONS).map(|_| Part::default()).collect(),
            known: Known {
                keeps_profiles,
                printed: learns.then(BTreeSet::new),
                ..Known::default()
            },
            spill,
            tokens: None,
        }
    }

    /// Of an installation, for lists of tokens, before any is brought. Words of paths stay text:
    /// nothing is kept.
    pub fn set_key(&mut self, key: &Key) {
        for part in &mut self.folds {
            part.fold.set_list_key(&key.0);
        }
    }

    /// Gives hits tokens with the key of an installation, after types were brought.
    pub fn give_tokens(&mut self, key: &Key) {
        let catalogue = self.folds.first().map(|it| it.fold.catalogue());
        self.tokens = catalogue.map(|it| Tokens::new(key, it));
    }

    /// Takes what documents say, and a user's own types and detections, before the first exchange.
    pub fn obey(&mut self, documents: &[Documented], own: &Own) {
        let own = OwnKind::ALL.into_iter().filter_map(|kind| {
            let files = own.of(kind).clone();
            (!files.is_empty()).then_some(Control::Bring { kind, files })
        });
        let own = own.flat_map(|it| (0..PARTITIONS).map(move |partition| (partition, it.clone())));
        let controls = documents.iter().flat_map(Documented::controls).chain(own);
        // A fold obeys each revision once.
        for (revision, (partition, control)) in (1..).zip(controls) {
            let part = &mut self.folds[usize::from(partition)];
            let control = NumberedControl {
                revision,
                at: Timestamp::ZERO,
                control,
            };
            part.fold
                .fold(Position(part.next), &Record::Control(control));
            part.next += 1;
        }
    }

    /// Says how many feeds of a user's own there are.
    pub fn know_feeds(&mut self, loaded: usize) {
        self.known.callers.feeds_loaded = loaded;
    }

    pub fn take(&mut self, batch: &Batch) -> anyhow::Result<()> {
        let mut start = 0;
        for item in &batch.items {
            let bytes = &batch.records[start..item.end];
            start = item.end;
            self.one(item, bytes)?;
        }
        Ok(())
    }

    fn one(&mut self, item: &Item, bytes: &[u8]) -> anyhow::Result<()> {
        let Record::Arrival(arrival) =
            record::decode(bytes).context("a record cannot be read back")?
        else {
            return Ok(());
        };
        let part = &mut self.folds[usize::from(item.partition)];
        let position = Position(part.next);
        part.next += 1;
        let placed = part.fold.arrive(position, &arrival);
        self.known.mark(item.file, placed.blemishes);
        if self.known.printed.is_some() && item.printed {
            part.printed.extend(placed.endpoint);
        }
        if part.next.is_multiple_of(FETCHED_EVERY) {
            self.known.fetch(part);
        }
        if item.printed {
            let judgement = part.fold.judged().judgement;
            self.known.callers.add(&arrival.exchange, judgement);
        }
        if let Some(spill) = self.spill.as_mut().filter(|_| item.printed) {
            let mut line = Provisional::new(item, &arrival.exchange, placed.endpoint);
            let (fold, status) = (&part.fold, arrival.exchange.status());
            line.hits = hits::waiting(
                fold.found(),
                (fold.catalogue(), self.tokens.as_ref()),
                status,
            );
            let judged = fold.judged();
            (line.signals, line.judgement) = (judged.signals.to_vec(), judged.judgement);
            spill.push(&line)?;
        }
        Ok(())
    }

    /// Settles what is undecided and hands over what is known.
    pub fn settle(mut self) -> (Known, Option<Lines>) {
        for part in &mut self.folds {
            part.fold.settle();
            // A checkpoint takes only so many profiles along.
            while self.known.fetch(part) && self.known.keeps_profiles {}
            self.known.cover(&part.fold.inventory().coverage());
        }
        let printed = self.known.printed.take();
        let settled = printed.map(|it| it.into_iter().map(|it| self.known.resolve(it)).collect());
        self.known.printed = settled;
        let folds = self.folds;
        (self.known, self.spill.map(|spill| Lines { spill, folds }))
    }
}

impl Lines {
    /// Hands on each line with what is known of it by now.
    pub fn each(
        self,
        known: &Known,
        take: &mut dyn FnMut(&Provisional<'_>, &Ended<'_>) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let Lines { spill, mut folds } = self;
        let catalogue = folds.first().map(|it| it.fold.catalogue().clone());
        let catalogue = catalogue.unwrap_or_default();
        let mut verdicts = Verdicts::default();
        spill.each(&mut |line| {
            let exchange = line.exchange();
            let api = gatewatch_decode::api(&exchange);
            let collection = gatewatch_inventory::collection_name(&api);
            let id = line.endpoint.map(|it| known.resolve(it));
            let hits = verdicts.finish(&line.hits, id, known, &catalogue);
            let endpoint = match known.operation(line) {
                Some(row) => format!("{} {}", row.method, row.template).into(),
                None => folds
                    .get_mut(usize::from(line.partition))
                    .context("no such partition")?
                    .fold
                    .template_of(&exchange, SCOPE),
            };
            take(
                line,
                &Ended {
                    collection: &collection,
                    endpoint: &endpoint,
                    hits,
                },
            )
        })
    }
}

impl Known {
    pub fn profile(&self, id: EndpointId) -> Option<ProfileRow> {
        minicbor::decode(self.profiles.get(&id)?).ok()
    }

    /// Whether anything that is printed went there, or nothing at all did where it should.
    pub fn is_printed(&self, row: &EndpointRow) -> bool {
        let printed = self.printed.as_ref();
        row.calls == 0 || printed.is_none_or(|it| it.contains(&row.id))
    }

    /// Whether an exchange of that collection was seen.
    pub fn is_called(&self, id: CollectionId) -> bool {
        self.collections.get(&id).is_some_and(|it| it.calls > 0)
    }

    /// The endpoint of a line if it is one that stands in the body of requests, not in their path.
    fn operation(&self, line: &Provisional<'_>) -> Option<&EndpointRow> {
        let row = self.endpoints.get(&self.resolve(line.endpoint?))?;
        row.template.contains('#').then_some(row)
    }

    /// A name that lives leads nowhere else, though it was left once: names may go in circles.
    fn resolve(&self, mut id: EndpointId) -> EndpointId {
        for _ in 0..ALIAS_HOPS_MAX {
            match self.aliases.get(&id) {
                Some(new) if !self.endpoints.contains_key(&id) => id = *new,
                _ => break,
            }
        }
        id
    }

    /// Takes what has changed in a fold since the last time; true if profiles were among it.
    fn fetch(&mut self, part: &mut Part) -> bool {
        // The second stage has no say here.
        drop(part.fold.digests());
        let effects = part.fold.drain();
        let more = !effects.profiles.is_empty();
        self.take(effects);
        let ids: Vec<EndpointId> = std::mem::take(&mut part.printed)
            .into_iter()
            .map(|it| self.resolve(it))
            .filter(|it| self.endpoints.contains_key(it))
            .collect();
        if let Some(printed) = &mut self.printed {
            printed.extend(ids);
        }
        more
    }

    fn mark(&mut self, file: u32, blemishes: Blemishes) {
        // Captures of the past come in any order.
        let odd = Blemishes(blemishes.0 & !(Blemishes::LATE.0 | Blemishes::SKEWED.0));
        for name in odd.names() {
            *self.blemishes.entry((file, name)).or_default() += 1;
        }
    }

    fn cover(&mut self, coverage: &Coverage) {
        self.coverage.endpoints += coverage.endpoints;
        self.coverage.endpoints_evicted += coverage.endpoints_evicted;
        self.coverage.exchanges_unplaced += coverage.exchanges_unplaced;
        self.coverage.collections += coverage.collections;
        self.coverage.paths_lost += coverage.paths_lost;
        self.coverage.exchanges_unprofiled += coverage.exchanges_unprofiled;
    }

    fn take(&mut self, effects: Effects) {
        let Effects {
            collections,
            endpoints,
            profiles,
            forgotten,
            forgotten_collections,
            aliases,
            rollups: _,
            sources: _,
            callers: _,
            discoveries: _,
            coverage: _,
        } = effects;
        for id in forgotten {
            self.endpoints.remove(&id);
            self.profiles.remove(&id);
        }
        for id in forgotten_collections {
            self.collections.remove(&id);
        }
        for alias in aliases {
            self.endpoints.remove(&alias.old);
            self.profiles.remove(&alias.old);
            self.aliases.insert(alias.old, alias.new);
            if let Some(printed) = &mut self.printed
                && printed.remove(&alias.old)
            {
                printed.insert(alias.new);
            }
        }
        self.collections
            .extend(collections.into_iter().map(|it| (it.id, it)));
        self.endpoints
            .extend(endpoints.into_iter().map(|it| (it.id, it)));
        if self.keeps_profiles {
            for row in profiles {
                let mut bytes = Vec::new();
                // Writing to memory cannot fail.
                drop(minicbor::encode(&row, &mut bytes));
                self.profiles.insert(row.endpoint, bytes.into());
            }
        }
    }
}
