//! Values that stand for no value: dashes, masks, names of nothing, and the keys that vendors
//! print in their manuals.

use crate::gate::{LETTERS, SPACE, Shape};

/// A longer one is no word for nothing.
const WORD_BYTES_MAX: usize = 16;
/// A longer row of one sign is not looked for.
const ROW_BYTES_MAX: usize = 24;
/// A longer one is no mask.
const MASK_BYTES_MAX: usize = 64;

/// By length, from one byte on.
static NOTHING: [&[&str]; WORD_BYTES_MAX] = [
    &["-", "0", "?", ".", "*"],
    &["--", "na", "no"],
    &["---", "n/a", "nil", "tbd", "tba", "yes", "...", "nan"],
    &["n.a.", "none", "null", "todo", "test", "text", "true"],
    &["empty", "value", "dummy", "false", "keine", "aucun"],
    &["hidden", "masked", "sample", "string"],
    &[
        "unknown", "missing", "not set", "removed", "private", "example", "inconnu", "ninguno",
        "default",
    ],
    &[
        "redacted", "[hidden]", "[masked]", "filtered", "changeme", "onbekend", "required",
        "optional",
    ],
    &["undefined", "unbekannt"],
    &["[redacted]", "<redacted>", "[filtered]"],
    &["placeholder", "desconocido", "sconosciuto"],
    &["not provided", "confidential", "desconhecido"],
    &["not available"],
    &["not applicable"],
    &[],
    &[],
];

/// How keys in manuals end.
static PRINTED: &[&str] = &["EXAMPLE", "EXAMPLEKEY", "example", "EXAMPLETOKEN"];

/// How keys begin that are meant for everyone to see, or to be filled in.
static OPEN: &[&str] = &["pk_live_", "pk_test_", "your-", "your_", "YOUR_", "YOUR-"];
/// How names of clients end that are no secret.
static CLIENTS: &str = ".apps.googleusercontent.com";

pub(crate) fn is_placeholder(text: &str, shape: Shape) -> bool {
    let bytes = text.as_bytes();
    let words = bytes.len().checked_sub(1).and_then(|it| NOTHING.get(it));
    if words.is_some_and(|it| it.iter().any(|it| it.eq_ignore_ascii_case(text))) {
        return true;
    }
    if let [first, rest @ ..] = bytes
        && (3..ROW_BYTES_MAX).contains(&rest.len())
        && rest.iter().all(|it| it == first)
    {
        return true;
    }
    let is_printed = PRINTED.iter().any(|it| text.ends_with(it))
        || OPEN.iter().any(|it| text.starts_with(it)) && !text.contains('@')
        || text.ends_with(CLIENTS);
    if is_printed && shape.is_only(!SPACE) {
        return true;
    }
    is_template(bytes) || bytes.len() <= MASK_BYTES_MAX && is_mask(text)
}

/// `{{card}}`, `${CARD}`, `<card>`, `%s`.
fn is_template(bytes: &[u8]) -> bool {
    matches!(
        bytes,
        [b'{', .., b'}'] | [b'$', b'{', .., b'}'] | [b'<', .., b'>'] | [b'%', b's' | b'd']
    ) && bytes.len() <= MASK_BYTES_MAX
}

/// `***-**-1234`, `XXXX-1234`, `••••`.
fn is_mask(text: &str) -> bool {
    let (mut hidden, mut letters, mut shown, mut row, mut row_max) = (0, 0, 0, 0, 0);
    for sign in text.chars() {
        match sign {
            '*' | '•' | '●' | '█' | '#' => {
                hidden += 1;
                row += 1;
            }
            'x' | 'X' => {
                letters += 1;
                row += 1;
            }
            _ => {
                shown += usize::from(sign.is_alphanumeric());
                row = 0;
            }
        }
        row_max = row_max.max(row);
    }
    row_max >= 3 && (hidden >= 3 || letters >= shown && letters >= 3)
}

/// Whether it is a long text of one piece that hides its meaning: an image, a packed file.
pub(crate) fn is_blob(text: &str, shape: Shape) -> bool {
    text.starts_with("data:") || shape.len > 256 && !shape.has(SPACE) && shape.has(LETTERS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stands_for_nothing(text: &str) -> bool {
        is_placeholder(text, Shape::of(text.as_bytes()))
    }

    #[test]
    fn masks_and_words_for_nothing_are_placeholders() {
        for text in [
            "-",
            "N/A",
            "***-**-0247",
            "XXX-XX-4911",
            "xxxx-xxxx-xxxx-1234",
            "00000000",
            "[REDACTED]",
            "AKIAIOSFODNN7EXAMPLE",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "{{token}}",
            "••••••••",
            "pk_live_Mkv6kQXvBH6e82Cp5mQz2DAt",
            "your-api-key",
            "813-abc123.apps.googleusercontent.com",
        ] {
            assert!(stands_for_nothing(text), "{text}");
        }
    }

    #[test]
    fn values_are_not() {
        for text in [
            "4111 1111 1111 1111",
            "Max Maxx",
            "078-05-1120",
            "kL9xxXx2/abcdEF",
            "None Smith",
            "Knowles",
            "your-friend@example.org",
        ] {
            assert!(!stands_for_nothing(text), "{text}");
        }
    }
}
