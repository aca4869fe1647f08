//! Cuts files into batches of whole lines. Every line keeps its place, so that a refusal can
//! name file and line. Compressed files are told by their first bytes, whatever their name.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use anyhow::Context;
use flate2::bufread::MultiGzDecoder;
use indicatif::ProgressBar;
use tokio::sync::mpsc::Sender;

const BATCH_BYTES_MAX: usize = 2 << 20;
const BATCH_LINES_MAX: u64 = 2_000;
/// The server reads no longer lines either.
const LINE_BYTES_MAX: usize = 4 << 20;
const GZIP: &[u8] = &[0x1f, 0x8b];
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];

/// What a file is cut into.
#[derive(Debug, PartialEq, Eq)]
pub enum Cut {
    Lines(Lines),
    /// A line that cannot be sent at all.
    Refused {
        file: usize,
        line: u64,
        why: String,
    },
}

/// Lines that follow one another in one file.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Lines {
    /// Which of the files, counted from zero.
    pub file: usize,
    /// The number of the first line, counted from one.
    pub first: u64,
    pub count: u64,
    pub bytes: Vec<u8>,
}

/// Reads all files in order; stops early when nobody wants more.
pub fn read(files: &[PathBuf], bar: &ProgressBar, to: &Sender<Cut>) -> anyhow::Result<()> {
    for (file, path) in files.iter().enumerate() {
        let reader = open(path, bar).with_context(|| format!("cannot open {}", path.display()))?;
        let sent = cut(file, reader, &mut |cut| to.blocking_send(cut).is_ok());
        if !sent.with_context(|| format!("cannot read {}", path.display()))? {
            return Ok(());
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
    // A pipe may hand over a single byte first, so what is there is looked at, not demanded.
    let mut start = Vec::new();
    counted
        .by_ref()
        .take(ZSTD.len() as u64)
        .read_to_end(&mut start)?;
    let is = |magic: &[u8]| start.starts_with(magic);
    let (gzip, zstd) = (is(GZIP), is(ZSTD));
    let whole = BufReader::new(io::Cursor::new(start).chain(counted));
    Ok(match (gzip, zstd) {
        (true, _) => Box::new(BufReader::new(MultiGzDecoder::new(whole))),
        (_, true) => Box::new(BufReader::new(zstd::Decoder::with_buffer(whole)?)),
        _ => Box::new(whole),
    })
}

/// Cuts one file; false when `emit` wants no more.
fn cut(
    file: usize,
    mut reader: impl BufRead,
    emit: &mut dyn FnMut(Cut) -> bool,
) -> io::Result<bool> {
    let mut lines = Lines {
        file,
        first: 1,
        ..Lines::default()
    };
    loop {
        let before = lines.bytes.len();
        match read_line(&mut reader, &mut lines.bytes)? {
            Got::End => return Ok(lines.is_blank() || emit(Cut::Lines(lines))),
            Got::Line => lines.count += 1,
            Got::TooLong => {
                lines.bytes.truncate(before);
                let line = lines.first + lines.count;
                if !lines.pass(line + 1, emit) {
                    return Ok(false);
                }
                let why = format!(
                    "the line has more than {LINE_BYTES_MAX} bytes; cut its bodies and say their size in `body_bytes`"
                );
                if !emit(Cut::Refused { file, line, why }) {
                    return Ok(false);
                }
            }
        }
        let full = lines.bytes.len() >= BATCH_BYTES_MAX || lines.count >= BATCH_LINES_MAX;
        if full && !lines.pass(lines.first + lines.count, emit) {
            return Ok(false);
        }
    }
}

impl Lines {
    /// Hands on what there is and goes on at line `next`; false when no more is wanted.
    fn pass(&mut self, next: u64, emit: &mut dyn FnMut(Cut) -> bool) -> bool {
        let fresh = Lines {
            file: self.file,
            first: next,
            ..Lines::default()
        };
        let done = std::mem::replace(self, fresh);
        done.is_blank() || emit(Cut::Lines(done))
    }

    fn is_blank(&self) -> bool {
        self.bytes.iter().all(u8::is_ascii_whitespace)
    }
}

enum Got {
    Line,
    TooLong,
    End,
}

/// Appends one line with its end. A line that is too long is read past; what was appended of it
/// is for the caller to take back.
fn read_line(reader: &mut impl BufRead, bytes: &mut Vec<u8>) -> io::Result<Got> {
    let read = reader
        .by_ref()
        .take(LINE_BYTES_MAX as u64 + 1)
        .read_until(b'\n', bytes)?;
    if read == 0 {
        return Ok(Got::End);
    }
    if read <= LINE_BYTES_MAX {
        if bytes.last() != Some(&b'\n') {
            bytes.push(b'\n');
        }
        return Ok(Got::Line);
    }
    if bytes.last() != Some(&b'\n') {
        reader.skip_until(b'\n')?;
    }
    Ok(Got::TooLong)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn cuts(text: &[u8]) -> Vec<Cut> {
        let mut found = Vec::new();
        cut(0, text, &mut |it| {
            found.push(it);
            true
        })
        .unwrap();
        found
    }

    fn places(cuts: &[Cut]) -> Vec<(u64, u64)> {
        cuts.iter()
            .map(|it| match it {
                Cut::Lines(lines) => (lines.first, lines.count),
                Cut::Refused { line, .. } => (*line, 0),
            })
            .collect()
    }

    #[test]
    fn batches_hold_so_many_lines_and_keep_their_numbers() {
        let text = "{}\n".repeat(4_500);
        assert_eq!(
            places(&cuts(text.as_bytes())),
            [(1, 2_000), (2_001, 2_000), (4_001, 500)]
        );
    }

    #[test]
    fn batches_hold_so_many_bytes() {
        let text = format!("{}\n", "x".repeat(1 << 20)).repeat(5);
        assert_eq!(places(&cuts(text.as_bytes())), [(1, 2), (3, 2), (5, 1)]);
    }

    #[test]
    fn the_last_line_needs_no_end_and_blank_files_send_nothing() {
        assert_eq!(places(&cuts(b"{}\n{}")), [(1, 2)]);
        assert_eq!(cuts(b""), []);
        assert_eq!(cuts(b"\n \n\r\n"), []);
    }

    #[test]
    fn a_line_without_end_is_refused_and_the_next_keeps_its_number() {
        let text = format!("{{}}\n{}\n{{}}\n", "x".repeat(LINE_BYTES_MAX + 5));
        let found = cuts(text.as_bytes());
        assert_eq!(places(&found), [(1, 1), (2, 0), (3, 1)]);
        assert!(
            matches!(&found[1], Cut::Refused { why, .. } if why.contains("more than 4194304 bytes"))
        );
    }

    #[test]
    fn packed_files_are_told_by_their_first_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(b"{}\n").unwrap();
        for (name, bytes) in [
            ("plain", b"{}\n".to_vec()),
            ("a", gzip.finish().unwrap()),
            ("b", zstd::bulk::compress(b"{}\n", 3).unwrap()),
        ] {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            let mut text = String::new();
            open(&path, &ProgressBar::hidden())
                .unwrap()
                .read_to_string(&mut text)
                .unwrap();
            assert_eq!(text, "{}\n", "{name}");
        }
    }
}
