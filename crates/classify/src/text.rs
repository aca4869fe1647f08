//! Running text: values among words. A label before a colon, or the words before a value, stand
//! for its name.

use gatewatch_model::info_type::Ground;

use crate::compiled::PEM;
use crate::confidence::Setting;
use crate::context::{Listener, Tone};
use crate::find::{Hit, PERCENT_SURE, Target, Work};
use crate::gate::{AT, COLON, DIGIT, EQUALS, FOREIGN, SIGN, SPACE, Shape, UPPER, UPPER_HEX};
use crate::vocabulary::Vocabulary;

/// So much of a text is read.
const TEXT_BYTES_MAX: usize = 8 * 1024;
/// Bytes that patterns of keys in armour read of one text, all together.
pub(crate) const KEY_STEPS_MAX: usize = 16 * TEXT_BYTES_MAX;
const WORDS_PER_LINE_MAX: usize = 512;
/// A value takes at most so many words: `DE89 3704 0044 0532 0130 00`.
const VALUE_WORDS_MAX: usize = 8;
/// A longer piece between the groups of a number is no group.
const GROUP_BYTES_MAX: usize = 12;
/// So many words before a value are listened to.
const BEFORE_WORDS: usize = 6;
const LABEL_BYTES_MAX: usize = 40;
const LABEL_WORDS_MAX: usize = 6;
/// A word without digits is looked at from this length on.
const LONG_WORD_BYTES: usize = 16;
/// In texts of so few words the name of the member speaks for each of them.
const SHORT_TEXT_WORDS: usize = 4;
/// A text with none of these kinds of bytes holds nothing.
const TELLING: u32 = DIGIT | UPPER | UPPER_HEX | AT | EQUALS | COLON | FOREIGN;

impl Work {
    /// Looks for values in a text that is none as a whole.
    pub(crate) fn read_text(
        &mut self,
        target: Target<'_>,
        text: &str,
        shape: Shape,
        setting: &Setting<'_>,
    ) {
        // Words in small letters alone are no values, and no names of anyone.
        if !shape.has(SPACE | SIGN | EQUALS) || !shape.has(TELLING) || shape.len < 8 {
            return;
        }
        let mut end = text.len().min(TEXT_BYTES_MAX);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let text = &text[..end];
        let _ = self.read_keys(target, text, setting);
        let mut from = 0;
        let mut before = None;
        for line in text.split_inclusive('\n') {
            let line_at = from;
            from += line.len();
            let sure = self.read_labelled(target, (line, line_at), before, setting);
            if !sure {
                self.read_line(target, line, line_at, setting);
            }
            before = Some(line);
        }
    }

    /// Keys in armour, wherever they stand. Answers how many of its steps it took: a pattern that
    /// reads to the end from each beginning does not do so for ever.
    pub(crate) fn read_keys(
        &mut self,
        target: Target<'_>,
        text: &str,
        setting: &Setting<'_>,
    ) -> usize {
        let mut steps = KEY_STEPS_MAX;
        let mut from = 0;
        while let Some(at) = text[from..].find(PEM).filter(|_| steps > 0) {
            let start = from + at;
            let rest = &text[start..];
            let mut end = None;
            for ready in target.compiled.each_armoured(rest.len() as u32) {
                let form = &ready.form;
                end = end.max(form.longest(rest.as_bytes(), &mut self.caches, &mut steps));
            }
            let Some(len) = end.filter(|it| *it > 0 && rest.is_char_boundary(*it)) else {
                from = start + PEM.len();
                continue;
            };
            let value = &rest[..len];
            self.fit(
                target,
                value,
                Shape::of(value.as_bytes()),
                start as u32,
                setting,
            );
            from = start + len;
        }
        KEY_STEPS_MAX - steps
    }

