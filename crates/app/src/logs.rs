//! Sends what the crates log to standard error, as text for people or JSON for machines.

use std::io::{IsTerminal, stderr};

use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::{LogConfig, LogFormat};

/// Our own crates speak at the level asked for, third parties never below `info`.
pub fn start(log: &LogConfig) {
    let others = log.level.min(LevelFilter::INFO);
    let targets = Targets::new()
        .with_default(others)
        .with_target("gatewatch", log.level);
    let layer = tracing_subscriber::fmt::layer().with_writer(stderr);
    let layer = match log.format {
        LogFormat::Text => layer.with_ansi(colours()).boxed(),
        LogFormat::Json => layer.json().flatten_event(true).boxed(),
    };
    // A second start in one process (tests) leaves the first in place.
    let _ = tracing_subscriber::registry()
        .with(layer.with_filter(targets))
        .try_init();
}

/// On terminals only, and not where NO_COLOR asks for none.
fn colours() -> bool {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|it| !it.is_empty());
    !refused && stderr().is_terminal()
}
