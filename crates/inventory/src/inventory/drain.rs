//! How the inventory hands over what a checkpoint writes.

use gatewatch_model::effects::Effects;
use gatewatch_model::info_type::Judge;
use gatewatch_model::sensitivity::Home;

use super::Inventory;
use crate::collections::Collection;
use crate::paths::Labels;
use crate::pending::Pending;
use crate::profile::Types;

/// Rows whose memory is asked for at once.
const TOUCHED: usize = 8;

impl Inventory {
    /// Moves all that has changed since the last time into `effects`: rows as they are now,
    /// roll-ups as what is to be added.
    pub fn drain(&mut self, effects: &mut Effects, judge: &dyn Judge) {
        let waiting = self.pending.endpoints.iter().flatten();
        let waiting = waiting.map(|it| it.at).collect::<Vec<_>>();
        waiting.into_iter().for_each(|at| self.line_up(at));
        // First, because the row of an endpoint says whether its profile differs.
        self.drain_profiles(effects, judge);
        let coverage = self.coverage();
        let changed = coverage != self.pending.coverage_written;
        let fresh = Pending::after(coverage);
        let pending = core::mem::replace(&mut self.pending, fresh);
        if changed {
            effects.coverage = Some(coverage);
        }
        effects.forgotten.extend(pending.forgotten);
        effects
            .forgotten_collections
            .extend(pending.forgotten_collections);
        effects.aliases.extend(pending.aliases);
        effects.discoveries.extend(pending.discoveries);
        for home in pending.collections.into_iter().flatten() {
            if let Some(collection) = self.collections.slab.get_mut(home) {
                (collection.own.waits_at, collection.own.written) = (None, true);
                effects.collections.push(collection.row());
            }
        }
        let mut labels = Labels::default();
        let mut recent = core::mem::take(&mut self.scratch.recent);
        let places = pending.endpoints.iter().flatten().map(|it| it.at);
        let places = places.collect::<Vec<_>>();
        effects.endpoints.reserve(places.len());
        for (number, waiting) in pending.endpoints.into_iter().flatten().enumerate() {
            if number % TOUCHED == 0 {
                self.touch_rows(&places[number..]);
            }
            if let Some(endpoint) = self.endpoints.slab.get_mut(waiting.at) {
                (endpoint.own.waits_at, endpoint.own.written) = (None, true);
                let home = self.collections.slab.get(endpoint.own.home);
                let home = home.map_or(Home::ROOT, Collection::home);
                let mut row = endpoint.row(Types { judge, home });
                self.explain_row(waiting.at, (&mut labels, &mut recent), &mut row);
                effects.endpoints.push(row);
                effects.rollups.extend(waiting.rollups());
            }
        }
        self.scratch.recent = recent;
    }

    /// Reads from the places that the next rows will need, which lie far apart.
    fn touch_rows(&self, places: &[u32]) {
        let next = places.iter().take(TOUCHED);
        let next = next.filter_map(|at| self.endpoints.slab.get(*at));
        // Nothing comes of it but that the memory is at hand.
        core::hint::black_box(next.fold(0, |all, it| all ^ it.touch_row()));
    }

    /// Drops what is pending, because the store has it already: what was folded since the last
    /// snapshot is folded again after a restart, but takes effect once.
    pub fn discard(&mut self) {
        for home in self.pending.collections.iter().flatten() {
            if let Some(collection) = self.collections.slab.get_mut(*home) {
                (collection.own.waits_at, collection.own.written) = (None, true);
            }
        }
        let fresh = Pending::after(self.coverage());
        let pending = core::mem::replace(&mut self.pending, fresh);
        for waiting in pending.endpoints.into_iter().flatten() {
            if let Some(endpoint) = self.endpoints.slab.get_mut(waiting.at) {
                (endpoint.own.waits_at, endpoint.own.written) = (None, true);
                // Its profile may have waited when what was folded since was lost.
                self.line_up(waiting.at);
            }
        }
    }
}
