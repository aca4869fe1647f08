//! The distributions of an endpoint (request bytes, response bytes, latency) in one BLOB, and
//! its statuses as text that SQL can search.

use gatewatch_model::effects::Spread;

use super::{CodecError, Reader, put};

const VERSION: u8 = 1;

pub fn encode(spreads: [&Spread; 3], out: &mut Vec<u8>) {
    out.clear();
    out.push(VERSION);
    for Spread {
        count,
        p50,
        p95,
        p99,
        max,
    } in spreads
    {
        for number in [count, p50, p95, p99, max] {
            put(out, *number);
        }
    }
}

pub fn decode(bytes: &[u8]) -> Result<[Spread; 3], CodecError> {
    let mut reader = Reader::begin(bytes, VERSION)?;
    let mut spreads = [Spread::default(); 3];
    for spread in &mut spreads {
        *spread = Spread {
            count: reader.take()?,
            p50: reader.take()?,
            p95: reader.take()?,
            p99: reader.take()?,
            max: reader.take()?,
        };
    }
    reader.end()?;
    Ok(spreads)
}

/// `,200:17,404:1,`: a status is found by `,404:` and a class by `,4__:`.
pub fn write_statuses(statuses: &[(u16, u64)], out: &mut String) {
    use core::fmt::Write as _;
    out.clear();
    out.push(',');
    for (status, count) in statuses {
        // Writing to a String cannot fail.
        let _ = write!(out, "{status}:{count},");
    }
}

pub fn read_statuses(text: &str) -> Result<Vec<(u16, u64)>, CodecError> {
    text.split(',')
        .filter(|it| !it.is_empty())
        .map(|pair| {
            let (status, count) = pair.split_once(':').ok_or(CodecError::Range)?;
            let status = status.parse().map_err(|_| CodecError::Range)?;
            Ok((status, count.parse().map_err(|_| CodecError::Range)?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spreads_read_what_they_write() {
        let spread = Spread {
            count: 1,
            p50: 2,
            p95: 300,
            p99: 4,
            max: u64::MAX,
        };
        let mut bytes = Vec::new();
        encode([&spread, &Spread::default(), &spread], &mut bytes);
        assert_eq!(decode(&bytes), Ok([spread, Spread::default(), spread]));
        for end in 0..bytes.len() {
            assert!(decode(&bytes[..end]).is_err());
        }
    }

    #[test]
    fn statuses_read_what_they_write() {
        let statuses = vec![(0, 1), (200, 17), (404, u64::MAX)];
        let mut text = String::new();
        write_statuses(&statuses, &mut text);
        assert_eq!(text, ",0:1,200:17,404:18446744073709551615,");
        assert_eq!(read_statuses(&text), Ok(statuses));
        assert_eq!(read_statuses(","), Ok(vec![]));
        assert_eq!(read_statuses(",x:1,"), Err(CodecError::Range));
    }
}
