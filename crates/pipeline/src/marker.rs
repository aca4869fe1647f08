//! A note that survives the death of the process: what was being folded, so that a record that
//! kills it (out of memory, stack overflow, abort) is found and set aside after a few starts.
//!
//! Two deaths before any progress make a partition *careful*: it folds alone, a stride of
//! records at a time, committed before the next. A death in the middle of a stride makes the
//! stride shorter; repeated deaths on one single record name the culprit. A death at any other
//! moment (somebody pulled the plug) says nothing against the records.

use std::io::ErrorKind;
use std::path::PathBuf;

use gatewatch_model::{Partition, Position, Stage};

/// Strides by level. Levels 0 and 1 fold as usual; beyond the last one the record is skipped.
const STRIDES: [u64; 6] = [u64::MAX, u64::MAX, 512, 16, 1, 1];
/// From here on folding is careful.
pub const CAREFUL_LEVEL: u8 = 2;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    pub stage: Stage,
    pub partition: Partition,
    /// Effects were committed up to here when the note was written.
    pub position: Position,
    pub level: u8,
    /// Careful folding ends when this is passed.
    pub until: Position,
    /// A careful stride is being folded and is not committed.
    pub alone: bool,
}

/// Where notes are kept.
pub trait Marks: Send + Sync {
    fn read(&self) -> Vec<Mark>;
    /// Replaces all notes at once.
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
    /// The note for the run after this one, which died. `effects` is where the store stands now,
    /// `end` where the journal ends.
    pub fn after_death(self, effects: Position, end: Position) -> Mark {
        let stuck = effects == self.position;
        let (level, until) = if self.level < CAREFUL_LEVEL {
            (if stuck { self.level + 1 } else { 1 }, end)
        } else if self.alone && stuck {
            (
                self.level + 1,
                Position(effects.0 + self.stride().unwrap_or(1)),
            )
        } else {
            (self.level, self.until)
        };
        Mark {
            position: effects,
            level,
            until,
            alone: false,
            ..self
        }
    }

    pub fn approach(self) -> Approach {
        match self.stride() {
            None => Approach::Skip {
                position: self.position,
            },
            Some(u64::MAX) => Approach::Usual,
            Some(stride) => Approach::Careful {
                stride,
                until: self.until,
            },
        }
    }

    fn stride(self) -> Option<u64> {
        STRIDES.get(usize::from(self.level)).copied()
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
        let text: String = marks.iter().map(|it| render(it) + "\n").collect();
        std::fs::write(&next, text)?;
        // Not synced: it has to survive the death of the process, not of the machine.
        std::fs::rename(&next, &self.path)
    }
}

fn render(mark: &Mark) -> String {
    let Mark {
        stage,
        partition,
        position,
        level,
        until,
        alone,
    } = mark;
    let alone = if *alone { "alone" } else { "-" };
    format!(
        "{} {} {} {level} {} {alone}",
        stage.name(),
        partition.0,
        position.0,
        until.0
    )
}

fn parse(line: &str) -> Option<Mark> {
    let mut words = line.split(' ');
    Some(Mark {
        stage: Stage::parse(words.next()?)?,
        partition: Partition(words.next()?.parse().ok()?),
        position: Position(words.next()?.parse().ok()?),
        level: words.next()?.parse().ok()?,
        until: Position(words.next()?.parse().ok()?),
        alone: words.next()? == "alone",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const END: Position = Position(9_000);

    fn mark(level: u8, position: u64, alone: bool) -> Mark {
        Mark {
            stage: Stage::Exchanges,
            partition: Partition(3),
            position: Position(position),
            level,
            until: Position(900),
            alone,
        }
    }

    #[test]
    fn two_deaths_without_progress_make_it_careful() {
        let first = mark(0, 100, false).after_death(Position(100), END);
        assert_eq!((first.approach(), first.level), (Approach::Usual, 1));
        let second = first.after_death(Position(100), END);
        assert_eq!(
            second.approach(),
            Approach::Careful {
                stride: 512,
                until: END
            }
        );
    }

    #[test]
    fn progress_between_deaths_starts_over() {
        let again = mark(1, 100, false).after_death(Position(5_000), END);
        assert_eq!((again.approach(), again.level), (Approach::Usual, 1));
    }

    #[test]
    fn each_death_within_a_stride_narrows_the_danger_to_it() {
        let second = mark(2, 612, true).after_death(Position(612), END);
        assert_eq!(
            second.approach(),
            Approach::Careful {
                stride: 16,
                until: Position(1_124)
            }
        );
        let third = Mark {
            position: Position(700),
            alone: true,
            ..second
        }
        .after_death(Position(700), END);
        assert_eq!(
            third.approach(),
            Approach::Careful {
                stride: 1,
                until: Position(716)
            }
        );
    }

    #[test]
    fn deaths_on_one_single_record_name_the_culprit() {
        let again = mark(4, 733, true).after_death(Position(733), END);
        assert_eq!(
            again.approach(),
            Approach::Careful {
                stride: 1,
                until: Position(734)
            }
        );
        let named = Mark {
            alone: true,
            ..again
        }
        .after_death(Position(733), END);
        assert_eq!(
            named.approach(),
            Approach::Skip {
                position: Position(733)
            }
        );
    }

    #[test]
    fn a_pulled_plug_between_strides_says_nothing_against_the_records() {
        let mut note = mark(5, 733, false);
        for _ in 0..20 {
            note = note.after_death(Position(733), END);
        }
        assert_eq!(
            note.approach(),
            Approach::Careful {
                stride: 1,
                until: Position(900)
            }
        );
    }

    #[test]
    fn the_note_survives_in_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = MarkFile::new(folder.path());
        assert_eq!(file.read(), []);
        let marks = [mark(2, 7, true), mark(0, 9, false)];
        file.write(&marks).unwrap();
        assert_eq!(file.read(), marks);
    }
}
