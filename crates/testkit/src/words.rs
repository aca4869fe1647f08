//! The words that may follow an exchange: `name=value`, `header:name=value` or a word alone.
//! A new word is a row of `ROLL`.

use gatewatch_model::Timestamp;
use gatewatch_model::exchange::{Auth, Backend, Body, Direction, Exchange, Headers, Seen, Text};
use gatewatch_model::record::{Arrival, Stream};

/// The value of a word, with what stands between `:` and `=` in its name.
struct Value<'v> {
    text: &'v str,
    key: &'v str,
    /// Which of the line's exchanges this is, from 1.
    n: u32,
}

type Take = fn(&mut Arrival<'static>, &Value<'_>) -> Result<(), String>;

#[rustfmt::skip]
static ROLL: &[(&str, Take)] = &[
    ("answer",        |it, v| { body(answer_body(it), v.text); Ok(()) }),
    ("answer-header", |it, v| { header(it.exchange.response.get_or_insert_default().headers.get_or_insert_default(), v) }),
    ("api",           |it, v| { it.exchange.api = Some(text(v)); Ok(()) }),
    ("at",            at),
    ("auth",          |it, v| { auth(it).executed = Some(list(v)); Ok(()) }),
    ("backend",       |it, v| { it.exchange.backend = Some(Backend { host: Some(text(v)), status: None }); Ok(()) }),
    ("body",          |it, v| { body(request_body(it), v.text); Ok(()) }),
    ("every",         every),
    ("header",        |it, v| { header(it.exchange.request.headers.get_or_insert_default(), v) }),
    ("historical",    |it, _| { it.stream = Stream::Historical; Ok(()) }),
    ("host",          |it, v| { host(it, v.text); Ok(()) }),
    ("id",            |it, v| { it.exchange.id = Some(text(v)); Ok(()) }),
    ("latency",       latency),
    ("operation",     |it, v| { it.exchange.operation = Some(text(v)); Ok(()) }),
    ("outbound",      |it, _| { it.exchange.direction = Direction::Outbound; Ok(()) }),
    ("peer",          peer),
    ("protocol",      |it, v| { it.exchange.protocol = Some(text(v)); Ok(()) }),
    ("redacted",      |it, v| { it.exchange.redacted = list(v); Ok(()) }),
    ("region",        |it, v| { it.exchange.region = Some(text(v)); Ok(()) }),
    ("req",           |it, v| { size(request_body(it), v.text) }),
    ("res",           |it, v| { size(answer_body(it), v.text) }),
    ("revision",      |it, v| { it.exchange.revision = Some(text(v)); Ok(()) }),
    ("scope",         |it, v| { it.scope = v.text.to_owned().into(); Ok(()) }),
    ("seen",          seen),
    ("service",       |it, v| { it.exchange.service = Some(text(v)); Ok(()) }),
    ("source",        |it, v| { it.source = v.text.to_owned().into(); Ok(()) }),
    ("subject",       |it, v| { auth(it).subject = Some(text(v)); Ok(()) }),
    ("tls",           |it, v| { it.exchange.tls.get_or_insert_default().version = Some(text(v)); Ok(()) }),
    ("trace",         |it, v| { it.exchange.trace_id = Some(text(v)); Ok(()) }),
    ("workspace",     |it, v| { it.exchange.workspace = Some(text(v)); Ok(()) }),
];

/// Takes one word into the `n`th exchange of a line.
pub fn take(arrival: &mut Arrival<'static>, word: &str, n: u32) -> Result<(), String> {
    let (name, text) = word.split_once('=').unwrap_or((word, ""));
    let (name, key) = name.split_once(':').unwrap_or((name, ""));
    let Some((_, take)) = ROLL.iter().find(|it| it.0 == name) else {
        let names: Vec<_> = ROLL.iter().map(|it| it.0).collect();
        return Err(format!(
            "no word is `{name}`; there are: {}",
            names.join(", ")
        ));
    };
    take(arrival, &Value { text, key, n })
}

/// `203.0.113.7`, `@alice` or `@alice/203.0.113.7`.
pub fn caller(exchange: &mut Exchange<'static>, word: &str) -> Result<(), String> {
    let mut address = Some(word);
    if let Some(identity) = word.strip_prefix('@') {
        let (name, behind) = identity.split_once('/').unzip();
        exchange.principal = Some(name.unwrap_or(identity).to_owned().into());
        address = behind;
    }
    exchange.caller_ip = address.map(ip).transpose()?;
    Ok(())
}

/// A span of time in microseconds: `12ms`, `1.5s`, `250us`, `2m`, `1h`; a bare number is in `unit`.
pub fn micros(text: &str, unit: &str) -> Result<i64, String> {
    static UNITS: &[(&str, f64)] = &[
        ("us", 1.0),
        ("ms", 1e3),
        ("s", 1e6),
        ("m", 60e6),
        ("h", 3600e6),
        ("d", 86_400e6),
    ];
    measured(text, unit, UNITS)
        .map(|it| it as i64)
        .ok_or_else(|| format!("`{text}` is no time; it is like `12ms`, `1.5s` or `2h`"))
}

