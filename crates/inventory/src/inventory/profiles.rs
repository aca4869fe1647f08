//! Which profiles are to be written. One with something new in it is written with the next
//! checkpoint, one of which only counts have changed once a minute. All of this is known to
//! memory only: after a restart every profile waits in line once.

use gatewatch_model::effects::Effects;
use gatewatch_model::info_type::Judge;
use gatewatch_model::sensitivity::Home;
use gatewatch_model::{EndpointId, Timestamp};

use super::Inventory;
use crate::collections::Collection;
use crate::endpoints::Body;
use crate::limits::PROFILES_PER_CHECKPOINT_MAX;
use crate::profile::Types;

/// Profiles that the store does not have as they are now, each once.
#[derive(Default)]
pub(crate) struct Line {
    waiting: Vec<(u32, EndpointId)>,
    /// The time of the last Tick.
    now: Timestamp,
}

impl Inventory {
    /// Receive time moves on. A time far ahead lets every profile be written that has changed.
    pub fn tick(&mut self, at: Timestamp) {
        self.line.now = self.line.now.max(at);
    }

    pub(super) fn drain_profiles(&mut self, effects: &mut Effects, judge: &dyn Judge) {
        let now = self.line.now;
        let mut room = PROFILES_PER_CHECKPOINT_MAX;
        let mut drifted = Vec::new();
        let mut waiting = core::mem::take(&mut self.line.waiting);
        waiting.retain(|(at, id)| {
            let endpoint = self.endpoints.slab.get_mut(*at);
            let Some(endpoint) = endpoint.filter(|it| it.own.id == *id) else {
                return false;
            };
            let Body::Full(full) = &mut endpoint.body else {
                return false;
            };
            let (facts, profile) = (&full.facts, &mut full.profile);
            if !profile.own.waits {
                return false;
            }
            if room == 0 || !profile.is_due(facts.calls, now) {
                return true;
            }
            room -= 1;
            let collection = self.collections.slab.get(endpoint.own.home);
            let operation = collection.and_then(|it| it.said.operation(&endpoint.key));
            let home = collection.map_or(Home::ROOT, Collection::home);
            let types = Types { judge, home };
            let row = profile.row(*id, facts, operation, types);
            let differs = operation.map(|_| !row.differences.is_empty());
            if endpoint.own.differs != differs {
                endpoint.own.differs = differs;
                drifted.push(*at);
            }
            effects.profiles.push(row);
            profile.set_written(facts.calls, now);
            false
        });
        self.line.waiting = waiting;
        drifted.into_iter().for_each(|at| self.wait(at));
    }

    /// Puts an endpoint in line if the store does not have its profile as it is.
    pub(crate) fn line_up(&mut self, at: u32) {
        let Some(endpoint) = self.endpoints.slab.get_mut(at) else {
            return;
        };
        let Body::Full(full) = &mut endpoint.body else {
            return;
        };
        let profile = &mut full.profile;
        if !profile.own.waits && !profile.is_written(full.facts.calls) {
            profile.own.waits = true;
            self.line.waiting.push((at, endpoint.own.id));
        }
    }
}
