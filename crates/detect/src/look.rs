//! Goes through the parts of one exchange and looks at each text where it stands.

use gatewatch_decode::{Leaf, Reading, Value};
use gatewatch_model::{Blemishes, Exchange, Spot};

use crate::detection::Part;
use crate::gate::Chosen;
use crate::gate::signs::Signs;
use crate::known::{Known, is_usual};
use crate::limits::{
    BINARY_BYTES_MIN, DOCUMENT_BYTES_MIN, DOCUMENT_MARKS_MIN, GROUNDS_MAX, NESTED_MAX, PARENTS_MAX,
    PIECES_MAX, STEPS_PER_TEXT, TEXT_BYTES_MAX, TOKENS_MAX,
};
use crate::payload::asked::worth;
use crate::seen::At;
use crate::views::{self, Packed, Views};
use crate::work::{Scratch, Text, Work};

/// One look at one exchange.
pub struct Look<'l> {
    pub views: &'l mut [Views],
    pub work: Work<'l>,
    pub reading: &'l Reading,
    pub known: &'l mut Known,
}

impl Look<'_> {
    /// The path as a whole with what follows it but the query; the query too where it was no text.
    pub fn target(&mut self, exchange: &Exchange<'_>) {
        let origin = origin(exchange);
        let query = memchr::memchr(b'?', origin);
        self.text(Text {
            bytes: &origin[..query.unwrap_or(origin.len())],
            part: Part::Path,
            at: At::Spot(Spot::RequestPath),
            nested: 0,
            document: false,
        });
        let odd = self.reading.blemishes();
        if let Some(start) = query
            && (odd.contains(Blemishes::BAD_ESCAPE) || hides_mark(&origin[start..]))
        {
            self.text(Text {
                bytes: &origin[start..],
                part: Part::Query,
                at: At::Spot(Spot::RequestQuery),
                nested: 0,
                document: false,
            });
        }
    }

    /// All values and names of the request; tells which leaf is the first of the answer.
    pub fn leaves(&mut self) -> usize {
        let reading = self.reading;
        let mut last_name = ("".as_ptr(), 0);
        let mut parents = Parents::default();
        for (index, leaf) in reading.leaves().iter().enumerate() {
            let spot = leaf.spot();
            if spot.is_response() {
                return index;
            }
            let name = leaf.name();
            if (name.as_ptr(), name.len()) != last_name {
                last_name = (name.as_ptr(), name.len());
                self.name(name, index as u32);
                self.parents(&leaf, index as u32, &mut parents);
            }
            if let (Value::Text(text), Some(part)) = (leaf.value, part_of(spot, name)) {
                let at = At::Leaf(index as u32);
                match part {
                    Part::Referer => self.referer(text.as_bytes(), at),
                    Part::UserAgent | Part::Headers if is_usual(name) => {
                        self.usual(text.as_bytes(), part, at);
                    }
                    _ => self.value(text.as_bytes(), part, at),
                }
            }
        }
        reading.leaves().len()
    }

    /// All values of the answer; its names say nothing.
    pub fn answer(&mut self, first: usize) {
        let leaves = self.reading.leaves();
        for index in first..leaves.len() {
            let Some(leaf) = leaves.get(index) else {
                return;
            };
            if let (Value::Text(text), Some(part)) = (leaf.value, part_of(leaf.spot(), "")) {
                self.value(text.as_bytes(), part, At::Leaf(index as u32));
            }
        }
    }

    /// A value that may be known to be clean.
    fn usual(&mut self, bytes: &[u8], part: Part, at: At) {
        if let Some(cost) = self.known.recall(part, bytes)
            && self.work.scratch.spend_known(cost)
        {
            return;
        }
        let before = self.work.scratch.spent();
        let said = |scratch: &Scratch| Some((scratch.grounds.len(), scratch.asked.count()?));
        let said_before = said(self.work.scratch);
        self.value(bytes, part, at);
        let scratch = &*self.work.scratch;
        let room = scratch.grounds.len() < GROUNDS_MAX && !scratch.exhausted;
        if room && said_before.is_some() && said(scratch) == said_before {
            self.known.keep(part, bytes, scratch.since(before));
        }
    }

    fn name(&mut self, name: &str, index: u32) {
        self.text(Text {
            bytes: name.as_bytes(),
            part: Part::Names,
            at: At::Name(index),
            nested: 0,
            document: false,
        });
    }

    /// The names above the last one, as far as they are new: `$where` in `{"$where": {"x": 1}}`.
    fn parents<'l>(&mut self, leaf: &Leaf<'l>, index: u32, known: &mut Parents<'l>) {
        let mut names = leaf.names();
        let last_start = names.next().map_or(0, |it| it.as_ptr().addr());
        for name in names.take_while(|it| it.as_ptr().addr() > known.last_start) {
            if !self.work.scratch.spend(PARENTS_MAX / 8) {
                return;
            }
            if !known.recent.contains(&name) {
                known.recent[known.next % PARENTS_MAX] = name;
                known.next += 1;
                self.name(name, index);
            }
        }
        known.last_start = last_start.max(known.last_start);
    }

    /// A value, of a long one its beginning and its end.
    fn value(&mut self, bytes: &[u8], part: Part, at: At) {
        let mut text = Text {
            bytes,
            part,
            at,
            nested: 0,
            document: false,
        };
        if bytes.len() <= TEXT_BYTES_MAX {
            return self.text(text);
        }
        let (head, tail) = bytes.split_at(TEXT_BYTES_MAX / 2);
        text.bytes = head;
        self.text(text);
        text.bytes = &tail[tail.len() - TEXT_BYTES_MAX / 2..];
        self.text(text);
    }

    /// The address that the caller came from: its path, and each value of its query.
    fn referer(&mut self, bytes: &[u8], at: At) {
        let (page, query) = match memchr::memchr2(b'?', b'#', bytes) {
            Some(end) => bytes.split_at(end),
            None => (bytes, &b""[..]),
        };
        let mut piece = Text {
            bytes: page,
            part: Part::Referer,
            at,
            nested: 0,
            document: false,
        };
        self.text(piece);
        let mut decoded = Vec::new();
        let pairs = query.split(|it| b"?&#".contains(it));
        for pair in pairs.take(PIECES_MAX) {
            let equals = memchr::memchr(b'=', pair).map_or(pair.len(), |it| it + 1);
            let (name, value) = pair.split_at(equals);
            piece.bytes = name.strip_suffix(b"=").unwrap_or(name);
            self.text(piece);
            decode(value, &mut decoded);
            self.text(Text {
                bytes: &decoded,
                ..piece
            });
        }
    }

    pub fn text(&mut self, text: Text<'_>) {
        let bytes = text.bytes;
        if bytes.is_empty()
            || !self
                .work
                .scratch
                .spend(bytes.len() / 4 + STEPS_PER_TEXT as usize)
        {
            return;
        }
        self.work.scratch.texts += 1;
        let signs = Signs::of(bytes);
        if signs.within(Signs::NUMBERS) {
            return;
        }
        self.glance(text, signs);
        self.packed(text, signs);
    }

    /// Looks at a text as it came; closer, unless it hides nothing and no rule has anything to say.
    fn glance(&mut self, text: Text<'_>, signs: Signs) {
        let compiled = self.work.compiled;
        if signs.meets(Signs::ESCAPES.with(Signs::PLUS)) {
            return self.closer(text, signs, None);
        }
        let mut chosen = Chosen::default();
        let compared = compiled.cast(text.bytes, signs, text.part, &mut chosen);
        let steps = compared / 2 + text.bytes.len() * 3 / 4;
        if !self.work.scratch.spend(steps) {
            return;
        }
        let read = |view| compiled.reads(text.part, view);
        let differs = || views::may_differ(text.bytes, signs, read);
        if !chosen.is_empty() || worth(text.bytes, text.part, signs) || differs() {
            self.closer(text, signs, Some(chosen));
        }
    }

    /// Makes the views of a text, and runs the rules that may have something to say. Which those
    /// are is known already if it holds no encodings.
    fn closer(&mut self, text: Text<'_>, signs: Signs, chosen: Option<Chosen>) {
        let compiled = self.work.compiled;
        // What was looked at as it came is paid for in part.
        let times = if chosen.is_some() { 1 } else { 2 };
        if !self.work.scratch.spend(times * text.bytes.len()) {
            return;
        }
        let Some(views) = self.views.get_mut(usize::from(text.nested)) else {
            return;
        };
        let binary = is_binary(text.bytes, signs);
        let layers = views.take(text.bytes, signs);
        let signs = if views.unwound {
            Signs::of(&views.plain)
        } else {
            signs
        };
        let document = matches!(text.at, At::Leaf(_)) && (binary || is_document(&views.plain));
        let text = Text { document, ..text };
        let tried = views.make(signs, |view| compiled.reads(text.part, view));
        if self.work.scratch.spend((layers + tried) * text.bytes.len()) {
            let chosen = chosen.unwrap_or_else(|| {
                let mut chosen = Chosen::default();
                let compared = compiled.cast(&views.plain, signs, text.part, &mut chosen);
                self.work.scratch.spend(compared / 2);
                chosen
            });
            self.work.views(text, views, &chosen, layers);
            self.work.ask(text, &views.plain, signs);
        }
    }

    /// Words of base64 that hold text.
    fn packed(&mut self, text: Text<'_>, signs: Signs) {
        if text.nested >= NESTED_MAX
            || text.part.is_answer()
            || !signs.meets(Signs::LETTERS)
            || matches!(text.part, Part::UserAgent | Part::Names)
        {
            return;
        }
        let bytes = text.bytes.strip_prefix(b"/").unwrap_or(text.bytes);
        let mut words = Packed::new(bytes);
        let mut inside = Vec::new();
        for _ in 0..TOKENS_MAX {
            if !words.next(&mut inside) || !self.work.scratch.spend(inside.len()) {
                return;
            }
            self.text(Text {
                bytes: &inside,
                nested: text.nested + 1,
                ..text
            });
        }
    }
}

