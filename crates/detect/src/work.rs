//! Runs rules on one text in all its views, within the steps that an exchange may take.

use crate::compiled::Compiled;
use crate::detection::{Part, View};
use crate::gate::Chosen;
use crate::gate::signs::Signs;
use crate::known::Cost;
use crate::limits::{GROUNDS_MAX, STEPS_MAX};
use crate::payload::asked::Asked;
use crate::payload::{Model, SIGNS_MAX};
use crate::seen::{At, Ground, Mark};
use crate::views::Views;

/// A text to look at.
#[derive(Clone, Copy)]
pub struct Text<'t> {
    pub bytes: &'t [u8],
    pub part: Part,
    pub at: At,
    /// Within how many layers of base64 it was.
    pub nested: u8,
    /// Whether it is a whole page or a program by its looks.
    pub document: bool,
}

/// What looking at one exchange takes.
#[derive(Default)]
pub struct Scratch {
    pub grounds: Vec<Ground>,
    pub steps_left: u32,
    pub exhausted: bool,
    pub texts: u32,
    pub texts_closer: u32,
    pub asked: Asked,
}

/// Runs rules.
pub struct Work<'l> {
    pub compiled: &'l Compiled,
    pub scratch: &'l mut Scratch,
    pub model: Option<&'l Model>,
}

impl Scratch {
    pub fn clear(&mut self) {
        self.grounds.clear();
        self.asked.clear();
        (self.steps_left, self.exhausted) = (STEPS_MAX, false);
        (self.texts, self.texts_closer) = (0, 0);
    }

    /// What was spent since then.
    pub fn since(&self, before: (u32, u32, u32)) -> Cost {
        Cost {
            steps: before.0 - self.steps_left,
            texts: self.texts - before.1,
            texts_closer: self.texts_closer - before.2,
        }
    }

    pub fn spent(&self) -> (u32, u32, u32) {
        (self.steps_left, self.texts, self.texts_closer)
    }

    /// Spends what is known to be needed; false, and nothing spent, if there is not as much.
    pub fn spend_known(&mut self, cost: Cost) -> bool {
        let Cost {
            steps,
            texts,
            texts_closer,
        } = cost;
        let enough = steps <= self.steps_left;
        if enough {
            self.steps_left -= steps;
            self.texts += texts;
            self.texts_closer += texts_closer;
        }
        enough
    }

    /// Takes steps of what is left; false when there are no more.
    pub fn spend(&mut self, steps: usize) -> bool {
        let steps = u32::try_from(steps).unwrap_or(u32::MAX);
        let enough = steps <= self.steps_left;
        self.steps_left = self.steps_left.saturating_sub(steps);
        self.exhausted |= !enough;
        enough
    }
}

impl Work<'_> {
    /// Asks the model about a text in its plain view.
    pub fn ask(&mut self, text: Text<'_>, plain: &[u8], signs: Signs) {
        // A page or a program is full of what would be odd in a value.
        if !text.document && self.scratch.spend(plain.len().min(SIGNS_MAX)) {
            let asked = &mut self.scratch.asked;
            asked.ask(self.model, plain, text.part, text.at, signs);
        }
    }

    /// Runs the rules that were chosen for the plain text, and those that may have something to say
    /// of a view that differs.
    pub fn views(&mut self, text: Text<'_>, views: &Views, chosen: &Chosen, layers: usize) {
        let compiled = self.compiled;
        let any = !chosen.is_empty();
        let mut closer = false;
        for view in View::ALL {
            let mut own = Chosen::default();
            let chosen = match views.differing(view) {
                None if any => chosen,
                Some(other) if compiled.reads(text.part, view) => {
                    if !self.scratch.spend(other.len()) {
                        break;
                    }
                    let known = (Signs::of(other), text.part);
                    let compared = compiled.cast_view(view, other, known, &mut own);
                    if !self.scratch.spend(compared / 2) {
                        break;
                    }
                    &own
                }
                _ => continue,
            };
            for rule in chosen.both(compiled.of_view(view)) {
                closer |= self.run(rule, text, views.of(view), layers);
            }
        }
        self.scratch.texts_closer += u32::from(closer);
    }

    /// Runs one rule; whether it ran.
    fn run(&mut self, at: u16, text: Text<'_>, bytes: &[u8], layers: usize) -> bool {
        let Some(rule) = self.compiled.rules.get(usize::from(at)) else {
            return false;
        };
        if !self.scratch.spend(2 * bytes.len()) {
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
                in_document: text.document,
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
