//! STIX 2.1: of a bundle (or a page of TAXII) the indicators whose pattern is nothing but
//! addresses. One that is revoked, benign, of low confidence or out of its time is passed over; so
//! is a pattern that wants more than an address, because the address alone would claim too much.

use std::borrow::Cow;

use gatewatch_model::Timestamp;
use gatewatch_model::origin::Tags;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::range::IpRange;
use super::{FeedError, Reading, quoted};
use crate::limits::PATTERN_BYTES_MAX;

/// Below this STIX calls it low.
const CONFIDENCE_MIN: i64 = 30;

#[derive(Deserialize)]
struct Object<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(borrow, default)]
    id: Cow<'a, str>,
    #[serde(borrow, default)]
    pattern: Cow<'a, str>,
    #[serde(borrow)]
    pattern_type: Option<Cow<'a, str>>,
    #[serde(borrow)]
    valid_from: Option<Cow<'a, str>>,
    #[serde(borrow)]
    valid_until: Option<Cow<'a, str>>,
    #[serde(default)]
    revoked: bool,
    confidence: Option<i64>,
    #[serde(default)]
    indicator_types: Vec<String>,
    #[serde(default)]
    labels: Vec<String>,
}

pub fn read(reading: &mut Reading, objects: &[&RawValue]) -> Result<(), FeedError> {
    for object in objects {
        // Objects of other kinds may have any members.
        let Ok(object) = serde_json::from_str::<Object<'_>>(object.get()) else {
            if object.get().contains("\"indicator\"") {
                reading.remark(0, "an indicator has members of the wrong type");
            }
            continue;
        };
        if object.kind == "indicator" {
            take(reading, &object)?;
        }
    }
    Ok(())
}

fn take(reading: &mut Reading, object: &Object<'_>) -> Result<(), FeedError> {
    let says = |word: &str| {
        let mut all = object.indicator_types.iter().chain(&object.labels);
        all.any(|it| it.eq_ignore_ascii_case(word))
    };
    let (from, until) = (
        time(object.valid_from.as_deref()),
        time(object.valid_until.as_deref()),
    );
    let is_other = object
        .pattern_type
        .as_deref()
        .is_some_and(|it| it != "stix");
    let is_doubtful = object.confidence.is_some_and(|it| it < CONFIDENCE_MIN);
    if object.revoked || is_other || is_doubtful || says("benign") || !reading.in_force(from, until)
    {
        reading.feed.passed_over += 1;
        return Ok(());
    }
    let tag = match reading.feed.tag {
        Tags::THREAT if says("anonymization") => Tags::PROXY,
        tag => tag,
    };
    let Some(written) = addresses(&object.pattern) else {
        reading.feed.passed_over += 1;
        return Ok(());
    };
    for text in written {
        match IpRange::parse(text) {
            Ok(range) => reading.add(tag, range)?,
            Err(reason) => {
                let remark = format!("{}: {} {reason}", quoted(&object.id), quoted(text));
                reading.remark(0, &remark);
            }
        }
    }
    Ok(())
}

fn time(text: Option<&str>) -> Option<Timestamp> {
    Timestamp::parse(text?)
}

/// The addresses of a pattern that holds wherever one of them is seen; `None` for any other.
fn addresses(pattern: &str) -> Option<Vec<&str>> {
    if pattern.len() > PATTERN_BYTES_MAX {
        return None;
    }
    let mut tokens = Tokens(pattern);
    let mut found = Vec::new();
    let (mut inside, mut parentheses) = (false, 0_usize);
    loop {
        match tokens.next()? {
            Token::Mark(b'(') => {
                parentheses += 1;
                continue;
            }
            Token::Mark(b'[') if !inside => {
                inside = true;
                continue;
            }
            Token::Word(path) if inside => comparison(path, &mut tokens, &mut found)?,
            Token::Word(_) | Token::Text(_) | Token::Mark(_) => return None,
        }
        // Behind a comparison: what closes, then the end or another alternative.
        while let Some(Token::Mark(mark @ (b']' | b')'))) = tokens.peek() {
            tokens.next();
            if mark == b')' {
                parentheses = parentheses.checked_sub(1)?;
            } else if !core::mem::take(&mut inside) {
                return None;
            }
        }
        match tokens.next() {
            Some(Token::Word("OR")) => {}
            Some(_) => return None,
            None if inside || parentheses > 0 || found.is_empty() => return None,
            None => return Some(found),
        }
    }
}

