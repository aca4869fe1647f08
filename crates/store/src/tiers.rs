//! Roll-ups grow coarser with age. A count lies in exactly one tier: minutes while they are
//! young, then hours, then days. A row holds a whole block of cells, so that an endpoint-hour
//! is one row and not sixty.

use gatewatch_model::rollup::{Minutes, Step};
use gatewatch_model::time::{DAY_SECONDS, HOUR_SECONDS};
use gatewatch_ports::StoreError;

use crate::codec::cells;
use crate::engine::{Row, Session, Value, all, damaged};

pub static MINUTES: Tier = Tier {
    table: "rollup_minutes",
    step: Step::Minute,
    cells_per_block: 60,
    kept_seconds: 48 * HOUR_SECONDS,
};

pub static HOURS: Tier = Tier {
    table: "rollup_hours",
    step: Step::Hour,
    cells_per_block: 24,
    kept_seconds: 35 * DAY_SECONDS,
};

pub static DAYS: Tier = Tier {
    table: "rollup_days",
    step: Step::Day,
    cells_per_block: 20,
    kept_seconds: 400 * DAY_SECONDS,
};

/// From the finest to the coarsest.
pub static TIERS: [&Tier; 3] = [&MINUTES, &HOURS, &DAYS];

/// One table of roll-ups. Statements on any of them name it `{rollup}`.
#[derive(Debug)]
pub struct Tier {
    table: &'static str,
    /// How long a cell is; its key counts such steps since 1970.
    pub step: Step,
    pub cells_per_block: i64,
    pub kept_seconds: i64,
}

const READ: &str = "SELECT endpoint, cells FROM {rollup} WHERE block = ? AND endpoint IN ";

const READ_ALL: &str = "SELECT block, cells FROM {rollup} WHERE endpoint = ?";
const DROP_ALL: &str = "DELETE FROM {rollup} WHERE endpoint = ?";

const WRITE: &str = "
    INSERT INTO {rollup} (endpoint, block, cells) VALUES (?, ?, ?)
    ON CONFLICT (endpoint, block) DO UPDATE SET cells = excluded.cells";

/// How many rows one statement reads; shorter runs repeat their last id, so that the database
/// sees one text only.
const READ_MAX: usize = 64;

impl Tier {
    pub fn spell(&self, sql: &str) -> String {
        sql.replace("{rollup}", self.table)
    }

    pub fn block(&self, key: i64) -> i64 {
        key.div_euclid(self.cells_per_block)
    }

    /// The block that a second since 1970 lies in.
    pub fn block_of_second(&self, second: i64) -> i64 {
        self.block(second.div_euclid(self.step.seconds()))
    }

    /// Adds to the rows of one block, in the order given: each endpoint once.
    pub fn add(
        &self,
        session: &dyn Session,
        block: i64,
        rows: &mut [([u8; 16], Minutes)],
    ) -> Result<(), StoreError> {
        let read = format!("{}({})", self.spell(READ), vec!["?"; READ_MAX].join(","));
        let write = self.spell(WRITE);
        let mut bytes = Vec::new();
        for rows in rows.chunks_mut(READ_MAX) {
            Self::merge_kept(session, &read, block, rows)?;
            for (endpoint, cells) in rows {
                cells::encode(&cells.0, &mut bytes);
                let values = [
                    Value::Blob(endpoint),
                    Value::Int(block),
                    Value::Blob(&bytes),
                ];
                session.execute(&write, &values)?;
            }
        }
        Ok(())
    }

    /// Gives all rows of one endpoint to another.
    pub fn hand_on(
        &self,
        session: &dyn Session,
        from: [u8; 16],
        to: [u8; 16],
    ) -> Result<(), StoreError> {
        let from = [Value::Blob(&from)];
        let blocks = all(session, &self.spell(READ_ALL), &from, |row| {
            Ok((row.int(0)?, read_cells(row, 1)?))
        })?;
        if blocks.is_empty() {
            return Ok(());
        }
        session.execute(&self.spell(DROP_ALL), &from)?;
        for (block, cells) in blocks {
            self.add(session, block, &mut [(to, cells)])?;
        }
        Ok(())
    }

    /// Adds what is kept to what is given: sums do not mind the order.
    fn merge_kept(
        session: &dyn Session,
        sql: &str,
        block: i64,
        rows: &mut [([u8; 16], Minutes)],
    ) -> Result<(), StoreError> {
        let ids = rows.iter().map(|it| it.0).collect::<Vec<_>>();
        let mut values = vec![Value::Int(block)];
        values.extend(ids.iter().map(|it| Value::Blob(it)));
        while values.len() <= READ_MAX {
            values.push(values[values.len() - 1]);
        }
        session.query(sql, &values, &mut |row| {
            let endpoint = row.id(0)?;
            if let Some((_, cells)) = rows.iter_mut().find(|it| it.0 == endpoint) {
                // What is given is little and mostly new, so it goes into what is kept.
                let given = std::mem::replace(cells, read_cells(row, 1)?);
                for (key, cell) in &given.0 {
                    cells.add(*key, cell);
                }
            }
            Ok(())
        })
    }
}

pub fn read_cells(row: &dyn Row, column: usize) -> Result<Minutes, StoreError> {
    cells::decode(row.blob(column)?).map_err(|it| damaged(format!("a roll-up row: {it}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_tier_fits_its_block() {
        for tier in TIERS {
            assert!(tier.cells_per_block as usize <= cells::CELLS_MAX);
            assert_eq!(tier.kept_seconds % tier.step.seconds(), 0);
        }
        assert_eq!(MINUTES.block_of_second(7_199), 1);
        assert_eq!(HOURS.block_of_second(-1), -1);
    }
}
