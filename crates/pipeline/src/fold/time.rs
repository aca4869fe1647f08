//! Which time an exchange gets, and what counts as late. Everything here follows from records:
//! receive stamps and Ticks, never from a clock.

use gatewatch_model::record::Stream;
use gatewatch_model::{Blemishes, Timestamp};

/// A live exchange's own time counts if it lies this close to its receive stamp.
const BEFORE_SECONDS_MAX: i64 = 600;
const AFTER_SECONDS_MAX: i64 = 60;
/// Windows close this long after the highest time seen.
const WATERMARK_LAG_SECONDS: i64 = 120;
/// Receive stamps that fall back further than this: somebody set the clock back.
const STEP_BACK_SECONDS: i64 = 600;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct FoldTime {
    #[n(0)]
    received: Timestamp,
    #[n(1)]
    live_highest: Timestamp,
    #[n(2)]
    historical_highest: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accepted {
    pub at: Timestamp,
    /// `skewed` when the source's time was not believed, `late` when its windows are closed.
    pub blemishes: Blemishes,
}

impl FoldTime {
    pub fn accept(
        &mut self,
        received: Timestamp,
        stream: Stream,
        at: Option<Timestamp>,
    ) -> Accepted {
        self.receive(received);
        let (at, mut blemishes) = believe(received, stream, at);
        if at < self.watermark(stream) {
            blemishes.insert(Blemishes::LATE);
        }
        let highest = self.highest(stream);
        *highest = (*highest).max(at);
        Accepted { at, blemishes }
    }

    pub fn tick(&mut self, at: Timestamp) {
        self.receive(at);
        self.live_highest = self.live_highest.max(at);
    }

    /// Windows of that stream that end below this are closed.
    pub fn watermark(&self, stream: Stream) -> Timestamp {
        let highest = match stream {
            Stream::Live => self.live_highest,
            Stream::Historical => self.historical_highest,
        };
        highest.plus_seconds(-WATERMARK_LAG_SECONDS)
    }

    /// The highest receive stamp so far: how far this fold has come.
    pub fn received(&self) -> Timestamp {
        self.received
    }

    fn receive(&mut self, received: Timestamp) {
        if received.plus_seconds(STEP_BACK_SECONDS) < self.received {
            // The clock was wrong before: a watermark in the future would call everything late.
            self.received = received;
            self.live_highest = self.live_highest.min(received);
            self.historical_highest = self.historical_highest.min(received);
        }
        self.received = self.received.max(received);
    }

    fn highest(&mut self, stream: Stream) -> &mut Timestamp {
        match stream {
            Stream::Live => &mut self.live_highest,
            Stream::Historical => &mut self.historical_highest,
        }
    }
}

fn believe(received: Timestamp, stream: Stream, at: Option<Timestamp>) -> (Timestamp, Blemishes) {
    let Some(at) = at else {
        return (received, Blemishes::default());
    };
    let early_enough = at <= received.plus_seconds(AFTER_SECONDS_MAX);
    let recent = at >= received.plus_seconds(-BEFORE_SECONDS_MAX);
    let plausible = match stream {
        Stream::Live => early_enough && recent,
        // History may be old, but it is not to come.
        Stream::Historical => early_enough && at >= Timestamp::ZERO,
    };
    if plausible {
        (at, Blemishes::default())
    } else {
        (received, Blemishes::SKEWED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp(1_795_262_400_000_000);

    fn accept(
        time: &mut FoldTime,
        received: i64,
        stream: Stream,
        at: i64,
    ) -> (i64, Vec<&'static str>) {
        let accepted = time.accept(
            NOON.plus_seconds(received),
            stream,
            Some(NOON.plus_seconds(at)),
        );
        (
            accepted.at.micros_since(NOON) / 1_000_000,
            accepted.blemishes.names().collect(),
        )
    }

    #[test]
    fn a_time_near_its_receive_stamp_is_believed() {
        let mut time = FoldTime::default();
        assert_eq!(accept(&mut time, 0, Stream::Live, 60), (60, vec![]));
        assert_eq!(accept(&mut time, 0, Stream::Live, -50), (-50, vec![]));
        assert_eq!(
            accept(&mut time, 0, Stream::Live, -600),
            (-600, vec!["late"])
        );
    }

    #[test]
    fn the_year_2099_is_skewed_and_moves_nothing() {
        let mut time = FoldTime::default();
        let far = Timestamp::parse("2099-01-01T00:00:00Z").unwrap();
        for stream in [Stream::Live, Stream::Historical] {
            let accepted = time.accept(NOON, stream, Some(far));
            assert_eq!((accepted.at, accepted.blemishes), (NOON, Blemishes::SKEWED));
            assert!(time.watermark(stream) < NOON);
        }
    }

    #[test]
    fn history_is_never_skewed_by_age_and_leaves_the_present_alone() {
        let mut time = FoldTime::default();
        assert_eq!(
            accept(&mut time, 0, Stream::Historical, -90_000),
            (-90_000, vec![])
        );
        assert_eq!(accept(&mut time, 0, Stream::Live, 0), (0, vec![]));
        assert_eq!(
            accept(&mut time, 0, Stream::Historical, -80_000),
            (-80_000, vec![])
        );
        assert_eq!(
            accept(&mut time, 0, Stream::Historical, -90_000),
            (-90_000, vec!["late"])
        );
    }

    #[test]
    fn ticks_close_windows_without_traffic() {
        let mut time = FoldTime::default();
        time.tick(NOON);
        time.tick(NOON.plus_seconds(300));
        assert_eq!(time.watermark(Stream::Live), NOON.plus_seconds(180));
    }

    #[test]
    fn a_clock_set_back_by_a_year_does_not_make_a_year_of_late_exchanges() {
        let mut time = FoldTime::default();
        let year = 31_536_000;
        assert_eq!(accept(&mut time, year, Stream::Live, year), (year, vec![]));
        assert_eq!(accept(&mut time, 0, Stream::Live, 0), (0, vec![]));
        assert_eq!(accept(&mut time, 5, Stream::Live, 5), (5, vec![]));
        let mut time = FoldTime::default();
        accept(&mut time, year, Stream::Historical, year);
        assert_eq!(accept(&mut time, 0, Stream::Historical, 0), (0, vec![]));
    }

    #[test]
    fn a_clock_that_jumps_ahead_closes_windows_and_goes_on() {
        let mut time = FoldTime::default();
        accept(&mut time, 0, Stream::Live, 0);
        assert_eq!(
            accept(&mut time, 7_200, Stream::Live, 7_200),
            (7_200, vec![])
        );
        assert_eq!(
            accept(&mut time, 7_201, Stream::Live, 7_000),
            (7_000, vec!["late"])
        );
    }
}