fn at(arrival: &mut Arrival<'static>, value: &Value<'_>) -> Result<(), String> {
    let text = value.text;
    arrival.exchange.at = if text == "none" {
        None
    } else if text.starts_with(['+', '-']) {
        Some(arrival.received.plus_micros(micros(text, "s")?))
    } else {
        let why = "is no time; it is RFC 3339, or `none`, or `-10m` from when it was received";
        Some(Timestamp::parse(text).ok_or_else(|| format!("`{text}` {why}"))?)
    };
    Ok(())
}

/// Spreads the exchanges of a line; stands before `at` if both are there.
fn every(arrival: &mut Arrival<'static>, value: &Value<'_>) -> Result<(), String> {
    let later = micros(value.text, "s")? * i64::from(value.n - 1);
    arrival.received = arrival.received.plus_micros(later);
    arrival.exchange.at = arrival.exchange.at.map(|it| it.plus_micros(later));
    Ok(())
}

fn latency(arrival: &mut Arrival<'static>, value: &Value<'_>) -> Result<(), String> {
    let micros = micros(value.text, "ms")? as u64;
    let response = arrival.exchange.response.get_or_insert_default();
    response.latency_micros = Some(micros);
    Ok(())
}

/// `host=` without a name takes the header away.
fn host(arrival: &mut Arrival<'static>, name: &str) {
    let headers = arrival.exchange.request.headers.get_or_insert_default();
    headers.retain(|it| it.0 != "host");
    if !name.is_empty() {
        headers.insert(0, ("host".into(), name.to_owned().into()));
    }
}

fn peer(arrival: &mut Arrival<'static>, value: &Value<'_>) -> Result<(), String> {
    arrival.exchange.peer_ip = Some(ip(value.text)?);
    Ok(())
}

fn seen(arrival: &mut Arrival<'static>, value: &Value<'_>) -> Result<(), String> {
    let mut seen = Seen::default();
    for name in list(value) {
        let names: Vec<_> = Seen::ROLL.iter().map(|it| it.1).collect();
        let unknown = || format!("`{name}` cannot be seen; there are: {}", names.join(", "));
        seen.insert(Seen::parse(&name).ok_or_else(unknown)?);
    }
    arrival.exchange.seen = Some(seen);
    Ok(())
}

fn header(headers: &mut Headers<'static>, value: &Value<'_>) -> Result<(), String> {
    if value.key.is_empty() {
        return Err("a header is written `header:name=value`".into());
    }
    headers.push((value.key.to_owned().into(), value.text.to_owned().into()));
    Ok(())
}

fn request_body<'a>(arrival: &'a mut Arrival<'static>) -> &'a mut Body<'static> {
    arrival.exchange.request.body.get_or_insert_default()
}

fn answer_body<'a>(arrival: &'a mut Arrival<'static>) -> &'a mut Body<'static> {
    let response = arrival.exchange.response.get_or_insert_default();
    response.body.get_or_insert_default()
}

fn body(body: &mut Body<'static>, text: &str) {
    body.bytes = text.as_bytes().to_vec().into();
    body.bytes_total = body.bytes_total.max(text.len() as u64);
}

/// The true size of a body of which no more than what `body=` says is at hand.
fn size(body: &mut Body<'static>, text: &str) -> Result<(), String> {
    static UNITS: &[(&str, f64)] = &[("B", 1.0), ("KB", 1024.0), ("MB", 1_048_576.0)];
    let size = measured(text, "B", UNITS)
        .ok_or_else(|| format!("`{text}` is no size; it is like `512B`, `2KB` or `1.5MB`"))?;
    body.bytes_total = (size as u64).max(body.bytes.len() as u64);
    Ok(())
}

fn auth<'a>(arrival: &'a mut Arrival<'static>) -> &'a mut Auth<'static> {
    arrival.exchange.auth.get_or_insert_default()
}

fn text(value: &Value<'_>) -> Text<'static> {
    value.text.to_owned().into()
}

fn list(value: &Value<'_>) -> Vec<Text<'static>> {
    let items = value.text.split(',').filter(|it| !it.is_empty());
    items.map(|it| it.to_owned().into()).collect()
}

fn ip(text: &str) -> Result<std::net::IpAddr, String> {
    text.parse().map_err(|_| format!("`{text}` is no address"))
}

/// A number with one of these units behind it, or with none, which means `bare`.
fn measured(text: &str, bare: &str, units: &[(&str, f64)]) -> Option<f64> {
    let end = text.find(char::is_alphabetic).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let unit = if unit.is_empty() { bare } else { unit };
    let (_, factor) = units.iter().find(|it| it.0 == unit)?;
    let number: f64 = number.parse().ok()?;
    Some((number * factor).round())
}
