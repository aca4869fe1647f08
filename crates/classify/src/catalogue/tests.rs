//! What is refused and how it is said; and that what is shipped is sound.

use std::collections::BTreeSet;

use super::*;
use crate::tokens::ListKey;

const OWN: &str = r#"
id       = "loyalty-card"
title    = "Loyalty card"
severity = "medium"
near     = ["loyalty card"]
pattern  = 'LC-\d{8}'
named    = 95
examples         = ['{"loyaltyCard": "LC-00000001"}']
counter_examples = ['{"loyaltyCard": "none"}']
"#;

fn refused(text: &str) -> String {
    let files = [("own.toml", text), ("words.txt", "")];
    SHIPPED.with(&files, ListKey::None).unwrap_err().to_string()
}

/// The refusal when a line of the file is another.
fn refused_with(line: &str, other: &str) -> String {
    assert!(OWN.contains(line), "{line}");
    refused(&OWN.replace(line, other))
}

#[test]
fn every_shipped_file_is_read_and_proved() {
    let mut keys = BTreeSet::new();
    for (file, text) in FILES {
        let info_type = written::read(file, text, &Companions::NONE);
        let info_type = info_type.unwrap_or_else(|error| panic!("{error}"));
        if let Err(error) = proof::prove(file, text, &info_type) {
            panic!("{error}");
        }
        assert!(
            keys.insert(info_type.key),
            "{file}: another has this id or its hash"
        );
        assert!(file.ends_with(&format!("/{}.toml", info_type.id)), "{file}");
        assert_ne!(info_type.category, Category::Custom, "{file}");
        for (what, count) in [
            ("examples", info_type.examples.len()),
            ("counter-examples", info_type.counter_examples.len()),
        ] {
            assert!(count >= 2, "{file}: two {what} at least");
        }
        assert!(!info_type.references.is_empty(), "{file}: a reference");
    }
    assert_eq!(SHIPPED.types().len(), FILES.len());
    assert!(FILES.len() >= 200, "{}", FILES.len());
}

#[test]
fn what_the_reference_product_looks_for_by_default_is_all_there() {
    let covered = SHIPPED
        .types()
        .iter()
        .flat_map(|it| &it.purview)
        .filter(|it| it.default)
        .map(|it| &*it.name)
        .collect::<BTreeSet<_>>();
    assert_eq!(covered.len(), 87);
}

#[test]
fn numbers_of_people_are_known_for_forty_countries() {
    let countries = SHIPPED
        .types()
        .iter()
        .filter_map(|it| it.country)
        .collect::<BTreeSet<_>>();
    assert!(countries.len() >= 40, "{}", countries.len());
}

#[test]
fn a_type_of_ones_own_is_added_and_is_custom() {
    let with = SHIPPED.with(&[("own.toml", OWN)], ListKey::None).unwrap();
    let own = with.find("loyalty-card").unwrap();
    assert_eq!(own.category, Category::Custom);
    assert_eq!(with.types().len(), SHIPPED.types().len() + 1);
}

#[test]
fn a_wrong_key_is_refused_with_file_line_and_the_nearest() {
    assert_eq!(
        refused_with("pattern  =", "patern   ="),
        "own.toml:6: patern: there is no such key; did you mean `pattern`?"
    );
    assert_eq!(
        refused_with("named    = 95", "named    = 95\ncheck    = \"luhm\""),
        "own.toml:8: check: no check is named `luhm`; did you mean `luhn`?"
    );
    assert_eq!(
        refused_with("severity", "category = \"fincance\"\nseverity"),
        "own.toml:4: category: no category is named `fincance`; did you mean `finance`?"
    );
    assert_eq!(
        refused_with("\"medium\"", "\"hgih\""),
        "own.toml:4: severity: there is no `hgih`; did you mean `high`?"
    );
    assert_eq!(
        refused_with("severity", "mask     = \"lastfour\"\nseverity"),
        "own.toml:4: mask: there is no `lastfour`; did you mean `last-four`?"
    );
    assert!(refused_with("title    = \"Loyalty card\"", "").contains("title: this key is missing"));
    assert!(refused_with("\"medium\"", "\"huge\"").starts_with("own.toml:4:"));
    let number = refused_with("\"loyalty-card\"", "5");
    let said = "own.toml:2: id: invalid type: integer `5`, expected";
    assert!(number.starts_with(said), "{number}");
    assert!(refused("id = ").starts_with("own.toml:1:"));
}

#[test]
fn a_wrong_value_says_what_would_be_right() {
    for (line, other, said) in [
        (
            "\"loyalty-card\"",
            "\"Loyalty Card\"",
            "own.toml:2: id: small letters",
        ),
        (
            "\"loyalty-card\"",
            "\"credit-card\"",
            "own.toml:2: id: another type is named",
        ),
        ("95", "101", "own.toml:7: named: a percentage from 0 to 99"),
        (
            "\"loyalty card\"",
            "\"Loyalty  Card\"",
            "own.toml:5: near: `Loyalty  Card`",
        ),
        (
            "title",
            "country = \"usa\"\ntitle",
            "own.toml:3: country: two capital letters",
        ),
        (
            "['{\"loyaltyCard\": \"none\"}']",
            "[]",
            "own.toml:9: counter_examples: at least one text that is not, though it comes near",
        ),
        (
            "['{\"loyaltyCard\": \"LC-00000001\"}']",
            "[]",
            "own.toml:8: examples: at least one text that is found",
        ),
    ] {
        let refusal = refused_with(line, other);
        assert!(refusal.starts_with(said), "{refusal}");
    }
}