/// `ipv4-addr:value = '192.0.2.1'`, `… ISSUBSET '192.0.2.0/24'` or `… IN ('192.0.2.1', …)`. What
/// is compared may be something else, as long as it is one alternative among others.
fn comparison<'p>(path: &str, tokens: &mut Tokens<'p>, found: &mut Vec<&'p str>) -> Option<()> {
    let is_address = matches!(
        path,
        "ipv4-addr:value"
            | "ipv6-addr:value"
            | "network-traffic:src_ref.value"
            | "network-traffic:dst_ref.value"
    );
    match tokens.next()? {
        Token::Mark(b'=') | Token::Word("ISSUBSET") => match tokens.next()? {
            Token::Text(text) if is_address => found.push(text),
            Token::Text(_) | Token::Word(_) => {}
            Token::Mark(_) => return None,
        },
        Token::Word("IN") => {
            (tokens.next()? == Token::Mark(b'(')).then_some(())?;
            loop {
                match tokens.next()? {
                    Token::Text(text) if is_address => found.push(text),
                    Token::Text(_) | Token::Word(_) | Token::Mark(b',') => {}
                    Token::Mark(b')') => break,
                    Token::Mark(_) => return None,
                }
            }
        }
        Token::Word("LIKE" | "MATCHES") if !is_address => drop(tokens.next()?),
        _ => return None,
    }
    Some(())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token<'p> {
    /// A path, a keyword or a number.
    Word(&'p str),
    /// Between quotes; a text with an escape is no address, so escapes stay.
    Text(&'p str),
    Mark(u8),
}

/// What is left of a pattern.
#[derive(Clone, Copy)]
struct Tokens<'p>(&'p str);

impl<'p> Tokens<'p> {
    fn peek(&self) -> Option<Token<'p>> {
        let mut ahead = *self;
        ahead.next()
    }

    fn next(&mut self) -> Option<Token<'p>> {
        let rest = self.0.trim_start();
        let first = *rest.as_bytes().first()?;
        let (token, length) = match first {
            b'\'' => {
                let end = text_end(rest.as_bytes())?;
                (Token::Text(&rest[1..end]), end + 1)
            }
            b'[' | b']' | b'(' | b')' | b',' | b'=' | b'!' | b'<' | b'>' => (Token::Mark(first), 1),
            _ => {
                let end = rest.find(|it: char| it.is_whitespace() || "[](),=!<>'".contains(it));
                let end = end.unwrap_or(rest.len());
                (Token::Word(&rest[..end]), end)
            }
        };
        self.0 = &rest[length..];
        Some(token)
    }
}

/// Where the text that begins with a quote ends with one.
fn text_end(bytes: &[u8]) -> Option<usize> {
    let mut escaped = false;
    bytes
        .iter()
        .enumerate()
        .skip(1)
        .find_map(|(at, byte)| match byte {
            _ if escaped => {
                escaped = false;
                None
            }
            b'\\' => {
                escaped = true;
                None
            }
            b'\'' => Some(at),
            _ => None,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_that_are_nothing_but_addresses_are_read() {
        for (pattern, expected) in [
            ("[ipv4-addr:value = '192.0.2.1']", &["192.0.2.1"][..]),
            (
                "[ipv4-addr:value='192.0.2.1' OR ipv6-addr:value = '2001:db8::/32']",
                &["192.0.2.1", "2001:db8::/32"],
            ),
            (
                "[ipv4-addr:value = '192.0.2.1'] OR [ipv4-addr:value = '192.0.2.2']",
                &["192.0.2.1", "192.0.2.2"],
            ),
            (
                "([ipv4-addr:value = '192.0.2.1'] OR [(ipv4-addr:value = '192.0.2.2')])",
                &["192.0.2.1", "192.0.2.2"],
            ),
            (
                "[ipv4-addr:value ISSUBSET '192.0.2.0/24']",
                &["192.0.2.0/24"],
            ),
            (
                "[ipv4-addr:value IN ('192.0.2.1', '192.0.2.2')]",
                &["192.0.2.1", "192.0.2.2"],
            ),
            (
                "[network-traffic:src_ref.value = '192.0.2.1']",
                &["192.0.2.1"],
            ),
            (
                "[domain-name:value = 'it\\'s.example' OR ipv4-addr:value = '192.0.2.1']",
                &["192.0.2.1"],
            ),
        ] {
            assert_eq!(addresses(pattern).as_deref(), Some(expected), "{pattern}");
        }
    }

    #[test]
    fn patterns_that_want_more_are_passed_over() {
        for pattern in [
            "",
            "[]",
            "[",
            "ipv4-addr:value = '192.0.2.1'",
            "[ipv4-addr:value = '192.0.2.1'",
            "[ipv4-addr:value = '192.0.2.1']]",
            "[ipv4-addr:value = '192.0.2.1' AND network-traffic:dst_port = 443]",
            "[ipv4-addr:value != '192.0.2.1']",
            "[NOT ipv4-addr:value = '192.0.2.1']",
            "[ipv4-addr:value NOT IN ('192.0.2.1')]",
            "[ipv4-addr:value = '192.0.2.1'] FOLLOWEDBY [ipv4-addr:value = '192.0.2.2']",
            "[ipv4-addr:value = '192.0.2.1'] REPEATS 5 TIMES WITHIN 60 SECONDS",
            "[ipv4-addr:value = '192.0.2.1] OR",
            "[ipv4-addr:value = '192.0.2.1' OR",
            "[ipv4-addr:value LIKE '192.0.2.%']",
            "[domain-name:value = 'example.com']",
        ] {
            assert_eq!(addresses(pattern), None, "{pattern}");
        }
    }
}
