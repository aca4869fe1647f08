//! Short lists: sources, callers, partitions, controls, the audit log.

use std::collections::BTreeMap;

use gatewatch_model::control::Control;
use gatewatch_model::{Partition, Position, Stage, Timestamp};
use gatewatch_ports::StoreError;
use gatewatch_ports::store::{
    AuditRow, CallerRow, ControlRow, CoverageRow, PAGE_ROWS_MAX, Progress, Skip, SourceRow,
};

use crate::checkpoints::{read_control, read_coverage};
use crate::engine::{Row, Session, Value, all, damaged, one};

const SOURCES: &str = "
    SELECT source, scope, exchanges, truncated, skewed, late, blemished, last_received, last_at
    FROM sources ORDER BY source, scope";

const SET_ASIDE: &str = "SELECT source, COUNT(*) FROM skips GROUP BY source";

const CALLERS: &str = "
    SELECT caller, calls, refused, endpoints, first_seen, last_seen
    FROM callers ORDER BY calls DESC, caller LIMIT ?";

const COVERAGE: &str = "
    SELECT stage, number, coverage FROM partitions WHERE coverage IS NOT NULL
    ORDER BY stage DESC, number";

const SKIPS: &str = "
    SELECT stage, number, position, at, source, head, reason
    FROM skips ORDER BY at DESC, stage, number, position LIMIT ?";

const PROGRESS: &str = "
    SELECT stage, number, effects_position, COALESCE(state_position, 0), revision
    FROM partitions ORDER BY stage DESC, number";

const CONTROLS: &str = "SELECT record, actor FROM controls ORDER BY revision DESC LIMIT ?";

const CONTROL: &str = "SELECT record, actor FROM controls WHERE revision = ?";

const OBEYED: &str = "SELECT COALESCE(MIN(revision), 0) FROM partitions WHERE stage = ?";

const AUDIT: &str = "
    SELECT number, at, actor, address, action, subject
    FROM audit WHERE number < ? ORDER BY number DESC LIMIT ?";

/// What is set aside is counted for a source by its name, whatever its scope.
pub fn sources(session: &dyn Session) -> Result<Vec<SourceRow>, StoreError> {
    let counts = all(session, SET_ASIDE, &[], |row| {
        Ok((Box::<str>::from(row.text(0)?), row.count(1)?))
    })?;
    let mut counts = counts.into_iter().collect::<BTreeMap<_, _>>();
    let mut sources = all(session, SOURCES, &[], read_source)?;
    for source in &mut sources {
        source.set_aside = counts.get(&source.source).copied().unwrap_or(0);
    }
    for source in &sources {
        counts.remove(&source.source);
    }
    // Of these nothing but poison has arrived so far.
    sources.extend(counts.into_iter().map(|(source, set_aside)| SourceRow {
        source,
        scope: "/".into(),
        exchanges: 0,
        truncated: 0,
        skewed: 0,
        late: 0,
        blemished: 0,
        set_aside,
        last_received: Timestamp::ZERO,
        last_at: Timestamp::ZERO,
    }));
    Ok(sources)
}

fn read_source(row: &dyn Row) -> Result<SourceRow, StoreError> {
    Ok(SourceRow {
        source: row.text(0)?.into(),
        scope: row.text(1)?.into(),
        exchanges: row.count(2)?,
        truncated: row.count(3)?,
        skewed: row.count(4)?,
        late: row.count(5)?,
        blemished: row.count(6)?,
        set_aside: 0,
        last_received: row.time(7)?,
        last_at: row.time(8)?,
    })
}

/// Callers are followed across scopes, so only who sees all of them sees any.
pub fn callers(
    session: &dyn Session,
    limit: usize,
    scope: &str,
) -> Result<Vec<CallerRow>, StoreError> {
    if !scope.trim_end_matches('/').is_empty() {
        return Ok(Vec::new());
    }
    all(session, CALLERS, &[rows(limit)], |row| {
        Ok(CallerRow {
            caller: row.text(0)?.into(),
            calls: row.count(1)?,
            refused: row.count(2)?,
            endpoints_estimate: row.count(3)?,
            first_seen: row.time(4)?,
            last_seen: row.time(5)?,
        })
    })
}

