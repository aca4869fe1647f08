//! A user's own feeds: lists of addresses, STIX 2.1 bundles, MISP events and MaxMind databases.
//! Each has a name and a tag that its addresses get. What is wrong in a feed is remarked with file
//! and line, and the rest of it counts all the same.

mod merged;
mod misp;
mod mmdb;
mod plain;
mod range;
mod stix;

use core::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use gatewatch_model::Timestamp;
use gatewatch_model::origin::{Country, Tags};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::limits::{FEED_BYTES_MAX, FEEDS_MAX, NAME_BYTES_MAX, RANGES_MAX, REMARKS_MAX};
pub(crate) use merged::Merged;
use mmdb::Database;
use range::{IpRange, Ranges};

/// The tags that a feed may give.
pub static TAGS: &[Tags] = &[
    Tags::TOR,
    Tags::HOSTING,
    Tags::VPN,
    Tags::PROXY,
    Tags::CDN,
    Tags::CRAWLER,
    Tags::THREAT,
];

/// All feeds there are, in the order in which they were added.
#[derive(Debug, Default)]
pub struct Feeds {
    /// Shared with the feeds that were read before these.
    list: Vec<Arc<Known>>,
    databases: usize,
    ranges: usize,
}

#[derive(Debug)]
struct Known {
    feed: Feed,
    /// By tag: most feeds have but one.
    groups: Vec<(Tags, Ranges)>,
    databases: Vec<Database>,
}

/// What people see of a feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feed {
    pub name: Box<str>,
    /// `list`, `stix`, `misp` or `mmdb`.
    pub format: &'static str,
    pub tag: Tags,
    /// Addresses and ranges that are in force.
    pub entries: u64,
    /// Entries that say more than an address, that are not for detection, or whose time is not now.
    pub passed_over: u64,
    /// When its newest file was written.
    pub modified: Option<Timestamp>,
    /// When an entry comes into force or goes out of it next.
    pub changes_at: Option<Timestamp>,
    /// The first of what could not be read, and how much there was of it.
    pub remarks: Vec<FeedError>,
    pub remarks_total: u64,
}

/// One file of a feed; most feeds have but one.
#[derive(Clone, Debug)]
pub struct FeedFile {
    /// As it is to be called in remarks.
    pub name: Box<str>,
    pub bytes: Vec<u8>,
}

/// What is wrong in which line of which file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct FeedError {
    pub file: Box<str>,
    /// From one; 0 if it is of the whole file.
    pub line: usize,
    pub reason: Box<str>,
}

/// What feeds say of one address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FeedHit<'f> {
    pub tags: Tags,
    /// The first that names it.
    pub name: Option<&'f str>,
}

/// What databases say of one address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LookedUp<'d> {
    pub country: Option<Country>,
    pub network: Option<u32>,
    pub organisation: Option<&'d str>,
    pub city: Option<&'d str>,
    pub tags: Tags,
}

