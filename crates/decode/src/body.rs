//! A body: unpacked, turned into text, and read as what it is.

use gatewatch_model::Blemishes;
use gatewatch_model::exchange::Body;

use crate::charset::{declared_in_xml, decode, looks};
use crate::encoding::Unpacking;
use crate::grpc::check;
use crate::heads::Head;
use crate::json::Json;
use crate::leaves::{Leaves, Value};
use crate::message::{BodyKind, Message, kind_of, parameter};
use crate::multipart::Multipart;
use crate::query::Pairs;
use crate::xml::Xml;

/// The memory that reading bodies takes, used again and again.
#[derive(Default)]
pub(crate) struct Bodies {
    pub readers: Readers,
    unpacking: Unpacking,
    /// A body of gRPC-web without its base64.
    framed: Vec<u8>,
    text: String,
}

/// One reader for each kind.
#[derive(Default)]
pub(crate) struct Readers {
    pub json: Json,
    pub pairs: Pairs,
    pub xml: Xml,
}

/// A body on its way to leaves.
#[derive(Clone, Copy)]
pub(crate) struct Sheet<'b> {
    pub text: &'b str,
    /// Whether it is only the beginning.
    pub cut: bool,
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
        let cut = body.bytes_total > body.bytes.len() as u64;
        let Bodies {
            readers,
            unpacking,
            framed,
            text,
        } = self;
        let unpacked = unpacking.undo(head.content_encoding, &body.bytes, cut);
        let mut blemishes = unpacked.blemishes;
        message.codings = unpacked.codings;
        message.complete = !unpacked.cut;
        message.kind = kind_of(message.essence()).unwrap_or_else(|| looks(unpacked.bytes));
        if message.kind == BodyKind::Binary {
            return blemishes;
        }
        if message.kind == BodyKind::Grpc {
            let cut = unpacked.cut;
            blemishes.insert(check(message.essence(), unpacked.bytes, cut, framed));
            return blemishes;
        }
        if message.kind == BodyKind::Multipart {
            let mut multipart = Multipart {
                leaves,
                readers,
                form: message.essence() == "multipart/form-data",
                blemishes,
            };
            let boundary = parameter(head.content_type, "boundary");
            multipart.read(unpacked.bytes, boundary, unpacked.cut);
            return multipart.blemishes;
        }
        let mut declared = parameter(head.content_type, "charset").unwrap_or_default();
        if declared.is_empty() && message.kind == BodyKind::Xml {
            declared = declared_in_xml(unpacked.bytes);
        }
        let decoded = decode(unpacked.bytes, declared, unpacked.cut, text);
        message.charset = decoded.charset;
        blemishes.insert(decoded.blemishes);
        let sheet = Sheet {
            text: decoded.text,
            cut: unpacked.cut,
        };
        readers.read(sheet, message, leaves, &mut blemishes);
        blemishes
    }
}

impl Readers {
    pub fn read(
        &mut self,
        sheet: Sheet<'_>,
        message: &mut Message,
        leaves: &mut Leaves,
        blemishes: &mut Blemishes,
    ) {
        match message.kind {
            BodyKind::Json => self.read_json(sheet, message, leaves, blemishes),
            BodyKind::NdJson => self.read_lines(sheet, message, leaves, blemishes),
            BodyKind::Form => {
                blemishes.insert(self.pairs.read(sheet.text, sheet.cut, leaves, |_, _| {}));
            }
            BodyKind::Xml => self.read_xml(sheet, message, leaves, blemishes),
            _ => {
                leaves.add(Value::Text(sheet.text));
            }
        }
    }

    fn read_json(
        &mut self,
        sheet: Sheet<'_>,
        message: &mut Message,
        leaves: &mut Leaves,
        blemishes: &mut Blemishes,
    ) {
        let text = sheet.text;
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

    fn read_xml(
        &mut self,
        sheet: Sheet<'_>,
        message: &mut Message,
        leaves: &mut Leaves,
        blemishes: &mut Blemishes,
    ) {
        let extent = self.xml.read(sheet.text, sheet.cut, leaves, blemishes);
        message.complete &= extent.whole;
        let rest = sheet.text[extent.end..].trim();
        if !extent.whole && !sheet.cut && !rest.is_empty() && !leaves.is_full() {
            leaves.add(Value::Text(rest));
        }
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
