//! An open-loop load: batches leave when they are due, whether earlier ones are back or not, and
//! every time is counted from when a batch was due, so that waiting is never left out.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context;
use bytes::Bytes;
use gatewatch_sources::reference::reference_exchange;
use gatewatch_wire::exchange_file;
use serde::Deserialize;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::client::{Answer, Backoff, Client, Post, deliver};

const ENDPOINTS: u32 = 10_000;
const CALLERS: u32 = 100_000;
/// Made before the clock starts and sent over and over, so that making them costs nothing then.
pub const POOL_EXCHANGES: u32 = 40_000;
const IN_FLIGHT_MAX: usize = 64;
/// So many that no batch leaves its sender's window while another try of it is under way.
const SENDERS: u64 = 8;
/// Batches of which it is watched when they become visible.
const WATCHED_PER_SECOND: u64 = 5;
const VISIBLE_SECONDS_MAX: u32 = 30;

#[derive(Clone)]
pub struct Target {
    pub ingest: Client,
    pub reader: Client,
}

#[derive(Clone, Copy, Debug)]
pub struct Load {
    pub rate: u32,
    pub batch: u32,
    pub lasting: Duration,
}

#[derive(Debug, Default)]
pub struct Outcome {
    pub accepted: AtomicU64,
    /// Batches that had to be sent again, each try counted.
    pub resent: AtomicU64,
    pub acknowledged_ms: Mutex<Vec<f64>>,
    pub visible_ms: Mutex<Vec<f64>>,
    /// Watched batches that did not become visible within half a minute.
    pub never_visible: AtomicU64,
}

#[derive(Deserialize)]
struct Accepted {
    accepted: u64,
    positions: Vec<(u16, u64)>,
}

impl Load {
    /// Batches ready to be sent.
    pub fn pool(&self, exchanges: u32) -> Vec<Bytes> {
        let batches = (exchanges / self.batch).max(1);
        let batch = |number: u32| {
            let mut lines = Vec::new();
            for at in 0..self.batch {
                let seed = u64::from(number * self.batch + at);
                exchange_file::write(&reference_exchange(seed, ENDPOINTS, CALLERS), &mut lines);
            }
            Bytes::from(lines)
        };
        (0..batches).map(batch).collect()
    }

    /// Sends for as long as it lasts; done when every batch is answered and every watched one seen.
    pub async fn send(&self, target: &Target, pool: &[Bytes]) -> anyhow::Result<Arc<Outcome>> {
        let outcome = Arc::new(Outcome::default());
        let places = Arc::new(Semaphore::new(IN_FLIGHT_MAX));
        let (mut under_way, began) = (JoinSet::new(), Instant::now());
        let per_second = f64::from(self.rate) / f64::from(self.batch);
        let watch_every = (per_second as u64 / WATCHED_PER_SECOND).max(1);
        for number in 0_u64.. {
            let due = began + Duration::from_secs_f64(number as f64 / per_second);
            if due >= began + self.lasting {
                break;
            }
            tokio::time::sleep_until(due).await;
            let place = Arc::clone(&places)
                .acquire_owned()
                .await
                .context("no places any more")?;
            let body = pool[(number % pool.len() as u64) as usize].clone();
            let (target, outcome) = (target.clone(), Arc::clone(&outcome));
            under_way.spawn(async move {
                let accepted = one(&target.ingest, number, body, &outcome).await;
                drop(place);
                let accepted = accepted?;
                keep(&outcome.acknowledged_ms, due.elapsed());
                outcome
                    .accepted
                    .fetch_add(accepted.accepted, Ordering::Relaxed);
                if number.is_multiple_of(watch_every) {
                    watch(&target.reader, &accepted.positions, &outcome).await?;
                }
                anyhow::Ok(())
            });
            while let Some(ended) = under_way.try_join_next() {
                ended??;
            }
        }
        while let Some(ended) = under_way.join_next().await {
            ended??;
        }
        Ok(outcome)
    }
}

impl Outcome {
    pub fn sorted(of: &Mutex<Vec<f64>>) -> Vec<f64> {
        let mut all = of.lock().unwrap_or_else(PoisonError::into_inner).clone();
        all.sort_by(f64::total_cmp);
        all
    }
}

/// The value that `share` of all are at most; `sorted` is in order.
pub fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    sorted.get((last as f64 * share).ceil() as usize).copied()
}

async fn one(
    client: &Client,
    number: u64,
    body: Bytes,
    outcome: &Outcome,
) -> anyhow::Result<Accepted> {
    let batch = format!("bench-{}/{}", number % SENDERS, 1 + number / SENDERS);
    let post = Post {
        path: "/ingest/v1/exchanges",
        headers: vec![("gatewatch-batch", batch)],
        body,
    };
    let mut backoff = Backoff::new(number);
    let resent = |_: &_, _| {
        outcome.resent.fetch_add(1, Ordering::Relaxed);
    };
    let Answer { body, .. } = deliver(client, &post, &mut backoff, resent).await?;
    serde_json::from_slice(&body).context("the answer of ingest cannot be read")
}

async fn watch(client: &Client, positions: &[(u16, u64)], outcome: &Outcome) -> anyhow::Result<()> {
    // A batch whose first try had arrived has no positions to wait for.
    if positions.is_empty() {
        return Ok(());
    }
    let acknowledged = Instant::now();
    let wait: Vec<String> = positions
        .iter()
        .map(|(partition, position)| format!("{partition}:{position}"))
        .collect();
    let path = format!(
        "/api/v1/progress?timeout={VISIBLE_SECONDS_MAX}&wait={}",
        wait.join(",")
    );
    let answer = client.get(&path).await?;
    if answer["visible"].as_bool() == Some(true) {
        keep(&outcome.visible_ms, acknowledged.elapsed());
    } else {
        outcome.never_visible.fetch_add(1, Ordering::Relaxed);
    }
    Ok(())
}

fn keep(of: &Mutex<Vec<f64>>, took: Duration) {
    of.lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(took.as_secs_f64() * 1_000.0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_values_that_were_seen() {
        let sorted: Vec<f64> = (1..=100).map(f64::from).collect();
        assert_eq!(quantile(&sorted, 0.5), Some(51.0));
        assert_eq!(quantile(&sorted, 0.99), Some(100.0));
        assert_eq!(quantile(&sorted, 0.0), Some(1.0));
        assert_eq!(quantile(&[], 0.5), None);
    }

    #[test]
    fn a_pool_holds_whole_batches_of_lines() {
        let load = Load {
            rate: 1_000,
            batch: 150,
            lasting: Duration::from_secs(1),
        };
        let pool = load.pool(1_000);
        assert_eq!(pool.len(), 6);
        assert!(
            pool.iter()
                .all(|it| it.split_inclusive(|it| *it == b'\n').count() == 150)
        );
    }
}
