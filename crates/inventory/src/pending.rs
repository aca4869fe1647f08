//! What waits for the next checkpoint. None of it is folded state: dropping it loses nothing
//! that the store does not have already.

use std::collections::BTreeSet;

use gatewatch_model::effects::{Alias, Coverage, EndpointRow, RollupDelta};
use gatewatch_model::rollup::{Cell, MinuteCell, Minutes};
use gatewatch_model::sensitivity::Discovery;
use gatewatch_model::{CollectionId, EndpointId};

use crate::limits::MINUTES_PENDING_MAX;

#[derive(Default)]
pub(crate) struct Pending {
    /// Endpoints whose row is to be written, with the minutes to add to theirs; an endpoint
    /// that went leaves a gap.
    pub endpoints: Vec<Option<Waiting>>,
    /// Places of collections whose row is to be written, with the same gaps.
    pub collections: Vec<Option<u32>>,
    pub forgotten: Vec<EndpointId>,
    pub forgotten_collections: Vec<CollectionId>,
    pub aliases: Vec<Alias>,
    pub discoveries: Vec<Discovery>,
    /// All names in them, old and new.
    aliased: BTreeSet<EndpointId>,
    pub coverage_written: Coverage,
    minutes: usize,
}

pub(crate) struct Waiting {
    pub at: u32,
    pub id: EndpointId,
    pub minutes: Minutes,
    /// Lists that were full: a long past may come in any order.
    full: Vec<Vec<MinuteCell>>,
}

impl Waiting {
    pub fn rollups(self) -> impl Iterator<Item = RollupDelta> {
        let endpoint = self.id;
        let lists = self
            .full
            .into_iter()
            .chain([self.minutes.0])
            .filter(|it| !it.is_empty());
        lists.map(move |minutes| RollupDelta { endpoint, minutes })
    }

    fn minutes_count(&self) -> usize {
        self.minutes.0.len() + self.full.iter().map(Vec::len).sum::<usize>()
    }
}

impl Pending {
    /// Nothing, after the store was told of that coverage.
    pub fn after(coverage_written: Coverage) -> Pending {
        Pending {
            coverage_written,
            ..Pending::default()
        }
    }

    /// Adds an endpoint whose row has changed; answers where it waits.
    pub fn wait(&mut self, at: u32, id: EndpointId) -> u32 {
        self.endpoints.push(Some(Waiting {
            at,
            id,
            minutes: Minutes::default(),
            full: Vec::new(),
        }));
        self.endpoints.len() as u32 - 1
    }

    pub fn count(&mut self, waits_at: u32, minute: i64, cell: &Cell) {
        let Some(Some(waiting)) = self.endpoints.get_mut(waits_at as usize) else {
            return;
        };
        let list = &mut waiting.minutes.0;
        if let Some((last, sum)) = list.last_mut()
            && *last == minute
        {
            sum.merge(cell);
            return;
        }
        if list.len() == MINUTES_PENDING_MAX {
            waiting.full.push(core::mem::take(list));
        } else if list.is_empty() {
            // Most endpoints have one minute when the checkpoint comes.
            list.reserve_exact(1);
        }
        let before = waiting.minutes.0.len();
        waiting.minutes.add(minute, cell);
        self.minutes += waiting.minutes.0.len() - before;
    }

    /// Takes out what waits there; its minutes are no longer counted as waiting.
    pub fn take(&mut self, waits_at: u32) -> Option<Waiting> {
        let waiting = self.endpoints.get_mut(waits_at as usize)?.take()?;
        self.minutes -= waiting.minutes_count();
        Some(waiting)
    }

    /// Adds a collection whose row has changed; answers where it waits.
    pub fn wait_collection(&mut self, at: u32) -> u32 {
        self.collections.push(Some(at));
        self.collections.len() as u32 - 1
    }

    /// Adds the minutes of an endpoint that went to those of one that takes it in.
    pub fn hand_on(&mut self, from: u32, into: u32) {
        let Some(old) = self.take(from) else {
            return;
        };
        let Some(Some(new)) = self.endpoints.get_mut(into as usize) else {
            return;
        };
        self.minutes += old.minutes_count();
        new.full.extend(old.full);
        if !old.minutes.0.is_empty() {
            new.full.push(old.minutes.0);
        }
    }

    /// Says that what the store has under the old name belongs to the new one.
    pub fn lead(&mut self, alias: Alias) {
        let of_old = self.discoveries.iter_mut();
        for discovery in of_old.filter(|it| it.endpoint == alias.old) {
            discovery.endpoint = alias.new;
        }
        self.aliased.extend([alias.old, alias.new]);
        self.aliases.push(alias);
    }

    /// Says that an endpoint is gone, and with it all that aliases of now would bring to it.
    pub fn forget(&mut self, id: EndpointId, written: bool) {
        self.discoveries.retain(|it| it.endpoint != id);
        if !self.aliased.contains(&id) {
            self.forgotten.extend(written.then_some(id));
            return;
        }
        // The names whose minutes in the store would end at it: back from the last alias.
        let mut names = BTreeSet::from([id]);
        for alias in self.aliases.iter().rev() {
            if names.contains(&alias.new) {
                names.insert(alias.old);
            } else {
                names.remove(&alias.old);
            }
        }
        self.forgotten.extend(names);
    }

    /// About how much memory all this and the effects made of it take.
    pub fn bytes(&self) -> usize {
        self.endpoints.len() * (size_of::<Option<Waiting>>() + ROW_BYTES)
            + self.collections.len() * ROW_BYTES
            + self.minutes * size_of::<MinuteCell>()
            + (self.forgotten.len() + self.forgotten_collections.len()) * size_of::<EndpointId>()
            + self.discoveries.len() * ROW_BYTES
            + self.aliases.len() * (size_of::<Alias>() + 2 * size_of::<EndpointId>())
    }
}

/// A row with its texts and a handful of statuses.
const ROW_BYTES: usize = size_of::<EndpointRow>() + 256;
