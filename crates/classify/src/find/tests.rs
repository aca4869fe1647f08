//! Exchanges and the hits in them.

use std::sync::LazyLock;

use gatewatch_decode::Reading;
use gatewatch_model::Exchange;
use gatewatch_model::exchange::Body;
use proptest::prelude::*;

use super::*;
use crate::catalogue::SHIPPED;
use crate::text::KEY_STEPS_MAX;
use crate::tokens::ListKey;

static FRESH: LazyLock<Classifier> = LazyLock::new(|| Classifier::new(Arc::new(SHIPPED.clone())));

/// One that has seen nothing.
fn classifier() -> Classifier {
    FRESH.clone()
}

/// Place, type and confidence of the hits in a request of that path and body.
fn hits(classifier: &mut Classifier, url: &str, body: &str) -> Vec<(String, String, u8)> {
    let reading = read(url, body);
    let on = Switches::all(&SHIPPED);
    let hits = classifier.find(reading.leaves(), &on).to_vec();
    hits.iter()
        .map(|hit| {
            let mut place = String::new();
            let leaf = reading.leaves().get(hit.leaf as usize).unwrap();
            leaf.write_place(&mut place);
            let info_type = SHIPPED.by_key(hit.info_type).unwrap();
            (place, info_type.id.to_string(), hit.confidence)
        })
        .collect()
}

fn read(url: &str, body: &str) -> Reading {
    let mut exchange = Exchange::default();
    exchange.request.method = "POST".into();
    exchange.request.url = url.into();
    exchange.request.headers = Some(vec![("content-type".into(), "application/json".into())]);
    exchange.request.body = Some(Body {
        bytes: body.as_bytes().into(),
        bytes_total: body.len() as u64,
    });
    let mut reading = Reading::default();
    reading.read(&exchange);
    reading
}

fn sure(url: &str, body: &str) -> Vec<(String, String)> {
    hits(&mut classifier(), url, body)
        .into_iter()
        .filter(|it| it.2 >= PERCENT_SURE)
        .map(|it| (it.0, it.1))
        .collect()
}

#[test]
fn in_a_form_within_a_text_each_name_speaks_for_its_own_value() {
    let text = "mode=enter&login=m.roe42&pwd=ex1*av2936a&remember=off&b1=send&to=blue";
    let body = serde_json::json!({ "sent": text }).to_string();
    let found = hits(&mut classifier(), "/", &body);
    let found = found.iter().filter(|it| it.2 >= PERCENT_SURE);
    let types = found.map(|it| it.1.as_str()).collect::<Vec<_>>();
    assert_eq!(types, ["password", "username"]);
}

#[test]
fn a_word_of_a_path_is_no_value_of_the_word_before() {
    assert_eq!(sure("/login/getState.json", "{}"), []);
    let place = "$.request.path[1]".to_owned();
    assert_eq!(sure("/login/m.roe42", "{}"), [(place, "username".into())]);
}

#[test]
fn names_of_operations_and_of_letters_are_no_people() {
    let body = r#"{"operation": {"@name": "Quote Parcel"}, "operationName": "DescribeRoutes",
        "fontFamily": "Example Grande", "phone": "23.12.0.143", "v": "1.2.0.5",
        "d": "M 9.5746,67.9388 89.446,86.1829"}"#;
    assert_eq!(sure("/", body), []);
}

