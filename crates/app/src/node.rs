//! A running Gatewatch: an engine on a data folder with a server before it, from the first start
//! to the last checkpoint.

use std::fmt::Write as _;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use gatewatch_intel::{Current, Origins};
use gatewatch_model::Stage;
use gatewatch_model::control::Control;
use gatewatch_model::own::OwnKind;
use gatewatch_pipeline::{self as pipeline, Clock, Intake, SystemClock};
use gatewatch_ports::Store;
use gatewatch_ports::store::Actor;
use gatewatch_server::{
    self as server, Access, Faces, FirstStart, INGEST_TOKEN_FILE, READ_TOKEN_FILE,
};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::config::{Config, TlsConfig};
use crate::engine::Engine;
use crate::feeds;
use crate::folder::DataFolder;
use crate::own;

/// Requests that are under way at the end get this long.
const LAST_REQUESTS_MAX: Duration = Duration::from_millis(1_500);
/// Then everything that is durable is folded and written, within this.
const LAST_CHECKPOINT_MAX: Duration = Duration::from_millis(8_300);

pub struct Node {
    pub url: String,
    pub first: FirstStart,
    folder: DataFolder,
    engine: Engine,
    server: JoinHandle<Result<(), server::ServeError>>,
    stop: watch::Sender<bool>,
}

impl Node {
    /// Starts everything; when this is done, the address answers.
    pub async fn start(config: &Config, listener: TcpListener) -> anyhow::Result<Node> {
        let tls = tls(&config.tls)?;
        let address = listener
            .local_addr()
            .context("cannot ask for the address")?;
        let opening = config.clone();
        let (folder, engine, first) = tokio::task::spawn_blocking(move || open(&opening))
            .await
            .context("opening the data folder died")??;
        let paths = config.feeds.clone();
        let reading = move || (feeds::look(&paths), feeds::read(&paths, SystemClock.now()));
        let (seen, read) = tokio::task::spawn_blocking(reading)
            .await
            .context("reading feeds died")?;
        let read = read?;
        feeds::say(&read);
        let origins = Arc::new(Current::new(Origins::new(read.feeds)));
        if !config.feeds.is_empty() {
            // It ends with the process.
            let (paths, origins) = (config.feeds.clone(), Arc::clone(&origins));
            drop(feeds::watch(paths, seen, origins));
        }
        let router = server::router(server::Parts {
            store: Arc::clone(&engine.store),
            intake: engine.pipeline.intake(),
            live: engine.pipeline.live(),
            journals: vec![
                (Stage::Exchanges, Arc::clone(&engine.journal)),
                (Stage::Callers, Arc::clone(&engine.digests)),
            ],
            access: Access::new(Arc::new(SystemClock)),
            faces: Faces {
                ingest: config.roles.ingest,
                serve: config.roles.serve,
            },
            perimeter: config.perimeter.clone(),
            list_key: engine.list_key.clone(),
            origins,
            version: env!("CARGO_PKG_VERSION"),
        });
        let scheme = if tls.is_some() { "https" } else { "http" };
        let (stop, mut stopped) = watch::channel(false);
        let shutdown = async move {
            // The sender going away means the same.
            let _ = stopped.wait_for(|it| *it).await;
        };
        let server = tokio::spawn(server::serve(listener, tls, router, shutdown));
        Ok(Node {
            url: format!("{scheme}://{}", shown(address)),
            first,
            folder,
            engine,
            server,
            stop,
        })
    }

    pub fn intake(&self) -> Intake {
        self.engine.pipeline.intake()
    }

    pub fn store(&self) -> Arc<dyn Store> {
        Arc::clone(&self.engine.store)
    }

    pub fn read_token_file(&self) -> PathBuf {
        self.folder.path.join(READ_TOKEN_FILE)
    }

    /// What a person at the terminal needs to know.
    pub fn start_text(&self) -> String {
        let Node {
            url, first, folder, ..
        } = self;
        let folder = folder.path.display();
        let mut text = format!(
            "gatewatch {} serves {url}\n  data folder   {folder}\n",
            env!("CARGO_PKG_VERSION")
        );
        // Writing to a String cannot fail; so below.
        if first.read_token.is_some() {
            let _ = writeln!(text, "  read token    {folder}/{READ_TOKEN_FILE}");
        }
        if first.ingest_token.is_some() {
            let _ = writeln!(text, "  ingest token  {folder}/{INGEST_TOKEN_FILE}");
        }
        if let Some(code) = &first.setup_code {
            let code = code.expose();
            let _ = writeln!(
                text,
                "  set-up link   {url}/setup?code={code}\n                (makes the first owner, once)"
            );
        }
        text
    }

    /// A line to paste that lists the busiest endpoints.
    pub fn curl_line(&self) -> String {
        format!(
            "curl -s -H \"Authorization: Bearer $(cat {})\" '{}/api/v1/endpoints?sort=calls&order=desc&limit=20'",
            quoted(&self.read_token_file().to_string_lossy()),
            self.url
        )
    }

