//! Sends made-up traffic over real HTTP to the ingest endpoint: the last day first, as
//! historical exchanges, and at the same time what happens now.

use std::time::Duration;

use anyhow::Context;
use bytes::Bytes;
use gatewatch_model::Timestamp;
use gatewatch_pipeline::Clock;
use gatewatch_wire::exchange_file;

use super::attacks::Attacks;
use super::traffic::Traffic;
use crate::client::{Backoff, Client, Post, deliver};

const DAY_MINUTES: i64 = 24 * 60;
/// Exchanges of the day that lies behind, all companies together.
const DAY_EXCHANGES: f64 = 40_000.0;
const BACKFILL_BATCH: usize = 500;
const BEAT: Duration = Duration::from_millis(250);
/// After a pause (the machine slept, the server pushed back) this much is made up for at most.
const CATCH_UP_SECONDS_MAX: f64 = 2.0;
/// One gentle wave of the live rate, and how far it swings.
const WAVE_SECONDS: f64 = 90.0;
const WAVE: f64 = 0.35;

/// A numbered sender of batches.
pub struct Feed {
    client: Client,
    sender: String,
    path: &'static str,
    sequence: u64,
}

impl Feed {
    pub fn live(client: Client, run: &str) -> Feed {
        Feed {
            client,
            sender: format!("demo-live-{run}"),
            path: "/ingest/v1/exchanges",
            sequence: 0,
        }
    }

    pub fn historical(client: Client, run: &str) -> Feed {
        let path = "/ingest/v1/exchanges?stream=historical";
        Feed {
            client,
            sender: format!("demo-day-{run}"),
            path,
            sequence: 0,
        }
    }

    async fn send(&mut self, lines: Vec<u8>) -> anyhow::Result<()> {
        self.sequence += 1;
        let post = Post {
            path: self.path,
            headers: vec![(
                "gatewatch-batch",
                format!("{}/{}", self.sender, self.sequence),
            )],
            body: Bytes::from(lines),
        };
        let mut backoff = Backoff::new(self.sequence);
        deliver(
            &self.client,
            &post,
            &mut backoff,
            |why, _| tracing::debug!(%why, "sending again"),
        )
        .await
        .context("the demo's traffic is not taken in")?;
        Ok(())
    }
}

/// The last 24 hours in order, busier at the hours when the companies are.
pub async fn backfill(mut feed: Feed, mut traffic: Traffic, now: Timestamp) -> anyhow::Result<()> {
    let (mut lines, mut count, mut owed) = (Vec::new(), 0, 0.0);
    for minute in (1..=DAY_MINUTES).rev() {
        let start = now.plus_seconds(-60 * minute);
        owed += DAY_EXCHANGES / DAY_MINUTES as f64 * traffic.daily(start);
        let whole = owed as i64;
        owed -= whole as f64;
        for at in 0..whole {
            let exchange = traffic.exchange(start.plus_micros(60_000_000 * at / whole));
            exchange_file::write(&exchange, &mut lines);
            count += 1;
            if count == BACKFILL_BATCH {
                feed.send(std::mem::take(&mut lines)).await?;
                count = 0;
            }
        }
    }
    if count > 0 {
        feed.send(lines).await?;
    }
    Ok(())
}

/// What happens now, at `rate` exchanges a second with gentle waves, and the attacks beside it;
/// until it is dropped.
pub async fn live(
    mut feed: Feed,
    (mut traffic, attacks): (Traffic, Attacks),
    rate: f64,
    clock: impl Clock,
) -> anyhow::Result<()> {
    let mut beat = tokio::time::interval(BEAT);
    beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let began = clock.now();
    let (mut last, mut owed) = (began, 0.0);
    loop {
        beat.tick().await;
        let now = clock.now();
        let seconds = (now.micros_since(last) as f64 / 1e6).clamp(0.0, CATCH_UP_SECONDS_MAX);
        last = now;
        owed += rate * seconds * wave(now.micros_since(began) as f64 / 1e6);
        let whole = owed as i64;
        owed -= whole as f64;
        let mut lines = Vec::new();
        for attack in attacks.due(now.plus_micros(-((seconds * 1e6) as i64)), now) {
            exchange_file::write(&attack, &mut lines);
        }
        for left in (0..whole).rev() {
            let at = now.plus_micros(-((seconds * 1e6) as i64 * left / whole));
            exchange_file::write(&traffic.exchange(at), &mut lines);
        }
        if !lines.is_empty() {
            feed.send(lines).await?;
        }
    }
}

fn wave(seconds: f64) -> f64 {
    1.0 + WAVE * (seconds / WAVE_SECONDS * std::f64::consts::TAU).sin()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waves_are_gentle_and_their_mean_is_one() {
        let all: Vec<f64> = (0..900).map(|it| wave(f64::from(it) / 10.0)).collect();
        assert!((all.iter().sum::<f64>() / 900.0 - 1.0).abs() < 0.01);
        assert!(all.iter().all(|it| (0.6..1.4).contains(it)));
    }
}
