//! Character sets: bytes to text, by what the head declares, by a mark at the beginning, or by how
//! the bytes lie.

use core::str;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use gatewatch_model::Blemishes;

use crate::message::{BodyKind, Charset};

/// A body as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decoded<'b> {
    pub text: &'b str,
    pub charset: Charset,
    pub blemishes: Blemishes,
}

/// Turns a body into text. What is no text in its character set is replaced and told; a character
/// that the end cuts is left out if the body is cut. `declared` is empty if nothing was.
pub fn decode<'b>(bytes: &'b [u8], declared: &str, cut: bool, out: &'b mut String) -> Decoded<'b> {
    let label = Encoding::for_label(declared.as_bytes());
    let mark = Encoding::for_bom(bytes);
    let (encoding, bytes) = match mark {
        Some((encoding, length)) => (encoding, &bytes[length..]),
        None => (label.or_else(|| by_zeros(bytes)).unwrap_or(UTF_8), bytes),
    };
    let mut blemishes = Blemishes::default();
    let unknown = !declared.is_empty() && label.is_none();
    if unknown {
        blemishes.insert(Blemishes::BAD_CHARSET);
    }
    let charset = match encoding {
        _ if unknown && mark.is_none() => Charset::Unknown,
        it if it == UTF_8 => Charset::Utf8,
        it if it == UTF_16LE => Charset::Utf16Le,
        it if it == UTF_16BE => Charset::Utf16Be,
        it if it == WINDOWS_1252 => Charset::Windows1252,
        _ => Charset::Other,
    };
    let sound = if encoding == UTF_8 {
        sound_part(bytes, cut)
    } else {
        None
    };
    let text = if let Some(text) = sound {
        text
    } else {
        if transcode(encoding, bytes, cut, out) {
            blemishes.insert(Blemishes::BAD_CHARSET);
        }
        out.as_str()
    };
    Decoded {
        text,
        charset,
        blemishes,
    }
}

/// The bytes as they are, if they are UTF-8 but for a character that the end cuts.
fn sound_part(bytes: &[u8], cut: bool) -> Option<&str> {
    match str::from_utf8(bytes) {
        Ok(text) => Some(text),
        Err(error) if cut && error.error_len().is_none() => {
            str::from_utf8(&bytes[..error.valid_up_to()]).ok()
        }
        Err(_) => None,
    }
}

/// True if something was no text.
fn transcode(encoding: &'static Encoding, bytes: &[u8], cut: bool, out: &mut String) -> bool {
    out.clear();
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let room = decoder.max_utf8_buffer_length(bytes.len()).unwrap_or(0);
    out.reserve(room);
    let (_, _, replaced) = decoder.decode_to_string(bytes, out, !cut);
    replaced
}

/// Text of markup and JSON begins with ASCII, so zeros at its beginning tell the order of bytes.
fn by_zeros(bytes: &[u8]) -> Option<&'static Encoding> {
    match bytes {
        [0, second, 0, fourth, ..] if *second != 0 && *fourth != 0 => Some(UTF_16BE),
        [first, 0, third, 0, ..] if *first != 0 && *third != 0 => Some(UTF_16LE),
        _ => None,
    }
}

/// What the declaration of an XML document says, if it has one.
pub(crate) fn declared_in_xml(bytes: &[u8]) -> &str {
    let beginning = &bytes[..bytes.len().min(DECLARATION_BYTES_MAX)];
    let end = memchr::memmem::find(beginning, b"?>").unwrap_or(0);
    let declaration = str::from_utf8(&beginning[..end]).unwrap_or_default();
    let Some((_, rest)) = declaration.split_once("encoding") else {
        return "";
    };
    let rest = rest.trim_start().trim_start_matches('=').trim_start();
    let quote = rest.chars().next().filter(|it| matches!(it, '"' | '\''));
    quote
        .and_then(|it| rest[1..].split_once(it))
        .map_or("", |it| it.0)
}

const DECLARATION_BYTES_MAX: usize = 200;

/// What a body without a telling type is.
pub(crate) fn looks(bytes: &[u8]) -> BodyKind {
    if Encoding::for_bom(bytes).is_some_and(|it| it.0 != UTF_8) || by_zeros(bytes).is_some() {
        return BodyKind::Text;
    }
    let start = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match start.trim_ascii_start().first() {
        _ if !is_text(bytes) => BodyKind::Binary,
        Some(b'{' | b'[') => BodyKind::Json,
        Some(b'<') => BodyKind::Xml,
        _ => BodyKind::Text,
    }
}

