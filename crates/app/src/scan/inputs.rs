//! From a file, a pipe or a folder to exchanges, each with its line.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::Path;

use anyhow::Context;
use flate2::bufread::MultiGzDecoder;
use gatewatch_model::Exchange;
use gatewatch_sources::limits::LINE_BYTES_MAX;
use gatewatch_wire::exchange_file;
use indicatif::ProgressBar;

const GZIP: &[u8] = &[0x1f, 0x8b];
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];

/// What a place in a capture holds.
pub enum Got<'e> {
    Exchange {
        line: u64,
        exchange: Box<Exchange<'e>>,
    },
    Refused {
        line: u64,
        why: String,
    },
}

/// Hands on all that one file holds, until `take` wants no more.
pub fn read(
    path: &Path,
    bar: &ProgressBar,
    take: &mut dyn FnMut(Got<'_>) -> bool,
) -> anyhow::Result<()> {
    let reader = open(path, bar).with_context(|| format!("cannot open {}", path.display()))?;
    lines(reader, take).with_context(|| format!("cannot read {}", path.display()))
}

fn lines(mut reader: impl BufRead, take: &mut dyn FnMut(Got<'_>) -> bool) -> io::Result<()> {
    let mut bytes = Vec::new();
    for line in 1.. {
        bytes.clear();
        let read = reader
            .by_ref()
            .take(LINE_BYTES_MAX as u64 + 1)
            .read_until(b'\n', &mut bytes)?;
        if read == 0 {
            break;
        }
        if read > LINE_BYTES_MAX {
            if bytes.last() != Some(&b'\n') {
                reader.skip_until(b'\n')?;
            }
            let why = format!("the line has more than {LINE_BYTES_MAX} bytes");
            if !take(Got::Refused { line, why }) {
                break;
            }
            continue;
        }
        let text = bytes.trim_ascii();
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        if text.is_empty() {
            continue;
        }
        let got = match exchange_file::read(text) {
            Ok(exchange) => Got::Exchange {
                line,
                exchange: Box::new(exchange),
            },
            Err(error) => Got::Refused {
                line,
                why: error.to_string(),
            },
        };
        if !take(got) {
            break;
        }
    }
    Ok(())
}

fn open(path: &Path, bar: &ProgressBar) -> io::Result<Box<dyn BufRead>> {
    let raw: Box<dyn Read> = if path == Path::new("-") {
        Box::new(io::stdin())
    } else {
        Box::new(File::open(path)?)
    };
    let mut counted = BufReader::with_capacity(128 << 10, bar.wrap_read(raw));
    let mut start = Vec::new();
    counted
        .by_ref()
        .take(ZSTD.len() as u64)
        .read_to_end(&mut start)?;
    let is = |magic: &[u8]| start.starts_with(magic);
    let (gzip, zstd) = (is(GZIP), is(ZSTD));
    let whole = BufReader::new(Cursor::new(start).chain(counted));
    Ok(match (gzip, zstd) {
        (true, _) => Box::new(BufReader::new(MultiGzDecoder::new(whole))),
        (_, true) => Box::new(BufReader::new(zstd::Decoder::with_buffer(whole)?)),
        _ => Box::new(whole),
    })
}