impl Feeds {
    /// Reads one feed; `now` says which of its entries are in force.
    pub fn add(
        &mut self,
        (name, tag): (&str, Tags),
        files: Vec<FeedFile>,
        modified: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<&Feed, FeedError> {
        self.admit(name, &files)?;
        let mut reading = Reading {
            feed: Feed {
                name: name.into(),
                format: "list",
                tag,
                entries: 0,
                passed_over: 0,
                modified,
                changes_at: None,
                remarks: Vec::new(),
                remarks_total: 0,
            },
            groups: Vec::new(),
            databases: Vec::new(),
            file: "".into(),
            now,
            room: RANGES_MAX - self.ranges,
        };
        for FeedFile { name, bytes } in files {
            reading.file = name;
            if mmdb::is_one(&bytes) {
                let database = reading.database(bytes)?;
                reading.databases.push(database);
            } else {
                reading.read(&bytes)?;
            }
        }
        let Reading {
            feed,
            mut groups,
            databases,
            ..
        } = reading;
        groups.iter_mut().for_each(|it| it.1.settle());
        self.take(Arc::new(Known {
            feed,
            groups,
            databases,
        }));
        Ok(&self.list[self.list.len() - 1].feed)
    }

    /// Takes the feed of that name over from those of before, for one that cannot be read anew.
    /// False where there was none, or there is no more room for it.
    pub fn keep(&mut self, before: &Feeds, name: &str) -> bool {
        let known = before.list.iter().find(|it| *it.feed.name == *name);
        let Some(known) = known.filter(|it| self.admit(&it.feed.name, &[]).is_ok()) else {
            return false;
        };
        if self.ranges + known.ranges() > RANGES_MAX {
            return false;
        }
        self.take(Arc::clone(known));
        true
    }

    fn take(&mut self, known: Arc<Known>) {
        self.ranges += known.ranges();
        self.databases += known.databases.len();
        self.list.push(known);
    }

    pub fn iter(&self) -> impl Iterator<Item = &Feed> {
        self.list.iter().map(|it| &it.feed)
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// What the feeds say of an address, asked one after another.
    pub fn find(&self, address: IpAddr) -> FeedHit<'_> {
        let mut hit = FeedHit::default();
        for known in &self.list {
            for (tag, ranges) in &known.groups {
                if ranges.contains(address) {
                    hit.tags.insert(*tag);
                    hit.name = hit.name.or(Some(&known.feed.name));
                }
            }
        }
        hit
    }

    /// All feeds that name an address.
    pub fn names(&self, address: IpAddr) -> Vec<Box<str>> {
        let named = |it: &&Arc<Known>| it.groups.iter().any(|it| it.1.contains(address));
        self.list
            .iter()
            .filter(named)
            .map(|it| it.feed.name.clone())
            .collect()
    }

    /// What the databases say of an address: of each fact the last that knows it. `None` without
    /// databases.
    pub fn look_up(&self, address: IpAddr) -> Option<LookedUp<'_>> {
        if self.databases == 0 {
            return None;
        }
        let mut all = LookedUp::default();
        let databases = self.list.iter().flat_map(|it| &it.databases);
        for found in databases.filter_map(|it| it.find(address)) {
            all.country = found.country.or(all.country);
            all.network = found.network.or(all.network);
            all.organisation = found.organisation.or(all.organisation);
            all.city = found.city.or(all.city);
            all.tags.insert(found.tags);
        }
        Some(all)
    }

    fn admit(&self, name: &str, files: &[FeedFile]) -> Result<(), FeedError> {
        let wrong = |reason: String| {
            Err(FeedError {
                file: name.into(),
                line: 0,
                reason: reason.into(),
            })
        };
        let bytes = files.iter().map(|it| it.bytes.len()).sum::<usize>();
        if name.is_empty() || name.len() > NAME_BYTES_MAX || name.chars().any(char::is_control) {
            return wrong(format!(
                "a feed's name has 1 to {NAME_BYTES_MAX} bytes of plain text"
            ));
        }
        if self.list.iter().any(|it| *it.feed.name == *name) {
            return wrong("there is another feed of this name; rename one of the two".to_owned());
        }
        if self.list.len() >= FEEDS_MAX {
            return wrong(format!(
                "there are {FEEDS_MAX} feeds already, and no more are taken"
            ));
        }
        if bytes > FEED_BYTES_MAX {
            return wrong(format!(
                "it has {bytes} bytes, and at most {FEED_BYTES_MAX} are read"
            ));
        }
        Ok(())
    }
}

impl Known {
    fn ranges(&self) -> usize {
        self.groups.iter().map(|it| it.1.len()).sum()
    }
}

/// A feed while it is read.
struct Reading {
    feed: Feed,
    groups: Vec<(Tags, Ranges)>,
    databases: Vec<Database>,
    /// The file that is read now.
    file: Box<str>,
    now: Timestamp,
    /// For how many ranges more.
    room: usize,
}

