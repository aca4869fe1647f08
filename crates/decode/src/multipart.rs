//! Forms in parts: each part is a member by its name. Of a file there are its name, its size and
//! its type, and its content where that is text.

use gatewatch_model::Blemishes;
use memchr::memmem;

use crate::body::{Readers, Sheet};
use crate::charset::{decode, is_text};
use crate::leaves::{Leaves, Value};
use crate::limits::{BOUNDARY_BYTES_MAX, PART_HEAD_BYTES_MAX, PARTS_MAX};
use crate::message::{BodyKind, Message, kind_of, parameter};

/// What stands before the content of a part.
#[derive(Clone, Copy, Debug, Default)]
struct PartHead<'b> {
    name: Option<&'b str>,
    file: Option<&'b str>,
    content_type: &'b str,
}

/// A body in parts, on its way to leaves.
pub(crate) struct Multipart<'r> {
    pub leaves: &'r mut Leaves,
    pub readers: &'r mut Readers,
    /// Whether its parts are the fields of a form.
    pub form: bool,
    pub blemishes: Blemishes,
}

impl Multipart<'_> {
    /// Adds the parts of one body below where the reader stands. Without a boundary in the head
    /// the first line of the body is one.
    pub fn read(&mut self, bytes: &[u8], boundary: Option<&str>, cut: bool) {
        let declared = boundary.map(str::as_bytes);
        let sound = declared.filter(|it| (1..=BOUNDARY_BYTES_MAX).contains(&it.len()));
        if sound.is_none() {
            self.blemishes.insert(Blemishes::BAD_FORM);
        }
        let Some(boundary) = sound.or_else(|| first_line(bytes)) else {
            return self.add_whole(bytes);
        };
        let delimiter = [b"--", boundary].concat();
        let mut parts = Parts::new(bytes, &delimiter);
        if !parts.closed {
            return self.add_whole(bytes);
        }
        let mut count = 0;
        while let Some(part) = parts.next() {
            if count == PARTS_MAX || self.leaves.is_full() {
                self.blemishes.insert(Blemishes::LEAVES_LOST);
                return;
            }
            self.read_part(part, count as u32, cut && !parts.closed);
            count += 1;
        }
        if !parts.ended && !cut {
            self.blemishes.insert(Blemishes::BAD_FORM);
        }
    }

    /// What no boundary divides is kept as one text, if it is one.
    fn add_whole(&mut self, bytes: &[u8]) {
        self.blemishes.insert(Blemishes::BAD_FORM);
        if is_text(bytes) {
            let text = String::from_utf8_lossy(bytes);
            self.leaves.add(Value::Text(&text));
        }
    }

    fn read_part(&mut self, part: &[u8], index: u32, cut: bool) {
        let Some((head, content)) = split_head(part) else {
            if !cut {
                self.blemishes.insert(Blemishes::BAD_FORM);
            }
            return;
        };
        let head = String::from_utf8_lossy(head);
        let head = PartHead::read(&head);
        if let Some(name) = head.name {
            self.leaves.enter(name);
        } else {
            if self.form {
                self.blemishes.insert(Blemishes::BAD_FORM);
            }
            self.leaves.enter_item(index);
        }
        if let Some(file) = head.file {
            self.leaves.add_named("@filename", Value::Text(file));
            let size = content.len().to_string();
            self.leaves.add_named("@size", Value::Number(&size));
        }
        if !head.content_type.is_empty() {
            let named = Value::Text(head.content_type);
            self.leaves.add_named("@content-type", named);
        }
        if head.file.is_none() || is_text(content) {
            self.read_content(&head, content, cut);
        }
        self.leaves.leave();
    }

    fn read_content(&mut self, head: &PartHead<'_>, content: &[u8], cut: bool) {
        let mut message = Message::default();
        message.set_essence(head.content_type);
        message.kind = match kind_of(message.essence()) {
            Some(kind @ (BodyKind::Json | BodyKind::Xml | BodyKind::Form)) => kind,
            Some(BodyKind::Binary) => return,
            _ => BodyKind::Text,
        };
        let declared = parameter(head.content_type, "charset").unwrap_or_default();
        let mut out = String::new();
        let decoded = decode(content, declared, cut, &mut out);
        self.blemishes.insert(decoded.blemishes);
        let sheet = Sheet {
            text: decoded.text,
            cut,
        };
        let Multipart {
            leaves,
            readers,
            blemishes,
            ..
        } = self;
        readers.read(sheet, &mut message, leaves, blemishes);
    }
}

