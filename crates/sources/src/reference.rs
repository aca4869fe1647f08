//! The reference exchange, for measuring: 0.5 KB of heads, 0.5 KB of request body, 1 KB of
//! response body, JSON. Every budget of the design speaks of it.

use core::fmt::Write;
use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr};

use gatewatch_model::Exchange;
use gatewatch_model::exchange::{Body, Headers, Request, Response};

const REQUEST_BODY_BYTES: usize = 512;
const RESPONSE_BODY_BYTES: usize = 1024;
const ENDPOINTS_PER_HOST: u32 = RESOURCES.len() as u32;

/// The exchange of that number among exchanges to `endpoints` endpoints from `callers` callers:
/// always the same one for the same arguments. It has no time; its receive stamp will do.
pub fn reference_exchange(seed: u64, endpoints: u32, callers: u32) -> Exchange<'static> {
    let mut dice = Dice(seed);
    let endpoint = dice.below(endpoints.max(1));
    let caller = dice.below(callers.max(1));
    Exchange {
        id: Some(format!("ref-{seed:012x}").into()),
        caller_ip: Some(address(caller)),
        request: request(endpoint, caller, &mut dice),
        response: Some(response(&mut dice)),
        ..Exchange::default()
    }
}

fn request(endpoint: u32, caller: u32, dice: &mut Dice) -> Request<'static> {
    let resource = RESOURCES[(endpoint % ENDPOINTS_PER_HOST) as usize];
    let host = format!("api-{}.example.com", endpoint / ENDPOINTS_PER_HOST);
    let body = document(dice, REQUEST_BODY_BYTES);
    let methods = ["POST", "PUT", "PATCH"];
    Request {
        method: methods[endpoint as usize % methods.len()].into(),
        url: format!("/v1/{resource}/{}?expand=lines", 1 + dice.below(1_000_000)).into(),
        headers: Some(request_headers(host, caller)),
        body: Some(body),
    }
}

fn request_headers(host: String, caller: u32) -> Headers<'static> {
    let token = format!("Bearer sample-{:064x}", Dice(caller.into()).next());
    let length = REQUEST_BODY_BYTES.to_string();
    vec![
        ("host".into(), host.into()),
        (
            "user-agent".into(),
            "Mozilla/5.0 (X11; Linux x86_64) orders-app/4.2.1 build-20261121".into(),
        ),
        ("accept".into(), "application/json".into()),
        ("accept-encoding".into(), "gzip, br".into()),
        ("content-type".into(), "application/json".into()),
        ("content-length".into(), length.into()),
        ("authorization".into(), token.into()),
        ("x-request-id".into(), format!("{caller:032x}").into()),
    ]
}

fn response(dice: &mut Dice) -> Response<'static> {
    let status = match dice.below(100) {
        0 => 500,
        1..=4 => 404,
        _ => 200,
    };
    let length = RESPONSE_BODY_BYTES.to_string();
    Response {
        status: Some(status),
        headers: Some(vec![
            ("content-type".into(), "application/json".into()),
            ("content-length".into(), length.into()),
            ("cache-control".into(), "no-store".into()),
            ("date".into(), "Sat, 21 Nov 2026 08:00:00 GMT".into()),
        ]),
        body: Some(document(dice, RESPONSE_BODY_BYTES)),
        latency_micros: Some(1_000 + u64::from(dice.below(50_000))),
    }
}

