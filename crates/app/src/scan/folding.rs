//! Folds what was read, partition by partition as a server does, and keeps what a server's store
//! would hold of it.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use gatewatch_decode::Path;
use gatewatch_inventory::template;
use gatewatch_model::effects::{CollectionRow, Coverage, Effects, EndpointRow};
use gatewatch_model::profile::ProfileRow;
use gatewatch_model::{CollectionId, EndpointId, Exchange, Position, Record};
use gatewatch_pipeline::fold::{ExchangeFold, Fold};
use gatewatch_wire::record;

use super::reading::{Batch, Item, PARTITIONS};
use super::spill::{Provisional, Spill};

/// What waits in a fold is fetched after so many of its exchanges.
const FETCHED_EVERY: u64 = 20_000;

/// All that is known in the end.
#[derive(Debug, Default)]
pub struct Known {
    pub collections: BTreeMap<CollectionId, CollectionRow>,
    pub endpoints: BTreeMap<EndpointId, EndpointRow>,
    pub profiles: BTreeMap<EndpointId, ProfileRow>,
    pub coverage: Coverage,
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
        }
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
        if self.known.printed.is_some() && item.printed {
            part.printed.extend(placed.endpoint);
        }
        if part.next.is_multiple_of(FETCHED_EVERY) {
            self.known.fetch(part);
        }
        if let Some(spill) = self.spill.as_mut().filter(|_| item.printed) {
            spill.push(&Provisional::new(item, &arrival.exchange, placed.endpoint))?;
        }
        Ok(())
    }

    /// Settles what is undecided and hands over what is known.
    pub fn settle(mut self) -> (Known, Option<Spill>) {
        for part in &mut self.folds {
            self.known.fetch(part);
            self.known.cover(&part.fold.inventory().coverage());
        }
        let printed = self.known.printed.take();
        let settled = printed.map(|it| it.into_iter().map(|it| self.known.resolve(it)).collect());
        self.known.printed = settled;
        (self.known, self.spill)
    }
}

impl Known {
    /// The endpoint of a line, as method and template.
    pub fn endpoint_of(&self, line: &Provisional<'_>) -> Option<String> {
        let id = self.resolve(line.endpoint?);
        if let Some(row) = self.endpoints.get(&id) {
            return Some(format!("{} {}", row.method, row.template));
        }
        // It was let go to make room for others.
        let mut key = format!("{} ", line.method);
        let mut exchange = Exchange::default();
        exchange.request.url = line.url.as_ref().into();
        let mut path = Path::default();
        path.read(&exchange);
        template::write(&path, &mut key);
        Some(key)
    }

    /// Whether anything that is printed went there.
    pub fn is_printed(&self, id: EndpointId) -> bool {
        self.printed.as_ref().is_none_or(|it| it.contains(&id))
    }

    fn resolve(&self, mut id: EndpointId) -> EndpointId {
        while let Some(new) = self.aliases.get(&id) {
            id = *new;
        }
        id
    }

    fn fetch(&mut self, part: &mut Part) {
        // The second stage has no say here.
        drop(part.fold.digests());
        self.take(part.fold.drain());
        let ids: Vec<EndpointId> = std::mem::take(&mut part.printed)
            .into_iter()
            .map(|it| self.resolve(it))
            .filter(|it| self.endpoints.contains_key(it))
            .collect();
        if let Some(printed) = &mut self.printed {
            printed.extend(ids);
        }
    }

    fn cover(&mut self, coverage: &Coverage) {
        self.coverage.endpoints += coverage.endpoints;
        self.coverage.endpoints_evicted += coverage.endpoints_evicted;
        self.coverage.exchanges_unplaced += coverage.exchanges_unplaced;
        self.coverage.collections += coverage.collections;
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
        }
        self.collections
            .extend(collections.into_iter().map(|it| (it.id, it)));
        self.endpoints
            .extend(endpoints.into_iter().map(|it| (it.id, it)));
        if self.keeps_profiles {
            self.profiles
                .extend(profiles.into_iter().map(|it| (it.endpoint, it)));
        }
    }
}
