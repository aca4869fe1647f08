//! What a stateless detector says of one exchange.

use minicbor::{Decode, Encode};

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
}