    /// A line of the form `label: value`. False if it is none, or the value says nothing.
    fn read_labelled(
        &mut self,
        target: Target<'_>,
        (line, line_at): (&str, usize),
        before: Option<&str>,
        setting: &Setting<'_>,
    ) -> bool {
        let Some((label, value)) = labelled(line) else {
            return false;
        };
        let vocabulary = &target.compiled.vocabulary;
        let mut words = core::mem::take(&mut self.words);
        let mut tone = words.hear(label, vocabulary);
        if let Some(before) = before.filter(|_| tone.has(Tone::VALUE)) {
            let told = tells(before, &mut words, vocabulary);
            tone = words.hear(told.unwrap_or(label), vocabulary);
        }
        let beside = Setting {
            names: &[],
            wanted: &[],
            beside: &words.heard,
            ground: Ground::Words,
            tone,
            ..*setting
        };
        let first = self.hits.len();
        let at = (line_at + offset(line, value)) as u32;
        self.fit(target, value, Shape::of(value.as_bytes()), at, &beside);
        self.words = words;
        let sure = self.hits[first..]
            .iter()
            .any(|it| it.confidence >= PERCENT_SURE);
        if !sure {
            self.hits.truncate(first);
        }
        sure
    }

    /// The words of a line.
    fn read_line(&mut self, target: Target<'_>, line: &str, line_at: usize, setting: &Setting<'_>) {
        let mut spans = core::mem::take(&mut self.spans);
        spans.clear();
        split(line, &mut spans);
        let mut near = *setting;
        if spans.len() > SHORT_TEXT_WORDS {
            (near.names, near.wanted) = (&[], &[]);
        }
        let mut at = 0;
        while at < spans.len() {
            at = self.read_word(target, (line, line_at), &spans, at, &near);
        }
        self.spans = spans;
    }

    /// The values that begin with a word; where to go on.
    fn read_word(
        &mut self,
        target: Target<'_>,
        (line, line_at): (&str, usize),
        spans: &[(u32, u32)],
        at: usize,
        setting: &Setting<'_>,
    ) -> usize {
        let slice =
            |from: usize, to: usize| &line[spans[from].0 as usize..spans[to - 1].1 as usize];
        let word = slice(at, at + 1);
        if is_key(line, spans[at]) {
            return at + 1;
        }
        let run = (at..spans.len().min(at + VALUE_WORDS_MAX))
            .take_while(|at| begins_name(slice(*at, at + 1)))
            .count();
        let named = run > 1;
        let shape = Shape::of(word.as_bytes());
        if !named && !is_worth_it(word, shape) {
            return at + 1;
        }
        let words_before = if is_pair(line, spans, at) {
            1
        } else {
            BEFORE_WORDS
        };
        let heard_from = at.saturating_sub(words_before);
        let before = &line[spans[heard_from].0 as usize..spans[at].0 as usize];
        let mut words = core::mem::take(&mut self.words);
        let tone = words.hear_words(before, &target.compiled.vocabulary);
        let near = Setting {
            // What a member is called is not said of some of its words.
            names: if named { &[] } else { setting.names },
            wanted: if named { &[] } else { setting.wanted },
            beside: &words.heard,
            ground: Ground::Words,
            tone,
            ..*setting
        };
        let first = self.hits.len();
        let mut best: Option<(Hit, usize)> = None;
        let first_end = if named { at + run } else { at + 1 };
        for to in first_end..=spans.len().min(at + VALUE_WORDS_MAX) {
            if to > first_end && (named || !is_group(slice(to - 1, to))) {
                break;
            }
            let text = slice(at, to);
            let offset = (line_at + spans[at].0 as usize) as u32;
            self.fit(target, text, Shape::of(text.as_bytes()), offset, &near);
            for hit in self.hits.drain(first..) {
                let better = best.is_none_or(|it| hit.confidence >= it.0.confidence);
                if better && hit.confidence >= PERCENT_SURE {
                    best = Some((hit, to));
                }
            }
        }
        self.words = words;
        best.map_or(first_end, |(hit, to)| {
            self.hits.push(hit);
            to
        })
    }
}

/// What a line such as `type: ssn` tells of the next.
fn tells<'l>(line: &'l str, words: &mut Listener, vocabulary: &Vocabulary) -> Option<&'l str> {
    let (label, value) = labelled(line)?;
    let is_short = value.len() <= LABEL_BYTES_MAX;
    (is_short && words.hear(label, vocabulary).has(Tone::LABEL)).then_some(value)
}

