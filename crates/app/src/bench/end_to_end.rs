//! End to end: a server of its own in a process of its own, real HTTP, the journal with its
//! syncs, the fold and the store, and the load generator on the same machine.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::Context;
use bytes::Bytes;
use indicatif::ProgressBar;
use serde::Serialize;
use tempfile::TempDir;

use super::load::{Load, Outcome, POOL_EXCHANGES, Target, quantile};
use super::machine::{folder_bytes, processor_seconds, resident_bytes_max};
use crate::client::{Client, Secret};
use crate::command::BenchArgs;
use crate::folder::{DIGESTS, JOURNAL};

const SAMPLE_EVERY: Duration = Duration::from_millis(500);
const END_SECONDS_MAX: u64 = 15;
const COLLECTIONS_PAGE: u64 = 200;

#[derive(Debug, Serialize)]
pub struct EndToEnd {
    asked_per_second: u32,
    achieved_per_second: f64,
    seconds: f64,
    batch: u32,
    exchanges_acknowledged: u64,
    /// Calls of all collections afterwards; the same number if nothing was lost or doubled.
    exchanges_counted: u64,
    batches_sent_again: u64,
    acknowledged_ms_p50: Option<f64>,
    acknowledged_ms_p99: Option<f64>,
    acknowledged_ms_max: Option<f64>,
    visible_ms_p50: Option<f64>,
    visible_ms_p99: Option<f64>,
    visible_ms_max: Option<f64>,
    batches_watched: usize,
    batches_never_visible: u64,
    server_resident_bytes_max: Option<u64>,
    server_processor_seconds: Option<f64>,
    generator_processor_seconds: Option<f64>,
    journal_bytes_max: u64,
    store_bytes: u64,
    shutdown_seconds: f64,
}

pub fn measure(args: &BenchArgs, bar: &ProgressBar) -> anyhow::Result<EndToEnd> {
    let load = Load {
        rate: args.rate,
        batch: args.batch,
        lasting: args.seconds.0,
    };
    let pool = load.pool(POOL_EXCHANGES);
    let folder = tempfile::Builder::new()
        .prefix("gatewatch-bench-")
        .tempdir()
        .context("cannot make a temporary folder")?;
    let server = Server::start(&folder)?;
    let runtime = tokio::runtime::Runtime::new().context("cannot start threads")?;
    let target = server.target(folder.path())?;
    let processor_before = processor_seconds(std::process::id());
    let began = Instant::now();
    let (outcome, journal_bytes_max) =
        runtime.block_on(send(&load, &target, &pool, folder.path(), bar))?;
    let seconds = began.elapsed().as_secs_f64();
    let generator = processor_seconds(std::process::id())
        .zip(processor_before)
        .map(|(after, before)| after - before);
    let counted = runtime.block_on(counted(&target, &outcome))?;
    let (resident, processor) = (
        resident_bytes_max(server.process.id()),
        processor_seconds(server.process.id()),
    );
    let ending = Instant::now();
    server.stop()?;
    let (acknowledged, visible) = (
        Outcome::sorted(&outcome.acknowledged_ms),
        Outcome::sorted(&outcome.visible_ms),
    );
    let accepted = outcome.accepted.load(Ordering::Relaxed);
    Ok(EndToEnd {
        asked_per_second: args.rate,
        achieved_per_second: accepted as f64 / seconds,
        seconds,
        batch: args.batch,
        exchanges_acknowledged: accepted,
        exchanges_counted: counted,
        batches_sent_again: outcome.resent.load(Ordering::Relaxed),
        acknowledged_ms_p50: quantile(&acknowledged, 0.5),
        acknowledged_ms_p99: quantile(&acknowledged, 0.99),
        acknowledged_ms_max: quantile(&acknowledged, 1.0),
        visible_ms_p50: quantile(&visible, 0.5),
        visible_ms_p99: quantile(&visible, 0.99),
        visible_ms_max: quantile(&visible, 1.0),
        batches_watched: visible.len(),
        batches_never_visible: outcome.never_visible.load(Ordering::Relaxed),
        server_resident_bytes_max: resident,
        server_processor_seconds: processor,
        generator_processor_seconds: generator,
        journal_bytes_max,
        store_bytes: folder_bytes(folder.path()) - journal_bytes(folder.path()),
        shutdown_seconds: ending.elapsed().as_secs_f64(),
    })
}

