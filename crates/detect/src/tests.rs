//! The catalogue proves itself: each rule fires on its examples and keeps quiet on the others.

use std::fmt::Write;
use std::sync::Arc;

use gatewatch_decode::Reading;
use gatewatch_model::Exchange;
use gatewatch_model::exchange::{Body, Response};
use gatewatch_model::signal::Judgement;
use proptest::prelude::*;

use crate::limits::{GROUNDS_MAX, STEPS_MAX};
use crate::seen::Seen;
use crate::{Compiled, Detector, SHIPPED};

fn escaped(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "%{byte:02x}");
        out
    })
}

#[test]
fn every_rule_fires_on_its_examples_and_on_no_other() {
    let mut prover = Arc::new(Compiled::new(SHIPPED.clone()).unwrap_or_default()).prover();
    for detection in &SHIPPED.list {
        for rule in &detection.rules {
            let examples = [&rule.fires, &rule.quiet];
            assert!(examples.iter().all(|it| !it.is_empty()), "{}", rule.id);
        }
        assert_eq!(prover.prove(detection), []);
    }
}

/// One text in the query.
fn check(text: &str, expected: Judgement) {
    let (mut detector, mut reading) = (Detector::default(), Reading::default());
    let mut exchange = Exchange::default();
    exchange.request.method = "GET".into();
    exchange.request.url = format!("/search?q={}", escaped(text)).into();
    reading.read(&exchange);
    let seen = detector.see(&exchange, &reading);
    let why: Vec<String> = seen
        .signals()
        .flat_map(|it| it.marks().map(str::to_owned).collect::<Vec<_>>())
        .collect();
    assert_eq!(seen.judgement(), expected, "{text}: {why:?}");
}

#[test]
fn evasions_are_unwound() {
    for text in [
        "1%2527%2520union%2520select%25201,2--",
        "1 uni%u006fn sel%u0065ct 1,2",
        "1\u{ff07} or 1=1 union\u{3000}select 1",
        "1 /*!50000UnIoN*//**/SeLeCt/**/1,2",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "\\u003cscript\\u003ealert(1)",
        "\\74script\\76alert(1)",
        "\u{ff1c}script\u{ff1e}alert(1)",
        "+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
        "<\0s\0c\0r\0i\0p\0t\0>\0",
        "PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==",
        "..%c0%af..%c0%af..%c0%afetc/passwd",
        "; c'a't /etc/pas\\swd",
        ";cat${IFS}/etc/passwd",
        "<img src=x one\u{200b}rror=alert(1)>",
        "jav&#x09;ascript:al\\u0065rt(1)",
    ] {
        check(text, Judgement::Attack);
    }
}

#[test]
fn prose_is_clean() {
    for text in [
        "select a union rep; drop by the table",
        "O'Brien and O'Neil or somebody else",
        "I like AC/DC, rock'n'roll & C++ <3",
        "Please call me at 5 or 6 (I sleep until 4)",
        "if x > 3 and y < 5 then z = 7",
        "see https://example.com/a/b?c=d&e=f#g",
        "{\"name\": \"O'Hara\", \"tags\": [\"a\", \"b\"], \"n\": 1.5}",
    ] {
        check(text, Judgement::Clean);
    }
}

fn posted(kind: &str, text: &str) -> Exchange<'static> {
    let mut exchange = Exchange::default();
    exchange.request.method = "POST".into();
    exchange.request.url = "/orders".into();
    exchange.request.headers = Some(vec![("content-type".into(), kind.to_owned().into())]);
    exchange.request.body = Some(Body {
        bytes: text.as_bytes().to_vec().into(),
        bytes_total: text.len() as u64,
    });
    exchange
}

