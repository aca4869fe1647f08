//! How often an address may be wrong. The table is bounded: when it is full, addresses not in it
//! share one row.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Mutex, PoisonError};

use gatewatch_model::{Caller, Timestamp};

const ADDRESSES_MAX: usize = 10_000;
const WINDOW_SECONDS: i64 = 60;
/// The row that all share for whom there is no room.
const OTHERS: Caller = Caller::Address(IpAddr::V4(Ipv4Addr::BROADCAST));

pub(crate) struct Attempts {
    per_minute_max: u32,
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    rows: HashMap<Caller, Window>,
    /// When rows that are over were last let go; once a second, or it would cost more than it saves.
    swept: Timestamp,
}

struct Window {
    start: Timestamp,
    count: u32,
}

impl Attempts {
    pub fn new(per_minute_max: u32) -> Attempts {
        Attempts {
            per_minute_max,
            table: Mutex::default(),
        }
    }

    /// Seconds to wait when this address has no attempt left.
    pub fn spent(&self, peer: IpAddr, now: Timestamp) -> Option<u32> {
        let table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        let rows = &table.rows;
        let others = || rows.get(&OTHERS).filter(|_| rows.len() >= ADDRESSES_MAX);
        let row = rows.get(&Caller::new(None, Some(peer))).or_else(others)?;
        let left = row.seconds_left(now)?;
        (row.count >= self.per_minute_max).then_some(left)
    }

    pub fn count(&self, peer: IpAddr, now: Timestamp) {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        let caller = table.room_for(Caller::new(None, Some(peer)), now);
        let row = table.rows.entry(caller).or_insert(Window {
            start: now,
            count: 0,
        });
        if row.seconds_left(now).is_none() {
            *row = Window {
                start: now,
                count: 0,
            };
        }
        row.count = row.count.saturating_add(1);
    }
}

impl Table {
    /// The row to count in: the caller's own, or that of all others when there is no room.
    fn room_for(&mut self, caller: Caller, now: Timestamp) -> Caller {
        if self.rows.len() < ADDRESSES_MAX || self.rows.contains_key(&caller) {
            return caller;
        }
        if now.seconds() != self.swept.seconds() {
            self.swept = now;
            self.rows.retain(|_, it| it.seconds_left(now).is_some());
        }
        if self.rows.len() < ADDRESSES_MAX {
            caller
        } else {
            OTHERS
        }
    }
}

impl Window {
    /// None when it is over, and when the clock was set back before its start.
    fn seconds_left(&self, now: Timestamp) -> Option<u32> {
        let passed = now.seconds() - self.start.seconds();
        (0..WINDOW_SECONDS)
            .contains(&passed)
            .then(|| (WINDOW_SECONDS - passed) as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_seconds(1_000 + second)
    }

    fn address(number: u32) -> IpAddr {
        Ipv4Addr::from(0x0a00_0000 + number).into()
    }

    #[test]
    fn attempts_are_spent_and_come_back_after_a_minute() {
        let attempts = Attempts::new(3);
        for _ in 0..3 {
            assert_eq!(attempts.spent(address(1), at(0)), None);
            attempts.count(address(1), at(0));
        }
        assert_eq!(attempts.spent(address(1), at(20)), Some(40));
        assert_eq!(attempts.spent(address(2), at(20)), None);
        assert_eq!(attempts.spent(address(1), at(60)), None);
    }

    #[test]
    fn a_clock_that_is_set_back_locks_nobody_out() {
        let attempts = Attempts::new(1);
        attempts.count(address(1), at(500));
        assert_eq!(attempts.spent(address(1), at(0)), None);
    }

    #[test]
    fn a_million_addresses_keep_a_bounded_table() {
        let attempts = Attempts::new(3);
        for number in 0..30_000 {
            attempts.count(address(number), at(0));
        }
        assert_eq!(attempts.table.lock().unwrap().rows.len(), ADDRESSES_MAX + 1);
        assert!(attempts.spent(address(29_999), at(1)).is_some());
        assert_eq!(attempts.spent(address(5), at(1)), None);
    }
}
