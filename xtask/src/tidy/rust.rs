//! Splits Rust text into code and comments, so that rules do not trip over words in strings.
//!
//! Both halves are as long as the text and break lines at the same places: what belongs to the
//! other half is blank. So an offset in a half is an offset in the text.

use std::iter::Peekable;
use std::str::CharIndices;

/// One Rust file, split.
#[derive(Debug)]
pub struct Rust {
    /// The text with comments and the insides of strings and characters blanked.
    pub code: String,
    /// The text with everything but comments blanked.
    pub comments: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Half {
    Code,
    Comment,
    Neither,
}

struct Splitter<'t> {
    text: &'t str,
    chars: Peekable<CharIndices<'t>>,
    out: Rust,
}

pub fn split(text: &str) -> Rust {
    let mut splitter = Splitter {
        text,
        chars: text.char_indices().peekable(),
        out: Rust {
            code: String::with_capacity(text.len()),
            comments: String::with_capacity(text.len()),
        },
    };
    while splitter.step() {}
    splitter.out
}

/// The line of an offset, counted from one.
pub fn line_of(text: &str, offset: usize) -> usize {
    1 + text[..offset].matches('\n').count()
}

pub fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// The offsets at which `word` stands alone in `text`.
pub fn word_offsets<'t>(text: &'t str, word: &'t str) -> impl Iterator<Item = usize> + 't {
    text.match_indices(word).filter_map(move |(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        let alone = !before.is_some_and(is_word) && !after.is_some_and(is_word);
        alone.then_some(at)
    })
}

/// The offset just past the bracket that closes the one at `open`, in code.
pub fn past_close(code: &str, open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, letter) in code[open..].char_indices() {
        match letter {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => continue,
        }
        if depth == 0 {
            return Some(open + at + 1);
        }
    }
    None
}

/// Whether each line, counted from zero, belongs to an item marked `#[cfg(test)]`.
pub fn test_lines(code: &str) -> Vec<bool> {
    let mut lines = vec![false; code.lines().count()];
    for (at, mark) in code.match_indices("#[cfg(test)]") {
        let end = item_end(code, at + mark.len());
        let first = line_of(code, at) - 1;
        let last = line_of(code, end).min(lines.len());
        for line in &mut lines[first..last] {
            *line = true;
        }
    }
    lines
}

/// Where the item that starts at `start` ends: its first `;`, or the close of its braces.
fn item_end(code: &str, start: usize) -> usize {
    let mut depth = 0_usize;
    for (at, letter) in code[start..].char_indices() {
        match letter {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            '}' if depth <= 1 => return start + at,
            '}' => depth -= 1,
            ';' if depth == 0 => return start + at,
            _ => (),
        }
    }
    code.len()
}

