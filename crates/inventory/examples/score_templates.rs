//! Scores templates against labelled URLs: JSON Lines with `api`, `url` and `template`, from a
//! file or standard input. Prints averages over APIs and, with `--worst N`, where they are lost.
#![expect(clippy::print_stdout, reason = "an example that prints its table")]

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::io::{BufRead, BufReader};

use gatewatch_decode::Path;
use gatewatch_inventory::template;
use gatewatch_model::Exchange;

/// Distinct URLs of one API, each with the true and the found template.
type Urls = BTreeMap<String, (String, String)>;

#[derive(Clone, Copy, Default)]
struct Score {
    precision: f64,
    recall: f64,
    f1: f64,
    exact_urls: f64,
    exact_templates: f64,
    ratio: f64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut worst = 0;
    let mut file = None;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--worst" => worst = arguments.next().ok_or("--worst takes a number")?.parse()?,
            _ => file = Some(argument),
        }
    }
    let apis = match file {
        Some(file) => read(BufReader::new(std::fs::File::open(file)?))?,
        None => read(std::io::stdin().lock())?,
    };
    let scores = apis
        .iter()
        .map(|(name, urls)| (score(urls), name))
        .collect::<Vec<_>>();
    let urls = apis.values().map(BTreeMap::len).sum::<usize>();
    println!(
        "{} APIs, {urls} distinct paths; averages over APIs",
        apis.len()
    );
    println!(
        "{:>9} {:>7} {:>6} {:>10} {:>15} {:>13}",
        "precision", "recall", "F1", "exact URL", "exact template", "learned/true"
    );
    print_row(&mean(scores.iter().map(|it| it.0)), "all");
    let mut by_loss = scores;
    by_loss.sort_by(|one, two| one.0.f1.total_cmp(&two.0.f1));
    for (score, name) in by_loss.iter().take(worst) {
        print_row(score, name);
    }
    if worst > 0 {
        print_losses(&apis, worst);
    }
    Ok(())
}

fn read(lines: impl BufRead) -> Result<BTreeMap<String, Urls>, Box<dyn Error>> {
    let mut apis = BTreeMap::<String, Urls>::new();
    for line in lines.lines() {
        let row: serde_json::Value = serde_json::from_str(&line?)?;
        let text = |key: &str| {
            row[key]
                .as_str()
                .map(str::to_owned)
                .ok_or(format!("a line has no `{key}`"))
        };
        let (url, truth) = (text("url")?, text("template")?);
        let found = learned(&url);
        apis.entry(text("api")?)
            .or_default()
            .entry(url)
            .or_insert((truth, found));
    }
    Ok(apis)
}

fn learned(url: &str) -> String {
    let mut exchange = Exchange::default();
    exchange.request.url = url.into();
    let mut path = Path::default();
    path.read(&exchange);
    let mut found = String::new();
    template::write(&path, &mut found);
    found
}

fn score(urls: &Urls) -> Score {
    let truths = groups(urls.values().map(|it| it.0.clone()));
    let founds = groups(urls.values().map(|it| it.1.clone()));
    let both = groups(urls.values().cloned());
    let (in_truth, in_found, in_both) = (pairs(&truths), pairs(&founds), pairs(&both));
    // Where there is no pair to find or none was made, nothing was done wrong.
    let share = |whole: f64| if whole == 0.0 { 1.0 } else { in_both / whole };
    let (precision, recall) = (share(in_found), share(in_truth));
    let sum = precision + recall;
    let exact = |truth: &str| {
        urls.values()
            .filter(|it| it.0 == truth)
            .map(|it| &it.1)
            .collect::<BTreeSet<_>>()
    };
    let templates = truths.keys().filter(|truth| {
        let found = exact(truth);
        found.len() == 1 && found.iter().all(|it| slots(it) == slots(truth))
    });
    Score {
        precision,
        recall,
        f1: if sum == 0.0 {
            0.0
        } else {
            2.0 * precision * recall / sum
        },
        exact_urls: urls
            .values()
            .filter(|it| slots(&it.0) == slots(&it.1))
            .count() as f64
            / urls.len() as f64,
        exact_templates: templates.count() as f64 / truths.len() as f64,
        ratio: founds.len() as f64 / truths.len() as f64,
    }
}

fn groups<K: Ord>(keys: impl Iterator<Item = K>) -> BTreeMap<K, u64> {
    let mut groups = BTreeMap::new();
    keys.for_each(|it| *groups.entry(it).or_insert(0) += 1);
    groups
}

fn pairs<K>(groups: &BTreeMap<K, u64>) -> f64 {
    groups.values().map(|it| it * (it - 1) / 2).sum::<u64>() as f64
}

/// Which segments are variable, and how many there are.
fn slots(template: &str) -> Vec<bool> {
    template
        .split('/')
        .filter(|it| !it.is_empty())
        .map(|it| it.contains('{'))
        .collect()
}

fn mean(scores: impl ExactSizeIterator<Item = Score>) -> Score {
    let count = scores.len() as f64;
    scores.fold(Score::default(), |sum, it| Score {
        precision: sum.precision + it.precision / count,
        recall: sum.recall + it.recall / count,
        f1: sum.f1 + it.f1 / count,
        exact_urls: sum.exact_urls + it.exact_urls / count,
        exact_templates: sum.exact_templates + it.exact_templates / count,
        ratio: sum.ratio + it.ratio / count,
    })
}

fn print_row(score: &Score, name: &str) {
    let Score {
        precision,
        recall,
        f1,
        exact_urls,
        exact_templates,
        ratio,
    } = score;
    println!(
        "{precision:>9.3} {recall:>7.3} {f1:>6.3} {exact_urls:>10.3} {exact_templates:>15.3} {ratio:>13.2}  {name}"
    );
}

const VALUE_AS_NAME: &str = "a value taken for a name";
const NAME_AS_VALUE: &str = "a name taken for a value";

fn count<'k>(losses: &mut BTreeMap<(&'k str, String), u64>, kind: &'k str, text: &str) {
    *losses.entry((kind, text.to_owned())).or_default() += 1;
}

/// Segments that were taken for a name and are a value, and the other way round.
fn print_losses(apis: &BTreeMap<String, Urls>, worst: usize) {
    let mut losses = BTreeMap::<(&str, String), u64>::new();
    for (url, (truth, found)) in apis.values().flatten() {
        let path = url.split(['?', '#']).next().unwrap_or_default();
        let segments = path.split('/').filter(|it| !it.is_empty());
        for (text, (is, was)) in segments.zip(slots(truth).into_iter().zip(slots(found))) {
            match (is, was) {
                (true, false) => count(&mut losses, VALUE_AS_NAME, text),
                (false, true) => count(&mut losses, NAME_AS_VALUE, text),
                _ => (),
            }
        }
    }
    let mut losses = losses
        .into_iter()
        .map(|it| (it.1, it.0))
        .collect::<Vec<_>>();
    losses.sort_by(|one, two| two.cmp(one));
    for kind in [VALUE_AS_NAME, NAME_AS_VALUE] {
        let of_kind = || losses.iter().filter(|it| it.1.0 == kind);
        println!("{kind}: {}", of_kind().map(|it| it.0).sum::<u64>());
        for (count, (_, text)) in of_kind().take(worst * 4) {
            println!("  {count:>5} {text}");
        }
    }
}
