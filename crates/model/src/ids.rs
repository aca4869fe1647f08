//! Ids are types, so that no one can hand a collection where an endpoint is meant.

use core::fmt;

/// One logical part of the journal; everything of one host or API falls into one partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Partition(pub u16);

/// The index of a record within its partition: dense, starting at 0, the same however the
/// records were batched.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    minicbor::Encode,
    minicbor::Decode,
)]
#[cbor(transparent)]
pub struct Position(#[n(0)] pub u64);

impl Position {
    pub const START: Position = Position(0);

    pub fn next(self) -> Position {
        Position(self.0 + 1)
    }
}

/// The first stage folds exchanges by API; the second folds digests by caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    Exchanges,
    Callers,
}

impl Stage {
    pub const ALL: [Stage; 2] = [Stage::Exchanges, Stage::Callers];

    pub fn name(self) -> &'static str {
        match self {
            Stage::Exchanges => "exchanges",
            Stage::Callers => "callers",
        }
    }

    pub fn parse(text: &str) -> Option<Stage> {
        Stage::ALL.into_iter().find(|it| it.name() == text)
    }
}

macro_rules! hex_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, minicbor::Encode, minicbor::Decode)]
        #[cbor(transparent)]
        pub struct $name(#[cbor(n(0), with = "minicbor::bytes")] pub [u8; 16]);

        impl $name {
            /// Reads the 32 hexadecimal digits that `Display` writes.
            pub fn parse(text: &str) -> Option<Self> {
                parse_hex(text).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }
    };
}

hex_id! {
    /// Hash of scope and service/API, or scope and host.
    CollectionId
}

hex_id! {
    /// Hash of collection, method and template.
    EndpointId
}

fn parse_hex(text: &str) -> Option<[u8; 16]> {
    let digits = text.as_bytes();
    if digits.len() != 32 {
        return None;
    }
    let mut bytes = [0; 16];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let high = char::from(pair[0]).to_digit(16)?;
        let low = char::from(pair[1]).to_digit(16)?;
        *byte = (high * 16 + low) as u8;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_read_what_they_write() {
        let id = EndpointId([7; 16]);
        assert_eq!(EndpointId::parse(&id.to_string()), Some(id));
    }

    #[test]
    fn a_short_or_odd_id_is_refused() {
        for text in [
            "",
            "07",
            "zz070707070707070707070707070707",
            "+7070707070707070707070707070707",
        ] {
            assert_eq!(EndpointId::parse(text), None, "{text}");
        }
    }
}
