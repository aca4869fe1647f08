//! A digest: what one caller did at one endpoint within ten seconds.

use gatewatch_model::record::Digest;
use gatewatch_model::{Caller, EndpointId, Timestamp};
use minicbor::Decoder;

use super::WireError;
use super::fields::{self, Map};

pub fn write(digest: &Digest, out: &mut Vec<u8>) {
    let Digest {
        caller,
        endpoint,
        window,
        first_seen,
        last_seen,
        statuses,
    } = digest;
    let mut map = Map::begin(out);
    match caller {
        Caller::Identity(identity) => map.text(0, identity),
        Caller::Address(address) => map.address_if(1, Some(*address)),
        Caller::Unknown => (),
    }
    map.bytes(2, &endpoint.0);
    map.i64(3, window.0);
    map.i64(4, first_seen.0);
    map.i64(5, last_seen.0);
    // One key a class, because most classes are empty.
    for (class, count) in statuses.iter().enumerate().filter(|it| *it.1 > 0) {
        map.u64(STATUSES + class as u8, *count);
    }
}

pub fn read(decoder: &mut Decoder<'_>) -> Result<Digest, WireError> {
    let mut caller = Caller::Unknown;
    let (mut endpoint, mut window, mut first_seen, mut last_seen) = (None, None, None, None);
    let mut statuses = [0; 6];
    fields::each(decoder, |key, decoder| {
        match key {
            0 => caller = Caller::Identity(decoder.str()?.into()),
            1 => caller = Caller::Address(fields::address(decoder, "caller")?),
            2 => endpoint = Some(EndpointId(fields::id(decoder, "endpoint")?)),
            3 => window = Some(Timestamp(decoder.i64()?)),
            4 => first_seen = Some(Timestamp(decoder.i64()?)),
            5 => last_seen = Some(Timestamp(decoder.i64()?)),
            STATUSES_FIRST..=STATUSES_LAST => {
                statuses[(key - STATUSES_FIRST) as usize] = decoder.u64()?;
            }
            _ => decoder.skip()?,
        }
        Ok(())
    })?;
    Ok(Digest {
        caller,
        endpoint: endpoint.ok_or(WireError::Missing("endpoint"))?,
        window: window.ok_or(WireError::Missing("window"))?,
        first_seen: first_seen.ok_or(WireError::Missing("first_seen"))?,
        last_seen: last_seen.ok_or(WireError::Missing("last_seen"))?,
        statuses,
    })
}

const STATUSES: u8 = 16;
const STATUSES_FIRST: u64 = STATUSES as u64;
const STATUSES_LAST: u64 = STATUSES_FIRST + 5;
