//! What waits for the next checkpoint. None of it is folded state: dropping it loses nothing
//! that the store does not have already.

use gatewatch_model::effects::{Alias, Coverage, EndpointRow, RollupDelta};
use gatewatch_model::rollup::{Cell, MinuteCell, Minutes};
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
    /// Minutes of endpoints that have another name by now.
    pub rollups: Vec<RollupDelta>,
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

    /// Keeps the minutes of an endpoint that goes on under another name.
    pub fn keep_rollups(&mut self, waits_at: u32) {
        if let Some(waiting) = self.take(waits_at) {
            self.minutes += waiting.minutes_count();
            self.rollups.extend(waiting.rollups());
        }
    }

    /// Drops the minutes that were kept under those names.
    pub fn drop_rollups(&mut self, ids: &[EndpointId]) {
        self.rollups.retain(|it| {
            let drop = ids.contains(&it.endpoint);
            self.minutes -= if drop { it.minutes.len() } else { 0 };
            !drop
        });
    }

    /// About how much memory all this and the effects made of it take.
    pub fn bytes(&self) -> usize {
        self.endpoints.len() * (size_of::<Option<Waiting>>() + ROW_BYTES)
            + self.collections.len() * ROW_BYTES
            + self.minutes * size_of::<MinuteCell>()
            + self.rollups.len() * size_of::<RollupDelta>()
            + (self.forgotten.len() + self.forgotten_collections.len()) * size_of::<EndpointId>()
            + self.aliases.len() * size_of::<Alias>()
    }
}

/// A row with its texts and a handful of statuses.
const ROW_BYTES: usize = size_of::<EndpointRow>() + 256;