/// Sends all, with an eye on how large the journal grows meanwhile.
async fn send(
    load: &Load,
    target: &Target,
    pool: &[Bytes],
    folder: &Path,
    bar: &ProgressBar,
) -> anyhow::Result<(Arc<Outcome>, u64)> {
    let mut sample = tokio::time::interval(SAMPLE_EVERY);
    let sending = load.send(target, pool);
    tokio::pin!(sending);
    let mut journal_bytes_max = 0;
    loop {
        tokio::select! {
            outcome = &mut sending => return Ok((outcome?, journal_bytes_max)),
            _ = sample.tick() => {
                journal_bytes_max = journal_bytes_max.max(journal_bytes(folder));
                bar.tick();
            }
        }
    }
}

fn journal_bytes(folder: &Path) -> u64 {
    folder_bytes(&folder.join(JOURNAL)) + folder_bytes(&folder.join(DIGESTS))
}

/// Calls of all collections once everything that was accepted is visible.
async fn counted(target: &Target, outcome: &Outcome) -> anyhow::Result<u64> {
    let accepted = outcome.accepted.load(Ordering::Relaxed);
    let deadline = Instant::now() + Duration::from_secs(END_SECONDS_MAX);
    loop {
        let counted = calls(&target.reader).await?;
        if counted >= accepted || Instant::now() > deadline {
            return Ok(counted);
        }
        tokio::time::sleep(SAMPLE_EVERY).await;
    }
}

async fn calls(client: &Client) -> anyhow::Result<u64> {
    let (mut calls, mut offset) = (0, 0);
    loop {
        let page = client
            .get(&format!(
                "/api/v1/collections?limit={COLLECTIONS_PAGE}&offset={offset}"
            ))
            .await?;
        let items = page["items"]
            .as_array()
            .context("the API lists no collections")?;
        calls += items
            .iter()
            .filter_map(|it| it["calls"].as_u64())
            .sum::<u64>();
        match page["next_offset"].as_u64() {
            Some(next) => offset = next,
            None => return Ok(calls),
        }
    }
}

struct Server {
    process: Child,
    url: String,
}

impl Server {
    fn start(folder: &TempDir) -> anyhow::Result<Server> {
        let program = std::env::current_exe().context("cannot find this program")?;
        let mut process = Command::new(program)
            .args([
                "serve",
                "--listen",
                "127.0.0.1:0",
                "--set",
                "log.level=warn",
                "--data",
            ])
            .arg(folder.path())
            .env_remove("GATEWATCH_CONFIG")
            .current_dir(folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start a server")?;
        let out = process.stdout.take().context("the server has no output")?;
        let mut first = String::new();
        BufReader::new(out)
            .read_line(&mut first)
            .context("cannot read what the server says")?;
        match first.trim().rsplit_once(' ') {
            Some((_, url)) if url.starts_with("http") => Ok(Server {
                url: url.to_owned(),
                process,
            }),
            _ => anyhow::bail!("the server did not start; see what it says above"),
        }
    }

    fn target(&self, folder: &Path) -> anyhow::Result<Target> {
        let client =
            |token: &str| Client::new(&self.url, &Secret::read(&folder.join(token))?, None);
        Ok(Target {
            ingest: client(gatewatch_server::INGEST_TOKEN_FILE)?,
            reader: client(gatewatch_server::READ_TOKEN_FILE)?,
        })
    }

    fn stop(mut self) -> anyhow::Result<()> {
        let number = rustix::process::Pid::from_child(&self.process);
        rustix::process::kill_process(number, rustix::process::Signal::TERM)
            .context("cannot end the server")?;
        let ended = self.process.wait().context("cannot wait for the server")?;
        anyhow::ensure!(ended.success(), "the server ended with {ended}");
        Ok(())
    }
}

impl Drop for Server {
    /// After an error the server must not go on alone.
    fn drop(&mut self) {
        if let Ok(None) = self.process.try_wait() {
            let _ = self.process.kill();
            let _ = self.process.wait();
        }
    }
}
