//! What the first stage finds, and what it is told not to.

use std::borrow::Cow;

use gatewatch_model::exchange::{Body, Response};
use gatewatch_model::info_type::Category;
use gatewatch_model::record::Stream;
use gatewatch_model::sensitivity::{Home, Sensitivity};

use super::*;

fn call(fold: &mut ExchangeFold, position: u64, path: &str) {
    call_host(fold, position, "shop.example", path);
}

fn call_host(fold: &mut ExchangeFold, position: u64, host: &str, path: &str) {
    let mut exchange = get(path);
    exchange.request.url = format!("https://{host}/{path}").into();
    let body: Cow<'_, [u8]> = br#"{"card":"4539578763621486"}"#.as_slice().into();
    exchange.response = Some(Response {
        status: Some(200),
        headers: Some(vec![("content-type".into(), "application/json".into())]),
        body: Some(Body {
            bytes_total: body.len() as u64,
            bytes: body,
        }),
        ..Response::default()
    });
    arrive(fold, position, exchange);
}

fn get(path: &str) -> Exchange<'static> {
    let mut exchange = Exchange::default();
    exchange.request.method = "GET".into();
    exchange.request.url = format!("https://shop.example/{path}").into();
    exchange
}

fn arrive(fold: &mut ExchangeFold, position: u64, exchange: Exchange<'_>) {
    let arrival = Arrival {
        received: Timestamp::from_seconds(1_000),
        stream: Stream::Live,
        source: "edge".into(),
        scope: "/a/b".into(),
        external: None,
        exchange,
    };
    fold.fold(Position(position), &Record::Arrival(arrival));
}

fn say(fold: &mut ExchangeFold, revision: u64, scope: &str, on: bool) {
    let categories = vec![(Category::Finance, on)];
    let said = Sensitivity {
        categories,
        ..Sensitivity::default()
    };
    tell(fold, revision, scope, said);
}

fn tell(fold: &mut ExchangeFold, revision: u64, scope: &str, said: Sensitivity) {
    let control = Control::Classify {
        scope: scope.into(),
        sensitivity: Box::new(said),
    };
    let numbered = NumberedControl {
        revision,
        at: Timestamp::ZERO,
        control,
    };
    fold.fold(Position(revision * 100), &Record::Control(numbered));
}

/// Types of all rows that are written, and how many discoveries.
fn told(fold: &mut ExchangeFold) -> (Vec<Box<str>>, usize) {
    let effects = fold.drain();
    let rows = effects.endpoints.into_iter();
    let types = rows
        .flat_map(|it| it.facts.sensitive)
        .map(|it| it.info_type);
    (types.collect(), effects.discoveries.len())
}

#[test]
fn what_is_switched_off_in_a_scope_is_told_no_more_until_it_is_on_again() {
    let card = || Box::<str>::from("credit-card");
    let mut fold = ExchangeFold::default();
    call(&mut fold, 1, "one");
    assert_eq!(told(&mut fold), (vec![card()], 1));
    say(&mut fold, 1, "/a", false);
    assert_eq!(told(&mut fold), (vec![], 0));
    let mut bytes = Vec::new();
    fold.encode(&mut bytes);
    let mut fold = ExchangeFold::decode(&bytes).unwrap();
    call(&mut fold, 101, "two");
    assert_eq!(told(&mut fold), (vec![], 0));
    say(&mut fold, 2, "/a/b", true);
    // What was found before is still known; what was not looked at is not.
    assert_eq!(told(&mut fold), (vec![card()], 0));
    call(&mut fold, 201, "two");
    assert_eq!(told(&mut fold), (vec![card()], 1));
}

#[test]
fn a_collection_outranks_its_scope_from_its_first_exchange_on() {
    let card = || vec![Box::<str>::from("credit-card")];
    let mut fold = ExchangeFold::default();
    call(&mut fold, 1, "one");
    let collection = fold.drain().collections[0].id;
    let scope = "/a/b";
    let place = Home { scope, collection }.place();
    let mut fold = ExchangeFold::default();
    say(&mut fold, 1, scope, false);
    say(&mut fold, 2, &place, true);
    let mut bytes = Vec::new();
    fold.encode(&mut bytes);
    let mut fold = ExchangeFold::decode(&bytes).unwrap();
    call_host(&mut fold, 301, "bank.example", "one");
    assert_eq!(told(&mut fold), (vec![], 0), "as its scope");
    call(&mut fold, 302, "one");
    assert_eq!(told(&mut fold), (card(), 1));
    say(&mut fold, 4, scope, true);
    say(&mut fold, 5, &place, false);
    call_host(&mut fold, 601, "bank.example", "one");
    call(&mut fold, 602, "one");
    assert_eq!(told(&mut fold), (card(), 1), "of the bank alone");
}

