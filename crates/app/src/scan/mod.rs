//! The command `scan`: what captures say of APIs, offline, by the same engines as a server's.

mod folding;
mod html;
mod inputs;
mod json;
mod jsonl;
mod reading;
mod report;
mod spill;
mod table;
mod trouble;
mod words;

use std::fs::File;
use std::io::{BufWriter, ErrorKind, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

use anyhow::Context;
use console::Term;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::command::{ScanArgs, ScanFormat};
use folding::{Folding, Known};
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
    let files = files(args)?;
    let spill = (args.format == ScanFormat::Jsonl).then(Spill::new);
    let (known, spill, reads) = fold(&files, args, spill)?;
    if !args.quiet {
        tell(&reads);
    }
    let printed = || reads.iter().filter(|it| !it.learned);
    if printed().all(|it| it.exchanges == 0) && printed().any(|it| it.trouble.total > 0) {
        return Ok(false);
    }
    match print(args, &known, spill, &reads) {
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

/// What is learned from comes first.
fn files(args: &ScanArgs) -> anyhow::Result<Vec<(PathBuf, bool)>> {
    let learned = args.learn.iter().map(|it| (it.clone(), true));
    let files: Vec<(PathBuf, bool)> = learned
        .chain(args.files.iter().map(|it| (it.clone(), false)))
        .collect();
    let inputs = files.iter().filter(|it| it.0 == Path::new("-")).count();
    anyhow::ensure!(inputs <= 1, "standard input can be read once only");
    for (path, _) in files.iter().filter(|it| it.0 != Path::new("-")) {
        std::fs::metadata(path).with_context(|| format!("cannot open {}", path.display()))?;
    }
    Ok(files)
}

/// Reads in one thread and folds in this one.
fn fold(
    files: &[(PathBuf, bool)],
    args: &ScanArgs,
    spill: Option<Spill>,
) -> anyhow::Result<(Known, Option<Spill>, Vec<FileRead>)> {
    let bar = bar(files, args.quiet)?;
    let keeps_profiles = matches!(args.format, ScanFormat::Json | ScanFormat::Html);
    let mut folding = Folding::new(keeps_profiles, spill, !args.learn.is_empty());
    let (to_fold, batches) = sync_channel(BATCHES_WAITING_MAX);
    let reads = std::thread::scope(|scope| {
        let counted = bar.clone();
        let reader = scope.spawn(move || reading::read(files, &counted, &to_fold));
        let began = Instant::now();
        for batch in batches {
            folding.take(&batch)?;
            if bar.is_hidden() && began.elapsed() > PATIENCE && shows(args.quiet) {
                bar.set_draw_target(ProgressDrawTarget::stderr());
            }
        }
        reader
            .join()
            .map_err(|_| anyhow::anyhow!("the reader died"))?
    })?;
    bar.set_message("settling");
    let (known, spill) = folding.settle();
    bar.finish_and_clear();
    Ok((known, spill, reads))
}

fn shows(quiet: bool) -> bool {
    !quiet && std::io::stderr().is_terminal()
}

/// Counts bytes as they lie in the files; hidden at first.
fn bar(files: &[(PathBuf, bool)], quiet: bool) -> anyhow::Result<ProgressBar> {
    let length = |path: &PathBuf| {
        let metadata = std::fs::metadata(path).ok()?;
        metadata.is_file().then_some(metadata.len())
    };
    let total: Option<u64> = files.iter().map(|it| length(&it.0)).sum();
    let (bar, template) = match total {
        Some(total) => (
            ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::hidden()),
            "{wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta} left {msg}",
        ),
        None => (
            ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden()),
            "{spinner} {bytes} {bytes_per_sec} {msg}",
        ),
    };
    if shows(quiet) {
        bar.enable_steady_tick(Duration::from_millis(200));
    }
    Ok(bar.with_style(ProgressStyle::with_template(template)?))
}

/// Says on standard error what could not be read.
fn tell(reads: &[FileRead]) {
    let mut text = String::new();
    for read in reads {
        read.trouble.tell(&read.name, &mut text);
    }
    // Nobody may be listening any more; the exit code still tells.
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

fn print(
    args: &ScanArgs,
    known: &Known,
    spill: Option<Spill>,
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
    match (args.format, spill) {
        (ScanFormat::Jsonl, Some(spill)) => jsonl::write(spill, known, reads, &mut out)?,
        (ScanFormat::Json, _) => json::write(&Report::new(known, reads), &mut out)?,
        (ScanFormat::Html, _) => html::write(&Report::new(known, reads), &mut out)?,
        (ScanFormat::Table | ScanFormat::Jsonl, _) => {
            table::write(&Report::new(known, reads), look(args), &mut out)?;
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