#[test]
fn a_card_is_found_by_its_name_and_without() {
    for body in [
        r#"{"cardNumber":"4111 1111 1111 1111"}"#,
        r#"{"cardNumber":4111111111111111}"#,
    ] {
        let found = sure("/pay", body);
        assert_eq!(
            found,
            [("$.request.body.cardNumber".into(), "credit-card".into())]
        );
    }
    assert_eq!(sure("/pay", r#"{"extra":"5500005555555559"}"#).len(), 1);
}

#[test]
fn a_number_that_fails_its_check_is_none_whatever_its_name() {
    assert_eq!(sure("/pay", r#"{"cardNumber":"4111 1111 1111 1112"}"#), []);
}

#[test]
fn a_name_of_another_kind_keeps_a_number_below_a_half() {
    assert_eq!(sure("/pay", r#"{"orderId":"4111111111111111"}"#), []);
    let all = hits(
        &mut classifier(),
        "/pay",
        r#"{"orderId":"4111111111111111"}"#,
    );
    assert_eq!(all.len(), 1, "it still counts for its member");
}

#[test]
fn a_label_beside_a_value_stands_for_its_name() {
    let body = r#"{"items":[{"value":"4111111111111111","type":"card number"}]}"#;
    let mut classifier = classifier();
    let found = hits(&mut classifier, "/pay", body);
    assert!(found[0].1 == "credit-card" && found[0].2 > 90, "{found:?}");
    let bare = hits(
        &mut classifier,
        "/pay",
        r#"{"items":[{"value":"4111111111111111"}]}"#,
    );
    assert!(bare[0].2 < found[0].2);
}

#[test]
fn a_segment_of_the_path_names_the_next() {
    let found = hits(&mut classifier(), "/v1/card-number/4111111111111111", "{}");
    assert_eq!(found[0].0, "$.request.path[2]");
    assert!(found[0].2 > 90, "{found:?}");
}

#[test]
fn a_card_within_a_sentence_is_found_with_its_bytes() {
    let body = r#"{"note":"Please charge card number 4111 1111 1111 1111. Thanks"}"#;
    let reading = read("/pay", body);
    let mut classifier = classifier();
    let hits = classifier.find(reading.leaves(), &Switches::all(&SHIPPED));
    assert_eq!(hits.len(), 1, "{hits:?}");
    assert_eq!((hits[0].from, hits[0].to), (26, 45));
}

#[test]
fn a_type_that_is_switched_off_is_not_found() {
    let card = SHIPPED.find("credit-card").unwrap().key;
    let reading = read("/pay", r#"{"cardNumber":"4111111111111111"}"#);
    let on = Switches::without(&SHIPPED, &[card]);
    let mut classifier = classifier();
    let hits = classifier.find(reading.leaves(), &on);
    assert!(hits.iter().all(|it| it.info_type != card));
}

/// Types that a check digit or a fixed beginning proves.
fn is_certain(key: InfoTypeId) -> bool {
    let info_type = SHIPPED.by_key(key).unwrap();
    let mut patterns = info_type.patterns.iter();
    patterns.any(|it| it.alone >= 90 || it.check.is_some_and(|it| it.one_in >= 10))
}

#[test]
fn no_made_up_id_is_a_certain_type() {
    let mut seed = 7_u64;
    let mut dice = move || {
        seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let it = (seed ^ seed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        it ^ it >> 27
    };
    let on = Switches::all(&SHIPPED);
    let mut classifier = classifier();
    for _ in 0..1_000 {
        let values = (0..25)
            .map(|_| {
                let (one, two) = (dice(), dice());
                let uuid = format!(
                    "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
                    one as u32,
                    one >> 48,
                    one >> 36 & 0xfff,
                    two & 0xfff,
                    two >> 16
                );
                let hash = format!("{one:016x}{two:016x}");
                let (epoch, order) = (
                    1_600_000_000_000 + one % 200_000_000_000,
                    two % 10_000_000_000,
                );
                format!(r#"{{"id":"{uuid}","hash":"{hash}","at":{epoch},"orderId":"{order:010}"}}"#)
            })
            .collect::<Vec<_>>();
        let reading = read("/events", &format!("[{}]", values.join(",")));
        let hits = classifier.find(reading.leaves(), &on).iter();
        let wrong = hits.filter(|it| it.confidence >= PERCENT_SURE && is_certain(it.info_type));
        let wrong = wrong
            .map(|it| &*SHIPPED.by_key(it.info_type).unwrap().id)
            .collect::<Vec<_>>();
        assert!(wrong.is_empty(), "{wrong:?}");
    }
}

proptest! {
    #[test]
    fn what_was_seen_before_changes_nothing(
        names in prop::collection::vec("[a-zA-Z_]{1,12}", 1..8),
        value in "[0-9 -]{4,20}|4111111111111111|[a-z@. ]{0,30}",
    ) {
        let body = names.iter().map(|it| format!("{it:?}:{value:?}")).collect::<Vec<_>>();
        let body = format!("{{{}}}", body.join(","));
        let mut used = classifier();
        hits(&mut used, "/card/4111111111111111", r#"{"card":"4111111111111111","type":"x"}"#);
        let first = hits(&mut used, "/a/b", &body);
        prop_assert_eq!(&first, &hits(&mut used, "/a/b", &body));
        prop_assert_eq!(first, hits(&mut classifier(), "/a/b", &body));
    }
}

#[test]
fn the_prefix_of_a_name_space_says_nothing() {
    let found = |name: &str| {
        let body = serde_json::json!({ name: "C01X00T47" }).to_string();
        let found = hits(&mut classifier(), "/", &body);
        found.into_iter().map(|it| (it.1, it.2)).collect::<Vec<_>>()
    };
    let plain = found("Passport");
    assert_eq!(plain[0].0, "de-passport", "no other has its form");
    for name in ["p:Passport", "ns12:Passport", "schema:passport"] {
        assert_eq!(found(name), plain, "{name}");
    }
}

/// How many steps a type of one's own takes that reads on from each beginning of an armoured key.
fn key_steps(text: &str) -> (usize, usize) {
    let own = "id = 'armour'\ntitle = 'Armour'\nseverity = 'low'\nalone = 90\n\
        pattern = '-----BEGIN [A-Z -]*[\\x20-\\x7e]*-----END'\n\
        examples = ['{\"a\": \"-----BEGIN X-----END\"}']\ncounter_examples = ['{\"a\": \"b\"}']\n";
    let catalogue = SHIPPED
        .with(&[("armour.toml", own)], ListKey::None)
        .unwrap();
    let on = Switches::all(&catalogue);
    let mut classifier = Classifier::new(Arc::new(catalogue));
    let (compiled, work) = (&*classifier.compiled, &mut classifier.work);
    let target = Target {
        compiled,
        on: &on,
        leaf: 0,
    };
    let countries = [];
    let setting = Setting {
        names: &[],
        wanted: &[],
        beside: &[],
        ground: Ground::Name,
        tone: Tone::default(),
        countries: &countries,
    };
    let steps = work.read_keys(target, text, &setting);
    (steps, work.hits.len())
}

#[test]
fn a_pattern_of_ones_own_does_not_read_on_from_each_of_many_beginnings() {
    let (few, _) = key_steps(&"-----BEGIN ".repeat(4));
    assert!((40..2_000).contains(&few), "{few}");
    let (many, _) = key_steps(&"-----BEGIN ".repeat(744));
    assert_eq!(
        many, KEY_STEPS_MAX,
        "it is bounded, and the bound is reached"
    );
    let chain = format!("{} -----BEGIN X-----END", "-----BEGIN ".repeat(4));
    assert_eq!(key_steps(&chain).1, 1);
}
