//! Scores verdicts against labelled requests: JSON Lines with `label` and `class`, and either a
//! request (`method`, `url`, `headers`, `body`, `status`, `response_body`) or a bare `payload`,
//! which becomes a value of a query. From a file or standard input; `--half a|b` takes one half of
//! the distinct rows, `--evidence` groups attacks by where they show, `--missed N` and `--false N`
//! list what went wrong. Only `attack` counts as detected.
#![expect(clippy::print_stdout, reason = "an example that prints its table")]

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fmt::Write;
use std::io::{BufRead, BufReader};

use gatewatch_decode::Reading;
use gatewatch_detect::Detector;
use gatewatch_model::Exchange;
use gatewatch_model::exchange::{Body, Response};
use gatewatch_model::signal::Judgement;
use serde_json::Value;

#[derive(Default)]
struct Wishes {
    half: Option<String>,
    by_evidence: bool,
    missed: usize,
    wrong: usize,
    file: Option<String>,
}

#[derive(Clone, Copy, Default)]
struct Count {
    all: u32,
    attack: u32,
    suspicious: u32,
}

/// What is known of one class: all rows, and distinct ones.
#[derive(Default)]
struct Class {
    rows: Count,
    distinct: Count,
}

#[derive(Default)]
struct Score {
    classes: BTreeMap<(String, String), Class>,
    /// Rules behind verdicts on what is benign: of attacks, of suspicions.
    rules: BTreeMap<String, (u32, u32)>,
    seen: BTreeSet<u64>,
    listed: (usize, usize),
}

fn main() -> Result<(), Box<dyn Error>> {
    let wishes = wishes()?;
    let input: Box<dyn BufRead> = match &wishes.file {
        Some(file) => Box::new(BufReader::new(std::fs::File::open(file)?)),
        None => Box::new(std::io::stdin().lock()),
    };
    let (mut detector, mut reading) = (Detector::default(), Reading::default());
    let mut score = Score::default();
    for line in input.lines() {
        let row: Value = serde_json::from_str(&line?)?;
        let exchange = exchange(&row);
        let key = fnv(&format!("{:?}", exchange.request));
        let half = if key & 1 == 0 { "a" } else { "b" };
        if wishes.half.as_deref().is_some_and(|it| it != half) {
            continue;
        }
        reading.read(&exchange);
        score.take(&row, key, &detector.see(&exchange, &reading), &wishes);
    }
    score.print();
    Ok(())
}

fn wishes() -> Result<Wishes, Box<dyn Error>> {
    let mut wishes = Wishes::default();
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--half" => wishes.half = words.next(),
            "--evidence" => wishes.by_evidence = true,
            "--missed" => wishes.missed = words.next().ok_or("how many?")?.parse()?,
            "--false" => wishes.wrong = words.next().ok_or("how many?")?.parse()?,
            _ => wishes.file = Some(word),
        }
    }
    Ok(wishes)
}

impl Score {
    fn take(&mut self, row: &Value, key: u64, seen: &gatewatch_detect::Seen<'_>, wishes: &Wishes) {
        let label = text(row, "label").into_owned();
        let mut class = text(row, "class").into_owned();
        if wishes.by_evidence && label == "attack" {
            class = evidence(row);
        }
        let benign = label == "benign";
        let judgement = seen.judgement();
        let entry = self.classes.entry((label, class)).or_default();
        entry.rows.add(judgement);
        if self.seen.insert(key) {
            entry.distinct.add(judgement);
            self.list(row, seen, wishes);
        }
        if benign && judgement > Judgement::Clean {
            for signal in seen.signals() {
                for mark in signal.marks() {
                    let name = format!("{} {mark}", signal.detection.id);
                    let count = self.rules.entry(name).or_default();
                    if judgement == Judgement::Attack {
                        count.0 += 1;
                    } else {
                        count.1 += 1;
                    }
                }
            }
        }
    }

    fn list(&mut self, row: &Value, seen: &gatewatch_detect::Seen<'_>, wishes: &Wishes) {
        let judgement = seen.judgement();
        let label = text(row, "label");
        let (kind, count, most) = match (&*label, judgement) {
            ("benign", Judgement::Attack | Judgement::Suspicious) => {
                ("FALSE", &mut self.listed.1, wishes.wrong)
            }
            ("attack", Judgement::Clean | Judgement::Suspicious) => {
                ("MISSED", &mut self.listed.0, wishes.missed)
            }
            _ => return,
        };
        if *count >= most {
            return;
        }
        *count += 1;
        let mut why = String::new();
        for signal in seen.signals().chain(seen.nearly()).take(4) {
            let marks: Vec<_> = signal.marks().collect();
            let _ = write!(
                why,
                " {}={:.2}{marks:?}",
                signal.detection.id, signal.confidence
            );
        }
        let shown = match row.get("payload") {
            Some(payload) => payload.to_string(),
            None => format!(
                "{} {} {} {}",
                text(row, "method"),
                text(row, "url"),
                row.get("headers").map_or(String::new(), Value::to_string),
                text(row, "body")
            ),
        };
        let shown: String = shown.chars().take(600).collect();
        println!(
            "{kind} {} {}:{why}\n    {shown}",
            judgement.name(),
            text(row, "class")
        );
    }