/// Whether the beginning is UTF-8 without controls but those of lines and tabs.
pub(crate) fn is_text(bytes: &[u8]) -> bool {
    let beginning = &bytes[..bytes.len().min(LOOK_BYTES)];
    let plain = |it: &u8| !it.is_ascii_control() || matches!(it, b'\n' | b'\r' | b'\t' | b'\x0c');
    let sound = match str::from_utf8(beginning) {
        Ok(_) => true,
        // The end of the look may cut a character, and so may the end of a prefix.
        Err(error) => error.error_len().is_none(),
    };
    sound && beginning.iter().all(plain)
}

/// How much of a body is looked at to tell text from bytes.
const LOOK_BYTES: usize = 1 << 10;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(bytes: &[u8], declared: &str, expected: &str, charset: Charset, sound: bool) {
        let mut out = "left over".to_owned();
        let found = decode(bytes, declared, false, &mut out);
        assert_eq!(
            (found.text, found.charset),
            (expected, charset),
            "{declared}"
        );
        assert_eq!(found.blemishes.is_empty(), sound, "{declared}");
    }

    #[test]
    fn text_is_read_by_its_declaration() {
        check("café".as_bytes(), "", "café", Charset::Utf8, true);
        check("café".as_bytes(), "UTF-8", "café", Charset::Utf8, true);
        check(
            b"caf\xe9 \x80",
            "iso-8859-1",
            "café €",
            Charset::Windows1252,
            true,
        );
        check(b"\x82\xa0", "shift_jis", "あ", Charset::Other, true);
        check(b"a\0\xe9\0", "utf-16le", "aé", Charset::Utf16Le, true);
    }

    #[test]
    fn a_mark_at_the_beginning_outranks_it_and_zeros_tell_too() {
        check(b"\xef\xbb\xbfa", "iso-8859-1", "a", Charset::Utf8, true);
        check(b"\xff\xfea\0", "utf-8", "a", Charset::Utf16Le, true);
        check(b"\xfe\xff\0a", "", "a", Charset::Utf16Be, true);
        check(b"{\0}\0", "", "{}", Charset::Utf16Le, true);
        check(b"\0{\0}", "", "{}", Charset::Utf16Be, true);
    }

    #[test]
    fn what_is_no_text_is_replaced_and_told() {
        check(b"caf\xe9.", "", "caf\u{fffd}.", Charset::Utf8, false);
        check(
            b"\xc0\xaf",
            "utf-8",
            "\u{fffd}\u{fffd}",
            Charset::Utf8,
            false,
        );
        check(b"abc", "utf-7", "abc", Charset::Unknown, false);
        check(b"a\0b", "utf-16le", "a\u{fffd}", Charset::Utf16Le, false);
    }

    #[test]
    fn a_character_that_the_end_cuts_is_left_out() {
        let mut out = String::new();
        let found = decode(b"caf\xc3", "", true, &mut out);
        assert_eq!((found.text, found.blemishes.is_empty()), ("caf", true));
        let mut out = String::new();
        let found = decode(b"a\0b", "utf-16le", true, &mut out);
        assert_eq!((found.text, found.blemishes.is_empty()), ("a", true));
    }

    #[test]
    fn xml_declares_its_own() {
        let of = |text: &'static str| declared_in_xml(text.as_bytes());
        assert_eq!(
            of("<?xml version='1.0' encoding='ISO-8859-1'?><a/>"),
            "ISO-8859-1"
        );
        assert_eq!(of("<?xml version=\"1.0\" encoding = \"utf-8\"?>"), "utf-8");
        for none in [
            "<a encoding='x'/>",
            "<?xml encoding=x?>",
            "<?xml encoding=\"x?>",
            "",
        ] {
            assert_eq!(of(none), "", "{none}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_become_text(bytes: Vec<u8>, declared in "(utf-8|utf-16|utf-16be|latin1|gb18030|x)?", cut: bool) {
            let mut out = String::new();
            let text = decode(&bytes, &declared, cut, &mut out).text.to_owned();
            prop_assert!(text.len() <= 3 * bytes.len() + 16);
            let mut again = "x".to_owned();
            prop_assert_eq!(decode(&bytes, &declared, cut, &mut again).text, text);
            looks(&bytes);
            declared_in_xml(&bytes);
        }
    }
}
