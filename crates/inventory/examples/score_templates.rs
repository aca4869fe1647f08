//! Scores templates against labelled URLs: JSON Lines with `api`, `url` and `template`, from a
//! file or standard input, with `--half a|b` one half of the APIs, with `--masked` as a server
//! sees them, which has tokens for words that few have sent. All calls of an API go through
//! an inventory; then each is asked for. Prints averages over APIs and, with `--worst N`, where
//! they are lost; how templates improve with more URLs; and what the order of calls changes.
#![expect(clippy::print_stdout, reason = "an example that prints its table")]

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::io::{BufRead, BufReader};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use gatewatch_decode::Reading;
use gatewatch_inventory::{Inventory, Sighting};
use gatewatch_model::info_type::NoTypes;
use gatewatch_model::signal::Judged;
use gatewatch_model::{Blemishes, Caller, Exchange, Timestamp};

/// Whether words are masked.
static MASKED: AtomicBool = AtomicBool::new(false);

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
    let (mut worst, mut half, mut file) = (0, None, None);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--worst" => worst = arguments.next().ok_or("--worst takes a number")?.parse()?,
            "--masked" => MASKED.store(true, Relaxed),
            "--half" => half = Some(arguments.next().ok_or("--half takes a or b")?),
            _ => file = Some(argument),
        }
    }
    let mut apis = match file {
        Some(file) => read(BufReader::new(std::fs::File::open(file)?))?,
        None => read(std::io::stdin().lock())?,
    };
    apis.retain(|name, _| half.as_ref().is_none_or(|it| it == half_of(name)));
    let found = apis
        .iter()
        .map(|(name, calls)| (name.clone(), learned(&calls.iter().collect::<Vec<_>>())))
        .collect::<BTreeMap<_, _>>();
    let scores = found
        .iter()
        .map(|(name, urls)| (score(urls), name))
        .collect::<Vec<_>>();
    let urls = found.values().map(BTreeMap::len).sum::<usize>();
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
        print_losses(&found, worst);
    }
    print_growth(&apis);
    print_shuffles(&apis);
    Ok(())
}

/// A line of the set.
struct Call {
    method: String,
    url: String,
    truth: String,
}

fn read(lines: impl BufRead) -> Result<BTreeMap<String, Vec<Call>>, Box<dyn Error>> {
    let mut apis = BTreeMap::<String, Vec<Call>>::new();
    for line in lines.lines() {
        let row: serde_json::Value = serde_json::from_str(&line?)?;
        let text = |key: &str| {
            row[key]
                .as_str()
                .map(str::to_owned)
                .ok_or(format!("a line has no `{key}`"))
        };
        apis.entry(text("api")?).or_default().push(Call {
            method: text("method").unwrap_or_else(|_| "GET".to_owned()),
            url: text("url")?,
            truth: text("template")?,
        });
    }
    Ok(apis)
}

/// Each half of the APIs, the same on every run: what is tuned on one is proved on the other.
fn half_of(name: &str) -> &'static str {
    ["a", "b"][(shuffle(name, 0) & 1) as usize]
}

/// Observes all calls, settles, and asks each URL for its template.
fn learned(calls: &[&Call]) -> Urls {
    let mut inventory = Inventory::default();
    if MASKED.load(Relaxed) {
        inventory.set_key(&[7; 32]);
    }
    let mut reading = Reading::default();
    for call in calls {
        let exchange = exchange(call);
        reading.read(&exchange);
        inventory.observe(&Sighting {
            exchange: &exchange,
            reading: &reading,
            scope: "/",
            caller: &Caller::Unknown,
            external: None,
            at: Timestamp::ZERO,
            blemishes: Blemishes::default(),
            fits: &[],
            judge: &NoTypes,
            judged: Judged::default(),
        });
    }
    inventory.settle();
    let mut urls = Urls::new();
    for call in calls {
        urls.entry(call.url.clone()).or_insert_with(|| {
            let exchange = exchange(call);
            reading.read(&exchange);
            let key = inventory.template_of(&exchange, &reading, "/");
            let template = key.split_once(' ').map_or("", |it| it.1);
            (call.truth.clone(), unmasked(template, &call.url))
        });
    }
    urls
}

/// With the words of the path in place of their tokens.
fn unmasked(template: &str, url: &str) -> String {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let mut words = path.split('/').filter(|it| !it.is_empty());
    let labels = template.split('/').map(|label| match label {
        "" => label,
        _ => words
            .next()
            .filter(|_| label.starts_with('~'))
            .unwrap_or(label),
    });
    labels.collect::<Vec<_>>().join("/")
}

fn exchange(call: &Call) -> Exchange<'_> {
    let mut exchange = Exchange::default();
    exchange.request.method = call.method.as_str().into();
    exchange.request.url = call.url.as_str().into();
    exchange
}

/// A number for each text and seed, mixed well.
fn shuffle(text: &str, seed: u64) -> u64 {
    text.bytes()
        .fold(
            seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0xcbf2_9ce4_8422_2325,
            |hash, byte| {
                let hash = (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
                hash ^ hash >> 29
            },
        )
        .wrapping_mul(0xbf58_476d_1ce4_e5b9)
        .rotate_left(31)
}

/// How the same templates come out with 3, 10 and 40 URLs of each.
fn print_growth(apis: &BTreeMap<String, Vec<Call>>) {
    println!("templates with 40 URLs or more, of which so many are seen");
    println!(
        "{:>5} {:>15} {:>13}",
        "URLs", "exact template", "learned/true"
    );
    for sample in [3, 10, 40] {
        let mut scores = Vec::new();
        for calls in apis.values() {
            let mut by_template = BTreeMap::<&str, BTreeMap<&str, &Call>>::new();
            for call in calls {
                by_template
                    .entry(&call.truth)
                    .or_default()
                    .insert(&call.url, call);
            }
            by_template.retain(|_, it| it.len() >= 40);
            let picked = by_template.values().flat_map(|urls| {
                let mut urls = urls.values().copied().collect::<Vec<_>>();
                urls.sort_by_key(|it| shuffle(&it.url, 7));
                urls.truncate(sample);
                urls
            });
            let picked = picked.collect::<Vec<_>>();
            if !picked.is_empty() {
                scores.push(score(&learned(&picked)));
            }
        }
        let mean = mean(scores.into_iter());
        println!(
            "{sample:>5} {:>15.3} {:>13.2}",
            mean.exact_templates, mean.ratio
        );
    }
}

/// How many endpoints differ when the same calls come in ten other orders.
fn print_shuffles(apis: &BTreeMap<String, Vec<Call>>) {
    let (mut all, mut differ) = (0, 0);
    for calls in apis.values() {
        let templates = |seed: u64| {
            let mut calls = calls.iter().collect::<Vec<_>>();
            if seed > 0 {
                calls.sort_by_key(|it| shuffle(&it.url, seed));
            }
            let found = learned(&calls).into_values().map(|it| it.1);
            found.collect::<BTreeSet<_>>()
        };
        let first = templates(0);
        for seed in 1..=10 {
            let other = templates(seed);
            all += first.len();
            differ += first.symmetric_difference(&other).count();
        }
    }
    println!(
        "ten shuffles: {differ} of {all} endpoints differ ({:.2} %)",
        differ as f64 * 100.0 / all.max(1) as f64
    );
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
