//! Ranges of addresses as a file: labels, then the columns of IPv4 and of IPv6, all as numbers of
//! variable length under one zstd frame. The same ranges give the same bytes.

use crate::table::{Key, Table};

const MAGIC: &[u8; 8] = b"GWRANGE1";
const LEVEL: i32 = 19;
/// What a file may unpack to.
const BYTES_MAX: usize = 32 << 20;
const RANGES_MAX: u64 = 4_000_000;
const LABELS_MAX: u64 = 1_000_000;

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum PackedError {
    #[error("this is no file of packed ranges, or of another release")]
    OtherFormat,
    #[error("the file does not unpack: {0}")]
    Unpack(Box<str>),
    #[error("the file ends too early, or says what cannot be: {0}")]
    Damaged(&'static str),
}

/// Ranges with ends included, sorted and apart from one another; a number counts labels from 1.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ranges {
    pub labels: Vec<Box<str>>,
    pub v4: Vec<(u32, u32, u32)>,
    /// First halves: a /64 is the least there is.
    pub v6: Vec<(u64, u64, u32)>,
}

/// The same, for questions.
#[derive(Clone, Debug)]
pub struct Tables {
    labels: Labels,
    pub v4: Table<u32>,
    pub v6: Table<u64>,
}

/// Texts in one piece.
#[derive(Clone, Debug, Default)]
struct Labels {
    text: Box<str>,
    ends: Vec<u32>,
}

pub fn write(ranges: &Ranges) -> std::io::Result<Vec<u8>> {
    let Ranges { labels, v4, v6 } = ranges;
    let mut out = Vec::new();
    number(labels.len() as u64, &mut out);
    for label in labels {
        number(label.len() as u64, &mut out);
    }
    labels.iter().for_each(|it| out.extend(it.as_bytes()));
    columns(
        v4.iter().map(|it| (it.0.into(), it.1.into(), it.2)),
        &mut out,
    );
    columns(v6.iter().copied(), &mut out);
    let mut file = MAGIC.to_vec();
    file.extend(zstd::bulk::compress(&out, LEVEL)?);
    Ok(file)
}

/// How far each range begins behind the end of the one before, how long it is, and its number.
fn columns(ranges: impl Iterator<Item = (u64, u64, u32)> + Clone, out: &mut Vec<u8>) {
    number(ranges.clone().count() as u64, out);
    let mut free = 0;
    for (start, end, _) in ranges.clone() {
        number(start - free, out);
        free = end.wrapping_add(1);
    }
    ranges.clone().for_each(|it| number(it.1 - it.0, out));
    ranges.for_each(|it| number(it.2.into(), out));
}

pub fn read(file: &[u8]) -> Result<Tables, PackedError> {
    let frame = file.strip_prefix(MAGIC).ok_or(PackedError::OtherFormat)?;
    let bytes = zstd::bulk::decompress(frame, BYTES_MAX)
        .map_err(|it| PackedError::Unpack(it.to_string().into()))?;
    let mut rest = &bytes[..];
    let labels = Labels::read(&mut rest)?;
    let known = labels.ends.len();
    let v4 = read_columns(&mut rest, known, u64::from(u32::MAX))?;
    let v6 = read_columns(&mut rest, known, u64::MAX)?;
    if !rest.is_empty() {
        return Err(PackedError::Damaged("there is more after the end"));
    }
    let v4 = v4.into_iter().map(|it| (it.0 as u32, it.1 as u32, it.2));
    Ok(Tables {
        labels,
        v4: Table::new(v4),
        v6: Table::new(v6.into_iter()),
    })
}

impl Tables {
    /// Without anything: what a damaged file would leave.
    pub fn empty() -> Tables {
        Tables {
            labels: Labels::default(),
            v4: Table::new(core::iter::empty()),
            v6: Table::new(core::iter::empty()),
        }
    }

    /// The label of a number that a table answers; nothing for 0.
    pub fn label(&self, number: u32) -> Option<&str> {
        self.labels.get(number.checked_sub(1)?)
    }

    pub fn labels(&self) -> impl Iterator<Item = &str> {
        (0..self.labels.ends.len() as u32).filter_map(|it| self.labels.get(it))
    }

    /// Answers something else than the number of a label from now on.
    pub fn map(&mut self, to: impl Fn(&str) -> u32) {
        let numbers = self.labels().map(to).collect::<Vec<_>>();
        let number = |it: u32| it.checked_sub(1).map_or(0, |at| numbers[at as usize]);
        self.v4.map(number);
        self.v6.map(number);
    }

