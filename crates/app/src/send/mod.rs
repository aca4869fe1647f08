//! The command `send`: files of any kind to batches, batches to the server until it takes them,
//! and an account of what was refused.

mod batches;
mod report;

use std::io::IsTerminal;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context;
use bytes::Bytes;
use futures_util::stream::{FuturesUnordered, StreamExt};
use gatewatch_sources::files::folders::STDIN;
use gatewatch_sources::files::follow::{Follower, From};
use gatewatch_sources::files::{Asked, Options, Reader};
use http::StatusCode;
use indicatif::{ProgressBar, ProgressStyle};
use tokio::sync::mpsc;

use crate::client::{Answer, Backoff, Client, ClientError, Post, Secret, deliver};
use crate::command::SendArgs;
use crate::serve::Stop;
use batches::{Cut, Lines};
use report::Report;

/// Batches on their way at once; well within the window in which the server tells them apart.
const IN_FLIGHT_MAX: usize = 4;
const ZSTD_LEVEL: i32 = 3;
/// As the server's batch header allows.
const SENDER_CHARS_MAX: usize = 80;

/// Sends all files. True when everything that was read was taken.
pub async fn run(args: &SendArgs) -> anyhow::Result<bool> {
    let sender = sender(&args.sender)?;
    let client = Client::new(&args.to, &token(args)?, args.ca.as_deref())?;
    let input = Input::open(args)?;
    let bar = bar(args, input.total())?;
    let bytes_read = input.bytes_read();
    let stop = Arc::new(AtomicBool::new(false));
    let (to_wire, batches) = mpsc::channel(2);
    let reader = {
        let (bar, stop) = (bar.clone(), Arc::clone(&stop));
        tokio::task::spawn_blocking(move || input.read(&bar, &stop, &to_wire))
    };
    let sending = Sending {
        client,
        sender,
        path: if args.historical {
            "/ingest/v1/exchanges?stream=historical"
        } else {
            "/ingest/v1/exchanges"
        },
        bar: bar.clone(),
    };
    let began = Instant::now();
    let mut report = Report::default();
    let ended = until_told(sending.all(batches, &mut report), args.follow, &stop).await;
    bar.finish_and_clear();
    report.bytes = bytes_read.load(Ordering::Relaxed);
    report.tell(began.elapsed(), args.quiet);
    ended?;
    reader.await.context("the reader died")?;
    Ok(report.refused_total == 0)
}

/// Who follows ends by being told so, and everything that was read is still sent; otherwise it is
/// an interruption. Told twice, it ends at once.
async fn until_told(
    sending: impl Future<Output = anyhow::Result<()>>,
    follow: bool,
    stop: &AtomicBool,
) -> anyhow::Result<()> {
    let mut told = Stop::listen()?;
    let mut sending = pin!(sending);
    tokio::select! {
        ended = &mut sending => return ended,
        () = told.told() => stop.store(true, Ordering::Relaxed),
    }
    if follow {
        tokio::select! {
            ended = sending => return ended,
            () = told.told() => (),
        }
    }
    Err(anyhow::anyhow!(
        "interrupted; what was accepted is on the server's disk"
    ))
}

/// All files, read once or followed.
enum Input {
    Once(Box<Reader>),
    Follow(Follower, Duration),
}

impl Input {
    fn open(args: &SendArgs) -> anyhow::Result<Input> {
        let options = Options::read(&Asked {
            format: args.format.as_deref(),
            ..args.reading.asked()
        })?;
        if !args.follow {
            return Ok(Input::Once(Box::new(Reader::open(&args.files, options)?)));
        }
        anyhow::ensure!(
            args.files.iter().all(|it| it.as_os_str() != STDIN),
            "standard input is read for as long as it lasts; leave `-` or --follow out"
        );
        let from = if args.new_only {
            From::End
        } else {
            From::Start
        };
        let follower = Follower::open(&args.files, options, from)?;
        Ok(Input::Follow(follower, args.interval.0))
    }

    fn total(&self) -> Option<u64> {
        match self {
            Input::Once(reader) => reader.bytes_total(),
            Input::Follow(..) => None,
        }
    }

    fn bytes_read(&self) -> Arc<AtomicU64> {
        match self {
            Input::Once(reader) => reader.bytes_read(),
            Input::Follow(follower, _) => follower.bytes_read(),
        }
    }

    fn read(self, bar: &ProgressBar, stop: &AtomicBool, to: &mpsc::Sender<Cut>) {
        match self {
            Input::Once(reader) => batches::read(*reader, bar, to),
            Input::Follow(follower, interval) => {
                batches::follow(follower, interval, (bar, stop), to);
            }
        }
    }
}

