//! Explains one exchange: looks at it as the fold does, and tells what was seen and why.

use gatewatch_classify::{Catalogue, Hit, Switches, mask};
use gatewatch_decode::{Reading, Value};
use gatewatch_detect::{At, Ground, Mark, Seen, Signal, Thresholds, layers};
use gatewatch_model::caller::prefix;
use gatewatch_model::signal::Judgement;
use gatewatch_model::{Blemishes, Exchange, Spot};
use gatewatch_pipeline::fold::ExchangeFold;

use super::Explainer;
use super::masked::masked;
use super::told::{Claim, Decided, LookedAt, Sensitive, Speaks, SpotCount, Told};
use crate::shown::printable;

/// Claims that are told of each sort, the strongest first.
const CLAIMS_MAX: usize = 20;
const SENSITIVE_MAX: usize = 50;
/// From which confidence on a type is told, and from which on it makes a value a secret.
const TOLD_PERCENT_MIN: u8 = gatewatch_model::info_type::SENSITIVE_CONFIDENCE_MIN;
const SECRET_PERCENT_MIN: u8 = 20;
const PLACE_BYTES_MAX: usize = 120;
const ID_BYTES_MAX: usize = 120;

impl Explainer {
    /// An exchange that was admitted.
    pub fn explain(&mut self, exchange: &Exchange<'_>, place: String) -> Told {
        let Explainer {
            detector,
            classifier,
            catalogue,
            reading,
        } = self;
        reading.read(exchange);
        let hits = classifier.find(reading.leaves(), &Switches::shipped(catalogue));
        let thresholds = detector.thresholds;
        let seen = detector.see(exchange, reading);
        let sight = Sight {
            exchange,
            reading,
            hits,
            seen: &seen,
        };
        let is_on = |it: &Signal<'_>| it.detection.maturity.is_on();
        let claims = |all: &mut dyn Iterator<Item = Signal<'_>>| {
            all.take(CLAIMS_MAX)
                .map(|it| sight.claim(&it))
                .collect::<Vec<_>>()
        };
        let fired = claims(&mut seen.signals().filter(is_on));
        let nearly = claims(&mut seen.nearly().filter(is_on));
        let off = claims(&mut seen.signals().filter(|it| !is_on(it)));
        let of_request = |it: &Signal<'_>| is_on(it) && !it.of_answer;
        let mut strongest = seen.signals().chain(seen.nearly()).filter(of_request);
        let answers = seen.signals().any(|it| is_on(&it) && it.of_answer);
        let (judgement, decided) = decided(strongest.next().as_ref(), answers, thresholds);
        let api = gatewatch_decode::api(exchange);
        Told {
            file: place,
            id: exchange.id.as_deref().map(|it| short(it, ID_BYTES_MAX)),
            collection: printable(&gatewatch_inventory::collection_name(&api)),
            endpoint: short(
                &ExchangeFold::default().template_of(exchange, "/"),
                PLACE_BYTES_MAX,
            ),
            status: exchange.status(),
            verdict: judgement.name(),
            decided,
            looked_at: looked_at(reading, &seen),
            fired,
            nearly,
            off,
            left_out: left_out(reading.blemishes(), &seen),
            sensitive: sensitive(hits, reading, catalogue),
        }
    }
}

/// What there is to explain with.
struct Sight<'s> {
    exchange: &'s Exchange<'s>,
    reading: &'s Reading,
    hits: &'s [Hit],
    seen: &'s Seen<'s>,
}

