//! Which labelled sets there are, what of them is trained on, and what is held out together.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::learn::Dice;
use crate::made;
use crate::rows::{Bag, Looker, exchange, text, wrapped};

/// Folds; what belongs to none is in all training and never scored.
pub const FOLDS: usize = 5;
const NEVER_HELD_OUT: usize = FOLDS;

/// One file of rows.
struct Set {
    file: &'static str,
    fold: usize,
    /// Rows of each class that are trained on.
    rows_max: usize,
    scored: bool,
}

static ROLL: &[Set] = &[
    Set {
        file: "csic-normal",
        fold: 0,
        rows_max: 36_000,
        scored: false,
    },
    Set {
        file: "csic-dev",
        fold: 0,
        rows_max: 4_000,
        scored: true,
    },
    Set {
        file: "httpparams-train",
        fold: 0,
        rows_max: 13_000,
        scored: true,
    },
    Set {
        file: "wad-mca",
        fold: 0,
        rows_max: 2_500,
        scored: true,
    },
    // Two folds, by host.
    Set {
        file: "blazehttp-dev",
        fold: 1,
        rows_max: 20_000,
        scored: true,
    },
    Set {
        file: "atrdf1",
        fold: 3,
        rows_max: 3_000,
        scored: true,
    },
    Set {
        file: "fur-api",
        fold: 3,
        rows_max: 3_000,
        scored: true,
    },
    Set {
        file: "crs-regression",
        fold: 3,
        rows_max: 3_000,
        scored: true,
    },
    Set {
        file: "public-hars",
        fold: 4,
        rows_max: 3_000,
        scored: true,
    },
    Set {
        file: "gotestwaf-attacks",
        fold: 4,
        rows_max: 1_000,
        scored: true,
    },
    Set {
        file: "gotestwaf-benign-half",
        fold: 4,
        rows_max: 1_000,
        scored: true,
    },
    Set {
        file: "hard-negatives-half",
        fold: 4,
        rows_max: 1_000,
        scored: true,
    },
    Set {
        file: "attack-payloads",
        fold: NEVER_HELD_OUT,
        rows_max: 2_500,
        scored: false,
    },
];

/// Classes that show in no payload: requests that are odd in another way, and bare paths.
static NO_PAYLOAD: &[&str] = &[
    "anomalous_other(tampered param/unintentional)",
    "forced_browsing",
    "log_forging",
    "open_redirect",
    "rfi",
    "sensitive_path",
    "naughty_string",
    "performance",
    "invalid_value/other?",
    "sensitive_data_leak?",
    "unauthorised_access",
    "protocol_enforcement",
    "method_enforcement",
    "multipart_attack",
    "session_fixation",
    "scanner",
    "correlation",
    "blocking_eval",
    "graphql",
    "graphql-post",
    "grpc",
    "non-crud",
    "user-agent",
];

pub struct Gathered {
    pub bags: Vec<Bag>,
    pub looker: Looker,
}

pub fn gather(folder: &Path, seed: u64) -> Result<Gathered> {
    let mut gathered = Gathered {
        bags: Vec::new(),
        looker: Looker::new(),
    };
    let mut dice = Dice(seed);
    for set in ROLL {
        let mut rows = read(&folder.join("detection"), set.file)?;
        for at in (1..rows.len()).rev() {
            rows.swap(at, dice.below(at + 1));
        }
        let mut counts = std::collections::BTreeMap::<String, usize>::new();
        for row in &rows {
            let mut bag = bag(set, row);
            let count = counts
                .entry(format!("{}{}", source(row), bag.class))
                .or_default();
            *count += 1;
            bag.trained &= *count <= set.rows_max;
            if !bag.trained && bag.scored.is_none() {
                continue;
            }
            gathered.looker.look(&exchange(row), &mut bag);
            let vary = bag.trained && bag.attack && bag.scored.is_none();
            gathered.bags.push(bag.clone());
            if vary {
                let other = made::varied(&text(row, "payload"), &mut dice);
                gathered.looker.look(&wrapped(&other), &mut bag);
                gathered.bags.push(bag);
            }
        }
    }
    for value in made::benign(seed) {
        let mut bag = made_bag();
        gathered.looker.look(&wrapped(&value), &mut bag);
        gathered.bags.push(bag);
    }
    Ok(gathered)
}

fn source(row: &Value) -> String {
    let source = text(row, "src");
    let source = source.split(':').next().unwrap_or_default();
    if row.get("url").is_some() {
        String::new()
    } else {
        source.to_owned()
    }
}

fn made_bag() -> Bag {
    Bag {
        set: "made",
        class: "none".to_owned(),
        attack: false,
        fold: NEVER_HELD_OUT,
        trained: true,
        scored: None,
        texts: Vec::new(),
        rules: 0.0,
    }
}

fn bag(set: &Set, row: &Value) -> Bag {
    let label = text(row, "label");
    let mut class = text(row, "class").into_owned();
    let attack = label == "attack";
    let mut trained = set.rows_max > 0 && (attack || label == "benign");
    let mut fold = set.fold;
    if set.file == "crs-regression" {
        let level = row.get("paranoia_level").and_then(Value::as_u64);
        // A negative there is one for a single rule, and the strictest rules want innocent values.
        trained &= attack && level.is_some_and(|it| it <= 2) && !class.starts_with("resp_");
        if level.is_some_and(|it| it > 1) {
            class = format!("{class} (level above 1)");
        }
    }
    if NO_PAYLOAD.iter().any(|it| class.starts_with(it)) {
        trained = false;
    }
    if set.file == "attack-payloads" {
        trained &= telling(&text(row, "payload"));
        if text(row, "src").starts_with("libinjection") {
            fold = 4;
        }
    }
    if set.file == "blazehttp-dev" {
        let host = row
            .pointer("/headers/Host")
            .and_then(Value::as_str)
            .unwrap_or_default();
        fold += host_half(host);
        if attack {
            let places = row
                .get("evidence")
                .map_or_else(String::new, Value::to_string);
            match places.as_str() {
                "[]" => (class, trained) = (format!("{class}: nowhere"), false),
                "[\"referer\"]" => class = format!("{class}: referer alone"),
                _ => {}
            }
        }
    }
    Bag {
        set: set.file,
        class,
        attack,
        fold,
        trained,
        scored: (set.scored && (attack || label == "benign")).then(|| exchange(row)),
        texts: Vec::new(),
        rules: 0.0,
    }
}

fn host_half(host: &str) -> usize {
    let hash = host.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    usize::from((hash ^ hash >> 32) & 1 == 1)
}

/// A quote or a word alone is no attack.
fn telling(payload: &str) -> bool {
    let marks = payload.bytes().filter(u8::is_ascii_punctuation).count();
    payload.len() >= 8 && marks >= 3 && payload.len() <= 2_000
}

fn read(folder: &Path, name: &str) -> Result<Vec<Value>> {
    let plain = folder.join(format!("{name}.jsonl"));
    let packed = folder.join(format!("{name}.jsonl.xz"));
    if plain.exists() {
        return rows(BufReader::new(File::open(&plain)?));
    }
    let mut xz = Command::new("xz")
        .arg("-dc")
        .arg(&packed)
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot run xz")?;
    let list = rows(BufReader::new(
        xz.stdout.take().context("xz tells nothing")?,
    ))?;
    anyhow::ensure!(
        xz.wait()?.success(),
        "{} could not be unpacked",
        packed.display()
    );
    Ok(list)
}

fn rows(input: impl BufRead) -> Result<Vec<Value>> {
    input
        .lines()
        .map(|line| Ok(serde_json::from_str(&line?)?))
        .collect()
}
