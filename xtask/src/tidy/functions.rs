//! The functions of a Rust file: where each starts, how long it is and what it takes.

use super::rust::{is_word, line_of, past_close, word_offsets};

#[derive(Debug, PartialEq, Eq)]
pub struct Function<'c> {
    pub name: &'c str,
    pub line: usize,
    /// From the line of `fn` to that of its last brace.
    pub lines: usize,
    /// Without `self`.
    pub parameters: usize,
}

/// Every function in code (comments and strings blanked), nested ones included.
pub fn functions(code: &str) -> Vec<Function<'_>> {
    word_offsets(code, "fn")
        .filter_map(|at| function(code, at))
        .collect()
}

fn function(code: &str, at: usize) -> Option<Function<'_>> {
    let after = &code[at + "fn".len()..];
    let named = after.trim_start();
    let end_of_name = named.find(|letter| !is_word(letter))?;
    // `fn(u8)` is a type.
    if end_of_name == 0 {
        return None;
    }
    let start = code.len() - named.len();
    let past_name = start + end_of_name;
    let open = past_name + past_generics(&code[past_name..])?;
    let close = past_close(code, open)?;
    let end = end_of_body(code, close)?;
    Some(Function {
        name: &code[start..past_name],
        line: line_of(code, at),
        lines: code[at..end].matches('\n').count() + 1,
        parameters: parameters(&code[open + 1..close - 1]),
    })
}

/// The offset of the parenthesis that opens the parameters.
fn past_generics(rest: &str) -> Option<usize> {
    let mut angles = Angles::default();
    for (at, letter) in rest.char_indices() {
        if letter == '(' && angles.depth == 0 {
            return Some(at);
        }
        angles.see(letter);
    }
    None
}

/// Just past the body, or past the `;` of a function without one.
fn end_of_body(code: &str, start: usize) -> Option<usize> {
    let mut at = start;
    while let Some(letter) = code[at..].chars().next() {
        match letter {
            '{' => return past_close(code, at),
            ';' => return Some(at + 1),
            '(' | '[' => at = past_close(code, at)?,
            _ => at += letter.len_utf8(),
        }
    }
    None
}

fn parameters(inside: &str) -> usize {
    let mut angles = Angles::default();
    let mut brackets = 0_usize;
    let mut starts = vec![0];
    for (at, letter) in inside.char_indices() {
        angles.see(letter);
        match letter {
            '(' | '[' | '{' => brackets += 1,
            ')' | ']' | '}' => brackets = brackets.saturating_sub(1),
            ',' if brackets == 0 && angles.depth == 0 => starts.push(at + 1),
            _ => (),
        }
    }
    let ends = starts
        .iter()
        .skip(1)
        .map(|start| start - 1)
        .chain([inside.len()]);
    let pieces = starts
        .iter()
        .zip(ends)
        .map(|(&start, end)| inside[start..end].trim());
    pieces
        .filter(|piece| !piece.is_empty() && !is_self(piece))
        .count()
}

fn is_self(parameter: &str) -> bool {
    let pattern = parameter.split(':').next().unwrap_or(parameter);
    word_offsets(pattern, "self").next().is_some()
}

/// How deep in `<…>` we are; the arrow of a return type closes nothing.
#[derive(Default)]
struct Angles {
    depth: usize,
    last: char,
}

impl Angles {
    fn see(&mut self, letter: char) {
        match letter {
            '<' => self.depth += 1,
            '>' if self.last != '-' && self.last != '=' => {
                self.depth = self.depth.saturating_sub(1);
            }
            _ => (),
        }
        self.last = letter;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameters_of(code: &str) -> usize {
        let found = functions(code);
        assert_eq!(found.len(), 1, "{code}: {found:?}");
        found[0].parameters
    }

    #[test]
    fn parameters_are_counted_without_self() {
        for (code, count) in [
            ("fn f() {}", 0),
            ("fn f(&'a mut self, x: u8) {}", 1),
            ("fn f(self: &Arc<Self>) {}", 0),
            ("fn f(a: (u8, u8), b: [u8; 2], c: Map<K, V>) {}", 3),
            (
                "fn f<F: Fn(u8, u8) -> u8>(a: F, b: impl Fn(A, B) -> Map<C, D>,) {}",
                2,
            ),
            ("fn f(a: fn(u8, u8) -> Vec<u8>, b: u8);", 2),
            ("fn f(\n    a: u8,\n    b: u8,\n) -> [u8; 4] {\n}", 2),
            ("fn f(Pair { a, b }: Pair, myself: u8) {}", 2),
        ] {
            assert_eq!(parameters_of(code), count, "{code}");
        }
    }

    #[test]
    fn a_length_runs_from_fn_to_its_last_brace() {
        let code =
            "\nfn a() -> [u8; 4] {\n  if x { y }\n}\nfn b();\nfn c<T>()\nwhere\n T: X,\n{\n}\n";
        let found: Vec<_> = functions(code)
            .iter()
            .map(|it| (it.name, it.line, it.lines))
            .collect();
        assert_eq!(found, [("a", 2, 3), ("b", 5, 1), ("c", 6, 5)]);
    }

    #[test]
    fn a_nested_function_is_one_too() {
        let code = "fn a() {\n fn b() {\n }\n}";
        let found: Vec<_> = functions(code)
            .iter()
            .map(|it| (it.name, it.lines))
            .collect();
        assert_eq!(found, [("a", 4), ("b", 2)]);
    }

    #[test]
    fn what_is_cut_short_is_no_function() {
        for code in [
            "fn",
            "fn a",
            "fn a<",
            "fn a(",
            "fn a()",
            "fn a() {",
            "fn a() -> [",
        ] {
            assert_eq!(functions(code), [], "{code}");
        }
    }
}