impl Sight<'_> {
    fn claim(&self, signal: &Signal<'_>) -> Claim {
        let detection = signal.detection;
        let mut at = String::new();
        signal.at.write(self.reading, &mut at);
        let marks = signal.marks().zip(signal.grounds);
        Claim {
            detection: detection.id.to_string(),
            title: detection.title.to_string(),
            class: detection.class.to_string(),
            severity: signal.severity.name(),
            raised: signal.severity != detection.severity,
            maturity: detection.maturity.name(),
            at: short(&at, PLACE_BYTES_MAX),
            confidence: share(signal.confidence),
            grounds: marks
                .map(|(name, it)| self.speaks(signal, name, it))
                .collect(),
            sum: sum(signal),
            why: detection.why.to_string(),
        }
    }

    fn speaks(&self, signal: &Signal<'_>, name: &str, ground: &Ground) -> Speaks {
        let is_secret = self.is_secret(signal.at);
        let mut speaks = Speaks {
            by: "code",
            name: name.to_owned(),
            confidence: share(ground.confidence),
            alone: None,
            view: None,
            layers: 0,
            in_document: ground.in_document,
            matched: None,
            features: Vec::new(),
        };
        match ground.mark {
            Mark::Code(_) => {}
            Mark::Model { top } => {
                speaks.by = "model";
                // They quote a few signs of the value.
                if !is_secret {
                    let names = top.into_iter().flatten().map(|it| printable(&it.name()));
                    speaks.features = names.collect();
                }
            }
            Mark::Rule { rule, view, layers } => {
                speaks.by = "rule";
                (speaks.view, speaks.layers) = (Some(view.name()), layers);
                let Some(rule) = signal.detection.rules.get(usize::from(rule)) else {
                    return speaks;
                };
                let alone = f64::from(rule.confidence) / 100.0;
                speaks.alone = (alone > speaks.confidence + 0.005).then_some(alone);
                let evidence = self.seen.evidence(self.exchange, self.reading, ground);
                speaks.matched = evidence.map(|it| masked(&it, is_secret, &rule.pattern));
            }
        }
        speaks
    }

    /// Whether what stands there may hold something that nobody should see.
    fn is_secret(&self, at: At) -> bool {
        let leaves = self.reading.leaves();
        let is_hit = |is_there: &dyn Fn(u32) -> bool| {
            let mut sure = self
                .hits
                .iter()
                .filter(|it| it.confidence >= SECRET_PERCENT_MIN);
            sure.any(|it| is_there(it.leaf))
        };
        match at {
            At::Leaf(index) | At::Name(index) => {
                let Some(leaf) = leaves.get(index as usize) else {
                    return true;
                };
                let by_spot = match leaf.spot() {
                    Spot::RequestCookies | Spot::ResponseCookies => true,
                    Spot::RequestHeaders | Spot::ResponseHeaders => ![
                        "user-agent",
                        "referer",
                        "accept",
                        "content-type",
                        "x-forwarded-for",
                    ]
                    .contains(&leaf.name()),
                    _ => names_secret(leaf.name()),
                };
                by_spot || is_hit(&|it| it == index)
            }
            At::Spot(spot) => {
                is_hit(&|it| leaves.get(it as usize).is_some_and(|it| it.spot() == spot))
                    || spot == Spot::RequestBody && leaves.lost()
            }
            At::Request => true,
        }
    }
}

fn names_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    const WORDS: &[&str] = &[
        "pass", "pwd", "secret", "token", "auth", "apikey", "api_key", "api-key", "pin", "otp",
    ];
    WORDS.iter().any(|it| name.contains(it))
}

/// `answers` says that the answer shows something; the verdict is of the request.
fn decided(
    strongest: Option<&Signal<'_>>,
    answers: bool,
    thresholds: Thresholds,
) -> (Judgement, Decided) {
    let confidence = strongest.map_or(0.0, |it| it.confidence);
    let percent = |it: f32| (it * 100.0).round() as u8;
    let (attack, suspicious) = (percent(thresholds.attack), percent(thresholds.suspicious));
    let (judgement, why) = if confidence >= thresholds.attack {
        let why = format!("at least {attack} % sure, which makes an attack");
        (Judgement::Attack, why)
    } else if confidence >= thresholds.suspicious {
        let why = format!(
            "at least {suspicious} % sure, which is suspicious, and less than the {attack} % of an attack"
        );
        (Judgement::Suspicious, why)
    } else if confidence > 0.0 {
        (
            Judgement::Clean,
            format!("less sure than the {suspicious} % of what is suspicious"),
        )
    } else if answers {
        let why = "only the answer shows something, and the verdict is of the request";
        (Judgement::Clean, why.to_owned())
    } else {
        (Judgement::Clean, "nothing spoke for an attack".to_owned())
    };
    let decided = Decided {
        attack_from: attack,
        suspicious_from: suspicious,
        confidence: share(confidence),
        why,
    };
    (judgement, decided)
}

