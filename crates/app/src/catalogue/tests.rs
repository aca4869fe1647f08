//! What the command prints and writes.

use std::fs;

use gatewatch_classify::SHIPPED;

use super::*;
use crate::command::{CatalogueFormat, CatalogueListArgs, Kind};

fn args(format: CatalogueFormat) -> CatalogueListArgs {
    CatalogueListArgs {
        kind: None,
        class: None,
        category: None,
        country: None,
        folder: None,
        format,
    }
}

fn list(args: &CatalogueListArgs) -> String {
    listing::list(&known(None).unwrap(), args).unwrap()
}

fn types(format: CatalogueFormat, category: Option<&str>, country: Option<&str>) -> String {
    list(&CatalogueListArgs {
        category: category.map(Into::into),
        country: country.map(Into::into),
        ..args(format)
    })
}

fn show(id: &str) -> anyhow::Result<String> {
    card::show(&known(None).unwrap(), id)
}

#[test]
fn a_list_has_both_kinds_in_order_and_can_be_narrowed() {
    let csv = list(&args(CatalogueFormat::Csv));
    let rows: Vec<&str> = csv.lines().skip(1).collect();
    let (detections, types) = rows.split_at(gatewatch_detect::SHIPPED.list.len());
    assert_eq!(types.len(), SHIPPED.types().len());
    assert!(detections.is_sorted() && types.is_sorted());
    assert!(detections.iter().all(|it| it.contains(",detection,")));

    let of_kind = |kind| {
        let table = CatalogueListArgs {
            kind: Some(kind),
            ..args(CatalogueFormat::Table)
        };
        list(&table)
    };
    assert!(of_kind(Kind::Detection).starts_with("detection "));
    assert!(!of_kind(Kind::Detection).contains("credit-card"));
    assert!(of_kind(Kind::InfoType).starts_with("type "));

    let of_class = |class: &str| CatalogueListArgs {
        class: Some(class.to_owned()),
        ..args(CatalogueFormat::Json)
    };
    let rows: Vec<serde_json::Value> = serde_json::from_str(&list(&of_class("leak"))).unwrap();
    assert!(rows.len() > 3 && rows.iter().all(|it| it["class"] == "leak"));
    let error = listing::list(&known(None).unwrap(), &of_class("sqly")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "there is no class `sqly`; did you mean `sqli`?"
    );
}

#[test]
fn types_can_be_narrowed_by_category_and_country() {
    let finance = types(CatalogueFormat::Csv, Some("finance"), Some("us"));
    assert!(finance.contains("us-aba-routing,"));
    assert!(!finance.contains("credit-card") && !finance.contains("injection.sql"));

    let none = types(CatalogueFormat::Table, None, Some("ZZ"));
    assert!(none.starts_with("nothing is of that kind"));
    let json = types(CatalogueFormat::Json, Some("credentials"), None);
    let rows: Vec<serde_json::Value> = serde_json::from_str(&json).unwrap();
    assert!(rows.iter().all(|it| it["category"] == "credentials"));
}

#[test]
fn one_of_them_is_shown_in_full_and_a_typing_error_is_helped() {
    let card = show("credit-card").unwrap();
    for said in [
        "Payment card number (credit-card)",
        "check       card",
        "kreditkarte",
        "found:",
    ] {
        assert!(card.contains(said), "{card}");
    }
    let detection = show("sql-injection").unwrap();
    assert_eq!(detection, show("injection.sql").unwrap());
    for said in [
        "SQL injection (injection.sql)",
        "class       sqli (SQL injection)",
        "maturity    stable: on;",
        "API8:2023",
        "T1190",
        "rule        union-",
        "fires on",
        "quiet on",
        "what to do:",
    ] {
        assert!(detection.contains(said), "{said}: {detection}");
    }
    for (typed, meant) in [
        ("credit-cart", "credit-card"),
        ("injection.sgl", "injection.sql"),
    ] {
        let error = show(typed).unwrap_err().to_string();
        assert_eq!(
            error,
            format!("there is no `{typed}`; did you mean `{meant}`?")
        );
    }
}

