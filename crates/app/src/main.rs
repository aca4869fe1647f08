//! The binary `gatewatch`: command line, configuration, composition.

mod backup;
mod bench;
mod catalogue;
mod client;
mod command;
mod config;
mod configure;
mod demo;
mod engine;
mod feeds;
mod folder;
mod installation_key;
mod logs;
mod manual;
mod node;
mod origin;
mod own;
mod scan;
mod send;
mod serve;
mod shown;
mod why;

use std::future::Future;
use std::io::Write;
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;

use command::{Cli, Command};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli.command) {
        Ok(code) => code,
        Err(error) => {
            // Nobody may be listening any more; the exit code still tells.
            let _ = writeln!(std::io::stderr(), "error: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Config(command) => configure::run(&command)?,
        Command::Catalogue(command) => return catalogue::run(&command),
        Command::Completions { shell } => manual::completions(shell)?,
        Command::Man { command } => manual::man(command.as_deref())?,
        Command::Origin(args) => origin::run(&args)?,
        Command::Serve(args) => block_on(serve::run(&args))?,
        Command::Demo(args) => block_on(demo::run(&args))?,
        Command::Bench(args) => bench::run(&args)?,
        Command::Send(args) => {
            let all_taken = block_on(send::run(&args))?;
            return Ok(if all_taken {
                ExitCode::SUCCESS
            } else {
                ExitCode::from(2)
            });
        }
        Command::Scan(args) => {
            let anything = scan::run(&args)?;
            return Ok(if anything {
                ExitCode::SUCCESS
            } else {
                ExitCode::from(2)
            });
        }
        Command::Why(args) => say(&why::run(&args)?)?,
        Command::Backup(args) => {
            let said = backup::take(&args)?;
            say(if args.quiet { "" } else { &said })?;
        }
        Command::Restore(args) => say(&backup::restore(&args)?)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn say(text: &str) -> anyhow::Result<()> {
    Ok(std::io::stdout().lock().write_all(text.as_bytes())?)
}

fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Runtime::new().context("cannot start threads")?;
    let done = runtime.block_on(work);
    // A thread that reads standard input would hold the end up.
    runtime.shutdown_background();
    done
}
