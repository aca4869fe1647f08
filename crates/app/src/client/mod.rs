//! Speaks to a Gatewatch server over HTTP: one request, or the same batch until it is taken.

mod retry;
mod tls;

use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use http::{Method, Request, StatusCode, Uri};
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

pub use retry::{Backoff, deliver};

const CONNECT_SECONDS_MAX: u64 = 10;
const ANSWER_SECONDS_MAX: u64 = 60;
const ANSWER_BYTES_MAX: usize = 16 << 20;
const SECRET_BYTES_MAX: u64 = 4_096;

/// Something that must not be printed.
#[derive(Clone)]
pub struct Secret(String);

#[derive(Clone)]
pub struct Client {
    http: legacy::Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    base: String,
    authorization: HeaderValue,
}

#[derive(Clone, Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub retry_after: Option<Duration>,
    pub body: Bytes,
}

/// The request did not come through, or its answer did not; trying again may help.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    #[error("the server does not answer: {reason}")]
    Unreachable { reason: String },
    #[error("the server took longer than {ANSWER_SECONDS_MAX} s to answer")]
    Slow,
    #[error("the server's answer could not be read: {reason}")]
    Garbled { reason: String },
    #[error("the server answered {}: {}", .0.status, .0.detail())]
    Refused(Answer),
}

/// A request to be sent, perhaps more than once.
#[derive(Clone, Debug)]
pub struct Post<'p> {
    pub path: &'p str,
    pub headers: Vec<(&'static str, String)>,
    pub body: Bytes,
}

impl Client {
    /// `to` is the server's address up to and without `/api` or `/ingest`.
    pub fn new(to: &str, token: &Secret, ca: Option<&Path>) -> anyhow::Result<Client> {
        let base = to.trim_end_matches('/').to_owned();
        let uri: Uri = base.parse().with_context(|| format!("`{to}` is no URL"))?;
        let known = matches!(uri.scheme_str(), Some("http" | "https"));
        anyhow::ensure!(
            known && uri.host().is_some(),
            "`{to}` is no URL; write http://HOST:PORT or https://HOST"
        );
        let mut authorization = HeaderValue::from_str(&format!("Bearer {}", token.0))
            .context("the token holds characters that no token has")?;
        authorization.set_sensitive(true);
        let mut connector = HttpConnector::new();
        connector.enforce_http(false);
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(Duration::from_secs(CONNECT_SECONDS_MAX)));
        let http =
            legacy::Client::builder(TokioExecutor::new()).build(tls::connector(connector, ca)?);
        Ok(Client {
            http,
            base,
            authorization,
        })
    }

    /// Asks for JSON; whatever is not 2xx is an error.
    pub async fn get(&self, path: &str) -> Result<serde_json::Value, ClientError> {
        let request = self
            .request(Method::GET, path)
            .header(ACCEPT, "application/json");
        let answer = self.send(request, Bytes::new()).await?;
        if !answer.status.is_success() {
            return Err(ClientError::Refused(answer));
        }
        serde_json::from_slice(&answer.body).map_err(|error| ClientError::Garbled {
            reason: error.to_string(),
        })
    }

    /// Sends once and answers whatever the server says.
    pub async fn post(&self, post: &Post<'_>) -> Result<Answer, ClientError> {
        let mut request = self
            .request(Method::POST, post.path)
            .header(CONTENT_TYPE, "application/x-ndjson");
        for (name, value) in &post.headers {
            request = request.header(*name, value);
        }
        self.send(request, post.body.clone()).await
    }

    fn request(&self, method: Method, path: &str) -> http::request::Builder {
        Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header(AUTHORIZATION, self.authorization.clone())
    }

    async fn send(
        &self,
        request: http::request::Builder,
        body: Bytes,
    ) -> Result<Answer, ClientError> {
        let request = request.body(Full::new(body)).map_err(unreachable)?;
        let whole = async {
            let (head, body) = self
                .http
                .request(request)
                .await
                .map_err(unreachable)?
                .into_parts();
            let body = Limited::new(body, ANSWER_BYTES_MAX)
                .collect()
                .await
                .map_err(|error| ClientError::Garbled {
                    reason: error.to_string(),
                })?;
            let retry_after = head
                .headers
                .get(RETRY_AFTER)
                .and_then(|it| it.to_str().ok()?.trim().parse().ok());
            Ok(Answer {
                status: head.status,
                retry_after: retry_after.map(Duration::from_secs),
                body: body.to_bytes(),
            })
        };
        tokio::time::timeout(Duration::from_secs(ANSWER_SECONDS_MAX), whole)
            .await
            .unwrap_or(Err(ClientError::Slow))
    }
}

