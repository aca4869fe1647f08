//! The operations of a document in one pass over its signs, and what fragments add to them.

use gatewatch_model::Blemishes;
use gatewatch_model::profile::Protocol;
use xxhash_rust::xxh3::xxh3_64;

use super::Asked;
use super::lexer::{Lexer, Sign};
use crate::call::{Calls, Facts};
use crate::limits::{DEFINITIONS_MAX, FIELDS_MAX, SPREADS_MAX};

/// The memory that reading takes, used again and again.
#[derive(Debug, Default)]
pub(crate) struct Documents {
    definitions: Vec<Definition>,
    fields: Vec<Span>,
    spreads: Vec<Spread>,
    /// Of every open brace, whether the fields in it are one level deeper.
    braces: Vec<bool>,
    /// The hash of each fragment's name, with its definition.
    fragments: Vec<(u64, usize)>,
    seen: Vec<usize>,
}

/// From and to in the document.
type Span = (u32, u32);

/// An operation or a fragment.
#[derive(Clone, Copy, Debug)]
struct Definition {
    /// Empty for a fragment.
    kind: &'static str,
    name: Span,
    depth: u32,
    aliases: u32,
    introspection: bool,
    /// Its own top-level fields, and the fragments it uses, in their tables.
    fields: Span,
    spreads: Span,
}

/// A fragment that is used below that many fields.
#[derive(Clone, Copy, Debug)]
struct Spread {
    name: u64,
    below: u32,
    /// The definition of that fragment, once all are known.
    definition: Option<usize>,
}

/// The document that is read, and the place in it.
struct Cursor<'t> {
    text: &'t str,
    signs: Lexer<'t>,
}

impl<'t> Cursor<'t> {
    fn peek(&self) -> Option<Sign<'t>> {
        self.signs.clone().next()
    }

    fn take_name(&mut self) -> Option<&'t str> {
        let Some(Sign::Name(name)) = self.peek() else {
            return None;
        };
        self.signs.next();
        Some(name)
    }

    /// Goes past the parenthesis that closes the one just read.
    fn skip_arguments(&mut self) -> Option<()> {
        let mut depth = 1_usize;
        while depth > 0 {
            match self.signs.next()? {
                Sign::Mark(b'(') => depth += 1,
                Sign::Mark(b')') => depth -= 1,
                Sign::Bad => return None,
                _ => {}
            }
        }
        Some(())
    }

    /// Goes past variables and directives to the brace that opens the fields.
    fn skip_to_fields(&mut self) -> Option<()> {
        loop {
            match self.signs.next()? {
                Sign::Mark(b'{') => return Some(()),
                Sign::Mark(b'(') => self.skip_arguments()?,
                Sign::Mark(b'@') => drop(self.take_name()?),
                _ => return None,
            }
        }
    }
}

impl Documents {
    /// Adds the operations that are asked for in that text, if it is a document.
    pub fn add(&mut self, text: &str, asked: &Asked<'_>, calls: &mut Calls) -> Blemishes {
        self.definitions.clear();
        self.fields.clear();
        self.spreads.clear();
        self.fragments.clear();
        let mut cursor = Cursor {
            text,
            signs: Lexer::new(text),
        };
        let mut sound = true;
        while sound && self.definitions.len() < DEFINITIONS_MAX && cursor.peek().is_some() {
            sound = self.read_definition(&mut cursor).is_some();
        }
        sound &= cursor.peek().is_none();
        if self.definitions.iter().all(|it| it.kind.is_empty()) {
            return Blemishes::default();
        }
        sound &= self.deepen();
        self.push_operations(text, asked, calls);
        if sound {
            Blemishes::default()
        } else {
            Blemishes::BAD_CALL
        }
    }

    fn read_definition(&mut self, cursor: &mut Cursor<'_>) -> Option<()> {
        let mut definition = Definition {
            kind: "query",
            name: (0, 0),
            depth: 0,
            aliases: 0,
            introspection: false,
            fields: (self.fields.len() as u32, 0),
            spreads: (self.spreads.len() as u32, 0),
        };
        match cursor.signs.next()? {
            Sign::Mark(b'{') => {}
            Sign::Name("fragment") => {
                definition.kind = "";
                cursor.take_name()?;
                definition.name = cursor.signs.span();
                cursor.take_name().filter(|it| *it == "on")?;
                cursor.take_name()?;
                cursor.skip_to_fields()?;
            }
            Sign::Name(kind) => {
                definition.kind = *KINDS.iter().find(|it| **it == kind)?;
                if cursor.take_name().is_some() {
                    definition.name = cursor.signs.span();
                }
                cursor.skip_to_fields()?;
            }
            _ => return None,
        }
        let read = self.read_fields(cursor, &mut definition);
        definition.fields.1 = self.fields.len() as u32;
        definition.spreads.1 = self.spreads.len() as u32;
        if definition.depth > 0 || definition.spreads.0 < definition.spreads.1 {
            if definition.kind.is_empty() {
                let name = xxh3_64(slice(cursor.text, definition.name).as_bytes());
                self.fragments.push((name, self.definitions.len()));
            }
            self.definitions.push(definition);
        }
        read
    }

