//! Keeps the store bounded: roll-ups grow coarser with age, and what is past its time goes.
//! Every step is a short transaction, so that the fold never waits long.

use std::collections::BTreeMap;
use std::path::Path;

use gatewatch_model::Timestamp;
use gatewatch_model::rollup::Minutes;
use gatewatch_model::time::{DAY_SECONDS, HOUR_SECONDS};
use gatewatch_ports::StoreError;
use gatewatch_ports::sensitive::DISCOVERIES_MAX;
use gatewatch_ports::store::{Retained, Upkeep};

use crate::SqlStore;
use crate::engine::{Engine, Session, Value, all, one};
use crate::tiers::{DAYS, HOURS, MINUTES, Tier, read_cells};

/// Minutes are kept that long only while the disk is nearly full.
const TIGHT_MINUTES_SECONDS: i64 = 6 * HOUR_SECONDS;
const CALLERS_SECONDS: i64 = 90 * DAY_SECONDS;
const AUDIT_SECONDS: i64 = 400 * DAY_SECONDS;
/// More callers than this are not kept: those seen longest ago go first.
pub const CALLERS_MAX: u64 = 1_000_000;
/// Rows that one transaction moves or drops.
const ROWS_MAX: u64 = 500;

const OLDEST: &str = "
    SELECT endpoint, block, cells FROM {rollup}
    WHERE block < ? ORDER BY block, endpoint LIMIT ?";

const REMOVE: &str = "DELETE FROM {rollup} WHERE endpoint = ? AND block = ?";

/// In the order of the key and from where the last transaction stopped, so that all of them
/// together read the table once.
const CALLERS_UP_TO: &str = "
    SELECT caller FROM callers
    WHERE caller > ? AND (last_seen < ? OR (last_seen = ? AND caller <= ?))
    ORDER BY caller LIMIT ?";

const NTH_CALLER: &str = "
    SELECT last_seen, caller FROM callers ORDER BY last_seen, caller LIMIT 1 OFFSET ?";

const COUNT_CALLERS: &str = "SELECT COUNT(*) FROM callers";

const DROP_CALLER: &str = "DELETE FROM callers WHERE caller = ?";

const DROP_AUDIT: &str = "
    DELETE FROM audit WHERE number IN
        (SELECT number FROM audit WHERE at < ? ORDER BY number LIMIT ?)";

/// They are numbered without gaps until some are dropped from below.
const DROP_DISCOVERIES: &str = "
    DELETE FROM discoveries WHERE number IN
        (SELECT number FROM discoveries
         WHERE number <= (SELECT MAX(number) FROM discoveries) - ? ORDER BY number LIMIT ?)";

/// A skip that a restart may still need stays, however old it is.
const DROP_SKIPS: &str = "
    DELETE FROM skips WHERE at < ? AND EXISTS (
        SELECT 1 FROM partitions p
        WHERE p.stage = skips.stage AND p.number = skips.number
        AND p.state_position > skips.position)";

impl<E: Engine> Upkeep for SqlStore<E> {
    fn retain(&self, now: Timestamp, tight: bool) -> Result<Retained, StoreError> {
        let minutes_seconds = if tight {
            TIGHT_MINUTES_SECONDS
        } else {
            MINUTES.kept_seconds
        };
        let now_seconds = now.seconds();
        let retained = Retained {
            minutes_rows: self.coarsen(&MINUTES, Some(&HOURS), now_seconds - minutes_seconds)?,
            hours_rows: self.coarsen(&HOURS, Some(&DAYS), now_seconds - HOURS.kept_seconds)?,
            days_rows: self.coarsen(&DAYS, None, now_seconds - DAYS.kept_seconds)?,
            callers_rows: self.drop_callers(now.plus_seconds(-CALLERS_SECONDS), CALLERS_MAX)?,
            audit_rows: self.drop_audit(now.plus_seconds(-AUDIT_SECONDS))?,
            discoveries_rows: self.drop_discoveries(DISCOVERIES_MAX)?,
        };
        let skips_before = now.plus_seconds(-AUDIT_SECONDS);
        self.engine
            .write(|session| session.execute(DROP_SKIPS, &[skips_before.into()]))?;
        self.engine.trim()?;
        Ok(retained)
    }

    fn backup(&self, to: &Path, progress: &mut dyn FnMut(u64, u64)) -> Result<(), StoreError> {
        self.engine.copy(to, progress)
    }

    fn bytes(&self) -> Result<u64, StoreError> {
        self.engine.bytes()
    }
}

