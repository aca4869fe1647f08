//! The command `demo`: a throw-away installation with made-up companies, thousands of callers
//! and live traffic over real HTTP, and a table in the terminal to watch it in.

mod attacks;
mod callers;
pub mod chance;
mod companies;
mod credentials;
mod documents;
mod exchanges;
mod feed;
mod oddities;
mod sample;
mod screen;
mod template;
mod tokens;
pub mod traffic;
mod values;
mod words;

use std::io::{IsTerminal, Write, stdout};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use console::Term;
use gatewatch_model::Timestamp;
use gatewatch_pipeline::{Clock, SystemClock};
use gatewatch_server::Redacted;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tracing::level_filters::LevelFilter;

use crate::client::{Client, Secret};
use crate::command::DemoArgs;
use crate::config::Config;
use crate::logs;
use crate::node::{Node, bind};
use crate::serve::Stop;
use attacks::Attacks;
use feed::Feed;
use screen::Board;
use traffic::Traffic;

const PORTS_TRIED_MAX: u16 = 50;
const REDRAW: Duration = Duration::from_secs(1);
const SUMMARY_EVERY: u32 = 10;
/// The backfill draws its chance from another seed than the live traffic.
const BACKFILL_SEED: u64 = 0x5eed;

pub async fn run(args: &DemoArgs) -> anyhow::Result<()> {
    if let Some(count) = args.print {
        return sample::print(args.seed, args.rate, count);
    }
    let folder = Folder::new(args.data.as_ref())?;
    let config = configuration(folder.path(), args);
    logs::start(&config.log);
    gatewatch_pipeline::poison::install_hook();
    let mut stop = Stop::listen()?;
    let listener = bind_near(args.listen).await?;
    let mut node = tokio::select! {
        node = Node::start(&config, listener) => node?,
        () = stop.told() => return Ok(()),
    };
    let began = SystemClock.now();
    let attacks = Attacks::new(args.seed, began)?;
    let documented = document(&node, began).await?;
    let text = format!(
        "{}  documented    {documented}; its `drift` says what is called otherwise\n\n{}\n\n",
        start_text(&node, &folder, args, &attacks)?,
        node.curl_line()
    );
    let mut feeds = start_feeds(&node, args, began)?;
    let reader = client(&node, node.first.read_token.as_ref())?;
    let ended = tokio::select! {
        () = stop.told() => Ok(()),
        () = until(args) => Ok(()),
        shown = show(&reader, &text, &attacks) => shown,
        error = failed_feed(&mut feeds) => Err(error),
        error = node.failed() => Err(error),
    };
    stop.exit_when_told_again();
    feeds.shutdown().await;
    node.stop().await?;
    ended
}

/// Temporary and removed at the end, unless it was named.
enum Folder {
    Named(PathBuf),
    Temporary(TempDir),
}

impl Folder {
    fn new(named: Option<&PathBuf>) -> anyhow::Result<Folder> {
        if let Some(path) = named {
            return Ok(Folder::Named(path.clone()));
        }
        let made = tempfile::Builder::new().prefix("gatewatch-demo-").tempdir();
        let made = made.context("cannot make a temporary folder; name one with --data")?;
        Ok(Folder::Temporary(made))
    }

    fn path(&self) -> PathBuf {
        match self {
            Folder::Named(path) => path.clone(),
            Folder::Temporary(folder) => folder.path().to_owned(),
        }
    }
}

fn configuration(data: PathBuf, args: &DemoArgs) -> Config {
    let mut config = Config {
        data,
        key_file: args.key_file.clone(),
        ..Config::default()
    };
    // The table is the show; what needs a person is still said.
    config.log.level = LevelFilter::WARN;
    config
}

/// The port asked for, or the next that is free.
async fn bind_near(address: SocketAddr) -> anyhow::Result<TcpListener> {
    let first = address.port();
    for port in (first..=first.saturating_add(PORTS_TRIED_MAX)).filter(|_| first != 0) {
        if let Ok(listener) = TcpListener::bind(SocketAddr::new(address.ip(), port)).await {
            return Ok(listener);
        }
    }
    bind(address).await
}

