//! Bots that say who they are: user agents against the patterns of `catalogue/intel/bots.tsv`.
//! Nearly all patterns are plain text and stand in one automaton; the few others in a second.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use regex_automata::meta::Regex;
use serde::Deserialize;

use crate::limits::AGENT_BYTES_MAX;

/// Shorter texts than this count only where a word begins: `ds9` is in many a word.
const WHOLE_WORD_BYTES: usize = 5;

/// What is shipped. A test finds bots in it, so it is never empty.
pub static SHIPPED: LazyLock<Bots> = LazyLock::new(|| {
    let patterns = include_str!("../../../catalogue/intel/bots.tsv");
    let published = include_str!("../../../catalogue/intel/published.toml");
    Bots::new(patterns, published).unwrap_or_default()
});

#[derive(Debug, Default)]
pub struct Bots {
    list: Vec<Bot>,
    plain: Option<AhoCorasick>,
    /// Which bot each text of `plain` and each pattern of `others` is.
    of_plain: Vec<u32>,
    others: Option<Regex>,
    of_others: Vec<u32>,
}

/// A bot that says its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bot {
    pub name: Box<str>,
    /// `search-engine`, `ai-crawler`, `monitoring` …
    pub kind: Box<str>,
    /// The label of the ranges that it calls from, if it publishes them.
    pub provider: Option<Box<str>>,
}

