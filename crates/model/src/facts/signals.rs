//! How often exchanges were attacks, or looked like some, by class.

use minicbor::{Decode, Encode};

use crate::signal::{Judged, Judgement, Severity, Signal};
use crate::time::Timestamp;

/// Classes of one subject; of more the rarest give way.
pub const CLASSES_MAX: usize = 32;
/// Detections of one class that are told apart.
pub const DETECTIONS_MAX: usize = 8;

/// Exchanges that were more than clean, and of classes also those in which an answer alone told
/// something. Merging is exact as long as no bound is met.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SignalFacts {
    #[n(0)]
    pub attacks: u64,
    #[n(1)]
    pub suspicious: u64,
    /// Of the attacks: those that were answered with success.
    #[n(2)]
    pub answered: u64,
    /// Sorted by class.
    #[n(3)]
    pub classes: Vec<ClassFacts>,
}

/// The same of one class.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ClassFacts {
    /// `sqli`.
    #[n(0)]
    pub class: Box<str>,
    #[n(1)]
    pub attacks: u64,
    #[n(2)]
    pub suspicious: u64,
    #[n(3)]
    pub answered: u64,
    /// The highest of all.
    #[n(4)]
    pub severity: Severity,
    #[n(5)]
    pub first_seen: Timestamp,
    #[n(6)]
    pub last_seen: Timestamp,
    /// What was detected in how many exchanges, sorted by id.
    #[n(7)]
    pub detections: Vec<(Box<str>, u64)>,
}

impl SignalFacts {
    /// Counts one exchange; one without signals leaves no trace. True if its class is new here.
    pub fn add(&mut self, judged: Judged<'_>, answered: bool, at: Timestamp) -> bool {
        match judged.judgement {
            Judgement::Clean => {}
            Judgement::Suspicious => self.suspicious += 1,
            Judgement::Attack => {
                self.attacks += 1;
                self.answered += u64::from(answered);
            }
        }
        let mut news = false;
        for (number, signal) in judged.signals.iter().enumerate() {
            let before = &judged.signals[..number];
            // The strongest of a class comes first and speaks for it.
            if before.iter().all(|it| it.class != signal.class) {
                let own = judged.signals.iter();
                let own = own.filter(|it| it.class == signal.class);
                news |= self.take_in(&ClassFacts::of(own, answered, at));
            }
        }
        news
    }

    pub fn merge(&mut self, other: &SignalFacts) {
        let SignalFacts {
            attacks,
            suspicious,
            answered,
            classes,
        } = other;
        self.attacks += attacks;
        self.suspicious += suspicious;
        self.answered += answered;
        for class in classes {
            self.take_in(class);
        }
    }

    pub fn is_empty(&self) -> bool {
        self.attacks + self.suspicious == 0 && self.classes.is_empty()
    }

    pub fn heap_bytes(&self) -> usize {
        let texts = |it: &ClassFacts| {
            let detections = it.detections.iter().map(|it| it.0.len());
            it.class.len() + detections.sum::<usize>() + size_of_val(&*it.detections)
        };
        size_of_val(&*self.classes) + self.classes.iter().map(texts).sum::<usize>()
    }

    fn take_in(&mut self, class: &ClassFacts) -> bool {
        match self
            .classes
            .binary_search_by(|it| it.class.cmp(&class.class))
        {
            Ok(at) => {
                self.classes[at].merge(class);
                false
            }
            Err(at) => {
                self.classes.insert(at, class.clone());
                if self.classes.len() > CLASSES_MAX {
                    let all = self.classes.iter().enumerate();
                    let rarest = all.min_by_key(|(_, it)| {
                        (it.attacks, it.suspicious, it.last_seen, it.class.clone())
                    });
                    if let Some((at, _)) = rarest {
                        self.classes.remove(at);
                    }
                }
                true
            }
        }
    }
}

