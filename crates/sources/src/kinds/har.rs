//! HAR 1.2, the captures of browsers and debugging proxies: one entry of `log.entries` at a time.

use std::borrow::Cow;

use gatewatch_model::exchange::{Backend, Blemishes, Body, Exchange, Headers, Response, Text};
use gatewatch_wire::base64;

use super::{Kind, Read, Settings};
use crate::draft::values::body as body_of;
use crate::files::json::{Json, Soundness, read as read_json};
use crate::files::opened::HAR_LIST;
use crate::stamps;

pub static KIND: Kind = Kind {
    name: "har",
    title: "HAR 1.2 captures (browsers, debugging proxies)",
    // The first entry may be longer than what was sampled.
    recognise: |sample| sample.list == Some(HAR_LIST) || sample.json.iter().any(is_entry),
    read,
};

/// Only these go over HTTP; browsers also list `data:`, `blob:` and their own pages.
static SCHEMES: &[&str] = &["http://", "https://", "ws://", "wss://"];

fn is_entry(json: &Json<'_>) -> bool {
    let request = json.get("request");
    request.is_some_and(|it| it.get("method").is_some() && it.get("url").is_some())
        && (json.get("startedDateTime").is_some() || json.get("timings").is_some())
}

fn read<'l>(entry: &'l str, _: &'l Settings) -> Read<'l> {
    let (mut json, soundness) = read_json(entry)?;
    let mut request = json.take("request");
    let Some(url) = request.take("url").scalar() else {
        return Err("`request.url` is missing or is no text".into());
    };
    let Some(method) = request.take("method").scalar() else {
        return Err("`request.method` is missing or is no text".into());
    };
    let starts = |scheme: &&str| {
        url.get(..scheme.len())
            .is_some_and(|it| it.eq_ignore_ascii_case(scheme))
    };
    if url.contains(':') && !url.starts_with('/') && !SCHEMES.iter().any(starts) {
        return Ok(None);
    }
    let mut exchange = Exchange::default();
    exchange.request.method = method;
    exchange.request.url = url;
    exchange.request.headers = headers(request.take("headers"));
    exchange.request.body = request_body(&mut request, exchange.request_header("content-type"));
    exchange.protocol = protocol(request.take("httpVersion").scalar());
    exchange.at = json
        .get("startedDateTime")
        .and_then(Json::text)
        .and_then(stamps::read);
    exchange.response = response(&mut json, &mut exchange.blemishes);
    let server = json
        .take("serverIPAddress")
        .scalar()
        .filter(|it| !it.is_empty());
    exchange.backend = server.map(|host| Backend {
        host: Some(host),
        status: None,
    });
    if soundness == Soundness::Repaired {
        exchange.blemishes.insert(Blemishes::BAD_VALUE);
    }
    Ok(Some(exchange))
}

/// Without the pseudo headers of HTTP/2, which say again what method and URL do.
fn headers(list: Json<'_>) -> Option<Headers<'_>> {
    let Json::List(items) = list else { return None };
    let pairs = items.into_iter().filter_map(|mut it| {
        let name = it.take("name").scalar().filter(|it| !it.starts_with(':'))?;
        Some((name, it.take("value").scalar().unwrap_or_default()))
    });
    Some(pairs.collect())
}

fn request_body<'l>(request: &mut Json<'l>, content_type: Option<&str>) -> Option<Body<'l>> {
    let size = request.get("bodySize").and_then(Json::number);
    let mut posted = request.take("postData");
    let text = posted.take("text").scalar().filter(|it| !it.is_empty());
    let bytes = match text {
        Some(text) if is_base64(&posted) => decoded(text, &mut Blemishes::default()),
        Some(text) => body_of(text).bytes,
        None => {
            let mime = posted
                .get("mimeType")
                .and_then(Json::text)
                .or(content_type)
                .unwrap_or("");
            Cow::Owned(form(
                posted.get("params").map_or(&[][..], Json::items),
                mime,
            ))
        }
    };
    sized(bytes, size)
}

/// Parameters alone, written as the browser had sent them.
fn form(params: &[Json<'_>], mime: &str) -> Vec<u8> {
    let text = |param: &Json<'_>, name| {
        param
            .get(name)
            .and_then(Json::text)
            .unwrap_or("")
            .to_owned()
    };
    let mut out = Vec::new();
    let boundary = mime
        .split(';')
        .find_map(|it| it.trim().strip_prefix("boundary="));
    for param in params {
        let (name, value) = (text(param, "name"), text(param, "value"));
        let Some(boundary) = boundary else {
            if !out.is_empty() {
                out.push(b'&');
            }
            // Browsers list parameters as they stood in the body, still encoded.
            out.extend_from_slice(format!("{name}={value}").as_bytes());
            continue;
        };
        let boundary = boundary.trim_matches('"');
        let file = text(param, "fileName");
        let file = if file.is_empty() {
            file
        } else {
            format!("; filename=\"{file}\"")
        };
        let part = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n{value}\r\n"
        );
        out.extend_from_slice(part.as_bytes());
    }
    if let (Some(boundary), false) = (boundary, params.is_empty()) {
        out.extend_from_slice(format!("--{}--\r\n", boundary.trim_matches('"')).as_bytes());
    }
    out
}

