//! The signs of GraphQL.

/// One sign of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign<'t> {
    Name(&'t str),
    /// `{ } ( ) [ ] : = ! $ @ & |`
    Mark(u8),
    /// `...`
    Spread,
    /// A text or a number.
    Value,
    /// What no document has.
    Bad,
}

#[derive(Clone, Debug)]
pub(super) struct Lexer<'t> {
    text: &'t str,
    at: usize,
    /// Where the last sign began.
    last: usize,
}

impl<'t> Lexer<'t> {
    pub fn new(text: &'t str) -> Self {
        Lexer {
            text,
            at: 0,
            last: 0,
        }
    }

    /// From where to where the last sign stands.
    pub fn span(&self) -> (u32, u32) {
        (self.last as u32, self.at as u32)
    }

    fn rest(&self) -> &'t [u8] {
        &self.text.as_bytes()[self.at..]
    }

    fn skip_ignored(&mut self) {
        loop {
            match self.rest() {
                [b' ' | b'\t' | b'\n' | b'\r' | b',', ..] => self.at += 1,
                [0xef, 0xbb, 0xbf, ..] => self.at += 3,
                [b'#', ..] => {
                    let line = memchr::memchr2(b'\n', b'\r', self.rest());
                    self.at = line.map_or(self.text.len(), |it| self.at + it);
                }
                _ => return,
            }
        }
    }

    /// The length of a text with its quotes; `None` if it does not end.
    fn text_length(&self) -> Option<usize> {
        let rest = self.rest();
        if let Some(block) = rest.strip_prefix(b"\"\"\"") {
            let mut from = 0;
            loop {
                let end = from + memchr::memmem::find(&block[from..], b"\"\"\"")?;
                if end == 0 || block[end - 1] != b'\\' {
                    return Some(3 + end + 3);
                }
                from = end + 3;
            }
        }
        let mut at = 1;
        loop {
            at += memchr::memchr3(b'"', b'\\', b'\n', rest.get(at..)?)?;
            match rest[at] {
                b'"' => return Some(at + 1),
                b'\\' => at += 2,
                _ => return None,
            }
        }
    }

    fn run_length(&self, is: fn(&u8) -> bool) -> usize {
        self.rest().iter().take_while(|it| is(it)).count()
    }
}

impl<'t> Iterator for Lexer<'t> {
    type Item = Sign<'t>;

    fn next(&mut self) -> Option<Sign<'t>> {
        self.skip_ignored();
        let start = self.at;
        let (sign, length) = match self.rest() {
            [] => return None,
            [b'a'..=b'z' | b'A'..=b'Z' | b'_', ..] => {
                let length = self.run_length(|it| it.is_ascii_alphanumeric() || *it == b'_');
                (Sign::Name(&self.text[start..start + length]), length)
            }
            [b'.', b'.', b'.', ..] => (Sign::Spread, 3),
            [b'"', ..] => match self.text_length() {
                Some(length) => (Sign::Value, length),
                None => (Sign::Bad, self.rest().len()),
            },
            [b'0'..=b'9' | b'-', ..] => {
                let length = self.run_length(|it| {
                    it.is_ascii_alphanumeric() || matches!(it, b'-' | b'+' | b'.')
                });
                (Sign::Value, length)
            }
            [mark, ..] if b"{}()[]:=!$@&|".contains(mark) => (Sign::Mark(*mark), 1),
            rest => (Sign::Bad, rest.len()),
        };
        (self.last, self.at) = (start, start + length);
        Some(sign)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_are_told_apart_and_comments_and_commas_are_none() {
        let signs: Vec<_> =
            Lexer::new("a, $b:-1.5e3 ...on#c\n\"x\\\"}\" \"\"\"y\\\"\"\"\"z\"\"\" @").collect();
        assert_eq!(
            signs,
            [
                Sign::Name("a"),
                Sign::Mark(b'$'),
                Sign::Name("b"),
                Sign::Mark(b':'),
                Sign::Value,
                Sign::Spread,
                Sign::Name("on"),
                Sign::Value,
                Sign::Value,
                Sign::Mark(b'@'),
            ]
        );
    }

    #[test]
    fn what_no_document_has_ends_it() {
        for text in [
            "a ~",
            "a \"open",
            "a \"line\n\"",
            "a \"\"\"open\"\"",
            "a é",
            "a \"\\",
        ] {
            let signs: Vec<_> = Lexer::new(text).collect();
            assert_eq!(signs, [Sign::Name("a"), Sign::Bad], "{text}");
        }
    }
}
