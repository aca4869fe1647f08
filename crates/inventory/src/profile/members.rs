//! The parameters and members of an endpoint: a bounded list in the order in which they came.
//! They mostly come in that order again, so each one remembers who came next: a known member
//! costs a comparison and no search, and memory is walked forwards.
//!
//! Below its bounds the list is a fact: merging is exact. At its bounds it keeps who was there
//! before: in objects with very many names the new ones become one `{key}`, members seen once make
//! room, and what still finds none is counted.

mod path;
mod room;

use gatewatch_decode::Leaf;
use gatewatch_model::facts::Counts;
use gatewatch_model::info_type::Fit;
use gatewatch_model::profile::MemberRow;
use gatewatch_model::{Spot, Timestamp};
use minicbor::{Decode, Encode};

use super::member::{Came, Member, Told, seconds};
use super::ordinary::{Ordinary, ordinary};
use super::seen::{Seen, Slot, Spots};
use super::sensitive::{Found, Types};
use crate::state::list;
use room::WIDE_MAX;

pub(super) const MEMBERS_MAX: usize = 128;
/// Of the list and all that hangs on it.
pub(super) const MEMBERS_BYTES_MAX: usize = 12 << 10;
/// Values of all members together.
const VALUES_MAX: usize = 64;

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Members {
    list: Vec<Member>,
    /// Of the members in the list, by spot, names and class of status.
    keys: Vec<u64>,
    /// Exchanges in which a spot was observed whole, by spot and class.
    observed: Counts,
    /// Objects whose names are all `{key}`.
    wide: Vec<u64>,
    /// Sightings of members that found no room.
    lost: u64,
    own: Own,
}

/// What only memory knows.
#[derive(Clone, Debug, Default, PartialEq)]
struct Own {
    /// Numbers the exchanges.
    exchange: u32,
    /// Where the first member of the last exchange stood.
    first: u16,
    values: usize,
    /// Whether room was made in this exchange.
    made_room: bool,
    /// Whether a member found no room in this exchange; then no other new one gets in.
    full: bool,
}

/// An exchange on its way through the members.
pub(super) struct Round<'r> {
    caller: u64,
    seconds: u32,
    /// 1 to 5, 0 when no status was observed.
    class: u8,
    /// Spots that were observed whole.
    whole: Spots,
    before: Option<u16>,
    at: Timestamp,
    seed: u64,
    types: Types<'r>,
    /// Members that were found to be sensitive.
    pub found: Vec<Found>,
    pub news: bool,
    /// Used again for each path that is written.
    path: String,
    general: String,
}

impl<'r> Round<'r> {
    pub fn new(seen: &Seen<'r>, class: u8) -> Round<'r> {
        let (caller, at) = (seen.caller_hash, seen.at);
        Round {
            caller,
            seconds: seconds(at),
            class,
            whole: Spots::default(),
            before: None,
            at,
            seed: seen.seed,
            types: seen.types,
            found: Vec::new(),
            news: false,
            path: String::new(),
            general: String::new(),
        }
    }

    /// What a client sent and the API would not take says little of the API.
    fn refused(&self) -> bool {
        self.class == 4
    }

    fn class_of(&self, spot: Spot) -> u8 {
        if spot.is_response() { self.class } else { 0 }
    }
}

impl Members {
    /// Starts an exchange in which those spots were observed whole.
    pub fn begin(&mut self, round: &mut Round<'_>, whole: Spots) {
        self.own.exchange = self.own.exchange.wrapping_add(1).max(1);
        (self.own.made_room, self.own.full) = (false, false);
        round.whole = whole;
        for spot in whole.iter() {
            let class = if spot.is_response() {
                round.class
            } else {
                u8::from(round.refused())
            };
            self.observed.add(observed_key(spot, class), 1);
        }
    }

