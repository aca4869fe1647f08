//! What is counted of each member over all exchanges, and what that makes of a hit.

use std::collections::BTreeMap;

use gatewatch_classify::{Catalogue, Hit, finish, judge_all};
use gatewatch_decode::{Leaf, Leaves, Value};
use gatewatch_model::info_type::{Counted, HitFact, Verdict};
use gatewatch_model::{InfoTypeId, Timestamp};

use crate::Found;

#[derive(Default)]
pub struct Members {
    of: BTreeMap<String, Member>,
}

#[derive(Default)]
struct Member {
    values: u64,
    different: std::collections::BTreeSet<Box<str>>,
    facts: Vec<HitFact>,
    verdicts: Option<Vec<Verdict>>,
}

/// Endpoint and place without the indexes of lists.
pub fn key(endpoint: &str, leaf: Leaf<'_>) -> String {
    let mut key = format!("{endpoint} {:?} {:?} ", leaf.spot(), leaf.item());
    if leaf.name().is_empty() {
        leaf.write_place(&mut key);
    } else {
        leaf.write_path(&mut key);
    }
    key
}

impl Members {
    pub fn see_values(&mut self, endpoint: &str, leaves: &Leaves) {
        for leaf in leaves.iter() {
            if let Value::Text(text) | Value::Number(text) = leaf.value
                && !text.trim().is_empty()
            {
                let member = self.of.entry(key(endpoint, leaf)).or_default();
                member.values += 1;
                member.different.insert(text.into());
            }
        }
    }

    pub fn see_hits(&mut self, endpoint: &str, leaves: &Leaves, hits: &[Hit]) {
        let mut before: Option<Hit> = None;
        for hit in hits {
            // A type counts once for a value, however often a text holds it.
            let again =
                before.is_some_and(|it| (it.leaf, it.info_type) == (hit.leaf, hit.info_type));
            before = Some(*hit);
            let Some(leaf) = leaves.get(hit.leaf as usize).filter(|_| !again) else {
                continue;
            };
            let member = self.of.entry(key(endpoint, leaf)).or_default();
            let fact = HitFact {
                info_type: hit.info_type,
                fits: 1,
                confidence_sum: u64::from(hit.confidence),
                grounds: hit.grounds,
                first_seen: Timestamp(0),
                last_seen: Timestamp(0),
            };
            match member
                .facts
                .iter_mut()
                .find(|it| it.info_type == hit.info_type)
            {
                Some(known) => known.merge(&fact),
                None => member.facts.push(fact),
            }
        }
    }

    pub fn finish(&mut self, catalogue: &Catalogue, found: &Found) -> u8 {
        let Some(member) = self.of.get_mut(&found.member) else {
            return found.percent;
        };
        let (facts, values) = (&member.facts, member.values);
        let distinct = member.different.len() as u64;
        let all = Counted { values, distinct };
        let verdicts = member
            .verdicts
            .get_or_insert_with(|| judge_all(catalogue, facts, all, None));
        let key = InfoTypeId::of(&found.info_type.replace('_', "-"));
        let verdict = verdicts.iter().find(|it| it.info_type == key);
        verdict.map_or(found.percent, |it| finish(found.percent, *it))
    }
}
