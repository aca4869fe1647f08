//! Frames of the journal. The checksum is made good first, for no damage gets past it: what
//! is read then reads the same when written, and nothing unpacks to more than it may.

#![no_main]

use gatewatch_journal::frame::{
    Entry, HEADER_BYTES_MAX, PREFIX_BYTES, SNAPSHOT_BYTES_MAX, header_bytes, parse,
};
use libfuzzer_sys::fuzz_target;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

const SEED: u64 = 7;
const CHECKSUM_BYTES: usize = 8;

fuzz_target!(|bytes: &[u8]| {
    let _ = parse(bytes, 0, SEED);
    let Some((header, body)) = made_good(bytes) else {
        return;
    };
    let Ok(header) = parse(&header, offset(&header), SEED) else {
        return;
    };
    let mut written = Vec::new();
    header.write(&mut written, SEED);
    assert_eq!(written.len() as u64, header.header_bytes());
    assert_eq!(parse(&written, header.offset, SEED), Ok(header.clone()));
    for entry in &header.sections {
        check(entry, &body);
    }
});

/// A header with the right length and checksum, and what is left for a body.
fn made_good(bytes: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let mut prefix = *bytes.first_chunk::<PREFIX_BYTES>()?;
    prefix[..4].copy_from_slice(b"GWf1");
    prefix[22..24].fill(0);
    let name = u16::from_le_bytes([prefix[40], prefix[41]]);
    let sections = u16::from_le_bytes([prefix[6], prefix[7]]);
    let length = PREFIX_BYTES + usize::from(name) + usize::from(sections) * 32 + CHECKSUM_BYTES;
    prefix[8..12].copy_from_slice(&(length as u32).to_le_bytes());
    let length = header_bytes(&prefix).ok()?;
    assert!(length <= HEADER_BYTES_MAX);
    let mut header = bytes.get(..length)?.to_vec();
    header[..PREFIX_BYTES].copy_from_slice(&prefix);
    let stored = stored_bytes(&header, usize::from(name), usize::from(sections));
    header[12..16].copy_from_slice(&stored.to_le_bytes());
    let checksum = xxh3_64_with_seed(&header[..length - CHECKSUM_BYTES], SEED);
    header[length - CHECKSUM_BYTES..].copy_from_slice(&checksum.to_le_bytes());
    Some((header, bytes[length..].to_vec()))
}

fn stored_bytes(header: &[u8], name: usize, sections: usize) -> u32 {
    let entries = header[PREFIX_BYTES + name..].chunks_exact(32);
    let stored = entries
        .take(sections)
        .filter_map(|it| it[20..].first_chunk());
    stored.fold(0, |sum, it| u32::wrapping_add(sum, u32::from_le_bytes(*it)))
}

fn offset(header: &[u8]) -> u64 {
    header[16..]
        .first_chunk()
        .map_or(0, |it| u64::from_le_bytes(*it))
}

fn check(entry: &Entry, body: &[u8]) {
    assert!(entry.raw_bytes as usize <= SNAPSHOT_BYTES_MAX);
    let _ = entry.decompress(body);
    let entry = Entry {
        stored_bytes: (body.len() as u32).min(entry.raw_bytes),
        checksum: xxh3_64(body),
        ..*entry
    };
    if let Ok(raw) = entry.decompress(body) {
        assert_eq!(raw.len(), entry.raw_bytes as usize);
    }
}
