//! Completions and manual pages, made from the command line's own description.

use std::io::Write;

use anyhow::Context;
use clap::CommandFactory;
use clap_complete::Shell;

use crate::command::Cli;

pub fn completions(shell: Shell) -> anyhow::Result<()> {
    let mut page = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "gatewatch", &mut page);
    print(&page)
}

pub fn man(name: Option<&str>) -> anyhow::Result<()> {
    let mut command = Cli::command();
    command.build();
    if let Some(name) = name {
        let known: Vec<String> = command
            .get_subcommands()
            .map(|it| it.get_name().to_owned())
            .collect();
        let found = command
            .get_subcommands()
            .find(|it| it.get_name() == name)
            .cloned();
        command = found
            .with_context(|| {
                format!(
                    "there is no command `{name}`; there are: {}",
                    known.join(", ")
                )
            })?
            .display_name(format!("gatewatch-{name}"));
    }
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page)?;
    print(&page)
}

fn print(page: &[u8]) -> anyhow::Result<()> {
    Ok(std::io::stdout().lock().write_all(page)?)
}
