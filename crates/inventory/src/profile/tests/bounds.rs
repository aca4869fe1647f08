//! What is never kept, and what happens at the bounds.

use super::*;

/// Nothing of these may be found in a state or a row, wherever it stood.
#[test]
fn secrets_and_persons_are_never_kept() {
    const CANARIES: &[&str] = &[
        "hunter2canary",
        "CanaryAnnaSmith",
        "AKIACANARYEXAMPLE17",
        "sk_live_canary",
        "4111-1111-canary",
        "canary@example.com",
        "eyJcanary.eyJ.sig",
        "canary with blanks",
        "c4n4ry7h3s3cr37",
        "+49 30 777333777",
    ];
    let names = [
        "password",
        "customer.name",
        "apiKey",
        "email",
        "note",
        "state2",
        "x-tenant",
        "who.17.it",
    ];
    let mut profile = Profile::default();
    for caller in 0..40 {
        for spot in &Spot::ALL[1..] {
            for (at, canary) in CANARIES.iter().enumerate().skip(2) {
                let name = names[(at + usize::from(caller)) % names.len()];
                let said = Said {
                    caller,
                    leaves: vec![leaf(*spot, name, canary)],
                    ..Said::default()
                };
                observe(&mut profile, &said);
            }
            // A plain word is told from a secret by the name it stands under.
            for (name, canary) in [
                ("password", CANARIES[0]),
                ("customer.firstName", CANARIES[1]),
            ] {
                let said = Said {
                    caller,
                    leaves: vec![leaf(*spot, name, canary)],
                    ..Said::default()
                };
                observe(&mut profile, &said);
            }
        }
    }
    let state = String::from_utf8_lossy(&bytes(&profile)).to_lowercase();
    let shown = format!("{:?}", row(&profile)).to_lowercase();
    assert!(
        shown.contains("customer.name"),
        "the search can find what is there"
    );
    for canary in CANARIES {
        let canary = canary.to_lowercase();
        assert!(
            !state.contains(&canary) && !shown.contains(&canary),
            "{canary}"
        );
    }
}

#[test]
fn a_value_in_a_cookie_or_of_few_callers_is_never_kept() {
    let mut profile = Profile::default();
    for call in 0..100 {
        let leaves = vec![
            leaf(Spot::RequestCookies, "kind", "canarycookie"),
            leaf(Spot::RequestQuery, "kind", "canaryfew"),
        ];
        observe(
            &mut profile,
            &Said {
                caller: call % 4,
                leaves,
                ..Said::default()
            },
        );
        let leaves = vec![leaf(Spot::RequestCookies, "kind", "canarycookie")];
        observe(
            &mut profile,
            &Said {
                caller: call,
                leaves,
                ..Said::default()
            },
        );
    }
    let state = String::from_utf8_lossy(&bytes(&profile)).into_owned();
    assert!(!state.contains("canary"));
}

#[test]
fn an_object_with_very_many_names_has_keys() {
    let mut profile = Profile::default();
    for number in 0..200_u32 {
        let name = format!(
            "users.{}{}.role",
            char::from(b'a' + (number % 26) as u8),
            char::from(b'a' + (number / 26) as u8)
        );
        let leaves = vec![
            leaf(Spot::ResponseBody, "total", "x"),
            leaf(Spot::ResponseBody, &name, "reader"),
        ];
        observe(
            &mut profile,
            &Said {
                leaves,
                ..Said::default()
            },
        );
    }
    let paths = row(&profile)
        .members
        .into_iter()
        .map(|it| it.path)
        .collect::<Vec<_>>();
    assert_eq!(paths, ["total".into(), Box::from("users.{key}.role")]);
    assert_eq!(member(&profile, "users.{key}.role").types[0].1, 200);
}

/// Names that proved themselves stay, and a merge once looked for the widest object for ever.
#[test]
fn a_merge_of_objects_with_many_proved_names_ends() {
    let of = |letter: char| {
        let mut profile = Profile::default();
        for _ in 0..3 {
            let name = |at: u8| {
                format!(
                    "{letter}{}",
                    char::from(b'a' + at % 26)
                        .to_string()
                        .repeat(1 + usize::from(at / 26))
                )
            };
            let leaves = (0..40).map(|at| leaf(Spot::ResponseBody, &name(at), "x"));
            let said = Said {
                leaves: leaves.collect(),
                ..Said::default()
            };
            observe(&mut profile, &said);
        }
        profile
    };
    let both = merged(&of('l'), &of('r'));
    let members = row(&both).members;
    assert_eq!(members.len(), 80);
    assert!(members.iter().all(|it| it.present == 3));
}

#[test]
fn a_million_member_names_leave_the_profile_bounded() {
    let mut profile = Profile::default();
    let known = [
        leaf(Spot::RequestBody, "order.state", "open"),
        leaf(Spot::RequestBody, "order.total", "7"),
    ];
    (0..3).for_each(|_| {
        observe(
            &mut profile,
            &Said {
                leaves: known.to_vec(),
                ..Said::default()
            },
        );
    });
    let mut largest = 0;
    for batch in 0..1_000_u64 {
        let mut leaves = known.to_vec();
        for number in 0..1_000 {
            let mixed = (batch * 1_000 + number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let letters = (0..9)
                .map(|at| char::from(b'a' + (mixed >> (at * 5) & 15) as u8))
                .collect::<String>();
            let name = if number % 2 == 0 {
                letters
            } else {
                format!("{}.{}.x", &letters[..2], &letters[2..])
            };
            leaves.push(leaf(Spot::RequestBody, &name, "value"));
        }
        observe(
            &mut profile,
            &Said {
                leaves,
                ..Said::default()
            },
        );
        largest = largest.max(profile.heap_bytes() + size_of::<Profile>());
    }
    assert!(largest <= 17 << 10, "{largest}");
    assert!(
        bytes(&profile).len() <= 16 << 10,
        "{}",
        bytes(&profile).len()
    );
    assert!(member(&profile, "{key}").present > 900);
    for path in ["order.state", "order.total"] {
        assert_eq!(member(&profile, path).present, 1_003);
    }
}

#[test]
fn members_that_find_no_room_are_counted() {
    let mut profile = Profile::default();
    for number in 0..2_000 {
        let name = format!(
            "x{}.o{}.{}.kind",
            number % 3,
            number % 15,
            char::from(b'a' + (number % 7) as u8)
        );
        let name = format!("{name}{}", char::from(b'a' + (number % 11) as u8));
        let leaves = (0..2)
            .map(|_| leaf(Spot::RequestBody, &name, "x"))
            .collect();
        observe(
            &mut profile,
            &Said {
                leaves,
                ..Said::default()
            },
        );
    }
    let row = row(&profile);
    assert!(row.members_lost > 0);
    assert!(row.members.len() > 16, "{:?}", row.members.len());
    assert!(profile.heap_bytes() <= 17 << 10, "{}", profile.heap_bytes());
}
