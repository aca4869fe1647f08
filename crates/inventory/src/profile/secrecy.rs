//! What may be kept as text: words of a small vocabulary, and names of members. Nothing that
//! could be a secret, a person or an identifier.

use super::kinds::Kind;

pub(super) const VALUE_BYTES_MAX: usize = 32;
/// A longer name of a member is a value that stands where a name should.
pub(super) const NAME_BYTES_MAX: usize = 64;

/// Whether a value may become text at all: short, a word, and of no shape that secrets have.
pub(super) fn is_word(text: &str) -> bool {
    let mut bytes = text.bytes();
    text.len() <= VALUE_BYTES_MAX
        && bytes.next().is_some_and(|it| it.is_ascii_alphabetic())
        && bytes.all(|it| it.is_ascii_alphanumeric() || it == b'_' || it == b'-')
        && !is_secret(text)
        && matches!(Kind::of_text(text), Kind::Text | Kind::BooleanText)
}

/// Whether the text looks like a key or token, or like made by a machine.
pub(crate) fn is_secret(text: &str) -> bool {
    if PREFIXES.iter().any(|it| text.starts_with(it)) {
        return true;
    }
    let (mut digits, mut upper, mut lower, mut turns) = (0, 0, 0, 0);
    let mut before = None;
    for byte in text.bytes().take(NAME_BYTES_MAX) {
        let class = match byte {
            b'0'..=b'9' => 0,
            b'A'..=b'Z' => 1,
            b'a'..=b'z' => 2,
            _ => continue,
        };
        match class {
            0 => digits += 1,
            1 => upper += 1,
            _ => lower += 1,
        }
        // From digit to letter and back: what no word does often.
        turns += u32::from(before.is_some_and(|it: u8| (it == 0) != (class == 0)));
        before = Some(class);
    }
    let letters = upper + lower;
    digits >= 6
        || turns >= 4 && digits >= 3
        || text.len() >= 12 && digits >= 2 && upper >= 2 && lower >= 2
        || letters >= 20 && upper >= 5 && lower >= 5 && is_shuffled(text)
}

/// Whether a member of that name must not show values: it, or what it stands in, smells of a
/// secret, or it smells of a person or an identifier.
pub(super) fn is_private(path: &str) -> bool {
    let mut last = path.rsplit('.').find(|it| !it.is_empty()).unwrap_or("");
    last = last.trim_end_matches("[]");
    words(path, |word| SECRETS.binary_search(&word).is_ok())
        || words(last, |word| PERSONS.binary_search(&word).is_ok())
        || contains_secret(path)
}

/// Whether a member's name is a value: an identifier, a date, an address of somebody.
pub(super) fn is_dynamic(name: &str) -> bool {
    name.is_empty()
        || name.len() > NAME_BYTES_MAX
        || !matches!(Kind::of_text(name), Kind::Text | Kind::BooleanText)
        || is_secret(name)
        || name
            .bytes()
            .any(|it| it.is_ascii_control() || it == b'@' && name.len() > 24)
}

/// How well-known kinds of keys begin.
static PREFIXES: &[&str] = &[
    "AIza",
    "AKIA",
    "ASIA",
    "EAAC",
    "SG.",
    "dop_v1",
    "eyJ",
    "ghp_",
    "gho_",
    "ghs_",
    "ghu_",
    "github_pat",
    "glpat-",
    "hvs.",
    "npm_",
    "pk_live",
    "pk_test",
    "rk_live",
    "shpat_",
    "sk-",
    "sk_live",
    "sk_test",
    "whsec_",
    "xoxb-",
    "xoxp-",
    "ya29.",
];

/// Sorted. Words in a name that speak of secrets.
#[rustfmt::skip]
static SECRETS: &[&str] = &[
    "apikey", "auth", "authorization", "bearer", "code", "cookie", "credential", "credentials",
    "csrf", "cvc", "cvv", "hash", "hmac", "jwt", "key", "mac", "nonce", "otp", "pass", "passcode",
    "passphrase", "passwd", "password", "pin", "private", "pwd", "salt", "secret", "secrets",
    "session", "sessionid", "sid", "sig", "signature", "token", "tokens", "totp", "xsrf",
];

/// Sorted. Words in a name that speak of a person, or of one thing among many.
#[rustfmt::skip]
static PERSONS: &[&str] = &[
    "account", "address", "author", "avatar", "birth", "birthdate", "birthday", "born", "card",
    "city", "comment", "contact", "customer", "description", "diagnosis", "dob", "email",
    "ethnicity", "family", "father", "firstname", "fullname", "gender", "handle", "iban", "id",
    "identifier", "ids", "ip", "lastname", "latitude", "license", "login", "longitude", "mail",
    "message", "mobile", "mother", "name", "nationality", "nick", "nickname", "note", "owner",
    "passport", "patient", "person", "phone", "postcode", "race", "recipient", "religion",
    "salary", "sender", "sex", "ssn", "street", "surname", "tax", "tel", "telephone", "text",
    "title", "user", "username", "uuid", "zip",
];

