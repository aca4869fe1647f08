//! Detection in the fold: what is wrong with one exchange, by the detections that count in its
//! scope. What people say of them and their own ones come by Controls and are state; everything else
//! follows from that.

use std::collections::BTreeMap;
use std::sync::Arc;

use gatewatch_decode::Reading;
use gatewatch_detect::{
    Compiled, Detection as Detected, Detector, SHIPPED, Signal as Found, Thresholds,
};
use gatewatch_model::Exchange;
use gatewatch_model::caller::prefix;
use gatewatch_model::own::{OwnFiles, OwnKind};
use gatewatch_model::sensitivity::scopes_above;
use gatewatch_model::signal::{
    Judged, Judgement, SIGNAL_PLACE_BYTES_MAX, SIGNALS_MAX, Signal, Vigilance,
};

use super::own::Latest;

static OF_OWN: Latest<Arc<Compiled>> = Latest::of(OwnKind::Detections);

/// Scopes whose settings are at hand; with more all are made anew.
const SCOPES_MAX: usize = 1_024;

#[derive(Default)]
pub struct Detection {
    detector: Detector,
    state: State,
    /// What counts by scope, from what is said.
    scopes: BTreeMap<Box<str>, Vigilance>,
    signals: Vec<Signal>,
    judgement: Judgement,
}

/// What a snapshot keeps of it.
#[derive(Clone, Debug, Default, PartialEq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct State {
    /// By scope.
    #[n(0)]
    said: BTreeMap<Box<str>, Vigilance>,
    /// None where a release before them wrote it.
    #[n(1)]
    #[cbor(default)]
    own: OwnFiles,
}

impl From<State> for Detection {
    fn from(state: State) -> Detection {
        Detection {
            // With the shipped ones alone where own ones cannot be read any more.
            detector: detector(&state.own).unwrap_or_default(),
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
        self.judgement = Judgement::Clean;
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
        for found in counting {
            let confidence = percent(found.confidence);
            let mut judgement = Judgement::of(confidence, thresholds);
            if found.of_answer {
                judgement = judgement.min(Judgement::Suspicious);
            } else {
                self.judgement = self.judgement.max(judgement);
            }
            if judgement != Judgement::Clean && self.signals.len() < SIGNALS_MAX {
                let signal = signal(&found, reading, confidence, judgement);
                self.signals.push(signal);
            }
        }
    }

    /// What was seen in the exchange that was looked at last.
    pub fn judged(&self) -> Judged<'_> {
        Judged {
            signals: &self.signals,
            judgement: self.judgement,
        }
    }

    /// Takes a user's own detections in place of all earlier ones. False, and nothing changes, if they
    /// are not sound: whoever sends them sees to that.
    pub fn bring(&mut self, files: &OwnFiles) -> bool {
        let Some(detector) = detector(files) else {
            return false;
        };
        self.detector = detector;
        self.state.own.clone_from(files);
        true
    }

    pub fn say(&mut self, scope: &str, vigilance: &Vigilance) {
        self.scopes.clear();
        self.state.said.insert(scope.into(), vigilance.clone());
    }
}

/// Of the shipped detections and these.
fn detector(own: &OwnFiles) -> Option<Detector> {
    if own.is_empty() {
        return Some(Detector::default());
    }
    let compiled = OF_OWN.get(own, None, |texts| {
        let compiled = SHIPPED.with_own(texts).and_then(Compiled::new);
        compiled
            .map(Arc::new)
            .map_err(|it| (it.file, it.line, it.key))
    })?;
    Some(Detector::new(compiled, Thresholds::default()))
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
    use gatewatch_model::exchange::{Body, Response};
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
    fn an_answer_alone_is_told_and_makes_no_attack_of_its_request() {
        let mut detection = Detection::default();
        let mut exchange = Exchange::default();
        exchange.request.method = "GET".into();
        exchange.request.url = "https://shop.example/orders".into();
        let key = b"-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA7bq0Zl2x\n";
        exchange.response = Some(Response {
            status: Some(200),
            headers: Some(vec![("content-type".into(), "text/plain".into())]),
            body: Some(Body {
                bytes: key.as_slice().into(),
                bytes_total: key.len() as u64,
            }),
            ..Response::default()
        });
        let mut see = |exchange: &Exchange<'_>| {
            let mut reading = Reading::default();
            reading.read(exchange);
            detection.see(exchange, &reading, "/");
            let judged = detection.judged();
            (judged.judgement, judged.signals.to_vec())
        };
        let (judgement, signals) = see(&exchange);
        assert_eq!(judgement, Judgement::Clean);
        assert_eq!(
            (&*signals[0].class, signals[0].judgement),
            ("leak", Judgement::Suspicious)
        );
        assert_eq!(&*signals[0].place, "$.response.body");
        exchange.request.url = format!("https://shop.example{UNION}").into();
        let (judgement, signals) = see(&exchange);
        assert_eq!(judgement, Judgement::Attack);
        let classes = |it: &str| signals.iter().any(|signal| *signal.class == *it);
        assert!(classes("leak") && classes("sqli"));
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

    const TESTING: &str = "id = 'own.testing'\nclass = 'scanner'\ntitle = 'x'\nseverity = 'low'\n\
        why = 'x'\nrespond = []\n[[rules]]\nid = 'a'\npattern = '/try-card/\\d+'\non = ['path']\n\
        confidence = 85\nfires = ['/try-card/1']\nquiet = ['/cards/1']\n";

    #[test]
    fn own_detections_count_beside_the_shipped_ones_and_outlive_a_restart() {
        let mut detection = Detection::default();
        assert_eq!(see(&mut detection, "/try-card/7", "/").0, Judgement::Clean);
        assert!(detection.bring(&vec![("own.toml".into(), TESTING.into())]));
        let mut detection = Detection::from(detection.state().clone());
        let (judgement, signals) = see(&mut detection, "/try-card/7", "/");
        assert_eq!(judgement, Judgement::Attack);
        assert_eq!(&*signals[0].detection, "own.testing");
        assert_eq!(see(&mut detection, UNION, "/").0, Judgement::Attack);
        assert!(detection.bring(&vec![]));
        assert_eq!(see(&mut detection, "/try-card/7", "/").0, Judgement::Clean);
    }

    #[test]
    fn own_detections_that_are_not_sound_change_nothing() {
        let mut detection = Detection::default();
        assert!(detection.bring(&vec![("own.toml".into(), TESTING.into())]));
        let taken = TESTING.replace("own.testing", "injection.sql");
        assert!(!detection.bring(&vec![("own.toml".into(), taken.clone().into())]));
        assert_eq!(see(&mut detection, "/try-card/7", "/").0, Judgement::Attack);
        // As of a release that did not ship the name yet.
        let state = State {
            own: vec![("own.toml".into(), taken.into())],
            ..State::default()
        };
        let mut detection = Detection::from(state.clone());
        assert_eq!(see(&mut detection, UNION, "/").0, Judgement::Attack);
        assert_eq!(
            *detection.state(),
            state,
            "a release that takes them finds them"
        );
    }

    #[test]
    fn a_state_of_before_own_detections_is_read() {
        let mut bytes = Vec::new();
        let said: BTreeMap<Box<str>, Vigilance> = BTreeMap::new();
        let mut encoder = minicbor::Encoder::new(&mut bytes);
        encoder
            .map(1)
            .unwrap()
            .u8(0)
            .unwrap()
            .encode(&said)
            .unwrap();
        assert_eq!(minicbor::decode::<State>(&bytes).unwrap(), State::default());
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
