//! Reads captures in a thread of its own and hands their exchanges on, admitted and with their
//! partition, as the records that a server's journal would hold.

use std::borrow::Cow;
use std::sync::mpsc::SyncSender;

use gatewatch_intel::Origins;
use gatewatch_model::record::{Arrival, Stream};
use gatewatch_model::{Blemishes, Exchange, Record, Timestamp};
use gatewatch_sources::files::{Outcome, Place, Reader, Unit};
use gatewatch_sources::{Perimeter, admit, origin_of, partition_of};
use gatewatch_wire::record;

use super::trouble::Trouble;

/// As many as a journal has, so that every endpoint falls where a server would put it.
pub const PARTITIONS: u16 = 16;
/// The scope of a server's first ingest token.
pub const SCOPE: &str = "/";
const SOURCE: &str = "scan";
const BATCH_BYTES_MAX: usize = 1 << 20;
const BATCH_EXCHANGES_MAX: usize = 512;

/// What was read of one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileRead {
    pub name: String,
    /// Only learned from, not printed.
    pub learned: bool,
    pub exchanges: u64,
    /// Places that are sound and hold no exchange.
    pub passed_over: u64,
    /// Exchanges that were cut to what is kept of one.
    pub truncated: u64,
    /// How many had each blemish; the fold says so, which decodes them.
    pub blemishes: Vec<(&'static str, u64)>,
    pub trouble: Trouble,
}

/// Exchanges that follow one another.
#[derive(Debug, Default)]
pub struct Batch {
    pub records: Vec<u8>,
    pub items: Vec<Item>,
}

/// Where an exchange stands, and where it came from.
#[derive(Clone, Debug)]
pub struct Item {
    pub partition: u16,
    pub file: u32,
    pub line: u64,
    /// The end of its record; it begins where the one before ends.
    pub end: usize,
    pub printed: bool,
}

struct Reading<'r> {
    to: &'r SyncSender<Batch>,
    batch: Batch,
    perimeter: Perimeter,
    origins: &'r Origins,
    /// The highest time that the captures have spoken of: what is not stamped gets this.
    highest: Timestamp,
    files: Vec<FileRead>,
}

/// Reads what is learned from, then what is printed; it ends early when nobody takes any more.
pub fn read(
    learn: Option<Reader>,
    print: Reader,
    origins: &Origins,
    to: &SyncSender<Batch>,
) -> Vec<FileRead> {
    let mut reading = Reading {
        to,
        batch: Batch::default(),
        perimeter: Perimeter::default(),
        origins,
        highest: Timestamp::ZERO,
        files: Vec::new(),
    };
    let readers = learn
        .map(|it| (it, true))
        .into_iter()
        .chain([(print, false)]);
    for (mut reader, learned) in readers {
        let names: Vec<String> = reader
            .files()
            .iter()
            .map(|it| it.display().to_string())
            .collect();
        let start = reading.files.len();
        reading.files.extend(names.into_iter().map(|name| FileRead {
            name,
            learned,
            ..FileRead::default()
        }));
        if !reading.all(&mut reader, start) {
            break;
        }
    }
    reading.pass();
    reading.files
}

impl Reading<'_> {
    /// False when nobody takes it any more.
    fn all(&mut self, reader: &mut Reader, start: usize) -> bool {
        let mut file = start;
        let paths = reader.files().to_vec();
        while let Some(read) = reader.next() {
            let Place { path, number, unit } = read.place;
            // Files come in their order; one without content is never mentioned.
            while paths.get(file - start).is_some_and(|it| it != path) {
                file += 1;
            }
            match read.outcome {
                Outcome::Exchange(exchange) => {
                    if !self.take(file, number, exchange) {
                        return false;
                    }
                }
                Outcome::PassedOver => self.files[file].passed_over += 1,
                Outcome::Refused(why) => {
                    let trouble = &mut self.files[file].trouble;
                    trouble.entries = unit == Unit::Entry;
                    trouble.add(number, &why);
                }
            }
        }
        true
    }

    fn take(&mut self, file: usize, line: u64, exchange: Exchange<'_>) -> bool {
        // It lives no longer than what it is now told.
        let mut exchange: Exchange<'_> = exchange;
        admit(&mut exchange);
        let external = self.perimeter.locate(&mut exchange);
        exchange.origin = origin_of(&exchange, self.origins);
        self.files[file].count(exchange.blemishes);
        let partition = partition_of(SCOPE, &exchange, PARTITIONS);
        self.highest = self.highest.max(exchange.at.unwrap_or(self.highest));
        let arrival = Record::Arrival(Arrival {
            received: self.highest,
            stream: Stream::Historical,
            source: Cow::Borrowed(SOURCE),
            scope: Cow::Borrowed(SCOPE),
            external,
            exchange,
        });
        record::encode(&arrival, &mut self.batch.records);
        self.batch.items.push(Item {
            partition: partition.0,
            file: file as u32,
            line,
            end: self.batch.records.len(),
            printed: !self.files[file].learned,
        });
        let full = self.batch.records.len() >= BATCH_BYTES_MAX
            || self.batch.items.len() >= BATCH_EXCHANGES_MAX;
        !full || self.pass()
    }

    /// False when nobody takes it any more.
    fn pass(&mut self) -> bool {
        let batch = std::mem::take(&mut self.batch);
        batch.items.is_empty() || self.to.send(batch).is_ok()
    }
}

impl FileRead {
    fn count(&mut self, blemishes: Blemishes) {
        self.exchanges += 1;
        let cut = [Blemishes::TRUNCATED, Blemishes::HEADERS_CUT];
        self.truncated += u64::from(cut.iter().any(|it| blemishes.contains(*it)));
    }
}
