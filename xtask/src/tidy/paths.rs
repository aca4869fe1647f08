//! The paths that Rust code names: those of `use` trees written out, and those in expressions.

use super::rust::{is_word, line_of, word_offsets};

/// A path such as `std::fs::read`, where its last part stands.
#[derive(Debug, PartialEq, Eq)]
pub struct Named {
    pub parts: Vec<String>,
    pub line: usize,
}

/// Every path of two parts or more in code (comments and strings blanked).
pub fn named(code: &str) -> Vec<Named> {
    let mut found = Vec::new();
    let mut plain = code.to_owned();
    for at in word_offsets(code, "use") {
        let start = at + "use".len();
        let length = code[start..].find(';').unwrap_or(code.len() - start);
        let tree = &code[start..start + length];
        // `impl use<'a>` captures lifetimes and names no path.
        if tree.trim_start().starts_with('<') {
            continue;
        }
        let mut reader = Reader {
            code,
            at: start,
            end: start + length,
            found: &mut found,
        };
        reader.tree(&mut Vec::new());
        plain.replace_range(start..start + length, &blank(tree));
    }
    found.extend(in_expressions(&plain));
    found.retain(|it| it.parts.len() > 1);
    found.sort_by_key(|it| it.line);
    found
}

fn blank(text: &str) -> String {
    text.bytes()
        .map(|it| if it == b'\n' { '\n' } else { ' ' })
        .collect()
}

/// Reads one `use` tree.
struct Reader<'c> {
    code: &'c str,
    at: usize,
    end: usize,
    found: &'c mut Vec<Named>,
}

impl Reader<'_> {
    /// Reads `a::b::{c, d::*, self} as x` below the parts already read.
    fn tree(&mut self, above: &mut Vec<String>) {
        let depth = above.len();
        loop {
            self.blanks();
            let line = line_of(self.code, self.at);
            if self.eat("{") {
                self.branches(above);
                break;
            }
            let part = if self.eat("*") {
                "*".to_owned()
            } else {
                self.word()
            };
            if !part.is_empty() && part != "self" {
                above.push(part);
            }
            self.blanks();
            if !self.eat("::") {
                self.found.push(Named {
                    parts: above.clone(),
                    line,
                });
                break;
            }
        }
        above.truncate(depth);
    }

    fn branches(&mut self, above: &mut Vec<String>) {
        while self.at < self.end && !self.eat("}") {
            let before = self.at;
            self.tree(above);
            // Whatever follows (`as x`) up to the next branch names nothing more.
            while self.at < self.end && !self.rest().starts_with([',', '}']) {
                self.skip();
            }
            self.eat(",");
            self.blanks();
            if self.at == before {
                self.skip();
            }
        }
    }

    fn rest(&self) -> &str {
        &self.code[self.at..self.end]
    }

    fn skip(&mut self) {
        self.at += self.rest().chars().next().map_or(0, char::len_utf8);
    }

    fn blanks(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn eat(&mut self, token: &str) -> bool {
        let here = self.rest().starts_with(token);
        if here {
            self.at += token.len();
        }
        here
    }

    fn word(&mut self) -> String {
        let word: String = self.rest().chars().take_while(|&it| is_word(it)).collect();
        self.at += word.len();
        word
    }
}

/// Paths outside `use`; generic arguments (`Vec::<u8>::new`) end one and begin another.
fn in_expressions(code: &str) -> Vec<Named> {
    let mut found = Vec::new();
    let mut parts: Vec<String> = Vec::new();
    let mut line = 1;
    let mut rest = code;
    while let Some(letter) = rest.chars().next() {
        if is_word(letter) {
            let word: String = rest.chars().take_while(|&it| is_word(it)).collect();
            rest = &rest[word.len()..];
            parts.push(word);
            let spaced = rest.trim_start();
            if let Some(after) = spaced.strip_prefix("::") {
                let after_blanks = after.trim_start();
                let gap = &rest[..rest.len() - after_blanks.len()];
                line += gap.matches('\n').count();
                rest = after_blanks;
                if rest.starts_with(is_word) {
                    continue;
                }
            }
            found.push(Named {
                parts: std::mem::take(&mut parts),
                line,
            });
        } else {
            line += usize::from(letter == '\n');
            rest = &rest[letter.len_utf8()..];
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(code: &str) -> Vec<String> {
        named(code)
            .iter()
            .map(|it| format!("{} {}", it.line, it.parts.join("::")))
            .collect()
    }

    #[test]
    fn a_use_tree_is_written_out() {
        let code = "use std::{fs, net::{IpAddr, TcpStream as T}, io::{self, Read}};\n";
        let expected = [
            "1 std::fs",
            "1 std::net::IpAddr",
            "1 std::net::TcpStream",
            "1 std::io",
            "1 std::io::Read",
        ];
        assert_eq!(lines(code), expected);
    }

    #[test]
    fn a_branch_has_the_line_it_stands_on() {
        let code = "use a::{\n    b,\n    c::*,\n};\npub use d::e as f;\n";
        assert_eq!(lines(code), ["2 a::b", "3 a::c::*", "5 d::e"]);
    }

    #[test]
    fn expressions_name_paths() {
        let code = "fn x() {\n let a = std::fs::read(b);\n Vec::<c::D>::new()\n}";
        assert_eq!(lines(code), ["2 std::fs::read", "3 c::D"]);
    }

    #[test]
    fn a_path_may_break_its_line() {
        assert_eq!(lines("\nstd::\n  fs::read()"), ["3 std::fs::read"]);
    }

    #[test]
    fn half_a_use_tree_ends() {
        for code in [
            "use",
            "use a::{b",
            "use {",
            "use a::{::,,}",
            "use ;",
            "fn f() -> impl use<'a> X {}",
        ] {
            named(code);
        }
    }
}