#[derive(Debug, thiserror::Error)]
pub enum BotsError {
    #[error("line {0} is no pattern with a kind")]
    Line(usize),
    #[error("the patterns are none: {0}")]
    Patterns(Box<str>),
    #[error("the published ranges are none: {0}")]
    Published(#[from] toml::de::Error),
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Published {
    crawlers: Vec<Crawler>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Crawler {
    provider: Box<str>,
    bots: Vec<Box<str>>,
}

impl Bots {
    fn new(patterns: &str, published: &str) -> Result<Bots, BotsError> {
        let published = toml::from_str::<Published>(published)?;
        let mut bots = Bots::default();
        let (mut plain, mut others) = (Vec::new(), Vec::new());
        for (at, line) in patterns.lines().enumerate() {
            let (pattern, kind) = line.split_once('\t').ok_or(BotsError::Line(at + 1))?;
            let (name, is_plain) = name_of(pattern);
            let number = bots.list.len() as u32;
            if is_plain {
                plain.push(plain_text(pattern));
                bots.of_plain.push(number);
            } else {
                others.push(pattern);
                bots.of_others.push(number);
            }
            let crawler = published.crawlers.iter().find(|it| it.bots.contains(&name));
            bots.list.push(Bot {
                name,
                kind: kind.into(),
                provider: crawler.map(|it| it.provider.clone()),
            });
        }
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .kind(Some(AhoCorasickKind::DFA))
            .build(plain)
            .map_err(|it| BotsError::Patterns(it.to_string().into()))?;
        let others = Regex::new_many(&others);
        bots.plain = Some(automaton);
        bots.others = Some(others.map_err(|it| BotsError::Patterns(it.to_string().into()))?);
        Ok(bots)
    }

    /// Whom the user agent says it is: the longest name that is in it.
    pub fn find(&self, agent: &str) -> Option<&Bot> {
        let agent = gatewatch_model::caller::prefix(agent, AGENT_BYTES_MAX);
        let plain = self.plain.as_ref()?.find_iter(agent);
        let whole = plain.filter(|it| {
            let before = agent.as_bytes()[..it.start()].last();
            it.len() >= WHOLE_WORD_BYTES || before.is_none_or(|it| !it.is_ascii_alphanumeric())
        });
        let longest = whole.max_by_key(aho_corasick::Match::len);
        let number = if let Some(found) = longest {
            self.of_plain.get(found.pattern().as_usize())
        } else {
            let found = self.others.as_ref()?.find(agent)?;
            self.of_others.get(found.pattern().as_usize())
        };
        self.list.get(*number? as usize)
    }

    pub fn all(&self) -> &[Bot] {
        &self.list
    }
}

/// A pattern without its escapes.
fn plain_text(pattern: &str) -> String {
    let mut text = String::with_capacity(pattern.len());
    let mut escaped = false;
    for char in pattern.chars() {
        if char == '\\' && !escaped {
            escaped = true;
        } else {
            escaped = false;
            text.push(char);
        }
    }
    text
}

/// What people would call it: the pattern without its syntax, up to where anything may follow; and
/// whether there was no syntax.
fn name_of(pattern: &str) -> (Box<str>, bool) {
    let mut name = String::new();
    let mut is_plain = true;
    let mut chars = pattern.chars();
    while let Some(char) = chars.next() {
        match char {
            '\\' => match chars.next() {
                Some(it) if !it.is_alphanumeric() => name.push(it),
                _ => {
                    is_plain = false;
                    break;
                }
            },
            // The first of the letters, or of the alternatives.
            '[' | '(' => {
                is_plain = false;
                let rest = chars.as_str();
                let length = rest.find(if char == '[' { ']' } else { ')' });
                let inner = &rest[..length.unwrap_or(rest.len())];
                if char == '[' && inner.starts_with(['\\', '^']) || inner.contains('[') {
                    break;
                }
                let first = inner.split('|').next().unwrap_or_default();
                let first = first.trim_start_matches('^');
                name.extend(
                    first
                        .chars()
                        .take(if char == '[' { 1 } else { first.len() }),
                );
                chars = rest[(inner.len() + 1).min(rest.len())..].chars();
            }
            '^' | '$' => is_plain = false,
            '|' | '.' | '*' | '+' | '?' => {
                is_plain = false;
                break;
            }
            _ => name.push(char),
        }
    }
    let trimmed = name.trim_matches(|it: char| !it.is_alphanumeric());
    let name = if trimmed.is_empty() { pattern } else { trimmed };
    (name.into(), is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(agent: &str) -> Option<&str> {
        SHIPPED.find(agent).map(|it| &*it.name)
    }

    #[test]
    fn bots_are_known_by_the_longest_name_they_give() {
        for (agent, name) in [
            (
                "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
                "Googlebot",
            ),
            ("Googlebot-Image/1.0", "Googlebot-Image"),
            (
                "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
                "GPTBot",
            ),
            (
                "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
                "bingbot",
            ),
            (
                "Mozilla/5.0 (compatible; SemrushBot/7~bl; +http://www.semrush.com/bot.html)",
                "SemrushBot",
            ),
            (
                "Mozilla/5.0 (compatible; ClaudeBot/1.0; +claudebot@anthropic.com)",
                "claudebot",
            ),
        ] {
            assert_eq!(found(agent), Some(name), "{agent}");
        }
    }

    #[test]
    fn browsers_and_libraries_are_no_bots() {
        for agent in [
            "",
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
            "curl/8.5.0",
            "python-requests/2.32.3",
            "okhttp/4.12.0",
            "Mozilla/5.0 (Linux; Android 14; Kids9) AppleWebKit/537.36",
        ] {
            assert_eq!(found(agent), None, "{agent}");
        }
    }

    #[test]
    fn every_crawler_with_ranges_is_a_bot_that_is_known() {
        let published = include_str!("../../../catalogue/intel/published.toml");
        let published = toml::from_str::<Published>(published).unwrap();
        for Crawler { provider, bots } in published.crawlers {
            for name in bots {
                let bot = SHIPPED.all().iter().find(|it| it.name == name);
                let named = bot.and_then(|it| it.provider.clone());
                assert_eq!(named, Some(provider.clone()), "{name}");
            }
        }
    }

    #[test]
    fn names_lose_the_syntax_of_their_patterns() {
        for (pattern, name, plain) in [
            (r"Y!J", "Y!J", true),
            (r"BW\/", "BW", true),
            (r"^BW\/", "BW", false),
            (r"[cC]laude[bB]ot", "claudebot", false),
            (r"(sistrix|SISTRIX) [cC]rawler", "sistrix crawler", false),
            (r"AdsBot-Google([^-]|$)", "AdsBot-Google", false),
            (r"Spider[\s\S]*spider\.com", "Spider", false),
            (r"(^| )PTST\/", "PTST", false),
            (r"foo\.bar", "foo.bar", true),
        ] {
            assert_eq!(name_of(pattern), (name.into(), plain), "{pattern}");
        }
    }

    #[test]
    fn an_endless_agent_is_looked_at_only_so_far() {
        let agent = format!("{}Googlebot", "é".repeat(AGENT_BYTES_MAX));
        assert_eq!(found(&agent), None);
    }
}
