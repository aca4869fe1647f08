//! What runs on one data folder: the store, the two journals, and the pipeline between them.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, anyhow};
use gatewatch_journal::Embedded;
use gatewatch_model::{Partition, Position, Stage};
use gatewatch_pipeline::fold::Key;
use gatewatch_pipeline::marker::MarkFile;
use gatewatch_pipeline::{self as pipeline, Clock, Pipeline};
use gatewatch_ports::store::Reading;
use gatewatch_ports::{Journal, Store, StoreError};
use gatewatch_store::SqliteStore;

use crate::config::Config;
use crate::folder::{DIGESTS, JOURNAL};
use crate::installation_key;

pub struct Engine {
    pub store: Arc<dyn Store>,
    pub journal: Arc<dyn Journal>,
    pub digests: Arc<dyn Journal>,
    pub pipeline: Pipeline,
    /// The key of the installation where it lies outside the data folder.
    pub list_key: Option<Key>,
}

impl Engine {
    /// Opens everything in `folder` and starts what `roles` says. Blocks until the states are read.
    pub fn start(
        folder: &Path,
        config: &Config,
        roles: pipeline::Roles,
        clock: Arc<dyn Clock>,
    ) -> anyhow::Result<Engine> {
        let store = open_store(folder)?;
        let journal = open_journal(&store, folder, Stage::Exchanges, config)?;
        let digests = open_journal(&store, folder, Stage::Callers, config)?;
        let key = installation_key::obtain(&store, folder, config.key_file.as_deref(), &*clock)?;
        let outside = installation_key::is_outside(&store)?;
        let list_key = outside.then(|| key.clone());
        let store: Arc<dyn Store> = Arc::new(store);
        let parts = pipeline::Parts {
            journal: Arc::clone(&journal),
            digests: Arc::clone(&digests),
            store: Arc::clone(&store),
            key: Some(key),
            clock,
            marks: Box::new(MarkFile::new(folder)),
            free_space: free_space(folder),
        };
        let options = pipeline::Options {
            roles,
            shards: usize::from(config.shards),
            disk_free_bytes_min: config.disk_free_bytes_min.0,
        };
        let pipeline = Pipeline::start(parts, options)
            .with_context(|| format!("cannot go on from what lies in {}", folder.display()))?;
        Ok(Engine {
            store,
            journal,
            digests,
            pipeline,
            list_key,
        })
    }
}

pub fn open_store(folder: &Path) -> anyhow::Result<SqliteStore> {
    SqliteStore::open(folder).map_err(|error| {
        let (reason, instead) = match &error {
            StoreError::Full { reason } => (reason, "free some disk space, then start again"),
            StoreError::Unwritable { reason } => (
                reason,
                "make the folder and its files writable for the user that runs gatewatch, or name \
                 another with --data",
            ),
            StoreError::Busy { reason } => (
                reason,
                "stop the other program that uses it, then start again",
            ),
            StoreError::Other { reason } => (
                reason,
                "look at the disk, or name another folder with --data",
            ),
            // These say themselves what to do.
            StoreError::TooNew { .. }
            | StoreError::TooLong { .. }
            | StoreError::Damaged { .. }
            | StoreError::Superseded { .. } => {
                return anyhow!("cannot open the store in {}: {error}", folder.display());
            }
        };
        anyhow!(
            "cannot open the store in {}: {reason}; {instead}",
            folder.display()
        )
    })
}

/// A journal that is younger than the store (a backup was restored, or its folder was lost) goes
/// on from the store's positions, so that positions never mean two records.
fn open_journal(
    store: &SqliteStore,
    folder: &Path,
    stage: Stage,
    config: &Config,
) -> anyhow::Result<Arc<dyn Journal>> {
    let name = match stage {
        Stage::Exchanges => JOURNAL,
        Stage::Callers => DIGESTS,
    };
    let options = gatewatch_journal::Options {
        bytes_max: config.journal.bytes_max.0,
        segment_bytes: config.journal.segment_bytes.0,
        positions_min: positions(store, stage)?,
        ..gatewatch_journal::Options::default()
    };
    let journal = Embedded::open(&folder.join(name), options)?;
    Ok(Arc::new(journal))
}

fn positions(store: &dyn Reading, stage: Stage) -> anyhow::Result<Vec<(Partition, Position)>> {
    let progress = store
        .progress()
        .context("cannot read how far the store has come")?;
    Ok(progress
        .iter()
        .filter(|it| it.stage == stage)
        .map(|it| (it.partition, it.effects_position))
        .collect())
}

fn free_space(folder: &Path) -> Box<dyn Fn() -> std::io::Result<u64> + Send + Sync> {
    let folder = folder.to_owned();
    Box::new(move || {
        let disk = rustix::fs::statvfs(&folder)?;
        Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
    })
}
