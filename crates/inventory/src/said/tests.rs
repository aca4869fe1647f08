//! What outranks what, told in templates.

use gatewatch_model::definition::Operation;

use super::*;

fn labels(template: &str) -> Labels {
    let mut labels = Labels::default();
    labels.read_template(template, &Masks::default());
    labels
}

fn definition(title: &str, templates: &[&str]) -> Definition {
    Definition {
        title: title.into(),
        version: "1".into(),
        operations: templates
            .iter()
            .map(|it| Operation {
                method: "GET".into(),
                template: (*it).into(),
                ..Operation::default()
            })
            .collect(),
        ..Definition::default()
    }
}

#[test]
fn a_pin_outranks_a_definition_and_a_word_a_slot() {
    let mut said = Said::default();
    let documented = ["/users/{userId}", "/users/me", "/users/{userId}/photos"];
    assert!(said.define(
        &definition("a", &documented),
        Timestamp::ZERO,
        &Masks::default()
    ));
    assert!(said.pin("/users/{name}/photos", &Masks::default()));
    for (path, template) in [
        ("/users/17", Some("/users/{userId}")),
        ("/users/anna", Some("/users/{userId}")),
        ("/users/me", Some("/users/me")),
        ("/users/me/photos", Some("/users/{name}/photos")),
        ("/users", None),
        ("/users/me/photos/4", None),
    ] {
        assert_eq!(said.find(&labels(path)), template, "{path}");
    }
    assert!(said.unpin("/users/{name}/photos", &Masks::default()));
    assert_eq!(
        said.find(&labels("/users/me/photos")),
        Some("/users/{userId}/photos")
    );
    assert!(!said.unpin("/users/{name}/photos", &Masks::default()));
}

#[test]
fn a_slot_within_a_segment_is_found() {
    let mut said = Said::default();
    let documented = ["/files/{file}.json", "/Orders({key})/Lines"];
    assert!(said.define(
        &definition("a", &documented),
        Timestamp::ZERO,
        &Masks::default()
    ));
    assert_eq!(
        said.find(&labels("/files/report.json")),
        Some("/files/{file}.json")
    );
    assert_eq!(
        said.find(&labels("/Orders({id})/Lines")),
        Some("/Orders({key})/Lines")
    );
    assert_eq!(said.find(&labels("/files/.json")), None);
}

#[test]
fn what_a_newer_definition_leaves_out_is_removed_and_a_zombie_when_it_is_called_after() {
    let mut said = Said::default();
    let seen = |calls, last| Seen {
        calls,
        last: Timestamp(last),
        answered: calls > 0,
        differs: false,
    };
    assert_eq!(said.drift("GET /a", seen(1, 1)), None);
    assert!(said.define(
        &definition("a", &["/a", "/b"]),
        Timestamp(10),
        &Masks::default()
    ));
    assert_eq!(said.drift("GET /a", seen(0, 0)), Some(Drift::NeverSeen));
    assert_eq!(said.drift("GET /a", seen(1, 1)), Some(Drift::AsDocumented));
    assert_eq!(said.drift("GET /c", seen(1, 1)), Some(Drift::Shadow));
    assert_eq!(said.drift("GET /c", seen(0, 1)), None);
    assert!(said.define(&definition("a", &["/b"]), Timestamp(20), &Masks::default()));
    assert_eq!(said.drift("GET /a", seen(5, 21)), Some(Drift::Zombie));
    assert_eq!(said.drift("GET /a", seen(5, 19)), Some(Drift::Removed));
    assert_eq!(said.drift("GET /a", seen(0, 0)), None);
    assert_eq!(said.drift("HEAD /b", seen(1, 40)), None);
    assert_eq!(said.drift("OPTIONS /b", seen(1, 40)), None);
    assert_eq!(said.drift("HEAD /c", seen(1, 40)), Some(Drift::Shadow));
    assert!(said.define(&definition("a", &["/a"]), Timestamp(30), &Masks::default()));
    assert_eq!(said.drift("GET /a", seen(5, 40)), Some(Drift::AsDocumented));
    assert_eq!(said.drift("GET /b", seen(5, 40)), Some(Drift::Zombie));
    assert!(said.undefine(&Masks::default()) && !said.undefine(&Masks::default()));
    assert_eq!(said.drift("GET /b", seen(5, 40)), None);
}

#[test]
fn a_zombie_is_known_whatever_its_slots_are_called_now() {
    let mut said = Said::default();
    let seen = Seen {
        calls: 3,
        last: Timestamp(40),
        answered: true,
        differs: false,
    };
    let older = ["/stock/{sku}", "/orders/{orderId}", "/files/{name}.json"];
    assert!(said.define(&definition("a", &older), Timestamp(10), &Masks::default()));
    assert!(said.define(
        &definition("a", &["/orders/{order}"]),
        Timestamp(20),
        &Masks::default()
    ));
    let zombie = Some(Drift::Zombie);
    assert_eq!(said.drift("GET /stock/{id}", seen), zombie);
    assert_eq!(said.drift("GET /files/{file}.json", seen), zombie);
    assert_eq!(said.drift("GET /orders/{id}", seen), Some(Drift::Shadow));
    assert_eq!(
        said.drift("GET /stock/{id}/lots", seen),
        Some(Drift::Shadow)
    );
}

#[test]
fn definitions_of_other_titles_add_up_to_their_bound() {
    let mut said = Said::default();
    for number in 0..DEFINITIONS_MAX {
        let title = format!("api {number}");
        assert!(said.define(
            &definition(&title, &["/a"]),
            Timestamp::ZERO,
            &Masks::default()
        ));
    }
    assert!(!said.define(
        &definition("one more", &["/a"]),
        Timestamp::ZERO,
        &Masks::default()
    ));
    assert!(said.define(
        &definition("api 0", &["/b"]),
        Timestamp::ZERO,
        &Masks::default()
    ));
    assert_eq!(said.title().unwrap().0, "api 0".into());
}

#[test]
fn a_template_that_could_hurt_is_none() {
    let mut said = Said::default();
    let long = format!("/{}", "a".repeat(TEMPLATE_BYTES_MAX));
    for template in ["", "users", "/a\nb", "/<script>", "/a b", &long] {
        assert!(!said.pin(template, &Masks::default()), "{template}");
        assert!(!said.define(
            &definition("a", &[template]),
            Timestamp::ZERO,
            &Masks::default()
        ));
    }
    for number in 0..PINS_MAX {
        assert!(said.pin(&format!("/{number}"), &Masks::default()));
    }
    assert!(!said.pin("/more", &Masks::default()));
}

#[test]
fn slots_and_words_side_by_side_do_not_take_long() {
    let mut said = Said::default();
    // Every level has a word and a slot, and no path ends: all ways are tried.
    let mut templates = Vec::new();
    for bits in 0..1_u32 << 10 {
        let path = (0..10).map(|at| if bits >> at & 1 == 1 { "/{id}" } else { "/a" });
        templates.push(path.collect::<String>() + "/end");
    }
    let templates = templates.iter().map(String::as_str).collect::<Vec<_>>();
    assert!(said.define(
        &definition("a", &templates),
        Timestamp::ZERO,
        &Masks::default()
    ));
    let path = "/a".repeat(10);
    assert_eq!(said.find(&labels(&format!("{path}/other"))), None);
    assert!(said.find(&labels(&format!("{path}/end"))).is_some());
}
