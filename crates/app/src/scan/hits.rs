//! Hits of a line: kept with it while it waits, and finished with what its member turned out to
//! be when everything was read.

use std::collections::{BTreeMap, BTreeSet};

use gatewatch_classify::{Catalogue, Hit, TokenKey, derive, finish, is_beyond_guessing, mask};
use gatewatch_decode::{Leaves, Value};
use gatewatch_model::info_type::{Grounds, SENSITIVE_CONFIDENCE_MIN, Verdict};
use gatewatch_model::profile::MemberRow;
use gatewatch_model::{EndpointId, InfoTypeId, Spot};
use gatewatch_pipeline::fold::Key;
use minicbor::{Decode, Encode};
use serde::Serialize;

use super::folding::Known;

/// Of one line, the surest.
const HITS_PER_LINE_MAX: usize = 64;
/// Of a place; a longer one ends there.
const PLACE_BYTES_MAX: usize = 512;

/// A hit that waits. Never the value: what of it may be shown.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Waiting {
    #[n(0)]
    place: Box<str>,
    #[n(1)]
    spot: Spot,
    /// 0 for requests.
    #[n(2)]
    class: u8,
    /// Of its member, below the spot.
    #[n(3)]
    path: Box<str>,
    #[n(4)]
    info_type: InfoTypeId,
    #[n(5)]
    confidence: u8,
    #[n(6)]
    mask: Box<str>,
    #[n(7)]
    token: Option<Box<str>>,
}

/// Gives hits tokens: the same for the same value, and without the key nothing.
pub struct Tokens {
    key: TokenKey,
    /// Types whose values nobody can try out.
    types: BTreeSet<InfoTypeId>,
}

/// A hit as it is printed.
#[derive(Debug, Serialize)]
pub struct Told<'t> {
    pub at: &'t str,
    #[serde(rename = "type")]
    pub info_type: &'t str,
    pub confidence: f64,
    pub mask: &'t str,
    /// Where a key was given and the type is one that nobody can guess.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<&'t str>,
}

impl Tokens {
    pub fn new(key: &Key, catalogue: &Catalogue) -> Tokens {
        let types = catalogue.types().iter();
        Tokens {
            key: TokenKey::new(&derive(&key.0, "gatewatch: hits")),
            types: types
                .filter(|it| is_beyond_guessing(it))
                .map(|it| it.key)
                .collect(),
        }
    }

    fn of(&self, info_type: InfoTypeId, value: &str) -> Option<Box<str>> {
        let is_given = self.types.contains(&info_type);
        is_given.then(|| format!("{:032x}", self.key.exact(value.as_bytes())).into())
    }
}

/// What is found in an exchange; of one type in one leaf the surest.
pub fn waiting(
    (hits, leaves): (&[Hit], &Leaves),
    (catalogue, tokens): (&Catalogue, Option<&Tokens>),
    status: Option<u16>,
) -> Vec<Waiting> {
    let class = gatewatch_model::rollup::status_class(status) as u8;
    let mut all = Vec::<Waiting>::new();
    for hit in hits {
        let Some(leaf) = leaves.iter().nth(hit.leaf as usize) else {
            continue;
        };
        let (Value::Text(text) | Value::Number(text)) = leaf.value else {
            continue;
        };
        let of_leaf = hits.iter().filter(|it| it.leaf == hit.leaf);
        let mut same = of_leaf.filter(|it| it.info_type == hit.info_type);
        if same.next() != Some(hit) {
            continue;
        }
        let (Some(info_type), Some(value)) = (
            catalogue.by_key(hit.info_type),
            text.get(hit.from as usize..hit.to as usize),
        ) else {
            continue;
        };
        let (mut place, mut path) = (String::new(), String::new());
        leaf.write_place(&mut place);
        leaf.write_path(&mut path);
        let cut = |it: &str| Box::from(gatewatch_model::caller::prefix(it, PLACE_BYTES_MAX));
        all.push(Waiting {
            place: cut(&place),
            spot: leaf.spot(),
            class: if leaf.spot().is_response() { class } else { 0 },
            path: cut(&path),
            info_type: hit.info_type,
            confidence: hit.confidence,
            mask: mask(info_type, value).into(),
            token: tokens.and_then(|it| it.of(hit.info_type, value)),
        });
    }
    all.sort_by_key(|it| core::cmp::Reverse(it.confidence));
    all.truncate(HITS_PER_LINE_MAX);
    all
}

/// What members turned out to be, by endpoint; each profile is read once.
#[derive(Default)]
pub struct Verdicts(BTreeMap<EndpointId, Vec<Judged>>);

struct Judged {
    spot: Spot,
    class: u8,
    path: Box<str>,
    info_type: Box<str>,
    confidence: u8,
    grounds: Grounds,
}

impl Verdicts {
    /// The hits of a line that hold by all that is known, by place.
    pub fn finish<'t>(
        &mut self,
        waiting: &'t [Waiting],
        endpoint: Option<EndpointId>,
        known: &Known,
        catalogue: &'t Catalogue,
    ) -> Vec<Told<'t>> {
        if waiting.is_empty() {
            return Vec::new();
        }
        let judged: &[Judged] = match endpoint {
            Some(id) => self.0.entry(id).or_insert_with(|| judged(known, id)),
            None => &[],
        };
        let mut told = waiting
            .iter()
            .filter_map(|hit| {
                let info_type = catalogue.by_key(hit.info_type)?;
                let confidence = match find(judged, hit, &info_type.id) {
                    Some(verdict) => finish(hit.confidence, verdict),
                    None => hit.confidence,
                };
                (confidence >= SENSITIVE_CONFIDENCE_MIN).then(|| Told {
                    at: &hit.place,
                    info_type: &info_type.id,
                    confidence: f64::from(confidence) / 100.0,
                    mask: &hit.mask,
                    token: hit.token.as_deref(),
                })
            })
            .collect::<Vec<_>>();
        told.sort_by(|one, two| (one.at, one.info_type).cmp(&(two.at, two.info_type)));
        told
    }
}

fn judged(known: &Known, id: EndpointId) -> Vec<Judged> {
    let members = known.profile(id).map(|it| it.members).unwrap_or_default();
    let of_member = |member: MemberRow| {
        let (spot, class, path) = (member.spot, member.status_class, member.path);
        member.hits.into_iter().map(move |hit| Judged {
            spot,
            class,
            path: path.clone(),
            info_type: hit.info_type,
            confidence: hit.confidence,
            grounds: hit.grounds,
        })
    };
    members.into_iter().flat_map(of_member).collect()
}

/// Slots of a path have names in a profile and numbers in a line: of those the surest is meant.
fn find(judged: &[Judged], hit: &Waiting, info_type: &str) -> Option<Verdict> {
    let in_path = hit.spot == Spot::RequestPath;
    let same = judged.iter().filter(|it| {
        (it.spot, it.class) == (hit.spot, hit.class)
            && *it.info_type == *info_type
            && (in_path || it.path == hit.path)
    });
    let surest = same.max_by_key(|it| it.confidence)?;
    Some(Verdict {
        info_type: hit.info_type,
        confidence: surest.confidence,
        grounds: surest.grounds,
    })
}
