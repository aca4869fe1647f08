//! The command `catalogue`: detections and types of sensitive information that are known, and a
//! user's own.

mod card;
mod listing;
mod proving;
pub mod starter;
mod tokens;

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use gatewatch_classify::{Catalogue, ListKey};
use gatewatch_detect::Detections;

use crate::command::CatalogueCommand;
use crate::own::{self, Use};

pub fn run(command: &CatalogueCommand) -> anyhow::Result<ExitCode> {
    let text = match command {
        CatalogueCommand::List(args) => listing::list(&known(args.folder.as_deref())?, args)?,
        CatalogueCommand::Show(args) => card::show(&known(args.folder.as_deref())?, &args.id)?,
        CatalogueCommand::Test { folder, key_file } => {
            let (text, proved) = proving::test(folder, key_file.as_deref())?;
            print(&text)?;
            return Ok(if proved {
                ExitCode::SUCCESS
            } else {
                ExitCode::from(1)
            });
        }
        CatalogueCommand::New(args) => starter::write(args.kind, &args.id, &args.folder)?,
        CatalogueCommand::Tokens { file, key_file } => tokens::write(file, key_file.as_deref())?,
    };
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// All that is known, with what is in a folder.
struct Known {
    types: Catalogue,
    detections: Detections,
}

fn known(folder: Option<&Path>) -> anyhow::Result<Known> {
    let own = match folder {
        Some(folder) => own::read_unproved(folder, Use::Scan, None)?,
        None => own::Own::default(),
    };
    Ok(Known {
        // Nothing is looked for here, so lists need no key.
        types: own.catalogue(ListKey::Elsewhere)?,
        detections: own.detections()?,
    })
}

fn print(text: &str) -> anyhow::Result<()> {
    std::io::stdout()
        .lock()
        .write_all(text.as_bytes())
        .context("cannot print")
}

#[cfg(test)]
mod tests;
