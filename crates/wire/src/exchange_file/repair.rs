//! Makes JSON of what senders write in its place: escapes that no string may hold and words
//! that no value may be. Everything else is copied as it stands.

/// A repaired copy, or `None` if there was nothing to repair.
pub fn repair(text: &str) -> Option<Vec<u8>> {
    let mut repair = Repair {
        rest: text.as_bytes(),
        out: Vec::with_capacity(text.len() + text.len() / 8),
        changed: false,
    };
    while let Some(&byte) = repair.rest.first() {
        match byte {
            b'"' => repair.string(),
            b'{' | b'}' | b'[' | b']' | b',' | b':' => repair.copy(1),
            _ if byte.is_ascii_whitespace() => repair.copy(1),
            _ => repair.word(),
        }
    }
    repair.changed.then_some(repair.out)
}

struct Repair<'t> {
    rest: &'t [u8],
    out: Vec<u8>,
    changed: bool,
}

impl Repair<'_> {
    fn copy(&mut self, count: usize) {
        let (copied, rest) = self.rest.split_at(count.min(self.rest.len()));
        self.out.extend_from_slice(copied);
        self.rest = rest;
    }

    fn replace(&mut self, count: usize, with: &[u8]) {
        self.out.extend_from_slice(with);
        self.rest = &self.rest[count.min(self.rest.len())..];
        self.changed = true;
    }

    /// `NaN`, `undefined`, `1e999` and the like are no values: null.
    fn word(&mut self) {
        let ends = |it: &u8| b"{}[],:\"".contains(it) || it.is_ascii_whitespace();
        let length = self.rest.iter().position(ends).unwrap_or(self.rest.len());
        let word = &self.rest[..length];
        let known = matches!(word, b"true" | b"false" | b"null")
            || serde_json::from_slice::<f64>(word).is_ok();
        if known {
            self.copy(length);
        } else {
            self.replace(length, b"null");
        }
    }

    fn string(&mut self) {
        self.copy(1);
        while let Some(&byte) = self.rest.first() {
            match byte {
                b'"' => return self.copy(1),
                b'\\' => self.escape(),
                0..0x20 => self.replace(1, format!("\\u{byte:04x}").as_bytes()),
                _ => self.copy(1),
            }
        }
    }

    fn escape(&mut self) {
        match self.rest.get(1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.copy(2),
            Some(b'u') => self.code(),
            // `\x22` is no escape, so its backslash was one.
            _ => self.replace(1, b"\\\\"),
        }
    }

    /// Surrogates come in pairs; a lone one is no character.
    fn code(&mut self) {
        match (unit(self.rest), self.rest.get(6..).and_then(unit)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => self.copy(12),
            (Some(0xd800..=0xdfff), _) => self.replace(6, b"\\ufffd"),
            (Some(_), _) => self.copy(6),
            (None, _) => self.replace(1, b"\\\\"),
        }
    }
}

/// The code unit of an escape `\uXXXX` at the start.
fn unit(text: &[u8]) -> Option<u16> {
    let digits = text.strip_prefix(b"\\u")?.get(..4)?;
    digits.iter().try_fold(0, |unit, digit| {
        let four = char::from(*digit).to_digit(16)?;
        Some(unit << 4 | four as u16)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, expected: Option<&str>) {
        let repaired = repair(text).map(|it| String::from_utf8(it).unwrap());
        assert_eq!(repaired.as_deref(), expected, "{text}");
    }

    #[test]
    fn lone_surrogates_are_replaced_and_pairs_stay() {
        check(r#""\ud800""#, Some(r#""\ufffd""#));
        check(r#""\udc00\ud83d\ude00""#, Some(r#""\ufffd\ud83d\ude00""#));
        check(r#""\ud800\u0041""#, Some(r#""\ufffd\u0041""#));
        check(r#""\ud83d\ude00""#, None);
    }

    #[test]
    fn escapes_that_are_none_keep_their_backslash() {
        check(r#""\x22\u12""#, Some(r#""\\x22\\u12""#));
        check("\"a\tb\"", Some(r#""a\u0009b""#));
        check(r#""\"\\\n""#, None);
    }

    #[test]
    fn words_that_are_no_values_become_null() {
        check(
            r#"{"a":NaN,"b":[-Infinity,1e999,-1.5e3,true]}"#,
            Some(r#"{"a":null,"b":[null,null,-1.5e3,true]}"#),
        );
        check(r#"{"NaN": "undefined"}"#, None);
    }

    #[test]
    fn a_cut_escape_does_not_panic() {
        for text in [r#""\"#, r#""\u"#, r#""\ud8"#, r#""\ud800\"#, r#""\ud800\u"#] {
            repair(text);
        }
    }

    proptest! {
        #[test]
        fn strings_are_sound_after_repair(text in r#"([a-z\\\t"]|\\u[0-9a-f]{2,4}|\\u[dD][89a-f]00|é){0,40}"#) {
            let inner = text.replace('"', "");
            let line = format!("\"{inner}x\"");
            let repaired = repair(&line).unwrap_or_else(|| line.clone().into_bytes());
            prop_assert!(serde_json::from_slice::<String>(&repaired).is_ok(), "{line}");
        }
    }
}
