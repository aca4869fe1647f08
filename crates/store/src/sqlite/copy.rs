//! A consistent copy of a store that is in use.

use std::fs;
use std::path::{Path, PathBuf};

use gatewatch_ports::StoreError;
use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};

use super::FILE_NAME;
use super::errors::{failed, io_failed};
use super::file::{self, with_ending};

/// Pages between two reports of progress: some 2 MiB.
const STEP_PAGES: i32 = 512;

/// Where a copy goes: into a folder under the store's own name, or a file that holds nothing.
pub fn free_place(to: &Path) -> Result<PathBuf, StoreError> {
    let place = if to.is_dir() {
        to.join(FILE_NAME)
    } else {
        to.into()
    };
    match fs::metadata(&place) {
        Ok(found) if found.len() > 0 || !found.is_file() => Err(StoreError::Unwritable {
            reason: format!(
                "{} is already there and is not overwritten; name another place",
                place.display()
            )
            .into(),
        }),
        _ => Ok(place),
    }
}

/// Copies, checks and only then names the copy `to`: what has that name is whole.
pub fn copy(from: &Path, to: &Path, progress: &mut dyn FnMut(u64, u64)) -> Result<(), StoreError> {
    let partial = with_ending(to, ".partial");
    let copied = copy_pages(from, &partial, progress)
        .and_then(|()| settle(&partial, to).map_err(|it| io_failed(to, &it)));
    if copied.is_err() {
        // Not being able to remove it is the lesser trouble, and the copy starts by removing it.
        let _ = fs::remove_file(&partial);
    }
    copied
}

fn copy_pages(
    from: &Path,
    to: &Path,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<(), StoreError> {
    if to.exists() {
        fs::remove_file(to).map_err(|it| io_failed(to, &it))?;
    }
    file::make(to)?;
    let source = file::reader(from)?;
    // One view for all steps: without it every commit meanwhile would start the copy again.
    source
        .execute_batch("BEGIN; SELECT COUNT(*) FROM schema_version")
        .map_err(failed)?;
    let mut target = Connection::open(to).map_err(failed)?;
    let backup = Backup::new(&source, &mut target).map_err(failed)?;
    loop {
        let step = backup.step(STEP_PAGES).map_err(failed)?;
        let at = backup.progress();
        let pages = u64::try_from(at.pagecount).unwrap_or(0);
        progress(pages - u64::try_from(at.remaining).unwrap_or(0), pages);
        match step {
            StepResult::Done => break,
            StepResult::More => {}
            _ => {
                return Err(StoreError::Busy {
                    reason: "another process holds the copy; name another place".into(),
                });
            }
        }
    }
    drop(backup);
    check(&target)?;
    // A copy is one plain file, whoever opens it and however read-only its disk is.
    let _: String = target
        .pragma_update_and_check(None, "journal_mode", "DELETE", |row| row.get(0))
        .map_err(failed)?;
    target.close().map_err(|(_, error)| failed(error))
}

fn check(copy: &Connection) -> Result<(), StoreError> {
    let answer: String = copy
        .pragma_query_value(None, "quick_check", |row| row.get(0))
        .map_err(failed)?;
    if answer == "ok" {
        return Ok(());
    }
    Err(StoreError::Damaged {
        reason: format!("the copy does not pass its check: {answer}").into(),
    })
}

fn settle(partial: &Path, to: &Path) -> std::io::Result<()> {
    fs::File::open(partial)?.sync_all()?;
    fs::rename(partial, to)?;
    let folder = to.parent().filter(|it| !it.as_os_str().is_empty());
    fs::File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}