impl<E: Engine> SqlStore<E> {
    /// Moves the blocks of a tier that end before a second since 1970 into the next one, or
    /// drops them if there is none. Answers how many rows went.
    fn coarsen(&self, tier: &Tier, next: Option<&Tier>, before: i64) -> Result<u64, StoreError> {
        let block = tier.block_of_second(before);
        self.repeat(|session| move_some(session, tier, next, block))
    }

    pub(crate) fn drop_callers(&self, before: Timestamp, max: u64) -> Result<u64, StoreError> {
        let old = self.drop_callers_up_to(before, "")?;
        match self.engine.read(|session| last_to_go(session, max))? {
            Some((seen, caller)) => Ok(old + self.drop_callers_up_to(seen, &caller)?),
            None => Ok(old),
        }
    }

    /// Drops who was seen before that time, and those seen at it up to that name.
    fn drop_callers_up_to(&self, seen: Timestamp, caller: &str) -> Result<u64, StoreError> {
        let (mut rows, mut after) = (0, Box::<str>::from(""));
        loop {
            let gone = self.engine.write(|session| {
                let values = [
                    Value::Text(&after),
                    seen.into(),
                    seen.into(),
                    Value::Text(caller),
                    Value::count(ROWS_MAX),
                ];
                drop_some_callers(session, &values)
            })?;
            rows += gone.len() as u64;
            match gone.into_iter().last() {
                Some(last) => after = last,
                None => return Ok(rows),
            }
        }
    }

    fn drop_audit(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.repeat(|session| session.execute(DROP_AUDIT, &[before.into(), Value::count(ROWS_MAX)]))
    }

    pub(crate) fn drop_discoveries(&self, max: u64) -> Result<u64, StoreError> {
        let values = [Value::count(max), Value::count(ROWS_MAX)];
        self.repeat(|session| session.execute(DROP_DISCOVERIES, &values))
    }

    /// Runs one short transaction after the other until one finds nothing more to do.
    fn repeat(
        &self,
        step: impl Fn(&dyn Session) -> Result<u64, StoreError>,
    ) -> Result<u64, StoreError> {
        let mut rows = 0;
        loop {
            match self.engine.write(&step)? {
                0 => return Ok(rows),
                more => rows += more,
            }
        }
    }
}

fn move_some(
    session: &dyn Session,
    tier: &Tier,
    next: Option<&Tier>,
    before: i64,
) -> Result<u64, StoreError> {
    let values = [Value::Int(before), Value::count(ROWS_MAX)];
    let rows = all(session, &tier.spell(OLDEST), &values, |row| {
        Ok((row.id(0)?, row.int(1)?, read_cells(row, 2)?))
    })?;
    if let Some(next) = next {
        add_coarser(session, tier, next, &rows)?;
    }
    let remove = tier.spell(REMOVE);
    for (endpoint, block, _) in &rows {
        session.execute(&remove, &[Value::Blob(endpoint), Value::Int(*block)])?;
    }
    Ok(rows.len() as u64)
}

fn add_coarser(
    session: &dyn Session,
    tier: &Tier,
    next: &Tier,
    rows: &[([u8; 16], i64, Minutes)],
) -> Result<(), StoreError> {
    let mut blocks = BTreeMap::<i64, BTreeMap<[u8; 16], Minutes>>::new();
    for (endpoint, _, cells) in rows {
        for (key, cell) in &cells.0 {
            let second = key.saturating_mul(tier.step.seconds());
            let key = second.div_euclid(next.step.seconds());
            let block = blocks.entry(next.block(key)).or_default();
            block.entry(*endpoint).or_default().add(key, cell);
        }
    }
    for (block, rows) in blocks {
        next.add(session, block, &mut rows.into_iter().collect::<Vec<_>>())?;
    }
    Ok(())
}

/// Of all callers but `max`, the one seen last. Sorting a table of them takes a while, and the
/// writer does not wait for it.
fn last_to_go(
    session: &dyn Session,
    max: u64,
) -> Result<Option<(Timestamp, Box<str>)>, StoreError> {
    let count = one(session, COUNT_CALLERS, &[], |row| row.count(0))?.unwrap_or(0);
    let Some(before) = count.saturating_sub(max).checked_sub(1) else {
        return Ok(None);
    };
    one(session, NTH_CALLER, &[Value::count(before)], |row| {
        Ok((row.time(0)?, row.text(1)?.into()))
    })
}

fn drop_some_callers(
    session: &dyn Session,
    values: &[Value<'_>],
) -> Result<Vec<Box<str>>, StoreError> {
    let callers = all(session, CALLERS_UP_TO, values, |row| {
        Ok(Box::<str>::from(row.text(0)?))
    })?;
    for caller in &callers {
        session.execute(DROP_CALLER, &[Value::Text(caller)])?;
    }
    Ok(callers)
}