struct Sending {
    client: Client,
    sender: String,
    path: &'static str,
    bar: ProgressBar,
}

impl Sending {
    /// Sends what comes until nothing more does; the first batch that can never be taken ends it.
    async fn all(
        &self,
        mut batches: mpsc::Receiver<Cut>,
        report: &mut Report,
    ) -> anyhow::Result<()> {
        let mut on_their_way = FuturesUnordered::new();
        let mut sequence = 0_u64;
        loop {
            tokio::select! {
                cut = batches.recv(), if on_their_way.len() < IN_FLIGHT_MAX => match cut {
                    Some(Cut::Lines(lines)) => {
                        sequence += 1;
                        on_their_way.push(self.one(lines, sequence));
                    }
                    Some(Cut::Refused { origin, why }) => report.refuse(origin, why),
                    Some(Cut::PassedOver(count)) => report.passed_over += count,
                    None => break,
                },
                Some(done) = on_their_way.next() => report.add(done?)?,
            }
        }
        while let Some(done) = on_their_way.next().await {
            report.add(done?)?;
        }
        Ok(())
    }

    async fn one(&self, lines: Lines, sequence: u64) -> anyhow::Result<(Lines, Answer)> {
        let lines = Arc::new(lines);
        let packed = {
            let lines = Arc::clone(&lines);
            tokio::task::spawn_blocking(move || zstd::bulk::compress(&lines.bytes, ZSTD_LEVEL))
        };
        let post = Post {
            path: self.path,
            headers: vec![
                ("content-encoding", "zstd".to_owned()),
                ("gatewatch-batch", format!("{}/{sequence}", self.sender)),
            ],
            body: Bytes::from(packed.await.context("packing died")??),
        };
        let mut backoff = Backoff::new(sequence ^ u64::from(std::process::id()));
        let tell = |why: &ClientError, wait: Duration| {
            self.bar
                .set_message(format!("waiting {} s: {why}", wait.as_secs().max(1)));
        };
        let answer = deliver(&self.client, &post, &mut backoff, tell).await;
        self.bar.set_message("");
        let answer = match answer {
            Ok(answer) => answer,
            // No line of it could be read: its answer says why, and the next batch may be better.
            Err(ClientError::Refused(answer))
                if answer.status == StatusCode::UNPROCESSABLE_ENTITY =>
            {
                answer
            }
            Err(error) => return Err(error).context("the server will not take this"),
        };
        let lines = Arc::try_unwrap(lines).map_err(|_| anyhow::anyhow!("packing still runs"))?;
        Ok((lines, answer))
    }
}

/// The name under which this run's batches are numbered: never the same twice.
fn sender(name: &str) -> anyhow::Result<String> {
    let plain = |it: u8| it.is_ascii_alphanumeric() || b"._-".contains(&it);
    anyhow::ensure!(
        (1..=SENDER_CHARS_MAX).contains(&name.len()) && name.bytes().all(plain),
        "`{name}` is no sender; use 1 to {SENDER_CHARS_MAX} letters, digits, `.`, `_` or `-`"
    );
    let mut run = [0; 8];
    getrandom::fill(&mut run)
        .map_err(|error| anyhow::anyhow!("the system gives no random numbers: {error}"))?;
    Ok(format!("{name}-{:016x}", u64::from_le_bytes(run)))
}

fn token(args: &SendArgs) -> anyhow::Result<Secret> {
    match (&args.token_file, std::env::var("GATEWATCH_TOKEN")) {
        (Some(path), _) => Secret::read(path),
        (None, Ok(token)) if !token.trim().is_empty() => Ok(Secret::new(&token)),
        _ => anyhow::bail!(
            "an ingest token is needed: give --token-file (the server's data folder has `ingest-token`) \
             or set GATEWATCH_TOKEN"
        ),
    }
}

/// Counts bytes as they lie in the files; hidden unless somebody is there to see it.
fn bar(args: &SendArgs, total: Option<u64>) -> anyhow::Result<ProgressBar> {
    if args.quiet || !std::io::stderr().is_terminal() {
        return Ok(ProgressBar::hidden());
    }
    let (bar, template) = match total {
        Some(total) => (
            ProgressBar::new(total),
            "{wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta} left {msg}",
        ),
        None => (
            ProgressBar::no_length(),
            "{spinner} {bytes} {bytes_per_sec} {msg}",
        ),
    };
    bar.enable_steady_tick(Duration::from_millis(200));
    Ok(bar.with_style(ProgressStyle::with_template(template)?))
}
