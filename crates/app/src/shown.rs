//! Text of traffic as it may stand on a terminal: what would move the cursor, change colours or turn
//! the direction of writing is spelled out.

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
    fn what_a_terminal_would_obey_is_spelled_out() {
        assert_eq!(printable("a 'b' \"ü\" 字"), "a 'b' \"ü\" 字");
        assert_eq!(printable("\u{1b}[31m\r\n"), "\\u{1b}[31m\\r\\n");
        assert_eq!(printable("a\u{202e}b\u{200b}"), "a\\u{202e}b\\u{200b}");
    }
}
