//! Why the model says so: the features of the worst stretch that weigh most, and of which kind of
//! attack they are. Only asked where something was found.

use super::features::{CONTROL, Feature, HIGH, Of, Take, walk};
use super::model::{CLASS_CELLS, CLASSES, Model, WINDOW_SIGNS};
use super::words::{Kind, word_of};

/// How many features are named.
pub const REASONS_MAX: usize = 3;

/// What speaks most for an attack, strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reasons {
    /// Index into `CLASSES`.
    pub class: u8,
    pub top: [Option<Feature>; REASONS_MAX],
}

impl Model {
    pub fn explain(&self, text: &[u8]) -> Reasons {
        let stretch = self.stretch(text);
        let mut sums = vec![0_i32; CLASSES.len()];
        for feature in &stretch {
            let from = class_cell(*feature) * CLASSES.len();
            let weights = self.class_weights.get(from..from + CLASSES.len());
            for (sum, weight) in sums.iter_mut().zip(weights.unwrap_or_default()) {
                *sum += i32::from(*weight);
            }
        }
        let class = (0_u8..).zip(&sums).max_by_key(|it| (it.1, 255 - it.0));
        let mut ranked: Vec<(i32, Feature)> = Vec::new();
        for feature in stretch {
            if !ranked.iter().any(|it| it.1 == feature) {
                ranked.push((self.weight(feature), feature));
            }
        }
        // Of equal ones the first in the text stays first.
        ranked.sort_by_key(|it| -it.0);
        let mut named = ranked.iter().filter(|it| it.0 > 0);
        Reasons {
            class: class.map_or(0, |it| it.0),
            top: core::array::from_fn(|_| named.next().map(|it| it.1)),
        }
    }

    /// All features of the worst stretch, and of the text as a whole.
    pub(super) fn stretch(&self, text: &[u8]) -> Vec<Feature> {
        Stretch::worst(self, text)
    }

    pub(super) fn weight(&self, feature: Feature) -> i32 {
        let weight = self.weights.get(feature.cell());
        weight.map_or(0, |it| i32::from(*it))
    }
}

/// Where the weights of classes stand.
pub fn class_cell(feature: Feature) -> usize {
    feature.cell() % CLASS_CELLS
}

impl Feature {
    /// For people: `signs "' or"`, `words quote sql-logic number`.
    pub fn name(self) -> String {
        let bytes = self.key.to_be_bytes();
        match self.of {
            Of::Signs(length) => {
                let signs = bytes.iter().skip(4 - usize::from(length.min(4)));
                let text: String = signs.filter(|it| **it != 0).map(|it| sign(*it)).collect();
                format!("signs {text:?}")
            }
            Of::Words(length) => {
                let tokens = bytes.iter().skip(4 - usize::from(length.min(4)));
                let known = tokens.filter(|it| **it != 0);
                known.fold("words".to_owned(), |mut text, it| {
                    text.push(' ');
                    match Kind::of_number(*it) {
                        Some(kind) => text.push_str(kind.name()),
                        None => text.push(sign(*it)),
                    }
                    text
                })
            }
            Of::Word(kind) => format!("{} {}", kind.name(), word_of(self.key).unwrap_or("")),
            Of::Shape => {
                let shape = SHAPES.get((self.key >> 8) as usize).unwrap_or(&"shape");
                format!("{shape} {}", self.key & 0xff)
            }
        }
    }
}

/// In the order in which a walk tells them.
static SHAPES: &[&str] = &[
    "length",
    "kinds of marks",
    "share of marks",
    "share of blanks",
    "longest word",
    "odd single quotes",
    "odd double quotes",
    "brackets left open",
    "angles left open",
];

fn sign(folded: u8) -> char {
    match folded {
        HIGH => 'é',
        CONTROL => '\u{fffd}',
        other => char::from(other),
    }
}

/// The features of each sign of the text.
struct Stretch<'m> {
    model: &'m Model,
    features: Vec<Feature>,
    /// How many features there are after each sign, and the sum up to there.
    ends: Vec<(usize, i32)>,
    sum: i32,
    wholes: Vec<Feature>,
}

impl Stretch<'_> {
    fn worst(model: &Model, text: &[u8]) -> Vec<Feature> {
        let mut found = Stretch {
            model,
            features: Vec::new(),
            ends: Vec::new(),
            sum: 0,
            wholes: Vec::new(),
        };
        walk(text, &mut found);
        let before = |sign: usize| {
            let gone = (sign + 1).checked_sub(WINDOW_SIGNS + 1);
            gone.and_then(|it| found.ends.get(it))
                .copied()
                .unwrap_or((0, 0))
        };
        // The first of equally bad ones, as the score takes it.
        let all = found.ends.iter().enumerate();
        let worst = all.max_by_key(|(sign, end)| (end.1 - before(*sign).1, usize::MAX - sign));
        let range = worst.map_or(0..0, |(sign, end)| before(sign).0..end.0);
        let mut list = found.features.get(range).unwrap_or_default().to_vec();
        list.extend(found.wholes);
        list
    }
}

impl Take for Stretch<'_> {
    fn local(&mut self, feature: Feature) {
        self.sum += self.model.weight(feature);
        self.features.push(feature);
    }

    fn step(&mut self) {
        self.ends.push((self.features.len(), self.sum));
    }

    fn whole(&mut self, feature: Feature) {
        self.wholes.push(feature);
    }
}
