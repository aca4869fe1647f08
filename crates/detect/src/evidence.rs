//! What a rule matched, found once more after the fact: for who explains one exchange. Nothing of it
//! is kept while exchanges go by.

use std::ops::Range;

use gatewatch_decode::{Leaf, Reading, Value};
use gatewatch_model::{Exchange, Spot};

use crate::compiled::Ready;
use crate::gate::signs::Signs;
use crate::limits::{NESTED_MAX, TEXT_BYTES_MAX, TOKENS_MAX};
use crate::look::origin;
use crate::seen::{At, Ground, Mark, Seen};
use crate::views::{Packed, Views};

/// Of what stands before and after, and of what was matched itself.
const AROUND_BYTES_MAX: usize = 32;
const FOUND_BYTES_MAX: usize = 160;

/// A stretch of a value as the rule read it: encodings undone, in lower case. It may hold secrets;
/// who shows it masks them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    pub before: String,
    pub found: String,
    pub after: String,
    /// Whether there is more before, more was matched, and there is more after.
    pub cut: [bool; 3],
}

impl Seen<'_> {
    /// What the rule of a ground matched. `None` for what is no rule, and for what was put together
    /// of several values.
    pub fn evidence(
        &self,
        exchange: &Exchange<'_>,
        reading: &Reading,
        ground: &Ground,
    ) -> Option<Evidence> {
        let Mark::Rule { rule, .. } = ground.mark else {
            return None;
        };
        let mut rules = self.compiled.rules.iter();
        let rule = rules.find(|it| (it.detection, it.rule) == (ground.detection, rule))?;
        let mut found = None;
        each_text(exchange, reading, ground.at, &mut |text| {
            found = found.take().or_else(|| find(rule, text, 0));
        });
        found
    }
}

/// How many encodings around each other a text holds.
pub fn layers(text: &[u8]) -> usize {
    Views::default().take(text, Signs::of(text))
}

/// The texts that stand at a place.
fn each_text(exchange: &Exchange<'_>, reading: &Reading, at: At, take: &mut dyn FnMut(&[u8])) {
    let leaf = |index: u32| reading.leaves().get(index as usize);
    match at {
        At::Leaf(index) => {
            if let Some(Value::Text(text)) = leaf(index).map(|it| it.value) {
                ends(text.as_bytes(), take);
            }
        }
        At::Name(index) => {
            let names = leaf(index);
            let names = names.iter().flat_map(Leaf::names);
            names.for_each(|it| take(it.as_bytes()));
        }
        At::Spot(spot @ (Spot::RequestPath | Spot::RequestQuery)) => {
            let target = origin(exchange);
            let query = memchr::memchr(b'?', target).unwrap_or(target.len());
            take(if spot == Spot::RequestPath {
                &target[..query]
            } else {
                &target[query..]
            });
        }
        At::Spot(Spot::RequestBody) => {
            if let Some(body) = &exchange.request.body {
                ends(&body.bytes, take);
            }
        }
        At::Spot(_) | At::Request => {}
    }
}

/// All of a text, or its beginning and its end.
fn ends(text: &[u8], take: &mut dyn FnMut(&[u8])) {
    if text.len() <= TEXT_BYTES_MAX {
        return take(text);
    }
    take(&text[..TEXT_BYTES_MAX / 2]);
    take(&text[text.len() - TEXT_BYTES_MAX / 2..]);
}

fn find(rule: &Ready, text: &[u8], nested: u8) -> Option<Evidence> {
    let mut views = Views::default();
    views.take(text, Signs::of(text));
    views.make(Signs::of(&views.plain), |_| true);
    let read = views.of(rule.view);
    if let Some(found) = rule.regex.find(read) {
        return Some(stretch(read, found.range()));
    }
    if nested >= NESTED_MAX {
        return None;
    }
    let mut words = Packed::new(text.strip_prefix(b"/").unwrap_or(text));
    let mut inside = Vec::new();
    for _ in 0..TOKENS_MAX {
        if !words.next(&mut inside) {
            return None;
        }
        if let Some(found) = find(rule, &inside, nested + 1) {
            return Some(found);
        }
    }
    None
}

fn stretch(text: &[u8], found: Range<usize>) -> Evidence {
    let start = found.start.saturating_sub(AROUND_BYTES_MAX);
    let shown = found.end.min(found.start + FOUND_BYTES_MAX);
    let end = (found.end + AROUND_BYTES_MAX).min(text.len());
    let piece = |range: Range<usize>| {
        let piece = text.get(range).unwrap_or_default();
        String::from_utf8_lossy(piece).into_owned()
    };
    Evidence {
        before: piece(start..found.start),
        found: piece(found.start..shown),
        after: piece(found.end..end),
        cut: [start > 0, shown < found.end, end < text.len()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Detector;

    fn evidence(url: &str) -> Option<Evidence> {
        let mut exchange = Exchange::default();
        exchange.request.method = "GET".into();
        exchange.request.url = url.to_owned().into();
        let mut reading = Reading::default();
        reading.read(&exchange);
        let mut detector = Detector::default();
        let seen = detector.see(&exchange, &reading);
        let first = seen.signals().next()?;
        let mut rules = first.grounds.iter();
        let ground = rules.find(|it| matches!(it.mark, Mark::Rule { .. }))?;
        seen.evidence(&exchange, &reading, ground)
    }

    #[test]
    fn what_a_rule_matched_is_found_again_however_it_was_hidden() {
        for url in [
            "/x?q=1%27%20union%20select%20password%20from%20users--",
            "/x?q=1%2527%2520union%2520select%2520password%2520from%2520users--",
            "/x?q=1'/**/union/**/select/**/password/**/from/**/users--",
            "/x?q=MScgdW5pb24gc2VsZWN0IHBhc3N3b3JkIGZyb20gdXNlcnMtLQ==",
        ] {
            let evidence = evidence(url).unwrap();
            let all = format!("{}{}{}", evidence.before, evidence.found, evidence.after);
            assert!(all.contains("union select password"), "{url}: {evidence:?}");
        }
        let path = evidence("/a/../../../../etc/passwd").unwrap();
        assert!(path.found.starts_with("../.."), "{path:?}");
    }

    #[test]
    fn long_values_are_cut_around_what_was_matched() {
        let long = "a".repeat(500);
        let found = evidence(&format!(
            "/x?q={long}%20%3Cscript%3Ealert(1)%3C/script%3E{long}"
        ));
        let found = found.unwrap();
        assert!(found.cut[0] && found.cut[2] && !found.cut[1], "{found:?}");
        assert_eq!(found.before.len(), AROUND_BYTES_MAX);
    }
}
