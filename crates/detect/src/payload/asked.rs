//! What the model is asked in one exchange, and what it says.

use super::explain::Reasons;
use super::model::Model;
use crate::detection::Part;
use crate::gate::signs::Signs;
use crate::seen::At;

/// Answers that are kept of one exchange.
const ANSWERS_MAX: usize = 256;
/// Less is nothing that people would want to know.
const CONFIDENCE_MIN: f32 = 0.2;
/// Marks without which there is nothing to ask: a text of words and commas is none of an attack,
/// and what is none but a path is for the rules.
const TELLING: Signs = Signs::of_marks(b"'\"`<>()[]{};|&$\\*=").with(Signs::BREAKS);
/// In headers that browsers fill, brackets and quotes are everyday.
const TELLING_IN_HEADERS: Signs = Signs::of_marks(b"'<>$|{`");

/// What is said of the text at one place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Answer {
    pub at: At,
    pub logit: f32,
    /// How sure the model is without any rule, and why; only where that is something.
    pub alone: Option<(f32, Reasons)>,
}

/// A text as the model gets it.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    pub at: At,
    pub text: Vec<u8>,
}

#[derive(Clone, Debug, Default)]
pub struct Asked {
    pub answers: Vec<Answer>,
    /// All texts that the model is asked about, for training.
    pub kept: Option<Vec<Kept>>,
}

impl Asked {
    /// Of a place the logit of its worst text.
    pub fn logit_at(&self, at: At) -> Option<f32> {
        let here = self.answers.iter().filter(|it| it.at == at);
        here.map(|it| it.logit).reduce(f32::max)
    }

    /// How much was asked so far; `None` if there is no room for more.
    pub fn count(&self) -> Option<usize> {
        let kept = self.kept.as_ref().map_or(0, Vec::len);
        (self.answers.len() < ANSWERS_MAX).then_some(self.answers.len() + kept)
    }

    pub fn clear(&mut self) {
        self.answers.clear();
        if let Some(kept) = &mut self.kept {
            kept.clear();
        }
    }

    /// Asks about an unwound text, if it holds what is worth asking about.
    pub fn ask(&mut self, model: Option<&Model>, text: &[u8], part: Part, at: At, signs: Signs) {
        if !worth(text, part, signs) {
            return;
        }
        if let Some(kept) = &mut self.kept {
            kept.push(Kept {
                at,
                text: text.to_vec(),
            });
        }
        let Some(model) = model else {
            return;
        };
        if self.answers.len() < ANSWERS_MAX {
            let logit = model.logit(text);
            let confidence = model.alone(logit, text.len());
            let alone = (confidence >= CONFIDENCE_MIN).then(|| (confidence, model.explain(text)));
            self.answers.push(Answer { at, logit, alone });
        }
    }
}

/// Whether an unwound text holds what is worth asking about.
pub fn worth(text: &[u8], part: Part, signs: Signs) -> bool {
    match part {
        Part::Answer | Part::AnswerHeaders | Part::Names => false,
        Part::UserAgent | Part::Headers => signs.meets(TELLING_IN_HEADERS),
        Part::Path | Part::Query | Part::Cookies | Part::Referer | Part::Body => {
            signs.meets(TELLING)
                || signs.meets(Signs::DOTS_AND_SLASHES)
                    && memchr::memmem::find(text, b"..").is_some()
        }
    }
}
