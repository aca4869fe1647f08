//! The command `scan`: what captures say of APIs, offline, by the same engines as a server's.

mod attacks;
mod callers;
pub mod documented;
mod folding;
mod hits;
mod html;
mod json;
mod jsonl;
mod openapi;
mod origins;
mod reading;
mod report;
mod spill;
mod table;
mod trouble;
mod words;
mod writable;

use std::fs::File;
use std::io::{BufWriter, ErrorKind, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

use anyhow::Context;
use console::Term;
use gatewatch_intel::Origins;
use gatewatch_pipeline::{Clock, SystemClock};
use gatewatch_sources::files::{Asked, Options, Reader};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::command::{ScanArgs, ScanFormat};
use crate::{feeds, installation_key, own};
use documented::Documented;
use folding::{Folding, Known, Lines};
use reading::FileRead;
use report::Report;
use spill::Spill;
use table::Look;

/// Batches between the reader and the fold.
const BATCHES_WAITING_MAX: usize = 8;
/// What takes less time needs no progress bar.
const PATIENCE: Duration = Duration::from_secs(1);

/// Reads, folds and prints. False when nothing could be read.
pub fn run(args: &ScanArgs) -> anyhow::Result<bool> {
    let spill = (args.format == ScanFormat::Jsonl).then(Spill::new);
    let documents = documented::read(&args.definition)?;
    let (known, lines, reads) = fold(args, &documents, spill)?;
    if !args.quiet {
        tell(&reads, &documents, &known);
    }
    let printed = || reads.iter().filter(|it| !it.learned);
    if printed().all(|it| it.exchanges == 0) && printed().any(|it| it.trouble.total > 0) {
        return Ok(false);
    }
    match print(args, &known, lines, &reads) {
        // Whoever read has seen enough.
        Err(error) if closed(&error) => Ok(true),
        ended => ended.map(|()| true),
    }
}

fn closed(error: &anyhow::Error) -> bool {
    let of_json = error
        .downcast_ref()
        .and_then(serde_json::Error::io_error_kind);
    let of_io = error.downcast_ref().map(std::io::Error::kind);
    of_json.or(of_io) == Some(ErrorKind::BrokenPipe)
}

/// The readers of what is learned from and of what is printed. What cannot be written is said before
/// anything is read.
fn readers(args: &ScanArgs) -> anyhow::Result<(Option<Reader>, Reader)> {
    let inputs = args.learn.iter().chain(&args.files);
    let from_input = inputs.filter(|it| *it == Path::new("-")).count();
    anyhow::ensure!(from_input <= 1, "standard input can be read once only");
    let asked = Asked {
        format: args.kind.as_deref(),
        ..args.reading.asked()
    };
    let options = Options::read(&asked)?;
    let learn = if args.learn.is_empty() {
        None
    } else {
        Some(Reader::open(&args.learn, options.clone())?)
    };
    let print = Reader::open(&args.files, options)?;
    if let Some(path) = &args.output {
        let all = learn.iter().flat_map(Reader::files).chain(print.files());
        not_read(path, all)?;
    }
    writable::check(args)?;
    Ok((learn, print))
}

/// What is read may not be written over.
fn not_read<'p>(output: &Path, mut files: impl Iterator<Item = &'p PathBuf>) -> anyhow::Result<()> {
    let whole = |path: &Path| path.canonicalize().ok();
    let Some(output) = whole(output) else {
        return Ok(());
    };
    let file = files.find(|it| whole(it).as_ref() == Some(&output));
    anyhow::ensure!(
        file.is_none(),
        "{} is read and cannot be the output; name another file with --output",
        output.display()
    );
    Ok(())
}

/// Reads in one thread and folds in this one.
fn fold(
    args: &ScanArgs,
    documents: &[Documented],
    spill: Option<Spill>,
) -> anyhow::Result<(Known, Option<Lines>, Vec<FileRead>)> {
    let (learn, print) = readers(args)?;
    let progress = Progress::new(learn.iter().chain([&print]), args.quiet)?;
    let key = args.key_file.as_deref().map(installation_key::given);
    let key = key.transpose()?;
    let own = match &args.catalogue {
        Some(folder) => own::read(folder, own::Use::Scan, key.as_ref())?,
        None => own::Own::default(),
    };
    let keeps_profiles =
        args.format != ScanFormat::Table || args.openapi.is_some() || !documents.is_empty();
    let mut folding = Folding::new(keeps_profiles, spill, learn.is_some());
    if let Some(key) = &key {
        folding.set_key(key);
    }
    folding.obey(documents, &own);
    if let Some(key) = &key {
        folding.give_tokens(key);
    }
    let origins = &origins(args)?;
    folding.know_feeds(origins.feeds.iter().count());
    let (to_fold, batches) = sync_channel(BATCHES_WAITING_MAX);
    let mut reads = std::thread::scope(|scope| {
        let reader = scope.spawn(move || reading::read(learn, print, origins, &to_fold));
        for batch in batches {
            folding.take(&batch)?;
            progress.show();
        }
        reader
            .join()
            .map_err(|_| anyhow::anyhow!("the reader died"))
    })?;
    let (known, lines) = folding.settle();
    for ((file, name), count) in &known.blemishes {
        reads[*file as usize].blemishes.push((*name, *count));
    }
    progress.bar.finish_and_clear();
    Ok((known, lines, reads))
}

