//! The command `catalogue`: the types of sensitive information that are known, and a user's own.

mod listing;
mod own;
mod starter;

use std::io::Write;
use std::process::ExitCode;

use anyhow::{Context, bail};
use gatewatch_classify::SHIPPED;

use crate::command::CatalogueCommand;

pub fn run(command: &CatalogueCommand) -> anyhow::Result<ExitCode> {
    let text = match command {
        CatalogueCommand::List(args) => listing::list(args)?,
        CatalogueCommand::Show { id } => show(id)?,
        CatalogueCommand::Test { folder } => {
            let (text, proved) = own::test(folder)?;
            print(&text)?;
            return Ok(if proved {
                ExitCode::SUCCESS
            } else {
                ExitCode::from(1)
            });
        }
        CatalogueCommand::New { id, folder } => starter::write(id, folder)?,
        CatalogueCommand::Tokens { file } => own::tokens(file)?,
    };
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn show(id: &str) -> anyhow::Result<String> {
    let Some(info_type) = SHIPPED.find(id) else {
        match SHIPPED.nearest(id) {
            Some(near) => bail!("there is no type `{id}`; did you mean `{near}`?"),
            None => bail!("there is no type `{id}`; `gatewatch catalogue list` lists them all"),
        }
    };
    Ok(listing::show(info_type))
}

fn print(text: &str) -> anyhow::Result<()> {
    std::io::stdout()
        .lock()
        .write_all(text.as_bytes())
        .context("cannot print")
}

#[cfg(test)]
mod tests;
