//! What is told of one exchange, in the shape in which it is printed as JSON.

use serde::Serialize;

#[derive(Clone, Debug, Serialize)]
pub struct Told {
    pub file: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    pub collection: String,
    /// Method and template, as its kinds of segments alone show it.
    pub endpoint: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    pub verdict: &'static str,
    pub decided: Decided,
    pub looked_at: LookedAt,
    pub fired: Vec<Claim>,
    /// Below the threshold of suspicion.
    pub nearly: Vec<Claim>,
    /// Of detections that are off by their maturity.
    pub off: Vec<Claim>,
    pub left_out: Vec<String>,
    pub sensitive: Vec<Sensitive>,
}

/// Which threshold decided.
#[derive(Clone, Debug, Serialize)]
pub struct Decided {
    /// In percent.
    pub attack_from: u8,
    pub suspicious_from: u8,
    /// Of the strongest; 0 if there is none.
    pub confidence: f64,
    pub why: String,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct LookedAt {
    pub spots: Vec<SpotCount>,
    /// Texts that rules were asked about: values, names, and what was unpacked of them; of so many
    /// a rule had to run.
    pub texts: u32,
    pub texts_closer: u32,
    /// Values that held encodings, and how many around each other at most.
    pub encoded: usize,
    pub layers_max: usize,
}

#[derive(Clone, Debug, Serialize)]
pub struct SpotCount {
    pub spot: &'static str,
    pub values: usize,
}

/// One detection at one place.
#[derive(Clone, Debug, Serialize)]
pub struct Claim {
    pub detection: String,
    pub title: String,
    pub class: String,
    pub severity: &'static str,
    /// Whether an answer that shows success raised it.
    pub raised: bool,
    pub maturity: &'static str,
    pub at: String,
    pub confidence: f64,
    pub grounds: Vec<Speaks>,
    /// How the confidence adds up.
    pub sum: String,
    pub why: String,
}

/// One thing that speaks for it.
#[derive(Clone, Debug, Serialize)]
pub struct Speaks {
    /// `rule`, `model` or `code`.
    pub by: &'static str,
    pub name: String,
    pub confidence: f64,
    /// What the rule alone would say, if the model saw less in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alone: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub view: Option<&'static str>,
    pub layers: u8,
    pub in_document: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matched: Option<Matched>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub features: Vec<String>,
}

/// A stretch of the value as it was read, masked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Matched {
    pub before: String,
    pub found: String,
    pub after: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct Sensitive {
    pub at: String,
    #[serde(rename = "type")]
    pub info_type: String,
    pub title: String,
    pub confidence: f64,
    pub mask: String,
}