/// The words of a line, from and to, without the marks around them.
fn split(line: &str, spans: &mut Vec<(u32, u32)>) {
    let bytes = line.as_bytes();
    let is_mark = |it: u8| b"'`()[]{},;:!?.".contains(&it);
    let mut from = 0;
    while from < bytes.len() && spans.len() < WORDS_PER_LINE_MAX {
        let ends =
            |at: &usize| is_gap(bytes[*at]) || bytes[*at] == b'&' && begins_pair(&bytes[*at + 1..]);
        let end = (from..bytes.len()).find(ends).unwrap_or(bytes.len());
        let word = &bytes[from..end];
        let head = word.iter().take_while(|it| is_mark(**it)).count();
        let tail = word[head..]
            .iter()
            .rev()
            .take_while(|it| is_mark(**it))
            .count();
        if head + tail < word.len() {
            spans.push(((from + head) as u32, (end - tail) as u32));
        }
        from = end + 1;
    }
}

/// All of these are ASCII, so no letter is cut.
fn is_gap(byte: u8) -> bool {
    byte <= b' ' || matches!(byte, b'"' | b'|' | b'<' | b'>' | b'=')
}

/// Whether `name=` stands there, as in a query.
fn begins_pair(text: &[u8]) -> bool {
    let head = &text[..text.len().min(LABEL_BYTES_MAX + 1)];
    let is_name = |it: &u8| it.is_ascii_alphanumeric() || b"_-.%[]$".contains(it);
    let name = head.iter().take_while(|it| is_name(it)).count();
    name > 0 && head.get(name) == Some(&b'=')
}

/// Whether a word is the name of a pair in a query or a form.
fn is_key(line: &str, (from, to): (u32, u32)) -> bool {
    let bytes = line.as_bytes();
    let before = (from as usize).checked_sub(1).map(|it| bytes[it]);
    bytes.get(to as usize) == Some(&b'=') && matches!(before, None | Some(b'&' | b'?'))
}

/// Whether a word is the value of such a pair: then its name alone speaks for it.
fn is_pair(line: &str, spans: &[(u32, u32)], at: usize) -> bool {
    let name = at.checked_sub(1).map(|it| spans[it]);
    name.is_some_and(|it| it.1 + 1 == spans[at].0 && is_key(line, it))
}

/// The label and the value of a line `label: value`.
fn labelled(line: &str) -> Option<(&str, &str)> {
    // A label is short, so what comes later is not looked at.
    let head = &line.as_bytes()[..line.len().min(LABEL_BYTES_MAX + 1)];
    let at = head.iter().position(|it| matches!(it, b':' | b'='))?;
    let (label, value) = (&line[..at], &line[at + 1..]);
    let (label, value) = (label.trim(), value.trim());
    let value_like = !value.is_empty() && !value.starts_with("//");
    let label_like = (1..=LABEL_BYTES_MAX).contains(&label.len())
        && label.split_whitespace().count() <= LABEL_WORDS_MAX;
    (value_like && label_like).then_some((label, value))
}

/// Where a part of a text begins in it.
fn offset(whole: &str, part: &str) -> usize {
    part.as_ptr() as usize - whole.as_ptr() as usize
}

fn is_worth_it(word: &str, shape: Shape) -> bool {
    word.len() >= 4 && shape.has(DIGIT | AT) || word.len() >= LONG_WORD_BYTES || shape.has(DIGIT)
}

/// Whether a word can go on with a number written in groups.
fn is_group(word: &str) -> bool {
    word.len() <= GROUP_BYTES_MAX
        && (word.bytes().any(|it| it.is_ascii_digit())
            || word.len() <= 4 && word.bytes().all(|it| it.is_ascii_uppercase()))
}

/// Whether a word can be part of a name of a person.
fn begins_name(word: &str) -> bool {
    word.chars().next().is_some_and(char::is_uppercase)
        && word
            .chars()
            .all(|it| it.is_alphabetic() || matches!(it, '\'' | '-' | '.' | '’'))
}