fn start_text(
    node: &Node,
    folder: &Folder,
    args: &DemoArgs,
    attacks: &Attacks,
) -> anyhow::Result<String> {
    let kept = match folder {
        Folder::Named(_) => "kept",
        Folder::Temporary(_) => "removed at the end",
    };
    let traffic = Traffic::new(args.seed)?;
    let titles: Vec<&str> = traffic
        .companies()
        .iter()
        .map(|it| it.title.as_str())
        .collect();
    Ok(format!(
        "{}  made up       {}\n  at work       about {} exchanges/s, and the attacks of a list every {} minutes; \
         data {kept}; Ctrl-C ends\n",
        node.start_text(),
        titles.join(", "),
        args.rate,
        attacks.cycle_seconds() / 60
    ))
}

/// Brings in what a company says of its API, before the first exchange; answers of which.
async fn document(node: &Node, at: Timestamp) -> anyhow::Result<Box<str>> {
    let (intake, store) = (node.intake(), node.store());
    tokio::task::spawn_blocking(move || documents::upload(&intake, &*store, at))
        .await
        .context("bringing in definitions died")?
}

fn start_feeds(
    node: &Node,
    args: &DemoArgs,
    began: Timestamp,
) -> anyhow::Result<JoinSet<anyhow::Result<()>>> {
    let client = client(node, node.first.ingest_token.as_ref())?;
    // A kept folder may know earlier runs' batches by their numbers.
    let run = format!("{:x}", began.0);
    let mut feeds = JoinSet::new();
    let day = Traffic::new(args.seed ^ BACKFILL_SEED)?;
    let now = (Traffic::new(args.seed)?, Attacks::new(args.seed, began)?);
    feeds.spawn(feed::backfill(
        Feed::historical(client.clone(), &run),
        day,
        began,
    ));
    feeds.spawn(feed::live(
        Feed::live(client, &run),
        now,
        f64::from(args.rate),
        SystemClock,
    ));
    Ok(feeds)
}

fn client(node: &Node, token: Option<&Redacted>) -> anyhow::Result<Client> {
    let token =
        token.context("a token file is missing in the data folder; name another with --data")?;
    Client::new(&node.url, &Secret::new(token.expose()), None)
}

/// The backfill ends by itself; only an error ends the demo.
async fn failed_feed(feeds: &mut JoinSet<anyhow::Result<()>>) -> anyhow::Error {
    while let Some(ended) = feeds.join_next().await {
        match ended {
            Ok(Ok(())) => (),
            Ok(Err(error)) => return error,
            Err(error) => return anyhow::Error::new(error).context("the traffic generator died"),
        }
    }
    std::future::pending().await
}

async fn until(args: &DemoArgs) {
    match args.lasting {
        Some(span) => tokio::time::sleep(span.0).await,
        None => std::future::pending().await,
    }
}

/// Redraws the table each second on a terminal; else says a line from time to time.
async fn show(client: &Client, text: &str, attacks: &Attacks) -> anyhow::Result<()> {
    let live = stdout().is_terminal();
    let mut board = Board::default();
    stdout().lock().write_all(text.as_bytes())?;
    let mut redraw = tokio::time::interval(REDRAW);
    for beat in 0_u32.. {
        redraw.tick().await;
        board.attack = screen::attack(attacks.now(SystemClock.now()));
        if let Err(error) = board.refresh(client, SystemClock.now()).await {
            tracing::warn!(%error, "the table waits for the API");
        } else if live {
            draw(&board, text)?;
        } else if beat % SUMMARY_EVERY == SUMMARY_EVERY - 1 {
            writeln!(stdout().lock(), "{}", board.summary())?;
        }
    }
    Ok(())
}

fn draw(board: &Board, text: &str) -> anyhow::Result<()> {
    let (height, width) = Term::stdout().size();
    let (height, width) = (usize::from(height), usize::from(width));
    // The last row stays free, or the terminal scrolls.
    let room = height.saturating_sub(screen::rows(text, width) + 1);
    let mut frame = String::from("\u{1b}[H");
    for line in text
        .lines()
        .map(ToOwned::to_owned)
        .chain(board.lines(width, room))
    {
        frame.push_str(&line);
        frame.push_str("\u{1b}[K\r\n");
    }
    frame.push_str("\u{1b}[J");
    let mut out = stdout().lock();
    out.write_all(frame.as_bytes())?;
    Ok(out.flush()?)
}
