//! Looks at one exchange after the other. It keeps no state between them but its memory.

use std::sync::Arc;

use gatewatch_decode::{Leaf, Reading, Value};
use gatewatch_model::{Blemishes, Exchange, Spot};

use crate::compiled::{Compiled, READY};
use crate::detection::{Part, View};
use crate::gate::Chosen;
use crate::gate::signs::Signs;
use crate::limits::{
    GROUNDS_MAX, NESTED_MAX, RAW_BYTES_MAX, STEPS_MAX, STEPS_PER_TEXT, TEXT_BYTES_MAX, TOKENS_MAX,
};
use crate::seen::{At, Claim, Ground, Mark, Seen, Thresholds};
use crate::views::{Packed, Views};
use crate::weigh::weigh;

/// The compiled catalogue, shared, and memory of its own.
pub struct Detector {
    compiled: Arc<Compiled>,
    pub thresholds: Thresholds,
    /// One for each layer of base64.
    views: [Views; NESTED_MAX as usize + 1],
    scratch: Scratch,
    claims: Vec<Claim>,
}

/// What looking at one exchange takes.
#[derive(Default)]
struct Scratch {
    grounds: Vec<Ground>,
    steps_left: u32,
    exhausted: bool,
    texts: u32,
    texts_closer: u32,
    spaced: Vec<u8>,
}

/// A text to look at.
#[derive(Clone, Copy)]
struct Text<'t> {
    bytes: &'t [u8],
    part: Part,
    at: At,
    /// Within how many layers of base64 it was.
    nested: u8,
}

impl Default for Detector {
    /// With all that is shipped.
    fn default() -> Self {
        Detector::new(READY.clone(), Thresholds::default())
    }
}

impl Clone for Detector {
    fn clone(&self) -> Self {
        Detector::new(self.compiled.clone(), self.thresholds)
    }
}

impl Detector {
    pub fn new(compiled: Arc<Compiled>, thresholds: Thresholds) -> Self {
        Detector {
            compiled,
            thresholds,
            views: Default::default(),
            scratch: Scratch::default(),
            claims: Vec::new(),
        }
    }

    pub fn see(&mut self, exchange: &Exchange<'_>, reading: &Reading) -> Seen<'_> {
        let Detector {
            compiled,
            thresholds,
            views,
            scratch,
            claims,
        } = self;
        scratch.clear();
        let mut look = Look {
            views,
            work: Work { compiled, scratch },
            reading,
        };
        look.target(exchange);
        look.leaves(false);
        look.raw_body(exchange);
        look.work.scratch.steps_left = STEPS_MAX;
        look.leaves(true);
        weigh(compiled, &mut scratch.grounds, claims);
        Seen {
            compiled,
            thresholds: *thresholds,
            claims,
            grounds: &scratch.grounds,
            exhausted: scratch.exhausted,
            texts: scratch.texts,
            texts_closer: scratch.texts_closer,
        }
    }
}

impl Scratch {
    fn clear(&mut self) {
        self.grounds.clear();
        (self.steps_left, self.exhausted) = (STEPS_MAX, false);
        (self.texts, self.texts_closer) = (0, 0);
    }

    /// Takes steps of what is left; false when there are no more.
    fn spend(&mut self, steps: usize) -> bool {
        let steps = u32::try_from(steps).unwrap_or(u32::MAX);
        let enough = steps <= self.steps_left;
        self.steps_left = self.steps_left.saturating_sub(steps);
        self.exhausted |= !enough;
        enough
    }
}

/// One look at one exchange.
struct Look<'l> {
    views: &'l mut [Views],
    work: Work<'l>,
    reading: &'l Reading,
}

/// Runs rules.
struct Work<'l> {
    compiled: &'l Compiled,
    scratch: &'l mut Scratch,
}