    pub fn heap_bytes(&self) -> usize {
        let labels = self.labels.text.len() + self.labels.ends.capacity() * size_of::<u32>();
        labels + self.v4.heap_bytes() + self.v6.heap_bytes()
    }
}

impl Labels {
    fn read(rest: &mut &[u8]) -> Result<Labels, PackedError> {
        let count = at_most(take(rest)?, LABELS_MAX)?;
        let mut ends = Vec::with_capacity(count.min(rest.len()));
        let mut end = 0_u32;
        for _ in 0..count {
            let length = u32::try_from(take(rest)?).ok();
            end = length
                .and_then(|it| end.checked_add(it))
                .ok_or(PackedError::Damaged("labels are too long"))?;
            ends.push(end);
        }
        let (text, after) = rest
            .split_at_checked(end as usize)
            .ok_or(PackedError::Damaged("labels are cut"))?;
        *rest = after;
        let text = core::str::from_utf8(text);
        let text = text.map_err(|_| PackedError::Damaged("labels are no text"))?;
        Ok(Labels {
            text: text.into(),
            ends,
        })
    }

    fn get(&self, at: u32) -> Option<&str> {
        let at = at as usize;
        let start = at.checked_sub(1).map_or(Some(&0), |it| self.ends.get(it))?;
        self.text.get(*start as usize..*self.ends.get(at)? as usize)
    }
}

fn read_columns(
    rest: &mut &[u8],
    labels: usize,
    last: u64,
) -> Result<Vec<(u64, u64, u32)>, PackedError> {
    const WRONG: PackedError = PackedError::Damaged("a range has no place");
    let count = at_most(take(rest)?, RANGES_MAX)?;
    let mut gaps = Vec::with_capacity(count.min(rest.len()));
    for _ in 0..count {
        gaps.push(take(rest)?);
    }
    let mut ranges = Vec::with_capacity(gaps.len());
    let mut free = Some(0_u64);
    for gap in gaps {
        let start = free.and_then(|it| it.checked_add(gap)).ok_or(WRONG)?;
        let end = start.checked_add(take(rest)?).filter(|it| *it <= last);
        let end = end.ok_or(WRONG)?;
        free = end.next();
        ranges.push((start, end, 0));
    }
    for range in &mut ranges {
        range.2 = at_most(take(rest)?, labels as u64)? as u32;
    }
    Ok(ranges)
}

fn at_most(found: u64, max: u64) -> Result<usize, PackedError> {
    usize::try_from(found)
        .ok()
        .filter(|_| found <= max)
        .ok_or(PackedError::Damaged("a count is too high"))
}

/// Seven bits a byte, the lowest first; the eighth says that more follow.
fn number(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn take(rest: &mut &[u8]) -> Result<u64, PackedError> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (byte, after) = rest
            .split_first()
            .ok_or(PackedError::Damaged("it is cut"))?;
        *rest = after;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(PackedError::Damaged("a number is too long"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn some() -> Ranges {
        Ranges {
            labels: vec!["DE".into(), "".into(), "Österreich".into()],
            v4: vec![(0, 0, 1), (1, 9, 2), (1 << 24, u32::MAX, 3)],
            v6: vec![
                (0x2001 << 48, (0x2001 << 48) + 9, 3),
                (u64::MAX, u64::MAX, 1),
            ],
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let file = write(&some()).unwrap();
        assert_eq!(
            file,
            write(&some()).unwrap(),
            "the same ranges give the same bytes"
        );
        let tables = read(&file).unwrap();
        assert_eq!(
            tables.labels().collect::<Vec<_>>(),
            ["DE", "", "Österreich"]
        );
        for (address, label) in [(0, "DE"), (9, ""), (u32::MAX, "Österreich")] {
            assert_eq!(
                tables.label(tables.v4.find(address)),
                Some(label),
                "{address}"
            );
        }
        assert_eq!(tables.label(tables.v4.find(10)), None);
        assert_eq!(tables.label(tables.v6.find(u64::MAX)), Some("DE"));
    }

    #[test]
    fn another_file_is_refused() {
        assert_eq!(read(b"PNG").unwrap_err(), PackedError::OtherFormat);
        let wrong = read(b"GWRANGE1 and no frame").unwrap_err();
        assert!(matches!(wrong, PackedError::Unpack(_)), "{wrong}");
    }

    proptest! {
        #[test]
        fn whatever_lies_in_the_frame_no_read_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut file = MAGIC.to_vec();
            file.extend(zstd::bulk::compress(&bytes, 1).unwrap());
            let _ = read(&file);
        }
    }
}
