//! Opens a file and takes off what lies around its text: gzip, zstd, UTF-16. All are told by the
//! first bytes, whatever the name of the file.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::MultiGzDecoder;

use super::folders::STDIN;
use crate::limits::{BOMB_BYTES_MIN, FILE_ZSTD_WINDOW_LOG_MAX, UNPACKED_RATIO_MAX};

const GZIP: &[u8] = &[0x1f, 0x8b];
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
const UTF16_LE: &[u8] = &[0xff, 0xfe];
const UTF16_BE: &[u8] = &[0xfe, 0xff];
const MAGIC_BYTES_MAX: u64 = 8;
const BUFFER_BYTES: usize = 128 << 10;

/// What is told apart only to say what to do with it.
static STRANGERS: &[(&[u8], &str)] = &[
    (b"PK\x03\x04", "a zip archive; unpack it first"),
    (
        b"\xfd7zXZ\x00",
        "compressed with xz; use `xz -dc FILE | gatewatch … -`, or gzip or zstd",
    ),
    (
        b"BZh",
        "compressed with bzip2; use `bzip2 -dc FILE | gatewatch … -`, or gzip or zstd",
    ),
    (
        b"\xd4\xc3\xb2\xa1",
        "a packet capture, which is not read yet",
    ),
    (
        b"\x0a\x0d\x0d\x0a",
        "a packet capture, which is not read yet",
    ),
    (b"SQLite f", "a database"),
];

pub fn open(path: &Path, bytes_read: &Arc<AtomicU64>) -> io::Result<Box<dyn Read + Send>> {
    let raw: Box<dyn Read + Send> = if path == Path::new(STDIN) {
        Box::new(io::stdin())
    } else {
        Box::new(File::open(path)?)
    };
    unpacked(raw, bytes_read)
}

/// The text within; every byte taken from `raw` is counted.
pub fn unpacked(
    raw: Box<dyn Read + Send>,
    bytes_read: &Arc<AtomicU64>,
) -> io::Result<Box<dyn Read + Send>> {
    let own = Arc::new(AtomicU64::new(0));
    let counted = Counted {
        raw,
        all: Arc::clone(bytes_read),
        own: Arc::clone(&own),
    };
    let (magic, whole) = begin(Box::new(BufReader::with_capacity(BUFFER_BYTES, counted)))?;
    let text: Box<dyn Read + Send> = if magic.starts_with(GZIP) {
        Box::new(Bounded {
            from: MultiGzDecoder::new(whole),
            packed: own,
            unpacked: 0,
        })
    } else if magic.starts_with(ZSTD) {
        let mut from = zstd::Decoder::with_buffer(whole)?;
        from.window_log_max(FILE_ZSTD_WINDOW_LOG_MAX)?;
        Box::new(Bounded {
            from,
            packed: own,
            unpacked: 0,
        })
    } else if let Some((_, what)) = STRANGERS.iter().find(|it| magic.starts_with(it.0)) {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!("the file is {what}"),
        ));
    } else {
        Box::new(whole)
    };
    let (mark, text) = begin(Box::new(BufReader::new(text)))?;
    Ok(if mark.starts_with(UTF16_LE) {
        Box::new(Utf16::new(text, u16::from_le_bytes))
    } else if mark.starts_with(UTF16_BE) {
        Box::new(Utf16::new(text, u16::from_be_bytes))
    } else {
        Box::new(text)
    })
}

type Buffered = Box<dyn BufRead + Send>;

/// The first bytes, and everything with them. A pipe may hand over a single byte at first.
fn begin(mut from: Buffered) -> io::Result<(Vec<u8>, Buffered)> {
    let mut magic = Vec::new();
    from.by_ref()
        .take(MAGIC_BYTES_MAX)
        .read_to_end(&mut magic)?;
    let whole = Cursor::new(magic.clone()).chain(from);
    Ok((magic, Box::new(whole)))
}

struct Counted {
    raw: Box<dyn Read + Send>,
    all: Arc<AtomicU64>,
    own: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let bytes = self.raw.read(into)?;
        self.all.fetch_add(bytes as u64, Ordering::Relaxed);
        self.own.fetch_add(bytes as u64, Ordering::Relaxed);
        Ok(bytes)
    }
}

/// Stops where a small file would unpack without end.
struct Bounded<R> {
    from: R,
    packed: Arc<AtomicU64>,
    unpacked: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let bytes = self.from.read(into)?;
        self.unpacked += bytes as u64;
        let packed = self.packed.load(Ordering::Relaxed);
        if self.unpacked > BOMB_BYTES_MIN && self.unpacked / UNPACKED_RATIO_MAX > packed {
            let why = format!("it unpacks to more than {UNPACKED_RATIO_MAX} times its size");
            return Err(io::Error::new(io::ErrorKind::InvalidData, why));
        }
        Ok(bytes)
    }
}

