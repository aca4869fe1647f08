//! Counts per minute, hour or day of one endpoint. Cells only add up, so the order in which
//! exchanges arrive never shows.

use crate::time::Timestamp;

/// Six classes: 0 is *no status seen*, 1 to 5 are 1xx to 5xx.
pub const STATUS_CLASSES: usize = 6;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(array)]
pub struct Cell {
    #[n(0)]
    pub statuses: [u64; STATUS_CLASSES],
    #[n(1)]
    pub request_bytes: u64,
    #[n(2)]
    pub response_bytes: u64,
    /// How many exchanges said their latency, the sum of it and the worst of it.
    #[n(3)]
    pub timed: u64,
    #[n(4)]
    pub latency_micros_sum: u64,
    #[n(5)]
    pub latency_micros_max: u64,
}

impl Cell {
    pub fn calls(&self) -> u64 {
        self.statuses.iter().sum()
    }

    pub fn merge(&mut self, other: &Cell) {
        let Cell {
            statuses,
            request_bytes,
            response_bytes,
            timed,
            latency_micros_sum,
            latency_micros_max,
        } = other;
        for (mine, theirs) in self.statuses.iter_mut().zip(statuses) {
            *mine = mine.saturating_add(*theirs);
        }
        self.request_bytes = self.request_bytes.saturating_add(*request_bytes);
        self.response_bytes = self.response_bytes.saturating_add(*response_bytes);
        self.timed = self.timed.saturating_add(*timed);
        self.latency_micros_sum = self.latency_micros_sum.saturating_add(*latency_micros_sum);
        self.latency_micros_max = self.latency_micros_max.max(*latency_micros_max);
    }
}

/// The class of a status: 0 for none or one outside 100 to 599.
pub fn status_class(status: Option<u16>) -> usize {
    match status {
        Some(status @ 100..=599) => usize::from(status / 100),
        _ => 0,
    }
}

/// A cell with the minute (since 1970) that it counts.
pub type MinuteCell = (i64, Cell);

/// Minutes of one hour: what one row of the store keeps. Sorted, each minute once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Minutes(pub Vec<MinuteCell>);

impl Minutes {
    pub fn add(&mut self, minute: i64, cell: &Cell) {
        match self.0.binary_search_by_key(&minute, |it| it.0) {
            Ok(at) => self.0[at].1.merge(cell),
            Err(at) => self.0.insert(at, (minute, *cell)),
        }
    }

    pub fn total(&self) -> Cell {
        self.0.iter().fold(Cell::default(), |mut sum, (_, cell)| {
            sum.merge(cell);
            sum
        })
    }
}

/// How fine a roll-up answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Minute,
    Hour,
    Day,
}

impl Step {
    pub fn seconds(self) -> i64 {
        match self {
            Step::Minute => crate::time::MINUTE_SECONDS,
            Step::Hour => crate::time::HOUR_SECONDS,
            Step::Day => crate::time::DAY_SECONDS,
        }
    }

    /// The start of the step that `at` lies in.
    pub fn floor(self, at: Timestamp) -> Timestamp {
        Timestamp::from_seconds(at.seconds().div_euclid(self.seconds()) * self.seconds())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_outside_http_has_no_class() {
        assert_eq!(
            [Some(99), Some(100), Some(599), Some(600), None].map(status_class),
            [0, 1, 5, 0, 0]
        );
    }

    #[test]
    fn minutes_stay_sorted_and_single() {
        let cell = Cell {
            statuses: [0, 0, 1, 0, 0, 0],
            ..Cell::default()
        };
        let mut minutes = Minutes::default();
        for minute in [5, 3, 5, 4] {
            minutes.add(minute, &cell);
        }
        assert_eq!(
            minutes
                .0
                .iter()
                .map(|it| (it.0, it.1.calls()))
                .collect::<Vec<_>>(),
            [(3, 1), (4, 1), (5, 2)]
        );
        assert_eq!(minutes.total().calls(), 4);
    }

    #[test]
    fn a_step_starts_at_its_floor() {
        let at = Timestamp::parse("2026-11-21T08:59:59Z").unwrap();
        assert_eq!(Step::Hour.floor(at).to_string(), "2026-11-21T08:00:00Z");
        assert_eq!(Step::Day.floor(at).to_string(), "2026-11-21T00:00:00Z");
    }
}
