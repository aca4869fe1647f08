//! From grounds to claims: what speaks for one detection at one place becomes one confidence, and
//! an answer that shows success makes the claims on its request more severe.

use gatewatch_model::signal::Severity;

use crate::compiled::Compiled;
use crate::detection::Detection;
use crate::seen::{Claim, Ground, Mark};

/// From which confidence on an answer proves something.
const PROOF_MIN: f32 = 0.5;
/// What is left of a confidence in a document.
const DOCUMENT_SHARE: f32 = 0.8;
/// Nothing is ever wholly sure.
const CONFIDENCE_MAX: f32 = 0.99;

/// Grounds that are independent of each other: each takes its share of the doubt that is left.
pub fn together(confidences: impl Iterator<Item = f32>) -> f32 {
    let doubt = confidences.fold(1.0, |doubt, it| doubt * (1.0 - it));
    (1.0_f32 - doubt).min(CONFIDENCE_MAX)
}

/// What speaks for an attack in a page or a program that is sent along stands there together by
/// nature, so the strongest counts alone, and less.
fn confidence(grounds: &[Ground]) -> f32 {
    let each = grounds.iter().map(|it| it.confidence);
    if grounds.iter().any(|it| it.in_document) {
        DOCUMENT_SHARE * each.fold(0.0, f32::max)
    } else {
        together(each)
    }
}

/// Sorts the grounds, and writes a claim for each place and detection; strongest first.
pub fn weigh(compiled: &Compiled, grounds: &mut [Ground], claims: &mut Vec<Claim>) {
    claims.clear();
    grounds.sort_by(|one, two| {
        let by_place = (one.at, one.detection).cmp(&(two.at, two.detection));
        by_place.then(two.confidence.total_cmp(&one.confidence))
    });
    let mut from = 0;
    for run in grounds.chunk_by(|one, two| (one.at, one.detection) == (two.at, two.detection)) {
        let Some(detection) = compiled.detections.list.get(usize::from(run[0].detection)) else {
            continue;
        };
        claims.push(Claim {
            detection: run[0].detection,
            at: run[0].at,
            confidence: confidence(run),
            severity: detection.severity,
            of_answer: run.iter().all(|it| is_of_answer(detection, it)),
            from,
            to: from + run.len(),
        });
        from += run.len();
    }
    raise(compiled, claims);
    claims.sort_by(|one, two| {
        let strongest = two.confidence.total_cmp(&one.confidence);
        strongest
            .then(two.severity.cmp(&one.severity))
            .then((one.at, one.detection).cmp(&(two.at, two.detection)))
    });
}

/// The payload model and detectors in code look at requests.
fn is_of_answer(detection: &Detection, ground: &Ground) -> bool {
    match ground.mark {
        Mark::Rule { rule, .. } => {
            let rule = detection.rules.get(usize::from(rule));
            rule.is_some_and(|it| it.on.iter().any(|it| it.is_answer()))
        }
        Mark::Model { .. } | Mark::Code(_) => false,
    }
}

fn raise(compiled: &Compiled, claims: &mut [Claim]) {
    let find = |claim: &Claim| compiled.detections.list.get(usize::from(claim.detection));
    for at in 0..claims.len() {
        let Some(detection) = find(&claims[at]) else {
            continue;
        };
        let proves = |other: &Claim| {
            other.confidence >= PROOF_MIN && find(other).is_some_and(|it| is_proof(detection, it))
        };
        if claims.iter().any(proves) {
            claims[at].severity = Severity::raised(claims[at].severity);
        }
    }
}

fn is_proof(of: &Detection, by: &Detection) -> bool {
    of.proved_by.contains(&by.id)
}
