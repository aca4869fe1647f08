//! Examples prove a type: each is looked at as the body of a request, with that type alone switched
//! on. An example is a JSON document, or `name=value`.

use gatewatch_decode::{Reading, Value};
use gatewatch_model::Exchange;
use gatewatch_model::exchange::Body;

use crate::find::{Classifier, PERCENT_SURE};
use crate::info_type::InfoType;
use crate::switches::Switches;

/// An example that is not found, or a counter-example that is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Surprise {
    pub text: Box<str>,
    pub counter_example: bool,
    /// In percent, of the type whose example it is.
    pub confidence: u8,
    /// Types that are found there instead, with their confidence.
    pub instead: Vec<(Box<str>, u8)>,
    pub why: Box<str>,
}

impl Classifier {
    /// Whether a type finds its examples and leaves its counter-examples alone.
    pub fn prove(&mut self, info_type: &InfoType) -> Vec<Surprise> {
        let examples = info_type.examples.iter().map(|it| (it, false));
        let counter_examples = info_type.counter_examples.iter().map(|it| (it, true));
        examples
            .chain(counter_examples)
            .filter_map(|(text, counter)| self.try_example(info_type, text, counter))
            .collect()
    }

    fn try_example(&mut self, info_type: &InfoType, text: &str, counter: bool) -> Option<Surprise> {
        let reading = read(text);
        let catalogue = self.catalogue().clone();
        let alone = Switches::of(&catalogue, |it| it.key == info_type.key);
        let hits = self.find(reading.leaves(), &alone);
        let confidence = hits.iter().map(|it| it.confidence).max().unwrap_or(0);
        if counter == (confidence >= PERCENT_SURE) {
            let mut instead = Vec::new();
            for hit in self.find(reading.leaves(), &Switches::shipped(&catalogue)) {
                let other = catalogue.by_key(hit.info_type);
                let other = other.filter(|it| it.key != info_type.key);
                if let Some(other) = other.filter(|_| hit.confidence >= PERCENT_SURE) {
                    instead.push((other.id.clone(), hit.confidence));
                }
            }
            return Some(Surprise {
                text: text.into(),
                counter_example: counter,
                confidence,
                instead,
                why: if counter {
                    "it has the form of the type; add a `far` word, a check, or lower `alone`"
                } else {
                    self.why_not(info_type, &reading, confidence)
                }
                .into(),
            });
        }
        None
    }

    /// Why nothing in a text is sure to be of a type.
    fn why_not(&mut self, info_type: &InfoType, reading: &Reading, confidence: u8) -> &'static str {
        if confidence > 0 {
            return "no name speaks for it strongly enough; add a word to `near`, or raise `alone`";
        }
        let catalogue = self.catalogue().clone();
        let at = catalogue
            .types()
            .iter()
            .position(|it| it.key == info_type.key);
        let mut form = false;
        for leaf in reading.leaves().iter() {
            let (Value::Text(text) | Value::Number(text)) = leaf.value else {
                continue;
            };
            match self.form_and_check(at.unwrap_or(0) as u16, text.trim().as_bytes()) {
                (true, true) => {
                    return "a value has the form, but no name in `near` speaks for it and `alone` is 0";
                }
                (fits, _) => form |= fits,
            }
        }
        if form {
            "a value has the form, but the check refuses it or no list has it"
        } else {
            "no value in it has the form"
        }
    }
}

/// The leaves of an example.
fn read(text: &str) -> Reading {
    let body = match text.split_once('=') {
        Some((name, value)) if !text.trim_start().starts_with(['{', '[']) => {
            format!("{{\"{}\":\"{}\"}}", escaped(name), escaped(value))
        }
        _ => text.to_owned(),
    };
    let mut exchange = Exchange::default();
    exchange.request.method = "POST".into();
    exchange.request.url = "/".into();
    exchange.request.headers = Some(vec![("content-type".into(), "application/json".into())]);
    exchange.request.body = Some(Body {
        bytes: body.as_bytes().into(),
        bytes_total: body.len() as u64,
    });
    let mut reading = Reading::default();
    reading.read(&exchange);
    reading
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::catalogue::{Catalogue, SHIPPED};
    use crate::tokens::ListKey;

    #[test]
    fn every_shipped_type_proves_itself() {
        let mut classifier = Classifier::new(Arc::new(SHIPPED.clone()));
        let mut wrong = Vec::new();
        for info_type in SHIPPED.types() {
            for surprise in classifier.prove(info_type) {
                wrong.push(format!("{}: {surprise:?}", info_type.id));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn an_example_that_is_not_found_says_why() {
        let text = "id = \"own\"\ntitle = \"Own\"\nseverity = \"low\"\nnear = [\"loyalty card\"]\npattern = 'AB\\d{4}'\n\
            named = 90\nexamples = ['loyaltyCard=AB1234', 'loyaltyCard=XY', 'thing=AB1234']\ncounter_examples = ['loyaltyCard=AB9999']";
        let catalogue = Catalogue::default()
            .with(&[("own.toml", text)], ListKey::None)
            .unwrap();
        let own = catalogue.types()[0].clone();
        let mut classifier = Classifier::new(Arc::new(catalogue));
        let surprises = classifier.prove(&own);
        let whys = surprises.iter().map(|it| &*it.why).collect::<Vec<_>>();
        assert_eq!(whys[0], "no value in it has the form");
        assert!(whys[1].contains("`alone` is 0"));
        assert!(surprises[2].counter_example && surprises[2].confidence >= 50);
    }
}