#[test]
fn what_new_writes_proves_itself_and_is_never_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let write = |kind, id: &str| starter::write(kind, id, folder.path());
    write(Kind::InfoType, "loyalty-card").unwrap();
    for id in ["own.card-testing", "probe", "x9"] {
        write(Kind::Detection, id).unwrap();
    }
    let (text, proved) = proving::test(folder.path(), None).unwrap();
    assert!(proved, "{text}");
    let first = "ok     own.card-testing (1 rule, 4 examples)\n";
    assert!(text.starts_with(first), "{text}");
    assert!(text.contains("ok     loyalty-card (4 examples)"), "{text}");
    assert!(
        text.ends_with("3 detections and 1 type, every example is right\n"),
        "{text}"
    );
    for id in ["loyalty-card", "credit-card", "Loyalty Card", "../card"] {
        assert!(write(Kind::InfoType, id).is_err(), "{id}");
    }
    for id in ["probe", "injection.sql", "Own Probe", "../probe"] {
        assert!(write(Kind::Detection, id).is_err(), "{id}");
    }
    let own = known(Some(folder.path())).unwrap();
    assert!(
        card::show(&own, "own.card-testing")
            .unwrap()
            .contains("class       scanner")
    );
    assert!(
        listing::list(&own, &args(CatalogueFormat::Table))
            .unwrap()
            .contains("loyalty-card")
    );
}

#[test]
fn a_rule_that_is_wrong_says_on_which_example() {
    let folder = tempfile::tempdir().unwrap();
    starter::write(Kind::Detection, "own.probe", folder.path()).unwrap();
    let file = folder.path().join("detections/own.probe.toml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(
        &file,
        text.replace("\"probe\", \"the", "\"probe-9\", \"the"),
    )
    .unwrap();
    let (text, proved) = proving::test(folder.path(), None).unwrap();
    assert!(!proved);
    for said in [
        "wrong  own.probe (1 rule, 4 examples)",
        "rule `probe` fires on `probe-9`",
        "1 detection, 1 example is wrong",
    ] {
        assert!(text.contains(said), "{text}");
    }
}

#[test]
fn an_example_that_misses_says_why_and_what_is_there_instead() {
    let folder = tempfile::tempdir().unwrap();
    let text = starter::info_type("loyalty-card");
    let wrong = text.replace(
        "loyalty_card=XY-00000001",
        "loyalty_card=jo.roe@contoso.org",
    );
    fs::write(folder.path().join("loyalty-card.toml"), wrong).unwrap();
    let (text, proved) = proving::test(folder.path(), None).unwrap();
    assert!(!proved);
    for said in [
        "wrong  loyalty-card",
        "no value in it has the form",
        "email (",
        "1 example is wrong",
    ] {
        assert!(text.contains(said), "{text}");
    }
}

#[test]
fn a_wrong_file_and_an_empty_folder_are_said() {
    let folder = tempfile::tempdir().unwrap();
    assert!(
        proving::test(folder.path(), None)
            .unwrap_err()
            .to_string()
            .contains("holds no detection and no type")
    );
    fs::write(folder.path().join("a.toml"), "id = \"a\"\ntitel = \"A\"\n").unwrap();
    let error = proving::test(folder.path(), None).unwrap_err().to_string();
    assert_eq!(
        error,
        "a.toml:2: titel: there is no such key; did you mean `title`?"
    );
    fs::write(folder.path().join("a.toml"), b"\x7fELF\xff\xfe\0").unwrap();
    let error = format!("{:#}", proving::test(folder.path(), None).unwrap_err());
    assert!(error.contains("a.toml: it is no text"), "{error}");
}

#[test]
fn tokens_are_made_and_found_and_hold_no_value() {
    let folder = tempfile::tempdir().unwrap();
    let values = folder.path().join("cards");
    fs::write(&values, "LC-77100042\n\nLC-77100043\nx\n").unwrap();
    let said = tokens::write(&values, None).unwrap();
    assert!(
        said.contains("2 tokens") && said.contains("1 value is too short"),
        "{said}"
    );
    fs::remove_file(&values).unwrap();
    let list = fs::read_to_string(folder.path().join("cards.tokens")).unwrap();
    assert!(!list.contains("77100042"));
    let text = starter::info_type("loyalty-card")
        .replace(
            r"pattern  = '[A-Z]{2}-\d{8}'",
            "tokens_file = \"cards.tokens\"",
        )
        .replace("AB-12345678", "LC-77100042")
        .replace("XY-00000001", "lc 77100043");
    fs::write(folder.path().join("own.toml"), text).unwrap();
    let (text, proved) = proving::test(folder.path(), None).unwrap();
    assert!(proved, "{text}");
}
