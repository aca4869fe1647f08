//! Detection in the fold: what is wrong with one exchange, by the detections that count in its
//! scope. What people say of them comes by Controls and is state; everything else follows from it.

use std::collections::BTreeMap;
use std::sync::Arc;

use gatewatch_decode::Reading;
use gatewatch_detect::{Compiled, Detection as Detected, Detector, Signal as Found, Thresholds};
use gatewatch_model::Exchange;
use gatewatch_model::caller::prefix;
use gatewatch_model::sensitivity::scopes_above;
use gatewatch_model::signal::{
    Judged, Judgement, SIGNAL_PLACE_BYTES_MAX, SIGNALS_MAX, Signal, Vigilance,
};

/// Scopes whose settings are at hand; with more all are made anew.
const SCOPES_MAX: usize = 1_024;

#[derive(Default)]
pub struct Detection {
    detector: Detector,
    state: State,
    /// What counts by scope, from what is said.
    scopes: BTreeMap<Box<str>, Vigilance>,
    signals: Vec<Signal>,
}

/// What a snapshot keeps of it.
#[derive(Clone, Debug, Default, PartialEq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct State {
    /// By scope.
    #[n(0)]
    said: BTreeMap<Box<str>, Vigilance>,
}

impl From<State> for Detection {
    fn from(state: State) -> Detection {
        Detection {
            state,
            ..Detection::default()
        }
    }
}

impl Detection {
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Looks at an exchange of that scope.
    pub fn see(&mut self, exchange: &Exchange<'_>, reading: &Reading, scope: &str) {
        self.signals.clear();
        if !self.scopes.contains_key(scope) {
            if self.scopes.len() >= SCOPES_MAX {
                self.scopes.clear();
            }
            let said = said_of(&self.state.said, scope);
            self.scopes.insert(scope.into(), said);
        }
        let Some(said) = self.scopes.get(scope) else {
            return;
        };
        let thresholds = said.thresholds();
        self.detector.thresholds = Thresholds {
            suspicious: f32::from(thresholds.0.saturating_sub(1)) / 100.0,
            attack: f32::from(thresholds.1) / 100.0,
        };
        let seen = self.detector.see(exchange, reading);
        let counting = seen.signals().filter(|it| counts(said, it.detection));
        let told = counting.filter_map(|it| {
            let confidence = percent(it.confidence);
            let judgement = Judgement::of(confidence, thresholds);
            (judgement != Judgement::Clean).then(|| signal(&it, reading, confidence, judgement))
        });
        self.signals.extend(told.take(SIGNALS_MAX));
    }

    /// What was seen in the exchange that was looked at last.
    pub fn judged(&self) -> Judged<'_> {
        Judged {
            signals: &self.signals,
            judgement: self
                .signals
                .first()
                .map_or(Judgement::Clean, |it| it.judgement),
        }
    }

    /// Looks with these from now on.
    pub fn look_with(&mut self, detections: &Arc<Compiled>) {
        self.detector = Detector::new(Arc::clone(detections), Thresholds::default());
    }

    pub fn say(&mut self, scope: &str, vigilance: &Vigilance) {
        self.scopes.clear();
        self.state.said.insert(scope.into(), vigilance.clone());
    }
}

fn signal(found: &Found<'_>, reading: &Reading, confidence: u8, judgement: Judgement) -> Signal {
    let mut place = String::new();
    found.at.write(reading, &mut place);
    Signal {
        detection: found.detection.id.clone(),
        class: found.detection.class.clone(),
        place: prefix(&place, SIGNAL_PLACE_BYTES_MAX).into(),
        confidence,
        severity: found.severity,
        judgement,
    }
}

/// The nearest scope that speaks of something decides.
fn said_of(said: &BTreeMap<Box<str>, Vigilance>, scope: &str) -> Vigilance {
    if said.is_empty() {
        return Vigilance::default();
    }
    let above = scopes_above(scope).filter_map(|it| said.get(it));
    above.fold(Vigilance::default(), |above, own| own.below(&above))
}

