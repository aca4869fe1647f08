//! Proves a folder of a user's own by its examples, and says of each file how it went.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, bail};
use gatewatch_classify::{Catalogue, Classifier, InfoType};
use gatewatch_detect::{Compiled, Detection};

use crate::installation_key;
use crate::own::{self, Own, Use, list_key, texts};

/// Files that prove themselves and examples that are wrong.
#[derive(Default)]
struct Count {
    detections: usize,
    types: usize,
    wrong: usize,
}

/// What is to be said of a folder, and whether everything in it proves itself.
pub fn test(folder: &Path, key_file: Option<&Path>) -> anyhow::Result<(String, bool)> {
    let own = own::read_unproved(folder, Use::Scan, None)?;
    let (mut text, mut count) = (String::new(), Count::default());
    detections(&own, &mut text, &mut count)?;
    let key = key_file.map(installation_key::given).transpose()?;
    types(
        own.catalogue(list_key(key.as_ref()))?,
        &mut text,
        &mut count,
    );
    if count.detections + count.types == 0 {
        bail!(
            "{0} holds no detection and no type; `gatewatch catalogue new detection my-detection --folder \
             {0}` writes a first",
            folder.display()
        );
    }
    let parts = [
        counted(count.detections, "detection", "detections"),
        counted(count.types, "type", "types"),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    let verdict = match count.wrong {
        0 => "every example is right".to_owned(),
        1 => "1 example is wrong".to_owned(),
        many => format!("{many} examples are wrong"),
    };
    // Writing to a String cannot fail; so below.
    let _ = writeln!(text, "\n{}, {verdict}", parts.join(" and "));
    Ok((text, count.wrong == 0))
}

fn counted(count: usize, one: &str, many: &str) -> Option<String> {
    (count > 0).then(|| format!("{count} {}", if count == 1 { one } else { many }))
}

fn detections(own: &Own, text: &mut String, count: &mut Count) -> anyhow::Result<()> {
    let shipped = &gatewatch_detect::SHIPPED;
    let all = shipped
        .with_unproved(&texts(&own.detections))
        .context("detections")?;
    let mut prover = Arc::new(Compiled::new(all.clone())?).prover();
    for detection in &all.list[shipped.list.len()..] {
        let surprises = prover.prove(detection);
        let rules = detection.rules.len();
        let rules = counted(rules, "rule", "rules").unwrap_or_default();
        headline(
            text,
            surprises.is_empty(),
            &format!(
                "{} ({rules}, {} examples)",
                detection.id,
                examples(detection)
            ),
        );
        for surprise in &surprises {
            let _ = writeln!(text, "       {}", surprise.why);
        }
        count.detections += 1;
        count.wrong += surprises.len();
    }
    Ok(())
}

fn examples(detection: &Detection) -> usize {
    let each = detection.rules.iter();
    each.map(|it| it.fires.len() + it.quiet.len()).sum()
}

fn types(catalogue: Catalogue, text: &mut String, count: &mut Count) {
    let shipped = gatewatch_classify::SHIPPED.types().len();
    let own: Vec<InfoType> = catalogue.types()[shipped..].to_vec();
    let mut classifier = Classifier::new(Arc::new(catalogue));
    for info_type in &own {
        let surprises = classifier.prove(info_type);
        let examples = info_type.examples.len() + info_type.counter_examples.len();
        headline(
            text,
            surprises.is_empty(),
            &format!("{} ({examples} examples)", info_type.id),
        );
        for surprise in &surprises {
            say(text, surprise);
        }
        count.types += 1;
        count.wrong += surprises.len();
    }
}

fn headline(text: &mut String, proved: bool, rest: &str) {
    let verdict = if proved { "ok" } else { "wrong" };
    let _ = writeln!(text, "{verdict:<7}{rest}");
}

fn say(text: &mut String, surprise: &gatewatch_classify::Surprise) {
    let what = if surprise.counter_example {
        "counter-example found"
    } else {
        "example not found"
    };
    let _ = writeln!(text, "       {what}: {}", surprise.text);
    let _ = writeln!(
        text,
        "         {} % sure: {}",
        surprise.confidence, surprise.why
    );
    let instead = surprise
        .instead
        .iter()
        .map(|(id, percent)| format!("{id} ({percent} %)"))
        .collect::<Vec<_>>();
    if !instead.is_empty() {
        let _ = writeln!(text, "         found there instead: {}", instead.join(", "));
    }
}