pub fn coverage(session: &dyn Session) -> Result<Vec<CoverageRow>, StoreError> {
    all(session, COVERAGE, &[], |row| {
        Ok(CoverageRow {
            stage: stage(row)?,
            partition: partition(row)?,
            coverage: read_coverage(row.blob(2)?)?,
        })
    })
}

pub fn skips(session: &dyn Session, limit: usize) -> Result<Vec<Skip>, StoreError> {
    all(session, SKIPS, &[rows(limit)], |row| {
        Ok(Skip {
            stage: stage(row)?,
            partition: partition(row)?,
            position: Position(row.count(2)?),
            at: row.time(3)?,
            source: row.text(4)?.into(),
            head: row.text(5)?.into(),
            reason: row.text(6)?.into(),
        })
    })
}

pub fn controls(session: &dyn Session, limit: usize) -> Result<Vec<ControlRow>, StoreError> {
    let obeyed = obeyed(session)?;
    all(session, CONTROLS, &[rows(limit)], |row| {
        let mut read = read_control_row(row, obeyed)?;
        // A thousand definitions in full would be gigabytes.
        if let Control::Define { definition, .. } = &mut read.control.control {
            definition.operations = Vec::new();
        }
        if let Control::Bring { files, .. } = &mut read.control.control {
            files.iter_mut().for_each(|it| it.1 = Box::default());
        }
        Ok(read)
    })
}

pub fn control(session: &dyn Session, revision: u64) -> Result<Option<ControlRow>, StoreError> {
    let obeyed = obeyed(session)?;
    one(session, CONTROL, &[Value::count(revision)], |row| {
        read_control_row(row, obeyed)
    })
}

/// The highest revision that all folds of the first stage have obeyed.
pub fn obeyed(session: &dyn Session) -> Result<u64, StoreError> {
    let first = [Value::Text(Stage::Exchanges.name())];
    Ok(one(session, OBEYED, &first, |row| row.count(0))?.unwrap_or(0))
}

fn read_control_row(row: &dyn Row, obeyed: u64) -> Result<ControlRow, StoreError> {
    let control = read_control(row.blob(0)?)?;
    Ok(ControlRow {
        applied: control.revision <= obeyed,
        control,
        actor: row.text(1)?.into(),
    })
}

pub fn audit(
    session: &dyn Session,
    before: Option<u64>,
    limit: usize,
) -> Result<Vec<AuditRow>, StoreError> {
    let before = Value::count(before.unwrap_or(u64::MAX));
    all(session, AUDIT, &[before, rows(limit)], |row| {
        Ok(AuditRow {
            number: row.count(0)?,
            at: row.time(1)?,
            actor: row.text(2)?.into(),
            address: row.text(3)?.into(),
            action: row.text(4)?.into(),
            subject: row.text(5)?.into(),
        })
    })
}

pub fn progress(session: &dyn Session) -> Result<Vec<Progress>, StoreError> {
    all(session, PROGRESS, &[], |row| {
        Ok(Progress {
            stage: stage(row)?,
            partition: partition(row)?,
            effects_position: Position(row.count(2)?),
            state_position: Position(row.count(3)?),
            revision: row.count(4)?,
        })
    })
}

fn rows(limit: usize) -> Value<'static> {
    Value::count((limit as u64).min(PAGE_ROWS_MAX))
}

fn stage(row: &dyn Row) -> Result<Stage, StoreError> {
    Stage::parse(row.text(0)?).ok_or_else(|| damaged("a partition of an unknown stage"))
}

fn partition(row: &dyn Row) -> Result<Partition, StoreError> {
    u16::try_from(row.int(1)?)
        .map(Partition)
        .map_err(|_| damaged("a partition's number beyond 65535"))
}
