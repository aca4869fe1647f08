//! Each kind by its examples, and the names that look like values.

use proptest::prelude::*;

use super::*;

fn check(kind: &str, examples: &[&str]) {
    for text in examples {
        assert_eq!(find(text).map(|it| it.name), Some(kind), "{text}");
    }
}

fn written(text: &str) -> String {
    let mut template = String::new();
    write(text, &mut template);
    template
}

#[test]
fn every_kind_knows_its_values() {
    check(
        "integer",
        &["0", "17", "-4", "+15551234567", "99999999999999999999999"],
    );
    check(
        "uuid",
        &[
            "3f2504e0-4f89-11d3-9a0c-0305e82c3301",
            "{3F2504E0-4F89-11D3-9A0C-0305E82C3301}",
        ],
    );
    check(
        "date",
        &[
            "2026-11-21",
            "2026-11",
            "2026-11-21T08:00:00Z",
            "2026-11-21T08:00:00.5+01:00",
        ],
    );
    check("decimal", &["-33.86", "52.520008"]);
    check(
        "hash",
        &[
            "d41d8cd98f00b204e9800998ecf8427e",
            "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        ],
    );
    check(
        "jwt",
        &["eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"],
    );
    check("email", &["anna@example.com", "@anna"]);
    check("address", &["192.0.2.7", "2001:db8::1"]);
    check("hex", &["507f1f77bcf86cd799439011", "00ff00ff", "5F3A9C01"]);
    check("ulid", &["01ARZ3NDEKTSV4RRFFQ69G5FAV"]);
    check("list", &["17,18", "A1B2C3,A1B2C4", "52.5200,13.4050"]);
    check(
        "opaque",
        &[
            "A1B2C3",
            "qt7FHcdG",
            "dGhpc0lzQmFzZTY0",
            "user123",
            "INV2024001",
            "aZ3-bQ9_xK2-pL7w",
        ],
    );
    check(
        "prefixed",
        &[
            "cus_9s6XKzkNRiz8i3",
            "ord-000123",
            "sess_live_4eC39HqLyjWDarjt",
            "node-3f2504e0-4f89-11d3-9a0c-0305e82c3301",
        ],
    );
}

#[test]
fn names_with_digits_stay_names() {
    for name in [
        "v1",
        "v2.1",
        "1.0",
        "v1beta1",
        "oauth2",
        "mp3",
        "ipv4",
        "2fa",
        "s3",
        "iso27001",
        "sha256",
        "utf-16",
        "base64",
        "md5sum",
        "k8s",
        "i18n",
        "p2p",
        "oauth2callback",
        "top-100",
        "covid-19",
        "web-2024",
        "getUserV2",
        "listObjectsV2",
        "OAuth2Callback",
        "APIKeys",
        "team42",
        "snmpv3",
        "ed25519",
        "x25519",
        "rfc3339",
        "deadbeef",
        "byIdOrUrl",
        "PRE_FETCH_OPTIONS",
        "en-US",
        "index.html",
        "robots.txt",
        "jquery-3.7.1.min.js",
        "report_2024",
    ] {
        assert_eq!(written(name), name);
    }
}

#[test]
fn a_value_keeps_the_word_beside_it() {
    assert_eq!(written("17.json"), "{id}.json");
    assert_eq!(
        written("3f2504e0-4f89-11d3-9a0c-0305e82c3301:cancel"),
        "{id}:cancel"
    );
    assert_eq!(written("17.<b>"), "{text}");
    assert_eq!(written("Orders(17)"), "Orders({id})");
    assert_eq!(written("Orders('<b>')"), "Orders({id})");
    assert_eq!(written("(17)"), "(17)");
}

#[test]
fn what_could_be_anything_never_becomes_a_name() {
    let long = "word".repeat(17);
    for text in [
        "<script>",
        "a b",
        "a/b",
        "{id}",
        "a\u{0}",
        "a\u{202e}b",
        "it's",
        "100%",
        "a\\b",
        "`id`",
        &long,
    ] {
        assert_eq!(written(text), "{text}", "{text:?}");
    }
    assert_eq!(written("café"), "café");
}

#[test]
fn a_token_never_becomes_a_name() {
    let token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln";
    assert_eq!(written(token), "{token}");
    assert_eq!(written(&format!("{token}{}", "x".repeat(200))), "{token}");
}

proptest! {
    #[test]
    fn any_text_has_one_short_name(text in any::<String>(), likely in "[a-zA-Z0-9@.:,_=-]{0,80}") {
        for text in [&text, &likely] {
            let name = written(text);
            prop_assert!(name.len() <= LITERAL_BYTES_MAX, "{name}");
            prop_assert!(!name.contains(['/', '@', '<', '"', '\'', '%']) , "{name}");
            prop_assert_eq!(name.contains('{'), name != *text);
        }
    }

    #[test]
    fn random_identifiers_are_values(
        uuid in "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}", number in any::<u64>(), object in "[0-9a-f]{23}[0-9]",
    ) {
        for text in [uuid, number.to_string(), object] {
            prop_assert_eq!(written(&text), "{id}");
        }
    }
}