impl<'h> PartHead<'h> {
    fn read(head: &'h str) -> Self {
        let mut found = PartHead::default();
        for line in head.lines() {
            let Some((name, value)) = line.split_once(':') else {
                continue;
            };
            if name.trim().eq_ignore_ascii_case("content-disposition") {
                found.name = parameter(value, "name");
                found.file = parameter(value, "filename").or_else(|| parameter(value, "filename*"));
            } else if name.trim().eq_ignore_ascii_case("content-type") {
                found.content_type = value.trim();
            }
        }
        found
    }
}

/// The boundary that the body itself begins with.
fn first_line(bytes: &[u8]) -> Option<&[u8]> {
    let rest = bytes.strip_prefix(b"--")?;
    let end = memchr::memchr(b'\n', &rest[..rest.len().min(BOUNDARY_BYTES_MAX + 2)])?;
    Some(rest[..end].trim_ascii_end()).filter(|it| !it.is_empty())
}

/// The parts between the delimiters, each with its head.
struct Parts<'b> {
    rest: &'b [u8],
    finder: memmem::Finder<'b>,
    length: usize,
    /// Whether a delimiter stands behind the last part that was given.
    closed: bool,
    /// Whether the last delimiter was the final one.
    ended: bool,
}

impl<'b> Parts<'b> {
    fn new(bytes: &'b [u8], delimiter: &'b [u8]) -> Self {
        let mut parts = Parts {
            rest: bytes,
            finder: memmem::Finder::new(delimiter),
            length: delimiter.len(),
            closed: true,
            ended: false,
        };
        // What stands before the first delimiter is for old mail programs.
        parts.take();
        parts
    }

    fn next(&mut self) -> Option<&'b [u8]> {
        if self.ended || !self.closed {
            return None;
        }
        self.take()
    }

    /// What stands before the next delimiter; without one, the rest.
    fn take(&mut self) -> Option<&'b [u8]> {
        let mut from = 0;
        while let Some(offset) = self.finder.find(&self.rest[from..]) {
            let at = from + offset;
            let after = &self.rest[at + self.length..];
            let at_line = at == 0 || self.rest[at - 1] == b'\n';
            let is_last = after.starts_with(b"--");
            let ends_line = after.trim_ascii_start().len() < after.len() || after.is_empty();
            if at_line && (is_last || ends_line) {
                let part = &self.rest[..at];
                self.ended = is_last;
                let line = memchr::memchr(b'\n', after).map_or(after.len(), |it| it + 1);
                self.rest = &after[line..];
                return Some(without_line_end(part));
            }
            from = at + self.length;
        }
        self.closed = false;
        let part = core::mem::take(&mut self.rest);
        (!part.is_empty()).then_some(part)
    }
}

fn without_line_end(part: &[u8]) -> &[u8] {
    let part = part.strip_suffix(b"\n").unwrap_or(part);
    part.strip_suffix(b"\r").unwrap_or(part)
}

/// The head of a part, and what stands behind its blank line.
fn split_head(part: &[u8]) -> Option<(&[u8], &[u8])> {
    let beginning = &part[..part.len().min(PART_HEAD_BYTES_MAX)];
    for blank in [b"\r\n".as_slice(), b"\n"] {
        if let Some(content) = part.strip_prefix(blank) {
            return Some((b"", content));
        }
    }
    [b"\r\n\r\n".as_slice(), b"\n\n"]
        .into_iter()
        .find_map(|blank| {
            let at = memmem::find(beginning, blank)?;
            Some((&part[..at], &part[at + blank.len()..]))
        })
}

#[cfg(test)]
mod tests {
    use gatewatch_model::Spot;
    use proptest::prelude::*;

    use super::*;

