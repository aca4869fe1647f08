//! The command `serve`: start, say so, run until a signal, end in order.

use std::io::Write;

use anyhow::Context;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::command::ConfigArgs;
use crate::configure;
use crate::logs;
use crate::node::{Node, bind};

pub async fn run(args: &ConfigArgs) -> anyhow::Result<()> {
    let resolved = configure::load(args)?;
    logs::start(&resolved.config.log);
    gatewatch_pipeline::poison::install_hook();
    for remark in &resolved.remarks {
        tracing::warn!("{remark}");
    }
    // Before anybody is told that it runs, so that no signal finds it unprepared.
    let mut stop = Stop::listen()?;
    let listener = bind(resolved.config.listen).await?;
    let mut node = tokio::select! {
        node = Node::start(&resolved.config, listener) => node?,
        // Whatever the start has done so far, the next one finds it as after a crash.
        () = stop.told() => return Ok(()),
    };
    // Nobody may be listening any more; it serves all the same.
    let _ = std::io::stdout()
        .lock()
        .write_all(node.start_text().as_bytes());
    let failed = tokio::select! {
        () = stop.told() => None,
        error = node.failed() => Some(error),
    };
    tracing::info!("ending: what is on its way is finished first; a second signal ends at once");
    stop.exit_when_told_again();
    node.stop().await?;
    failed.map_or(Ok(()), Err)
}

/// SIGTERM and SIGINT.
pub struct Stop {
    terminate: Signal,
    interrupt: Signal,
}

impl Stop {
    pub fn listen() -> anyhow::Result<Stop> {
        Ok(Stop {
            terminate: signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?,
            interrupt: signal(SignalKind::interrupt()).context("cannot listen for SIGINT")?,
        })
    }

    /// Ends with the next signal.
    pub async fn told(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => (),
            _ = self.interrupt.recv() => (),
        }
    }

    /// From now on a signal ends the process at once.
    pub fn exit_when_told_again(mut self) {
        tokio::spawn(async move {
            self.told().await;
            std::process::exit(2);
        });
    }
}
