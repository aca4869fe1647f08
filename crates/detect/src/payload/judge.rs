//! Puts the word of the model beside that of the rules: what it found becomes a ground of the
//! detection it belongs to, and where it sees nothing at all rules that it knows well count for less.

use std::sync::Arc;

use super::asked::{Answer, Asked};
use super::model::{CLASSES, Model, WELL_KNOWN};
use crate::compiled::Compiled;
use crate::limits::GROUNDS_MAX;
use crate::seen::{Ground, Mark};

/// What is less likely than not does not make what rules found more likely.
const SUPPORT_MIN: f32 = 0.5;

#[derive(Clone)]
pub struct Judge {
    pub model: Arc<Model>,
    /// The detection of each class.
    classes: Vec<Option<u16>>,
    well_known: Vec<u16>,
}

impl Judge {
    pub fn new(model: Arc<Model>, compiled: &Compiled) -> Judge {
        let find = |id: &str| {
            let mut list = compiled.detections.list.iter();
            list.position(|it| *it.id == *id).map(|it| it as u16)
        };
        Judge {
            model,
            classes: CLASSES.iter().map(|it| find(it)).collect(),
            well_known: WELL_KNOWN.iter().filter_map(|it| find(it)).collect(),
        }
    }

    pub fn settle(&self, asked: &Asked, grounds: &mut Vec<Ground>) {
        for ground in grounds.iter_mut() {
            let logit = asked.logit_at(ground.at);
            if let Some(logit) = logit.filter(|_| self.well_known.contains(&ground.detection)) {
                // Never more than the rules said: agreement is a ground of its own.
                let damped = self.model.damped(ground.confidence, logit);
                ground.confidence = ground.confidence.min(damped);
            }
        }
        for answer in &asked.answers {
            let Some(ground) = self.ground(answer, grounds) else {
                continue;
            };
            let twin = grounds.iter().position(|it| {
                let model = matches!(it.mark, Mark::Model { .. });
                model && (it.at, it.detection) == (ground.at, ground.detection)
            });
            match twin {
                Some(twin) if grounds[twin].confidence >= ground.confidence => {}
                Some(twin) => grounds[twin] = ground,
                None if grounds.len() < GROUNDS_MAX => grounds.push(ground),
                None => {}
            }
        }
    }

    /// What the model found, as what the rules take it for if they found something there too.
    fn ground(&self, answer: &Answer, grounds: &[Ground]) -> Option<Ground> {
        let (confidence, reasons) = answer.alone?;
        let class = self
            .classes
            .get(usize::from(reasons.class))
            .copied()
            .flatten();
        let here = grounds.iter().filter(|it| it.at == answer.at);
        let known = here.filter(|it| self.classes.contains(&Some(it.detection)));
        let strongest = known.max_by(|one, two| one.confidence.total_cmp(&two.confidence));
        if strongest.is_some() && confidence < SUPPORT_MIN {
            return None;
        }
        Some(Ground {
            detection: strongest.map(|it| it.detection).or(class)?,
            at: answer.at,
            mark: Mark::Model { top: reasons.top },
            confidence,
            in_document: false,
        })
    }
}
