//! Text of traffic as it may stand on a terminal: what would move the cursor, change colours or turn
//! the direction of writing is spelled out. Words for people are broken into lines.

use console::measure_text_width;

/// Lines of words are as wide.
pub const WIDTH: usize = 92;

/// Adds lines of words, the first behind `margin` and the others below it.
pub fn paragraph(text: &mut String, margin: &str, words: &str) {
    let indent = measure_text_width(margin);
    text.push_str(margin);
    let mut column = indent;
    for word in words.split_whitespace() {
        let width = measure_text_width(word);
        if column > indent && column + 1 + width > WIDTH {
            text.push('\n');
            text.push_str(&" ".repeat(indent));
            column = indent;
        } else if column > indent {
            text.push(' ');
            column += 1;
        }
        text.push_str(word);
        column += width;
    }
    text.push('\n');
}

pub fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for sign in text.chars() {
        if is_plain(sign) {
            out.push(sign);
        } else {
            out.extend(sign.escape_default());
        }
    }
    out
}

fn is_plain(sign: char) -> bool {
    // Marks of direction, breaks of lines and paragraphs, signs without width.
    let is_odd = matches!(sign, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{61c}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}');
    !sign.is_control() && !is_odd
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_broken_into_lines_below_their_margin() {
        let mut text = String::new();
        paragraph(&mut text, "  = ", &"word ".repeat(30));
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 2);
        assert!(lines[0].starts_with("  = word") && lines[0].len() <= WIDTH);
        assert!(lines[1].starts_with("    word") && text.ends_with("word\n"));
    }

    #[test]
    fn what_a_terminal_would_obey_is_spelled_out() {
        assert_eq!(printable("a 'b' \"ü\" 字"), "a 'b' \"ü\" 字");
        assert_eq!(printable("\u{1b}[31m\r\n"), "\\u{1b}[31m\\r\\n");
        assert_eq!(printable("a\u{202e}b\u{200b}"), "a\\u{202e}b\\u{200b}");
    }
}
