//! Writes an exchange as one line.

use std::collections::HashSet;

use gatewatch_model::exchange::{
    Auth, Backend, Body, Direction, Exchange, Headers, Request, Response, Tls,
};
use serde::Serialize;

use crate::base64;

/// Appends the line with its line end. Blemishes are Gatewatch's own and not written.
pub fn write(exchange: &Exchange<'_>, out: &mut Vec<u8>) {
    let Exchange {
        id,
        at,
        service,
        workspace,
        api,
        revision,
        operation,
        region,
        caller_ip,
        peer_ip,
        principal,
        request,
        response,
        seen,
        headers_seen,
        redacted,
        sample_rate,
        protocol,
        tls,
        auth,
        backend,
        direction,
        trace_id,
        origin: _,
        blemishes: _,
    } = exchange;
    let mut line = Object::begin(out);
    line.value_if("id", id.as_ref());
    // Years that RFC 3339 cannot write come out as `@…`, and no reader would take them.
    let at = at
        .map(|it| it.to_string())
        .filter(|it| !it.starts_with('@'));
    line.value_if("at", at);
    line.value_if("service", service.as_ref());
    line.value_if("workspace", workspace.as_ref());
    line.value_if("api", api.as_ref());
    line.value_if("revision", revision.as_ref());
    line.value_if("operation", operation.as_ref());
    line.value_if("region", region.as_ref());
    line.object_if("caller", *caller_ip, |ip, it| it.value("ip", ip));
    line.object_if("peer", *peer_ip, |ip, it| it.value("ip", ip));
    line.value_if("principal", principal.as_ref());
    line.object_if("request", Some(request), write_request);
    line.object_if("response", response.as_ref(), write_response);
    line.value_if("seen", seen.map(|it| it.names().collect::<Vec<_>>()));
    line.value_if("headers_seen", headers_seen.as_ref());
    line.value_if("redacted", Some(redacted).filter(|it| !it.is_empty()));
    line.value_if("sample_rate", *sample_rate);
    line.value_if("protocol", protocol.as_ref());
    line.object_if("tls", tls.as_ref(), write_tls);
    line.object_if("auth", auth.as_ref(), write_auth);
    line.object_if("backend", backend.as_ref(), write_backend);
    match direction {
        Direction::Inbound => (),
        Direction::Outbound => line.value("direction", "outbound"),
    }
    line.value_if("trace_id", trace_id.as_ref());
    line.end();
    out.push(b'\n');
}

fn write_request(request: &Request<'_>, object: &mut Object<'_>) {
    let Request {
        method,
        url,
        headers,
        body,
    } = request;
    object.value("method", method);
    object.value("url", url);
    write_headers(headers.as_ref(), object);
    write_body(body.as_ref(), object);
}

fn write_response(response: &Response<'_>, object: &mut Object<'_>) {
    let Response {
        status,
        headers,
        body,
        latency_micros,
    } = response;
    object.value_if("status", *status);
    write_headers(headers.as_ref(), object);
    write_body(body.as_ref(), object);
    object.value_if("latency_ms", latency_micros.map(|it| it as f64 / 1000.0));
}

/// An object while each name stands once, else a list of pairs, which keeps the order.
fn write_headers(headers: Option<&Headers<'_>>, object: &mut Object<'_>) {
    let Some(headers) = headers else { return };
    let mut names = HashSet::new();
    if headers.iter().all(|(name, _)| names.insert(name)) {
        object.object_if("headers", Some(headers), |headers, it| {
            for (name, value) in headers {
                it.value(name, value);
            }
        });
    } else {
        object.value("headers", headers);
    }
}

fn write_body(body: Option<&Body<'_>>, object: &mut Object<'_>) {
    let Some(Body { bytes, bytes_total }) = body else {
        return;
    };
    let at_hand = bytes.len() as u64;
    if at_hand > 0 || *bytes_total == 0 {
        match core::str::from_utf8(bytes) {
            Ok(text) => object.value("body", text),
            Err(_) => object.base64("body_base64", bytes),
        }
    }
    object.value_if("body_bytes", Some(*bytes_total).filter(|it| *it != at_hand));
}

fn write_tls(tls: &Tls<'_>, object: &mut Object<'_>) {
    let Tls {
        version,
        client_cert,
    } = tls;
    object.value_if("version", version.as_ref());
    object.value_if("client_cert", client_cert.as_ref());
}

fn write_auth(auth: &Auth<'_>, object: &mut Object<'_>) {
    let Auth {
        executed,
        subject,
        subscription,
        product,
    } = auth;
    object.value_if("executed", executed.as_ref());
    object.value_if("subject", subject.as_ref());
    object.value_if("subscription", subscription.as_ref());
    object.value_if("product", product.as_ref());
}

fn write_backend(backend: &Backend<'_>, object: &mut Object<'_>) {
    let Backend { host, status } = backend;
    object.value_if("host", host.as_ref());
    object.value_if("status", *status);
}

/// A JSON object under construction.
struct Object<'o> {
    out: &'o mut Vec<u8>,
    empty: bool,
}

impl<'o> Object<'o> {
    fn begin(out: &'o mut Vec<u8>) -> Self {
        out.push(b'{');
        Object { out, empty: true }
    }

    fn end(self) {
        self.out.push(b'}');
    }

    fn value(&mut self, key: &str, value: impl Serialize) {
        self.key(key);
        json(self.out, &value);
    }

    fn value_if(&mut self, key: &str, value: Option<impl Serialize>) {
        if let Some(value) = value {
            self.value(key, value);
        }
    }

    fn object_if<T>(
        &mut self,
        key: &str,
        value: Option<T>,
        write: impl FnOnce(T, &mut Object<'_>),
    ) {
        if let Some(value) = value {
            self.key(key);
            let mut object = Object::begin(self.out);
            write(value, &mut object);
            object.end();
        }
    }

    fn base64(&mut self, key: &str, bytes: &[u8]) {
        self.key(key);
        self.out.push(b'"');
        base64::encode(bytes, self.out);
        self.out.push(b'"');
    }

    fn key(&mut self, key: &str) {
        if !self.empty {
            self.out.push(b',');
        }
        self.empty = false;
        json(self.out, key);
        self.out.push(b':');
    }
}

/// Text, numbers and lists of them always have a JSON form, and writing to a Vec cannot fail.
fn json(out: &mut Vec<u8>, value: &(impl Serialize + ?Sized)) {
    let _ = serde_json::to_writer(out, value);
}
