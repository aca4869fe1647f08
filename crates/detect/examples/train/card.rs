//! The card of a model: from what it learned, how, and how well it does on what it has not seen.

use std::collections::BTreeMap;
use std::fmt::Write;

use gatewatch_detect::Thresholds;
use gatewatch_detect::payload::{CLASSES, Model};

use crate::blend::REQUESTS;
use crate::learn::Cells;
use crate::rows::Bag;

/// Held-out verdicts, for each request.
pub struct Said<'s> {
    /// Confidences of the model alone.
    pub alone: &'s [f32],
    /// Confidences of rules and model together.
    pub both: &'s [f32],
}

#[derive(Default)]
struct Count {
    all: u32,
    rules: u32,
    model: u32,
    both: u32,
}

pub fn card(bags: &[Bag], texts: &[Cells], said: &Said<'_>, model: &Model) -> String {
    let mut page = String::new();
    // Writing to a String cannot fail.
    let _ = write!(page, "{HEAD}");
    let _ = writeln!(
        page,
        "\n## Data\n\n| set | benign | attacks |\n|---|---:|---:|"
    );
    let mut learned: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
    for bag in bags.iter().filter(|it| it.trained && !it.texts.is_empty()) {
        let counts = learned.entry(bag.set).or_default();
        if bag.attack {
            counts.1 += 1;
        } else {
            counts.0 += 1;
        }
    }
    for (set, (benign, attacks)) in learned {
        let _ = writeln!(page, "| {set} | {benign} | {attacks} |");
    }
    let _ = writeln!(page, "\n{} distinct texts. {LICENCES}", texts.len());
    let _ = writeln!(page, "\n## Scores\n\n{SCORES}\n");
    scores(&mut page, bags, said);
    let _ = writeln!(page, "\n## Numbers\n\nclasses: {}", CLASSES.join(", "));
    let _ = writeln!(
        page,
        "\nworth of a weight {:.5}, bias {:.3}, {:?}",
        model.worth, model.bias, model.blend
    );
    let _ = writeln!(page, "\n{WEAK}");
    page
}

fn scores(page: &mut String, bags: &[Bag], said: &Said<'_>) {
    let mut counts: BTreeMap<(&str, &str, String), Count> = BTreeMap::new();
    let attack = Thresholds::default().attack;
    for (at, bag) in bags.iter().enumerate().filter(|it| it.1.scored.is_some()) {
        let (label, class) = if bag.attack {
            ("attack", bag.class.clone())
        } else {
            ("benign", "all".to_owned())
        };
        let mut groups = vec![(label, bag.set, class)];
        if !bag.attack && REQUESTS.contains(&bag.set) {
            groups.push((label, "(all requests)", "all".to_owned()));
        }
        if bag.attack {
            groups.push((label, bag.set, "all".to_owned()));
        }
        for group in groups {
            let count = counts.entry(group).or_default();
            count.all += 1;
            count.rules += u32::from(bag.rules >= attack);
            count.model += u32::from(said.alone[at] >= attack);
            count.both += u32::from(said.both[at] >= attack);
        }
    }
    let _ = writeln!(
        page,
        "| | set | class | rows | rules % | model % | both % |\n|---|---|---|---:|---:|---:|---:|"
    );
    for (
        (label, set, class),
        Count {
            all,
            rules,
            model,
            both,
        },
    ) in counts
    {
        let _ = writeln!(
            page,
            "| {label} | {set} | {class} | {all} | {} | {} | {} |",
            share(rules, all),
            share(model, all),
            share(both, all)
        );
    }
}

/// In percent with its 95 % interval.
fn share(part: u32, all: u32) -> String {
    let (n, z) = (f64::from(all.max(1)), 1.96_f64);
    let share = f64::from(part) / n;
    let middle = share + z * z / (2.0 * n);
    let spread = z * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt();
    let whole = 1.0 + z * z / n;
    let low = 100.0 * ((middle - spread) / whole).max(0.0);
    let high = 100.0 * ((middle + spread) / whole).min(1.0);
    format!("{:.2} ({low:.2}–{high:.2})", 100.0 * share)
}

const HEAD: &str = "# The payload model

Written by `cargo xtask train`; do not edit. `payload.bin` is a judgement of one text of a request, \
beside the rules of `catalogue/detections`.

**Method.** A text is unwound as for the rules. Signs are folded (letters to lower case, digits to \
one, runs squeezed). Features: runs of two to four signs that hold punctuation; runs of two to four \
words and marks, known words folded to kinds, unknown ones to their length; known words; nine \
measures of the shape of the whole. They are hashed into 65,536 cells with a weight of eight bits. A \
text is as bad as its worst 64 signs, a request as its worst text; that is learned by logistic \
regression (AdaGrad, eight passes, seed 5). A second table tells classes apart. Names of hosts, \
headers and members, methods, dates and what headers there are is never learned from: the model \
gets texts of values alone.

**With the rules.** The slope of the confidence is fitted to held-out requests, its start such that \
the model alone calls at most one in 10,000 of them an attack (of the aim of one in 2,000 most is \
left to the rules). Where it holds an attack more likely than not, it is a ground beside \
the rules; where it sees nothing bad at all, rules for SQL and scripts count for less. By hand were \
chosen: how much the length of a text takes off, from where on and how much rules count for less. \
Pages and programs sent as one value are left to the rules.
";
const LICENCES: &str = "`made` are benign values that this project makes from a seed (prose, names, \
mathematics, JSON, markup, programs, GraphQL, addresses, tokens); bare payloads are learned once as they are and \
once varied. Some of the sets have no licence for redistribution: weights are shipped, no row and no \
text of them. Fragments (a quote, a word) are not learned as attacks; neither are classes that show in \
no payload, nor the negatives of the OWASP core rule set, which are negative for one rule only.";
const SCORES: &str = "Each row was judged by a model that has seen neither its family of sets nor a \
text that the model could not tell from one of it: csic, httpparams and wad-mca are one family; of \
blazehttp the hosts are two halves; atrdf1, fur-api and crs-regression; public-hars, gotestwaf and \
libinjection. Slope and start of the confidence were fitted without them too. Lists of bare payloads \
are in all training but that of libinjection's fold; test sets quote such lists, and only what is the \
same to the model is taken out. Percent called an attack at the shipped thresholds, with 95 % intervals. The rules were \
written with these sets in view, so their columns are not held out. All classes are shown, also \
those that show in no payload. Answers were not looked at. What was chosen by hand was chosen while \
looking at these tables, and some of the made benign values were added after reading false verdicts \
in them: the scores of the model are somewhat better than unseen traffic will give.";
const WEAK: &str = "## What it is bad at

Classes of which it saw few examples or none when held out (JNDI, deserialization, mail, code of Java \
and PHP, commands without marks): there the rules carry all. Fragments without context. Long bodies \
that were not read into values: so much must speak for an attack there that it seldom does. Values that are \
programs or SQL by intent are attacks to it. Benign traffic it learned from is mostly of one \
browser on one day, of one shop, and made up.";
