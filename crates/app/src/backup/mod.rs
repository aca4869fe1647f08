//! The commands `backup` and `restore`. A backup is a store whose states stand exactly at its
//! effects, so that it needs no journal: bodies are never in it. What is in the journal and not
//! yet folded when the backup is taken is not in it either.

mod held;
mod restoring;
mod settle;
mod taking;

use serde::{Deserialize, Serialize};

pub use restoring::restore;
pub use taking::take;

/// Says what the folder is; the last file to be written.
const LABEL: &str = "backup.json";
const LABEL_BYTES_MAX: u64 = 4_096;

/// What is in the label.
#[derive(Debug, Serialize, Deserialize)]
struct Label {
    /// Of the release that took it.
    version: String,
    taken_at: String,
    /// Whether the key that values are masked with is not in it.
    #[serde(default)]
    key_outside: bool,
}
