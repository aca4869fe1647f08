//! The command `why`: chooses one exchange of a file and explains what was seen in it.

mod explaining;
mod masked;
mod text;
mod told;

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, bail};
use gatewatch_classify::{Catalogue, Classifier, ListKey};
use gatewatch_decode::Reading;
use gatewatch_detect::{Compiled, Detector, Thresholds};
use gatewatch_model::record::{Arrival, Stream};
use gatewatch_model::{Exchange, Record, Timestamp};
use gatewatch_sources::files::{Asked, Options, Outcome, Reader};
use gatewatch_sources::{Perimeter, admit};
use gatewatch_wire::record;

use crate::command::{WhyArgs, WhyFormat};
use crate::own::{self, Own, Use};
use told::Told;

/// Exchanges that are gone through to find one.
const EXCHANGES_MAX: u64 = 1_000_000;

pub fn run(args: &WhyArgs) -> anyhow::Result<String> {
    let own = match &args.catalogue {
        Some(folder) => own::read_unproved(folder, Use::Scan, None)?,
        None => Own::default(),
    };
    let mut explainer = Explainer::new(&own)?;
    let told = explainer.choose(args)?;
    Ok(match args.format {
        WhyFormat::Text => text::write(&told, &text::Paint::of_terminal()),
        WhyFormat::Json => serde_json::to_string_pretty(&told)? + "\n",
    })
}

/// What is needed to explain exchanges.
struct Explainer {
    detector: Detector,
    classifier: Classifier,
    catalogue: Arc<Catalogue>,
    reading: Reading,
}

impl Explainer {
    fn new(own: &Own) -> anyhow::Result<Explainer> {
        let catalogue = Arc::new(own.catalogue(ListKey::Elsewhere)?);
        let detector = if own.detections.is_empty() {
            Detector::default()
        } else {
            let compiled = Compiled::new(own.detections()?)?;
            Detector::new(Arc::new(compiled), Thresholds::default())
        };
        Ok(Explainer {
            detector,
            classifier: Classifier::new(Arc::clone(&catalogue)),
            catalogue,
            reading: Reading::default(),
        })
    }

    /// The exchange that is asked for, else the first that there is something to say of, else the
    /// first.
    fn choose(&mut self, args: &WhyArgs) -> anyhow::Result<Told> {
        let asked = Asked {
            format: args.kind.as_deref(),
            ..args.reading.asked()
        };
        let files = std::slice::from_ref(&args.file);
        let mut reader = Reader::open(files, Options::read(&asked)?)?;
        let perimeter = Perimeter::default();
        let is_chosen = args.id.is_some() || args.line.is_some();
        let (mut first, mut count, mut refused) = (None, 0, None);
        while let Some(item) = reader.next() {
            let (place, number) = (item.place.to_string(), item.place.number);
            let mut exchange = match item.outcome {
                Outcome::Exchange(exchange) => exchange,
                Outcome::PassedOver => continue,
                Outcome::Refused(why) => {
                    if refused.is_none() || args.line == Some(number) {
                        refused = Some(format!("{place}: {why}"));
                    }
                    continue;
                }
            };
            count += 1;
            if count > EXCHANGES_MAX {
                break;
            }
            let is_asked = args.line.is_none_or(|it| it == number)
                && args
                    .id
                    .as_deref()
                    .is_none_or(|it| exchange.id.as_deref() == Some(it));
            if !is_asked {
                continue;
            }
            admit(&mut exchange);
            perimeter.locate(&mut exchange);
            if is_chosen || self.has_signal(&exchange) {
                return Ok(self.explain(&exchange, place));
            }
            if first.is_none() {
                first = Some((kept(exchange), place));
            }
        }
        let Some((bytes, place)) = first else {
            return Err(not_found(args, count, refused));
        };
        let Record::Arrival(arrival) = record::decode(&bytes).context("it cannot be read back")?
        else {
            bail!("it cannot be read back");
        };
        Ok(self.explain(&arrival.exchange, place))
    }

    fn has_signal(&mut self, exchange: &Exchange<'_>) -> bool {
        self.reading.read(exchange);
        let seen = self.detector.see(exchange, &self.reading);
        let mut signals = seen.signals();
        signals.any(|it| it.detection.maturity.is_on())
    }
}

/// An exchange that waits while others are read.
fn kept(exchange: Exchange<'_>) -> Vec<u8> {
    let arrival = Record::Arrival(Arrival {
        received: exchange.at.unwrap_or(Timestamp::ZERO),
        stream: Stream::Historical,
        source: "why".into(),
        scope: "/".into(),
        external: None,
        exchange,
    });
    let mut bytes = Vec::new();
    record::encode(&arrival, &mut bytes);
    bytes
}

fn not_found(args: &WhyArgs, count: u64, refused: Option<String>) -> anyhow::Error {
    let name = if args.file == Path::new("-") {
        "standard input".to_owned()
    } else {
        args.file.display().to_string()
    };
    let why = refused.map_or(String::new(), |it| format!("; {it}"));
    let held = match count {
        0 => "no exchange".to_owned(),
        1 => "1 exchange".to_owned(),
        many if many > EXCHANGES_MAX => format!("more than {EXCHANGES_MAX} exchanges"),
        many => format!("{many} exchanges"),
    };
    match (&args.id, args.line) {
        (Some(id), _) => anyhow::anyhow!("{name} holds {held}, none with the id `{id}`{why}"),
        (None, Some(line)) => anyhow::anyhow!("{name} holds {held}, none on line {line}{why}"),
        (None, None) => anyhow::anyhow!("{name} holds {held}{why}"),
    }
}