    /// Reads from behind the first brace to the one that closes it.
    fn read_fields(&mut self, cursor: &mut Cursor<'_>, definition: &mut Definition) -> Option<()> {
        self.braces.clear();
        self.braces.push(true);
        let mut level = 1_u32;
        // Whether the next brace belongs to a fragment without a name, which adds no level.
        let mut inline = false;
        loop {
            match cursor.signs.next()? {
                Sign::Name(_) => self.read_field(level, cursor, definition)?,
                Sign::Mark(b'(') => cursor.skip_arguments()?,
                Sign::Mark(b'@') => drop(cursor.take_name()?),
                Sign::Mark(b'{') => {
                    self.braces.push(!inline);
                    level += u32::from(!inline);
                    inline = false;
                }
                Sign::Mark(b'}') => {
                    level -= u32::from(self.braces.pop()?);
                    if self.braces.is_empty() {
                        return Some(());
                    }
                }
                Sign::Spread => inline = self.read_spread(level, cursor)?,
                _ => return None,
            }
        }
    }

    fn read_field(
        &mut self,
        level: u32,
        cursor: &mut Cursor<'_>,
        definition: &mut Definition,
    ) -> Option<()> {
        let mut span = cursor.signs.span();
        if cursor.peek() == Some(Sign::Mark(b':')) {
            cursor.signs.next();
            cursor.take_name()?;
            definition.aliases = definition.aliases.saturating_add(1);
            span = cursor.signs.span();
        }
        definition.depth = definition.depth.max(level);
        if level > 1 {
            return Some(());
        }
        let name = slice(cursor.text, span);
        definition.introspection |= matches!(name, "__schema" | "__type");
        let own = &self.fields[definition.fields.0 as usize..];
        let known = own.iter().any(|it| slice(cursor.text, *it) == name);
        if !known && own.len() < FIELDS_MAX {
            self.fields.push(span);
        }
        Some(())
    }

    /// True for a fragment without a name.
    fn read_spread(&mut self, level: u32, cursor: &mut Cursor<'_>) -> Option<bool> {
        let Some(name) = cursor.take_name() else {
            return Some(true);
        };
        if name == "on" {
            cursor.take_name()?;
            return Some(true);
        }
        if self.spreads.len() < SPREADS_MAX {
            self.spreads.push(Spread {
                name: xxh3_64(name.as_bytes()),
                below: level - 1,
                definition: None,
            });
        }
        Some(false)
    }

    /// Makes definitions as deep as the fragments that they use; false where fragments use each
    /// other in a circle.
    fn deepen(&mut self) -> bool {
        for spread in &mut self.spreads {
            let named = self.fragments.iter().find(|it| it.0 == spread.name);
            spread.definition = named.map(|it| it.1);
        }
        // A chain of fragments is no longer than there are fragments.
        for _ in 0..=self.definitions.len() {
            let mut changed = false;
            for at in 0..self.definitions.len() {
                let (from, to) = self.definitions[at].spreads;
                for spread in from..to {
                    let Spread {
                        below, definition, ..
                    } = self.spreads[spread as usize];
                    let depth = definition.map_or(0, |it| self.definitions[it].depth);
                    let definition = &mut self.definitions[at];
                    changed |= below + depth > definition.depth;
                    definition.depth = definition.depth.max(below + depth);
                }
            }
            if !changed {
                return true;
            }
        }
        false
    }

    fn push_operations(&mut self, text: &str, asked: &Asked<'_>, calls: &mut Calls) {
        let shared: u32 = self
            .fragments
            .iter()
            .map(|it| self.definitions[it.1].aliases)
            .fold(0, u32::saturating_add);
        let is_asked = |it: &Definition| slice(text, it.name) == asked.operation;
        let named = !asked.operation.is_empty() && self.definitions.iter().any(is_asked);
        for at in 0..self.definitions.len() {
            let definition = self.definitions[at];
            if definition.kind.is_empty() || (named && !is_asked(&definition)) {
                continue;
            }
            let introspection = self.gather(at);
            let facts = Facts {
                protocol: Protocol::GraphQl,
                batch_index: asked.batch_index,
                depth: definition.depth,
                aliases: definition.aliases.saturating_add(shared),
                introspection,
            };
            let mut fields: Vec<&str> = Vec::new();
            for (from, to) in self.seen.iter().map(|it| self.definitions[*it].fields) {
                for span in &self.fields[from as usize..to as usize] {
                    let name = slice(text, *span);
                    if fields.len() < FIELDS_MAX && !fields.contains(&name) {
                        fields.push(name);
                    }
                }
            }
            calls.push(facts, definition.kind, slice(text, definition.name), fields);
        }
    }

    /// Finds the definitions whose top-level fields are those of this operation: itself, and the
    /// fragments used at its top. Says whether one of them asks for the schema.
    fn gather(&mut self, operation: usize) -> bool {
        self.seen.clear();
        self.seen.push(operation);
        let mut introspection = false;
        let mut at = 0;
        while let Some(&next) = self.seen.get(at) {
            at += 1;
            let definition = self.definitions[next];
            introspection |= definition.introspection;
            for spread in definition.spreads.0..definition.spreads.1 {
                let Spread {
                    below, definition, ..
                } = self.spreads[spread as usize];
                let at_top = definition.filter(|it| below == 0 && !self.seen.contains(it));
                self.seen.extend(at_top);
            }
        }
        introspection
    }
}

static KINDS: &[&str] = &["query", "mutation", "subscription"];

fn slice(text: &str, span: Span) -> &str {
    text.get(span.0 as usize..span.1 as usize)
        .unwrap_or_default()
}
