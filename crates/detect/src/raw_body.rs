//! What no leaf holds of the body of a request: the end of one that was too long, all of one that
//! was not read, the document type of XML, and the beginnings of files that are sent along.

use gatewatch_decode::BodyKind;
use gatewatch_model::exchange::Body;
use gatewatch_model::{Blemishes, Exchange, Spot};

use crate::detection::Part;
use crate::limits::{FILE_BYTES_MAX, FILES_MAX, RAW_BYTES_MAX};
use crate::look::Look;
use crate::seen::At;
use crate::work::Text;

/// How an object that Java wrote begins.
const JAVA_STREAM: &[u8] = b"\xac\xed\x00\x05";
/// Of a hundred bytes, more than that many without meaning make no text.
const CONTROLS_MAX: usize = 1;

impl Look<'_> {
    pub fn raw_body(&mut self, exchange: &Exchange<'_>) {
        let Some(body) = exchange
            .request
            .body
            .as_ref()
            .filter(|it| Body::is_seen(it))
        else {
            return;
        };
        let bytes = body.bytes.as_ref();
        let odd = self.reading.blemishes();
        if self.reading.request().kind == BodyKind::Multipart {
            self.files(bytes);
        }
        if odd.contains(Blemishes::LEAVES_LOST) {
            self.raw(&bytes[bytes.len().saturating_sub(RAW_BYTES_MAX)..]);
        }
        let mut leaves = self.reading.leaves().iter();
        let unread = !leaves.any(|it| it.spot() == Spot::RequestBody);
        if (unread && is_text(bytes))
            || odd.contains(Blemishes::DTD)
            || bytes.starts_with(JAVA_STREAM)
        {
            self.raw(&bytes[..bytes.len().min(RAW_BYTES_MAX)]);
        }
    }

    /// The name of each file and its beginning.
    fn files(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        for _ in 0..FILES_MAX {
            let Some(at) = memchr::memmem::find(rest, b"filename") else {
                return;
            };
            rest = &rest[at..];
            let length = rest.len().min(FILE_BYTES_MAX);
            // The next file is looked at on its own.
            let end =
                memchr::memmem::find(&rest[8..length], b"filename").map_or(length, |it| it + 8);
            self.raw(&rest[..end]);
            rest = &rest[end..];
        }
    }

    fn raw(&mut self, bytes: &[u8]) {
        self.text(Text {
            bytes,
            part: Part::Body,
            at: At::Spot(Spot::RequestBody),
            nested: 0,
            document: false,
        });
    }
}

fn is_text(bytes: &[u8]) -> bool {
    let start = &bytes[..bytes.len().min(RAW_BYTES_MAX)];
    let odd = |it: &&u8| it.is_ascii_control() && !it.is_ascii_whitespace() && **it != 0;
    start.iter().filter(odd).count() * 100 <= start.len() * CONTROLS_MAX
}
