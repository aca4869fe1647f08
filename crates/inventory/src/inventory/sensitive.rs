//! Members that were found to be sensitive, and what people say of that.

use gatewatch_model::info_type::Category;
use gatewatch_model::profile::EndpointRole;
use gatewatch_model::sensitivity::{Discovery, Home, of_place};
use gatewatch_model::{CollectionId, EndpointId};

use super::{Inventory, Sighting};
use crate::profile::{Found, is_in_place};

impl Inventory {
    /// Has the next checkpoint tell what was found; nothing of what is not looked for any more.
    pub(super) fn discover(
        &mut self,
        (endpoint, collection, role): (EndpointId, CollectionId, EndpointRole),
        found: Vec<Found>,
        of: &Sighting<'_>,
    ) {
        let home = Home {
            scope: of.scope,
            collection,
        };
        for one in found {
            let Found {
                spot,
                status_class,
                path,
                verdict,
            } = one;
            let Some((info_type, category)) = of.judge.type_of(home, verdict.info_type) else {
                continue;
            };
            let is_in_place = category == Category::Credentials && is_in_place(spot, &path, role);
            if is_in_place && !of.judge.counts_in_place(home) {
                continue;
            }
            self.pending.discoveries.push(Discovery {
                position: self.position,
                at: of.at,
                endpoint,
                spot,
                status_class,
                path,
                info_type: info_type.into(),
                category,
                confidence: verdict.confidence,
                grounds: verdict.grounds,
            });
        }
    }

    /// Has all rows of a collection, or in a scope and below it, written again, as other types are
    /// told of them now. True if there are any.
    pub fn tell_again(&mut self, place: &str) -> bool {
        let (scope, only) = of_place(place);
        let scope = scope.trim_end_matches('/');
        let is_below = |it: &str| {
            it.strip_prefix(scope)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let all = self.collections.slab.iter();
        let mut homes = all
            .filter(|(_, it)| is_below(&it.scope) && only.is_none_or(|id| it.id == id))
            .map(|(at, it)| (it.id, at))
            .collect::<Vec<_>>();
        homes.sort_unstable();
        for (_, home) in &homes {
            self.rewrite_profiles(*home);
            self.wait_all(*home);
        }
        !homes.is_empty()
    }
}
