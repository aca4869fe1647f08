//! How fast it looks, on one core: clean values, the reference exchange, requests of a labelled
//! set (JSON Lines in a file, the first word), and input made to be dear; `--rules` after the file
//! leaves out the payload model. Processor time, so that
//! neighbours on the machine do not count; but where they change caches, they do.
#![expect(clippy::print_stdout, reason = "an example that prints its table")]

use std::error::Error;
use std::fmt::Write;
use std::io::{BufRead, BufReader};
use std::time::Duration;

use gatewatch_decode::{Reading, Value};
use gatewatch_detect::Detector;
use gatewatch_model::Exchange;
use gatewatch_model::exchange::{Body, Response};
use gatewatch_sources::reference::reference_exchange;

fn main() -> Result<(), Box<dyn Error>> {
    let (mut detector, mut reading) = (Detector::default(), Reading::default());
    let mut words = std::env::args().skip(1);
    let file = words.next();
    if words.next().as_deref() == Some("--rules") {
        detector = detector.with_model(None);
    }
    let clean = posted("application/json", format!("[{}]", clean_values(400)));
    report("clean values", &[clean], &mut detector, &mut reading);
    let reference: Vec<_> = (0..EXCHANGES)
        .map(|seed| reference_exchange(seed, 10_000, 200_000))
        .collect();
    report(
        "reference exchange",
        &reference,
        &mut detector,
        &mut reading,
    );
    report(
        "the same of a browser",
        &[of_browser()],
        &mut detector,
        &mut reading,
    );
    if let Some(file) = file {
        let lines = BufReader::new(std::fs::File::open(file)?).lines();
        let mut requests = Vec::new();
        for line in lines {
            let row: serde_json::Value = serde_json::from_str(&line?)?;
            if row["label"] == "benign" {
                requests.push(request(&row));
            }
        }
        report(
            "requests of the set",
            &requests,
            &mut detector,
            &mut reading,
        );
    }
    for (name, text) in dear() {
        for kind in ["text/plain", "application/x-www-form-urlencoded"] {
            let exchange = posted(kind, text.clone());
            reading.read(&exchange);
            let start = spent();
            let seen = detector.see(&exchange, &reading);
            let exhausted = seen.exhausted;
            let first = since(start);
            let start = spent();
            for _ in 0..REPEATS {
                detector.see(&exchange, &reading);
            }
            let took = (since(start)) / REPEATS;
            println!(
                "{name:<28} {kind:<34} {took:>10.1?} (first {first:>9.1?}) exhausted: {exhausted}"
            );
        }
    }
    Ok(())
}

/// How many reference exchanges there are, all different.
const EXCHANGES: u64 = 1_000;
/// Times that dear input is looked at.
const REPEATS: u32 = 50;

fn report(name: &str, exchanges: &[Exchange<'_>], detector: &mut Detector, reading: &mut Reading) {
    let mut readings = Vec::new();
    let mut bytes = 0;
    for exchange in exchanges {
        reading.read(exchange);
        bytes += size(reading, exchange);
        detector.see(exchange, reading);
        readings.push(std::mem::take(reading));
    }
    let (start, mut rounds) = (spent(), 0_u32);
    while since(start) < Duration::from_secs(2) {
        for (exchange, reading) in exchanges.iter().zip(&readings) {
            std::hint::black_box(detector.see(exchange, reading).judgement());
        }
        rounds += 1;
    }
    let took = since(start);
    let bytes = bytes * rounds as usize;
    let count = f64::from(rounds) * exchanges.len() as f64;
    println!(
        "{name:<28} {:>8.1} MB/s {:>8.2} µs an exchange, {:.0} bytes each",
        bytes as f64 / took.as_secs_f64() / 1e6,
        took.as_secs_f64() * 1e6 / count,
        bytes as f64 / count,
    );
}

/// Processor time of this thread.
fn spent() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanos = text.and_then(|it| it.split(' ').next()?.parse().ok());
    Duration::from_nanos(nanos.unwrap_or(0))
}

fn since(start: Duration) -> Duration {
    spent().saturating_sub(start)
}

/// Bytes of what is looked at: names and values, and the path.
fn size(reading: &Reading, exchange: &Exchange<'_>) -> usize {
    let leaf = |leaf: gatewatch_decode::Leaf<'_>| {
        let value = match leaf.value {
            Value::Text(text) | Value::Number(text) => text.len(),
            _ => 0,
        };
        value + leaf.name().len()
    };
    exchange.request.url.len() + reading.leaves().iter().map(leaf).sum::<usize>()
}