/// What is known of addresses, with the feeds that were asked for.
fn origins(args: &ScanArgs) -> anyhow::Result<Origins> {
    let feeds::Read {
        feeds,
        failed,
        kept: _,
    } = feeds::read(&args.feeds, SystemClock.now())?;
    if let Some(error) = failed.into_iter().next() {
        return Err(anyhow::Error::new(error).context("cannot read a feed"));
    }
    if !args.quiet {
        let remarks = feeds.iter().flat_map(|it| &it.remarks);
        let text = remarks.fold(String::new(), |all, it| all + &format!("{it}\n"));
        // Nobody may be listening any more.
        let _ = std::io::stderr().lock().write_all(text.as_bytes());
    }
    Ok(Origins::new(feeds))
}

/// A bar that counts bytes as they lie in the files; hidden at first.
struct Progress {
    bar: ProgressBar,
    read: Vec<Arc<AtomicU64>>,
    began: Instant,
    wanted: bool,
}

impl Progress {
    fn new<'r>(
        readers: impl Iterator<Item = &'r Reader> + Clone,
        quiet: bool,
    ) -> anyhow::Result<Progress> {
        let total: Option<u64> = readers.clone().map(Reader::bytes_total).sum();
        let template = match total {
            Some(_) => "{wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta} left",
            None => "{spinner} {bytes} {bytes_per_sec}",
        };
        let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::hidden());
        Ok(Progress {
            bar: bar.with_style(ProgressStyle::with_template(template)?),
            read: readers.map(Reader::bytes_read).collect(),
            began: Instant::now(),
            wanted: !quiet && std::io::stderr().is_terminal(),
        })
    }

    fn show(&self) {
        if !self.wanted || self.began.elapsed() < PATIENCE {
            return;
        }
        if self.bar.is_hidden() {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        let read = self.read.iter().map(|it| it.load(Ordering::Relaxed));
        self.bar.set_position(read.sum());
    }
}

/// Says on standard error what could not be read, and which definition met nothing.
fn tell(reads: &[FileRead], documents: &[Documented], known: &Known) {
    let mut text = String::new();
    for document in documents {
        document.tell(known, &mut text);
    }
    for read in reads {
        read.trouble.tell(&read.name, &mut text);
    }
    // Nobody may be listening any more; the exit code still tells.
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

fn print(
    args: &ScanArgs,
    known: &Known,
    lines: Option<Lines>,
    reads: &[FileRead],
) -> anyhow::Result<()> {
    let mut out: Box<dyn Write> = match &args.output {
        Some(path) => {
            let file =
                File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
            Box::new(BufWriter::with_capacity(256 << 10, file))
        }
        None => Box::new(BufWriter::with_capacity(
            256 << 10,
            std::io::stdout().lock(),
        )),
    };
    let report = &Report::new(known, reads, args.all || args.format == ScanFormat::Json);
    if let Some(folder) = &args.openapi {
        openapi::write(report, folder)?;
    }
    match (args.format, lines) {
        (ScanFormat::Jsonl, Some(lines)) => jsonl::write(lines, known, reads, &mut out)?,
        (ScanFormat::Json, _) => json::write(report, &mut out)?,
        (ScanFormat::Html, _) => html::write(report, &mut out)?,
        (ScanFormat::Table | ScanFormat::Jsonl, _) => {
            table::write(report, look(args), &mut out)?;
        }
    }
    Ok(out.flush()?)
}

/// Colours and a width only where somebody looks.
fn look(args: &ScanArgs) -> Look {
    let screen = Term::stdout();
    let there = args.output.is_none() && screen.is_term();
    Look {
        width: there.then(|| usize::from(screen.size().1)),
        colours: there && console::colors_enabled(),
    }
}
