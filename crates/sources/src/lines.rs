//! JSON Lines as they come in over HTTP or from a file: each line becomes an exchange, is
//! admitted and written into a batch for the journal. No line stops another.

use std::borrow::Cow;

use gatewatch_intel::Origins;
use gatewatch_model::record::{Arrival, Stream};
use gatewatch_model::{Blemishes, Exchange, Origin, Record, Timestamp};
use gatewatch_ports::Batch;
use gatewatch_wire::{exchange_file, record};

use crate::admission::admit;
use crate::limits::{LINE_BYTES_MAX, LINES_MAX, REFUSALS_MAX};
use crate::partition::partition_of;
use crate::perimeter::Perimeter;

/// What holds for all lines that arrive together.
#[derive(Clone, Copy, Debug)]
pub struct Arriving<'a> {
    pub received: Timestamp,
    pub stream: Stream,
    /// The name of the source and its scope, as its ingest token says.
    pub source: &'a str,
    pub scope: &'a str,
    pub perimeter: &'a Perimeter,
    pub origins: &'a Origins,
    /// How many the journal has.
    pub partitions: u16,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    pub accepted: u64,
    /// The first `REFUSALS_MAX` of them.
    pub refused: Vec<Refusal>,
    pub refused_total: u64,
    /// Exchanges that admission had to cut.
    pub truncated: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Counted from 1, blank lines included.
    pub line: u64,
    pub why: Box<str>,
}

/// Adds every exchange of `bytes` to `batch`. Line ends are LF or CRLF, the last line needs none;
/// blank lines and a byte order mark are skipped.
pub fn read_lines(bytes: &[u8], arriving: &Arriving<'_>, batch: &mut Batch) -> Outcome {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut outcome = Outcome::default();
    let mut lines = (1..).zip(split(bytes));
    let mut read = 0;
    for (number, line) in lines.by_ref() {
        let line = line.trim_ascii();
        if line.is_empty() {
            continue;
        }
        if read == LINES_MAX {
            let rest = lines.filter(|it| !it.1.trim_ascii().is_empty()).count() as u64;
            outcome.refuse_rest(number, rest + 1);
            break;
        }
        read += 1;
        match read_line(line, arriving, batch) {
            Ok(blemishes) => outcome.accept(blemishes),
            Err(why) => outcome.refuse(number, why),
        }
    }
    outcome
}

/// The lines without their LF; memchr finds it far quicker than a look at each byte.
fn split(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(bytes);
    core::iter::from_fn(move || {
        let bytes = rest?;
        let end = memchr::memchr(b'\n', bytes);
        rest = end.map(|it| &bytes[it + 1..]);
        Some(&bytes[..end.unwrap_or(bytes.len())])
    })
}

/// Adds the exchange of one line; answers its blemishes, or why there is none.
fn read_line(
    line: &[u8],
    arriving: &Arriving<'_>,
    batch: &mut Batch,
) -> Result<Blemishes, Box<str>> {
    if line.len() > LINE_BYTES_MAX {
        let bytes = line.len();
        let why = format!(
            "the line has {bytes} bytes and at most {LINE_BYTES_MAX} are read; \
             cut its bodies and say their size in `body_bytes`"
        );
        return Err(why.into());
    }
    let Arriving {
        received,
        stream,
        source,
        scope,
        perimeter,
        origins,
        partitions,
    } = *arriving;
    let mut exchange = exchange_file::read(line).map_err(|it| it.to_string())?;
    admit(&mut exchange);
    let external = perimeter.locate(&mut exchange);
    exchange.origin = origin_of(&exchange, origins);
    let blemishes = exchange.blemishes;
    let partition = partition_of(scope, &exchange, partitions);
    let arrival = Record::Arrival(Arrival {
        received,
        stream,
        source: Cow::Borrowed(source),
        scope: Cow::Borrowed(scope),
        external,
        exchange,
    });
    batch.push(partition, |out| record::encode(&arrival, out));
    Ok(blemishes)
}

/// Where the caller is, by its address and by what its user agent says.
pub fn origin_of<'o>(exchange: &Exchange<'_>, origins: &'o Origins) -> Origin<'o> {
    let agent = exchange.request_header("user-agent");
    let known = origins.of_call(exchange.caller_ip, agent);
    known.unwrap_or_default()
}

impl Outcome {
    fn accept(&mut self, blemishes: Blemishes) {
        self.accepted += 1;
        let cut = [Blemishes::TRUNCATED, Blemishes::HEADERS_CUT];
        self.truncated += u64::from(cut.iter().any(|it| blemishes.contains(*it)));
    }

    fn refuse(&mut self, line: u64, why: Box<str>) {
        self.refused_total += 1;
        if self.refused.len() < REFUSALS_MAX {
            self.refused.push(Refusal { line, why });
        }
    }

