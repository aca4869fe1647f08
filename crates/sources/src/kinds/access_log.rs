//! Access logs of Apache, nginx and their like: common and combined, with or without the virtual
//! host before them. What follows is passed over, but for an X-Forwarded-For and a latency.

use std::borrow::Cow;

use gatewatch_model::exchange::Text;

use super::{Kind, Read, Settings};
use crate::draft::values::address;
use crate::draft::{Draft, Member};
use crate::stamps;

pub static KIND: Kind = Kind {
    name: "access-log",
    title: "access logs of Apache and nginx (common, combined)",
    recognise: |sample| sample.lines().any(is_access_log),
    read,
};

/// The first line whose time, request and status stand where they belong.
fn is_access_log(line: &str) -> bool {
    let parts = split_head(line).and_then(|(_, time, rest)| {
        stamps::read(time)?;
        let (_, rest) = quoted(rest.trim_start())?;
        Some(rest.trim_start())
    });
    parts.is_some_and(|it| {
        let status = it.split(' ').next().unwrap_or("");
        status == "-" || (status.len() == 3 && status.bytes().all(|it| it.is_ascii_digit()))
    })
}

fn read<'l>(line: &'l str, settings: &'l Settings) -> Read<'l> {
    read_text(line, settings.host.as_deref())
}

fn read_text<'l>(line: &'l str, host: Option<&'l str>) -> Read<'l> {
    let Some((head, time, rest)) = split_head(line) else {
        return Err("the time in brackets is missing; an access log has `address - user [time] \"request\" status bytes`".into());
    };
    let Some((request, rest)) = quoted(rest.trim_start()) else {
        return Err("the request in quotes is missing".into());
    };
    if matches!(&*request, "-" | "") {
        // The connection ended before it asked for anything.
        return Ok(None);
    }
    let mut draft = Draft::default();
    read_head(head, &mut draft);
    draft.take(Member::At, time.into());
    draft.take(Member::Line, request);
    let mut words = Words(rest);
    if let Some(status) = words.next() {
        draft.take(Member::Status, status);
    }
    if let Some(bytes) = words.next() {
        draft.take(Member::ResponseBodyBytes, bytes);
    }
    read_tail(words, &mut draft);
    draft.finish(host).map(Some).map_err(Into::into)
}

/// What stands before the time, the time, what follows it.
fn split_head(line: &str) -> Option<(&str, &str, &str)> {
    let open = memchr::memchr(b'[', line.as_bytes())?;
    // An address of IPv6 may stand in brackets itself.
    let open = if line[..open].trim().is_empty() {
        open + 1 + line[open + 1..].find(" [")? + 1
    } else {
        open
    };
    let close = open + memchr::memchr(b']', &line.as_bytes()[open..])?;
    Some((
        line[..open].trim(),
        &line[open + 1..close],
        &line[close + 1..],
    ))
}

/// `address identity user`, with the virtual host before it or not. A user may have blanks.
fn read_head<'l>(head: &'l str, draft: &mut Draft<'l>) {
    let (first, rest) = head.split_once(' ').unwrap_or((head, ""));
    let rest = rest.trim_start();
    let (second, after) = rest.split_once(' ').unwrap_or((rest, ""));
    let is_address = |it: &str| address(it).is_some();
    let hosted = !is_address(first) && is_address(second);
    let user = if hosted {
        draft.take(Member::Host, first.into());
        draft.take(Member::PeerIp, second.into());
        after.trim_start().split_once(' ').map_or("", |it| it.1)
    } else {
        draft.take(Member::PeerIp, first.into());
        after
    };
    draft.take(Member::Principal, user.trim().into());
}

/// Referrer and agent are the first two in quotes. Another that is a list of addresses is an
/// X-Forwarded-For, as in the format that nginx is shipped with.
fn read_tail<'l>(words: Words<'l>, draft: &mut Draft<'l>) {
    let mut quotes = ["referer", "user-agent"].into_iter();
    for (is_quoted, word) in words.told() {
        if is_quoted {
            match quotes.next() {
                Some(name) => draft.take_request_header(name.into(), Some(word)),
                None if word.split(',').all(|it| address(it).is_some()) => {
                    draft.take_request_header("x-forwarded-for".into(), Some(word));
                }
                None => (),
            }
        } else if let Some((key, value)) = word.split_once(['=', ':'])
            && matches!(key, "rt" | "request_time")
        {
            let value = value.trim_matches('"').to_owned();
            draft.take(Member::LatencySeconds, value.into());
        }
    }
}

