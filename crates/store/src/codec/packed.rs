//! Longer things compressed: profiles and the documents of definitions.

use std::io::{self, Read as _};

use gatewatch_model::caller::prefix;
use gatewatch_model::profile::ProfileRow;

/// Of the levels the fastest that still finds what repeats.
const LEVEL: i32 = 1;
/// Unpacking takes no more memory than this besides what it yields.
const WINDOW_LOG_MAX: u32 = 24;
/// Of a profile as it is encoded. The fold keeps them far smaller.
const PROFILE_BYTES_MAX: usize = 1 << 20;
const TEXT_BYTES_MAX: usize = 512;

pub fn pack(bytes: &[u8]) -> io::Result<Vec<u8>> {
    zstd::bulk::compress(bytes, LEVEL)
}

/// An error when there is more than `bytes_max`.
pub fn unpack(packed: &[u8], bytes_max: usize) -> io::Result<Vec<u8>> {
    let mut decoder = zstd::stream::read::Decoder::with_buffer(packed)?;
    decoder.window_log_max(WINDOW_LOG_MAX)?;
    let mut bytes = Vec::new();
    decoder.take(bytes_max as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > bytes_max {
        return Err(io::Error::other(
            "it is longer than anything that was written",
        ));
    }
    Ok(bytes)
}

/// A profile that is too long loses members from its end, and counts them as lost.
pub fn pack_profile(profile: &ProfileRow) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    // Writing to a Vec cannot fail.
    let _ = minicbor::encode(profile, &mut bytes);
    if bytes.len() <= PROFILE_BYTES_MAX {
        return pack(&bytes);
    }
    let mut shorter = profile.clone();
    shorter.differences.clear();
    while bytes.len() > PROFILE_BYTES_MAX && !shorter.members.is_empty() {
        let left = shorter.members.len() / 2;
        shorter.members_lost += (shorter.members.len() - left) as u64;
        shorter.members.truncate(left);
        bytes.clear();
        let _ = minicbor::encode(&shorter, &mut bytes);
    }
    pack(&bytes)
}

pub fn unpack_profile(packed: &[u8]) -> Result<ProfileRow, String> {
    let bytes = unpack(packed, PROFILE_BYTES_MAX).map_err(|it| it.to_string())?;
    minicbor::decode(&bytes).map_err(|it| it.to_string())
}

/// A word or a sentence as it is kept beside a document.
pub fn short(text: &str) -> &str {
    prefix(text, TEXT_BYTES_MAX)
}

#[cfg(test)]
mod tests {
    use gatewatch_model::profile::MemberRow;
    use gatewatch_model::{EndpointId, Spot, Timestamp};

    use super::*;

    fn profile(members: usize) -> ProfileRow {
        let member = |number: usize| MemberRow {
            spot: Spot::RequestBody,
            status_class: 0,
            path: format!("member-{number}").into(),
            present: 1,
            observed: 2,
            types: vec![("string".into(), 1)],
            formats: vec![],
            length: Some((1, 9)),
            range: None,
            values: vec![],
            distinct_estimate: 1,
            first_seen: Timestamp(1),
            last_seen: Timestamp(2),
            hits: Vec::new(),
        };
        ProfileRow {
            endpoint: EndpointId([7; 16]),
            calls: 3,
            at: Timestamp(4),
            credentials: vec![],
            tokens: None,
            request_types: vec![],
            response_types: vec![],
            protocols: vec![],
            callers_top: vec![],
            members: (0..members).map(member).collect(),
            members_lost: 0,
            query_depth_max: 0,
            query_aliases_max: 0,
            batch_max: 0,
            origins: None,
            differences: vec![],
        }
    }

    #[test]
    fn a_profile_reads_what_was_written() {
        let profile = profile(20);
        let packed = pack_profile(&profile).unwrap();
        assert_eq!(unpack_profile(&packed).unwrap(), profile);
    }

    #[test]
    fn a_profile_that_is_too_long_counts_what_it_lost() {
        let packed = pack_profile(&profile(60_000)).unwrap();
        let read = unpack_profile(&packed).unwrap();
        assert!(!read.members.is_empty());
        assert_eq!(read.members.len() as u64 + read.members_lost, 60_000);
    }

    #[test]
    fn a_bomb_is_an_error() {
        let packed = pack(&vec![0; 1 << 20]).unwrap();
        assert!(packed.len() < 1_000);
        assert!(unpack(&packed, (1 << 20) - 1).is_err());
        assert_eq!(unpack(&packed, 1 << 20).unwrap().len(), 1 << 20);
        assert!(unpack(b"no zstd", 10).is_err());
    }
}