impl Look<'_> {
    /// The path as a whole with what follows it but the query; the query too where it was no text.
    fn target(&mut self, exchange: &Exchange<'_>) {
        let url = exchange.request.url.as_bytes();
        let origin = match memchr::memmem::find(url, b"://") {
            Some(at) if !url.starts_with(b"/") => {
                let start = memchr::memchr(b'/', &url[at + 3..]);
                start.map_or(&b""[..], |it| &url[at + 3 + it..])
            }
            _ => url,
        };
        let query = memchr::memchr(b'?', origin);
        self.text(Text {
            bytes: &origin[..query.unwrap_or(origin.len())],
            part: Part::Path,
            at: At::Spot(Spot::RequestPath),
            nested: 0,
        });
        let odd = self.reading.blemishes();
        if let Some(start) = query
            && odd.contains(Blemishes::BAD_ESCAPE)
        {
            self.text(Text {
                bytes: &origin[start..],
                part: Part::Query,
                at: At::Spot(Spot::RequestQuery),
                nested: 0,
            });
        }
    }

    /// All values and names of the request, or of the answer.
    fn leaves(&mut self, answer: bool) {
        let mut last_name = ("".as_ptr(), 0);
        for (index, leaf) in self.reading.leaves().iter().enumerate() {
            let spot = leaf.spot();
            if spot.is_response() != answer {
                continue;
            }
            let index = index as u32;
            let name = leaf.name();
            if !answer && (name.as_ptr(), name.len()) != last_name {
                last_name = (name.as_ptr(), name.len());
                self.text(Text {
                    bytes: name.as_bytes(),
                    part: Part::Names,
                    at: At::Name(index),
                    nested: 0,
                });
            }
            let (Value::Text(text), Some(part)) = (leaf.value, part_of(&leaf, name)) else {
                continue;
            };
            self.value(text.as_bytes(), part, At::Leaf(index));
        }
    }

    /// A value, of a long one its beginning and its end.
    fn value(&mut self, bytes: &[u8], part: Part, at: At) {
        let mut text = Text {
            bytes,
            part,
            at,
            nested: 0,
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

    /// What no leaf holds of the body of the request: the end of one that was too long, or all of
    /// one that was not read.
    fn raw_body(&mut self, exchange: &Exchange<'_>) {
        let Some(body) = &exchange.request.body else {
            return;
        };
        let lost = self.reading.blemishes().contains(Blemishes::LEAVES_LOST);
        let mut leaves = self.reading.leaves().iter();
        let unread = !leaves.any(|it| it.spot() == Spot::RequestBody);
        if !lost && !unread {
            return;
        }
        let bytes = body.bytes.as_ref();
        self.text(Text {
            bytes: &bytes[bytes.len().saturating_sub(RAW_BYTES_MAX)..],
            part: Part::Body,
            at: At::Spot(Spot::RequestBody),
            nested: 0,
        });
    }

    fn text(&mut self, text: Text<'_>) {
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
        self.closer(text, signs);
        self.packed(text, signs);
    }

    /// Makes the views of a text, and runs the rules that may have something to say.
    fn closer(&mut self, text: Text<'_>, signs: Signs) {
        if !self.work.scratch.spend(2 * text.bytes.len()) {
            return;
        }
        let Some(views) = self.views.get_mut(usize::from(text.nested)) else {
            return;
        };
        let layers = if text.part == Part::Referer {
            // A URL within a header: `+` is a blank in its query.
            self.work.scratch.spaced.clear();
            let spaced = text
                .bytes
                .iter()
                .map(|it| if *it == b'+' { b' ' } else { *it });
            self.work.scratch.spaced.extend(spaced);
            views.take(&self.work.scratch.spaced, signs)
        } else {
            views.take(text.bytes, signs)
        };
        let signs = if views.unwound {
            Signs::of(&views.plain)
        } else {
            signs
        };
        let tried = views.make(signs);
        if self.work.scratch.spend((layers + tried) * text.bytes.len()) {
            self.work.views(text, views, signs, layers);
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
        let mut words = Packed::new(text.bytes);
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

impl Work<'_> {
    fn views(&mut self, text: Text<'_>, views: &Views, signs: Signs, layers: usize) {
        let mut plain = Chosen::default();
        let any = self
            .compiled
            .cast(&views.plain, signs, text.part, &mut plain);
        let mut closer = false;
        for view in View::ALL {
            let (mut chosen, signs) = match views.differing(view) {
                None if !any => continue,
                None => (plain.clone(), signs),
                Some(other) => {
                    if !self.scratch.spend(other.len()) {
                        break;
                    }
                    let (mut chosen, signs) = (Chosen::default(), Signs::of(other));
                    if !self.compiled.cast(other, signs, text.part, &mut chosen) {
                        continue;
                    }
                    (chosen, signs)
                }
            };
            chosen.keep(self.compiled.of_view(view));
            for rule in chosen.iter() {
                closer |= self.run(rule, text, views.of(view), (signs, layers));
            }
        }
        self.scratch.texts_closer += u32::from(closer);
    }

    /// Runs one rule; whether it ran.
    fn run(&mut self, at: u16, text: Text<'_>, bytes: &[u8], known: (Signs, usize)) -> bool {
        let (signs, layers) = known;
        let Some(rule) = self.compiled.rules.get(usize::from(at)) else {
            return false;
        };
        if !rule.needs.signs.iter().all(|it| signs.meets(*it))
            || !self.scratch.spend(2 * bytes.len())
        {
            return false;
        }
        let grounds = &mut self.scratch.grounds;
        if grounds.len() < GROUNDS_MAX && rule.regex.is_match(bytes) {
            let ground = Ground {
                detection: rule.detection,
                at: text.at,
                mark: Mark::Rule {
                    rule: rule.rule,
                    view: rule.view,
                    layers: layers as u8 + text.nested,
                },
                confidence: rule.confidence,
            };
            // A long value is looked at twice, and a nested one within its shell.
            let twice = |it: &Ground| {
                (it.at, it.detection) == (text.at, ground.detection)
                    && matches!(it.mark, Mark::Rule { rule: other, .. } if other == rule.rule)
            };
            if !grounds.iter().any(twice) {
                grounds.push(ground);
            }
        }
        true
    }
}

/// As which part a leaf is looked at; `None` for what says nothing of the request.
fn part_of(leaf: &Leaf<'_>, name: &str) -> Option<Part> {
    match leaf.spot() {
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
