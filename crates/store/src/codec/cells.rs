//! The cells of one roll-up row: sorted, each with its key (minute, hour or day since 1970).
//! A cell is the gap to the key before, a set of which numbers are not 0, and those numbers.

use gatewatch_model::rollup::{Cell, MinuteCell, Minutes, STATUS_CLASSES};

use super::{CodecError, Reader, put};

/// More cells than any block holds.
pub const CELLS_MAX: usize = 60;

const VERSION: u8 = 1;
const NUMBERS: usize = STATUS_CLASSES + 5;

/// Writes cells that are sorted by key, each key once.
pub fn encode(cells: &[MinuteCell], out: &mut Vec<u8>) {
    out.clear();
    out.push(VERSION);
    put(out, cells.len() as u64);
    let mut before = None;
    for (key, cell) in cells {
        put(out, gap(before, *key));
        before = Some(*key);
        let numbers = numbers(cell);
        let set = numbers
            .iter()
            .enumerate()
            .filter(|(_, number)| **number != 0)
            .fold(0_u64, |set, (at, _)| set | 1 << at);
        put(out, set);
        for number in numbers.iter().filter(|it| **it != 0) {
            put(out, *number);
        }
    }
}

pub fn decode(bytes: &[u8]) -> Result<Minutes, CodecError> {
    let mut reader = Reader::begin(bytes, VERSION)?;
    let count = reader.take()?;
    if count > CELLS_MAX as u64 {
        return Err(CodecError::Range);
    }
    let mut cells = Vec::with_capacity(count as usize);
    let mut before = None;
    for _ in 0..count {
        let key = after(before, reader.take()?).ok_or(CodecError::Range)?;
        before = Some(key);
        cells.push((key, read_cell(&mut reader)?));
    }
    reader.end()?;
    Ok(Minutes(cells))
}

fn read_cell(reader: &mut Reader<'_>) -> Result<Cell, CodecError> {
    let set = reader.take()?;
    if set >> NUMBERS != 0 {
        return Err(CodecError::Range);
    }
    let mut numbers = [0; NUMBERS];
    for (at, number) in numbers.iter_mut().enumerate() {
        if set >> at & 1 == 1 {
            *number = reader.take()?;
        }
    }
    let [
        statuses @ ..,
        request_bytes,
        response_bytes,
        timed,
        sum,
        max,
    ] = numbers;
    Ok(Cell {
        statuses,
        request_bytes,
        response_bytes,
        timed,
        latency_micros_sum: sum,
        latency_micros_max: max,
    })
}

fn numbers(cell: &Cell) -> [u64; NUMBERS] {
    let Cell {
        statuses,
        request_bytes,
        response_bytes,
        timed,
        latency_micros_sum,
        latency_micros_max,
    } = *cell;
    let others = [
        request_bytes,
        response_bytes,
        timed,
        latency_micros_sum,
        latency_micros_max,
    ];
    let mut numbers = [0; NUMBERS];
    let (classes, rest) = numbers.split_at_mut(STATUS_CLASSES);
    classes.copy_from_slice(&statuses);
    rest.copy_from_slice(&others);
    numbers
}

/// The first key as it is (small when after 1970), every other as its distance less one.
fn gap(before: Option<i64>, key: i64) -> u64 {
    match before {
        None => (key.wrapping_shl(1) ^ (key >> 63)) as u64,
        Some(before) => (key.wrapping_sub(before) as u64).wrapping_sub(1),
    }
}

fn after(before: Option<i64>, gap: u64) -> Option<i64> {
    match before {
        None => Some((gap >> 1).cast_signed() ^ -(gap & 1).cast_signed()),
        Some(before) => before.checked_add_unsigned(gap)?.checked_add(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(cells: &[MinuteCell]) -> Vec<u8> {
        let mut bytes = Vec::new();
        encode(cells, &mut bytes);
        bytes
    }

    fn full(number: u64) -> Cell {
        Cell {
            statuses: [number; STATUS_CLASSES],
            request_bytes: number,
            response_bytes: number,
            timed: number,
            latency_micros_sum: number,
            latency_micros_max: number,
        }
    }

    #[test]
    fn cells_read_what_they_write() {
        let cells = vec![
            (i64::MIN, full(u64::MAX)),
            (-1, Cell::default()),
            (0, full(1)),
            (29_920_800, full(300)),
            (i64::MAX, full(u64::MAX)),
        ];
        assert_eq!(decode(&packed(&cells)), Ok(Minutes(cells)));
        assert_eq!(decode(&packed(&[])), Ok(Minutes::default()));
    }

    #[test]
    fn an_ordinary_hour_is_small() {
        let cell = Cell {
            statuses: [0, 0, 60, 0, 2, 0],
            request_bytes: 31_000,
            response_bytes: 62_000,
            timed: 62,
            latency_micros_sum: 775_000,
            latency_micros_max: 90_000,
        };
        let hour = (0..60)
            .map(|it| (29_920_800 + it, cell))
            .collect::<Vec<_>>();
        assert!(packed(&hour).len() < 60 * 20);
    }

    #[test]
    fn no_bytes_make_it_panic() {
        let bytes = packed(&[(29_920_800, full(300)), (29_920_801, full(7))]);
        for end in 0..bytes.len() {
            assert!(decode(&bytes[..end]).is_err());
        }
        for at in 0..bytes.len() {
            for byte in 0..=255 {
                let mut hostile = bytes.clone();
                hostile[at] = byte;
                if let Ok(minutes) = decode(&hostile) {
                    assert!(minutes.0.is_sorted_by(|a, b| a.0 < b.0));
                }
            }
        }
    }

    #[test]
    fn what_nobody_wrote_is_refused() {
        let mut trailing = packed(&[(1, full(1))]);
        trailing.push(0);
        assert_eq!(decode(&trailing), Err(CodecError::Trailing));
        assert_eq!(decode(&[]), Err(CodecError::Short));
        assert_eq!(decode(&[2, 0]), Err(CodecError::Version(2)));
        assert_eq!(decode(&[VERSION, 61]), Err(CodecError::Range));
        // A set that names a twelfth number.
        assert_eq!(decode(&[VERSION, 1, 0, 0x80, 0x10]), Err(CodecError::Range));
        // A key after the last one there can be.
        let mut last = packed(&[(i64::MAX, Cell::default())]);
        last[1] = 2;
        last.extend([0, 0]);
        assert_eq!(decode(&last), Err(CodecError::Range));
    }
}