/// The words of the rest of a line; one in quotes is unescaped.
pub struct Words<'l>(pub &'l str);

impl<'l> Words<'l> {
    /// Each word with whether it stood in quotes.
    fn told(mut self) -> impl Iterator<Item = (bool, Text<'l>)> {
        core::iter::from_fn(move || {
            let is_quoted = self.0.trim_start().starts_with('"');
            self.next().map(|it| (is_quoted, it))
        })
    }
}

impl<'l> Iterator for Words<'l> {
    type Item = Text<'l>;

    fn next(&mut self) -> Option<Text<'l>> {
        let text = self.0.trim_start();
        if text.is_empty() {
            return None;
        }
        if let Some((word, rest)) = quoted(text) {
            self.0 = rest;
            return Some(word);
        }
        let end = text.find(' ').unwrap_or(text.len());
        self.0 = &text[end..];
        Some(text[..end].into())
    }
}

/// The text in quotes that is next, unescaped, and what follows; one that does not end takes all.
pub fn quoted(text: &str) -> Option<(Text<'_>, &str)> {
    let inner = text.strip_prefix('"')?;
    let mut from = 0;
    loop {
        let Some(at) = memchr::memchr2(b'"', b'\\', &inner.as_bytes()[from..]) else {
            return Some((unescaped(inner), ""));
        };
        let at = from + at;
        if inner.as_bytes()[at] == b'"' {
            return Some((unescaped(&inner[..at]), &inner[at + 1..]));
        }
        // A backslash and the one after it; a character of many bytes cannot be cut by it.
        from = (at + 2).min(inner.len());
    }
}

/// What Apache and nginx escape: `\"`, `\\`, `\xhh` and the letters of C.
pub fn unescaped(text: &str) -> Text<'_> {
    if !text.contains('\\') {
        return text.into();
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let (byte, length) = match (first, tail) {
            (b'\\', [b'x' | b'X', high, low, ..]) => match (digit(*high), digit(*low)) {
                (Some(high), Some(low)) => (high << 4 | low, 4),
                _ => (b'\\', 1),
            },
            (b'\\', [escaped, ..]) => match escaped {
                b'n' => (b'\n', 2),
                b't' => (b'\t', 2),
                b'r' => (b'\r', 2),
                b'"' | b'\\' => (*escaped, 2),
                _ => (b'\\', 1),
            },
            _ => (*first, 1),
        };
        bytes.push(byte);
        rest = &rest[length..];
    }
    match String::from_utf8(bytes) {
        Ok(text) => Cow::Owned(text),
        Err(error) => Cow::Owned(String::from_utf8_lossy(error.as_bytes()).into_owned()),
    }
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).map(|it| it as u8)
}

#[cfg(test)]
mod tests {
    use gatewatch_model::exchange::{Blemishes, Exchange};
    use proptest::prelude::*;

    use super::*;

    const COMBINED: &str = r#"203.0.113.9 - alice [21/Nov/2026:08:00:00 +0000] "GET /orders/7?a=b HTTP/1.1" 200 512 "https://shop.example/" "curl/8.5""#;

