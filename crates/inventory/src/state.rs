//! The state of an inventory as bytes: CBOR with a version, complete and in one order, so that
//! equal states are equal bytes. What is pending is no part of it: a snapshot counts only once
//! its effects are in the store.

use std::collections::BTreeMap;

use minicbor::decode::Error as DecodeError;
use minicbor::{Decode, Decoder, Encode, Encoder};

use crate::aliases::Alias;
use crate::collections::Collection;
use crate::endpoints::{self, Endpoint};
use crate::inventory::{Counters, Inventory};
use crate::limits::{ALIASES_MAX, COLLECTIONS_MAX, ENDPOINTS_MAX};

const VERSION: u32 = 3;
/// The oldest that is read: what is new since has a default.
const VERSION_MIN: u32 = 2;

#[derive(Debug, thiserror::Error)]
pub enum StateError {
    #[error(
        "the saved {engine} is of version {found}, this release reads {known}; start the release that wrote it, or restore the backup it made"
    )]
    Version {
        engine: &'static str,
        found: u32,
        known: u32,
    },
    #[error(
        "the saved {engine} cannot be read ({reason}); restore a backup with `gatewatch restore`"
    )]
    Damaged {
        engine: &'static str,
        reason: Box<str>,
    },
}

impl Inventory {
    /// Appends the folded state.
    pub fn encode(&self, bytes: &mut Vec<u8>) {
        let mut collections = self
            .collections
            .slab
            .iter()
            .map(|(_, it)| it)
            .collect::<Vec<_>>();
        collections.sort_unstable_by_key(|it| it.id);
        let mut grown = self
            .endpoints
            .slab
            .iter()
            .map(|(_, it)| it)
            .filter(|it| it.grown)
            .collect::<Vec<_>>();
        grown.sort_unstable_by_key(|it| it.own.id);
        // Seedlings stand in the order in which they would go.
        let seedlings = self
            .endpoints
            .seedlings
            .oldest_first()
            .filter_map(|at| self.endpoints.slab.get(at));
        let all = grown.into_iter().chain(seedlings).collect::<Vec<_>>();
        let aliases = self.aliases.iter().collect::<Vec<_>>();
        write_state(bytes, VERSION, &(self.counters, collections, all, aliases));
    }

    pub fn decode(bytes: &[u8]) -> Result<Inventory, StateError> {
        read_state("inventory", VERSION_MIN..=VERSION, bytes, |d| {
            d.array()?;
            let mut inventory = Inventory::default();
            inventory.counters = Counters::decode(d, &mut ())?;
            let mut homes = BTreeMap::new();
            for collection in list::<Collection>(d, COLLECTIONS_MAX)? {
                inventory.path_nodes += collection.paths.len();
                let mut collection = collection;
                collection.said.rebuild(&inventory.masks);
                homes.insert(collection.id, inventory.collections.insert(collection));
            }
            for endpoint in list::<Endpoint>(d, ENDPOINTS_MAX)? {
                let home = homes.get(&endpoint.collection);
                let home =
                    home.ok_or_else(|| DecodeError::message("an endpoint has no collection"))?;
                inventory.take_back(endpoint, *home);
            }
            for alias in list::<Alias>(d, ALIASES_MAX)? {
                inventory.aliases.add(alias);
            }
            inventory.discard();
            Ok(inventory)
        })
    }

    fn take_back(&mut self, mut endpoint: Endpoint, home: u32) {
        endpoint.own.id = endpoints::id(endpoint.collection, &endpoint.key);
        endpoint.own.home = home;
        self.collections.claim(home);
        let at = self.endpoints.insert(endpoint);
        self.line_up(at);
    }
}

/// Version and content of any engine of this crate.
pub(crate) fn write_state(bytes: &mut Vec<u8>, version: u32, content: &impl Encode<()>) {
    let mut encoder = Encoder::new(bytes);
    // Writing to a Vec cannot fail.
    let _ = encoder
        .array(2)
        .and_then(|it| it.u32(version))
        .and_then(|it| it.encode(content));
}

pub(crate) fn read_state<T>(
    engine: &'static str,
    known: core::ops::RangeInclusive<u32>,
    bytes: &[u8],
    read: impl FnOnce(&mut Decoder<'_>) -> Result<T, DecodeError>,
) -> Result<T, StateError> {
    let damaged = |cause: DecodeError| StateError::Damaged {
        engine,
        reason: cause.to_string().into(),
    };
    let mut decoder = Decoder::new(bytes);
    decoder.array().map_err(damaged)?;
    let found = decoder.u32().map_err(damaged)?;
    if !known.contains(&found) {
        return Err(StateError::Version {
            engine,
            found,
            known: *known.end(),
        });
    }
    let content = read(&mut decoder).map_err(damaged)?;
    if decoder.position() != bytes.len() {
        return Err(damaged(DecodeError::message(
            "there is more than belongs to it",
        )));
    }
    Ok(content)
}

/// A list of at most so many items; no more memory is taken than the bytes at hand can fill.
pub(crate) fn list<'b, T: Decode<'b, ()>>(
    d: &mut Decoder<'b>,
    max: usize,
) -> Result<Vec<T>, DecodeError> {
    let length = d
        .array()?
        .ok_or_else(|| DecodeError::message("a list without a length"))?;
    if length > max as u64 {
        return Err(DecodeError::message("more items than can be held"));
    }
    let mut items = Vec::new();
    for _ in 0..length {
        items.push(d.decode()?);
    }
    Ok(items)
}