impl ClassFacts {
    /// Of one exchange with at least one signal of that class.
    fn of<'s>(
        signals: impl Iterator<Item = &'s Signal>,
        answered: bool,
        at: Timestamp,
    ) -> ClassFacts {
        let mut facts = ClassFacts {
            class: Box::default(),
            attacks: 0,
            suspicious: 0,
            answered: 0,
            severity: Severity::Informational,
            first_seen: at,
            last_seen: at,
            detections: Vec::new(),
        };
        for signal in signals {
            if facts.class.is_empty() {
                facts.class = signal.class.clone();
                facts.suspicious = 1;
            }
            // What an answer shows may be surer than what was asked, and is no attack.
            if signal.judgement == Judgement::Attack {
                (facts.attacks, facts.suspicious) = (1, 0);
                facts.answered = u64::from(answered);
            }
            facts.severity = facts.severity.max(signal.severity);
            if facts.detections.iter().all(|it| it.0 != signal.detection) {
                facts.detections.push((signal.detection.clone(), 1));
            }
        }
        facts.detections.sort_unstable();
        facts
    }

    fn merge(&mut self, other: &ClassFacts) {
        let ClassFacts {
            class: _,
            attacks,
            suspicious,
            answered,
            severity,
            first_seen,
            last_seen,
            detections,
        } = other;
        self.attacks += attacks;
        self.suspicious += suspicious;
        self.answered += answered;
        self.severity = self.severity.max(*severity);
        self.first_seen = self.first_seen.min(*first_seen);
        self.last_seen = self.last_seen.max(*last_seen);
        for (id, count) in detections {
            match self.detections.binary_search_by(|it| it.0.cmp(id)) {
                Ok(at) => self.detections[at].1 += count,
                Err(at) => self.detections.insert(at, (id.clone(), *count)),
            }
        }
        while self.detections.len() > DETECTIONS_MAX {
            let all = self.detections.iter().enumerate();
            match all.min_by_key(|(_, it)| (it.1, &it.0)) {
                Some((at, _)) => drop(self.detections.remove(at)),
                None => break,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signal(class: &str, detection: &str, judgement: Judgement) -> Signal {
        Signal {
            detection: detection.into(),
            class: class.into(),
            place: "$.request.query.id".into(),
            confidence: 90,
            severity: Severity::Medium,
            judgement,
        }
    }

    fn judged(signals: &[Signal]) -> Judged<'_> {
        Judged {
            signals,
            judgement: signals.first().map_or(Judgement::Clean, |it| it.judgement),
        }
    }

    #[test]
    fn an_exchange_counts_once_for_each_class() {
        let signals = [
            signal("sqli", "injection.sql", Judgement::Attack),
            signal("sqli", "injection.sql", Judgement::Suspicious),
            signal("sqli", "own.sql", Judgement::Suspicious),
            signal("scanner", "probe.scanner", Judgement::Suspicious),
        ];
        let mut facts = SignalFacts::default();
        assert!(!facts.add(Judged::default(), true, Timestamp(1)) && facts.is_empty());
        assert!(facts.add(judged(&signals), true, Timestamp(2)));
        assert!(!facts.add(judged(&signals), false, Timestamp(1)));
        assert_eq!((facts.attacks, facts.suspicious, facts.answered), (2, 0, 1));
        let [scanner, sqli] = &facts.classes[..] else {
            panic!("{facts:?}");
        };
        assert_eq!((scanner.attacks, scanner.suspicious), (0, 2));
        assert_eq!((sqli.attacks, sqli.suspicious, sqli.answered), (2, 0, 1));
        let told = [("injection.sql".into(), 2), ("own.sql".into(), 2)];
        assert_eq!(sqli.detections, told);
        assert_eq!(
            (sqli.first_seen, sqli.last_seen),
            (Timestamp(1), Timestamp(2))
        );
    }

    #[test]
    fn an_answer_alone_counts_in_its_class_and_nowhere_else() {
        let signals = [signal("leak", "leak.stack-trace", Judgement::Suspicious)];
        let of_answer = Judged {
            signals: &signals,
            judgement: Judgement::Clean,
        };
        let mut facts = SignalFacts::default();
        assert!(facts.add(of_answer, true, Timestamp(1)) && !facts.is_empty());
        assert_eq!((facts.attacks, facts.suspicious, facts.answered), (0, 0, 0));
        let leak = &facts.classes[0];
        assert_eq!((leak.attacks, leak.suspicious, leak.answered), (0, 1, 0));
    }

    #[test]
    fn halves_come_together_as_the_whole() {
        let (mut one, mut two, mut whole) = Default::default();
        for number in 0..60_u32 {
            let judgement = match number % 3 {
                0 => Judgement::Suspicious,
                _ => Judgement::Attack,
            };
            let class = ["sqli", "xss", "rce"][number as usize % 3];
            let signals = [signal(class, &format!("own.{}", number % 4), judgement)];
            let half: &mut SignalFacts = if number % 7 < 3 { &mut one } else { &mut two };
            for facts in [half, &mut whole] {
                facts.add(judged(&signals), number % 2 == 0, Timestamp(number.into()));
            }
        }
        let mut back = two.clone();
        back.merge(&one);
        one.merge(&two);
        assert_eq!((&one, &back), (&whole, &whole));
        let bytes = minicbor::to_vec(&whole).unwrap();
        assert_eq!(minicbor::decode::<SignalFacts>(&bytes).unwrap(), whole);
    }

    #[test]
    fn a_flood_of_classes_and_detections_stays_bounded() {
        let mut facts = SignalFacts::default();
        for number in 0..200 {
            for class in ["sqli".to_owned(), format!("made-up-{number}")] {
                let signals = [signal(&class, &format!("own.{number}"), Judgement::Attack)];
                facts.add(judged(&signals), true, Timestamp(number));
            }
        }
        assert_eq!(facts.classes.len(), CLASSES_MAX);
        let sqli = facts
            .classes
            .iter()
            .find(|it| &*it.class == "sqli")
            .unwrap();
        assert_eq!((sqli.attacks, sqli.detections.len()), (200, DETECTIONS_MAX));
        assert_eq!(facts.attacks, 400);
    }
}
