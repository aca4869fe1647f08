//! Members that were found to be sensitive, and what people say of that.

use gatewatch_model::EndpointId;
use gatewatch_model::info_type::Category;
use gatewatch_model::profile::EndpointRole;
use gatewatch_model::sensitivity::Discovery;

use super::{Inventory, Sighting};
use crate::profile::{Found, is_in_place};

impl Inventory {
    /// Has the next checkpoint tell what was found; nothing of what is not looked for any more.
    pub(super) fn discover(
        &mut self,
        (endpoint, role): (EndpointId, EndpointRole),
        found: Vec<Found>,
        of: &Sighting<'_>,
    ) {
        for one in found {
            let Found {
                spot,
                status_class,
                path,
                verdict,
            } = one;
            let Some((info_type, category)) = of.judge.type_of(of.scope, verdict.info_type) else {
                continue;
            };
            let is_in_place = category == Category::Credentials && is_in_place(spot, &path, role);
            if is_in_place && !of.judge.counts_in_place(of.scope) {
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

    /// Has all rows in a scope and below it written again, as other types are told of them now.
    /// True if there are any.
    pub fn tell_again(&mut self, scope: &str) -> bool {
        let scope = scope.trim_end_matches('/');
        let is_below = |it: &str| {
            it.strip_prefix(scope)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let all = self.collections.slab.iter();
        let mut homes = all
            .filter(|(_, it)| is_below(&it.scope))
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
