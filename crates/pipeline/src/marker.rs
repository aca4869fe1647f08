//! A note that survives the death of the process: what was being folded, so that a record that
//! kills it (out of memory, stack overflow, abort) is found and set aside after a few starts.
//!
//! Each start that finds the note of a run which died before any progress goes one level up.
//! From level 2 on, folding is *careful*: a stride of records at a time, committed before the
//! next; each further death makes the stride shorter, and a death at stride 1 names the culprit.

use std::io::{ErrorKind, Write};
use std::path::PathBuf;

use gatewatch_model::{Partition, Position, Stage};

/// Strides by level; level 0 and 1 fold as usual.
const STRIDES: [u64; 5] = [u64::MAX, u64::MAX, 512, 16, 1];
/// Beyond the last stride, the record at the position is skipped.
const SKIP_LEVEL: u8 = STRIDES.len() as u8;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    pub stage: Stage,
    pub partition: Partition,
    /// Effects were committed up to here when the note was written.
    pub position: Position,
    pub level: u8,
}

/// Where notes are kept.
pub trait Marks: Send + Sync {
    fn read(&self) -> Vec<Mark>;
    /// Replaces all notes, durably.
    fn write(&self, marks: &[Mark]) -> std::io::Result<()>;
}

/// How one partition is to fold after a start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Approach {
    Usual,
    Careful {
        stride: u64,
        until: Position,
    },
    /// The record at this position has killed the process again and again.
    Skip {
        position: Position,
    },
}

impl Mark {
    /// What to do after a start that found this note, and the note for this run. `effects` is
    /// where the store stands, `end` where the journal ends.
    pub fn after_death(self, effects: Position, end: Position) -> (Approach, Mark) {
        let stride_before = STRIDES.get(usize::from(self.level)).copied().unwrap_or(1);
        let careful_before = stride_before != u64::MAX;
        // While careful, every commit is progress of a kind; the danger lies in the stride that
        // was begun and not committed.
        let level = if careful_before || effects == self.position {
            self.level + 1
        } else {
            1
        };
        let until = if careful_before {
            Position(effects.0 + stride_before)
        } else {
            end
        };
        let approach = match STRIDES.get(usize::from(level)) {
            None => Approach::Skip { position: effects },
            Some(&u64::MAX) => Approach::Usual,
            Some(&stride) => Approach::Careful { stride, until },
        };
        (
            approach,
            Mark {
                position: effects,
                level: level.min(SKIP_LEVEL),
                ..self
            },
        )
    }
}

/// Notes in one small text file, replaced as a whole.
#[derive(Debug)]
pub struct MarkFile {
    path: PathBuf,
}

impl MarkFile {
    pub fn new(folder: &std::path::Path) -> MarkFile {
        MarkFile {
            path: folder.join("folding"),
        }
    }
}

impl Marks for MarkFile {
    fn read(&self) -> Vec<Mark> {
        match std::fs::read_to_string(&self.path) {
            Ok(text) => text.lines().filter_map(parse).collect(),
            Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
            Err(error) => {
                tracing::warn!(path = %self.path.display(), %error, "cannot read the folding marker");
                Vec::new()
            }
        }
    }

    fn write(&self, marks: &[Mark]) -> std::io::Result<()> {
        let next = self.path.with_extension("next");
        let mut file = std::fs::File::create(&next)?;
        for mark in marks {
            writeln!(file, "{}", render(mark))?;
        }
        file.sync_data()?;
        std::fs::rename(&next, &self.path)
    }
}

fn render(mark: &Mark) -> String {
    let Mark {
        stage,
        partition,
        position,
        level,
    } = mark;
    format!("{} {} {} {level}", stage.name(), partition.0, position.0)
}

fn parse(line: &str) -> Option<Mark> {
    let mut words = line.split(' ');
    Some(Mark {
        stage: Stage::parse(words.next()?)?,
        partition: Partition(words.next()?.parse().ok()?),
        position: Position(words.next()?.parse().ok()?),
        level: words.next()?.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(level: u8, position: u64) -> Mark {
        Mark {
            stage: Stage::Exchanges,
            partition: Partition(3),
            position: Position(position),
            level,
        }
    }

    #[test]
    fn two_deaths_without_progress_make_it_careful() {
        let (first, note) = mark(0, 100).after_death(Position(100), Position(1_000));
        assert_eq!((first, note.level), (Approach::Usual, 1));
        let (second, note) = note.after_death(Position(100), Position(1_000));
        assert_eq!(
            second,
            Approach::Careful {
                stride: 512,
                until: Position(1_000)
            }
        );
        assert_eq!(note.level, 2);
    }

    #[test]
    fn progress_between_deaths_starts_over() {
        let (approach, note) = mark(1, 100).after_death(Position(5_000), Position(9_000));
        assert_eq!((approach, note.level), (Approach::Usual, 1));
    }

    #[test]
    fn a_death_at_stride_one_names_the_culprit() {
        let (approach, note) = mark(4, 700).after_death(Position(733), Position(5_000));
        assert_eq!(
            approach,
            Approach::Skip {
                position: Position(733)
            }
        );
        assert_eq!(note.level, SKIP_LEVEL);
    }

    #[test]
    fn each_death_narrows_the_danger_to_the_stride_it_died_in() {
        let (second, note) = mark(2, 100).after_death(Position(612), Position(9_000));
        assert_eq!(
            second,
            Approach::Careful {
                stride: 16,
                until: Position(1_124)
            }
        );
        let (third, _) = note.after_death(Position(700), Position(9_000));
        assert_eq!(
            third,
            Approach::Careful {
                stride: 1,
                until: Position(716)
            }
        );
    }

    #[test]
    fn the_note_survives_in_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = MarkFile::new(folder.path());
        assert_eq!(file.read(), []);
        file.write(&[mark(2, 7), mark(0, 9)]).unwrap();
        assert_eq!(file.read(), [mark(2, 7), mark(0, 9)]);
    }
}
