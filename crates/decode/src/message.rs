//! What is known of a request or a response as a message: its type, its character set, how it was
//! packed, and whether all of it was there.

use crate::limits::{CODINGS_MAX, NAME_BYTES_MAX};
use gatewatch_model::caller::prefix;

/// One half of an exchange.
#[derive(Clone, Debug, Default)]
pub struct Message {
    essence: String,
    /// As which the body was read.
    pub kind: BodyKind,
    pub charset: Charset,
    /// Which content encodings were undone, the outermost first.
    pub codings: Codings,
    /// False where only the beginning of the body was there, or could be read.
    pub complete: bool,
}

impl Message {
    /// The content type without parameters and in lower case; empty if there was none.
    pub fn essence(&self) -> &str {
        &self.essence
    }

    /// Forgets the last one.
    pub(crate) fn clear(&mut self) {
        let Message {
            essence,
            kind,
            charset,
            codings,
            complete,
        } = self;
        essence.clear();
        (*kind, *charset) = (BodyKind::default(), Charset::default());
        (*codings, *complete) = (Codings::default(), true);
    }

    pub(crate) fn set_essence(&mut self, content_type: &str) {
        let essence = content_type.split(';').next().unwrap_or_default().trim();
        self.essence.push_str(prefix(essence, NAME_BYTES_MAX));
        self.essence.make_ascii_lowercase();
    }
}

/// What a body is, by its type, or by its looks where no type says so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum BodyKind {
    #[default]
    NotObserved,
    /// There is no body.
    None,
    Json,
    /// JSON documents, one a line.
    NdJson,
    Form,
    Multipart,
    Xml,
    Text,
    GraphQl,
    Grpc,
    Binary,
}

/// In which characters a body was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Charset {
    /// ASCII included.
    #[default]
    Utf8,
    Utf16Le,
    Utf16Be,
    /// Latin-1 included, as browsers read it.
    Windows1252,
    /// Another of the web's, and decoded.
    Other,
    /// None that is known; read as UTF-8.
    Unknown,
}

/// One way to pack a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Coding {
    Gzip,
    Deflate,
    Brotli,
    Zstd,
}

/// A few of them in a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Codings {
    row: [Option<Coding>; CODINGS_MAX],
}

impl Codings {
    pub fn iter(self) -> impl Iterator<Item = Coding> {
        self.row.into_iter().flatten()
    }

    pub(crate) fn push(&mut self, coding: Coding) {
        if let Some(free) = self.row.iter_mut().find(|it| it.is_none()) {
            *free = Some(coding);
        }
    }
}

/// A parameter of a content type: `boundary`, `charset`, `action`; without its quotes.
pub(crate) fn parameter<'t>(content_type: &'t str, name: &str) -> Option<&'t str> {
    let mut rest = content_type.split_once(';')?.1;
    loop {
        let (key, after) = rest.split_once('=')?;
        // A parameter without a value may stand before.
        let key = key.rsplit(';').next().unwrap_or_default().trim();
        let after = after.trim_start();
        let (value, tail) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => after.split_at(after.find(';').unwrap_or(after.len())),
        };
        if key.eq_ignore_ascii_case(name) {
            return Some(value.trim());
        }
        rest = tail.trim_start().trim_start_matches(';');
    }
}

/// By the content type alone; `None` where the looks must decide.
pub(crate) fn kind_of(essence: &str) -> Option<BodyKind> {
    if let Some((_, kind)) = KINDS.iter().find(|it| it.0 == essence) {
        return Some(*kind);
    }
    let (family, rest) = essence.split_once('/')?;
    match family {
        _ if rest.ends_with("+json") => Some(BodyKind::Json),
        "image" if rest == "svg+xml" => Some(BodyKind::Xml),
        _ if rest.ends_with("+xml") => Some(BodyKind::Xml),
        _ if rest.starts_with("grpc+") || rest.starts_with("grpc-web") => Some(BodyKind::Grpc),
        "multipart" => Some(BodyKind::Multipart),
        "text" => Some(BodyKind::Text),
        "image" | "audio" | "video" | "font" => Some(BodyKind::Binary),
        _ => None,
    }
}

static KINDS: &[(&str, BodyKind)] = &[
    ("application/json", BodyKind::Json),
    ("text/json", BodyKind::Json),
    ("application/x-www-form-urlencoded", BodyKind::Form),
    ("application/xml", BodyKind::Xml),
    ("text/xml", BodyKind::Xml),
    ("text/plain", BodyKind::Text),
    ("application/grpc", BodyKind::Grpc),
    ("application/graphql", BodyKind::GraphQl),
    ("application/x-ndjson", BodyKind::NdJson),
    ("application/ndjson", BodyKind::NdJson),
    ("application/jsonl", BodyKind::NdJson),
    ("application/x-jsonlines", BodyKind::NdJson),
    ("application/json-seq", BodyKind::NdJson),
    ("application/javascript", BodyKind::Text),
    ("application/yaml", BodyKind::Text),
    ("application/x-yaml", BodyKind::Text),
    ("application/zip", BodyKind::Binary),
    ("application/pdf", BodyKind::Binary),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_without_its_parameters_says_what_the_body_is() {
        for (content_type, expected) in [
            ("application/json; charset=utf-8", Some(BodyKind::Json)),
            ("Application/Vnd.API+JSON", Some(BodyKind::Json)),
            ("application/soap+xml;action=x", Some(BodyKind::Xml)),
            ("multipart/form-data; boundary=x", Some(BodyKind::Multipart)),
            ("application/grpc-web-text", Some(BodyKind::Grpc)),
            ("application/grpc+proto", Some(BodyKind::Grpc)),
            ("text/html", Some(BodyKind::Text)),
            ("image/png", Some(BodyKind::Binary)),
            ("application/octet-stream", None),
            ("json", None),
            ("", None),
        ] {
            let mut message = Message::default();
            message.set_essence(content_type);
            assert_eq!(kind_of(message.essence()), expected, "{content_type}");
        }
    }

    #[test]
    fn parameters_are_found_quoted_or_not() {
        let of = |text| parameter(text, "boundary");
        assert_eq!(of("multipart/form-data; boundary=abc"), Some("abc"));
        assert_eq!(
            of("a/b;charset=\"x;y\" ; Boundary=\"a b\"; z=1"),
            Some("a b")
        );
        assert_eq!(of("a/b; flag; boundary = abc ;q"), Some("abc"));
        assert_eq!(of("a/b; boundary=\"open"), Some("open"));
        assert_eq!(of("a/b; xboundary=1"), None);
        assert_eq!(of("boundary=1"), None);
    }

    #[test]
    fn a_row_of_codings_keeps_its_order_and_its_bound() {
        let mut codings = Codings::default();
        for _ in 0..CODINGS_MAX {
            codings.push(Coding::Gzip);
        }
        codings.push(Coding::Zstd);
        assert_eq!(codings.iter().count(), CODINGS_MAX);
        assert!(codings.iter().all(|it| it == Coding::Gzip));
    }
}