    /// `fits` are those of this leaf.
    pub fn see(&mut self, round: &mut Round<'_>, leaf: Leaf<'_>, fits: &[Fit]) {
        let spot = leaf.spot();
        let class = round.class_of(spot);
        let key = leaf.shape() ^ SALTS[usize::from(class)];
        let at = self.expected(round.before, key).or_else(|| {
            match ordinary(leaf) {
                // It is a member if it ever was sensitive.
                Ordinary::Telling if fits.is_empty() => return self.find(key),
                Ordinary::Not | Ordinary::Telling => {}
                Ordinary::Mute => return None,
            }
            self.find(key)
                .or_else(|| self.find_or_add(round, leaf, key))
        });
        if let Some(at) = at {
            self.count(round, at, leaf.value);
            self.classify(round, at, fits);
        }
    }

    /// A value that has no leaf: what fills a slot of the path.
    pub fn see_slot(&mut self, round: &mut Round<'_>, slot: Slot<'_>, fits: &[Fit]) {
        let Slot { name, index, text } = slot;
        let spot = Spot::RequestPath;
        let key = slot_key(name, index);
        let at = self.expected(round.before, key).or_else(|| self.find(key));
        let at = at.or_else(|| self.add(round, key, spot, name));
        if let Some(at) = at {
            self.count(round, at, gatewatch_decode::Value::Text(text));
            self.classify(round, at, fits);
        }
    }

    pub fn merge(&mut self, other: &Members) {
        let Members {
            list,
            keys,
            observed,
            wide,
            lost,
            own: _,
        } = other;
        self.observed.merge(observed);
        self.lost += lost;
        for wide in wide {
            self.add_wide(*wide);
        }
        for (key, theirs) in keys.iter().zip(list) {
            let mut theirs = theirs.clone();
            // It numbers exchanges of its own.
            theirs.own = super::member::Own::default();
            self.take_in(*key, theirs);
        }
        self.settle();
    }

    pub fn rows(&self, types: Types<'_>) -> Vec<MemberRow> {
        let mut rows = self
            .list
            .iter()
            .map(|it| {
                let (present, observed) = self.presence(it);
                it.row(present, observed.max(present), types)
            })
            .collect::<Vec<_>>();
        rows.sort_unstable_by(|one, two| {
            (one.spot, one.status_class, &one.path).cmp(&(two.spot, two.status_class, &two.path))
        });
        rows
    }

    /// Rows of what the API did not refuse.
    pub fn accepted_rows(&self) -> Vec<MemberRow> {
        let accepted = self.list.iter().filter(|it| it.present(false) > 0);
        accepted
            .map(|it| {
                let (present, observed) = self.presence(it);
                it.row(present, observed.max(present), Types::NONE)
            })
            .collect()
    }

    pub fn touch(&self) -> u64 {
        let members = self.list.iter().map(Member::touch);
        let keys = self.keys.iter().step_by(8).copied();
        members.chain(keys).fold(0, |all, it| all ^ it)
    }

    pub fn lost(&self) -> u64 {
        self.lost
    }

    pub fn heap_bytes(&self) -> usize {
        self.list.capacity() * size_of::<Member>()
            + self.keys.capacity() * size_of::<u64>()
            + self.list.iter().map(Member::heap_bytes).sum::<usize>()
            + self.observed.heap_bytes()
            + self.wide.capacity() * size_of::<u64>()
    }

    /// Exchanges that had it, of those in which its spot was observed. Refused requests count
    /// only where no other were seen.
    fn presence(&self, member: &Member) -> (u64, u64) {
        let observed = |class| {
            let key = observed_key(member.spot, class);
            self.observed
                .iter()
                .find(|it| it.0 == key)
                .map_or(0, |it| it.1)
        };
        if member.spot.is_response() {
            return (member.present(false), observed(member.class));
        }
        match (observed(0), observed(1)) {
            (0, refused) => (member.present(true), refused),
            (accepted, _) => (member.present(false), accepted),
        }
    }

    #[cfg(test)]
    pub fn forget_texts(&mut self) {
        self.list.iter_mut().for_each(Member::forget_texts);
    }

