//! Snapshots in rotation: one partition at a time is encoded at a checkpoint and written in
//! parts over the checkpoints that follow, so that no checkpoint is long and the rate is bounded.

use gatewatch_model::{Partition, Position};
use gatewatch_ports::store::SnapshotStep;

pub const PART_BYTES_MAX: usize = 256 << 10;
/// What one checkpoint writes of a snapshot at most.
const STEP_BYTES_MAX: usize = 4 << 20;
/// A changed partition is written again after this long, and longer the larger it is …
const SECONDS_MIN: u64 = 20;
const BYTES_PER_SECOND: u64 = 1 << 20;
/// … one that only time has passed over much more slowly.
const IDLE_BYTES_PER_SECOND: u64 = 64 << 10;

/// A snapshot on its way into the store.
#[derive(Debug)]
pub struct Writing {
    pub partition: Partition,
    pub position: Position,
    bytes: Vec<u8>,
    written: usize,
}

impl Writing {
    pub fn new(partition: Partition, position: Position, bytes: Vec<u8>) -> Writing {
        Writing {
            partition,
            position,
            bytes,
            written: 0,
        }
    }

    pub fn bytes(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// The steps of the next checkpoint; the last of all is `Complete`.
    pub fn steps(&mut self, everything: bool) -> Vec<SnapshotStep> {
        let budget = if everything {
            usize::MAX
        } else {
            STEP_BYTES_MAX
        };
        let end = self.bytes.len().min(self.written.saturating_add(budget));
        let mut steps = Vec::new();
        while self.written < end {
            let part_end = end.min(self.written + PART_BYTES_MAX);
            let index = (self.written / PART_BYTES_MAX) as u32;
            let bytes = self.bytes[self.written..part_end].to_vec();
            steps.push(SnapshotStep::Part {
                position: self.position,
                index,
                bytes,
            });
            self.written = part_end;
        }
        if self.is_written() {
            let parts = self.bytes.len().div_ceil(PART_BYTES_MAX) as u32;
            steps.push(SnapshotStep::Complete {
                position: self.position,
                parts,
            });
        }
        steps
    }

    pub fn is_written(&self) -> bool {
        self.written == self.bytes.len()
    }
}

/// When a partition's next snapshot is due.
#[derive(Clone, Copy, Debug, Default)]
pub struct Due {
    pub last_bytes: u64,
    /// Anything but Ticks came since the last snapshot.
    pub changed: bool,
    /// The partition went back to its last snapshot after a poisoned record: the next one comes
    /// at once, so that the next poison has little to fold again.
    pub reloaded: bool,
}

impl Due {
    /// `pressed`: the journal fills up, and what is idle must not keep it from letting go.
    pub fn after_seconds(self, pressed: bool) -> u64 {
        if self.reloaded {
            return 0;
        }
        let rate = if self.changed || pressed {
            BYTES_PER_SECOND
        } else {
            IDLE_BYTES_PER_SECOND
        };
        SECONDS_MIN + self.last_bytes / rate
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write_out(bytes: usize) -> Vec<Vec<SnapshotStep>> {
        let mut writing = Writing::new(Partition(1), Position(9), vec![7; bytes]);
        let mut all = Vec::new();
        loop {
            all.push(writing.steps(false));
            if writing.is_written() {
                return all;
            }
        }
    }

    #[test]
    fn a_large_state_takes_several_checkpoints_and_completes_once() {
        let steps = write_out(STEP_BYTES_MAX * 2 + 10);
        assert_eq!(steps.len(), 3);
        let indexes: Vec<u32> = steps
            .iter()
            .flatten()
            .filter_map(|it| match it {
                SnapshotStep::Part { index, .. } => Some(*index),
                SnapshotStep::Complete { .. } => None,
            })
            .collect();
        assert_eq!(indexes, (0..33).collect::<Vec<_>>());
        assert_eq!(
            steps[2].last(),
            Some(&SnapshotStep::Complete {
                position: Position(9),
                parts: 33
            })
        );
    }

    #[test]
    fn an_empty_state_is_complete_without_parts() {
        assert_eq!(
            write_out(0),
            [[SnapshotStep::Complete {
                position: Position(9),
                parts: 0
            }]]
        );
    }

    #[test]
    fn idle_partitions_are_written_more_slowly_while_the_journal_has_room() {
        let large = Due {
            last_bytes: 64 << 20,
            changed: true,
            reloaded: false,
        };
        let idle = Due {
            changed: false,
            ..large
        };
        assert_eq!(large.after_seconds(false), 84);
        let reloaded = Due {
            reloaded: true,
            ..large
        };
        assert_eq!(reloaded.after_seconds(false), 0);
        assert_eq!(idle.after_seconds(false), 1_044);
        assert_eq!(idle.after_seconds(true), 84);
        assert_eq!(Due::default().after_seconds(false), 20);
    }
}
