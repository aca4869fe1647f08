//! XML, read in two passes without a tree: the first counts elements of one name among siblings,
//! for these have a number in their place; the second adds the leaves. No entity is expanded and
//! nothing is fetched.

#[cfg(test)]
mod tests;

use gatewatch_model::Blemishes;
use quick_xml::Reader;
use quick_xml::escape::{resolve_predefined_entity, unescape};
use quick_xml::events::{BytesRef, BytesStart, Event};
use xxhash_rust::xxh3::xxh3_64;

use crate::json::Extent;
use crate::leaves::{Leaves, Mark, Value};
use crate::limits::{DEPTH_MAX, ELEMENTS_MAX};

/// The memory that reading takes, used again and again.
#[derive(Default)]
pub(crate) struct Xml {
    elements: Vec<Element>,
    order: Vec<u32>,
    parents: Vec<u32>,
    open: Vec<Open>,
    /// What was read of the text of the innermost element.
    text: String,
    attribute: String,
    soap: Soap,
}

/// An element as the first pass sees it.
#[derive(Clone, Copy, Debug)]
struct Element {
    parent: u32,
    name: u64,
    /// Which one it is of its name among its siblings; `ALONE` if there is no other.
    twin: u32,
}

const ALONE: u32 = u32::MAX;
const NO_PARENT: u32 = u32::MAX;

/// An element that the second pass is in.
#[derive(Clone, Copy, Debug)]
struct Open {
    /// Where the reader stood before it.
    before: Mark,
    /// Whether something in it became a leaf.
    filled: bool,
}

/// Whether the document is a SOAP envelope, and what it calls.
#[derive(Debug, Default)]
struct Soap {
    envelope: bool,
    in_body: bool,
    called: String,
}

/// Where the second pass stands.
#[derive(Clone, Copy, Debug, Default)]
struct Pass {
    /// Elements seen so far, to find them among those of the first pass.
    count: usize,
    /// Elements that are open beyond the bound of depth.
    beyond: usize,
    closed: bool,
}

impl Xml {
    /// Reads one document and adds its leaves below where the reader stands. `cut` says that the
    /// text is only a prefix of what there was.
    pub fn read(
        &mut self,
        text: &str,
        cut: bool,
        leaves: &mut Leaves,
        blemishes: &mut Blemishes,
    ) -> Extent {
        self.clear();
        self.count(text, blemishes);
        self.number_twins();
        let mark = leaves.mark();
        let extent = self.add_all(text, leaves, blemishes);
        leaves.back(mark);
        if !extent.whole && !cut && !leaves.is_full() {
            blemishes.insert(Blemishes::BAD_XML);
        }
        extent
    }

    /// The first element in the body of the SOAP envelope that was read last, without its
    /// prefix; empty if there is none.
    pub fn called(&self) -> Option<&str> {
        self.soap.envelope.then(|| local(&self.soap.called))
    }

    pub fn clear(&mut self) {
        self.elements.clear();
        self.order.clear();
        self.parents.clear();
        self.open.clear();
        self.text.clear();
        self.soap.called.clear();
        (self.soap.envelope, self.soap.in_body) = (false, false);
    }

    /// The first pass.
    fn count(&mut self, text: &str, blemishes: &mut Blemishes) {
        let mut reader = reader(text);
        let mut beyond = 0_usize;
        while let Ok(event) = reader.read_event() {
            match event {
                Event::Start(_) if beyond > 0 || self.parents.len() == DEPTH_MAX => {
                    beyond += 1;
                    blemishes.insert(Blemishes::TOO_DEEP);
                }
                Event::Start(start) => {
                    self.note(start.name().0);
                    self.parents.push(self.elements.len() as u32 - 1);
                }
                Event::Empty(start) if beyond == 0 => self.note(start.name().0),
                Event::End(_) if beyond > 0 => beyond -= 1,
                Event::End(_) => drop(self.parents.pop()),
                Event::DocType(_) => blemishes.insert(Blemishes::DTD),
                Event::Eof => return,
                _ => {}
            }
            if self.elements.len() == ELEMENTS_MAX {
                blemishes.insert(Blemishes::LEAVES_LOST);
                return;
            }
        }
    }

    fn note(&mut self, name: &str) {
        self.elements.push(Element {
            parent: self.parents.last().copied().unwrap_or(NO_PARENT),
            name: xxh3_64(name.as_bytes()),
            twin: ALONE,
        });
    }

    fn number_twins(&mut self) {
        let Xml {
            elements, order, ..
        } = self;
        order.extend(0..elements.len() as u32);
        order.sort_unstable_by_key(|at| {
            let element = elements[*at as usize];
            (element.parent, element.name, *at)
        });
        for at in 1..order.len() {
            let (one, two) = (order[at - 1] as usize, order[at] as usize);
            let (before, here) = (elements[one], elements[two]);
            if (before.parent, before.name) == (here.parent, here.name) {
                if before.twin == ALONE {
                    elements[one].twin = 0;
                }
                elements[two].twin = elements[one].twin + 1;
            }
        }
    }

