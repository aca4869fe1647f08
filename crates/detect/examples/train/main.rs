//! Trains the payload model from labelled JSON Lines and writes it with its card: `train FOLDER
//! [OUT]`. Each figure on the card is of rows that the model which judged them has not seen: a fold
//! is a family of sets, of browser requests half of the hosts. The same folder gives the same bytes.
#![expect(clippy::print_stdout, reason = "an example that prints what it does")]

mod blend;
mod card;
mod learn;
mod made;
mod parts;
mod rows;
mod sets;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use gatewatch_detect::payload::{Blend, CLASSES, Model, sigmoid};
use learn::{Cells, Example, Weights, learn, learn_classes, whole};
use rows::Bag;
use sets::{FOLDS, Gathered, gather};

const SEED: u64 = 5;
/// How much all attacks weigh against all benign texts.
const ATTACKS_WEIGH: f32 = 0.4;

fn main() -> Result<()> {
    let mut words = std::env::args().skip(1);
    let folder = words.next().context("which folder? train FOLDER [OUT]")?;
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../catalogue/models");
    let out = words.next().map_or(shipped, PathBuf::from);
    let Gathered { bags, mut looker } = gather(Path::new(&folder), SEED)?;
    let texts = std::mem::take(&mut looker.texts.cells);
    println!("{} requests and values, {} texts", bags.len(), texts.len());

    let folds: Vec<Weights> = (0..FOLDS).map(|it| fold(&bags, &texts, Some(it))).collect();
    let logits: Vec<f32> = bags.iter().map(|it| worst(it, &texts, &folds)).collect();
    let mut alone = vec![0.0; bags.len()];
    let mut both = vec![0.0; bags.len()];
    for (number, weights) in folds.iter().enumerate() {
        let blend = blend::fit(&bags, &logits, Some(number));
        looker.take(model(weights, &bags, &texts, blend));
        for (at, bag) in bags.iter().enumerate() {
            if let Some(exchange) = bag.scored.as_ref().filter(|_| bag.fold == number) {
                alone[at] = sigmoid(blend.start + blend.slope * logits[at]);
                both[at] = looker.strongest(exchange);
            }
        }
    }
    let blend = blend::fit(&bags, &logits, None);
    let weights = fold(&bags, &texts, None);
    let model = model(&weights, &bags, &texts, blend);
    let text = card::card(
        &bags,
        &texts,
        &card::Said {
            alone: &alone,
            both: &both,
        },
        &model,
    );
    std::fs::create_dir_all(&out)?;
    std::fs::write(out.join("payload.bin"), model.write())?;
    std::fs::write(out.join("payload.md"), &text)?;
    println!("{text}");
    Ok(())
}

/// Learns from all but one fold.
fn fold(bags: &[Bag], texts: &[Cells], held_out: Option<usize>) -> Weights {
    learn(texts, &examples(bags, texts.len(), held_out), SEED)
}

fn model(weights: &Weights, bags: &[Bag], texts: &[Cells], blend: Blend) -> Model {
    let (cells, worth) = weights.whole();
    let (class_weights, class_worth) = whole(&learn_classes(
        texts,
        weights,
        &class_examples(bags, texts, weights),
    ));
    Model {
        worth,
        bias: weights.bias,
        blend,
        weights: cells,
        class_worth,
        class_weights,
    }
}

/// The logit of the worst text by the model that has not seen it.
fn worst(bag: &Bag, texts: &[Cells], folds: &[Weights]) -> f32 {
    let Some(weights) = folds.get(bag.fold) else {
        return f32::MIN;
    };
    let logits = bag.texts.iter().map(|it| weights.logit(&texts[*it]));
    logits.fold(f32::MIN, f32::max)
}

/// Attacks as they came, without those texts that are in benign requests too; benign texts each
/// once. No text that the held-out fold has.
fn examples(bags: &[Bag], texts: usize, held_out: Option<usize>) -> Vec<Example> {
    let mut held = vec![false; texts];
    let mut benign = vec![false; texts];
    for bag in bags {
        for text in &bag.texts {
            held[*text] |= Some(bag.fold) == held_out;
            benign[*text] |= !bag.attack && bag.trained;
        }
    }
    let mut list = Vec::new();
    let mut seen: BTreeSet<Vec<usize>> = BTreeSet::new();
    for bag in bags.iter().filter(|it| it.trained && it.attack) {
        let own = bag.texts.iter().copied();
        let own: Vec<usize> = own.filter(|it| !held[*it] && !benign[*it]).collect();
        if Some(bag.fold) != held_out && !own.is_empty() && seen.insert(own.clone()) {
            list.push(Example {
                texts: own,
                attack: true,
                weight: 1.0,
            });
        }
    }
    let attacks = list.len();
    let left = (0..texts).filter(|it| benign[*it] && !held[*it]);
    list.extend(left.map(|it| Example {
        texts: vec![it],
        attack: false,
        weight: 1.0,
    }));
    let share = (list.len() - attacks) as f32 / attacks.max(1) as f32;
    for example in &mut list[..attacks] {
        example.weight = ATTACKS_WEIGH * share.min(1.0);
    }
    list
}

/// The worst text of each attack whose class is known.
fn class_examples(bags: &[Bag], texts: &[Cells], weights: &Weights) -> Vec<(usize, usize)> {
    let mut list = BTreeMap::new();
    for bag in bags.iter().filter(|it| it.trained && it.attack) {
        let Some(class) = class_of(&bag.class) else {
            continue;
        };
        let logits = bag.texts.iter().map(|it| (weights.logit(&texts[*it]), *it));
        if let Some((_, text)) = logits.max_by(|one, two| one.0.total_cmp(&two.0)) {
            list.insert(text, class);
        }
    }
    list.into_iter().collect()
}

/// What the sets call the classes of the model.
fn class_of(class: &str) -> Option<usize> {
    let name = class.split([' ', ':', '(']).next().unwrap_or_default();
    let detection = match name {
        "sqli" => "injection.sql",
        "xss" => "injection.xss",
        "cmdi" | "rce" | "shell-injection" => "injection.command",
        "path_traversal" | "path-traversal" | "lfi" => "injection.traversal",
        "php_injection" | "java_attack" | "generic_attack" => "injection.code",
        "nosqli" => "injection.nosql",
        "ldap" | "ldap-injection" => "injection.ldap",
        "xxe" | "xml-injection" => "injection.xml",
        "sst-injection" => "injection.template",
        "ssi" | "ss-include" => "injection.includes",
        "crlf" | "protocol_attack" => "injection.headers",
        "mail-injection" => "injection.mail",
        _ => return None,
    };
    CLASSES.iter().position(|it| *it == detection)
}
