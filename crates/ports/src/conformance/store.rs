//! What every store must do, on whatever database.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "this is a test suite; it is only built for tests"
)]

mod changes;
mod checkpoints;
mod definitions;
mod deltas;
mod endpoints;
mod facts;
mod names;
mod origins;
mod rollups;
mod samples;
mod scopes;
mod sensitive;
mod signals;
mod snapshots;
mod upkeep;

use std::path::{Path, PathBuf};

use crate::Store;

/// Makes the stores under test.
pub trait Maker {
    /// A new and empty store.
    fn make(&mut self) -> Box<dyn Store>;

    /// Closes the store and opens the same again.
    fn reopen(&mut self, store: Box<dyn Store>) -> Box<dyn Store>;

    /// A new and empty folder for a backup; `None` if this kind is backed up by other means.
    fn backup_folder(&mut self) -> Option<PathBuf>;

    /// Opens what was backed up into that folder.
    fn open_backup(&mut self, folder: &Path) -> Box<dyn Store>;
}

pub type Case = fn(&mut dyn Maker);

/// Each case with the sentence that it proves.
pub static ROLL: &[(&str, Case)] = &[
    ("a new store knows nothing", checkpoints::a_new_store),
    ("a checkpoint moves its partition", checkpoints::moves_on),
    (
        "a checkpoint from elsewhere writes nothing",
        checkpoints::superseded,
    ),
    ("checkpoints of one commit are one", checkpoints::together),
    ("rows outlive closing", checkpoints::reopened),
    ("rows are as last written", checkpoints::absolute),
    ("coverage is as last written", checkpoints::coverage),
    ("what is set aside stays so", checkpoints::set_aside),
    (
        "a skip that no restart needs is not loaded",
        checkpoints::skips_above_state,
    ),
    ("a snapshot counts when complete", snapshots::complete),
    (
        "a newer snapshot replaces an older one",
        snapshots::replaced,
    ),
    (
        "an unfinished snapshot leaves nothing",
        snapshots::unfinished,
    ),
    ("a snapshot may overlap the next", snapshots::overlapping),
    (
        "a snapshot without its parts is refused",
        snapshots::lacking,
    ),
    ("what is forgotten goes first", checkpoints::forgotten_first),
    (
        "a forgotten endpoint takes its roll-ups",
        checkpoints::forgotten_rollups,
    ),
    (
        "a forgotten collection goes",
        checkpoints::forgotten_collection,
    ),
    ("sources and callers add up", deltas::add_up),
    ("batch boundaries do not show", deltas::any_batches),
    (
        "callers are those of the whole estate",
        deltas::callers_of_all,
    ),
    (
        "sources count what was set aside",
        deltas::sources_set_aside,
    ),
    ("endpoints sort by everything", endpoints::sorts),
    ("equal ranks keep their order over pages", endpoints::pages),
    ("filters narrow", endpoints::filters),
    ("a status or a class of it", endpoints::statuses),
    ("a search is literal and knows no case", endpoints::search),
    ("everything of a row comes back", endpoints::whole),
    ("collections sort, search and page", endpoints::collections),
    ("every fact comes back", facts::whole),
    ("facts narrow, and stale ones do not", facts::filters),
    ("endpoints sort by facts", facts::sorts),
    ("a collection counts its endpoints", facts::counts),
    ("a collection knows its partition", facts::home),
    ("a profile is as last written", facts::profile_whole),
    ("a profile goes with its endpoint", facts::profile_goes),
    ("a definition keeps its document", definitions::kept),
    ("definitions are listed by name", definitions::listed),
    ("a definition goes, audited", definitions::gone),
    ("the fold leaves definitions", definitions::fold_leaves_them),
    ("an earlier definition is shortened", definitions::shortened),
    ("pins come and go", definitions::pins),
    (
        "endpoints are found by what they carry",
        sensitive::carried_by,
    ),
    ("what endpoints carry adds up", sensitive::adds_up),
    (
        "discoveries are listed, latest first",
        sensitive::discoveries,
    ),
    ("a discovery follows its endpoint", sensitive::follow),
    ("what is said of a scope is as last said", sensitive::said),
    ("own files are as last brought", sensitive::own_files),
    (
        "endpoints are found by where callers are",
        origins::called_from,
    ),
    ("attacked endpoints are found", signals::attacked),
    ("attacks add up over collections", signals::adds_up),
    ("collections tell their attacks", signals::of_collections),
    ("what is said of detections is as last said", signals::said),
    ("a scope covers what is below it", scopes::covers),
    ("a scope is no prefix of a name", scopes::no_wildcards),
    ("an old name finds the endpoint of today", names::resolves),
    ("a merge keeps its roll-ups", names::rollups),
    ("names that chase each other end", names::circle),
    ("a name that lives again begins anew", names::live_again),
    ("minutes add up over checkpoints", rollups::minutes_add_up),
    ("a roll-up answers whole steps", rollups::whole_steps),
    ("a roll-up is of what was asked", rollups::of_what_was_asked),
    ("no range is an error", rollups::odd_ranges),
    ("too many steps are the last ones", rollups::too_many_steps),
    ("growing coarser loses nothing", rollups::coarser),
    ("late minutes join what grew coarse", rollups::late),
    ("a finer question leaves coarse cells out", rollups::finer),
    ("a nearly full disk keeps fewer minutes", rollups::tight),
    ("roll-ups go after four hundred days", rollups::gone),
    ("controls count up and are audited", changes::controls),
    ("a control is applied when all passed it", changes::applied),
    ("tokens are found by hash", changes::tokens),
    ("a token's id and hash are its own", changes::tokens_once),
    ("a token is revoked once", changes::revoked),
    ("settings come and go, audited", changes::settings),
    ("the audit log pages backwards", changes::audit_pages),
    ("old callers and audit rows go", upkeep::old_rows),
    ("upkeep twice changes nothing", upkeep::twice),
    ("a backup is the store of one moment", upkeep::backup),
    ("a backup overwrites nothing", upkeep::backup_over),
    ("bytes are counted", upkeep::bytes),
    (
        "reading goes on while others write",
        upkeep::reading_beside_writing,
    ),
];

/// Runs the whole suite.
pub fn store(maker: &mut dyn Maker) {
    for (_, case) in ROLL {
        case(maker);
    }
}