fn response<'l>(json: &mut Json<'l>, blemishes: &mut Blemishes) -> Option<Response<'l>> {
    let latency_micros = latency(json);
    let mut from = json.take("response");
    // Browsers write status 0 where no answer came.
    let status = from
        .get("status")
        .and_then(Json::number)
        .filter(|it| *it != 0.0)?;
    let status =
        ((100.0..1_000.0).contains(&status) && status.fract() == 0.0).then_some(status as u16);
    if status.is_none() {
        blemishes.insert(Blemishes::BAD_STATUS);
    }
    let mut content = from.take("content");
    let size = content.get("size").and_then(Json::number);
    let text = content.take("text").scalar();
    let unpacked = text.is_some();
    let body = match text {
        Some(text) if is_base64(&content) => sized(decoded(text, blemishes), size),
        Some(text) => sized(body_of(text).bytes, size),
        None => sized(Cow::default(), size),
    };
    let mut headers = headers(from.take("headers"));
    if let (Some(headers), true) = (&mut headers, unpacked) {
        // A HAR holds bodies unpacked, whatever their head says.
        headers.retain(|it| !it.0.eq_ignore_ascii_case("content-encoding"));
    }
    Some(Response {
        status,
        headers,
        body,
        latency_micros,
    })
}

/// From the request's last byte to the answer's last, else all the time the browser took.
fn latency(json: &Json<'_>) -> Option<u64> {
    let part = |name| {
        let of = json
            .get("timings")
            .and_then(|it| it.get(name))
            .and_then(Json::number);
        of.filter(|it| *it >= 0.0)
    };
    let served =
        part("wait").map(|it| it + part("send").unwrap_or(0.0) + part("receive").unwrap_or(0.0));
    let all = || json.get("time").and_then(Json::number);
    let millis = served.or_else(all).filter(|it| (0.0..1e12).contains(it))?;
    Some((millis * 1e3).round() as u64)
}

/// A size of -1 is unknown; 0 with nothing at hand was observed and empty.
fn sized(bytes: Cow<'_, [u8]>, size: Option<f64>) -> Option<Body<'_>> {
    let size = size.filter(|it| *it >= 0.0).map(|it| it as u64);
    if bytes.is_empty() && size.is_none() {
        return None;
    }
    let bytes_total = size.unwrap_or(0).max(bytes.len() as u64);
    Some(Body { bytes, bytes_total })
}

fn is_base64(json: &Json<'_>) -> bool {
    json.get("encoding")
        .and_then(Json::text)
        .is_some_and(|it| it.eq_ignore_ascii_case("base64"))
}

/// A text that was cut may end within a group of four.
fn decoded<'l>(text: Text<'l>, blemishes: &mut Blemishes) -> Cow<'l, [u8]> {
    let fours = text.len() / 4 * 4;
    let whole = || {
        text.get(..fours)
            .filter(|it| !it.is_empty())
            .and_then(base64::decode)
    };
    if let Some(bytes) = base64::decode(&text).or_else(whole) {
        return Cow::Owned(bytes);
    }
    blemishes.insert(Blemishes::BAD_BASE64);
    body_of(text).bytes
}

