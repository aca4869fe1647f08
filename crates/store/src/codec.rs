//! Numbers as few bytes: what the store keeps as BLOBs. Each begins with a version byte; bytes
//! that nobody here wrote are an error, never a panic and never a large allocation.

pub mod cells;
pub mod facts;
pub mod packed;
pub mod spreads;

/// Why bytes cannot be read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    #[error("the bytes end too early")]
    Short,
    #[error("version {0} is unknown to this release")]
    Version(u8),
    #[error("a number or a count is out of its range")]
    Range,
    #[error("something follows the end")]
    Trailing,
}

/// Seven bits a byte, lowest first; the high bit says that more follow.
fn put(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

struct Reader<'b>(&'b [u8]);

impl Reader<'_> {
    fn begin(bytes: &[u8], version: u8) -> Result<Reader<'_>, CodecError> {
        match bytes {
            [] => Err(CodecError::Short),
            [found, rest @ ..] if *found == version => Ok(Reader(rest)),
            [found, ..] => Err(CodecError::Version(*found)),
        }
    }

    fn take(&mut self) -> Result<u64, CodecError> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let (first, rest) = self.0.split_first().ok_or(CodecError::Short)?;
            self.0 = rest;
            let bits = u64::from(first & 0x7f);
            // The tenth byte has room for one bit only.
            if shift == 63 && bits > 1 {
                return Err(CodecError::Range);
            }
            number |= bits << shift;
            if first & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(CodecError::Range)
    }

    fn end(self) -> Result<(), CodecError> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(CodecError::Trailing)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_what_they_write() {
        for number in [
            0,
            1,
            127,
            128,
            300,
            u64::from(u32::MAX),
            u64::MAX - 1,
            u64::MAX,
        ] {
            let mut bytes = vec![9];
            put(&mut bytes, number);
            let mut reader = Reader::begin(&bytes, 9).unwrap();
            assert_eq!(reader.take(), Ok(number));
            assert_eq!(reader.end(), Ok(()));
        }
    }

    #[test]
    fn a_number_of_more_than_64_bits_is_refused() {
        let mut reader = Reader(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02]);
        assert_eq!(reader.take(), Err(CodecError::Range));
        let mut reader = Reader(&[0xff; 11]);
        assert_eq!(reader.take(), Err(CodecError::Range));
    }
}
