//! What the command prints and writes.

use std::fs;

use gatewatch_classify::SHIPPED;

use super::*;
use crate::command::{CatalogueFormat, CatalogueListArgs};

fn list(format: CatalogueFormat, category: Option<&str>, country: Option<&str>) -> String {
    let args = CatalogueListArgs {
        category: category.map(Into::into),
        country: country.map(Into::into),
        format,
    };
    listing::list(&args).unwrap()
}

#[test]
fn a_list_has_every_type_in_order_and_can_be_narrowed() {
    let csv = list(CatalogueFormat::Csv, None, None);
    let ids = csv.lines().skip(1).collect::<Vec<_>>();
    assert_eq!(ids.len(), SHIPPED.types().len());
    assert!(ids.is_sorted());

    let finance = list(CatalogueFormat::Csv, Some("finance"), Some("us"));
    assert!(finance.contains("us-aba-routing,"));
    assert!(!finance.contains("credit-card"));

    let none = list(CatalogueFormat::Table, None, Some("ZZ"));
    assert!(none.starts_with("no type is of that kind"));
    let json = list(CatalogueFormat::Json, Some("credentials"), None);
    let rows: Vec<serde_json::Value> = serde_json::from_str(&json).unwrap();
    assert!(rows.iter().all(|it| it["category"] == "credentials"));
}

#[test]
fn one_type_is_shown_in_full_and_a_typing_error_is_helped() {
    let text = show("credit-card").unwrap();
    for said in [
        "Payment card number (credit-card)",
        "check       card",
        "kreditkarte",
        "found:",
    ] {
        assert!(text.contains(said), "{text}");
    }
    let error = show("credit-cart").unwrap_err().to_string();
    assert_eq!(
        error,
        "there is no type `credit-cart`; did you mean `credit-card`?"
    );
}

#[test]
fn what_new_writes_proves_itself_and_is_never_written_over() {
    let folder = tempfile::tempdir().unwrap();
    starter::write("loyalty-card", folder.path()).unwrap();
    let (text, proved) = own::test(folder.path()).unwrap();
    assert!(proved, "{text}");
    assert!(
        text.starts_with("ok     loyalty-card (4 examples)"),
        "{text}"
    );
    assert!(starter::write("loyalty-card", folder.path()).is_err());
    assert!(starter::write("credit-card", folder.path()).is_err());
    assert!(starter::write("Loyalty Card", folder.path()).is_err());
}

#[test]
fn an_example_that_misses_says_why_and_what_is_there_instead() {
    let folder = tempfile::tempdir().unwrap();
    let text = starter::starter("loyalty-card");
    let wrong = text.replace(
        "loyalty_card=XY-00000001",
        "loyalty_card=jo.roe@contoso.org",
    );
    fs::write(folder.path().join("loyalty-card.toml"), wrong).unwrap();
    let (text, proved) = own::test(folder.path()).unwrap();
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
        own::test(folder.path())
            .unwrap_err()
            .to_string()
            .contains("holds no type")
    );
    fs::write(folder.path().join("a.toml"), "id = \"a\"\ntitel = \"A\"\n").unwrap();
    let error = own::test(folder.path()).unwrap_err().to_string();
    assert_eq!(
        error,
        "a.toml:2: titel: there is no such key; did you mean `title`?"
    );
}

#[test]
fn tokens_are_made_and_found_and_hold_no_value() {
    let folder = tempfile::tempdir().unwrap();
    let values = folder.path().join("cards");
    fs::write(&values, "LC-77100042\n\nLC-77100043\nx\n").unwrap();
    let said = own::tokens(&values).unwrap();
    assert!(
        said.contains("2 tokens") && said.contains("1 value is too short"),
        "{said}"
    );
    fs::remove_file(&values).unwrap();
    let list = fs::read_to_string(folder.path().join("cards.tokens")).unwrap();
    assert!(!list.contains("77100042"));
    let text = starter::starter("loyalty-card")
        .replace(
            r"pattern  = '[A-Z]{2}-\d{8}'",
            "tokens_file = \"cards.tokens\"",
        )
        .replace("AB-12345678", "LC-77100042")
        .replace("XY-00000001", "lc 77100043");
    fs::write(folder.path().join("own.toml"), text).unwrap();
    let (text, proved) = own::test(folder.path()).unwrap();
    assert!(proved, "{text}");
}
