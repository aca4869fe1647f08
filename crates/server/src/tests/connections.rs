//! Real sockets, with and without TLS, up to an orderly end.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use gatewatch_ports::store::Role;
use http_body_util::{BodyExt, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::{http1, http2};
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::house::House;
use crate::{ServeError, serve, tls_from_pem};

struct Served {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<Result<(), ServeError>>,
}

async fn served(router: Router, tls: Option<Arc<ServerConfig>>) -> Served {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let ended = tokio::spawn(serve(listener, tls, router, async move {
        stopped.await.unwrap();
    }));
    Served {
        address,
        stop,
        ended,
    }
}

fn certificate() -> (Arc<ServerConfig>, RootCertStore) {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let config = tls_from_pem(
        made.cert.pem().as_bytes(),
        made.signing_key.serialize_pem().as_bytes(),
    )
    .unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    (config, roots)
}

async fn tls_stream(
    address: SocketAddr,
    roots: RootCertStore,
    alpn: &[u8],
) -> TlsStream<TcpStream> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap();
    let mut config = versions.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![alpn.to_vec()];
    let stream = TcpStream::connect(address).await.unwrap();
    TlsConnector::from(Arc::new(config))
        .connect(ServerName::try_from("localhost").unwrap(), stream)
        .await
        .unwrap()
}

fn get(uri: &str, token: &str) -> Request<Empty<Bytes>> {
    let request = Request::get(uri)
        .header("host", "localhost")
        .header("authorization", format!("Bearer {token}"));
    request.body(Empty::new()).unwrap()
}

async fn text(response: Response<Incoming>) -> String {
    String::from_utf8(
        response
            .into_body()
            .collect()
            .await
            .unwrap()
            .to_bytes()
            .to_vec(),
    )
    .unwrap()
}

#[tokio::test]
async fn plain_connections_speak_http_1_and_end_in_order() {
    let house = House::open();
    let served = served(house.router.clone(), None).await;
    let mut stream = TcpStream::connect(served.address).await.unwrap();
    stream
        .write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .await
        .unwrap();
    let mut bytes = [0; 1_024];
    let count = stream.read(&mut bytes).await.unwrap();
    assert!(
        bytes[..count].starts_with(b"HTTP/1.1 200 OK\r\n"),
        "{:?}",
        std::str::from_utf8(&bytes[..count])
    );
    served.stop.send(()).unwrap();
    served.ended.await.unwrap().unwrap();
    let refused = TcpStream::connect(served.address).await;
    assert!(refused.is_err(), "still listening");
}

#[tokio::test]
async fn tls_speaks_what_was_agreed_on() {
    let house = House::open();
    let reader = house.token(Role::Reader, "/");
    let (config, roots) = certificate();
    let served = served(house.router.clone(), Some(config)).await;
    let stream = tls_stream(served.address, roots.clone(), b"http/1.1").await;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let told = text(
        sender
            .send_request(get("/api/v1/version", &reader))
            .await
            .unwrap(),
    )
    .await;
    assert!(told.contains("0.0.0-test"), "{told}");
    let stream = tls_stream(served.address, roots, b"h2").await;
    let (mut sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
        .await
        .unwrap();
    tokio::spawn(connection);
    let uri = format!("https://localhost:{}/api/v1/version", served.address.port());
    let told = text(sender.send_request(get(&uri, &reader)).await.unwrap()).await;
    assert!(told.contains("0.0.0-test"), "{told}");
}

#[tokio::test]
async fn a_stream_of_events_ends_when_the_server_does() {
    let house = House::open();
    let reader = house.token(Role::Reader, "/");
    let served = served(house.router.clone(), None).await;
    let stream = TcpStream::connect(served.address).await.unwrap();
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let response = sender
        .send_request(get("/api/v1/events", &reader))
        .await
        .unwrap();
    let mut body = response.into_body();
    let first = body.frame().await.unwrap().unwrap();
    assert!(first.data_ref().unwrap().starts_with(b": alive"));
    let begun = std::time::Instant::now();
    served.stop.send(()).unwrap();
    assert!(body.frame().await.is_none(), "the stream goes on");
    served.ended.await.unwrap().unwrap();
    assert!(begun.elapsed().as_secs() < 5, "the end had to be forced");
}

#[test]
fn what_is_no_certificate_is_told_apart() {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let (certificate, key) = (made.cert.pem(), made.signing_key.serialize_pem());
    let error = |certificate: &str, key: &str| {
        tls_from_pem(certificate.as_bytes(), key.as_bytes())
            .unwrap_err()
            .to_string()
    };
    assert!(error("", &key).contains("no certificate"));
    assert!(error(&certificate, "").contains("private key"));
    let other = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    assert!(
        error(&certificate, &other.signing_key.serialize_pem())
            .contains("do not make a TLS server")
    );
}
