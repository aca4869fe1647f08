//! Text lines in a format that the user writes down as their server's configuration does:
//! `$remote_addr [$time_local] "$request"` of nginx, `%h %t \"%r\" %>s` of Apache.

use super::access_log::unescaped;
use super::{Kind, Read, Settings};
use crate::draft::{Draft, Member};
use crate::mapping::Target;

pub static KIND: Kind = Kind {
    name: "log-format",
    title: "text lines in a format given with --log-format",
    recognise: |sample| sample.settings.log_format.is_some(),
    read,
};

const FIELDS_MAX: usize = 128;

/// Texts and fields by turns.
#[derive(Clone, Debug, PartialEq)]
pub struct LogFormat {
    fields: Vec<Field>,
    /// Behind the last field.
    end: Box<str>,
}

#[derive(Clone, Debug, PartialEq)]
struct Field {
    /// What stands before it.
    before: Box<str>,
    /// `None` for what says nothing of an exchange.
    target: Option<Target>,
}

#[derive(Debug, thiserror::Error)]
pub enum FormatError {
    #[error(
        "the log format names neither a request line nor a URL ($request, $request_uri, %r, %U), so its lines are no exchanges"
    )]
    NoRequest,
    #[error(
        "two fields stand side by side in the log format, so nobody can tell where the first ends"
    )]
    NothingBetween,
    #[error("the log format has more than {FIELDS_MAX} fields")]
    TooLong,
}

impl LogFormat {
    pub fn read(text: &str) -> Result<LogFormat, FormatError> {
        let text = text.replace("\\\"", "\"");
        let mut fields: Vec<Field> = Vec::new();
        let mut before = String::new();
        let mut rest = text.as_str();
        while let Some(first) = rest.chars().next() {
            let Some((target, length)) = variable(rest).or_else(|| directive(rest)) else {
                before.push(first);
                rest = &rest[first.len_utf8()..];
                continue;
            };
            if before.is_empty() && !fields.is_empty() {
                return Err(FormatError::NothingBetween);
            }
            if fields.len() == FIELDS_MAX {
                return Err(FormatError::TooLong);
            }
            fields.push(Field {
                before: core::mem::take(&mut before).into(),
                target,
            });
            rest = &rest[length..];
        }
        let asks = |it: &Field| {
            matches!(
                it.target,
                Some(Target::Member(Member::Line | Member::Url | Member::Path))
            )
        };
        if !fields.iter().any(asks) {
            return Err(FormatError::NoRequest);
        }
        Ok(LogFormat {
            fields,
            end: before.into(),
        })
    }
}

fn read<'l>(line: &'l str, settings: &'l Settings) -> Read<'l> {
    let Some(LogFormat { fields, end }) = settings.log_format.as_deref() else {
        return Err("no format says where the request is; give one with --log-format".into());
    };
    let mut draft = Draft::default();
    let mut rest = line;
    for (at, Field { before, target }) in fields.iter().enumerate() {
        rest = past(rest, before).ok_or_else(|| {
            format!(
                "`{before}` before field {} of the log format is missing",
                at + 1
            )
        })?;
        let next = fields.get(at + 1).map_or(end, |it| &it.before);
        let text;
        (text, rest) = field(rest, before, next).ok_or_else(|| {
            format!(
                "field {} of the log format does not end in `{next}`",
                at + 1
            )
        })?;
        let Some(target) = target else { continue };
        let text = unescaped(text);
        match target {
            Target::Member(Member::Line) if matches!(text.trim(), "-" | "") => return Ok(None),
            Target::Member(member) => draft.take(*member, text),
            Target::RequestHeader(name) => draft.take_request_header((&**name).into(), Some(text)),
            Target::ResponseHeader(name) => {
                draft.take_response_header((&**name).into(), Some(text));
            }
            Target::RequestHeaders | Target::ResponseHeaders => (),
        }
    }
    draft
        .finish(settings.host.as_deref())
        .map(Some)
        .map_err(Into::into)
}

/// What follows a text; blanks stand for any number of them.
fn past<'t>(line: &'t str, text: &str) -> Option<&'t str> {
    let mut rest = line;
    let mut blank = false;
    for character in text.chars() {
        if character != ' ' {
            rest = rest.strip_prefix(character)?;
        } else if !blank {
            rest = rest.strip_prefix(' ')?.trim_start_matches(' ');
        }
        blank = character == ' ';
    }
    Some(rest)
}

/// A field and what follows it. Between quotes it ends at the first that is not escaped.
fn field<'t>(line: &'t str, before: &str, next: &str) -> Option<(&'t str, &'t str)> {
    if before.ends_with('"') && next.starts_with('"') {
        let quote = line.len();
        let whole = quoted_from(line)?;
        return Some((&line[..quote - whole.len()], whole));
    }
    let end = match next.chars().next() {
        None => line.len(),
        Some(_) => line.find(next).or_else(|| {
            line.find(next.trim_end())
                .filter(|_| !next.trim_end().is_empty())
        })?,
    };
    Some((&line[..end], &line[end..]))
}

