//! What a stateless detector says of one exchange, and what people say of detections: which count
//! where, and from which confidence on.

use minicbor::{Decode, Encode};

/// Signals of one exchange that go on, the strongest first.
pub const SIGNALS_MAX: usize = 16;
/// Of the place of one; a longer one ends there.
pub const SIGNAL_PLACE_BYTES_MAX: usize = 512;
/// Detections and classes that one scope switches.
pub const SWITCHES_SAID_MAX: usize = 1_024;
/// Thresholds that ship, in percent.
pub const SUSPICIOUS_MIN: u8 = 50;
pub const ATTACK_MIN: u8 = 80;

/// One detection at one place of one exchange; never the value that stands there.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Signal {
    /// `injection.sql`.
    #[n(0)]
    pub detection: Box<str>,
    /// `sqli`.
    #[n(1)]
    pub class: Box<str>,
    /// `$.request.query.id`.
    #[n(2)]
    pub place: Box<str>,
    /// In percent.
    #[n(3)]
    pub confidence: u8,
    #[n(4)]
    pub severity: Severity,
    /// By the thresholds of its scope, never clean. Of an answer alone it is suspicious at most: what
    /// is an attack is asked.
    #[n(5)]
    pub judgement: Judgement,
}

/// What one exchange is, and what says so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Judged<'s> {
    /// The strongest first, at most `SIGNALS_MAX`.
    pub signals: &'s [Signal],
    /// Of the request: that of the strongest of its signals.
    pub judgement: Judgement,
}

/// What is said of detections in a scope. What it does not speak of is as the scope above says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Vigilance {
    /// From which confidence on an exchange is suspicious or an attack, in percent.
    #[n(0)]
    pub suspicious: Option<u8>,
    #[n(1)]
    pub attack: Option<u8>,
    /// The least mature detections that count.
    #[n(2)]
    pub maturity: Option<Maturity>,
    /// Whether whole classes count.
    #[n(3)]
    pub classes: Vec<(Box<str>, bool)>,
    /// The same of single detections by id; they outrank class and maturity.
    #[n(4)]
    pub detections: Vec<(Box<str>, bool)>,
}

impl Vigilance {
    /// Whether a detection counts by what this scope says; `None` where it says nothing of it.
    pub fn switch(&self, id: &str, class: &str) -> Option<bool> {
        let said = |all: &[(Box<str>, bool)], name: &str| {
            all.iter().find(|it| *it.0 == *name).map(|it| it.1)
        };
        said(&self.detections, id).or_else(|| said(&self.classes, class))
    }

    /// Whether a detection counts: as it is said, else by how far it is proved.
    pub fn counts(&self, id: &str, class: &str, maturity: Maturity) -> bool {
        self.switch(id, class)
            .unwrap_or_else(|| maturity >= self.maturity.unwrap_or_default())
    }

    /// The same, completed by what a scope above says.
    #[must_use]
    pub fn below(&self, above: &Vigilance) -> Vigilance {
        let with = |own: &[(Box<str>, bool)], above: &[(Box<str>, bool)]| {
            let silent = |it: &&(Box<str>, bool)| own.iter().all(|said| said.0 != it.0);
            let rest = above.iter().filter(silent);
            own.iter().chain(rest).cloned().collect()
        };
        Vigilance {
            suspicious: self.suspicious.or(above.suspicious),
            attack: self.attack.or(above.attack),
            maturity: self.maturity.or(above.maturity),
            classes: with(&self.classes, &above.classes),
            detections: with(&self.detections, &above.detections),
        }
    }

    /// From which confidence on an exchange is suspicious, and from which an attack. One that is
    /// said lower than the other pulls it along.
    pub fn thresholds(&self) -> (u8, u8) {
        let attack = self.attack.unwrap_or(ATTACK_MIN);
        let suspicious = self.suspicious.unwrap_or(SUSPICIOUS_MIN);
        (suspicious.min(attack), attack)
    }
}

/// How far something of the catalogue is proved, and so whether it is on. This is the one place that
/// says what the words mean; what prints the maturity of one prints `meaning` with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum Maturity {
    #[n(0)]
    Sandbox,
    #[n(1)]
    Incubating,
    #[n(2)]
    #[default]
    Stable,
    #[n(3)]
    Deprecated,
}