/// What stands behind the host.
pub fn origin<'e>(exchange: &'e Exchange<'_>) -> &'e [u8] {
    let url = exchange.request.url.as_bytes();
    match memchr::memmem::find(url, b"://") {
        Some(at) if !url.starts_with(b"/") => {
            let start = memchr::memchr(b'/', &url[at + 3..]);
            start.map_or(&b""[..], |it| &url[at + 3 + it..])
        }
        _ => url,
    }
}

/// Names above others that were looked at. Names lie one behind the other in the order in which they
/// were read, so what begins before the last one is known.
struct Parents<'l> {
    last_start: usize,
    recent: [&'l str; PARENTS_MAX],
    next: usize,
}

impl Default for Parents<'_> {
    fn default() -> Self {
        Parents {
            last_start: 0,
            recent: [""; PARENTS_MAX],
            next: 0,
        }
    }
}

/// Whether a `&` stands in a query that parts no values: `a=1&& whoami`.
fn hides_mark(query: &[u8]) -> bool {
    let mut marks = memchr::memchr_iter(b'&', query);
    marks.any(|at| {
        let tail = &query[at + 1..];
        matches!(tail, [b'&' | b' ' | b'+', ..]) || tail.starts_with(b"%20")
    })
}

/// Whether it came as bytes that mean nothing, and so is no text at all.
fn is_binary(text: &[u8], signs: Signs) -> bool {
    let odd = |it: &&u8| it.is_ascii_control() && !it.is_ascii_whitespace() && **it != 0;
    text.len() >= BINARY_BYTES_MIN
        && signs.meets(Signs::CONTROLS)
        && text.iter().filter(odd).count() * 50 > text.len()
}