fn looked_at(reading: &Reading, seen: &Seen<'_>) -> LookedAt {
    let mut looked = LookedAt {
        texts: seen.texts,
        texts_closer: seen.texts_closer,
        ..LookedAt::default()
    };
    for spot in Spot::ALL {
        let values = reading
            .leaves()
            .iter()
            .filter(|it| it.spot() == spot)
            .count();
        if values > 0 {
            let spot = spot.prefix();
            looked.spots.push(SpotCount { spot, values });
        }
    }
    for leaf in reading
        .leaves()
        .iter()
        .filter(|it| !it.spot().is_response())
    {
        if let Value::Text(text) = leaf.value {
            let layers = layers(text.as_bytes());
            looked.encoded += usize::from(layers > 0);
            looked.layers_max = looked.layers_max.max(layers);
        }
    }
    looked
}

fn left_out(blemishes: Blemishes, seen: &Seen<'_>) -> Vec<String> {
    let mut all = Vec::new();
    if seen.exhausted {
        all.push("what came after the work for one exchange was used up".to_owned());
    }
    for (blemish, what) in [
        (
            Blemishes::LEAVES_LOST,
            "values beyond the most that are read of one exchange",
        ),
        (
            Blemishes::TRUNCATED,
            "the rest of a body that was cut before it came here",
        ),
        (
            Blemishes::HEADERS_CUT,
            "headers beyond the most that are read",
        ),
    ] {
        if blemishes.contains(blemish) {
            all.push(what.to_owned());
        }
    }
    all
}

fn sensitive(hits: &[Hit], reading: &Reading, catalogue: &Catalogue) -> Vec<Sensitive> {
    let mut all: Vec<Sensitive> = Vec::new();
    for hit in hits.iter().filter(|it| it.confidence >= TOLD_PERCENT_MIN) {
        let Some(leaf) = reading.leaves().get(hit.leaf as usize) else {
            continue;
        };
        let (Value::Text(text) | Value::Number(text)) = leaf.value else {
            continue;
        };
        let value = text.get(hit.from as usize..hit.to as usize);
        let (Some(info_type), Some(value)) = (catalogue.by_key(hit.info_type), value) else {
            continue;
        };
        let mut at = String::new();
        leaf.write_place(&mut at);
        let at = short(&at, PLACE_BYTES_MAX);
        if all
            .iter()
            .any(|it| it.at == at && *it.info_type == *info_type.id)
        {
            continue;
        }
        all.push(Sensitive {
            at,
            info_type: info_type.id.to_string(),
            title: info_type.title.to_string(),
            confidence: f64::from(hit.confidence) / 100.0,
            mask: printable(&mask(info_type, value)),
        });
    }
    all.sort_by(|one, two| two.confidence.total_cmp(&one.confidence));
    all.truncate(SENSITIVE_MAX);
    all
}

/// How the grounds make one confidence.
fn sum(signal: &Signal<'_>) -> String {
    let each: Vec<String> = signal
        .grounds
        .iter()
        .map(|it| percent(it.confidence))
        .collect();
    let total = percent(signal.confidence);
    if signal.grounds.iter().any(|it| it.in_document) {
        return format!(
            "{total}: it stands in a whole page or program, where much is found by chance, so the \
             strongest counts alone and four fifths of it"
        );
    }
    match each.as_slice() {
        [] | [_] => total,
        [first, rest @ ..] => {
            let rest = rest.join(" and ");
            format!("{first}, then {rest} of the doubt that is left: {total}")
        }
    }
}

/// `0.97`, for JSON.
fn share(confidence: f32) -> f64 {
    (f64::from(confidence) * 100.0).round() / 100.0
}

pub fn percent(confidence: f32) -> String {
    format!("{:.0} %", confidence * 100.0)
}

fn short(text: &str, bytes_max: usize) -> String {
    let cut = prefix(text, bytes_max);
    let more = if cut.len() < text.len() { "…" } else { "" };
    printable(cut) + more
}