/// In the one spelling that the exchange file has.
fn protocol(text: Option<Text<'_>>) -> Option<Text<'_>> {
    let text = text?;
    match text.to_ascii_lowercase().as_str() {
        "" | "unknown" => None,
        "h2" | "http/2" | "http/2.0" => Some("HTTP/2".into()),
        "h3" | "http/3" | "http/3.0" => Some("HTTP/3".into()),
        "http/1.1" => Some("HTTP/1.1".into()),
        "http/1.0" => Some("HTTP/1.0".into()),
        _ => Some(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(text: &str) -> Exchange<'static> {
        let text = Box::leak(text.to_owned().into_boxed_str());
        let settings = Box::leak(Box::default());
        read(text, settings).unwrap().unwrap()
    }

    fn text(body: Option<&Body<'_>>) -> String {
        String::from_utf8(body.unwrap().bytes.to_vec()).unwrap()
    }

    #[test]
    fn an_entry_is_an_exchange() {
        let found = entry(
            r#"{"startedDateTime":"2026-11-21T09:00:00.5+01:00","time":70,"timings":{"blocked":50,"wait":15,"send":1,"receive":4.5,"dns":-1},
            "serverIPAddress":"192.0.2.7","_priority":"High","request":{"method":"POST","url":"https://api.example/a","httpVersion":"http/2.0",
            "headers":[{"name":":authority","value":"api.example"},{"name":"Cookie","value":"sid=1"}],"bodySize":9,"postData":{"mimeType":"application/json","text":"{\"a\":true}"}},
            "response":{"status":201,"headers":[{"name":"Content-Encoding","value":"gzip"},{"name":"etag","value":"x"}],"content":{"size":5,"mimeType":"text/plain","text":"aGVsbG8=","encoding":"base64"}}}"#,
        );
        assert_eq!(found.at.unwrap().to_string(), "2026-11-21T08:00:00.5Z");
        assert_eq!(
            (&*found.request.method, &*found.request.url),
            ("POST", "https://api.example/a")
        );
        assert_eq!(
            found.request.headers.as_ref().unwrap(),
            &[("Cookie".into(), "sid=1".into())]
        );
        assert_eq!(text(found.request.body.as_ref()), "{\"a\":true}");
        assert_eq!(found.protocol.as_deref(), Some("HTTP/2"));
        assert_eq!(found.backend.unwrap().host.as_deref(), Some("192.0.2.7"));
        let response = found.response.unwrap();
        assert_eq!(
            (response.status, response.latency_micros),
            (Some(201), Some(20_500))
        );
        assert_eq!(text(response.body.as_ref()), "hello");
        assert_eq!(response.headers.unwrap(), [("etag".into(), "x".into())]);
    }

    #[test]
    fn what_a_har_leaves_out_was_not_observed() {
        let found = entry(
            r#"{"request":{"method":"GET","url":"/a","bodySize":-1},"response":{"status":200,"content":{"size":900}}}"#,
        );
        assert_eq!(
            (found.request.headers.as_ref(), found.request.body.as_ref()),
            (None, None)
        );
        let response = found.response.unwrap();
        assert_eq!(
            (response.headers.as_ref(), response.latency_micros),
            (None, None)
        );
        let body = response.body.unwrap();
        assert!(!body.is_seen() && body.bytes_total == 900);
        let empty = entry(
            r#"{"request":{"method":"GET","url":"/a","headers":[],"bodySize":0},"response":{"status":0}}"#,
        );
        assert_eq!(empty.request.headers, Some(Vec::new()));
        assert_eq!(
            (empty.request.body, empty.response),
            (Some(Body::default()), None)
        );
    }

    #[test]
    fn parameters_alone_are_written_as_the_body_they_were() {
        let of = |mime: &str| {
            let found = entry(&format!(
                r#"{{"request":{{"method":"POST","url":"/a","postData":{{"mimeType":"{mime}","params":[{{"name":"a","value":"1%202"}},{{"name":"f","fileName":"x.txt","value":"y"}}]}}}}}}"#
            ));
            text(found.request.body.as_ref())
        };
        assert_eq!(of("application/x-www-form-urlencoded"), "a=1%202&f=y");
        assert_eq!(
            of("multipart/form-data; boundary=b"),
            "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1%202\r\n--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"x.txt\"\r\n\r\ny\r\n--b--\r\n"
        );
    }

    #[test]
    fn what_never_went_over_http_is_passed_over() {
        for url in [
            "data:text/plain,x",
            "blob:https://a.example/1",
            "chrome-extension://x/y",
            "about:blank",
        ] {
            let entry = format!(r#"{{"request":{{"method":"GET","url":"{url}"}}}}"#);
            assert_eq!(read(&entry, &Settings::default()), Ok(None), "{url}");
        }
    }

    #[test]
    fn wrong_values_are_blemishes_and_a_missing_request_is_an_error() {
        let found = entry(
            r#"{"startedDateTime":7,"request":{"method":"GET","url":"/a","headers":{"a":1},"postData":"x"},"response":{"status":"9999","content":{"text":"*","encoding":"base64","size":-5}}}"#,
        );
        assert!(found.blemishes.contains(Blemishes::BAD_STATUS));
        assert!(found.blemishes.contains(Blemishes::BAD_BASE64));
        for (entry, part) in [
            ("{}", "`request.url` is missing"),
            (r#"{"request":{"url":"/"}}"#, "`request.method` is missing"),
            ("[1]", "`request.url` is missing"),
            ("{", "it is no JSON"),
        ] {
            let why = read(entry, &Settings::default()).unwrap_err();
            assert!(why.contains(part), "{why}");
        }
    }
}