#[test]
fn what_is_not_as_sure_as_a_collection_asks_for_is_not_told_of_it() {
    let mut fold = ExchangeFold::default();
    call(&mut fold, 1, "one");
    call_host(&mut fold, 2, "bank.example", "one");
    let effects = fold.drain();
    let confidence = effects.endpoints[0].facts.sensitive[0].confidence;
    let mut all = effects.collections.iter();
    let collection = all.find(|it| &*it.name == "shop.example");
    let collection = collection.unwrap().id;
    let scope = "/a/b";
    let place = Home { scope, collection }.place();
    for (revision, percent, both) in [(1, confidence + 1, false), (2, confidence, true)] {
        let said = Sensitivity {
            type_confidences: vec![("credit-card".into(), percent)],
            ..Sensitivity::default()
        };
        tell(&mut fold, revision, &place, said);
        call(&mut fold, revision * 100 + 1, "one");
        call_host(&mut fold, revision * 100 + 2, "bank.example", "one");
        assert_eq!(told(&mut fold).0.len(), 1 + usize::from(both), "{percent}");
    }
}

#[test]
fn where_proxies_say_that_a_caller_is_makes_nothing_sensitive() {
    let mut fold = ExchangeFold::default();
    let mut of = |position, header: &'static str, value: &'static str| {
        let mut exchange = get("one");
        exchange.request.headers = Some(vec![(header.into(), value.into())]);
        arrive(&mut fold, position, exchange);
        let found = fold.classification.hits().len();
        (found, told(&mut fold))
    };
    let mut hits = 0;
    for (position, header) in (1..).zip([
        "x-forwarded-for",
        "X-Real-IP",
        "true-client-ip",
        "cf-connecting-ip",
        "x-client-ip",
        "x-azure-clientip",
        "x-azure-socketip",
        "x-envoy-external-address",
        "x-original-forwarded-for",
        "forwarded",
    ]) {
        let (found, told) = of(position, header, "198.51.100.7");
        hits += found;
        assert_eq!(told, (vec![], 0), "{header}");
    }
    assert!(hits > 5, "whoever asks for the hits still gets them");
    let (_, (types, discoveries)) = of(100, "x-customer-ip", "198.51.100.7");
    assert!(!types.is_empty() && discoveries > 0, "{types:?}");
}

#[test]
fn a_credential_where_it_belongs_authenticates_and_makes_nothing_sensitive() {
    let key = "k3J9vQ2mXw7LpR5tYb8NcD4fH6gS1aZe";
    let say = |fold: &mut ExchangeFold, revision, scope: &str, counts| {
        let said = Sensitivity {
            credentials_in_place: counts,
            ..Sensitivity::default()
        };
        tell(fold, revision, scope, said);
    };
    let mut fold = ExchangeFold::default();
    for position in 1..=8 {
        let mut exchange = get("orders");
        exchange.request.headers = Some(vec![
            ("x-api-key".into(), key.into()),
            ("x-note".into(), "fine".into()),
        ]);
        arrive(&mut fold, position, exchange);
    }
    let effects = fold.drain();
    let facts = &effects.endpoints[0].facts;
    assert_eq!(
        (&facts.sensitive[..], effects.discoveries.len()),
        (&[][..], 0)
    );
    assert_eq!(&*facts.in_place[0].info_type, "api-key");
    assert_eq!(&*facts.in_place[0].places[0], "x-api-key");
    // The nearest scope that speaks of it decides.
    say(&mut fold, 1, "/", Some(true));
    assert_eq!(told(&mut fold).0, ["api-key".into()]);
    say(&mut fold, 2, "/a", Some(false));
    assert!(told(&mut fold).0.is_empty());
    say(&mut fold, 3, "/a/b", None);
    assert!(told(&mut fold).0.is_empty());
    // In a URL it is no less secret than elsewhere.
    arrive(&mut fold, 400, get(&format!("orders?api_key={key}")));
    let (types, discoveries) = told(&mut fold);
    assert_eq!((types, discoveries), (vec!["api-key".into()], 1));
}