    fn print(&self) {
        println!(
            "{:<10} {:<42} {:>7} {:>8} {:>17} {:>8} {:>8} {:>8}",
            "label", "class", "rows", "attack %", "95 %", "susp. %", "distinct", "attack %"
        );
        let mut totals: BTreeMap<&str, Class> = BTreeMap::new();
        for ((label, class), counts) in &self.classes {
            print_row(label, class, counts);
            let total = totals.entry(label).or_default();
            total.rows.unite(counts.rows);
            total.distinct.unite(counts.distinct);
        }
        for (label, total) in &totals {
            print_row(label, "all", total);
        }
        let mut rules: Vec<_> = self.rules.iter().collect();
        rules.sort_by(|one, two| two.1.cmp(one.1));
        for (name, (attacks, suspicions)) in rules.iter().take(40) {
            println!("  benign: {name}: {attacks} attack, {suspicions} suspicious");
        }
    }
}

impl Count {
    fn add(&mut self, judgement: Judgement) {
        self.all += 1;
        self.attack += u32::from(judgement == Judgement::Attack);
        self.suspicious += u32::from(judgement == Judgement::Suspicious);
    }

    fn unite(&mut self, other: Count) {
        self.all += other.all;
        self.attack += other.attack;
        self.suspicious += other.suspicious;
    }

    fn percent(self, part: u32) -> f64 {
        100.0 * f64::from(part) / f64::from(self.all.max(1))
    }
}

fn print_row(label: &str, class: &str, Class { rows, distinct }: &Class) {
    let (low, high) = wilson(rows.attack, rows.all);
    println!(
        "{label:<10} {class:<42} {:>7} {:>8.3} {:>8.3}-{:<8.3} {:>8.3} {:>8} {:>8.3}",
        rows.all,
        rows.percent(rows.attack),
        100.0 * low,
        100.0 * high,
        rows.percent(rows.suspicious),
        distinct.all,
        distinct.percent(distinct.attack),
    );
}

/// The 95 % interval of a share.
fn wilson(part: u32, all: u32) -> (f64, f64) {
    let (n, z) = (f64::from(all.max(1)), 1.96);
    let share = f64::from(part) / n;
    let middle = share + z * z / (2.0 * n);
    let spread = z * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt();
    let whole = 1.0 + z * z / n;
    (
        ((middle - spread) / whole).max(0.0),
        ((middle + spread) / whole).min(1.0),
    )
}

fn evidence(row: &Value) -> String {
    let list = row.get("evidence").and_then(Value::as_array);
    let names: Vec<_> = list
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let place = match names.as_slice() {
        [] => "nowhere",
        ["referer"] => "referer alone",
        _ => "request line, headers or body",
    };
    format!("{}: {place}", text(row, "class"))
}

fn exchange(row: &Value) -> Exchange<'static> {
    let mut exchange = Exchange::default();
    if row.get("url").is_none() {
        exchange.request.method = "GET".into();
        let mut url = String::from("/search?q=");
        for byte in text(row, "payload").bytes() {
            let _ = write!(url, "%{byte:02x}");
        }
        exchange.request.url = url.into();
        return exchange;
    }
    exchange.request.method = text(row, "method").into_owned().into();
    exchange.request.url = text(row, "url").into_owned().into();
    exchange.request.headers = headers(row, "headers");
    exchange.request.body = body(row, "body");
    let status = row.get("status").and_then(Value::as_u64);
    let answer = body(row, "response_body");
    if status.is_some() || answer.is_some() {
        exchange.response = Some(Response {
            status: status.and_then(|it| u16::try_from(it).ok()),
            headers: headers(row, "response_headers"),
            body: answer,
            latency_micros: None,
        });
    }
    exchange
}

fn headers(row: &Value, name: &str) -> Option<Vec<(Cow<'static, str>, Cow<'static, str>)>> {
    let headers = row.get(name)?.as_object()?;
    let plain = |value: &Value| {
        value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned)
    };
    let pairs = headers.iter();
    Some(
        pairs
            .map(|(name, value)| (name.clone().into(), plain(value).into()))
            .collect(),
    )
}

fn body(row: &Value, name: &str) -> Option<Body<'static>> {
    let text = row.get(name)?.as_str()?;
    let latin = name == "body" && row.get("body_enc").is_some();
    let bytes: Vec<u8> = if latin {
        text.chars()
            .map(|it| u8::try_from(u32::from(it)).unwrap_or(b'?'))
            .collect()
    } else {
        text.as_bytes().to_vec()
    };
    Some(Body {
        bytes_total: bytes.len() as u64,
        bytes: bytes.into(),
    })
}

fn text<'v>(row: &'v Value, name: &str) -> Cow<'v, str> {
    match row.get(name) {
        Some(Value::String(text)) => Cow::Borrowed(text),
        Some(Value::Null) | None => Cow::Borrowed(""),
        Some(other) => Cow::Owned(other.to_string()),
    }
}

/// The same half for the same request on every machine.
fn fnv(text: &str) -> u64 {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    });
    hash ^ (hash >> 32)
}
