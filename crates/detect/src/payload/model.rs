//! The trained model: a weight for each cell, read from `catalogue/models/payload.bin`. A text is as
//! bad as its worst stretch of signs, by the sum of the weights of what ends in it.

use super::features::{CELLS, Feature, Take, walk};

/// How many signs are judged together.
pub const WINDOW_SIGNS: usize = 64;
/// Kinds of attack that the model tells apart, as detections of the catalogue.
pub static CLASSES: &[&str] = &[
    "injection.sql",
    "injection.xss",
    "injection.command",
    "injection.traversal",
    "injection.code",
    "injection.nosql",
    "injection.ldap",
    "injection.xml",
    "injection.template",
    "injection.includes",
    "injection.headers",
    "injection.mail",
];
/// Of these there are so many examples that the model may also speak against the rules.
pub static WELL_KNOWN: &[&str] = &["injection.sql", "injection.xss"];
/// Logarithm of how many cells each class has.
const CLASS_BITS: u32 = 13;
pub const CLASS_CELLS: usize = 1 << CLASS_BITS;
const USUAL_BYTES: f32 = 128.0;

const MAGIC: &[u8; 8] = b"gwpay\0\0\x01";

/// Weights as they are kept: whole numbers, and what one of them is worth.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    pub worth: f32,
    pub bias: f32,
    pub blend: Blend,
    pub weights: Vec<i8>,
    pub class_worth: f32,
    /// For each cell a weight of every class.
    pub class_weights: Vec<i8>,
}

/// How the logit becomes a confidence, alone and with that of the rules.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Blend {
    pub start: f32,
    pub slope: f32,
    pub damped_below: f32,
    pub damping: f32,
    /// What each doubling of the length takes off the logit.
    pub per_doubling: f32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    #[error("a model is {0} bytes long, this is not")]
    Length(usize),
    #[error("no model of this version: it begins otherwise")]
    Magic,
    #[error("the model is damaged: its checksum is another")]
    Checksum,
    #[error("a scale of the model is no number")]
    Scale,
}

const SCALES: usize = 8;
const BYTES: usize = MAGIC.len() + 4 * SCALES + CELLS + CLASS_CELLS * CLASSES_COUNT + 8;
pub const CLASSES_COUNT: usize = 12;

impl Model {
    pub fn read(bytes: &[u8]) -> Result<Model, ModelError> {
        if bytes.len() != BYTES {
            return Err(ModelError::Length(BYTES));
        }
        let (body, sum) = bytes.split_at(BYTES - 8);
        let Some(rest) = body.strip_prefix(MAGIC) else {
            return Err(ModelError::Magic);
        };
        if sum != checksum(body).to_le_bytes() {
            return Err(ModelError::Checksum);
        }
        let (scales, rest) = rest.split_at(4 * SCALES);
        let mut numbers = [0.0_f32; SCALES];
        for (number, four) in numbers.iter_mut().zip(scales.chunks_exact(4)) {
            *number = f32::from_le_bytes([four[0], four[1], four[2], four[3]]);
            if !number.is_finite() {
                return Err(ModelError::Scale);
            }
        }
        let (weights, class_weights) = rest.split_at(CELLS);
        let signed = |bytes: &[u8]| bytes.iter().map(|it| it.cast_signed()).collect();
        let [
            worth,
            bias,
            class_worth,
            start,
            slope,
            damped_below,
            damping,
            per_doubling,
        ] = numbers;
        Ok(Model {
            worth,
            bias,
            blend: Blend {
                start,
                slope,
                damped_below,
                damping,
                per_doubling,
            },
            weights: signed(weights),
            class_worth,
            class_weights: signed(class_weights),
        })
    }

    pub fn write(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(BYTES);
        bytes.extend_from_slice(MAGIC);
        let Blend {
            start,
            slope,
            damped_below,
            damping,
            per_doubling,
        } = self.blend;
        let blend = [start, slope, damped_below, damping, per_doubling];
        for number in [self.worth, self.bias, self.class_worth]
            .iter()
            .chain(&blend)
        {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        bytes.extend(self.weights.iter().map(|it| it.cast_unsigned()));
        bytes.extend(self.class_weights.iter().map(|it| it.cast_unsigned()));
        let sum = checksum(&bytes);
        bytes.extend_from_slice(&sum.to_le_bytes());
        bytes
    }

    /// How much speaks for an attack in an unwound text; below nought, it speaks against.
    pub fn logit(&self, text: &[u8]) -> f32 {
        let mut score = Score {
            weights: &self.weights,
            ring: [0; WINDOW_SIGNS],
            at: 0,
            open: 0,
            sum: 0,
            worst: i32::MIN,
            whole: 0,
        };
        walk(text, &mut score);
        let sum = score.worst.saturating_add(score.whole);
        self.bias + self.worth * sum as f32
    }

    /// How sure the model is without any rule. In a long text there is more that may look bad by
    /// chance, so more must speak for it.
    pub fn alone(&self, logit: f32, bytes: usize) -> f32 {
        let logit = logit - self.blend.per_doubling * doublings(bytes);
        sigmoid(self.blend.start + self.blend.slope * logit)
    }

    /// What is left of the confidence of rules where the model sees nothing bad at all.
    pub fn damped(&self, rules: f32, logit: f32) -> f32 {
        let doubt = (logit - self.blend.damped_below).min(0.0);
        sigmoid(odds(rules) + self.blend.damping * doubt)
    }
}

/// How often a text is twice as long as is usual of a value.
pub fn doublings(bytes: usize) -> f32 {
    (bytes as f32 / USUAL_BYTES).log2().max(0.0)
}

/// The odds of a confidence as a logarithm, within bounds.
pub fn odds(confidence: f32) -> f32 {
    let kept = confidence.clamp(0.001, 0.999);
    (kept / (1.0 - kept)).ln()
}

pub fn sigmoid(logit: f32) -> f32 {
    1.0 / (1.0 + (-logit).exp())
}

/// FNV-1a, 64 bits.
fn checksum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |sum, byte| {
        (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// The sum over the last signs, and the worst there was.
struct Score<'m> {
    weights: &'m [i8],
    ring: [i32; WINDOW_SIGNS],
    at: usize,
    open: i32,
    sum: i32,
    worst: i32,
    whole: i32,
}

impl Score<'_> {
    fn weight(&self, feature: Feature) -> i32 {
        self.weights
            .get(feature.cell())
            .map_or(0, |it| i32::from(*it))
    }
}

impl Take for Score<'_> {
    fn local(&mut self, feature: Feature) {
        self.open += self.weight(feature);
    }

    fn step(&mut self) {
        let slot = &mut self.ring[self.at % WINDOW_SIGNS];
        self.sum += self.open - *slot;
        *slot = self.open;
        self.at += 1;
        self.open = 0;
        self.worst = self.worst.max(self.sum);
    }

    fn whole(&mut self, feature: Feature) {
        self.whole += self.weight(feature);
    }
}