impl Splitter<'_> {
    /// Consumes one token; false at the end.
    fn step(&mut self) -> bool {
        let Some(&(at, letter)) = self.chars.peek() else {
            return false;
        };
        let rest = &self.text[at..];
        match letter {
            '/' if rest.starts_with("//") => self.line_comment(),
            '/' if rest.starts_with("/*") => self.block_comment(),
            '"' => self.string(),
            '\'' => self.quote(rest),
            _ if is_word(letter) => self.word(rest),
            _ => self.take(Half::Code),
        }
        true
    }

    /// Consumes one character into its half, and as a blank into the other.
    fn take(&mut self, half: Half) {
        let Some((_, letter)) = self.chars.next() else {
            return;
        };
        let Rust { code, comments } = &mut self.out;
        for (out, mine) in [(code, Half::Code), (comments, Half::Comment)] {
            if letter == '\n' || half == mine {
                out.push(letter);
            } else {
                out.extend(std::iter::repeat_n(' ', letter.len_utf8()));
            }
        }
    }

    fn take_many(&mut self, count: usize, half: Half) {
        for _ in 0..count {
            self.take(half);
        }
    }

    fn rest(&mut self) -> &str {
        let at = self.chars.peek().map_or(self.text.len(), |&(at, _)| at);
        &self.text[at..]
    }

    fn line_comment(&mut self) {
        while self.chars.peek().is_some_and(|&(_, it)| it != '\n') {
            self.take(Half::Comment);
        }
    }

    fn block_comment(&mut self) {
        let mut depth = 0_usize;
        while self.chars.peek().is_some() {
            let (opens, closes) = (self.rest().starts_with("/*"), self.rest().starts_with("*/"));
            if opens {
                depth += 1;
            } else if closes {
                depth -= 1;
            }
            self.take_many(1 + usize::from(opens || closes), Half::Comment);
            if depth == 0 {
                return;
            }
        }
    }

    /// A string without a raw prefix; the quotes stay in the code, so that it still reads as one.
    fn string(&mut self) {
        self.take(Half::Code);
        loop {
            match self.chars.peek() {
                None => return,
                Some((_, '"')) => return self.take(Half::Code),
                Some((_, '\\')) => self.take_many(2, Half::Neither),
                Some(_) => self.take(Half::Neither),
            }
        }
    }

    fn raw_string(&mut self, hashes: usize) {
        self.take_many(hashes + 1, Half::Code);
        let close = format!("\"{}", "#".repeat(hashes));
        while self.chars.peek().is_some() && !self.rest().starts_with(&close) {
            self.take(Half::Neither);
        }
        self.take_many(hashes + 1, Half::Code);
    }

    /// A character, or the tick of a lifetime or label.
    fn quote(&mut self, rest: &str) {
        let mut after = rest.chars().skip(1);
        let (first, second) = (after.next(), after.next());
        self.take(Half::Code);
        if first == Some('\\') {
            self.take_many(2, Half::Neither);
            while self.chars.peek().is_some_and(|&(_, it)| it != '\'') {
                self.take(Half::Neither);
            }
            self.take(Half::Code);
        } else if second == Some('\'') {
            self.take(Half::Neither);
            self.take(Half::Code);
        }
    }

    /// A word, taken whole so that the prefixes of strings are seen only where they are prefixes.
    fn word(&mut self, rest: &str) {
        let word: String = rest.chars().take_while(|&it| is_word(it)).collect();
        self.take_many(word.chars().count(), Half::Code);
        let after = &rest[word.len()..];
        let hashes = after.bytes().take_while(|&it| it == b'#').count();
        let raw = matches!(word.as_str(), "r" | "br" | "cr");
        if raw && after[hashes..].starts_with('"') {
            self.raw_string(hashes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code_of(text: &str) -> String {
        let Rust { code, comments } = split(text);
        assert_eq!(code.len(), text.len());
        assert_eq!(comments.len(), text.len());
        assert_eq!(code.matches('\n').count(), text.matches('\n').count());
        code
    }

    #[test]
    fn comments_leave_the_code() {
        let rust = split("a /* b /* c */ d */ e // f\ng");
        assert_eq!(
            rust.code.split_whitespace().collect::<Vec<_>>(),
            ["a", "e", "g"]
        );
        assert!(rust.comments.contains("/* b /* c */ d */"));
        assert!(rust.comments.contains("// f"));
        assert!(!rust.comments.contains('g'));
    }

    #[test]
    fn the_insides_of_strings_leave_the_code() {
        assert_eq!(code_of(r#"a("}\"{") b"#), r#"a("    ") b"#);
        assert_eq!(code_of(r##"r#"{"}"# x"##), r##"r#"   "# x"##);
        assert_eq!(code_of(r#"b"{" c"}" br"{\""#), r#"b" " c" " br"  ""#);
        assert_eq!(code_of("\"// no\" // yes"), "\"     \"       ");
    }

    #[test]
    fn characters_and_lifetimes_are_told_apart() {
        assert_eq!(code_of("'{' '\\'' '\\u{7d}' 'é'"), "' ' '  ' '      ' '  '");
        assert_eq!(
            code_of("fn a<'a, 'b: 'a>(x: &'a str) {"),
            "fn a<'a, 'b: 'a>(x: &'a str) {"
        );
        assert_eq!(code_of("b'{' 'outer: loop {"), "b' ' 'outer: loop {");
        assert_eq!(code_of("['\"', 'a'] {"), "[' ', ' '] {");
    }

    #[test]
    fn a_raw_identifier_is_no_string() {
        assert_eq!(code_of("r#type = \"x\""), "r#type = \" \"");
    }

    #[test]
    fn what_is_never_closed_ends_with_the_text() {
        for text in ["\"abc", "r#\"abc", "/* abc", "'\\", "'", "b\"\\"] {
            code_of(text);
        }
    }

    #[test]
    fn a_word_stands_alone() {
        let offsets: Vec<usize> = word_offsets("fn fn_ afn (fn)", "fn").collect();
        assert_eq!(offsets, [0, 12]);
    }

    #[test]
    fn brackets_close_where_they_opened() {
        assert_eq!(past_close("({[]})x", 0), Some(6));
        assert_eq!(past_close("({[", 0), None);
    }

    #[test]
    fn items_for_tests_are_known_by_their_lines() {
        let code = "a\n#[cfg(test)]\nmod t {\n {}\n}\nb\n#[cfg(test)]\nuse c::{d, e};\nf\n";
        let marked: Vec<usize> = (0..)
            .zip(test_lines(code))
            .filter(|it| it.1)
            .map(|it| it.0)
            .collect();
        assert_eq!(marked, [1, 2, 3, 4, 6, 7]);
    }
}