/// A page or a program by its looks: long, and full of marks.
fn is_document(text: &[u8]) -> bool {
    text.len() >= DOCUMENT_BYTES_MIN
        && memchr::memchr2_iter(b'<', b'"', text)
            .nth(DOCUMENT_MARKS_MIN)
            .is_some()
}

/// As which part a leaf is looked at; `None` for what says nothing of the request.
fn part_of(spot: Spot, name: &str) -> Option<Part> {
    match spot {
        // Looked at as a whole.
        Spot::RequestPath => None,
        Spot::RequestQuery => Some(Part::Query),
        Spot::RequestCookies => Some(Part::Cookies),
        Spot::RequestBody => Some(Part::Body),
        Spot::ResponseHeaders | Spot::ResponseCookies => Some(Part::AnswerHeaders),
        Spot::ResponseBody => Some(Part::Answer),
        Spot::RequestHeaders => match name {
            "user-agent" => Some(Part::UserAgent),
            "referer" => Some(Part::Referer),
            // Looked at one by one, or said by the browser of itself.
            "cookie" | "host" | "content-length" => None,
            _ => Some(Part::Headers),
        },
    }
}

/// Undoes percent escapes once; `+` is a blank.
fn decode(text: &[u8], out: &mut Vec<u8>) {
    out.clear();
    let mut rest = text;
    while let [first, tail @ ..] = rest {
        let digit = |at: usize| char::from(*tail.get(at)?).to_digit(16);
        let escaped = (*first == b'%').then(|| digit(0).zip(digit(1))).flatten();
        if let Some((high, low)) = escaped {
            out.push((high << 4 | low) as u8);
            rest = &tail[2..];
        } else {
            out.push(if *first == b'+' { b' ' } else { *first });
            rest = tail;
        }
    }
}
