//! Connections: accepted up to a bound, given up when they are slow, and ended in order.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use rustls::ServerConfig;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

use crate::shared::{Closing, Peer};

mod patience;
mod places;

use patience::Patience;
use places::{Place, Places};

/// One connection of HTTP/2 holds this many requests at once.
const STREAMS_MAX: u32 = 64;
const HEAD_BYTES_MAX: usize = 64 << 10;
const HANDSHAKE_WAIT: Duration = Duration::from_secs(10);
/// For a whole head, and for the next one on a connection that is idle.
const HEAD_WAIT: Duration = Duration::from_secs(30);
const PING_EVERY: Duration = Duration::from_secs(20);
const PING_WAIT: Duration = Duration::from_secs(10);
const GRACE: Duration = Duration::from_secs(10);
/// Before accepting again when the process has no file descriptor left.
const PAUSE: Duration = Duration::from_millis(200);

#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error("no connection can be accepted any more: {0}; start again")]
    Accept(#[source] io::Error),
}

#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("the certificate is no PEM: {0}")]
    Certificate(#[source] rustls_pki_types::pem::Error),
    #[error("the certificate file holds no certificate")]
    NoCertificate,
    #[error("the key is no PEM of a private key: {0}")]
    Key(#[source] rustls_pki_types::pem::Error),
    #[error("certificate and key do not make a TLS server: {0}")]
    Config(#[from] rustls::Error),
}

/// Serves until `shutdown` ends, then lets what is under way finish for ten seconds.
pub async fn serve(
    listener: TcpListener,
    tls: Option<Arc<ServerConfig>>,
    router: Router,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let (close, closing) = watch::channel(false);
    let house = House {
        router,
        tls: tls.map(TlsAcceptor::from),
        closing: Closing(closing),
    };
    let graceful = GracefulShutdown::new();
    let places = Places::default();
    tokio::pin!(shutdown);
    loop {
        // Whoever finds no place waits in the listener's queue.
        let accepted = tokio::select! {
            () = &mut shutdown => break,
            accepted = accept(&listener, &places) => accepted?,
        };
        let (stream, peer, place) = accepted;
        let (house, watcher) = (house.clone(), graceful.watcher());
        tokio::spawn(async move {
            house.attend(stream, peer, watcher).await;
            drop(place);
        });
    }
    drop(listener);
    // Nobody listening is no error.
    let _ = close.send(true);
    if timeout(GRACE, graceful.shutdown()).await.is_err() {
        tracing::warn!(
            seconds = GRACE.as_secs(),
            "connections were cut that did not end in time"
        );
    }
    Ok(())
}

/// A certificate chain and its key, as PEM, for HTTP/2 and HTTP/1.1.
pub fn tls_from_pem(certificates: &[u8], key: &[u8]) -> Result<Arc<ServerConfig>, TlsError> {
    let chain = CertificateDer::pem_slice_iter(certificates)
        .collect::<Result<Vec<_>, _>>()
        .map_err(TlsError::Certificate)?;
    if chain.is_empty() {
        return Err(TlsError::NoCertificate);
    }
    let key = PrivateKeyDer::from_pem_slice(key).map_err(TlsError::Key)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

type Accepted = (TcpStream, SocketAddr, Place);

async fn accept(listener: &TcpListener, places: &Places) -> Result<Accepted, ServeError> {
    let closed = |_| ServeError::Accept(io::Error::other("the bound on connections is gone"));
    loop {
        let free = places.free().await.map_err(closed)?;
        match listener.accept().await {
            Ok((stream, peer)) => {
                if let Some(place) = places.take(free, peer.ip()) {
                    return Ok((stream, peer, place));
                }
                tracing::debug!(%peer, "this address has too many connections already");
            }
            Err(error) if is_of_one_connection(&error) => (),
            Err(error) if is_exhaustion(&error) => {
                tracing::warn!(%error, "cannot accept a connection for want of resources");
                tokio::time::sleep(PAUSE).await;
            }
            Err(error) => return Err(ServeError::Accept(error)),
        }
    }
}

fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted
    )
}

/// Out of file descriptors, buffers or memory: EMFILE, ENFILE, ENOBUFS, ENOMEM.
fn is_exhaustion(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(24 | 23 | 105 | 12))
}

/// What every connection needs.
#[derive(Clone)]
struct House {
    router: Router,
    tls: Option<TlsAcceptor>,
    closing: Closing,
}

impl House {
    async fn attend(self, stream: TcpStream, peer: SocketAddr, watcher: Watcher) {
        // Small answers should not wait for more; if it cannot be set they do.
        let _ = stream.set_nodelay(true);
        // Below TLS, where it shows what the other end really takes.
        let stream = Patience::new(stream);
        let Some(tls) = self.tls.clone() else {
            return self.speak(stream, peer, false, watcher).await;
        };
        match timeout(HANDSHAKE_WAIT, tls.accept(stream)).await {
            Ok(Ok(stream)) => {
                let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
                self.speak(stream, peer, is_http2, watcher).await;
            }
            Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
            Err(_) => tracing::debug!("a TLS handshake took too long"),
        }
    }

    /// Which HTTP it is was settled by TLS, or it is 1.1: nobody is waited for to show it.
    async fn speak<S>(self, stream: S, peer: SocketAddr, is_http2: bool, watcher: Watcher)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let House {
            router,
            tls: _,
            closing,
        } = self;
        let service = service_fn(move |request: hyper::Request<Incoming>| {
            let mut request: Request = request.map(axum::body::Body::new);
            request.extensions_mut().insert(Peer(peer));
            request.extensions_mut().insert(closing.clone());
            router.clone().oneshot(request)
        });
        let builder = builder(is_http2);
        let connection = builder
            .serve_connection(TokioIo::new(stream), service)
            .into_owned();
        if let Err(error) = watcher.watch(connection).await {
            tracing::debug!(%error, "a connection broke off");
        }
    }
}

fn builder(is_http2: bool) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WAIT)
        .max_buf_size(HEAD_BYTES_MAX);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS_MAX)
        .max_header_list_size(HEAD_BYTES_MAX as u32)
        .keep_alive_interval(PING_EVERY)
        .keep_alive_timeout(PING_WAIT);
    if is_http2 {
        builder.http2_only()
    } else {
        builder.http1_only()
    }
}