impl Answer {
    /// What a problem document (RFC 9457) says, else the beginning of the body.
    fn detail(&self) -> String {
        const DETAIL_CHARS_MAX: usize = 300;
        let problem: Option<serde_json::Value> = serde_json::from_slice(&self.body).ok();
        let said = problem
            .as_ref()
            .and_then(|it| it.get("detail").or_else(|| it.get("title"))?.as_str());
        let text = said.map_or_else(
            || String::from_utf8_lossy(&self.body).into_owned(),
            ToOwned::to_owned,
        );
        // What a server says goes to a terminal, so it may not steer it.
        text.chars()
            .filter(|it| !it.is_control())
            .take(DETAIL_CHARS_MAX)
            .collect()
    }
}

impl Secret {
    /// Takes a secret that lies in an environment variable or was just made.
    pub fn new(text: &str) -> Secret {
        Secret(text.trim().to_owned())
    }

    pub fn read(path: &Path) -> anyhow::Result<Secret> {
        let read = || -> std::io::Result<String> {
            if std::fs::metadata(path)?.len() > SECRET_BYTES_MAX {
                return Err(std::io::Error::other("it is too long to hold a token"));
            }
            std::fs::read_to_string(path)
        };
        let text =
            read().with_context(|| format!("cannot read the token file {}", path.display()))?;
        anyhow::ensure!(
            !text.trim().is_empty(),
            "the token file {} is empty",
            path.display()
        );
        Ok(Secret::new(&text))
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "<{} characters>", self.0.chars().count())
    }
}

fn unreachable(error: impl std::error::Error) -> ClientError {
    // Hyper's own text only says which step failed; the reason is at the bottom of the chain.
    let mut deepest: &dyn std::error::Error = &error;
    while let Some(cause) = deepest.source() {
        deepest = cause;
    }
    ClientError::Unreachable {
        reason: deepest.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_never_printed() {
        assert_eq!(format!("{:?}", Secret::new(" hunter2\n")), "<7 characters>");
    }

    #[test]
    fn only_http_addresses_are_taken() {
        for to in [
            "",
            "localhost",
            "ftp://x",
            "http://",
            "/x",
            "127.0.0.1:8470",
        ] {
            assert!(Client::new(to, &Secret::new("t"), None).is_err(), "{to}");
        }
        assert!(Client::new("https://gatewatch.example/", &Secret::new("t"), None).is_ok());
    }

    #[test]
    fn a_problem_is_told_by_its_detail_and_cannot_steer_a_terminal() {
        let answer = |body: &'static str| Answer {
            status: StatusCode::FORBIDDEN,
            retry_after: None,
            body: Bytes::from_static(body.as_bytes()),
        };
        let said = ClientError::Refused(answer(
            r#"{"title":"Forbidden","detail":"the token may only read"}"#,
        ));
        assert_eq!(
            said.to_string(),
            "the server answered 403 Forbidden: the token may only read"
        );
        let steering = ClientError::Refused(answer("\u{1b}[2Jgone"));
        assert_eq!(
            steering.to_string(),
            "the server answered 403 Forbidden: [2Jgone"
        );
    }
}