/// Both kinds of JSON, told by what is in them.
#[derive(Deserialize)]
struct Document<'a> {
    #[serde(borrow)]
    objects: Option<Vec<&'a RawValue>>,
    #[serde(borrow, rename = "Event")]
    event: Option<&'a RawValue>,
    #[serde(borrow)]
    response: Option<&'a RawValue>,
}

impl Reading {
    fn read(&mut self, bytes: &[u8]) -> Result<(), FeedError> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        match bytes.trim_ascii_start().first() {
            Some(b'{') => {
                let document = serde_json::from_slice::<Document<'_>>(bytes);
                let document = document.map_err(|it| self.json_error(&it))?;
                if let Some(objects) = document.objects {
                    self.feed.format = "stix";
                    stix::read(self, &objects)
                } else if let Some(event) = document.event.or(document.response) {
                    self.feed.format = "misp";
                    misp::read(self, event)
                } else {
                    let reason = "this JSON is neither a STIX bundle (`objects`) nor a MISP event (`Event` or `response`)";
                    Err(self.error(0, reason))
                }
            }
            Some(b'[') => {
                self.feed.format = "misp";
                let events = serde_json::from_slice::<&RawValue>(bytes);
                let events = events.map_err(|it| self.json_error(&it))?;
                misp::read(self, events)
            }
            _ => plain::read(self, bytes),
        }
    }

    fn database(&mut self, bytes: Vec<u8>) -> Result<Database, FeedError> {
        self.feed.format = "mmdb";
        let (database, networks) = Database::read(bytes).map_err(|it| self.error(0, &it))?;
        self.feed.entries += networks;
        Ok(database)
    }

    fn add(&mut self, tag: Tags, range: IpRange) -> Result<(), FeedError> {
        let Some(room) = self.room.checked_sub(1) else {
            let reason =
                format!("feeds hold {RANGES_MAX} addresses and ranges at most, all together");
            return Err(self.error(0, &reason));
        };
        self.room = room;
        self.feed.entries += 1;
        if let Some((_, ranges)) = self.groups.iter_mut().find(|it| it.0 == tag) {
            ranges.add(range);
        } else {
            let mut ranges = Ranges::default();
            ranges.add(range);
            self.groups.push((tag, ranges));
        }
        Ok(())
    }

    /// Whether now lies between the two; when it will not for ever, that is kept in mind.
    fn in_force(&mut self, from: Option<Timestamp>, until: Option<Timestamp>) -> bool {
        for edge in [from, until]
            .into_iter()
            .flatten()
            .filter(|it| *it > self.now)
        {
            self.feed.changes_at = Some(self.feed.changes_at.map_or(edge, |it| it.min(edge)));
        }
        from.is_none_or(|it| it <= self.now) && until.is_none_or(|it| self.now < it)
    }

    fn remark(&mut self, line: usize, reason: &str) {
        self.feed.remarks_total += 1;
        if self.feed.remarks.len() < REMARKS_MAX {
            let remark = self.error(line, reason);
            self.feed.remarks.push(remark);
        }
    }

    fn error(&self, line: usize, reason: &str) -> FeedError {
        FeedError {
            file: self.file.clone(),
            line,
            reason: reason.into(),
        }
    }

    fn json_error(&self, error: &serde_json::Error) -> FeedError {
        self.error(
            error.line(),
            &format!("this is no JSON that can be read: {error}"),
        )
    }
}

impl fmt::Display for FeedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.file)?;
        if self.line > 0 {
            write!(f, "{}:", self.line)?;
        }
        write!(f, " {}", self.reason)
    }
}

/// A text from a feed in a remark: short, and without what could move a cursor.
fn quoted(text: &str) -> String {
    const CHARS_MAX: usize = 60;
    let short = text
        .chars()
        .take(CHARS_MAX)
        .map(|it| if it.is_control() { '\u{fffd}' } else { it });
    let more = if text.chars().nth(CHARS_MAX).is_some() {
        "…"
    } else {
        ""
    };
    format!("`{}{more}`", short.collect::<String>())
}

#[cfg(test)]
mod tests;
