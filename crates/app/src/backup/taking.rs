//! Takes a backup from a data folder, whether a server uses it or not.

use std::fs::File;
use std::io::IsTerminal;
use std::path::Path;

use anyhow::{Context, bail, ensure};
use gatewatch_pipeline::{Clock, SystemClock};
use gatewatch_ports::store::Upkeep;
use gatewatch_server::{INGEST_TOKEN_FILE, READ_TOKEN_FILE};
use gatewatch_store::FILE_NAME;
use indicatif::{ProgressBar, ProgressStyle};

use super::held::Held;
use super::settle::settle;
use super::{LABEL, Label};
use crate::command::BackupArgs;
use crate::engine::open_store;
use crate::folder::{create, is_vacant};
use crate::installation_key;

/// A server under heavy load may outrun the copy; then it is tried again.
const TRIES_MAX: u32 = 3;
/// Their hashes are in the store, so they go on working after a restore.
const TOKEN_FILES: [&str; 2] = [READ_TOKEN_FILE, INGEST_TOKEN_FILE];

/// Takes the backup and answers what to say about it.
pub fn take(args: &BackupArgs) -> anyhow::Result<String> {
    let (data, out) = (&args.data, &args.out);
    // Opening would make one.
    ensure!(
        data.join(FILE_NAME).is_file(),
        "there is no store in {}; name the data folder with --data",
        data.display()
    );
    ensure!(
        is_vacant(out)?,
        "{} is not empty; name another folder",
        out.display()
    );
    let bar = bar(args.quiet);
    for number in 1..=TRIES_MAX {
        match attempt(args, &bar) {
            Ok(()) => break,
            Err(error) => {
                // What was written is of no use; the folder was empty before.
                std::fs::remove_dir_all(out)
                    .with_context(|| format!("cannot remove {}", out.display()))?;
                if number == TRIES_MAX {
                    return Err(error);
                }
            }
        }
    }
    bar.finish_and_clear();
    let key_outside = installation_key::is_outside(&open_store(out)?)?;
    label(out, key_outside)?;
    let key = if key_outside {
        "It holds no key: to serve what is restored from it takes the file of `key_file` too; keep that elsewhere.\n"
    } else {
        ""
    };
    Ok(format!(
        "backup of {} in {}\n\
         It holds the store, its states and the token files; keep it as safe as the data folder.\n{key}\
         What was in the journal and not folded at that moment is not in it.\n",
        data.display(),
        out.display()
    ))
}

fn attempt(args: &BackupArgs, bar: &ProgressBar) -> anyhow::Result<()> {
    let (data, out) = (&args.data, &args.out);
    create(out)?;
    // From here on what the server lets go is still there.
    let held = Held::new(data)?;
    held.renew()?;
    let store = open_store(data)?;
    let mut failed = Ok(());
    store
        .backup(out, &mut |done, all| {
            bar.set_length(all);
            bar.set_position(done);
            failed = std::mem::replace(&mut failed, Ok(())).and_then(|()| held.renew());
        })
        .with_context(|| format!("cannot copy the store to {}", out.display()))?;
    failed?;
    held.renew()?;
    let journals = tempfile::Builder::new()
        .prefix("journals-")
        .tempdir_in(out)
        .with_context(|| format!("cannot make a folder in {}", out.display()))?;
    held.copy(journals.path())?;
    drop(held);
    let copied = open_store(out)?;
    let key = installation_key::known(&copied, args.key_file.as_deref())?;
    settle(&copied, journals.path(), key.as_ref())?;
    journals
        .close()
        .context("cannot remove the copied journal; remove it by hand, it holds bodies")?;
    for name in TOKEN_FILES {
        copy_token(data, out, name)?;
    }
    Ok(())
}

fn copy_token(data: &Path, out: &Path, name: &str) -> anyhow::Result<()> {
    match std::fs::copy(data.join(name), out.join(name)) {
        // Its owner may have put it elsewhere.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Ok(_) => Ok(()),
        Err(error) => bail!("cannot copy {}: {error}", data.join(name).display()),
    }
}

/// Last of all and durable, so that half a backup is none.
fn label(out: &Path, key_outside: bool) -> anyhow::Result<()> {
    let label = Label {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        taken_at: SystemClock.now().to_string(),
        key_outside,
    };
    let write = || -> std::io::Result<()> {
        let path = out.join(LABEL);
        std::fs::write(&path, serde_json::to_vec_pretty(&label)?)?;
        File::open(&path)?.sync_all()?;
        File::open(out)?.sync_all()
    };
    write().with_context(|| format!("cannot write {}", out.join(LABEL).display()))
}

fn bar(quiet: bool) -> ProgressBar {
    if quiet || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(0);
    match ProgressStyle::with_template("{wide_bar} {percent}% {eta} left") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
