//! An exchange under construction from single values, as logs name them. What a log does not name
//! stays *not observed*; what it names wrongly is a blemish.

pub mod values;

use std::borrow::Cow;

use gatewatch_model::exchange::{Blemishes, Body, Exchange, Headers, Response, Seen, Text};

use crate::stamps;
use values::{address, authority, body, latency, split_line, status, whole};

/// What logs write for nothing.
static NOTHING: &[&str] = &["", "-", "null", "(null)", "None", "nil"];

/// What one value of a log says of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Member {
    Id,
    At,
    CallerIp,
    /// The address of a socket, with or without a port.
    PeerIp,
    Principal,
    Method,
    /// Absolute or origin-form.
    Url,
    Scheme,
    Host,
    Port,
    Path,
    Query,
    /// `GET /a HTTP/1.1`.
    Line,
    RequestBody,
    RequestBodyBytes,
    Status,
    ResponseBody,
    ResponseBodyBytes,
    LatencySeconds,
    LatencyMillis,
    LatencyMicros,
    LatencyNanos,
    Protocol,
    TlsVersion,
    ClientCert,
    Service,
    Workspace,
    Api,
    Revision,
    Operation,
    Region,
    Subject,
    Subscription,
    Product,
    BackendHost,
    BackendStatus,
    TraceId,
}

/// Every member by the name that mappings use.
pub static MEMBERS: &[(&str, Member)] = &[
    ("id", Member::Id),
    ("at", Member::At),
    ("caller.ip", Member::CallerIp),
    ("peer.ip", Member::PeerIp),
    ("principal", Member::Principal),
    ("request.method", Member::Method),
    ("request.url", Member::Url),
    ("request.scheme", Member::Scheme),
    ("request.host", Member::Host),
    ("request.port", Member::Port),
    ("request.path", Member::Path),
    ("request.query", Member::Query),
    ("request.line", Member::Line),
    ("request.body", Member::RequestBody),
    ("request.body_bytes", Member::RequestBodyBytes),
    ("response.status", Member::Status),
    ("response.body", Member::ResponseBody),
    ("response.body_bytes", Member::ResponseBodyBytes),
    ("response.latency_s", Member::LatencySeconds),
    ("response.latency_ms", Member::LatencyMillis),
    ("response.latency_us", Member::LatencyMicros),
    ("response.latency_ns", Member::LatencyNanos),
    ("protocol", Member::Protocol),
    ("tls.version", Member::TlsVersion),
    ("tls.client_cert", Member::ClientCert),
    ("service", Member::Service),
    ("workspace", Member::Workspace),
    ("api", Member::Api),
    ("revision", Member::Revision),
    ("operation", Member::Operation),
    ("region", Member::Region),
    ("auth.subject", Member::Subject),
    ("auth.subscription", Member::Subscription),
    ("auth.product", Member::Product),
    ("backend.host", Member::BackendHost),
    ("backend.status", Member::BackendStatus),
    ("trace_id", Member::TraceId),
];

/// Whether all headers of a head are known or only those that a log names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Heads {
    #[default]
    Named,
    All,
}

#[derive(Debug, Default)]
pub struct Draft<'l> {
    exchange: Exchange<'l>,
    scheme: Option<Text<'l>>,
    host: Option<Text<'l>>,
    port: Option<Text<'l>>,
    path: Option<Text<'l>>,
    query: Option<Text<'l>>,
    pub request_heads: Heads,
    /// Names that a log has for the request, values or not.
    names: Vec<Text<'l>>,
    request_bytes: Option<u64>,
    response_bytes: Option<u64>,
}

