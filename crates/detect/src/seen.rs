//! What was seen of one exchange: signals, what they stand on, and the judgement.

use gatewatch_decode::Reading;
use gatewatch_model::Spot;
use gatewatch_model::signal::{Judgement, Severity};

use crate::compiled::Compiled;
use crate::detection::{Detection, View};
use crate::payload::{Feature, REASONS_MAX};

/// From which confidence on a signal counts. An operator may move them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Thresholds {
    pub suspicious: f32,
    pub attack: f32,
}

impl Default for Thresholds {
    fn default() -> Self {
        Thresholds {
            suspicious: 0.5,
            attack: 0.8,
        }
    }
}

/// Where in an exchange something was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum At {
    /// The value of the leaf of that index.
    Leaf(u32),
    /// Its name.
    Name(u32),
    /// The spot as a whole.
    Spot(Spot),
    /// The request as a message.
    Request,
}

impl At {
    /// Appends the place: `$.request.query.id`.
    pub fn write(self, reading: &Reading, place: &mut String) {
        match self {
            At::Leaf(index) | At::Name(index) => {
                match reading.leaves().iter().nth(index as usize) {
                    Some(leaf) => leaf.write_place(place),
                    None => place.push('$'),
                }
            }
            At::Spot(spot) => place.push_str(spot.prefix()),
            At::Request => place.push_str("$.request"),
        }
    }
}

/// One thing that speaks for a signal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ground {
    pub detection: u16,
    pub at: At,
    pub mark: Mark,
    pub confidence: f32,
    /// Whether it stands in a long text full of marks, where much is found by chance.
    pub in_document: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// The rule of that index in its detection, in which view it matched, and below how many layers
    /// of encodings.
    Rule { rule: u16, view: View, layers: u8 },
    /// The payload model, and what speaks most for it.
    Model { top: [Option<Feature>; REASONS_MAX] },
    /// What a detector in code calls it.
    Code(&'static str),
}

/// One detection at one place.
#[derive(Clone, Copy, Debug)]
pub struct Signal<'s> {
    pub detection: &'s Detection,
    pub at: At,
    pub confidence: f32,
    pub severity: Severity,
    pub grounds: &'s [Ground],
    /// Whether it speaks of the answer alone. It is told, and what it shows may raise the severity of
    /// what the request was; the exchange is judged by its request.
    pub of_answer: bool,
}

impl Signal<'_> {
    /// What fired, as in the catalogue: `union-select`.
    pub fn marks(&self) -> impl Iterator<Item = &str> {
        self.grounds.iter().map(|it| match it.mark {
            Mark::Rule { rule, .. } => {
                let rule = self.detection.rules.get(usize::from(rule));
                rule.map_or("", |it| &it.id)
            }
            Mark::Model { .. } => "model",
            Mark::Code(name) => name,
        })
    }

    /// What spoke most for it in the eyes of the payload model, strongest first.
    pub fn reasons(&self) -> impl Iterator<Item = String> {
        let tops = self.grounds.iter().filter_map(|it| match it.mark {
            Mark::Model { top } => Some(top),
            Mark::Rule { .. } | Mark::Code(_) => None,
        });
        tops.flatten().flatten().map(Feature::name)
    }
}

/// The result of looking at one exchange; strongest first.
pub struct Seen<'s> {
    pub(crate) compiled: &'s Compiled,
    pub(crate) thresholds: Thresholds,
    pub(crate) claims: &'s [Claim],
    pub(crate) grounds: &'s [Ground],
    /// Whether something was left out because the work had grown too much.
    pub exhausted: bool,
    /// How many values were looked at, and how many needed more than a glance.
    pub texts: u32,
    pub texts_closer: u32,
    /// What it took, of the request and the answer; each has a bound.
    pub steps: u32,
}

/// A signal on its way: which grounds it stands on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Claim {
    pub detection: u16,
    pub at: At,
    pub confidence: f32,
    pub severity: Severity,
    pub of_answer: bool,
    pub from: usize,
    pub to: usize,
}

impl Seen<'_> {
    /// Those that are at least suspicious.
    pub fn signals(&self) -> impl Iterator<Item = Signal<'_>> {
        let least = self.thresholds.suspicious;
        self.all().take_while(move |it| it.confidence >= least)
    }

    /// What spoke for an attack, but not enough.
    pub fn nearly(&self) -> impl Iterator<Item = Signal<'_>> {
        let least = self.thresholds.suspicious;
        self.all().skip_while(move |it| it.confidence >= least)
    }

    pub fn judgement(&self) -> Judgement {
        self.judgement_by(self.thresholds)
    }

    pub fn judgement_by(&self, thresholds: Thresholds) -> Judgement {
        let of_request = self.claims.iter().find(|it| !it.of_answer);
        let confidence = of_request.map_or(0.0, |it| it.confidence);
        if confidence >= thresholds.attack {
            Judgement::Attack
        } else if confidence >= thresholds.suspicious {
            Judgement::Suspicious
        } else {
            Judgement::Clean
        }
    }

    fn all(&self) -> impl Iterator<Item = Signal<'_>> {
        self.claims.iter().filter_map(|it| {
            Some(Signal {
                detection: self
                    .compiled
                    .detections
                    .list
                    .get(usize::from(it.detection))?,
                at: it.at,
                confidence: it.confidence,
                severity: it.severity,
                grounds: self.grounds.get(it.from..it.to)?,
                of_answer: it.of_answer,
            })
        })
    }
}