    fn line(text: &str) -> Exchange<'_> {
        read_text(text, None).unwrap().unwrap()
    }

    #[test]
    fn a_combined_line_says_who_what_and_how_it_went() {
        let found = line(COMBINED);
        assert_eq!(
            (&*found.request.method, &*found.request.url),
            ("GET", "/orders/7?a=b")
        );
        assert_eq!(found.protocol.as_deref(), Some("HTTP/1.1"));
        assert_eq!(found.peer_ip, Some([203, 0, 113, 9].into()));
        assert_eq!(found.principal.as_deref(), Some("alice"));
        assert_eq!(found.at.unwrap().to_string(), "2026-11-21T08:00:00Z");
        assert_eq!(found.status(), Some(200));
        assert_eq!(
            found
                .response
                .as_ref()
                .unwrap()
                .body
                .as_ref()
                .unwrap()
                .bytes_total,
            512
        );
        assert_eq!(found.request_header("user-agent"), Some("curl/8.5"));
        assert_eq!(
            found.headers_seen.as_ref().unwrap(),
            &["referer", "user-agent"]
        );
        assert_eq!(
            (
                found.request.body.as_ref(),
                found.response.as_ref().unwrap().headers.as_ref()
            ),
            (None, None)
        );
    }

    #[test]
    fn a_common_line_has_no_headers_at_all() {
        let found = line(r#"::1 - - [21/Nov/2026:08:00:00 +0000] "POST /a HTTP/1.0" 304 -"#);
        assert_eq!(
            (found.request.headers.as_ref(), found.headers_seen.as_ref()),
            (None, None)
        );
        assert_eq!(found.peer_ip, Some("::1".parse().unwrap()));
        assert_eq!(
            (found.principal.as_ref(), found.status()),
            (None, Some(304))
        );
        assert_eq!(found.response.unwrap().body, None);
    }

    #[test]
    fn a_virtual_host_names_the_host() {
        let found = line(&format!("api.example:8443 {COMBINED}"))
            .request_header("host")
            .map(str::to_owned);
        assert_eq!(found.as_deref(), Some("api.example:8443"));
        let named = format!("proxy.example {}", &COMBINED["203.0.113.9 ".len()..]);
        let resolved = line(&named);
        assert_eq!(
            (resolved.peer_ip, resolved.request_header("host")),
            (None, None)
        );
    }

    #[test]
    fn extra_fields_are_tolerated_and_some_are_read() {
        let text = format!(
            r#"{COMBINED} "192.0.2.1, 10.0.0.1" 0.004 upstream="10.0.0.5:80" rt=0.250 "gzip""#
        );
        let found = line(&text);
        assert_eq!(
            found.request_header("x-forwarded-for"),
            Some("192.0.2.1, 10.0.0.1")
        );
        assert_eq!(found.response.unwrap().latency_micros, Some(250_000));
    }

    #[test]
    fn quotes_and_bytes_are_escaped_as_servers_do() {
        let text = r#"1.2.3.4 - - [21/Nov/2026:08:00:00 +0000] "GET /?q=\"x\"\x3cb\x3e\\ HTTP/1.1" 400 0 "-" "a \"b\" \xe9\xc3\xa9""#;
        let found = line(text);
        assert_eq!(found.request.url, "/?q=\"x\"<b>\\");
        assert_eq!(
            found.request_header("user-agent"),
            Some("a \"b\" \u{fffd}é")
        );
    }

    #[test]
    fn what_is_no_request_is_kept_and_what_is_nothing_is_passed_over() {
        let text = r#"1.2.3.4 - - [21/Nov/2026:08:00:00 +0000] "\x16\x03\x01" 400 150"#;
        let found = line(text);
        assert_eq!(
            (&*found.request.method, &*found.request.url),
            ("", "\u{16}\u{3}\u{1}")
        );
        assert!(found.blemishes.contains(Blemishes::BAD_METHOD));
        let text = r#"1.2.3.4 - - [21/Nov/2026:08:00:00 +0000] "-" 408 0 "-" "-""#;
        assert_eq!(read_text(text, None), Ok(None));
    }

    #[test]
    fn lines_of_other_logs_say_what_is_missing() {
        let why = |text| read_text(text, None).unwrap_err();
        assert!(why("hello world").starts_with("the time in brackets is missing"));
        assert!(
            why("1.2.3.4 - - [21/Nov/2026:08:00:00 +0000] GET")
                .starts_with("the request in quotes")
        );
        for other in [
            "hello",
            "2026/11/21 08:00:00 [error] 7#7: open() failed",
            "[21/Nov/2026:08:00:00 +0000] [core:error] x",
            "",
        ] {
            assert!(!is_access_log(other), "{other}");
        }
        assert!(is_access_log(COMBINED));
        assert!(is_access_log(
            r#"[::1] - - [21/Nov/2026:08:00:00 +0000] "GET / HTTP/1.1" 200 5"#
        ));
    }

    proptest! {
        #[test]
        fn nothing_panics_and_what_is_read_has_an_url(
            text: String,
            near in r#"[0-9a-f.:]{0,9} - [a-zé]{0,3} \[21/Nov/2026:08:00:00 \+0000\] "[A-Z]{0,4} ?[/a-zé"\\x0-9]{0,9}" ?[0-9-]{0,4} [0-9-]{0,3}.{0,20}"#,
        ) {
            for text in [&text, &near] {
                let _ = is_access_log(text);
                if let Ok(Some(found)) = read_text(text, Some("a.example")) {
                    prop_assert!(!found.request.url.is_empty());
                }
            }
        }
    }
}
