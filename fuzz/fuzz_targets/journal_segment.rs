//! How segments of the journal begin: names, headers and snapshots read the same when they are
//! written again. Checksums are made good first, for no damage gets past them.

#![no_main]

use gatewatch_journal::frame;
use gatewatch_journal::segment::{Name, PREFIX_BYTES, SegmentHeader, Snapshot, write_snapshot};
use libfuzzer_sys::fuzz_target;
use xxhash_rust::xxh3::xxh3_64_with_seed;

const SEED: u64 = 7;

fuzz_target!(|bytes: &[u8]| {
    if let Some(name) = str::from_utf8(bytes).ok().and_then(Name::parse) {
        assert_eq!(name.file().as_bytes(), bytes);
    }
    check_header(bytes);
    check_snapshot(bytes);
});

fn check_header(bytes: &[u8]) {
    let name = Name {
        number: bytes
            .get(16..)
            .and_then(|it| it.first_chunk())
            .map_or(0, |it| u64::from_le_bytes(*it)),
        nonce: SEED,
    };
    let _ = SegmentHeader::parse(bytes, name);
    let Some(made_good) = made_good(bytes) else {
        return;
    };
    let Ok(header) = SegmentHeader::parse(&made_good, name) else {
        return;
    };
    let mut written = Vec::new();
    header.write(&mut written, SEED);
    assert_eq!(written.len(), made_good.len());
    assert_eq!(SegmentHeader::parse(&written, name), Ok(header));
}

fn made_good(bytes: &[u8]) -> Option<Vec<u8>> {
    let floors = bytes.get(10..).and_then(|it| it.first_chunk())?;
    let end = PREFIX_BYTES + 8 * usize::from(u16::from_le_bytes(*floors));
    let mut header = bytes.get(..end)?.to_vec();
    header[..8].copy_from_slice(b"GWjrnl\r\n");
    header[8..10].copy_from_slice(&1_u16.to_le_bytes());
    let checksum = xxh3_64_with_seed(&header, SEED);
    header.extend_from_slice(&checksum.to_le_bytes());
    Some(header)
}

fn check_snapshot(bytes: &[u8]) {
    let Some(snapshot) = Snapshot::parse(bytes) else {
        return;
    };
    assert_eq!(snapshot.floors.len(), snapshot.released.len());
    let (floors, released) = (&snapshot.floors, &snapshot.released);
    let mut written = Vec::new();
    write_snapshot(&mut written, SEED, floors, released, &snapshot.senders);
    let header = frame::parse(&written, 0, SEED).expect("what was written is read");
    let body = &written[header.header_bytes() as usize..];
    let raw = header.sections[0]
        .decompress(body)
        .expect("a whole section");
    let again = Snapshot::parse(&raw).expect("a snapshot");
    assert_eq!((&again.floors, &again.released), (floors, released));
    assert_eq!(again.senders.len(), snapshot.senders.len());
}