    fn count(&mut self, round: &mut Round<'_>, at: u16, value: gatewatch_decode::Value<'_>) {
        let spot = self.list[usize::from(at)].spot;
        let room = VALUES_MAX.saturating_sub(self.own.values);
        let exchange = self.own.exchange;
        let refused = round.refused() && !spot.is_response();
        match round.before {
            Some(before) => self.list[usize::from(before)].own.next = at,
            None => self.own.first = at,
        }
        round.before = Some(at);
        let member = &mut self.list[usize::from(at)];
        if member.own.counted != exchange && round.whole.contains(spot) {
            member.own.counted = exchange;
            member.count(refused);
        }
        let Came { news, values } = member.see(
            value,
            Told {
                caller: round.caller,
                seconds: round.seconds,
                refused,
                seed: round.seed,
                room,
            },
        );
        round.news |= news;
        self.own.values = self.own.values.saturating_add_signed(values);
    }

    fn classify(&mut self, round: &mut Round<'_>, at: u16, fits: &[Fit]) {
        let member = &mut self.list[usize::from(at)];
        let values = member.values();
        let Some(verdict) = member.classify(fits, round.at, round.types) else {
            return;
        };
        round.news = true;
        round.found.push(Found {
            spot: member.spot,
            status_class: member.class,
            path: member.path.clone(),
            verdict,
        });
        self.own.values -= values - self.list[usize::from(at)].values();
    }

    /// All of them that may be sensitive.
    pub fn with_hits(&self) -> impl Iterator<Item = &Member> {
        self.list.iter().filter(|it| it.has_hits())
    }

    /// The member that came after that one the last time, if it is this one.
    fn expected(&self, before: Option<u16>, key: u64) -> Option<u16> {
        let at = match before {
            Some(before) => self.list[usize::from(before)].own.next,
            None => self.own.first,
        };
        (*self.keys.get(usize::from(at))? == key).then_some(at)
    }

    fn find(&self, key: u64) -> Option<u16> {
        let at = self.keys.iter().position(|it| *it == key)?;
        Some(at as u16)
    }
}

impl<C> Encode<C> for Members {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        let Members {
            list,
            keys,
            observed,
            wide,
            lost,
            own: _,
        } = self;
        let mut all = keys.iter().zip(list).collect::<Vec<_>>();
        all.sort_unstable_by_key(|it| order(*it.0, it.1));
        e.encode((observed, wide, lost, all))?.ok()
    }
}

impl<'b, C> Decode<'b, C> for Members {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        d.array()?;
        let observed = d.decode()?;
        let wide = list(d, WIDE_MAX)?;
        let lost = d.decode()?;
        let all = list::<(u64, Member)>(d, MEMBERS_MAX)?;
        let sorted = all
            .windows(2)
            .all(|it| order(it[0].0, &it[0].1) < order(it[1].0, &it[1].1));
        let (keys, list) = all.into_iter().unzip();
        let mut members = Members {
            list,
            keys,
            observed,
            wide,
            lost,
            own: Own::default(),
        };
        if !sorted || !members.wide.is_sorted() {
            return Err(minicbor::decode::Error::message("members that cannot be"));
        }
        members.recount();
        Ok(members)
    }
}

/// In which members are written, whatever the order they came in.
fn order(key: u64, member: &Member) -> (Spot, u8, &str, u64) {
    (member.spot, member.class, &member.path, key)
}

/// Under which a segment of the path is kept.
fn slot_key(name: &str, index: usize) -> u64 {
    xxhash_rust::xxh3::xxh3_64_with_seed(name.as_bytes(), index as u64)
}

fn observed_key(spot: Spot, class: u8) -> u16 {
    spot as u16 * 8 + u16::from(class)
}

/// Keep one member apart under its classes of status; that of requests is left as it is.
static SALTS: [u64; 6] = [
    0,
    0x9e37_79b9_7f4a_7c15,
    0xbf58_476d_1ce4_e5b9,
    0x94d0_49bb_1331_11eb,
    0xd6e8_feb8_6659_fd93,
    0xa076_1d64_78bd_642f,
];