fn contains_secret(path: &str) -> bool {
    let bytes = path.as_bytes();
    [
        "password",
        "passwd",
        "secret",
        "token",
        "apikey",
        "credential",
    ]
    .iter()
    .any(|it| {
        bytes
            .windows(it.len())
            .any(|part| part.eq_ignore_ascii_case(it.as_bytes()))
    })
}

/// Whether any word of a name is one of those: `userName`, `user_name` and `user-name` have two.
fn words(name: &str, is_one: impl Fn(&str) -> bool) -> bool {
    const WORD_BYTES_MAX: usize = 16;
    let mut word = [0_u8; WORD_BYTES_MAX];
    let mut len = 0;
    let mut lower_before = false;
    let ends = name.bytes().map(Some).chain([None]);
    for byte in ends {
        let letter = byte.filter(u8::is_ascii_alphabetic);
        let hump = letter.is_some_and(|it| it.is_ascii_uppercase()) && lower_before;
        if (letter.is_none() || hump) && len > 0 {
            let text = word.get(..len).and_then(|it| core::str::from_utf8(it).ok());
            if text.is_some_and(&is_one) {
                return true;
            }
            len = 0;
        }
        if let Some(letter) = letter {
            if let Some(place) = word.get_mut(len) {
                *place = letter.to_ascii_lowercase();
            }
            len += 1;
        }
        lower_before = byte.is_some_and(|it| it.is_ascii_lowercase());
    }
    false
}

/// Whether upper and lower case change so often that it is no sequence of words.
fn is_shuffled(text: &str) -> bool {
    let bytes = text.as_bytes();
    let rises = bytes
        .windows(2)
        .filter(|it| it[0].is_ascii_uppercase() && it[1].is_ascii_uppercase())
        .count();
    let humps = bytes
        .windows(2)
        .filter(|it| it[0].is_ascii_lowercase() && it[1].is_ascii_uppercase())
        .count();
    humps * 4 > bytes.len() || humps >= 3 && rises >= 3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_sorted() {
        assert!(SECRETS.is_sorted() && PERSONS.is_sorted());
    }

    #[test]
    fn words_of_a_vocabulary_may_be_kept() {
        for text in [
            "pending",
            "PENDING_REVIEW",
            "in-progress",
            "v2",
            "EUR",
            "utf8",
            "sha256",
            "true",
        ] {
            assert!(is_word(text), "{text}");
        }
    }

    #[test]
    fn secrets_and_what_a_machine_made_are_no_words() {
        for text in [
            "",
            "17",
            "two words",
            "a.b",
            "ünï",
            "anna@example.com",
            "AKIAIOSFODNN7EXAMPLE",
            "ghp_abcdefghij",
            "sk_live_abc",
            "Tr0ub4dor3x",
            "deadbeefcafe0042",
            "ord-20261121",
            "aBcDeFgHiJkLmNoPqRsTuVwX",
            "Zm9vYmFyYmF6Zm9vYmFy",
            "this-is-longer-than-thirty-two-bytes",
        ] {
            assert!(!is_word(text), "{text}");
        }
    }

    #[test]
    fn names_that_smell_show_no_values() {
        for path in [
            "password",
            "user.accessToken",
            "X-Api-Key",
            "secrets[].kind",
            "firstName",
            "customer.name",
            "user_id",
            "orderId",
            "cvv",
            "newpassword2",
            "owners.email[]",
        ] {
            assert!(is_private(path), "{path}");
        }
        for path in [
            "status",
            "order.state",
            "items[].currency",
            "user.role",
            "sort",
            "kind",
        ] {
            assert!(!is_private(path), "{path}");
        }
    }

    #[test]
    fn identifiers_are_no_names() {
        for name in [
            "",
            "17",
            "c0ffee00-4f89-11d3-9a0c-0305e82c3301",
            "2026-11-21",
            "anna@example.com",
            "ord_8f3k2j4h1",
            "a\u{0}b",
            &"x".repeat(65),
        ] {
            assert!(is_dynamic(name), "{name}");
        }
        for name in [
            "status",
            "address1",
            "sha256",
            "@type",
            "First Name",
            "x-ms-version",
            "é",
            "true",
        ] {
            assert!(!is_dynamic(name), "{name}");
        }
    }
}
