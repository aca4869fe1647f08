//! Precision, recall and F1, over triples of exchange, place and type.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::{Found, text};

pub const SURE: u8 = 50;

#[derive(Clone, Copy, Default)]
struct Counts {
    right: u32,
    wrong: u32,
    missed: u32,
}

#[derive(Default)]
pub struct Scores {
    of: BTreeMap<String, Counts>,
    errors: Vec<String>,
}

type Places = BTreeMap<(String, String), BTreeSet<String>>;

impl Scores {
    pub fn of(rows: &[Value], found: &[Found], counts: impl Fn(&str) -> bool) -> Scores {
        let (mut truth, mut tolerated, mut kinds) = (Places::new(), Places::new(), BTreeMap::new());
        let mut types = BTreeSet::new();
        for row in rows {
            for label in row["labels"].as_array().into_iter().flatten() {
                let key = (text(&row["id"]).to_owned(), text(&label["path"]).to_owned());
                let names = |key: &str| {
                    let names = label[key].as_array().into_iter().flatten();
                    names.map(|it| text(it).to_owned()).collect::<BTreeSet<_>>()
                };
                types.extend(names("types"));
                truth.entry(key.clone()).or_default().extend(names("types"));
                tolerated
                    .entry(key.clone())
                    .or_default()
                    .extend(names("ok"));
                kinds.insert(
                    key,
                    format!("{} {}", text(&label["neg"]), text(&label["mode"])),
                );
            }
        }
        let mut scores = Scores::default();
        types.retain(|it| counts(it));
        let mut seen = BTreeSet::new();
        for it in found.iter().filter(|it| types.contains(&it.info_type)) {
            let key = (it.id.clone(), it.place.clone());
            if !seen.insert((key.clone(), it.info_type.clone())) {
                continue;
            }
            let has = |places: &Places| {
                places
                    .get(&key)
                    .is_some_and(|types| types.contains(&it.info_type))
            };
            let of_type = scores.of.entry(it.info_type.clone()).or_default();
            if has(&truth) {
                of_type.right += 1;
            } else if !has(&tolerated) {
                of_type.wrong += 1;
                let kind = kinds.get(&key).map_or("unlabelled", String::as_str);
                let line = format!(
                    "wrong  {} {} {} {} ({kind})",
                    it.info_type, it.percent, it.id, it.place
                );
                scores.errors.push(line);
            }
        }
        for (key, names) in truth {
            for name in names.into_iter().filter(|it| types.contains(it)) {
                if !seen.contains(&(key.clone(), name.clone())) {
                    scores.of.entry(name.clone()).or_default().missed += 1;
                    let line = format!("missed {name} {} {} ({})", key.0, key.1, kinds[&key]);
                    scores.errors.push(line);
                }
            }
        }
        scores
    }

    #[expect(clippy::print_stdout, reason = "it prints a table")]
    pub fn print_types(&self) {
        println!(
            "{:26} {:>6} {:>6} {:>6} {:>6} {:>6} {:>6}",
            "type", "P", "R", "F1", "right", "wrong", "missed"
        );
        for (name, counts) in &self.of {
            let (precision, recall, f1) = rates(*counts);
            let Counts {
                right,
                wrong,
                missed,
            } = counts;
            println!(
                "{name:26} {precision:6.3} {recall:6.3} {f1:6.3} {right:6} {wrong:6} {missed:6}"
            );
        }
    }

    #[expect(clippy::print_stdout, reason = "it prints a list")]
    pub fn print_wrong(&self) {
        self.errors.iter().for_each(|it| println!("{it}"));
    }

    pub fn summary(&self) -> String {
        self.summary_from(0)
    }

    /// Over the types with so many labels.
    pub fn summary_from(&self, labels_min: u32) -> String {
        let counts = self
            .of
            .values()
            .filter(|it| it.right + it.missed >= labels_min);
        let (mut all, mut types, mut f1s) = (Counts::default(), 0_u32, 0.0);
        for it in counts {
            all.right += it.right;
            all.wrong += it.wrong;
            all.missed += it.missed;
            types += 1;
            f1s += rates(*it).2;
        }
        let (precision, recall, f1) = rates(all);
        let macro_f1 = f1s / f64::from(types.max(1));
        format!(
            "micro P {precision:.3} R {recall:.3} F1 {f1:.3}  macro F1 {macro_f1:.3}  ({} right, {} wrong, {} missed, {types} types)",
            all.right, all.wrong, all.missed
        )
    }
}

fn rates(counts: Counts) -> (f64, f64, f64) {
    let share = |part: u32, rest: u32| f64::from(part) / f64::from((part + rest).max(1));
    let (precision, recall) = (
        share(counts.right, counts.wrong),
        share(counts.right, counts.missed),
    );
    let f1 = 2.0 * precision * recall / (precision + recall).max(1e-9);
    (precision, recall, f1)
}