    fn read(body: &[u8], boundary: Option<&str>, cut: bool) -> (Vec<String>, Blemishes) {
        let mut leaves = Leaves::default();
        leaves.begin(Spot::RequestBody);
        let mut multipart = Multipart {
            leaves: &mut leaves,
            readers: &mut Readers::default(),
            form: true,
            blemishes: Blemishes::default(),
        };
        multipart.read(body, boundary, cut);
        let blemishes = multipart.blemishes;
        let write = |leaf: crate::Leaf<'_>| {
            let mut place = String::new();
            leaf.write_place(&mut place);
            let (Value::Text(value) | Value::Number(value)) = leaf.value else {
                unreachable!("these forms have nothing else")
            };
            place.extend([" ", value]);
            place["$.request.body".len()..].to_owned()
        };
        (leaves.iter().map(write).collect(), blemishes)
    }

    const FORM: &str = "preamble\r\n--xx\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nholiday\r\n--xx\r\n\
        content-disposition: form-data; name=photo; filename=\"a b.png\"\r\nContent-Type: image/png\r\n\r\n\x01\x02--xx\r\n\
        --xx\r\nContent-Disposition: form-data; name=\"notes\"; filename=\"n.txt\"\r\n\r\nline\r\n--xx \r\n\
        Content-Disposition: form-data; name=\"meta\"\r\nContent-Type: application/json\r\n\r\n{\"card\":\"4111\"}\r\n--xx--\r\n";

    #[test]
    fn parts_are_members_and_files_tell_of_themselves() {
        let (places, blemishes) = read(FORM.as_bytes(), Some("xx"), false);
        assert_eq!(
            places,
            [
                ".title holiday",
                ".photo.@filename a b.png",
                ".photo.@size 6",
                ".photo.@content-type image/png",
                ".notes.@filename n.txt",
                ".notes.@size 4",
                ".notes line",
                ".meta.@content-type application/json",
                ".meta.card 4111",
            ]
        );
        assert!(blemishes.is_empty());
    }

    #[test]
    fn boundaries_that_lie_are_told_and_nothing_is_lost() {
        let bad = Blemishes::BAD_FORM;
        let (places, blemishes) = read(FORM.as_bytes(), Some("other"), false);
        assert_eq!((places.len(), blemishes), (0, bad), "{places:?}");
        let plain = "--yy\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--yy--";
        assert_eq!(
            read(plain.as_bytes(), None, false),
            (vec![".a 1".to_owned()], bad)
        );
        let (places, blemishes) = read(plain.as_bytes(), Some("zz"), false);
        assert_eq!(
            (places[0].as_str(), blemishes),
            (format!(" {plain}").as_str(), bad)
        );
        let unnamed = "--yy\n\n1\n--yy--";
        assert_eq!(
            read(unnamed.as_bytes(), Some("yy"), false),
            (vec!["[0] 1".to_owned()], bad)
        );
    }

    #[test]
    fn a_missing_end_is_told_unless_the_body_is_cut() {
        let open = b"--yy\r\nContent-Disposition: form-data; name=a\r\n\r\nbeginni";
        let expected = vec![".a beginni".to_owned()];
        assert_eq!(
            read(open, Some("yy"), true),
            (expected.clone(), Blemishes::default())
        );
        assert_eq!(
            read(open, Some("yy"), false),
            (expected, Blemishes::BAD_FORM)
        );
        let head = b"--yy\r\nContent-Dispos";
        assert_eq!(
            read(head, Some("yy"), true),
            (Vec::new(), Blemishes::default())
        );
    }

    #[test]
    fn many_parts_are_cut_to_their_bound() {
        let part = "--y\nContent-Disposition: form-data; name=a\n\n1\n";
        let (places, blemishes) = read(part.repeat(100_000).as_bytes(), Some("y"), false);
        assert_eq!(
            (places.len(), blemishes),
            (PARTS_MAX, Blemishes::LEAVES_LOST)
        );
    }

    proptest! {
        #[test]
        fn anything_at_all_is_read(random: Vec<u8>, likely in "(--y|--|\r\n|\n|Content-Disposition: form-data; name=a|[a-z;:=\"]){0,30}", cut: bool) {
            for bytes in [&random[..], likely.as_bytes()] {
                for boundary in [Some("y"), None] {
                    prop_assert_eq!(read(bytes, boundary, cut), read(bytes, boundary, cut));
                }
            }
        }
    }
}