/// From the quote that ends what begins here.
fn quoted_from(line: &str) -> Option<&str> {
    let mut from = 0;
    loop {
        let at = from + memchr::memchr2(b'"', b'\\', line.as_bytes().get(from..)?)?;
        if line.as_bytes()[at] == b'"' {
            return Some(&line[at..]);
        }
        from = at + 2;
    }
}

/// `$name` or `${name}`: what it is read into, and its length.
fn variable(text: &str) -> Option<(Option<Target>, usize)> {
    let rest = text.strip_prefix('$')?;
    let (name, length) = if let Some(inner) = rest.strip_prefix('{') {
        (inner.split_once('}')?.0, 3)
    } else {
        let word = |it: char| it.is_ascii_alphanumeric() || it == '_';
        (&rest[..rest.find(|it| !word(it)).unwrap_or(rest.len())], 1)
    };
    if name.is_empty() {
        return None;
    }
    let header = |of: &str| name.strip_prefix(of).map(|it| it.replace('_', "-").into());
    let target = VARIABLES
        .iter()
        .find(|it| it.0 == name)
        .map(|it| Target::Member(it.1))
        .or_else(|| header("http_").map(Target::RequestHeader))
        .or_else(|| header("sent_http_").map(Target::ResponseHeader));
    Some((target, name.len() + length))
}

/// nginx, by the names of its variables; others (`$connection`, `$pid`) are read past.
static VARIABLES: &[(&str, Member)] = &[
    ("remote_addr", Member::PeerIp),
    ("realip_remote_addr", Member::PeerIp),
    ("remote_user", Member::Principal),
    ("time_local", Member::At),
    ("time_iso8601", Member::At),
    ("msec", Member::At),
    ("request", Member::Line),
    ("request_method", Member::Method),
    ("request_uri", Member::Url),
    ("uri", Member::Path),
    ("document_uri", Member::Path),
    ("args", Member::Query),
    ("query_string", Member::Query),
    ("server_protocol", Member::Protocol),
    ("scheme", Member::Scheme),
    ("host", Member::Host),
    ("http_host", Member::Host),
    ("server_name", Member::Host),
    ("server_port", Member::Port),
    ("request_body", Member::RequestBody),
    ("status", Member::Status),
    ("body_bytes_sent", Member::ResponseBodyBytes),
    ("bytes_sent", Member::ResponseBodyBytes),
    ("request_time", Member::LatencySeconds),
    ("upstream_addr", Member::BackendHost),
    ("upstream_status", Member::BackendStatus),
    ("ssl_protocol", Member::TlsVersion),
    ("ssl_client_s_dn", Member::ClientCert),
    ("request_id", Member::Id),
];

/// `%h`, `%>s`, `%{Name}i`: what it is read into, and its length.
fn directive(text: &str) -> Option<(Option<Target>, usize)> {
    let mut rest = text.strip_prefix('%')?;
    // Which of several requests, and under which statuses it is written.
    rest = rest
        .trim_start_matches(|it: char| it.is_ascii_digit() || matches!(it, '<' | '>' | '!' | ','));
    let mut argument = "";
    if let Some(inner) = rest.strip_prefix('{') {
        (argument, rest) = inner.split_once('}')?;
    }
    let letter = rest.chars().next().filter(char::is_ascii_alphabetic)?;
    let length = text.len() - rest.len() + 1;
    let target = match (letter, argument) {
        ('i', name) if name.eq_ignore_ascii_case("host") => Some(Target::Member(Member::Host)),
        ('i', name) if !name.is_empty() => {
            Some(Target::RequestHeader(name.to_ascii_lowercase().into()))
        }
        ('o', name) if !name.is_empty() => {
            Some(Target::ResponseHeader(name.to_ascii_lowercase().into()))
        }
        _ => DIRECTIVES
            .iter()
            .find(|it| (it.0, it.1) == (letter, argument))
            .map(|it| Target::Member(it.2)),
    };
    Some((target, length))
}

