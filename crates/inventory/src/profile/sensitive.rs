//! Which of a profile's members are sensitive, and how an endpoint tells it.

use gatewatch_model::Spot;
use gatewatch_model::info_type::{Judge, NoTypes, SENSITIVE_CONFIDENCE_MIN, Verdict};
use gatewatch_model::sensitivity::{MemberHit, PLACES_MAX, SENSITIVE_MAX, Sensitive};

use super::Profile;
use super::member::Member;

/// What rows know of types: who judges, and in which scope they stand.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Types<'t> {
    pub judge: &'t dyn Judge,
    pub scope: &'t str,
}

impl Types<'_> {
    /// For rows that tell no types.
    pub const NONE: Types<'static> = Types {
        judge: &NoTypes,
        scope: "/",
    };
}

/// A member that was just found to be sensitive.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Found {
    pub spot: Spot,
    pub status_class: u8,
    pub path: Box<str>,
    pub verdict: Verdict,
}

impl Profile {
    /// Types by spot and class of status, the surest first.
    pub fn sensitive(&self, types: Types<'_>) -> Vec<Sensitive> {
        let mut all = Vec::<(Sensitive, Vec<(u64, &str)>)>::new();
        for member in self.members.with_hits() {
            let sure = member.hit_rows(types).into_iter();
            for hit in sure.filter(|it| it.confidence >= SENSITIVE_CONFIDENCE_MIN) {
                add(&mut all, member, hit);
            }
        }
        let mut all = all.into_iter().map(with_places).collect::<Vec<_>>();
        all.sort_by(|one, two| {
            let strength = |it: &Sensitive| (it.confidence, it.hits);
            let place = |it: &Sensitive| (it.spot, it.status_class);
            strength(two)
                .cmp(&strength(one))
                .then_with(|| one.info_type.cmp(&two.info_type))
                .then_with(|| place(one).cmp(&place(two)))
        });
        all.truncate(SENSITIVE_MAX);
        all
    }
}

/// Adds what a member is to what is known of its spot.
fn add<'m>(all: &mut Vec<(Sensitive, Vec<(u64, &'m str)>)>, member: &'m Member, hit: MemberHit) {
    let (spot, status_class) = (member.spot, member.class);
    let known = all.iter_mut().find(|(it, _)| {
        (it.spot, it.status_class, &it.info_type) == (spot, status_class, &hit.info_type)
    });
    if let Some((sum, places)) = known {
        sum.confidence = sum.confidence.max(hit.confidence);
        sum.hits += hit.hits;
        sum.grounds.merge(hit.grounds);
        sum.first_seen = sum.first_seen.min(hit.first_seen);
        sum.last_seen = sum.last_seen.max(hit.last_seen);
        places.push((hit.hits, &member.path));
        return;
    }
    let first = Sensitive {
        info_type: hit.info_type,
        category: hit.category,
        spot,
        status_class,
        confidence: hit.confidence,
        hits: hit.hits,
        grounds: hit.grounds,
        places: Vec::new(),
        first_seen: hit.first_seen,
        last_seen: hit.last_seen,
    };
    all.push((first, vec![(hit.hits, &member.path)]));
}

fn with_places((mut sensitive, mut places): (Sensitive, Vec<(u64, &str)>)) -> Sensitive {
    places.sort_unstable_by_key(|it| (core::cmp::Reverse(it.0), it.1));
    let top = places.into_iter().take(PLACES_MAX);
    sensitive.places = top.map(|it| it.1.into()).collect();
    sensitive
}