impl<'l> Draft<'l> {
    pub fn take(&mut self, member: Member, text: Text<'l>) {
        if NOTHING.contains(&text.trim()) {
            return;
        }
        let it = &mut self.exchange;
        match member {
            Member::Id => it.id = Some(text),
            Member::At => {
                it.at = stamps::read(&text);
                self.doubt(self.exchange.at.is_some(), Blemishes::BAD_VALUE);
            }
            Member::CallerIp => it.caller_ip = address(&text),
            Member::PeerIp => it.peer_ip = address(&text),
            Member::Principal => it.principal = Some(text),
            Member::Method => it.request.method = text,
            Member::Url => it.request.url = text,
            Member::Scheme => self.scheme = Some(text),
            Member::Host => self.host = Some(text),
            Member::Port => self.port = Some(text),
            Member::Path => self.path = Some(text),
            Member::Query => self.query = Some(text),
            Member::Line => self.take_line(text),
            Member::RequestBody => it.request.body = Some(body(text)),
            Member::RequestBodyBytes => self.request_bytes = whole(&text),
            Member::Status => match status(&text) {
                Some(status) => self.response().status = Some(status),
                // A proxy that got no answer writes 0.
                None => self.doubt(text == "0" || text == "000", Blemishes::BAD_STATUS),
            },
            Member::ResponseBody => self.response().body = Some(body(text)),
            Member::ResponseBodyBytes => self.response_bytes = whole(&text),
            Member::LatencySeconds => self.take_latency(&text, 1e6),
            Member::LatencyMillis => self.take_latency(&text, 1e3),
            Member::LatencyMicros => self.take_latency(&text, 1.0),
            Member::LatencyNanos => self.take_latency(&text, 1e-3),
            _ => self.take_name(member, text),
        }
    }

    /// Everything that is one word about the exchange.
    fn take_name(&mut self, member: Member, text: Text<'l>) {
        let it = &mut self.exchange;
        let slot = match member {
            Member::Protocol => &mut it.protocol,
            Member::TlsVersion => &mut it.tls.get_or_insert_default().version,
            Member::ClientCert => &mut it.tls.get_or_insert_default().client_cert,
            Member::Service => &mut it.service,
            Member::Workspace => &mut it.workspace,
            Member::Api => &mut it.api,
            Member::Revision => &mut it.revision,
            Member::Operation => &mut it.operation,
            Member::Region => &mut it.region,
            Member::Subject => &mut it.auth.get_or_insert_default().subject,
            Member::Subscription => &mut it.auth.get_or_insert_default().subscription,
            Member::Product => &mut it.auth.get_or_insert_default().product,
            Member::BackendHost => {
                it.backend.get_or_insert_default().host = Some(authority(text));
                return;
            }
            Member::BackendStatus => {
                it.backend.get_or_insert_default().status = status(&text);
                return;
            }
            _ => &mut it.trace_id,
        };
        *slot = Some(text);
    }

    /// One header of the request by its name; `-` says that it was not sent.
    pub fn take_request_header(&mut self, name: Text<'l>, value: Option<Text<'l>>) {
        let value = value.filter(|it| !NOTHING.contains(&it.trim()));
        if let Some(value) = value {
            let headers = self.exchange.request.headers.get_or_insert_default();
            headers.push((name.clone(), value));
        }
        self.names.push(name);
    }

    pub fn take_response_header(&mut self, name: Text<'l>, value: Option<Text<'l>>) {
        if let Some(value) = value.filter(|it| !NOTHING.contains(&it.trim())) {
            self.response()
                .headers
                .get_or_insert_default()
                .push((name, value));
        }
    }

    /// All headers of the request.
    pub fn take_request_headers(&mut self, headers: Headers<'l>) {
        self.request_heads = Heads::All;
        self.exchange
            .request
            .headers
            .get_or_insert_default()
            .extend(headers);
    }

    pub fn take_response_headers(&mut self, headers: Headers<'l>) {
        self.response()
            .headers
            .get_or_insert_default()
            .extend(headers);
    }

    pub fn blemish(&mut self, blemish: Blemishes) {
        self.exchange.blemishes.insert(blemish);
    }

    /// Whether both a method and a URL are named.
    pub fn is_request(&self) -> bool {
        let request = &self.exchange.request;
        !request.method.is_empty() && (!request.url.is_empty() || self.path.is_some())
    }