#[test]
fn a_pattern_that_is_not_sound_is_refused() {
    for (pattern, said) in [
        ("(", "unclosed group"),
        (r"\d*", "it matches an empty value"),
        ("[a&&b]", "no value can ever match it"),
        (r"^\d{3}$", "leave out `^`"),
        (r"(?:\w{1000}){1000}", "it is too large"),
        (&"a".repeat(5_000), "4,096 are the most"),
        (r"(a)\1", "backreferences are not supported"),
    ] {
        let refusal = refused_with(r"LC-\d{8}", pattern);
        assert!(refusal.contains(said), "{pattern}: {refusal}");
        assert!(refusal.starts_with("own.toml:6: pattern:"), "{refusal}");
    }
}

#[test]
fn a_type_may_be_a_dictionary_names_alone_or_a_list_of_tokens() {
    let own = |line: &str| OWN.replace(r"pattern  = 'LC-\d{8}'", line);
    let one = |files: &[(&str, &str)]| {
        Catalogue::default()
            .with(files, ListKey::None)
            .unwrap()
            .types()[0]
            .clone()
    };

    let words = one(&[("own.toml", &own("words = [\"Gold\", \"silver\", \"GOLD\"]"))]);
    let dictionary = words.dictionary.unwrap();
    assert_eq!(*dictionary.words, ["gold".into(), "silver".into()]);
    assert_eq!((dictionary.alone, dictionary.named), (0, 95));

    let list = "# tiers\nbronze\n\n tin \n";
    let file = one(&[
        ("own.toml", &own("words_file = \"tiers.txt\"")),
        ("tiers.txt", list),
    ]);
    assert_eq!(file.dictionary.unwrap().words.len(), 2);

    assert_eq!(one(&[("own.toml", &own(""))]).by_name, 95);

    let key = [7; 32];
    let (tokens, _) = crate::tokens::write_list(&key, ["LC-00000001"].into_iter());
    let hex = "07".repeat(32);
    let listed = one(&[
        ("own.toml", &own("tokens_file = \"cards.tokens\"")),
        ("cards.tokens", &tokens),
        ("cards.tokens.key", &hex),
    ]);
    assert!(listed.tokens.unwrap().holds(b"lc00000001"));
}

#[test]
fn a_list_that_is_not_there_is_named() {
    assert_eq!(
        refused_with(r"pattern  = 'LC-\d{8}'", "words_file = \"word.txt\""),
        "own.toml:6: words_file: there is no file `word.txt` beside this one; did you mean `words.txt`?"
    );
    let empty = refused_with(r"pattern  = 'LC-\d{8}'", "words_file = \"words.txt\"");
    assert!(empty.contains("from 1 to 100,000"), "{empty}");
    let nothing = OWN
        .replace(r"pattern  = 'LC-\d{8}'", "")
        .replace("near     = [\"loyalty card\"]", "");
    assert!(refused(&nothing).contains("what is to be found?"));
}

#[test]
fn dictionaries_lists_and_names_alone_are_found() {
    let own = |line: &str| OWN.replace(r"pattern  = 'LC-\d{8}'", line);
    let proved = |files: &[(&str, &str)]| {
        let catalogue = SHIPPED.with(files, ListKey::None).unwrap();
        let own = catalogue.find("loyalty-card").unwrap().clone();
        crate::Classifier::new(std::sync::Arc::new(catalogue)).prove(&own)
    };
    let hit = |line: &str, example: &str| {
        own(line).replace(
            "['{\"loyaltyCard\": \"LC-00000001\"}']",
            &format!("['{example}']"),
        )
    };

    let words = hit("words = [\"Gold\", \"silver\"]", "loyaltyCard=GOLD");
    assert_eq!(proved(&[("own.toml", &words)]), []);
    let missed = hit("words = [\"Gold\", \"silver\"]", "loyaltyCard=bronze");
    assert_eq!(proved(&[("own.toml", &missed)]).len(), 1);

    let names = hit("", "loyaltyCard=anything at all");
    assert_eq!(proved(&[("own.toml", &names)]), []);

    let (tokens, _) = crate::tokens::write_list(&[7; 32], ["LC-77100042"].into_iter());
    let hex = "07".repeat(32);
    let listed = |example: &str| {
        let text = hit("tokens_file = \"cards.tokens\"", example);
        proved(&[
            ("own.toml", &text),
            ("cards.tokens", &tokens),
            ("cards.tokens.key", &hex),
        ])
    };
    assert_eq!(listed("loyaltyCard=lc 77100042"), []);
    assert_eq!(listed("loyaltyCard=LC-77100043").len(), 1);
}
