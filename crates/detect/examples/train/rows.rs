//! Labelled rows, made into texts as they are at run time: through decode and the detector.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use gatewatch_decode::Reading;
use gatewatch_detect::Detector;
use gatewatch_detect::payload::Model;
use gatewatch_model::Exchange;
use gatewatch_model::exchange::Body;
use serde_json::Value;

use crate::learn::Cells;

/// One request: its texts, and what the rules say of it.
#[derive(Clone, Debug)]
pub struct Bag {
    pub set: &'static str,
    pub class: String,
    pub attack: bool,
    /// Those of one fold are held out together.
    pub fold: usize,
    pub trained: bool,
    /// What is looked at again with the model of its fold, for the figures.
    pub scored: Option<Exchange<'static>>,
    pub texts: Vec<usize>,
    /// The strongest that the rules alone say.
    pub rules: f32,
}

/// All texts, each once.
#[derive(Default)]
pub struct Texts {
    pub cells: Vec<Cells>,
    index: BTreeMap<u64, usize>,
}

impl Texts {
    pub fn add(&mut self, text: &[u8]) -> usize {
        let cells = Cells::of(text);
        let next = self.cells.len();
        let at = *self.index.entry(cells.key()).or_insert(next);
        if at == next {
            self.cells.push(cells);
        }
        at
    }
}

/// Looks at requests with the rules alone and keeps their texts.
pub struct Looker {
    detector: Detector,
    reading: Reading,
    pub texts: Texts,
}

impl Looker {
    pub fn new() -> Looker {
        let mut detector = Detector::default().with_model(None);
        detector.keep_texts();
        Looker {
            detector,
            reading: Reading::default(),
            texts: Texts::default(),
        }
    }

    pub fn look(&mut self, exchange: &Exchange<'_>, bag: &mut Bag) {
        bag.rules = self.strongest(exchange);
        bag.texts.clear();
        for kept in self.detector.texts() {
            bag.texts.push(self.texts.add(&kept.text));
        }
    }

    /// Looks with another model from now on.
    pub fn take(&mut self, model: Model) {
        self.detector = self.detector.clone().with_model(Some(Arc::new(model)));
    }

    /// The confidence of the strongest signal.
    pub fn strongest(&mut self, exchange: &Exchange<'_>) -> f32 {
        self.reading.read(exchange);
        let seen = self.detector.see(exchange, &self.reading);
        let mut all = seen.signals().chain(seen.nearly());
        all.next().map_or(0.0, |it| it.confidence)
    }
}

/// A value of a query.
pub fn wrapped(payload: &str) -> Exchange<'static> {
    let mut exchange = Exchange::default();
    exchange.request.method = "GET".into();
    let mut url = String::from("/search?q=");
    for byte in payload.bytes() {
        // Writing to a String cannot fail.
        let _ = write!(url, "%{byte:02x}");
    }
    exchange.request.url = url.into();
    exchange
}

/// A row with a request in it, or a bare payload. Answers are left out.
pub fn exchange(row: &Value) -> Exchange<'static> {
    if row.get("url").is_none() {
        return wrapped(&text(row, "payload"));
    }
    let mut exchange = Exchange::default();
    exchange.request.method = text(row, "method").into_owned().into();
    exchange.request.url = text(row, "url").into_owned().into();
    exchange.request.headers = headers(row);
    exchange.request.body = body(row);
    exchange
}

fn headers(row: &Value) -> Option<Vec<(Cow<'static, str>, Cow<'static, str>)>> {
    let headers = row.get("headers")?.as_object()?;
    let plain = |value: &Value| match value.as_str() {
        Some(text) => text.to_owned(),
        None => value.to_string(),
    };
    let pairs = headers.iter();
    Some(
        pairs
            .map(|(name, value)| (name.clone().into(), plain(value).into()))
            .collect(),
    )
}

fn body(row: &Value) -> Option<Body<'static>> {
    let text = row.get("body")?.as_str()?;
    let latin = row.get("body_enc").is_some();
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

pub fn text<'v>(row: &'v Value, name: &str) -> Cow<'v, str> {
    match row.get(name) {
        Some(Value::String(text)) => Cow::Borrowed(text),
        Some(Value::Null) | None => Cow::Borrowed(""),
        Some(other) => Cow::Owned(other.to_string()),
    }
}
