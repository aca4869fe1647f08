//! How much of a text could be words: `getUserV2` is nearly all words, `qt7FHcdG` has none.

/// What a text is made of, taken apart where its case or kind of sign changes.
#[derive(Default)]
pub(super) struct Spelling {
    pub letters: usize,
    pub digits: usize,
    pub marks: usize,
    /// Small letters and capitals.
    pub mixed: bool,
    tokens: usize,
    /// Letters in tokens that could be words.
    spelled: usize,
}

impl Spelling {
    pub fn of(text: &str) -> Spelling {
        // Text without small letters spells its words in capitals.
        let shouting = !text.bytes().any(|it| it.is_ascii_lowercase());
        let mut spelling = Spelling {
            mixed: !shouting && text.bytes().any(|it| it.is_ascii_uppercase()),
            ..Spelling::default()
        };
        let mut rest = text.as_bytes();
        while let [first, ..] = rest {
            let (token, tail) = rest.split_at(token_bytes(rest));
            match first {
                b'0'..=b'9' => spelling.digits += token.len(),
                b'a'..=b'z' | b'A'..=b'Z' => spelling.letters += token.len(),
                _ => spelling.marks += token.len(),
            }
            spelling.spelled += if is_word(token, shouting) {
                token.len()
            } else {
                0
            };
            spelling.tokens += 1;
            rest = tail;
        }
        spelling
    }

    /// Whether case and kind change so often that no words are left: words of programs are
    /// longer in the mean.
    pub fn is_scrambled(&self) -> bool {
        self.mixed && (self.letters + self.digits) * 4 <= self.tokens * 11
    }

    /// Whether less than that share of the letters stands in words.
    pub fn spells_less_than(&self, part: usize, whole: usize) -> bool {
        self.spelled * whole < self.letters * part
    }
}

/// The tokens of a text, one after the other.
pub(super) fn tokens(text: &str) -> impl Iterator<Item = &[u8]> {
    let mut rest = text.as_bytes();
    core::iter::from_fn(move || {
        let bytes = (!rest.is_empty()).then(|| token_bytes(rest))?;
        let (token, tail) = rest.split_at(bytes);
        rest = tail;
        Some(token)
    })
}

/// The length of the first token: digits, `word`, `Word` or `CAPITALS`; any mark is its own.
fn token_bytes(text: &[u8]) -> usize {
    let run =
        |from: usize, is: fn(&u8) -> bool| text[from..].iter().take_while(|it| is(it)).count();
    match text[0] {
        b'0'..=b'9' => run(0, u8::is_ascii_digit),
        b'a'..=b'z' => run(0, u8::is_ascii_lowercase),
        b'A'..=b'Z' => match (
            run(0, u8::is_ascii_uppercase),
            run(1, u8::is_ascii_lowercase),
        ) {
            (1, small) => 1 + small,
            // The last capital begins the word after it.
            (capitals, _) if text.get(capitals).is_some_and(u8::is_ascii_lowercase) => capitals - 1,
            (capitals, _) => capitals,
        },
        _ => 1,
    }
}

/// At least three letters with a vowel, the first in any case, or one of the small words.
fn is_word(token: &[u8], shouting: bool) -> bool {
    if token.len() == 2 {
        return SMALL_WORDS
            .iter()
            .any(|it| it.as_bytes().eq_ignore_ascii_case(token));
    }
    token.len() >= 3
        && token.iter().any(|it| b"aeiouyAEIOUY".contains(it))
        && token[1..].iter().all(|it| {
            if shouting {
                it.is_ascii_uppercase()
            } else {
                it.is_ascii_lowercase()
            }
        })
}

pub(super) static SMALL_WORDS: &[&str] = &[
    "as", "at", "by", "do", "go", "id", "if", "in", "ip", "is", "it", "me", "my", "no", "of", "ok",
    "on", "or", "to", "up",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_taken_apart_where_case_or_kind_changes() {
        let tokens = |mut text: &'static str| {
            let mut tokens = Vec::new();
            while !text.is_empty() {
                let (token, tail) = text.split_at(token_bytes(text.as_bytes()));
                tokens.push(token);
                text = tail;
            }
            tokens
        };
        assert_eq!(tokens("getUserByID"), ["get", "User", "By", "ID"]);
        assert_eq!(tokens("APIKeys2-x"), ["API", "Keys", "2", "-", "x"]);
        assert_eq!(tokens("qt7FHcdG"), ["qt", "7", "F", "Hcd", "G"]);
    }

    #[test]
    fn words_of_programs_are_not_noise() {
        for text in [
            "getUserByID",
            "OAuth2Callback",
            "ListObjectsV2",
            "byIdOrUrl",
        ] {
            let spelling = Spelling::of(text);
            assert!(!spelling.spells_less_than(1, 2), "{text}");
        }
        for text in ["qt7FHcdG", "RcBqi5Ti", "poGRfvgIelI"] {
            assert!(Spelling::of(text).is_scrambled(), "{text}");
        }
    }
}
