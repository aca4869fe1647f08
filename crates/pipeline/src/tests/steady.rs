//! What a member is taken for settles: of whatever kind its values are, it changes its type at
//! most once in 10,000 exchanges. One endpoint carries a member of each kind in its answer, and
//! what the store is told of them is looked at after each exchange.

use std::collections::BTreeMap;

use gatewatch_model::exchange::{Body, Response};
use gatewatch_model::info_type::SENSITIVE_CONFIDENCE_MIN;
use gatewatch_model::record::{Arrival, Stream};
use gatewatch_model::{Exchange, Position, Record};
use gatewatch_testkit::Rng;

use super::world::START;
use crate::fold::{ExchangeFold, Fold};

const EXCHANGES: u64 = 10_000;
/// Folds of each kind, every one of other values.
const SEEDS: u64 = if cfg!(debug_assertions) { 1 } else { 8 };
/// Exchanges after each of which the store is asked; from then on after every so many.
const EACH_UNTIL: u64 = 300;
const THEN_EVERY: u64 = 7;

/// Makes the next value of a member, of which so many came before.
type Make = fn(&mut Rng, u64) -> String;

/// A kind of values under names that speak for it, against it, and not at all.
struct Kind {
    names: [&'static str; 3],
    make: Make,
}

#[rustfmt::skip]
static KINDS: &[Kind] = &[
    Kind { names: ["cardNumber", "k01", "orderNumber"], make: |rng, _| with_luhn("4", 16, rng) },
    Kind { names: ["k02", "cardNumber", "trackingId"], make: |rng, _| digits(16, rng) },
    Kind { names: ["k03", "orderId", "accountNumber"], make: |rng, _| digits(12, rng) },
    Kind { names: ["k04", "invoice", "bsn"], make: |rng, _| digits(9, rng) },
    Kind { names: ["k05", "ticket", "npi"], make: |rng, _| digits(10, rng) },
    Kind { names: ["k06", "reference", "taxNumber"], make: |rng, _| digits(11, rng) },
    Kind { names: ["k07", "batch", "dob"], make: |rng, _| digits(8, rng) },
    Kind { names: ["k08", "position", "imei"], make: |rng, _| digits(15, rng) },
    Kind { names: ["k09", "serial", "nhsNumber"], make: |rng, _| with_luhn("", 10, rng) },
    Kind { names: ["k10", "sequence", "customerId"], make: |_, number| (4_500_000_000 + number).to_string() },
    Kind { names: ["k11", "createdAt", "timestamp"], make: |_, number| (1_795_248_000_000 + number * 60_000).to_string() },
    Kind { names: ["phone", "k12", "ticketNumber"], make: |rng, _| format!("+1{}{}", 2 + rng.below(8), digits(9, rng)) },
    Kind { names: ["phone", "k13", "caseNumber"], make: |rng, _| format!("0{}", digits(10, rng)) },
    Kind { names: ["iban", "k14", "reference"], make: |rng, _| iban(rng) },
    Kind { names: ["customerName", "k15", "title"], make: |rng, _| format!("{} {}", rng.pick(FIRST), rng.pick(LAST)) },
    Kind { names: ["firstName", "k16", "label"], make: |rng, _| (*rng.pick(FIRST)).into() },
    Kind { names: ["birthDate", "k17", "shippedAt"], make: |rng, _| date(rng) },
    Kind { names: ["ssn", "k18", "sku"], make: |rng, _| format!("{:03}-{:02}-{:04}", 1 + rng.below(899), 1 + rng.below(99), 1 + rng.below(9_999)) },
    Kind { names: ["ssn", "k19", "orderNumber"], make: |rng, _| format!("{:03}{:02}{:04}", 1 + rng.below(899), 1 + rng.below(99), 1 + rng.below(9_999)) },
    Kind { names: ["bsn", "k20", "number"], make: |rng, _| bsn(rng) },
    Kind { names: ["dni", "k21", "code"], make: |rng, _| dni(rng) },
    Kind { names: ["postalCode", "k22", "amount"], make: |rng, _| digits(5, rng) },
    Kind { names: ["postcode", "k23", "slot"], make: |rng, _| format!("{}{}{} {}{}{}", letters(2, rng), rng.below(10), rng.below(10), rng.below(10), letters(1, rng), letters(1, rng)) },
    Kind { names: ["apiKey", "k24", "etag"], make: |rng, _| hex(32, rng) },
    Kind { names: ["token", "k25", "checksum"], make: |rng, _| hex(64, rng) },
    Kind { names: ["secret", "k26", "cursor"], make: |rng, _| letters_and_digits(40, rng) },
    Kind { names: ["sessionId", "k27", "requestId"], make: |rng, _| format!("{}-{}-4{}-a{}-{}", hex(8, rng), hex(4, rng), hex(3, rng), hex(3, rng), hex(12, rng)) },
    Kind { names: ["passport", "k28", "flight"], make: |rng, _| letters(2, rng) + &digits(7, rng) },
    Kind { names: ["passportNumber", "k29", "plate"], make: |rng, _| letters(1, rng) + &digits(8, rng) },
    Kind { names: ["driverLicense", "k30", "part"], make: |rng, _| letters(1, rng) + &digits(7, rng) },
    Kind { names: ["email", "k31", "subject"], make: |rng, _| format!("{}{}@mail.example", rng.pick(FIRST).to_lowercase(), rng.below(999)) },
    Kind { names: ["clientIp", "k32", "version"], make: |rng, _| format!("{}.{}.{}.{}", 1 + rng.below(223), rng.below(256), rng.below(256), rng.below(256)) },
    Kind { names: ["latitude", "k33", "price"], make: |rng, _| format!("{}.{}", rng.below(90), digits(5, rng)) },
    // Now this, now that.
    Kind { names: ["k34", "value", "payment"], make: |rng, _| if rng.chance(0.5) { with_luhn("4", 16, rng) } else { digits(16, rng) } },
    Kind { names: ["k35", "contact", "note"], make: |rng, _| if rng.chance(0.1) { format!("{}@mail.example", hex(6, rng)) } else { (*rng.pick(WORDS)).into() } },
    Kind { names: ["k36", "contact", "login"], make: |rng, _| if rng.chance(0.5) { format!("{}@mail.example", hex(6, rng)) } else { format!("+4930{}", digits(8, rng)) } },
    Kind { names: ["k37", "comment", "description"], make: |rng, _| comment(rng) },
    Kind { names: ["k38", "id", "account"], make: |rng, _| if rng.chance(0.5) { iban(rng) } else { digits(10, rng) } },
    Kind { names: ["k39", "document", "taxId"], make: |rng, _| if rng.chance(0.5) { bsn(rng) } else { dni(rng) } },
    Kind { names: ["k40", "status", "gender"], make: |rng, _| (*rng.pick(WORDS)).into() },
];

/// Each calls members by one of the names of their kind.
static ENDPOINTS: [&str; 3] = ["customers", "orders", "parcels"];

static FIRST: &[&str] = &[
    "Ada", "Grace", "Alan", "Edsger", "Barbara", "Ken", "Maria", "Jan",
];
static LAST: &[&str] = &[
    "Lovelace", "Hopper", "Turing", "Dijkstra", "Liskov", "Smith", "Novak",
];
static WORDS: &[&str] = &[
    "open", "paid", "female", "standard", "male", "blue", "express", "none",
];

fn digits(count: usize, rng: &mut Rng) -> String {
    (0..count)
        .map(|_| char::from(b'0' + rng.below(10) as u8))
        .collect()
}

fn letters(count: usize, rng: &mut Rng) -> String {
    (0..count)
        .map(|_| char::from(b'A' + rng.below(26) as u8))
        .collect()
}

fn hex(count: usize, rng: &mut Rng) -> String {
    (0..count)
        .map(|_| char::from(b"0123456789abcdef"[rng.below(16) as usize]))
        .collect()
}

fn letters_and_digits(count: usize, rng: &mut Rng) -> String {
    let sign = |rng: &mut Rng| match rng.below(62) as u8 {
        it @ 0..10 => b'0' + it,
        it @ 10..36 => b'A' + it - 10,
        it => b'a' + it - 36,
    };
    (0..count).map(|_| char::from(sign(rng))).collect()
}

fn date(rng: &mut Rng) -> String {
    format!(
        "{}-{:02}-{:02}",
        1940 + rng.below(65),
        1 + rng.below(12),
        1 + rng.below(28)
    )
}

/// So many digits, the last of which is the check digit of Luhn.
fn with_luhn(prefix: &str, count: usize, rng: &mut Rng) -> String {
    let body = format!("{prefix}{}", digits(count - 1 - prefix.len(), rng));
    let double = |it: u32| if it > 4 { it * 2 - 9 } else { it * 2 };
    let all = body.bytes().rev().map(|it| u32::from(it - b'0'));
    let sum: u32 = all
        .enumerate()
        .map(|(at, it)| if at % 2 == 0 { double(it) } else { it })
        .sum();
    format!("{body}{}", (10 - sum % 10) % 10)
}

/// Of Germany.
fn iban(rng: &mut Rng) -> String {
    let account = digits(18, rng);
    let number = format!("{account}131400");
    let rest = number
        .bytes()
        .fold(0, |rest, it| (rest * 10 + u32::from(it - b'0')) % 97);
    format!("DE{:02}{account}", 98 - rest)
}

fn bsn(rng: &mut Rng) -> String {
    loop {
        let number = format!("{}{}", 1 + rng.below(9), digits(7, rng));
        let weights = (2..=9).rev();
        let sum: u32 = number
            .bytes()
            .zip(weights)
            .map(|(it, by)| u32::from(it - b'0') * by)
            .sum();
        if sum % 11 < 10 {
            return format!("{number}{}", sum % 11);
        }
    }
}

fn dni(rng: &mut Rng) -> String {
    let number = rng.below(100_000_000);
    let letter = b"TRWAGMYFPDXBNJZSQVHLCKE"[(number % 23) as usize];
    format!("{number:08}{}", char::from(letter))
}

fn comment(rng: &mut Rng) -> String {
    match rng.below(100) {
        0 => format!(
            "please call {} on +1 415 555 0{}",
            rng.pick(FIRST),
            digits(3, rng)
        ),
        1 => format!("paid with {}", with_luhn("4", 16, rng)),
        2 => format!("mail to {}@mail.example", hex(5, rng)),
        _ => format!(
            "{} {} {}",
            rng.pick(WORDS),
            rng.pick(WORDS),
            rng.pick(WORDS)
        ),
    }
}

/// One exchange whose answer has a member of each kind, under the names of one of the endpoints.
fn exchange(rng: &mut Rng, number: u64) -> Exchange<'static> {
    let (endpoint, call) = (number as usize % ENDPOINTS.len(), number / 3);
    let members = KINDS.iter().enumerate().map(|(at, kind)| {
        let (name, value) = (kind.names[endpoint], (kind.make)(rng, call));
        // Each in an object of its own: what stands beside a member is evidence too.
        format!("\"m{at}\":{{\"{name}\":\"{value}\"}}")
    });
    let members = members.collect::<Vec<_>>().join(",");
    let body = format!("{{{members}}}").into_bytes();
    let mut exchange = Exchange::default();
    exchange.request.method = "GET".into();
    exchange.request.url = format!("https://shop.example/{}", ENDPOINTS[endpoint]).into();
    exchange.response = Some(Response {
        status: Some(200),
        headers: Some(vec![("content-type".into(), "application/json".into())]),
        body: Some(Body {
            bytes_total: body.len() as u64,
            bytes: body.into(),
        }),
        ..Response::default()
    });
    exchange
}

