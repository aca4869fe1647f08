//! From logits to confidences: a slope fitted to held-out requests, and a start such that the
//! model on its own calls no more than its share of benign requests attacks.

use gatewatch_detect::Thresholds;
use gatewatch_detect::payload::{Blend, odds, sigmoid};

use crate::learn::PER_DOUBLING;
use crate::rows::Bag;

/// Of so many benign requests the model alone may be wrong about one; most of the aim of one in
/// 2,000 is left to rules.
const BENIGN_PER_MISTAKE: usize = 10_000;
/// Sets of whole requests, as they came.
pub static REQUESTS: &[&str] = &[
    "blazehttp-dev",
    "public-hars",
    "csic-dev",
    "atrdf1",
    "fur-api",
];
/// Below, the model speaks against rules; each further step takes so much off their odds. By hand.
const DAMPED_BELOW: f32 = -4.0;
const DAMPING: f32 = 0.5;

/// From all requests but those of one fold, which are judged by it.
pub fn fit(bags: &[Bag], alone: &[f32], held_out: Option<usize>) -> Blend {
    let bags_left = bags.iter().zip(alone);
    let kept = bags_left.filter(|it| Some(it.0.fold) != held_out && is_request(it.0));
    let kept: Vec<(&Bag, f32)> = kept.map(|it| (it.0, *it.1)).collect();

    let rows = rows(&kept);
    let mut benign: Vec<f32> = rows.iter().filter(|it| !it.0).map(|it| it.1).collect();
    benign.sort_by(|one, two| two.total_cmp(one));
    let all = kept.iter().filter(|it| !it.0.attack).count();
    let mistakes = all / BENIGN_PER_MISTAKE;
    // Just above the first benign request that must not be called an attack.
    let least = benign.get(mistakes).copied().unwrap_or(0.0).max(0.0) + 0.01;
    let slope = slope(&rows);
    Blend {
        start: odds(Thresholds::default().attack) - slope * least,
        slope,
        damped_below: DAMPED_BELOW,
        damping: DAMPING,
        per_doubling: PER_DOUBLING,
    }
}

fn is_request(bag: &Bag) -> bool {
    bag.scored.is_some() && REQUESTS.contains(&bag.set)
}

/// Where there was no text to ask about, there is nothing to learn from.
fn rows(kept: &[(&Bag, f32)]) -> Vec<(bool, f32)> {
    let asked = kept.iter().filter(|it| !it.0.texts.is_empty());
    asked
        .map(|it| (it.0.attack, it.1.clamp(-20.0, 20.0)))
        .collect()
}

/// The slope with which a logistic curve says best what held-out requests are, attacks and benign
/// ones alike in weight.
fn slope(rows: &[(bool, f32)]) -> f32 {
    let attacks = rows.iter().filter(|it| it.0).count().max(1);
    let weigh = (rows.len() - attacks) as f32 / attacks as f32;
    let mut best = (f32::MAX, 0.0);
    for slope in (1..=20_u8).map(|it| f32::from(it) * 0.05) {
        for start in (-12..=12_i8).map(|it| f32::from(it) * 0.5) {
            let lost: f32 = rows
                .iter()
                .map(|(attack, logit)| {
                    let said = sigmoid(start + slope * logit).clamp(1e-6, 1.0 - 1e-6);
                    if *attack {
                        -weigh * said.ln()
                    } else {
                        -(1.0 - said).ln()
                    }
                })
                .sum();
            if lost < best.0 {
                best = (lost, slope);
            }
        }
    }
    best.1
}