fn counts(said: &Vigilance, detection: &Detected) -> bool {
    said.counts(&detection.id, &detection.class, detection.maturity)
}

fn percent(confidence: f32) -> u8 {
    (confidence * 100.0).round().clamp(0.0, 100.0) as u8
}

#[cfg(test)]
mod tests {
    use gatewatch_detect::SHIPPED;
    use gatewatch_model::signal::{Maturity, Severity};

    use super::*;

    const UNION: &str = "/items?id=1%20union%20select%20password%20from%20users--";

    fn see(detection: &mut Detection, url: &str, scope: &str) -> (Judgement, Vec<Signal>) {
        let mut exchange = Exchange::default();
        exchange.request.method = "GET".into();
        exchange.request.url = format!("https://shop.example{url}").into();
        let mut reading = Reading::default();
        reading.read(&exchange);
        detection.see(&exchange, &reading, scope);
        let judged = detection.judged();
        (judged.judgement, judged.signals.to_vec())
    }

    #[test]
    fn an_attack_is_told_with_its_place() {
        let mut detection = Detection::default();
        let (judgement, signals) = see(&mut detection, UNION, "/a");
        assert_eq!(judgement, Judgement::Attack);
        let first = &signals[0];
        assert_eq!(
            (&*first.detection, &*first.class),
            ("injection.sql", "sqli")
        );
        assert_eq!(
            (&*first.place, first.severity),
            ("$.request.query.id", Severity::High)
        );
        assert_eq!(
            see(&mut detection, "/items?id=1", "/a"),
            (Judgement::Clean, vec![])
        );
    }

    #[test]
    fn the_nearest_scope_decides_and_a_restart_changes_nothing() {
        let mut detection = Detection::default();
        let off = |class: &str, on| Vigilance {
            classes: vec![(class.into(), on)],
            ..Vigilance::default()
        };
        detection.say("/", &off("sqli", false));
        assert_eq!(see(&mut detection, UNION, "/a/b").0, Judgement::Clean);
        detection.say("/a", &off("sqli", true));
        let mut detection = Detection::from(detection.state().clone());
        assert_eq!(see(&mut detection, UNION, "/a/b").0, Judgement::Attack);
        assert_eq!(see(&mut detection, UNION, "/ab").0, Judgement::Clean);
    }

    #[test]
    fn thresholds_are_those_of_the_scope() {
        let mut detection = Detection::default();
        let (_, signals) = see(&mut detection, UNION, "/");
        let sure = signals[0].confidence;
        let say = |suspicious, attack| Vigilance {
            suspicious: Some(suspicious),
            attack: Some(attack),
            ..Vigilance::default()
        };
        for (suspicious, attack, expected) in [
            (10, sure, Judgement::Attack),
            (10, sure + 1, Judgement::Suspicious),
            (sure, 100, Judgement::Suspicious),
            (sure + 1, 100, Judgement::Clean),
        ] {
            detection.say("/", &say(suspicious, attack));
            assert_eq!(
                see(&mut detection, UNION, "/").0,
                expected,
                "{suspicious} {attack}"
            );
        }
    }

    #[test]
    fn what_is_not_proved_counts_where_it_is_asked_for() {
        let shipped = SHIPPED.find("injection.sql").unwrap();
        let mut said = Vigilance::default();
        let counts = |said: &Vigilance, maturity| {
            let found = gatewatch_detect::Detection {
                maturity,
                ..shipped.clone()
            };
            counts(said, &found)
        };
        assert!(counts(&said, Maturity::Stable) && counts(&said, Maturity::Deprecated));
        assert!(!counts(&said, Maturity::Incubating) && !counts(&said, Maturity::Sandbox));
        said.maturity = Some(Maturity::Incubating);
        assert!(counts(&said, Maturity::Incubating) && !counts(&said, Maturity::Sandbox));
        said.detections = vec![("injection.sql".into(), true)];
        assert!(counts(&said, Maturity::Sandbox));
        said.detections = vec![("injection.sql".into(), false)];
        assert!(!counts(&said, Maturity::Stable));
    }
}