    /// Why the server ended by itself, if it does.
    pub async fn failed(&mut self) -> anyhow::Error {
        match (&mut self.server).await {
            Ok(Ok(())) => anyhow::anyhow!("the server ended by itself"),
            Ok(Err(error)) => anyhow::Error::new(error).context("the server has failed"),
            Err(error) => anyhow::Error::new(error).context("the server died"),
        }
    }

    /// Ends in order, within ten seconds. What is not folded by then stays in the journal.
    pub async fn stop(self) -> anyhow::Result<()> {
        let Node {
            engine,
            mut server,
            stop,
            folder,
            ..
        } = self;
        stop.send_replace(true);
        if !server.is_finished()
            && tokio::time::timeout(LAST_REQUESTS_MAX, &mut server)
                .await
                .is_err()
        {
            server.abort();
        }
        let ending = tokio::task::spawn_blocking(move || engine.pipeline.shutdown());
        let ended = tokio::time::timeout(LAST_CHECKPOINT_MAX, ending).await;
        drop(folder);
        let Ok(ended) = ended else {
            tracing::warn!(
                "the last checkpoint took too long; what it lacks is folded at the next start"
            );
            return Ok(());
        };
        ended.context("the last checkpoint died; what it lacks is folded at the next start")
    }
}

pub async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| {
        let instead = match error.kind() {
            ErrorKind::AddrInUse => {
                "another program listens there; stop it, or listen elsewhere with --listen (port 0 takes a free one)"
            }
            ErrorKind::PermissionDenied => "ports below 1024 need a privilege; choose a higher one with --listen",
            ErrorKind::AddrNotAvailable => "this machine has no such address; choose another with --listen",
            _ => "choose another address with --listen",
        };
        anyhow::Error::new(error).context(format!("cannot listen on {address}: {instead}"))
    })
}

fn open(config: &Config) -> anyhow::Result<(DataFolder, Engine, FirstStart)> {
    let folder = DataFolder::open(&config.data)?;
    let roles = pipeline::Roles {
        ingest: config.roles.ingest,
        fold: config.roles.fold,
    };
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let engine = Engine::start(&folder.path, config, roles, Arc::clone(&clock))?;
    bring_own(&engine, config, &*clock)?;
    let first = server::first_start(&*engine.store, &folder.path, &*clock)
        .context("cannot set up access")?;
    Ok((folder, engine, first))
}

/// Sends what lies in the configured folder to the folds, where they have others.
fn bring_own(engine: &Engine, config: &Config, clock: &dyn Clock) -> anyhow::Result<()> {
    let Some(folder) = config.catalogue.as_ref().filter(|_| config.roles.ingest) else {
        return Ok(());
    };
    let own = own::read(folder, own::Use::Server, engine.list_key.as_ref())?;
    for kind in OwnKind::ALL {
        let files = own.of(kind).clone();
        let known = engine.store.own(kind)?;
        if known.map(|it| it.files).unwrap_or_default() == files {
            continue;
        }
        let ourselves = Actor {
            name: "gatewatch".into(),
            address: "".into(),
            at: clock.now(),
        };
        let control = Control::Bring { kind, files };
        let sent = engine.pipeline.intake().control(&control, &ourselves);
        let what = || format!("cannot bring the {} in {}", kind.name(), folder.display());
        sent.with_context(what)?;
    }
    Ok(())
}

fn tls(config: &TlsConfig) -> anyhow::Result<Option<Arc<rustls::ServerConfig>>> {
    let (Some(cert), Some(key)) = (&config.cert, &config.key) else {
        return Ok(None);
    };
    let read = |path: &Path| {
        std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))
    };
    let tls = server::tls_from_pem(&read(cert)?, &read(key)?)
        .context("cannot use `tls.cert` and `tls.key`")?;
    Ok(Some(tls))
}

/// An address that a person can open.
fn shown(address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        format!("localhost:{}", address.port())
    } else {
        address.to_string()
    }
}

/// For a shell, if the path needs it.
fn quoted(path: &str) -> String {
    let plain = path
        .bytes()
        .all(|it| it.is_ascii_alphanumeric() || b"/._-+:@%".contains(&it));
    if plain {
        path.to_owned()
    } else {
        format!("'{}'", path.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_quoted_for_a_shell_when_they_need_it() {
        assert_eq!(quoted("/var/lib/x-1"), "/var/lib/x-1");
        assert_eq!(quoted("/My Data/it's"), "'/My Data/it'\\''s'");
    }

    #[test]
    fn an_address_of_all_interfaces_is_shown_as_one_to_open() {
        assert_eq!(shown("0.0.0.0:8470".parse().unwrap()), "localhost:8470");
        assert_eq!(shown("[::1]:8470".parse().unwrap()), "[::1]:8470");
    }
}
