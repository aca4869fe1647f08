//! Roll-ups over all tiers.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use gatewatch_model::rollup::{Cell, MinuteCell};
use gatewatch_model::time::MINUTE_SECONDS;
use gatewatch_ports::StoreError;
use gatewatch_ports::store::{ROLLUP_STEPS_MAX, RollupQuery};

use super::filter::Filter;
use crate::engine::{Session, Value};
use crate::tiers::{TIERS, Tier, read_cells};

/// A longer sum holds one of a few readers and is broken off.
const SUM_SECONDS_MAX: u64 = 10;
/// The time is looked at once in so many rows.
const ROWS_PER_LOOK: u64 = 256;

/// `names`: the ids of the endpoints asked for, and every id that leads to one of them and has
/// no endpoint of its own. An alias takes its roll-ups along; older releases left them behind.
const NAMED: [&str; 2] = [
    "WITH RECURSIVE names (id) AS (
        SELECT e.id FROM endpoints e JOIN collections c ON c.id = e.collection",
    " UNION SELECT a.old_id FROM aliases a JOIN names n ON a.new_id = n.id
            WHERE a.old_id NOT IN (SELECT id FROM endpoints))
    SELECT r.cells FROM {rollup} r
    WHERE r.endpoint IN (SELECT id FROM names) AND r.block >= ? AND r.block <= ?",
];

const ALL: &str = "SELECT r.cells FROM {rollup} r WHERE r.block >= ? AND r.block <= ?";

/// Counts of a tier that is coarser than the step cannot be placed in one and are left out.
pub fn read(session: &dyn Session, query: &RollupQuery) -> Result<Vec<MinuteCell>, StoreError> {
    if query.to <= query.from {
        return Ok(Vec::new());
    }
    let filter = filter(session, query)?;
    let sql = if filter.is_empty() {
        ALL.into()
    } else {
        NAMED.join(&filter.condition())
    };
    let range = Range::new(query);
    let mut patience = Patience::new(Duration::from_secs(SUM_SECONDS_MAX));
    let mut sums = BTreeMap::<i64, Cell>::new();
    let fine_enough = |it: &&&Tier| it.step.seconds() <= query.step.seconds();
    for tier in TIERS.iter().filter(fine_enough) {
        let mut values = filter.values();
        let tier_seconds = tier.step.seconds();
        values.push(Value::Int(tier.block_of_second(range.from)));
        values.push(Value::Int(tier.block_of_second(range.to - 1)));
        session.query(&tier.spell(&sql), &values, &mut |row| {
            patience.look()?;
            for (key, cell) in read_cells(row, 0)?.0 {
                let second = key.saturating_mul(tier_seconds);
                if (range.from..range.to).contains(&second) {
                    let step = second.div_euclid(range.step) * range.step;
                    sums.entry(step).or_default().merge(&cell);
                }
            }
            Ok(())
        })?;
    }
    Ok(sums
        .into_iter()
        .map(|(second, cell)| (second.div_euclid(MINUTE_SECONDS), cell))
        .collect())
}

/// How long a sum may take.
struct Patience {
    begun: Instant,
    most: Duration,
    rows: u64,
}

impl Patience {
    fn new(most: Duration) -> Patience {
        Patience {
            begun: Instant::now(),
            most,
            rows: 0,
        }
    }

    fn look(&mut self) -> Result<(), StoreError> {
        self.rows += 1;
        if self.rows.is_multiple_of(ROWS_PER_LOOK) && self.begun.elapsed() > self.most {
            let seconds = self.most.as_secs();
            return Err(StoreError::TooLong { seconds });
        }
        Ok(())
    }
}

/// Seconds since 1970, `from` and `to` at the bounds of a step.
struct Range {
    from: i64,
    to: i64,
    step: i64,
}

impl Range {
    /// Every step that the query touches, but only the last `ROLLUP_STEPS_MAX` of them.
    fn new(query: &RollupQuery) -> Range {
        let step = query.step.seconds();
        let from = query.step.floor(query.from).seconds();
        let last = query.step.floor(query.to.plus_micros(-1)).seconds();
        let to = last.saturating_add(step);
        let longest = step * ROLLUP_STEPS_MAX;
        Range {
            from: from.max(to.saturating_sub(longest)),
            to,
            step,
        }
    }
}

fn filter(session: &dyn Session, query: &RollupQuery) -> Result<Filter, StoreError> {
    let mut filter = Filter::default();
    filter.within(&query.scope);
    filter.id("e.collection = ?", query.collection.map(|it| it.0));
    if let Some(id) = query.endpoint {
        // An old name asks for the endpoint of today with all its names.
        let id = super::endpoints::find(session, id)?.map_or(id, |it| it.row.id);
        filter.id("e.id = ?", Some(id.0));
    }
    Ok(filter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_that_takes_too_long_is_broken_off() {
        let mut patience = Patience::new(Duration::ZERO);
        let looks = (0..ROWS_PER_LOOK).map(|_| patience.look());
        let ends = looks.filter(|it| matches!(it, Err(StoreError::TooLong { .. })));
        assert_eq!(ends.count(), 1, "at the last row that is looked at");
        let mut patience = Patience::new(Duration::MAX);
        assert!((0..ROWS_PER_LOOK * 4).all(|_| patience.look().is_ok()));
    }
}