/// Apache, by letter and argument; others (`%l`, `%p`) are read past.
static DIRECTIVES: &[(char, &str, Member)] = &[
    ('h', "", Member::PeerIp),
    ('a', "", Member::PeerIp),
    ('a', "c", Member::PeerIp),
    ('u', "", Member::Principal),
    ('t', "", Member::At),
    ('t', "sec", Member::At),
    ('t', "msec", Member::At),
    ('t', "usec", Member::At),
    ('r', "", Member::Line),
    ('m', "", Member::Method),
    ('U', "", Member::Path),
    ('q', "", Member::Query),
    ('H', "", Member::Protocol),
    ('v', "", Member::Host),
    ('V', "", Member::Host),
    ('s', "", Member::Status),
    ('b', "", Member::ResponseBodyBytes),
    ('B', "", Member::ResponseBodyBytes),
    ('D', "", Member::LatencyMicros),
    ('T', "", Member::LatencySeconds),
    ('T', "s", Member::LatencySeconds),
    ('T', "ms", Member::LatencyMillis),
    ('T', "us", Member::LatencyMicros),
    ('L', "", Member::Id),
];

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use gatewatch_model::Exchange;
    use proptest::prelude::*;

    use super::*;

    fn settings(format: &str) -> Settings {
        Settings {
            log_format: Some(Arc::new(LogFormat::read(format).unwrap())),
            ..Settings::default()
        }
    }

    fn line(format: &str, line: &'static str) -> Exchange<'static> {
        let settings = Box::leak(Box::new(settings(format)));
        read(line, settings).unwrap().unwrap()
    }

    #[test]
    fn a_format_of_nginx_is_read_by_its_variables() {
        let found = line(
            r#"$remote_addr - ${remote_user} [$time_iso8601] $host "$request" $status $body_bytes_sent rt=$request_time ua="$upstream_addr" "$http_x_forwarded_for" $connection"#,
            r#"203.0.113.9 - - [2026-11-21T08:00:00+00:00] api.example "GET /a\x22b HTTP/1.1" 200 512 rt=0.012 ua="10.0.0.5:80" "-" 77"#,
        );
        assert_eq!(
            (&*found.request.method, &*found.request.url),
            ("GET", "/a\"b")
        );
        assert_eq!(found.request_header("host"), Some("api.example"));
        assert_eq!(
            found.backend.as_ref().unwrap().host.as_deref(),
            Some("10.0.0.5:80")
        );
        assert_eq!(
            found.headers_seen.as_ref().unwrap(),
            &["x-forwarded-for", "host"]
        );
        assert_eq!(found.response.unwrap().latency_micros, Some(12_000));
    }

    #[test]
    fn a_format_of_apache_is_read_by_its_directives() {
        let found = line(
            r#"%v:%p %h %l %u %t \"%r\" %>s %O \"%{Referer}i\" \"%{User-Agent}i\" %D %{X-Request-Id}o"#,
            r#"api.example:443 203.0.113.9 - alice [21/Nov/2026:08:00:00 +0000] "POST /a HTTP/2.0" 201 77 "-" "curl \"8\"" 12500 r-1"#,
        );
        assert_eq!(found.principal.as_deref(), Some("alice"));
        assert_eq!(found.at.unwrap().to_string(), "2026-11-21T08:00:00Z");
        assert_eq!(found.request_header("user-agent"), Some("curl \"8\""));
        assert_eq!(found.response_header("x-request-id"), Some("r-1"));
        assert_eq!(found.response.unwrap().latency_micros, Some(12_500));
    }

    #[test]
    fn columns_may_be_filled_up_with_blanks_and_the_last_takes_the_rest() {
        let found = line("%m %s %U", "GET    200   /a b c");
        assert_eq!((&*found.request.url, found.status()), ("/a b c", Some(200)));
    }

    #[test]
    fn a_line_of_another_format_says_which_field_is_not_there() {
        let settings = settings(r#"%h "%r" %s"#);
        for (text, part) in [
            ("1.2.3.4", "field 1 of the log format does not end in ` \"`"),
            ("1.2.3.4 \"GET /", "field 2 of the log format does not end"),
            ("", "field 1"),
        ] {
            let why = read(text, &settings).unwrap_err();
            assert!(why.contains(part), "{why}");
        }
        assert_eq!(read(r#"1.2.3.4 "-" 408"#, &settings), Ok(None));
    }

    #[test]
    fn a_format_that_cannot_be_read_is_refused() {
        assert!(matches!(
            LogFormat::read("%h %s"),
            Err(FormatError::NoRequest)
        ));
        assert!(matches!(
            LogFormat::read("%h%r"),
            Err(FormatError::NothingBetween)
        ));
        assert!(matches!(
            LogFormat::read(&"%r ".repeat(500)),
            Err(FormatError::TooLong)
        ));
        assert!(LogFormat::read("100% $ {x} %r").is_ok());
    }

    proptest! {
        #[test]
        fn nothing_panics(format: String, near in r#"([%$][a-z{}>é]{0,3}[" \[\]]{1,2}){0,6}%r"#, line: String, like in r#"["a-z /\\é\[\]]{0,30}"#) {
            for format in [&format, &near] {
                if let Ok(format) = LogFormat::read(format) {
                    let settings = Settings { log_format: Some(Arc::new(format)), ..Settings::default() };
                    let _ = (read(&line, &settings), read(&like, &settings));
                }
            }
        }
    }
}