    /// The lines past the bound are refused together, the first of them with the reason.
    fn refuse_rest(&mut self, line: u64, count: u64) {
        let why = format!(
            "this line and {} after it are past the {LINES_MAX} lines that are read at once; \
             send them in another batch",
            count - 1
        );
        self.refuse(line, why.into());
        self.refused_total += count - 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOUND: &str = r#"{"request":{"method":"GET","url":"https://a.example/"}}"#;

    fn read(text: impl AsRef<[u8]>) -> (Outcome, Batch) {
        let arriving = Arriving {
            received: Timestamp::from_seconds(1),
            stream: Stream::Historical,
            source: "test",
            scope: "/tenant",
            perimeter: &Perimeter::default(),
            origins: &Origins::default(),
            partitions: 16,
        };
        let mut batch = Batch::default();
        let outcome = read_lines(text.as_ref(), &arriving, &mut batch);
        assert_eq!(batch.records(), outcome.accepted);
        (outcome, batch)
    }

    #[test]
    fn a_line_becomes_an_arrival_in_its_partition() {
        let (outcome, batch) = read(SOUND);
        assert_eq!(outcome.accepted, 1);
        let section = &batch.sections()[0];
        let Ok(Record::Arrival(arrival)) = record::decode(&section.bytes[4..]) else {
            panic!("no arrival");
        };
        assert_eq!(arrival.received, Timestamp::from_seconds(1));
        assert_eq!(arrival.stream, Stream::Historical);
        assert_eq!((&*arrival.source, &*arrival.scope), ("test", "/tenant"));
        let partition = partition_of("/tenant", &arrival.exchange, 16);
        assert_eq!(section.partition, partition);
    }

    #[test]
    fn an_arrival_names_the_true_caller_and_whether_it_is_outside() {
        let line = r#"{"peer":{"ip":"10.0.0.1"},"request":{"method":"GET","url":"/","headers":{"x-forwarded-for":"203.0.113.9"}}}"#;
        let (_, batch) = read(line);
        let Ok(Record::Arrival(arrival)) = record::decode(&batch.sections()[0].bytes[4..]) else {
            panic!("no arrival");
        };
        assert_eq!(arrival.external, Some(true));
        assert_eq!(arrival.exchange.caller_ip, Some([203, 0, 113, 9].into()));
    }

    #[test]
    fn an_arrival_says_where_the_caller_is() {
        let line = r#"{"caller":{"ip":"8.8.8.8"},"request":{"method":"GET","url":"/","headers":{"user-agent":"bingbot/2.0"}}}"#;
        let (_, batch) = read(line);
        let Ok(Record::Arrival(arrival)) = record::decode(&batch.sections()[0].bytes[4..]) else {
            panic!("no arrival");
        };
        let origin = arrival.exchange.origin;
        let country = origin.country.map(|it| it.to_string());
        assert_eq!((country.as_deref(), origin.network), (Some("US"), 15_169));
        assert_eq!(origin.bot, Some("bingbot"));
        assert!(
            origin
                .tags
                .contains(gatewatch_model::origin::Tags::BOT_FALSE)
        );
    }

    #[test]
    fn one_broken_line_does_not_stop_the_others() {
        let (outcome, _) = read(format!("{SOUND}\nno json\n\n{{}}\n{SOUND}\n"));
        assert_eq!((outcome.accepted, outcome.refused_total), (2, 2));
        let lines: Vec<_> = outcome.refused.iter().map(|it| it.line).collect();
        assert_eq!(lines, [2, 4]);
        assert!(outcome.refused[1].why.contains("`request` is missing"));
    }

    #[test]
    fn any_line_end_will_do_and_marks_and_blanks_are_skipped() {
        for text in [
            format!("\u{feff}{SOUND}\r\n{SOUND}"),
            format!("\n \r\n\t\n{SOUND}\n{SOUND}\r\n\r\n"),
            format!("{SOUND}\n{SOUND}\n"),
        ] {
            let (outcome, _) = read(&text);
            assert_eq!(
                (outcome.accepted, outcome.refused_total),
                (2, 0),
                "{text:?}"
            );
        }
        assert_eq!(read("").0, Outcome::default());
    }

    #[test]
    fn an_endless_line_is_refused_by_its_number() {
        let long = "x".repeat(LINE_BYTES_MAX + 1);
        let (outcome, _) = read(format!("{SOUND}\n{long}\n{SOUND}"));
        assert_eq!((outcome.accepted, outcome.refused_total), (2, 1));
        assert_eq!(outcome.refused[0].line, 2);
        assert!(outcome.refused[0].why.contains("4194305 bytes"));
    }

    #[test]
    fn lines_past_the_bound_are_refused_together() {
        let (outcome, _) = read(format!("{SOUND}\n").repeat(LINES_MAX as usize + 3));
        assert_eq!((outcome.accepted, outcome.refused_total), (LINES_MAX, 3));
        assert_eq!(outcome.refused.len(), 1);
        assert_eq!(outcome.refused[0].line, LINES_MAX + 1);
        assert!(outcome.refused[0].why.contains("2 after it"));
    }

    #[test]
    fn a_flood_of_refusals_is_counted_and_not_kept() {
        let (outcome, _) = read("x\n".repeat(1_000));
        assert_eq!(outcome.refused_total, 1_000);
        assert_eq!(outcome.refused.len(), REFUSALS_MAX);
    }

    #[test]
    fn what_admission_cut_is_counted() {
        let long = format!(
            r#"{{"request":{{"method":"GET","url":"/{}"}}}}"#,
            "a".repeat(20_000)
        );
        let (outcome, _) = read(format!("{SOUND}\n{long}"));
        assert_eq!((outcome.accepted, outcome.truncated), (2, 1));
    }
}
