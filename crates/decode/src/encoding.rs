//! Content encodings: gzip, deflate, br and zstd, one over the other, each bounded in what it may
//! unpack to and in the memory that unpacking takes.

#[cfg(test)]
mod tests;

use core::fmt;
use std::io::{self, Read};

use flate2::bufread::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use gatewatch_model::Blemishes;

use crate::charset::is_text;
use crate::limits::{
    BOMB_RATIO_MIN, CODINGS_MAX, UNPACKED_BYTES_MAX, UNPACKED_RATIO_MAX, UNPACKED_SMALL_BYTES_MAX,
    ZSTD_WINDOW_LOG_MAX,
};
use crate::message::{Coding, Codings};

/// The memory that unpacking takes, used again and again.
#[derive(Default)]
pub struct Unpacking {
    one: Vec<u8>,
    two: Vec<u8>,
}

/// A body without its encodings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unpacked<'b> {
    pub bytes: &'b [u8],
    /// Whether it is only the beginning of what there was.
    pub cut: bool,
    pub codings: Codings,
    pub blemishes: Blemishes,
}

/// How unpacking ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// With the end that the encoding has.
    Sound,
    /// At its bound.
    Full,
    Broken,
}

static NAMES: &[(&str, Coding)] = &[
    ("gzip", Coding::Gzip),
    ("x-gzip", Coding::Gzip),
    ("deflate", Coding::Deflate),
    ("br", Coding::Brotli),
    ("zstd", Coding::Zstd),
];

impl Unpacking {
    /// Undoes what a `content-encoding` header says, the last first. Many sources hand on bodies
    /// that they have unpacked already: a text that is not in its encoding stays as it is.
    pub fn undo<'b>(&'b mut self, header: &str, body: &'b [u8], cut: bool) -> Unpacked<'b> {
        let (mut codings, mut blemishes) = (Codings::default(), Blemishes::default());
        let (mut cut, mut layers) = (cut, 0);
        let asked = header.split(',').map(str::trim);
        let asked = asked.filter(|it| !it.is_empty() && !it.eq_ignore_ascii_case("identity"));
        for name in asked.rev() {
            let known = NAMES.iter().find(|it| it.0.eq_ignore_ascii_case(name));
            let Some((_, coding)) = known.filter(|_| layers < CODINGS_MAX) else {
                blemishes.insert(Blemishes::BAD_ENCODING);
                break;
            };
            let packed = if layers == 0 { body } else { &self.one };
            let (end, taken) = unpack(*coding, packed, &mut self.two);
            let decoded = end == End::Full || (end == End::Sound && !self.two.is_empty());
            if !decoded && is_text(packed) {
                break;
            }
            blemishes.insert(odd(end, cut, taken, self.two.len()));
            if end == End::Broken && self.two.is_empty() && !cut {
                break;
            }
            cut |= end != End::Sound;
            core::mem::swap(&mut self.one, &mut self.two);
            codings.push(*coding);
            layers += 1;
        }
        let bytes = if layers == 0 { body } else { &self.one };
        Unpacked {
            bytes,
            cut,
            codings,
            blemishes,
        }
    }
}

/// What it unpacked may be secret, so only its size is shown.
impl fmt::Debug for Unpacking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{} bytes>", self.one.len() + self.two.len())
    }
}

fn odd(end: End, cut: bool, taken: usize, unpacked: usize) -> Blemishes {
    match end {
        End::Full if unpacked >= taken.saturating_mul(BOMB_RATIO_MIN) => Blemishes::BOMB,
        End::Full => Blemishes::TRUNCATED,
        End::Broken if !cut => Blemishes::BAD_ENCODING,
        End::Broken | End::Sound => Blemishes::default(),
    }
}

/// Fills `out`, and says how much of the packed bytes it took.
fn unpack(coding: Coding, packed: &[u8], out: &mut Vec<u8>) -> (End, usize) {
    out.clear();
    let ratio_max = packed.len().saturating_mul(UNPACKED_RATIO_MAX);
    let bytes_max = ratio_max.clamp(UNPACKED_SMALL_BYTES_MAX, UNPACKED_BYTES_MAX);
    let mut rest = packed;
    let read = match coding {
        Coding::Gzip => read_up_to(MultiGzDecoder::new(&mut rest), bytes_max, out),
        Coding::Deflate if is_zlib(packed) => {
            read_up_to(ZlibDecoder::new(&mut rest), bytes_max, out)
        }
        Coding::Deflate => read_up_to(DeflateDecoder::new(&mut rest), bytes_max, out),
        Coding::Brotli if wants_large_window(packed) => return (End::Broken, 0),
        Coding::Brotli => {
            let decoder = brotli_decompressor::Decompressor::new(&mut rest, BUFFER_BYTES);
            read_up_to(decoder, bytes_max, out)
        }
        Coding::Zstd => unpack_zstd(&mut rest, bytes_max, out),
    };
    let end = if read.is_err() {
        End::Broken
    } else if out.len() > bytes_max {
        out.truncate(bytes_max);
        End::Full
    } else if coding == Coding::Deflate && !rest.is_empty() {
        // The bare stream has no mark by which a text would be told from it.
        End::Broken
    } else {
        End::Sound
    };
    (end, packed.len() - rest.len())
}

/// What brotli reads at a time.
const BUFFER_BYTES: usize = 4 << 10;

/// One byte more than the bound tells that there is more. Of what is broken, what stands before
/// the break stays.
fn read_up_to(reader: impl Read, bytes_max: usize, out: &mut Vec<u8>) -> io::Result<()> {
    reader.take(bytes_max as u64 + 1).read_to_end(out).map(drop)
}

fn unpack_zstd(packed: &mut &[u8], bytes_max: usize, out: &mut Vec<u8>) -> io::Result<()> {
    let mut decoder = zstd::stream::read::Decoder::with_buffer(packed)?;
    decoder.window_log_max(ZSTD_WINDOW_LOG_MAX)?;
    read_up_to(decoder, bytes_max, out)
}

/// By `deflate` some mean zlib's frame, as the standard has it, and some the bare stream.
fn is_zlib(packed: &[u8]) -> bool {
    match packed {
        [first, second, ..] => {
            first & 0x0f == 8 && u16::from_be_bytes([*first, *second]).is_multiple_of(31)
        }
        _ => false,
    }
}

/// Streams beyond RFC 7932 may ask for a window of 1 GiB; no browser takes them.
fn wants_large_window(packed: &[u8]) -> bool {
    packed.first().is_some_and(|it| it & 0x7f == 0x11)
}
