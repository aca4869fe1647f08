//! What speaks against being ready. Anyone may ask, so it is looked at once a second at most.

use std::sync::atomic::Ordering;

use gatewatch_model::{Partition, Stage, Timestamp};
use gatewatch_ports::{Journal, JournalHealth};
use tokio::sync::Mutex;

use crate::shared::Shared;

const LOOK_SECONDS_MIN: i64 = 1;
const LAG_SECONDS_MAX: i64 = 60;
/// Of a journal's size, in percent.
const FULL_PERCENT: u64 = 98;

#[derive(Default)]
pub(crate) struct Readiness {
    /// Held while looking, so that a thousand who ask cause one look.
    last: Mutex<Option<(Timestamp, Vec<String>)>>,
}

impl Readiness {
    pub(super) async fn reasons(&self, shared: &Shared) -> Vec<String> {
        let now = shared.now();
        let mut last = self.last.lock().await;
        if let Some((looked, reasons)) = &*last
            && (0..LOOK_SECONDS_MIN).contains(&(now.seconds() - looked.seconds()))
        {
            return reasons.clone();
        }
        let reasons = look(shared, now).await;
        *last = Some((now, reasons.clone()));
        reasons
    }
}

async fn look(shared: &Shared, now: Timestamp) -> Vec<String> {
    let mut reasons = Vec::new();
    if let Some(refusal) = shared.intake.refusal() {
        reasons.push(refusal.to_string());
    }
    if shared.live.stalled.load(Ordering::Relaxed) {
        reasons.push(
            "a part of the fold has stopped for good; the log says why, then start again"
                .to_owned(),
        );
    }
    if let Err(problem) = shared.blocking.ask(|store| store.progress()).await {
        reasons.push(format!("the store does not answer: {}", problem.detail));
    }
    for (stage, journal) in &shared.journals {
        reasons.extend(fullness(*stage, &journal.health()));
        reasons.extend(lag(shared, *stage, &**journal, now));
    }
    reasons
}

fn fullness(stage: Stage, health: &JournalHealth) -> Option<String> {
    let is_full = health.bytes_max > 0 && health.bytes >= health.bytes_max / 100 * FULL_PERCENT;
    is_full.then(|| {
        format!(
            "the journal of {} is full ({} of {} bytes); senders are told to wait until the fold has caught up",
            stage.name(),
            health.bytes,
            health.bytes_max
        )
    })
}

/// How far behind the worst partition is that has something to fold.
fn lag(shared: &Shared, stage: Stage, journal: &dyn Journal, now: Timestamp) -> Option<String> {
    let worst = (0..shared.live.partitions().min(journal.partitions()))
        .map(|it| shared.live.reached(stage, Partition(it)))
        .filter(|it| it.received != Timestamp::ZERO && journal.end(it.partition) > it.effects)
        .map(|it| now.seconds() - it.received.seconds())
        .max()?;
    (worst > LAG_SECONDS_MAX).then(|| {
        format!(
            "the fold of {} is {worst} s behind; it needs more cores or fewer exchanges",
            stage.name()
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_journal_is_full_a_little_before_it_is() {
        let health = |bytes| JournalHealth {
            bytes,
            bytes_max: 1_000,
            ..JournalHealth::default()
        };
        assert!(fullness(Stage::Exchanges, &health(979)).is_none());
        assert!(fullness(Stage::Exchanges, &health(980)).is_some());
        assert!(fullness(Stage::Exchanges, &JournalHealth::default()).is_none());
    }
}
