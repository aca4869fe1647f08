//! What is read, and what is refused with which words.

use gatewatch_model::signal::Maturity;

use super::*;
use gatewatch_model::own::{OWN_BYTES_MAX, OWN_FILES_MAX};

use crate::limits::{OWN_RULES_MAX, RULES_MAX};

/// A detection of one's own.
const OWN: &str = r#"
id       = "own.card-testing"
class    = "scanner"
title    = "Card testing"
severity = "high"
why      = "Somebody tries stolen cards."
respond  = ["Look whose cards they are."]

[[rules]]
id         = "try-card"
pattern    = 'try-card-\d+'
confidence = 90
fires      = ["Try-Card-1", "a try%2dcard-22"]
quiet      = ["try card 1"]
"#;

fn refused(text: &str) -> String {
    let with = SHIPPED.with_own(&[("own.toml", text)]);
    with.err().map_or(String::new(), |it| it.to_string())
}

/// The refusal when a piece of the file is another.
fn refused_with(piece: &str, other: &str) -> String {
    assert!(OWN.contains(piece), "{piece}");
    refused(&OWN.replace(piece, other))
}

#[test]
fn every_shipped_file_is_read() {
    let classes = FILES.iter().find(|it| it.0 == CLASSES).unwrap().1;
    let classes = read_classes(CLASSES, classes).unwrap();
    let classes: Vec<Class> = classes.into_iter().map(|it| it.0).collect();
    for (file, text) in files() {
        if let Err(error) = read(file, text, &classes) {
            panic!("{error}");
        }
    }
    assert_eq!(SHIPPED.list.len(), FILES.len() - 1);
    assert!(SHIPPED.find("injection.sql").is_some());
}

#[test]
fn a_detection_of_ones_own_is_added_with_a_class_of_ones_own() {
    let classes = "[[class]]\nid = \"fraud\"\ntitle = \"Fraud\"\nowasp = []\nmitre = []\n";
    let own = OWN.replace("\"scanner\"", "\"fraud\"");
    let files = [("classes.toml", classes), ("own.toml", &*own)];
    let with = SHIPPED.with_own(&files).unwrap();
    assert_eq!(with.find("own.card-testing").unwrap().rules.len(), 1);
    assert_eq!(&*with.class("fraud").unwrap().title, "Fraud");
    assert_eq!(with.list.len(), SHIPPED.list.len() + 1);
    assert!(SHIPPED.with_own(&files[1..]).is_err());
    let taken = classes.replace("fraud", "sqli");
    let error = SHIPPED.with_own(&[("classes.toml", &taken)]).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("classes.toml:1: id: a class is named `sqli` already")
    );
}

#[test]
fn a_wrong_word_is_told_with_file_line_and_the_nearest() {
    let no_such = [
        (
            "severity =",
            "severitiy =",
            "own.toml:5: severitiy: there is no such key",
            "severity",
        ),
        (
            "pattern    =",
            "patern =",
            "own.toml:11: patern: there is no such key",
            "pattern",
        ),
        (
            "\"high\"",
            "\"hihg\"",
            "own.toml:5: severity: there is no severity `hihg`",
            "high",
        ),
        (
            "\"scanner\"",
            "\"scaner\"",
            "own.toml:3: class: `scaner` is not in classes.toml",
            "scanner",
        ),
        (
            "confidence =",
            "view = \"sgl\"\nconfidence =",
            "own.toml:12: view: there is no `sgl`",
            "sql",
        ),
        (
            "confidence =",
            "on = [\"bdoy\"]\nconfidence =",
            "own.toml:12: on: there is no `bdoy`",
            "body",
        ),
        (
            "confidence =",
            "on = [\n  \"query\",\n  \"bdoy\",\n]\nconfidence =",
            "own.toml:14: on: there is no `bdoy`",
            "body",
        ),
        (
            "why ",
            "proved_by = [\"leak.sql-eror\"]\nwhy ",
            "own.toml:6: proved_by: no detection is named `leak.sql-eror`",
            "leak.sql-error",
        ),
    ];
    for (piece, other, said, meant) in no_such {
        let refusal = refused_with(piece, other);
        assert_eq!(refusal, format!("{said}; did you mean `{meant}`?"));
    }
}

#[test]
fn a_value_of_another_kind_is_told_with_its_key() {
    for (piece, other, said) in [
        (
            "\"own.card-testing\"",
            "5",
            "own.toml:2: id: invalid type: integer `5`",
        ),
        (
            "90",
            "\"90\"",
            "own.toml:12: confidence: invalid type: string \"90\"",
        ),
        (
            "[\"try card 1\"]",
            "[\n  5,\n]",
            "own.toml:15: quiet: invalid type: integer `5`",
        ),
    ] {
        let refusal = refused_with(piece, other);
        assert!(refusal.starts_with(said), "{refusal}");
    }
}