/// A JSON document of exactly that many bytes.
fn document(dice: &mut Dice, bytes: usize) -> Body<'static> {
    let name = WORDS[dice.below(WORDS.len() as u32) as usize];
    let mut text = String::with_capacity(bytes);
    // Writing to a String cannot fail.
    let _ = write!(
        text,
        r#"{{"id":{},"customer":{{"name":"{name}","email":"{name}@mail.example","city":"Utrecht"}},"lines":["#,
        dice.below(1_000_000),
    );
    let mut comma = "";
    while text.len() + 160 < bytes {
        let _ = write!(
            text,
            r#"{comma}{{"sku":"A{:05}","quantity":{},"price":{}.95,"gift":false}}"#,
            dice.below(100_000),
            1 + dice.below(9),
            dice.below(500),
        );
        comma = ",";
    }
    text.push_str(r#"],"note":""#);
    while text.len() + 2 < bytes {
        let word = WORDS[dice.below(WORDS.len() as u32) as usize];
        let room = bytes - 2 - text.len();
        text.extend(word.chars().chain([' ']).take(room));
    }
    text.push_str(r#""}"#);
    Body {
        bytes_total: text.len() as u64,
        bytes: Cow::Owned(text.into_bytes()),
    }
}

/// Callers live in 10.0.0.0/8, each at an address of its own.
fn address(caller: u32) -> IpAddr {
    Ipv4Addr::from_bits(0x0a00_0000 | caller & 0x00ff_ffff).into()
}

/// SplitMix64: small, and the same on every machine.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut it = self.0;
        it = (it ^ (it >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        it = (it ^ (it >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        it ^ (it >> 31)
    }

    fn below(&mut self, end: u32) -> u32 {
        (((self.next() >> 32) * u64::from(end)) >> 32) as u32
    }
}

#[rustfmt::skip]
static RESOURCES: [&str; 50] = [
    "accounts", "addresses", "articles", "audits", "baskets", "batches", "bills", "bookings",
    "branches", "campaigns", "carriers", "carts", "catalogs", "claims", "clients", "comments",
    "contacts", "contracts", "coupons", "customers", "deliveries", "devices", "discounts",
    "documents", "drivers", "employees", "events", "groups", "invoices", "items", "labels",
    "leads", "locations", "messages", "offers", "orders", "parcels", "payments", "products",
    "quotes", "refunds", "returns", "reviews", "routes", "shipments", "stocks", "suppliers",
    "tickets", "vehicles", "vouchers",
];

#[rustfmt::skip]
static WORDS: [&str; 16] = [
    "amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heron",
    "inlet", "juniper", "kestrel", "larch", "maple", "north", "osprey", "poplar",
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn head_bytes(exchange: &Exchange<'_>) -> usize {
        let response = exchange.response.as_ref().unwrap();
        [&exchange.request.headers, &response.headers]
            .into_iter()
            .flat_map(|it| it.iter().flatten())
            .map(|(name, value)| name.len() + value.len() + 4)
            .sum::<usize>()
            + exchange.request.url.len()
    }

    #[test]
    fn the_reference_exchange_has_the_sizes_it_claims() {
        for seed in 0..200 {
            let exchange = reference_exchange(seed, 10_000, 200_000);
            let heads = head_bytes(&exchange);
            assert!((480..=540).contains(&heads), "{heads}");
            let body = exchange.request.body.unwrap();
            assert_eq!(body.bytes.len(), REQUEST_BODY_BYTES);
            let answer = exchange.response.unwrap().body.unwrap();
            assert_eq!(answer.bytes.len(), RESPONSE_BODY_BYTES);
            assert!(is_json(&body.bytes) && is_json(&answer.bytes));
        }
    }

    fn is_json(bytes: &[u8]) -> bool {
        let line = [b"{\"ignored\":".as_slice(), bytes, b"}"].concat();
        let why = gatewatch_wire::exchange_file::read(&line).unwrap_err();
        // All of it was read, and only then found to be no exchange.
        why.reason.starts_with("`request` is missing")
    }

    #[test]
    fn a_seed_always_means_the_same_exchange() {
        assert_eq!(
            reference_exchange(7, 100, 10),
            reference_exchange(7, 100, 10)
        );
        assert_ne!(
            reference_exchange(7, 100, 10),
            reference_exchange(8, 100, 10)
        );
    }

    #[test]
    fn endpoints_and_callers_are_as_many_as_asked() {
        let exchanges: Vec<_> = (0..5_000)
            .map(|it| reference_exchange(it, 100, 50))
            .collect();
        let callers: HashSet<_> = exchanges.iter().map(|it| it.caller_ip).collect();
        assert_eq!(callers.len(), 50);
        let endpoints: HashSet<_> = exchanges
            .iter()
            .map(|it| {
                let resource = it.request.url.split('/').nth(2).unwrap().to_owned();
                (it.request_header("host").unwrap().to_owned(), resource)
            })
            .collect();
        assert_eq!(endpoints.len(), 100);
    }
}
