//! A numbered control. Each kind of control has a number of its own, and so has each field of
//! all of them together.

use gatewatch_model::control::{Control, NumberedControl};
use gatewatch_model::{EndpointId, Timestamp};
use minicbor::Decoder;

use super::WireError;
use super::fields::{self, Map};

const FORGET: u64 = 0;
const MERGE: u64 = 1;

pub fn write(numbered: &NumberedControl, out: &mut Vec<u8>) {
    let NumberedControl {
        revision,
        at,
        control,
    } = numbered;
    let mut map = Map::begin(out);
    map.u64(0, *revision);
    map.i64(1, at.0);
    match control {
        Control::Forget { endpoint } => {
            map.u64(2, FORGET);
            map.bytes(3, &endpoint.0);
        }
        Control::Merge { from, into } => {
            map.u64(2, MERGE);
            map.bytes(3, &from.0);
            map.bytes(4, &into.0);
        }
    }
}

pub fn read(decoder: &mut Decoder<'_>) -> Result<NumberedControl, WireError> {
    let (mut revision, mut at, mut kind) = (None, None, None);
    let (mut endpoint, mut into) = (None, None);
    fields::each(decoder, |key, decoder| {
        match key {
            0 => revision = Some(decoder.u64()?),
            1 => at = Some(Timestamp(decoder.i64()?)),
            2 => kind = Some(decoder.u64()?),
            3 => endpoint = Some(EndpointId(fields::id(decoder, "endpoint")?)),
            4 => into = Some(EndpointId(fields::id(decoder, "into")?)),
            _ => decoder.skip()?,
        }
        Ok(())
    })?;
    let control = match kind.ok_or(WireError::Missing("control"))? {
        FORGET => Control::Forget {
            endpoint: endpoint.ok_or(WireError::Missing("endpoint"))?,
        },
        MERGE => Control::Merge {
            from: endpoint.ok_or(WireError::Missing("from"))?,
            into: into.ok_or(WireError::Missing("into"))?,
        },
        found => {
            return Err(WireError::UnknownKind {
                what: "control",
                found,
            });
        }
    };
    Ok(NumberedControl {
        revision: revision.ok_or(WireError::Missing("revision"))?,
        at: at.ok_or(WireError::Missing("at"))?,
        control,
    })
}