/// UTF-16 as UTF-8, with U+FFFD for what is none.
struct Utf16 {
    from: Buffered,
    unit: fn([u8; 2]) -> u16,
    /// The first half of a pair.
    high: Option<u16>,
    /// UTF-8 that is not handed on yet.
    out: Vec<u8>,
    taken: usize,
}

impl Utf16 {
    fn new(from: Buffered, unit: fn([u8; 2]) -> u16) -> Utf16 {
        Utf16 {
            from,
            unit,
            high: None,
            out: Vec::new(),
            taken: 0,
        }
    }

    fn fill(&mut self) -> io::Result<()> {
        const UNITS_MAX: u64 = 32 << 10;
        let mut bytes = Vec::new();
        self.from
            .by_ref()
            .take(2 * UNITS_MAX)
            .read_to_end(&mut bytes)?;
        let (pairs, _) = bytes.as_chunks::<2>();
        let mut units: Vec<u16> = self.high.take().into_iter().collect();
        units.extend(pairs.iter().map(|it| (self.unit)(*it)));
        let is_whole = bytes.len() as u64 == 2 * UNITS_MAX;
        if is_whole && let Some(last) = units.pop_if(|it| (0xd800..0xdc00).contains(it)) {
            self.high = Some(last);
        }
        self.taken = 0;
        let text: String = char::decode_utf16(units)
            .map(|it| it.unwrap_or('\u{fffd}'))
            .collect();
        self.out = text.into_bytes();
        Ok(())
    }
}

impl Read for Utf16 {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.taken == self.out.len() {
            self.fill()?;
        }
        let left = &self.out[self.taken..];
        let bytes = left.len().min(into.len());
        into[..bytes].copy_from_slice(&left[..bytes]);
        self.taken += bytes;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn read(bytes: &[u8]) -> io::Result<String> {
        let counter = Arc::default();
        let mut text = String::new();
        unpacked(Box::new(Cursor::new(bytes.to_vec())), &counter)?.read_to_string(&mut text)?;
        assert_eq!(counter.load(Ordering::Relaxed), bytes.len() as u64);
        Ok(text)
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(bytes).unwrap();
        gzip.finish().unwrap()
    }

    fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        "\u{feff}"
            .encode_utf16()
            .chain(text.encode_utf16())
            .flat_map(bytes)
            .collect()
    }

    #[test]
    fn what_lies_around_a_text_is_told_by_the_first_bytes() {
        let text = "{\"a\":\"é😀\"}\n".repeat(40_000);
        for packed in [
            text.clone().into_bytes(),
            gzip(text.as_bytes()),
            [gzip(text.as_bytes()), gzip(b"")].concat(),
            zstd::bulk::compress(text.as_bytes(), 3).unwrap(),
        ] {
            assert_eq!(read(&packed).unwrap(), text);
        }
        for packed in [
            utf16(&text, u16::to_le_bytes),
            utf16(&text, u16::to_be_bytes),
        ] {
            assert_eq!(read(&packed).unwrap().trim_start_matches('\u{feff}'), text);
            assert_eq!(
                read(&gzip(&packed)).unwrap().trim_start_matches('\u{feff}'),
                text
            );
        }
        assert_eq!(read(b"").unwrap(), "");
        assert_eq!(read(b"x").unwrap(), "x");
    }

    #[test]
    fn what_is_cut_off_or_not_read_is_an_error_with_a_reason() {
        let whole = gzip(&b"line\n".repeat(1_000));
        assert!(read(&whole[..whole.len() / 2]).is_err());
        for (bytes, part) in [
            (&b"PK\x03\x04rest"[..], "zip archive"),
            (b"\xfd7zXZ\x00..", "xz -dc"),
            (b"BZh91AY", "bzip2 -dc"),
        ] {
            assert!(read(bytes).unwrap_err().to_string().contains(part));
        }
    }

    #[test]
    fn a_bomb_is_given_up_when_its_ratio_shows() {
        let mut zstd = zstd::Encoder::new(Vec::new(), 1).unwrap();
        let zeros = vec![0; 1 << 20];
        for _ in 0..1_100 {
            zstd.write_all(&zeros).unwrap();
        }
        let bomb = zstd.finish().unwrap();
        let counter = Arc::default();
        let mut reader = unpacked(Box::new(Cursor::new(bomb)), &counter).unwrap();
        let error = io::copy(&mut reader, &mut io::sink()).unwrap_err();
        assert!(error.to_string().contains("2000 times"), "{error}");
    }
}
