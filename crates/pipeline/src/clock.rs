//! Where the time of day comes in: at the edge, once, as a value handed on.

use gatewatch_model::Timestamp;

pub trait Clock: Send + Sync {
    fn now(&self) -> Timestamp;
}

#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        #[expect(
            clippy::disallowed_methods,
            reason = "the one place where wall time is read"
        )]
        let now = std::time::SystemTime::now();
        let micros = now
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(0, |it| it.as_micros());
        Timestamp(i64::try_from(micros).unwrap_or(i64::MAX))
    }
}