/// What each member was told to be, each time it was something else than before.
type Told = BTreeMap<Box<str>, Vec<(u64, Box<str>)>>;

fn look(fold: &mut ExchangeFold, number: u64, told: &mut Told) {
    for row in fold.drain().profiles {
        for member in row.members {
            let sure = member
                .hits
                .iter()
                .find(|it| it.confidence >= SENSITIVE_CONFIDENCE_MIN);
            let is = sure.map_or_else(|| "nothing".into(), |it| it.info_type.clone());
            let were = told
                .entry(member.path)
                .or_insert_with(|| vec![(0, "nothing".into())]);
            if were.last().is_some_and(|it| it.1 != is) {
                were.push((number, is));
            }
        }
    }
}

#[test]
fn a_member_of_one_kind_changes_its_type_at_most_once() {
    let mut restless = Vec::new();
    for seed in 0..SEEDS {
        let mut rng = Rng::new(seed + 1);
        let mut fold = ExchangeFold::default();
        let mut told = Told::new();
        for number in 0..EXCHANGES * 3 {
            // A minute apart, so that the store is told of each what has changed.
            let at = START.plus_seconds(60 * number.cast_signed());
            let arrival = Arrival {
                received: at,
                stream: Stream::Live,
                source: "edge".into(),
                scope: "/".into(),
                external: None,
                exchange: Exchange {
                    at: Some(at),
                    ..exchange(&mut rng, number)
                },
            };
            fold.fold(Position(number + 1), &Record::Arrival(arrival));
            if number < EACH_UNTIL || number % THEN_EVERY == 0 {
                fold.fold(Position(number + 1), &Record::Tick(at));
                look(&mut fold, number, &mut told);
            }
        }
        assert!(told.len() >= KINDS.len() * 2, "{} members", told.len());
        // What it was at first is no change.
        let changes = |it: &Vec<(u64, Box<str>)>| it.len().saturating_sub(2);
        let all = told.into_iter().filter(|it| changes(&it.1) > 1);
        restless.extend(all.map(|it| (seed, it)));
    }
    assert!(restless.is_empty(), "{restless:#?}");
}
