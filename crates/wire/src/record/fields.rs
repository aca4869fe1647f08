//! Maps with numbered fields: how they are written, and how they are read past what is unknown.

use std::borrow::Cow;
use std::net::IpAddr;

use gatewatch_model::exchange::Text;
use minicbor::{Decoder, Encoder};

use super::WireError;

/// A list grows as its items are read; this is only how much room it starts with.
const LIST_ROOM_MAX: usize = 64;

/// A map under construction. Its count is kept up to date in place, so it needs no end.
pub struct Map<'o> {
    out: &'o mut Vec<u8>,
    count_at: usize,
}

impl<'o> Map<'o> {
    pub fn begin(out: &'o mut Vec<u8>) -> Self {
        const MAP_WITH_BYTE_COUNT: u8 = 0xb8;
        out.extend_from_slice(&[MAP_WITH_BYTE_COUNT, 0]);
        let count_at = out.len() - 1;
        Map { out, count_at }
    }

    pub fn u64(&mut self, key: u8, value: u64) {
        sure(self.field(key).u64(value));
    }

    pub fn u64_if(&mut self, key: u8, value: Option<u64>) {
        if let Some(value) = value {
            self.u64(key, value);
        }
    }

    pub fn i64(&mut self, key: u8, value: i64) {
        sure(self.field(key).i64(value));
    }

    pub fn f64(&mut self, key: u8, value: f64) {
        sure(self.field(key).f64(value));
    }

    pub fn bytes(&mut self, key: u8, value: &[u8]) {
        sure(self.field(key).bytes(value));
    }

    pub fn text(&mut self, key: u8, value: &str) {
        sure(self.field(key).str(value));
    }

    pub fn text_if(&mut self, key: u8, value: Option<&Text<'_>>) {
        if let Some(value) = value {
            self.text(key, value);
        }
    }

    pub fn address_if(&mut self, key: u8, value: Option<IpAddr>) {
        match value {
            Some(IpAddr::V4(v4)) => self.bytes(key, &v4.octets()),
            Some(IpAddr::V6(v6)) => self.bytes(key, &v6.octets()),
            None => (),
        }
    }

    pub fn names_if(&mut self, key: u8, names: Option<&Vec<Text<'_>>>) {
        if let Some(names) = names {
            self.texts(key, names.len(), names.iter());
        }
    }

    /// A list of that many texts.
    pub fn texts<'t>(&mut self, key: u8, count: usize, texts: impl Iterator<Item = &'t Text<'t>>) {
        let mut encoder = self.field(key);
        sure(encoder.array(count as u64));
        for text in texts {
            sure(encoder.str(text));
        }
    }

    /// A noun that knows its own numbered fields.
    pub fn noun(&mut self, key: u8, noun: &impl minicbor::Encode<()>) {
        sure(self.field(key).encode(noun));
    }

    pub fn map(&mut self, key: u8) -> Map<'_> {
        self.field(key);
        Map::begin(self.out)
    }

    fn field(&mut self, key: u8) -> Encoder<&mut Vec<u8>> {
        self.out[self.count_at] += 1;
        let mut encoder = Encoder::new(&mut *self.out);
        sure(encoder.u8(key));
        encoder
    }
}

/// Reads a map: `read` is called with each key and takes exactly its value, known or not.
pub fn each<'b>(
    decoder: &mut Decoder<'b>,
    mut read: impl FnMut(u64, &mut Decoder<'b>) -> Result<(), WireError>,
) -> Result<(), WireError> {
    for _ in 0..definite(decoder.map()?, decoder)? {
        let key = decoder.u64()?;
        read(key, decoder)?;
    }
    Ok(())
}

pub fn text<'b>(decoder: &mut Decoder<'b>) -> Result<Text<'b>, WireError> {
    Ok(Cow::Borrowed(decoder.str()?))
}

pub fn texts<'b>(decoder: &mut Decoder<'b>) -> Result<Vec<Text<'b>>, WireError> {
    let count = definite(decoder.array()?, decoder)?;
    let mut list = Vec::with_capacity(room(count));
    for _ in 0..count {
        list.push(text(decoder)?);
    }
    Ok(list)
}

/// How much room a list of that many items starts with, whatever its count claims.
pub fn room(count: u64) -> usize {
    usize::try_from(count).map_or(LIST_ROOM_MAX, |it| it.min(LIST_ROOM_MAX))
}

pub fn address(decoder: &mut Decoder<'_>, what: &'static str) -> Result<IpAddr, WireError> {
    let bytes = decoder.bytes()?;
    if let Ok(v4) = <[u8; 4]>::try_from(bytes) {
        return Ok(v4.into());
    }
    <[u8; 16]>::try_from(bytes)
        .map(IpAddr::from)
        .map_err(|_| WireError::Length {
            what,
            found: bytes.len(),
        })
}

pub fn id(decoder: &mut Decoder<'_>, what: &'static str) -> Result<[u8; 16], WireError> {
    let bytes = decoder.bytes()?;
    bytes.try_into().map_err(|_| WireError::Length {
        what,
        found: bytes.len(),
    })
}

/// Nothing here is ever written with an open end.
pub fn definite(count: Option<u64>, decoder: &Decoder<'_>) -> Result<u64, WireError> {
    count.ok_or_else(|| {
        let error = minicbor::decode::Error::message("a map or list with an open end");
        WireError::Damaged(error.at(decoder.position()))
    })
}

/// Writing to a Vec cannot fail, and plain values cannot refuse to be encoded.
fn sure<T>(written: Result<T, minicbor::encode::Error<core::convert::Infallible>>) {
    drop(written);
}
