//! Detectors in code: those that ask for more than a pattern in a value. Each is one file with a
//! `see`, and a card in the catalogue with `code = true`.

mod exhausting;
mod graphql;
mod mass_assignment;
mod method;
mod smuggling;
mod token;

use gatewatch_decode::Reading;
use gatewatch_model::Exchange;

use crate::limits::GROUNDS_MAX;
use crate::seen::{At, Ground, Mark};

pub struct CodeDetector {
    /// Of its card.
    pub id: &'static str,
    pub see: fn(&Sight<'_>, &mut Marks<'_>),
}

pub static ROLL: &[&CodeDetector] = &[
    &exhausting::DETECTOR,
    &graphql::DETECTOR,
    &mass_assignment::DETECTOR,
    &method::DETECTOR,
    &smuggling::DETECTOR,
    &token::DETECTOR,
];

/// What there is to see.
#[derive(Clone, Copy)]
pub struct Sight<'s> {
    pub exchange: &'s Exchange<'s>,
    pub reading: &'s Reading,
    /// Whether something was left out because the work had grown too much.
    pub exhausted: bool,
}

/// Takes what a detector has to say.
pub struct Marks<'m> {
    pub detection: u16,
    pub grounds: &'m mut Vec<Ground>,
}

impl Marks<'_> {
    pub fn add(&mut self, name: &'static str, confidence: f32, at: At) {
        if self.grounds.len() < GROUNDS_MAX {
            self.grounds.push(Ground {
                detection: self.detection,
                at,
                mark: Mark::Code(name),
                confidence,
                in_document: false,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use gatewatch_model::Exchange;

    use super::*;
    use crate::{Detector, SHIPPED};

    /// The names of what fired for that request, `name=value` headers first, then a body.
    pub fn marks(method: &str, url: &str, headers: &[(&str, &str)], body: &str) -> Vec<String> {
        let mut exchange = Exchange::default();
        exchange.request.method = method.to_owned().into();
        exchange.request.url = url.to_owned().into();
        let owned = |it: &str| it.to_owned().into();
        let headers = headers.iter().map(|it| (owned(it.0), owned(it.1)));
        exchange.request.headers = Some(headers.collect());
        exchange.request.body = Some(gatewatch_model::exchange::Body {
            bytes: body.as_bytes().to_vec().into(),
            bytes_total: body.len() as u64,
        });
        let (mut detector, mut reading) =
            (Detector::default().with_model(None), Reading::default());
        reading.read(&exchange);
        let seen = detector.see(&exchange, &reading);
        let all = seen.signals().chain(seen.nearly());
        all.flat_map(|it| it.marks().map(str::to_owned).collect::<Vec<_>>())
            .collect()
    }

    #[test]
    fn each_detector_has_its_card_and_each_card_its_detector() {
        let cards = SHIPPED.list.iter().filter(|it| it.code);
        let mut cards: Vec<&str> = cards.map(|it| &*it.id).collect();
        let mut roll: Vec<&str> = ROLL.iter().map(|it| it.id).collect();
        cards.sort_unstable();
        roll.sort_unstable();
        assert_eq!(cards, roll);
    }
}
