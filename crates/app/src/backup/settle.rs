//! Brings the states in a copied store up to its effects: folds what lies between from the
//! copied journal, keeps the state and throws the effects away, for they have been written.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, ensure};
use gatewatch_journal::{Embedded, Options};
use gatewatch_model::effects::Effects;
use gatewatch_model::{Partition, Position, Stage};
use gatewatch_pipeline::fold::{CallerFold, ExchangeFold, Fold, Key};
use gatewatch_ports::Journal;
use gatewatch_ports::store::{Checkpoint, Checkpoints, Loaded, Reading, SnapshotStep};
use gatewatch_store::SqliteStore;
use gatewatch_wire::record;

use crate::folder::{DIGESTS, JOURNAL};

const PART_BYTES_MAX: usize = 256 << 10;
/// Records so far between are cut into pieces, so that effects thrown away stay small.
const DISCARD_EVERY: u64 = 5_000;
const WAIT: Duration = Duration::from_millis(50);

/// Settles both stages; afterwards the store needs none of these journals.
pub fn settle(store: &SqliteStore, journals: &Path, key: Option<&Key>) -> anyhow::Result<()> {
    stage::<ExchangeFold>(store, &journals.join(JOURNAL), key)?;
    stage::<CallerFold>(store, &journals.join(DIGESTS), key)
}

fn stage<F: Fold>(store: &SqliteStore, folder: &Path, key: Option<&Key>) -> anyhow::Result<()> {
    let progress = store
        .progress()
        .context("cannot read how far the copied store has come")?;
    let unsettled: Vec<Partition> = progress
        .iter()
        .filter(|it| it.stage == F::STAGE && it.state_position < it.effects_position)
        .map(|it| it.partition)
        .collect();
    if unsettled.is_empty() {
        return Ok(());
    }
    let journal =
        Embedded::open(folder, Options::default()).context("cannot open the copied journal")?;
    for partition in unsettled {
        let loaded = store
            .load(F::STAGE, partition)
            .context("cannot load a state from the copied store")?;
        let mut fold = begin::<F>(&loaded)?;
        if let Some(key) = key {
            fold.set_key(&key.0);
        }
        let fold = replay(fold, &journal, partition, &loaded)?;
        let mut bytes = Vec::new();
        fold.encode(&mut bytes);
        store
            .commit(&[snapshot(
                F::STAGE,
                partition,
                loaded.effects_position,
                fold.revision(),
                &bytes,
            )])
            .context("cannot write a state into the copied store")?;
    }
    Ok(())
}

fn begin<F: Fold>(loaded: &Loaded) -> anyhow::Result<F> {
    Ok(match &loaded.snapshot {
        Some(snapshot) => F::decode(&snapshot.bytes)?,
        None => F::default(),
    })
}

/// The state of a partition as it was when its last effects were written.
fn replay<F: Fold>(
    mut fold: F,
    journal: &dyn Journal,
    partition: Partition,
    loaded: &Loaded,
) -> anyhow::Result<F> {
    let snapshot = loaded.snapshot.as_ref();
    let mut position = snapshot.map_or(Position::START, |it| it.position);
    let end = loaded.effects_position;
    let mut cursor = journal
        .cursor(&[(partition, position)])
        .context("the journal no longer holds what is needed")?;
    while position < end {
        let chunk = cursor
            .next(WAIT)
            .context("cannot read the copied journal")?;
        let chunk = chunk
            .with_context(|| format!("the copied journal ends before {end:?} of {partition:?}"))?;
        let wanted = position..end;
        for (at, bytes) in chunk.records().filter(|(at, _)| wanted.contains(at)) {
            // What the fold has set aside stays aside.
            if !loaded.skips.contains(&at)
                && let Ok(record) = record::decode(bytes)
            {
                fold.fold(at, &record);
            }
            if at.0 % DISCARD_EVERY == 0 {
                discard(&mut fold);
            }
            position = at.next();
        }
        // The fold has gone over damage at this place before.
        position = position.max(Position(chunk.first.0 + u64::from(chunk.count)).min(end));
    }
    discard(&mut fold);
    ensure!(
        position == end,
        "the copied journal does not meet the copied store"
    );
    Ok(fold)
}

fn discard(fold: &mut impl Fold) {
    fold.discard();
    drop(fold.digests());
}

fn snapshot(
    stage: Stage,
    partition: Partition,
    position: Position,
    revision: u64,
    bytes: &[u8],
) -> Checkpoint {
    let mut steps: Vec<SnapshotStep> = (0..)
        .zip(bytes.chunks(PART_BYTES_MAX))
        .map(|(index, part)| SnapshotStep::Part {
            position,
            index,
            bytes: part.to_vec(),
        })
        .collect();
    let parts = steps.len() as u32;
    steps.push(SnapshotStep::Complete { position, parts });
    Checkpoint {
        stage,
        partition,
        from: position,
        to: position,
        revision,
        effects: Effects::default(),
        snapshot: steps,
    }
}
