//! Looks at one exchange after the other. It keeps no state between them but its memory.

use std::sync::Arc;

use gatewatch_decode::Reading;
use gatewatch_model::Exchange;

use crate::compiled::{Compiled, READY};
use crate::detectors::{Marks, Sight};
use crate::known::Known;
use crate::limits::{NESTED_MAX, STEPS_MAX};
use crate::look::Look;
use crate::payload::judge::Judge;
use crate::payload::{Kept, Model, SHIPPED as SHIPPED_MODEL};
use crate::seen::{Claim, Seen, Thresholds};
use crate::views::Views;
use crate::weigh::weigh;
use crate::work::{Scratch, Work};

/// The compiled catalogue, shared, and memory of its own.
pub struct Detector {
    compiled: Arc<Compiled>,
    pub thresholds: Thresholds,
    /// One for each layer of base64.
    views: [Views; NESTED_MAX as usize + 1],
    scratch: Scratch,
    claims: Vec<Claim>,
    /// Heads that need not be looked at again.
    known: Known,
    /// What is asked about each text beside the rules.
    judge: Option<Judge>,
}

impl Default for Detector {
    /// With all that is shipped.
    fn default() -> Self {
        Detector::new(READY.clone(), Thresholds::default())
    }
}

impl Clone for Detector {
    fn clone(&self) -> Self {
        let model = self.judge.as_ref().map(|it| it.model.clone());
        Detector::new(self.compiled.clone(), self.thresholds).with_model(model)
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
            known: Known::default(),
            judge: None,
        }
        .with_model(SHIPPED_MODEL.clone())
    }

    /// The same with another model, or with none.
    pub fn with_model(mut self, model: Option<Arc<Model>>) -> Self {
        self.known = Known::default();
        self.judge = model.map(|it| Judge::new(it, &self.compiled));
        self
    }

    /// Keeps from now on the texts that a model is asked about, for training.
    pub fn keep_texts(&mut self) {
        self.scratch.asked.kept = Some(Vec::new());
    }

    /// Those of the last exchange.
    pub fn texts(&self) -> &[Kept] {
        self.scratch.asked.kept.as_deref().unwrap_or_default()
    }

    pub fn see(&mut self, exchange: &Exchange<'_>, reading: &Reading) -> Seen<'_> {
        let Detector {
            compiled,
            thresholds,
            views,
            scratch,
            claims,
            known,
            judge,
        } = self;
        scratch.clear();
        let mut look = Look {
            views,
            work: Work {
                compiled,
                scratch,
                model: judge.as_ref().map(|it| &*it.model),
            },
            reading,
            known,
        };
        look.target(exchange);
        let first = look.leaves();
        look.raw_body(exchange);
        let of_request = STEPS_MAX - look.work.scratch.steps_left;
        look.work.scratch.steps_left = STEPS_MAX;
        look.answer(first);
        let sight = Sight {
            exchange,
            reading,
            exhausted: scratch.exhausted,
        };
        for (number, detector) in compiled.coded() {
            let mut marks = Marks {
                detection: number,
                grounds: &mut scratch.grounds,
            };
            (detector.see)(&sight, &mut marks);
        }
        if let Some(judge) = judge {
            judge.settle(&scratch.asked, &mut scratch.grounds);
        }
        weigh(compiled, &mut scratch.grounds, claims);
        Seen {
            compiled,
            thresholds: *thresholds,
            claims,
            grounds: &scratch.grounds,
            exhausted: scratch.exhausted,
            texts: scratch.texts,
            texts_closer: scratch.texts_closer,
            steps: of_request + STEPS_MAX - scratch.steps_left,
        }
    }
}