#[test]
fn names_in_the_middle_of_the_way_are_looked_at() {
    let (mut detector, mut reading) = (Detector::default(), Reading::default());
    for (body, expected) in [
        (r#"{"$where":{"x":1}}"#, Judgement::Attack),
        (
            r#"{"a":[1,{"b":{"$ne":{"c":{"d":1}}}}]}"#,
            Judgement::Attack,
        ),
        (r#"{"a":1,"__proto__":{"admin":true}}"#, Judgement::Attack),
        (r#"{"where":{"price":{"proto":1}}}"#, Judgement::Clean),
    ] {
        let exchange = posted("application/json", body);
        reading.read(&exchange);
        let seen = detector.see(&exchange, &reading);
        assert_eq!(seen.judgement(), expected, "{body}");
    }
    // A name that comes again and again costs one look.
    let items = r#"{"address":{"street":1}},"#.repeat(2_000);
    let exchange = posted(
        "application/json",
        &format!("[{items}{{\"$ne\":[{{\"a\":1}}]}}]"),
    );
    reading.read(&exchange);
    let seen = detector.see(&exchange, &reading);
    assert_eq!(seen.judgement(), Judgement::Attack);
    assert!(seen.texts < 2 * 2_000, "{}", seen.texts);
}

#[test]
fn work_has_a_bound_and_says_when_it_is_met() {
    let (mut detector, mut reading) = (Detector::default(), Reading::default());
    let pair = "a=%27+or+sleep(5)--%3cscript&";
    reading.read(&posted(
        "application/x-www-form-urlencoded",
        &pair.repeat(100),
    ));
    let exchange = posted("application/x-www-form-urlencoded", &pair.repeat(40_000));
    // What is not in a reading is not looked at.
    let seen = detector.see(&exchange, &reading);
    assert_eq!(seen.judgement(), Judgement::Attack);
    assert!(!seen.exhausted);
    reading.read(&exchange);
    let seen = detector.see(&exchange, &reading);
    assert!(seen.exhausted && seen.texts <= STEPS_MAX);
    assert_eq!(seen.judgement(), Judgement::Attack);
    let grounds: usize = seen.signals().map(|it| it.grounds.len()).sum();
    assert!(grounds <= GROUNDS_MAX);
}

#[test]
fn an_attack_behind_much_padding_is_seen() {
    for bytes in [100, 20_000, 40_000, 130_000] {
        let text = format!("a={}%3Cscript%3Ealert(1)%3C/script%3E", "A".repeat(bytes));
        let exchange = posted("application/x-www-form-urlencoded", &text);
        let (mut detector, mut reading) = (Detector::default(), Reading::default());
        reading.read(&exchange);
        let seen = detector.see(&exchange, &reading);
        assert_eq!(seen.judgement(), Judgement::Attack, "{bytes}");
    }
}

#[test]
fn an_answer_that_shows_success_makes_it_more_severe() {
    let mut exchange = Exchange::default();
    exchange.request.method = "GET".into();
    exchange.request.url = "/.env".into();
    let (mut detector, mut reading) = (Detector::default(), Reading::default());
    reading.read(&exchange);
    let before = detector
        .see(&exchange, &reading)
        .signals()
        .next()
        .map(|it| it.severity);
    exchange.response = Some(Response {
        status: Some(200),
        body: Some(Body {
            bytes: b"APP_KEY=base64:xyz\nDB_PASSWORD=hunter2".to_vec().into(),
            bytes_total: 38,
        }),
        ..Response::default()
    });
    reading.read(&exchange);
    let seen = detector.see(&exchange, &reading);
    let probe = seen
        .signals()
        .find(|it| &*it.detection.id == "probe.sensitive-file");
    assert!(probe.map(|it| it.severity) > before);
    let mut place = String::new();
    seen.signals()
        .next()
        .unwrap()
        .at
        .write(&reading, &mut place);
    assert_eq!(place, "$.response.body");
}

#[test]
fn a_head_that_is_known_counts_as_if_it_were_looked_at() {
    let (mut detector, mut reading) = (Detector::default(), Reading::default());
    for agent in [
        "Mozilla/5.0 (X11; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0",
        "() { :; }; /bin/cat /etc/passwd",
        "sqlmap/1.7",
    ] {
        let mut exchange = Exchange::default();
        exchange.request.method = "GET".into();
        exchange.request.url = "/orders?id=7".into();
        exchange.request.headers = Some(vec![("user-agent".into(), agent.into())]);
        reading.read(&exchange);
        let mut once = || {
            let seen = detector.see(&exchange, &reading);
            let said = seen.signals().chain(seen.nearly());
            let said: Vec<_> = said.map(|it| (it.detection.id.clone(), it.at)).collect();
            (seen.texts, seen.texts_closer, seen.exhausted, said)
        };
        let first = once();
        assert_eq!(once(), first);
        assert_eq!(first.3.is_empty(), agent.starts_with("Mozilla"), "{agent}");
    }
}

#[test]
fn texts_full_of_literals_take_no_more_steps_than_others_may() {
    let literals = [
        "org.apache.commons.",
        "select union ",
        "'#\"--/*",
        "${{<%",
        "on=",
        "../",
    ];
    for literal in literals {
        let text = literal.repeat(200_000 / literal.len());
        let exchange = posted("application/x-www-form-urlencoded", &format!("a={text}"));
        let (mut detector, mut reading) = (Detector::default(), Reading::default());
        reading.read(&exchange);
        let (spent, left) = {
            let seen = detector.see(&exchange, &reading);
            (seen.steps, seen.exhausted)
        };
        assert!(
            spent > 0 && spent <= 2 * STEPS_MAX,
            "{literal}: {spent} {left}"
        );
    }
}

proptest! {
    #[test]
    fn any_text_is_looked_at_and_twice_the_same(
        value in any::<String>(),
        marks in r#"[%&\\'"<>(){}$;|/*#.+=a-z0-9\x00-\x20]{0,80}"#,
    ) {
        let (mut fresh, mut used) = (Detector::default(), Detector::default());
        let mut reading = Reading::default();
        reading.read(&posted("text/plain", "' or 1=1-- <script>"));
        used.see(&Exchange::default(), &reading);
        let exchange = posted("text/plain", &format!("{value}{marks}"));
        reading.read(&exchange);
        let told = |seen: &Seen<'_>| {
            let all = seen.signals().chain(seen.nearly());
            all.map(|it| format!("{} {:?} {}", it.detection.id, it.at, it.confidence)).collect::<Vec<_>>()
        };
        let (one, two) = (told(&fresh.see(&exchange, &reading)), told(&used.see(&exchange, &reading)));
        prop_assert_eq!(one, two);
    }
}