fn posted(kind: &'static str, text: String) -> Exchange<'static> {
    let mut exchange = Exchange::default();
    exchange.request.method = "POST".into();
    exchange.request.url = "/orders".into();
    exchange.request.headers = Some(vec![("content-type".into(), kind.into())]);
    exchange.request.body = Some(body(text));
    exchange
}

fn body(text: String) -> Body<'static> {
    Body {
        bytes_total: text.len() as u64,
        bytes: text.into_bytes().into(),
    }
}

fn clean_values(count: usize) -> String {
    let mut text = String::new();
    for at in 0..count {
        let _ = write!(
            text,
            "{{\"id\":\"0b9c7e1a-4d2f-4c3e-9f{at:04}-77c1a2b3d4e5\",\"name\":\"Maria Gonzalez\",\
            \"mail\":\"maria.gonzalez{at}@example.org\",\"at\":\"2026-11-21T08:00:00.123Z\",\
            \"note\":\"Please deliver after five, the bell does not work\",\"state\":\"shipped\",\
            \"city\":\"Rotterdam\",\"sku\":\"AB-{at}-XL\"}},"
        );
    }
    text.pop();
    text
}

/// As large as the reference exchange, but with the heads that a browser sends and a token of JSON.
fn of_browser() -> Exchange<'static> {
    let list = |count: usize| format!("[{}]", clean_values(count));
    let mut exchange = posted("application/json", list(2));
    exchange.request.url =
        "https://api.example.com/v1/customers/83f1/orders?limit=20&sort=date".into();
    let agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36";
    let token = format!(
        "Bearer {}.{}.{}",
        "eyJhbGciOiJSUzI1NiJ9", "eyJzdWIiOiJib2IiLCJpc3MiOiJhIn0", "c2lnbmF0dXJl"
    );
    let headers = [
        ("host", "api.example.com"),
        ("user-agent", agent),
        ("accept", "application/json, text/plain, */*"),
        ("accept-language", "en-US,en;q=0.9"),
        ("content-type", "application/json"),
        ("referer", "https://shop.example.com/checkout?step=2"),
        ("authorization", &token),
    ];
    let owned = headers.map(|(name, value)| (name.into(), value.to_owned().into()));
    exchange.request.headers = Some(owned.into());
    exchange.response = Some(Response {
        status: Some(200),
        headers: Some(vec![("content-type".into(), "application/json".into())]),
        body: Some(body(list(4))),
        latency_micros: None,
    });
    exchange
}

fn request(row: &serde_json::Value) -> Exchange<'static> {
    let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
    let mut exchange = Exchange::default();
    exchange.request.method = text("method").into();
    exchange.request.url = text("url").into();
    let headers = row["headers"].as_object().into_iter().flatten();
    let owned = headers.map(|(name, value)| {
        let value = value.as_str().unwrap_or_default().to_owned();
        (name.clone().into(), value.into())
    });
    exchange.request.headers = Some(owned.collect());
    exchange.request.body = Some(body(text("body")));
    exchange
}

/// What somebody would send to keep it busy.
fn dear() -> Vec<(&'static str, String)> {
    let many = |text: &str, bytes: usize| text.repeat(bytes / text.len());
    let mut nested = String::from("<script>alert(1)</script>");
    for _ in 0..8 {
        nested = nested
            .replace('%', "%25")
            .replace('<', "%3c")
            .replace('(', "%28");
    }
    let leaves = (0..8_000).fold(String::new(), |mut text, at| {
        let _ = write!(text, "a{at}=%27or+1%3d1--&");
        text
    });
    vec![
        ("nested escapes", many(&nested, 64_000)),
        ("escapes of escapes", many("%2525252525252527", 64_000)),
        (
            "keywords of sql",
            many("union select from where or and sleep( case when ", 1 << 20),
        ),
        ("quotes", many("'\"", 64_000)),
        ("open tags", many("<a onx <svg on", 1 << 20)),
        ("climbing", many("../..\\", 1 << 20)),
        (
            "base64 in words",
            many("PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg== ", 1 << 20),
        ),
        ("entities", many("&#0000000060;&lt;&#x3c", 1 << 20)),
        ("concatenation", many("'a'+'b'||'c'.", 1 << 20)),
        ("braces", many("${${lower:${{{", 1 << 20)),
        ("many leaves", leaves),
        ("comments", many("/*/*!50000*/", 1 << 20)),
        (
            "all marks",
            many("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", 1 << 20),
        ),
    ]
}