impl Maturity {
    pub const ALL: [Maturity; 4] = [
        Maturity::Sandbox,
        Maturity::Incubating,
        Maturity::Stable,
        Maturity::Deprecated,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Maturity::Sandbox => "sandbox",
            Maturity::Incubating => "incubating",
            Maturity::Stable => "stable",
            Maturity::Deprecated => "deprecated",
        }
    }

    pub fn parse(text: &str) -> Option<Maturity> {
        Maturity::ALL.into_iter().find(|it| it.name() == text)
    }

    pub fn meaning(self) -> &'static str {
        match self {
            Maturity::Sandbox => {
                "off; a try that its examples prove and nothing else, and it may change or go"
            }
            Maturity::Incubating => {
                "off; measured on labelled traffic and quiet there, and waiting for real traffic"
            }
            Maturity::Stable => "on; measured, and its id stays what it is",
            Maturity::Deprecated => {
                "on; something else takes its place, and it goes with a later release"
            }
        }
    }

    /// Unless a scope says otherwise.
    pub fn is_on(self) -> bool {
        self >= Maturity::Stable
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum Severity {
    #[n(0)]
    Informational,
    #[n(1)]
    Low,
    #[n(2)]
    Medium,
    #[n(3)]
    High,
}

impl Severity {
    pub const ALL: [Severity; 4] = [
        Severity::Informational,
        Severity::Low,
        Severity::Medium,
        Severity::High,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Severity::Informational => "informational",
            Severity::Low => "low",
            Severity::Medium => "medium",
            Severity::High => "high",
        }
    }

    pub fn parse(text: &str) -> Option<Severity> {
        Severity::ALL.into_iter().find(|it| it.name() == text)
    }

    /// One step more severe: what a success in the answer makes of a signal.
    pub fn raised(self) -> Severity {
        match self {
            Severity::Informational => Severity::Low,
            Severity::Low => Severity::Medium,
            Severity::Medium | Severity::High => Severity::High,
        }
    }
}

/// What one exchange is, on its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum Judgement {
    #[n(0)]
    #[default]
    Clean,
    /// For people to look at.
    #[n(1)]
    Suspicious,
    #[n(2)]
    Attack,
}

impl Judgement {
    /// What a confidence makes of an exchange.
    pub fn of(confidence: u8, (suspicious, attack): (u8, u8)) -> Judgement {
        if confidence >= attack {
            Judgement::Attack
        } else if confidence >= suspicious {
            Judgement::Suspicious
        } else {
            Judgement::Clean
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Judgement::Clean => "clean",
            Judgement::Suspicious => "suspicious",
            Judgement::Attack => "attack",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn severities_read_what_they_write_and_rise_to_the_top() {
        for severity in Severity::ALL {
            assert_eq!(Severity::parse(severity.name()), Some(severity));
            assert!(severity.raised() >= severity);
        }
        assert_eq!(Severity::High.raised(), Severity::High);
    }

    #[test]
    fn a_detection_outranks_its_class_and_a_scope_the_one_above() {
        let above = Vigilance {
            attack: Some(90),
            classes: vec![("sqli".into(), false), ("xss".into(), false)],
            ..Vigilance::default()
        };
        let own = Vigilance {
            classes: vec![("xss".into(), true)],
            detections: vec![("injection.sql".into(), true)],
            ..Vigilance::default()
        };
        let both = own.below(&above);
        assert_eq!(both.switch("injection.sql", "sqli"), Some(true));
        assert_eq!(both.switch("own.sql", "sqli"), Some(false));
        assert_eq!(both.switch("injection.xss", "xss"), Some(true));
        assert_eq!(both.switch("token.abuse", "jwt"), None);
        assert_eq!(both.thresholds(), (SUSPICIOUS_MIN, 90));
    }

    #[test]
    fn an_attack_is_never_less_than_suspicious() {
        let low = Vigilance {
            attack: Some(30),
            ..Vigilance::default()
        };
        assert_eq!(low.thresholds(), (30, 30));
        assert_eq!(Judgement::of(30, low.thresholds()), Judgement::Attack);
        assert_eq!(Judgement::of(29, low.thresholds()), Judgement::Clean);
    }
}
