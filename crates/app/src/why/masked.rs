//! What of a value may be shown where a rule matched it. Of values with secrets only the words that
//! the rule itself names and the marks between them; of others all but what looks like a number of
//! somebody, a key or an address.

use std::net::Ipv4Addr;

use gatewatch_detect::Evidence;

use super::told::Matched;
use crate::shown::printable;

const DOT: char = '•';
/// Digits in a row, separators passed over.
const DIGITS_MAX: usize = 7;
/// Letters and digits in one word that has both.
const MIXED_MAX: usize = 15;
const WORD_MAX: usize = 40;

pub fn masked(evidence: &Evidence, is_secret: bool, pattern: &str) -> Matched {
    let Evidence {
        before,
        found,
        after,
        cut,
    } = evidence;
    // A word that is cut could be a piece of anything.
    let before = if cut[0] { behind_word(before) } else { before };
    let after = if cut[2] { until_word(after) } else { after };
    let show = |text: &str| {
        let text = if is_secret {
            words_of(text, pattern)
        } else {
            plain(text)
        };
        printable(&text)
    };
    let mark = |cut: bool| if cut { "…" } else { "" };
    // Masked as one, or a number could go on from one piece into the next.
    let whole = format!("{before}{found}{after}");
    if !is_secret && plain(&whole) != whole {
        return Matched {
            before: mark(cut[0]).to_owned(),
            found: show(&whole) + mark(cut[1]),
            after: mark(cut[2]).to_owned(),
        };
    }
    Matched {
        before: format!("{}{}", mark(cut[0]), show(before)),
        found: format!("{}{}", show(found), mark(cut[1])),
        after: format!("{}{}", show(after), mark(cut[2])),
    }
}

fn is_word(sign: char) -> bool {
    sign.is_alphanumeric() || sign == '_' || sign == '\u{fffd}'
}

fn behind_word(text: &str) -> &str {
    text.trim_start_matches(is_word)
}

fn until_word(text: &str) -> &str {
    text.trim_end_matches(is_word)
}

/// Words that stand in the pattern stay, every other is a dot.
fn words_of(text: &str, pattern: &str) -> String {
    let known: Vec<&str> = pattern
        .split(|it: char| !it.is_ascii_alphabetic())
        .collect();
    runs(text, is_word, |word| {
        if word.len() > 1 && known.contains(&word) {
            word.to_owned()
        } else {
            DOT.to_string()
        }
    })
}

/// All but what looks like a number of somebody, a key or an address.
fn plain(text: &str) -> String {
    let is_part = |it: char| is_word(it) || "@.+-/=".contains(it);
    let words = runs(text, is_part, |word| {
        let mail = word
            .find('@')
            .is_some_and(|at| at > 0 && at + 1 < word.len());
        if mail {
            DOT.to_string()
        } else {
            word.to_owned()
        }
    });
    let keys = runs(&words, is_word, |word| {
        let has = |test: fn(char) -> bool| word.contains(test);
        let length = word.chars().count();
        let mixed = has(char::is_numeric) && has(char::is_alphabetic);
        if length > WORD_MAX || mixed && length > MIXED_MAX {
            DOT.to_string()
        } else {
            word.to_owned()
        }
    });
    let is_number = |it: char| it.is_ascii_digit() || " -.".contains(it);
    runs(&keys, is_number, |number| {
        let is_address = number.trim().parse::<Ipv4Addr>().is_ok();
        if !is_address && number.chars().filter(char::is_ascii_digit).count() > DIGITS_MAX {
            DOT.to_string()
        } else {
            number.to_owned()
        }
    })
}

/// A text in which each run of such signs is replaced.
fn runs(text: &str, is_in: impl Fn(char) -> bool, show: impl Fn(&str) -> String) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(sign) = rest.chars().next() {
        let end = rest.find(|it| !is_in(it)).unwrap_or(rest.len());
        if end == 0 {
            out.push(sign);
            rest = &rest[sign.len_utf8()..];
        } else {
            out.push_str(&show(&rest[..end]));
            rest = &rest[end..];
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, is_secret: bool, pattern: &str) -> String {
        let evidence = Evidence {
            found: text.to_owned(),
            ..Evidence::default()
        };
        masked(&evidence, is_secret, pattern).found
    }

    #[test]
    fn of_a_secret_only_words_of_the_rule_are_shown() {
        let pattern = r"'\s*(?:or|and)\s*'";
        assert_eq!(shown("hunter2' or 'a9'='a9", true, pattern), "•' or '•'='•");
        assert_eq!(shown("select sup3r", true, "select"), "select •");
    }

    #[test]
    fn of_other_values_numbers_keys_and_addresses_are_masked() {
        let text = "' union select 1,2 from cards where n=4111 1111 1111 1111";
        let expected = "' union select 1,2 from cards where n=•";
        assert_eq!(shown(text, false, ""), expected);
        assert_eq!(shown("a jo.roe@contoso.org b", false, ""), "a • b");
        assert_eq!(shown("k=ghp_0123456789abcdef0123", false, ""), "k=•");
        for as_it_is in ["../../etc/passwd", "http://169.254.169.254/latest"] {
            assert_eq!(shown(as_it_is, false, ""), as_it_is);
        }
    }

    #[test]
    fn a_number_over_the_edge_of_what_matched_is_masked_too() {
        let evidence = Evidence {
            before: "x4111 1111".into(),
            found: " 1111 1111 or 1=1".into(),
            after: "--".into(),
            cut: [true, false, false],
        };
        let matched = masked(&evidence, false, "");
        assert!(!format!("{matched:?}").contains("1111 1111"), "{matched:?}");
        assert!(matched.found.contains("or 1=1"), "{matched:?}");
    }
}
