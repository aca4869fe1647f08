//! Plain lists: an address, a network or a range a line. Remarks begin with `#`, `;` or `//`; what
//! follows an address after a space or a comma is passed over. The list of exits that the Tor
//! project publishes with their times (`ExitAddress 192.0.2.1 2026-…`) is read too.

use super::range::IpRange;
use super::{FeedError, Reading, quoted};
use crate::limits::LINE_BYTES_MAX;

const WORDS_OF_TOR: &[&str] = &["ExitNode", "Published", "LastStatus"];

pub fn read(reading: &mut Reading, bytes: &[u8]) -> Result<(), FeedError> {
    let before = reading.feed.entries;
    for (line, number) in bytes.split(|it| *it == b'\n').zip(1..) {
        if line.len() > LINE_BYTES_MAX {
            reading.remark(
                number,
                &format!("a line has at most {LINE_BYTES_MAX} bytes"),
            );
            continue;
        }
        let Ok(line) = core::str::from_utf8(line) else {
            reading.remark(number, "this line is no text");
            continue;
        };
        let Some(written) = address(line) else {
            continue;
        };
        match IpRange::parse(written) {
            Ok(range) => reading.add(reading.feed.tag, range)?,
            Err(reason) => reading.remark(number, &format!("{} {reason}", quoted(written))),
        }
    }
    if reading.feed.entries == before && reading.feed.remarks_total > 0 {
        return Err(reading
            .feed
            .remarks
            .first()
            .cloned()
            .unwrap_or_else(|| reading.error(0, "nothing in it is an address")));
    }
    Ok(())
}

/// What of a line should be an address; nothing where there is only a remark.
fn address(line: &str) -> Option<&str> {
    let line = line.trim();
    if line.is_empty() || line.starts_with(['#', ';']) || line.starts_with("//") {
        return None;
    }
    let mut words = line.split_ascii_whitespace();
    let first = words.next()?;
    if WORDS_OF_TOR.contains(&first) {
        return None;
    }
    if first == "ExitAddress" {
        return words.next();
    }
    let end = line.find([',', ';', '#']).unwrap_or(line.len());
    let line = line[..end].trim();
    // A range may have spaces around its dash.
    let is_range = words.next() == Some("-");
    let written = if is_range {
        line
    } else {
        line.split_ascii_whitespace().next().unwrap_or_default()
    };
    Some(written.trim_matches('"')).filter(|it| !it.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remarks_and_what_follows_are_passed_over() {
        for (line, expected) in [
            ("  # remark", None),
            ("; remark", None),
            ("// remark", None),
            ("\r", None),
            ("192.0.2.1\r", Some("192.0.2.1")),
            ("192.0.2.0/24 ; SBL1234", Some("192.0.2.0/24")),
            ("192.0.2.1#x", Some("192.0.2.1")),
            ("\"192.0.2.1\",2026-01-01,scan", Some("192.0.2.1")),
            (
                "192.0.2.1 - 192.0.2.9 , text",
                Some("192.0.2.1 - 192.0.2.9"),
            ),
            ("192.0.2.1-192.0.2.9", Some("192.0.2.1-192.0.2.9")),
            ("192.0.2.1 -", Some("192.0.2.1 -")),
            ("ExitNode 0011BD2485AD45D984EC4159C88FC066E5E3300E", None),
            (
                "ExitAddress 192.0.2.1 2026-11-20 07:14:19",
                Some("192.0.2.1"),
            ),
        ] {
            assert_eq!(address(line), expected, "{line}");
        }
    }
}