    /// The exchange, or why there is none. `host` stands in where the log names none.
    pub fn finish(mut self, host: Option<&'l str>) -> Result<Exchange<'l>, &'static str> {
        self.finish_url(host);
        if self.exchange.request.url.is_empty() && self.exchange.request.method.is_empty() {
            return Err("it names neither a method nor a URL, so it is no request");
        }
        if self.exchange.request.url.is_empty() {
            return Err("it names no URL and no path");
        }
        self.finish_sizes();
        if self.request_heads == Heads::Named {
            self.finish_heads();
        }
        Ok(self.exchange)
    }

    fn finish_url(&mut self, host: Option<&'l str>) {
        if self.exchange.request.url.is_empty()
            && let Some(path) = self.path.take()
        {
            self.exchange.request.url = path;
        }
        let url = &mut self.exchange.request.url;
        if let Some(query) = self.query.take()
            && !url.is_empty()
            && !url.contains('?')
        {
            *url = format!("{url}?{}", query.trim_start_matches('?')).into();
        }
        let known = self.host.take().or(host.map(Cow::Borrowed));
        let Some(known) = known.filter(|_| url.starts_with('/')) else {
            return;
        };
        let named = !known.contains(':') || known.ends_with(']');
        let port = self
            .port
            .as_deref()
            .filter(|it| named && !matches!(*it, "80" | "443"));
        let authority = match port {
            Some(port) => format!("{known}:{port}").into(),
            None => known,
        };
        match &self.scheme {
            Some(scheme) => {
                *url = format!("{}://{authority}{url}", scheme.to_ascii_lowercase()).into();
            }
            None => self.take_request_header("host".into(), Some(authority)),
        }
    }

    /// A size alone says that there was a body. That of 0 may as well mean that nobody counted.
    fn finish_sizes(&mut self) {
        let sized = |body: &mut Option<Body<'l>>, bytes: Option<u64>| {
            if let Some(bytes) = bytes.filter(|it| *it > 0) {
                let body = body.get_or_insert_default();
                body.bytes_total = bytes.max(body.bytes.len() as u64);
            }
        };
        sized(&mut self.exchange.request.body, self.request_bytes);
        if self.response_bytes.is_some_and(|it| it > 0) {
            let bytes = self.response_bytes;
            sized(&mut self.response().body, bytes);
        }
    }

    /// Some headers are no head: what the log does not name was not observed.
    fn finish_heads(&mut self) {
        if self.names.is_empty() {
            return;
        }
        let it = &mut self.exchange;
        let mut seen = it.seen();
        seen.0 &= !Seen::REQUEST_HEADERS.0;
        (it.seen, it.headers_seen) = (Some(seen), Some(core::mem::take(&mut self.names)));
    }

    /// What is no request line is kept as it is: somebody did send it.
    fn take_line(&mut self, line: Text<'l>) {
        let parts = match &line {
            Cow::Borrowed(line) => split_line(line).map(|it| it.map(Cow::Borrowed)),
            Cow::Owned(line) => split_line(line).map(|it| it.map(|it| Cow::Owned(it.to_owned()))),
        };
        let Some([method, url, protocol]) = parts else {
            self.blemish(Blemishes::BAD_METHOD);
            self.blemish(Blemishes::BAD_URL);
            self.exchange.request.url = line;
            return;
        };
        self.exchange.request.method = method;
        self.exchange.request.url = url;
        self.exchange.protocol = Some(protocol).filter(|it| !it.is_empty());
    }

    fn take_latency(&mut self, text: &str, micros: f64) {
        let read = latency(text, micros);
        if read.is_some() {
            self.response().latency_micros = read;
        }
    }

    fn doubt(&mut self, sound: bool, blemish: Blemishes) {
        if !sound {
            self.exchange.blemishes.insert(blemish);
        }
    }

    fn response(&mut self) -> &mut Response<'l> {
        self.exchange.response.get_or_insert_default()
    }
}

#[cfg(test)]
mod tests;
