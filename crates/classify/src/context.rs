//! What the names on the way to a value say of it, before the value is looked at. It is learned
//! once for each shape of a place.

mod listener;

use gatewatch_decode::Leaf;
use hashbrown::HashTable; // order never observed: only looked up by key

use crate::compiled::Compiled;
use crate::sieve::Block;

pub(crate) use listener::Listener;

/// Shapes whose context is remembered; when there are more, all are forgotten.
const SHAPES_MAX: usize = 4_096;
const SPEAKERS_KEPT_MAX: usize = 32_768;

/// How a name stands to a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stance {
    For,
    /// A name further up speaks for it.
    Above,
    Against,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Speaker {
    pub info_type: u16,
    /// Of a hundred.
    pub strength: u8,
    pub stance: Stance,
}

/// What kind of name it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tone(pub u8);

impl Tone {
    /// The name alone says nothing.
    pub const VAGUE: Tone = Tone(1);
    /// It names a number of another kind.
    pub const OTHER: Tone = Tone(1 << 1);
    /// Its value tells what a sibling is.
    pub const LABEL: Tone = Tone(1 << 2);
    /// A sibling may tell what it is.
    pub const VALUE: Tone = Tone(1 << 3);
    pub const COUNTRY: Tone = Tone(1 << 4);
    pub const LATITUDE: Tone = Tone(1 << 5);
    pub const LONGITUDE: Tone = Tone(1 << 6);
    /// What stands there is read elsewhere, or says nothing of anyone.
    pub const SKIPPED: Tone = Tone(1 << 7);

    pub fn has(self, other: Tone) -> bool {
        self.0 & other.0 != 0
    }

    fn insert(&mut self, other: Tone) {
        self.0 |= other.0;
    }
}

/// The context of one leaf: its tone, and where its speakers stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Context {
    pub tone: Tone,
    from: u32,
    to: u32,
    /// Which of the sets of patterns is its own; the first is empty.
    set: u32,
}

#[derive(Clone, Copy, Debug)]
struct Known {
    shape: u64,
    context: Context,
}

/// Contexts by shape. They follow from the names alone, so it never matters which are here.
#[derive(Clone, Debug, Default)]
pub(crate) struct Contexts {
    known: HashTable<Known>,
    speakers: Vec<Speaker>,
    /// Sets of the patterns that the speakers of a context let in.
    sets: Vec<Block>,
    listener: Listener,
}

impl Contexts {
    /// Before an exchange: makes room if there is little.
    pub fn begin(&mut self) {
        if self.known.len() >= SHAPES_MAX || self.speakers.len() >= SPEAKERS_KEPT_MAX {
            self.known.clear();
            self.speakers.clear();
            self.sets.clear();
        }
    }

    pub fn of(&mut self, leaf: &Leaf<'_>, compiled: &Compiled) -> Context {
        let shape = leaf.shape();
        if let Some(known) = self.known.find(shape, |it| it.shape == shape) {
            return known.context;
        }
        let tone = self.listener.hear_names(leaf, &compiled.vocabulary);
        let from = self.speakers.len() as u32;
        self.speakers.extend_from_slice(&self.listener.heard);
        let context = Context {
            tone,
            from,
            to: self.speakers.len() as u32,
            set: self.set(compiled),
        };
        self.known
            .insert_unique(shape, Known { shape, context }, |it| it.shape);
        context
    }

    /// Makes the set of the patterns that were just spoken of.
    fn set(&mut self, compiled: &Compiled) -> u32 {
        let width = compiled.blocks();
        if self.listener.heard.is_empty() || width == 0 {
            return 0;
        }
        let from = self.sets.len().max(width);
        self.sets.resize(from + width, Block::default());
        for speaker in &self.listener.heard {
            compiled.let_in(*speaker, &mut self.sets[from..]);
        }
        (from / width) as u32
    }

    /// The patterns that the names of a context let in.
    pub fn wanted(&self, context: Context, compiled: &Compiled) -> &[Block] {
        let width = compiled.blocks();
        let from = context.set as usize * width;
        self.sets.get(from..from + width).unwrap_or(&[])
    }

    pub fn speakers(&self, context: Context) -> &[Speaker] {
        &self.speakers[context.from as usize..context.to as usize]
    }
}