    /// The second pass.
    fn add_all(&mut self, text: &str, leaves: &mut Leaves, blemishes: &mut Blemishes) -> Extent {
        let mut reader = reader(text);
        let mut pass = Pass::default();
        loop {
            if leaves.is_full() || pass.count >= ELEMENTS_MAX {
                blemishes.insert(Blemishes::LEAVES_LOST);
                return extent(text, reader.buffer_position(), false);
            }
            match reader.read_event() {
                Ok(Event::Eof) => {
                    let whole = pass.closed && self.open.is_empty();
                    self.add_text(leaves);
                    return extent(text, reader.buffer_position(), whole);
                }
                Ok(event) => self.add(&event, &mut pass, leaves),
                Err(_) => {
                    self.add_text(leaves);
                    return extent(text, reader.error_position(), false);
                }
            }
        }
    }

    fn add(&mut self, event: &Event<'_>, pass: &mut Pass, leaves: &mut Leaves) {
        match event {
            Event::Start(_) if pass.beyond > 0 || self.open.len() == DEPTH_MAX => pass.beyond += 1,
            Event::Start(start) => self.enter(start, pass, leaves),
            Event::Empty(start) if pass.beyond == 0 => {
                self.enter(start, pass, leaves);
                self.leave(pass, leaves);
            }
            Event::End(_) if pass.beyond > 0 => pass.beyond -= 1,
            Event::End(_) => self.leave(pass, leaves),
            Event::DocType(text) => {
                leaves.add_named("!DOCTYPE", Value::Text(text));
            }
            _ if pass.beyond > 0 || self.open.is_empty() => {}
            Event::Text(text) => self.text.push_str(text),
            Event::CData(text) => self.text.push_str(text),
            Event::GeneralRef(reference) => push_reference(reference, &mut self.text),
            _ => {}
        }
    }

    fn enter(&mut self, start: &BytesStart<'_>, pass: &mut Pass, leaves: &mut Leaves) {
        self.add_text(leaves);
        let name = start.name().0;
        self.soap.see(name, self.open.len());
        let twin = self.elements.get(pass.count).map_or(ALONE, |it| it.twin);
        pass.count += 1;
        let before = leaves.mark();
        // Places begin below the root.
        if let Some(parent) = self.open.last_mut() {
            parent.filled = true;
            leaves.enter(name);
            if twin != ALONE {
                leaves.enter_twin(twin);
            }
        }
        let filled = self.add_attributes(start, leaves);
        self.open.push(Open { before, filled });
    }

    fn leave(&mut self, pass: &mut Pass, leaves: &mut Leaves) {
        self.add_text(leaves);
        if let Some(last) = self.open.pop() {
            if !last.filled {
                leaves.add(Value::Text(""));
            }
            leaves.back(last.before);
        }
        pass.closed = self.open.is_empty();
    }

    /// Adds the text so far, if it is more than blanks.
    fn add_text(&mut self, leaves: &mut Leaves) {
        if !self.text.trim_ascii().is_empty() {
            leaves.add(Value::Text(&self.text));
            if let Some(last) = self.open.last_mut() {
                last.filled = true;
            }
        }
        self.text.clear();
    }

    fn add_attributes(&mut self, start: &BytesStart<'_>, leaves: &mut Leaves) -> bool {
        let mut some = false;
        // Looking for twins among the names would take the square of their number.
        for attribute in start.attributes().with_checks(false).flatten() {
            if leaves.is_full() {
                break;
            }
            let name = &mut self.attribute;
            name.clear();
            name.push('@');
            name.push_str(attribute.key.0);
            leaves.enter(name);
            match unescape(&attribute.value) {
                Ok(value) => leaves.add(Value::Text(&value)),
                // An entity that is not expanded.
                Err(_) => leaves.add(Value::Text(&attribute.value)),
            };
            leaves.leave();
            some = true;
        }
        some
    }
}

impl Soap {
    /// Takes in an element at that depth.
    fn see(&mut self, name: &str, depth: usize) {
        match depth {
            0 => self.envelope = local(name) == "Envelope",
            1 => self.in_body = local(name) == "Body",
            2 if self.envelope && self.in_body && self.called.is_empty() => {
                self.called.push_str(name);
            }
            _ => {}
        }
    }
}

fn reader(text: &str) -> Reader<&[u8]> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().allow_dangling_amp = true;
    reader
}

fn extent(text: &str, position: u64, whole: bool) -> Extent {
    let mut end = (position as usize).min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    Extent { end, whole }
}

/// Characters and the five entities that XML has; others stay as they are written.
fn push_reference(reference: &BytesRef<'_>, text: &mut String) {
    if let Ok(Some(sign)) = reference.resolve_char_ref() {
        text.push(sign);
    } else if let Some(known) = resolve_predefined_entity(reference) {
        text.push_str(known);
    } else {
        text.push('&');
        text.push_str(reference);
        text.push(';');
    }
}

/// A name without its prefix.
fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |it| it.1)
}