#[test]
fn a_wrong_value_is_told_with_what_would_be_right() {
    let gate = "gate = [\"Try\"]\nconfidence =";
    for (piece, other, said) in [
        (
            "90",
            "190",
            "own.toml:12: confidence: rule `try-card`: a percentage from 1",
        ),
        (
            "own.card-testing",
            "Own.Card",
            "own.toml:2: id: small letters",
        ),
        (
            "own.card-testing",
            "injection.sql",
            "own.toml:2: id: another detection is named",
        ),
        (
            "title    = \"Card testing\"",
            "",
            "own.toml:1: title: this key is missing",
        ),
        (
            "[[rules]]",
            "code = true\n[[rules]]",
            "own.toml:2: rules: a detection has rules",
        ),
        (
            "confidence =",
            gate,
            "own.toml:12: gate: rule `try-card`: `Try`: 2 to 64 bytes",
        ),
        (
            "[\"try card 1\"]",
            "[]",
            "own.toml:14: quiet: rule `try-card`: from 1 to 64 values",
        ),
    ] {
        let refusal = refused_with(piece, other);
        assert!(refusal.starts_with(said), "{refusal}");
    }
    let coded = format!("{}code = true\n", &OWN[..OWN.find("[[rules]]").unwrap()]);
    let refusal = refused(&coded);
    assert!(
        refusal.starts_with("own.toml:9: code: only what is shipped"),
        "{refusal}"
    );
}

#[test]
fn a_pattern_that_is_not_sound_is_refused() {
    for (pattern, said) in [
        ("try-card(", "unclosed group"),
        (r"(?:try-card)*", "it matches an empty value"),
        ("try-card[a&&b]", "no value can ever match it"),
        (r"try-card(?:\w{1000}){1000}", "it is too large"),
        (r"try-card(?:\w.{0,90}){90}", "it is too large"),
        (&"try-card".repeat(600), "4096 are the most"),
        (r"(try-card)\1", "backreferences are not supported"),
        (r"\d+", "say `gate = […]`"),
    ] {
        let refusal = refused_with(r"try-card-\d+", pattern);
        assert!(refusal.contains(said), "{pattern}: {refusal}");
        assert!(
            refusal.starts_with("own.toml:11: pattern: rule `try-card`: "),
            "{refusal}"
        );
    }
}

#[test]
fn an_example_that_is_wrong_is_told_with_its_line() {
    let refusal = refused_with("\"a try%2dcard-22\"", "\n  \"a card\"");
    let said = "own.toml:14: fires: rule `try-card` does not fire on `a card`; look at";
    assert!(refusal.starts_with(said), "{refusal}");
    let refusal = refused_with("try card 1", "retry-card-1");
    assert!(
        refusal.starts_with("own.toml:14: quiet: rule `try-card` fires on"),
        "{refusal}"
    );
    let refusal = refused_with(r"try-card-\d+", "Try-Card");
    assert!(refusal.contains("compared in small letters"), "{refusal}");
}

#[test]
fn a_maturity_is_read_and_says_whether_it_is_on() {
    for maturity in Maturity::ALL {
        let line = format!("maturity = \"{}\"\nseverity =", maturity.name());
        let own = OWN.replace("severity =", &line);
        let with = SHIPPED.with_own(&[("own.toml", &own)]).unwrap();
        assert_eq!(with.find("own.card-testing").unwrap().maturity, maturity);
        let word = if maturity.is_on() { "on;" } else { "off;" };
        assert!(maturity.meaning().starts_with(word));
    }
}

#[test]
fn own_files_have_bounds() {
    let names: Vec<String> = (0..=OWN_FILES_MAX).map(|it| format!("{it}.toml")).collect();
    let many: Vec<(&str, &str)> = names.iter().map(|it| (&**it, OWN)).collect();
    let said = |files: &[(&str, &str)]| SHIPPED.with_own(files).unwrap_err().to_string();
    assert_eq!(
        said(&many),
        "256.toml: 256 files of detections are the most"
    );
    let long = format!("# {}{OWN}", "x".repeat(OWN_BYTES_MAX));
    assert!(said(&[("own.toml", &long)]).contains("bytes together"));
    let twice = said(&[("own.toml", OWN), ("too.toml", OWN)]);
    assert!(
        twice.starts_with("too.toml:2: id: another detection"),
        "{twice}"
    );

    let rule = &OWN[OWN.find("[[rules]]").unwrap()..];
    let rules = |count: usize, pattern: &str| {
        let each = (0..count).map(|it| {
            let rule = rule.replace("\"try-card\"", &format!("\"try-card-{it}\""));
            rule.replace(r"try-card-\d+", pattern)
        });
        format!(
            "{}{}",
            &OWN[..OWN.find("[[rules]]").unwrap()],
            each.collect::<String>()
        )
    };
    assert_eq!(refused(&rules(2, r"try-card-\d+")), "");
    assert!(refused(&rules(OWN_RULES_MAX + 1, r"try-card-\d+")).contains("200 rules are the most"));
    let words = r"(?:[ab][ab][ab][ab][ab][ab][ab]|try-card)-\d+";
    assert!(refused(&rules(40, words)).contains("together with the rules before it"));

    let shipped: usize = SHIPPED.list.iter().map(|it| it.rules.len()).sum();
    assert!(shipped + OWN_RULES_MAX <= RULES_MAX, "{shipped}");
}

#[test]
fn an_unknown_maturity_is_refused_with_the_nearest() {
    let own = OWN.replace("severity =", "maturity = \"stabel\"\nseverity =");
    let refusal = SHIPPED.with_own(&[("own.toml", &own)]).unwrap_err();
    let said = refusal.to_string();
    assert!(
        said.contains("maturity") && said.contains("`stable`"),
        "{said}"
    );
}
