//! A body: unpacked, turned into text, and read as what it is.

use gatewatch_model::Blemishes;
use gatewatch_model::exchange::Body;

use crate::heads::Head;
use crate::json::Json;
use crate::leaves::{Leaves, Value};
use crate::message::{BodyKind, Message, kind_of};
use crate::query::Pairs;

/// The memory that reading bodies takes, used again and again.
#[derive(Debug, Default)]
pub(crate) struct Bodies {
    pub json: Json,
    pub pairs: Pairs,
}

/// A body on its way to leaves.
#[derive(Clone, Copy)]
struct Sheet<'b> {
    text: &'b str,
    /// Whether it is only the beginning.
    cut: bool,
}

impl Bodies {
    /// Adds the values of one body, and says in `message` what it was.
    pub fn read(
        &mut self,
        body: Option<&Body<'_>>,
        head: &Head<'_>,
        message: &mut Message,
        leaves: &mut Leaves,
    ) -> Blemishes {
        message.set_essence(head.content_type);
        let Some(body) = body.filter(|it| it.is_seen()) else {
            return Blemishes::default();
        };
        if body.bytes.is_empty() {
            message.kind = BodyKind::None;
            return Blemishes::default();
        }
        let mut blemishes = Blemishes::default();
        let cut = body.bytes_total > body.bytes.len() as u64;
        message.complete = !cut;
        let bytes = body.bytes.as_ref();
        message.kind = kind_of(message.essence()).unwrap_or_else(|| looks(bytes));
        if matches!(message.kind, BodyKind::Binary | BodyKind::Grpc) {
            return blemishes;
        }
        let text = match core::str::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => {
                if !cut || error.error_len().is_some() {
                    blemishes.insert(Blemishes::BAD_CHARSET);
                }
                core::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default()
            }
        };
        let sheet = Sheet { text, cut };
        match message.kind {
            BodyKind::Json => self.read_json(sheet, message, leaves, &mut blemishes),
            BodyKind::NdJson => self.read_lines(sheet, message, leaves, &mut blemishes),
            BodyKind::Form => {
                blemishes.insert(self.pairs.read(text, cut, leaves, |_, _| {}));
            }
            _ => {
                leaves.add(Value::Text(text));
            }
        }
        blemishes
    }

    fn read_json(
        &mut self,
        sheet: Sheet<'_>,
        message: &mut Message,
        leaves: &mut Leaves,
        blemishes: &mut Blemishes,
    ) {
        let text = sheet.text.strip_prefix('\u{feff}').unwrap_or(sheet.text);
        let extent = self.json.read(text, sheet.cut, leaves, blemishes);
        message.complete &= extent.whole;
        let rest = text[extent.end..].trim_start();
        if rest.is_empty()
            || leaves.is_full()
            || (sheet.cut && !blemishes.contains(Blemishes::BAD_JSON))
        {
            return;
        }
        // What stands behind the break may be what matters.
        blemishes.insert(Blemishes::BAD_JSON);
        message.complete = false;
        leaves.add(Value::Text(rest));
    }

    fn read_lines(
        &mut self,
        sheet: Sheet<'_>,
        message: &mut Message,
        leaves: &mut Leaves,
        blemishes: &mut Blemishes,
    ) {
        let mut rest = sheet.text;
        let mut index = 0;
        while !rest.is_empty() {
            let end = memchr::memchr(b'\n', rest.as_bytes());
            // Sequences of RFC 7464 begin each document with a record separator.
            let line = rest[..end.unwrap_or(rest.len())]
                .trim_matches(['\u{1e}', '\u{feff}', ' ', '\r', '\t']);
            rest = end.map_or("", |it| &rest[it + 1..]);
            if line.is_empty() {
                continue;
            }
            if leaves.is_full() {
                blemishes.insert(Blemishes::LEAVES_LOST);
                return;
            }
            leaves.enter_item(index);
            let line = Sheet {
                text: line,
                cut: sheet.cut && end.is_none(),
            };
            self.read_json(line, message, leaves, blemishes);
            leaves.leave();
            index += 1;
        }
    }
}

/// What a body without a telling type is.
fn looks(bytes: &[u8]) -> BodyKind {
    let start = bytes
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(bytes)
        .trim_ascii_start();
    match start.first() {
        Some(b'{' | b'[') => BodyKind::Json,
        Some(b'<') => BodyKind::Xml,
        _ if is_text(bytes) => BodyKind::Text,
        _ => BodyKind::Binary,
    }
}

/// Whether the beginning is text: no controls but those that lines and tabs need.
fn is_text(bytes: &[u8]) -> bool {
    let beginning = &bytes[..bytes.len().min(LOOK_BYTES)];
    let plain = |it: &u8| !it.is_ascii_control() || matches!(it, b'\n' | b'\r' | b'\t' | b'\x0c');
    let sound = match core::str::from_utf8(beginning) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none() && bytes.len() > LOOK_BYTES,
    };
    sound && beginning.iter().all(plain)
}

/// How much of a body is looked at to tell text from bytes.
const LOOK_BYTES: usize = 1 << 10;
