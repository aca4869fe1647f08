//! What engine state is kept in: whose it is, of which version, how long, and a checksum over
//! all of it. What is inside is the engine's own business.
//!
//! `GWST`, one byte of envelope version, one of name length, the name, `u16` state version,
//! `u64` length, `u64` xxh3 of all before and the state after, the state; numbers little-endian.

use core::ops::RangeInclusive;

use xxhash_rust::xxh3::xxh3_64_with_seed;

const MAGIC: &[u8; 4] = b"GWST";
const VERSION: u8 = 1;
/// Longer names are cut; an engine's name is one word.
pub const ENGINE_BYTES_MAX: usize = 64;

/// State as it came out of its envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opened<'b> {
    pub version: u16,
    pub state: &'b [u8],
    /// What follows: envelopes may stand one after the other.
    pub rest: &'b [u8],
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    #[error("this is no engine state: it begins neither with `GWST` nor with version {VERSION}")]
    Foreign,
    #[error("the state ends after {found} bytes and should have {expected}")]
    Cut { expected: u64, found: u64 },
    #[error("the state is of engine `{found}`, which is not `{expected}`")]
    OtherEngine { expected: Box<str>, found: Box<str> },
    #[error(
        "the state of `{engine}` is of version {found} and this release reads {oldest} to {newest}; \
         start the release that wrote it"
    )]
    OtherVersion {
        engine: Box<str>,
        found: u16,
        oldest: u16,
        newest: u16,
    },
    #[error("the state of `{engine}` is damaged: its checksum does not agree")]
    Checksum { engine: Box<str> },
}

/// Appends `state` in its envelope to `out`.
pub fn seal(engine: &str, version: u16, state: &[u8], out: &mut Vec<u8>) {
    let engine = gatewatch_model::caller::prefix(engine, ENGINE_BYTES_MAX);
    let start = out.len();
    out.extend_from_slice(MAGIC);
    out.extend_from_slice(&[VERSION, engine.len() as u8]);
    out.extend_from_slice(engine.as_bytes());
    out.extend_from_slice(&version.to_le_bytes());
    out.extend_from_slice(&(state.len() as u64).to_le_bytes());
    let checksum = checksum(&out[start..], state);
    out.extend_from_slice(&checksum.to_le_bytes());
    out.extend_from_slice(state);
}

/// Opens the envelope at the start of `bytes`, which must be that engine's and of a version that
/// it still reads.
pub fn open<'b>(
    bytes: &'b [u8],
    engine: &str,
    versions: RangeInclusive<u16>,
) -> Result<Opened<'b>, EnvelopeError> {
    let mut reader = Reader { bytes, at: 0 };
    let magic = reader.take(MAGIC.len() as u64)?;
    let [version] = reader.array()?;
    if magic != MAGIC || version != VERSION {
        return Err(EnvelopeError::Foreign);
    }
    let [name_bytes] = reader.array()?;
    let name = reader.take(name_bytes.into())?;
    let version = u16::from_le_bytes(reader.array()?);
    let length = u64::from_le_bytes(reader.array()?);
    let head = &bytes[..reader.at];
    let expected = u64::from_le_bytes(reader.array()?);
    let state = reader.take(length)?;
    // First whether this can be believed, then what it says.
    if checksum(head, state) != expected {
        let engine = String::from_utf8_lossy(name).into();
        return Err(EnvelopeError::Checksum { engine });
    }
    check(name, version, engine, versions)?;
    let rest = &bytes[reader.at..];
    Ok(Opened {
        version,
        state,
        rest,
    })
}

fn check(
    name: &[u8],
    version: u16,
    engine: &str,
    versions: RangeInclusive<u16>,
) -> Result<(), EnvelopeError> {
    if name != engine.as_bytes() {
        return Err(EnvelopeError::OtherEngine {
            expected: engine.into(),
            found: String::from_utf8_lossy(name).into(),
        });
    }
    if !versions.contains(&version) {
        return Err(EnvelopeError::OtherVersion {
            engine: engine.into(),
            found: version,
            oldest: *versions.start(),
            newest: *versions.end(),
        });
    }
    Ok(())
}

fn checksum(head: &[u8], state: &[u8]) -> u64 {
    xxh3_64_with_seed(state, xxh3_64_with_seed(head, 0))
}

struct Reader<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl<'b> Reader<'b> {
    fn take(&mut self, length: u64) -> Result<&'b [u8], EnvelopeError> {
        let rest = &self.bytes[self.at..];
        let taken = usize::try_from(length).ok().and_then(|it| rest.get(..it));
        let taken = taken.ok_or(EnvelopeError::Cut {
            expected: length.saturating_add(self.at as u64),
            found: self.bytes.len() as u64,
        })?;
        self.at += taken.len();
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], EnvelopeError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N as u64)?);
        Ok(array)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sealed(engine: &str, version: u16, state: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        seal(engine, version, state, &mut bytes);
        bytes
    }

    #[test]
    fn envelopes_stand_one_after_the_other() {
        let mut bytes = sealed("inventory", 3, b"one");
        seal("detect", 7, b"two", &mut bytes);
        let one = open(&bytes, "inventory", 1..=3).unwrap();
        assert_eq!((one.version, one.state), (3, b"one".as_slice()));
        let two = open(one.rest, "detect", 5..=7).unwrap();
        assert_eq!(
            (two.version, two.state, two.rest),
            (7, b"two".as_slice(), b"".as_slice())
        );
    }

    #[test]
    fn another_engine_and_another_version_are_told_apart() {
        let bytes = sealed("inventory", 3, b"one");
        assert_eq!(
            open(&bytes, "detect", 1..=9).unwrap_err().to_string(),
            "the state is of engine `inventory`, which is not `detect`"
        );
        assert_eq!(
            open(&bytes, "inventory", 1..=2).unwrap_err().to_string(),
            "the state of `inventory` is of version 3 and this release reads 1 to 2; \
             start the release that wrote it"
        );
    }

    #[test]
    fn what_is_no_state_is_foreign() {
        assert_eq!(
            open(b"SQLite format 3", "inventory", 1..=1),
            Err(EnvelopeError::Foreign)
        );
        assert!(matches!(
            open(b"", "inventory", 1..=1),
            Err(EnvelopeError::Cut { .. })
        ));
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_noticed() {
        let bytes = sealed("inventory", 3, b"some state");
        for at in 0..bytes.len() {
            assert!(
                open(&bytes[..at], "inventory", 1..=9).is_err(),
                "cut at {at}"
            );
            for bit in 0..8 {
                let mut flipped = bytes.clone();
                flipped[at] ^= 1 << bit;
                assert!(
                    open(&flipped, "inventory", 0..=u16::MAX).is_err(),
                    "byte {at} bit {bit}"
                );
            }
        }
    }

    proptest! {
        #[test]
        fn state_survives_the_round_trip(engine in "[a-z]{1,64}", version: u16, state: Vec<u8>) {
            let bytes = sealed(&engine, version, &state);
            let opened = open(&bytes, &engine, version..=version).unwrap();
            prop_assert_eq!(opened, Opened { version, state: &state, rest: &[] });
        }

        #[test]
        fn hostile_bytes_never_panic(bytes: Vec<u8>) {
            let _ = open(&bytes, "inventory", 0..=u16::MAX);
            let prefixed = [MAGIC.as_slice(), &[VERSION], &bytes].concat();
            let _ = open(&prefixed, "inventory", 0..=u16::MAX);
        }
    }
}
