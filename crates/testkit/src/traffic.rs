//! The traffic language. A line is
//!
//! `[Nx] [+SECONDS] [CALLER] METHOD URL [STATUS] [WORD…]   # comment`
//!
//! - `9x`: nine of them; `{n}` anywhere in the line counts from 1 to 9
//! - `+2.5`: received that many seconds after `START`; without it, when the line before was
//! - `203.0.113.7`, `@alice` or `@alice/203.0.113.7`: who sent it
//! - `/orders?x=1` or `https://api.example.com/orders`; the former is for `HOST`
//! - `200`; without it no response was observed
//! - words: `latency=12ms`, `body='{"a": 1}'`, `historical` … (`words.rs` has them all)

use gatewatch_model::exchange::Exchange;
use gatewatch_model::record::{Arrival, Stream};
use gatewatch_model::{Record, Timestamp};

use crate::words;

/// When all traffic starts: 2026-11-21T08:00:00Z.
pub const START: Timestamp = Timestamp(1_795_248_000_000_000);
/// The host of a URL without one.
pub const HOST: &str = "api.example.com";
const REPEAT_MAX: u32 = 1_000_000;

/// The exchanges that the text describes. Panics with the line and what is allowed there.
pub fn traffic(text: &str) -> Vec<Exchange<'static>> {
    read(text).into_iter().map(|it| it.exchange).collect()
}

/// The same as they come out of the journal.
pub fn arrivals(text: &str) -> Vec<Record<'static>> {
    read(text).into_iter().map(Record::Arrival).collect()
}

fn read(text: &str) -> Vec<Arrival<'static>> {
    let mut arrivals = Vec::new();
    let mut now = START;
    for (number, line) in (1..).zip(text.lines()) {
        if let Err(why) = read_line(line, &mut now, &mut arrivals) {
            complain(number, line, &why);
        }
    }
    arrivals
}

#[expect(
    clippy::panic,
    reason = "traffic is written in tests, and a mistake in it fails them"
)]
fn complain(number: usize, line: &str, why: &str) -> ! {
    panic!("line {number} of the traffic, `{}`: {why}", line.trim())
}

fn read_line(
    line: &str,
    now: &mut Timestamp,
    arrivals: &mut Vec<Arrival<'static>>,
) -> Result<(), String> {
    let words = split(line)?;
    let Some(first) = words.first() else {
        return Ok(());
    };
    let repeat = repeat(first)?;
    let skip = usize::from(repeat.is_some());
    let start = *now;
    for n in 1..=repeat.unwrap_or(1) {
        let counted = words[skip..]
            .iter()
            .map(|it| it.replace("{n}", &n.to_string()));
        *now = start;
        arrivals.push(one(counted.collect(), n, now)?);
    }
    Ok(())
}

/// One exchange of a line, its `n`th.
fn one(words: Vec<String>, n: u32, now: &mut Timestamp) -> Result<Arrival<'static>, String> {
    let mut words = words.into_iter().peekable();
    if let Some(offset) = words.next_if(|it| it.starts_with('+')) {
        *now = START.plus_micros(words::micros(&offset[1..], "s")?);
    }
    let mut arrival = Arrival {
        received: *now,
        stream: Stream::Live,
        source: "test".into(),
        scope: "/".into(),
        external: None,
        exchange: Exchange {
            at: Some(*now),
            ..Exchange::default()
        },
    };
    let exchange = &mut arrival.exchange;
    if let Some(caller) = words.next_if(|it| is_caller(it)) {
        words::caller(exchange, &caller)?;
    }
    let method = words.next().ok_or("a method is missing")?;
    let url = words
        .next()
        .ok_or("a URL is missing; it follows the method")?;
    if !(url.starts_with('/') || url.contains("://") || url == "*" || method == "CONNECT") {
        return Err(format!(
            "`{url}` is no URL; it is `/path` or `https://host/path`"
        ));
    }
    let absolute = url.contains("://") && !url.starts_with('/');
    let host = (!absolute).then(|| ("host".into(), HOST.into()));
    exchange.request.headers = Some(host.into_iter().collect());
    (exchange.request.method, exchange.request.url) = (method.into(), url.into());
    if let Some(status) = words.next_if(|it| it.bytes().all(|it| it.is_ascii_digit())) {
        let status = status.parse().map_err(|_| "a status has three digits")?;
        exchange.response.get_or_insert_default().status = Some(status);
    }
    for word in words {
        words::take(&mut arrival, &word, n)?;
    }
    Ok(arrival)
}

fn is_caller(word: &str) -> bool {
    word.starts_with('@') || word.parse::<std::net::IpAddr>().is_ok()
}

/// `9x` is 9; other words are `None`.
fn repeat(word: &str) -> Result<Option<u32>, String> {
    let digits = word.strip_suffix('x').filter(|it| !it.is_empty());
    let Some(digits) = digits.filter(|it| it.bytes().all(|it| it.is_ascii_digit())) else {
        return Ok(None);
    };
    match digits.parse() {
        Ok(count) if (1..=REPEAT_MAX).contains(&count) => Ok(Some(count)),
        _ => Err(format!("`{word}` is not between 1x and {REPEAT_MAX}x")),
    }
}

/// Words between blanks; within single quotes blanks belong to the word, and `\'` is a quote.
fn split(line: &str) -> Result<Vec<String>, &'static str> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quoted = false;
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' if letters.next_if_eq(&'\'').is_some() => {
                word.get_or_insert_default().push('\'');
            }
            '\'' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            '#' if !quoted && word.is_none() => break,
            _ if letter.is_whitespace() && !quoted => words.extend(word.take()),
            _ => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    if quoted {
        Err("a quote is left open")
    } else {
        Ok(words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(line: &str) -> Exchange<'static> {
        let mut exchanges = traffic(line);
        assert_eq!(exchanges.len(), 1, "{line}");
        exchanges.remove(0)
    }

    fn times(text: &str) -> Vec<f64> {
        traffic(text)
            .iter()
            .map(|it| it.at.unwrap().micros_since(START) as f64 / 1e6)
            .collect()
    }

    #[test]
    fn nine_refused_logins_are_one_line() {
        let exchanges = traffic("9x +0 203.0.113.7 POST /login 401");
        assert_eq!(exchanges.len(), 9);
        let Exchange {
            at,
            caller_ip,
            request,
            response,
            ..
        } = &exchanges[8];
        assert_eq!(*at, Some(START));
        assert_eq!(caller_ip.unwrap().to_string(), "203.0.113.7");
        assert_eq!((&*request.method, &*request.url), ("POST", "/login"));
        assert_eq!(response.as_ref().unwrap().status, Some(401));
        assert_eq!(exchanges[8].request_header("host"), Some(HOST));
    }

    #[test]
    fn start_is_when_it_says() {
        assert_eq!(START.to_string(), "2026-11-21T08:00:00Z");
    }

    #[test]
    fn comments_and_blank_lines_are_no_traffic() {
        let text = "# a day\n\n   \n GET /a 200 # fine\n";
        assert_eq!(traffic(text).len(), 1);
        assert_eq!(one("GET /a#b 200").request.url, "/a#b");
    }

    #[test]
    fn time_stands_still_until_it_is_moved() {
        assert_eq!(
            times("GET /a\n+2.5 GET /a\nGET /a\n3x +10 GET /a every=500ms\nGET /a"),
            [0.0, 2.5, 2.5, 10.0, 10.5, 11.0, 10.0]
        );
    }

    #[test]
    fn n_counts_the_exchanges_of_a_line() {
        let exchanges = traffic("2x @user{n}/203.0.113.{n} GET /orders/{n} header:x-n={n}");
        let last = &exchanges[1];
        assert_eq!(last.principal.as_deref(), Some("user2"));
        assert_eq!(last.caller_ip.unwrap().to_string(), "203.0.113.2");
        assert_eq!(last.request.url, "/orders/2");
        assert_eq!(last.request_header("x-n"), Some("2"));
    }

    #[test]
    fn quotes_keep_blanks_together() {
        let exchange = one(r#"POST /a body='{"a": "it\'s # 1"}' answer='' 'header:a=b c'"#);
        assert_eq!(
            *exchange.request.body.as_ref().unwrap().bytes,
            *br#"{"a": "it's # 1"}"#
        );
        assert_eq!(exchange.request_header("a"), Some("b c"));
        let answer = exchange.response.unwrap();
        assert!(answer.body.unwrap().is_seen());
    }

    #[test]
    fn sizes_and_latency_have_units() {
        let exchange = one("POST /a 200 latency=12ms req=2KB res=1.5MB");
        let request = exchange.request.body.unwrap();
        assert_eq!((request.bytes_total, request.bytes.len()), (2048, 0));
        let response = exchange.response.unwrap();
        assert_eq!(response.body.unwrap().bytes_total, 1_572_864);
        assert_eq!(response.latency_micros, Some(12_000));
    }

    #[test]
    fn hosts_and_names_can_be_said() {
        let exchange = one("GET /a 200 host=b.example service=apim api=echo workspace=team");
        assert_eq!(exchange.request_header("host"), Some("b.example"));
        assert_eq!(exchange.service.as_deref(), Some("apim"));
        assert_eq!(one("GET /a host=").request_header("host"), None);
        assert_eq!(
            one("GET https://b.example/ 200").request_header("host"),
            None
        );
    }

    #[test]
    fn what_was_stamped_may_differ_from_when_it_came() {
        let mut records = arrivals("+600 GET /a at=-10m historical source=log scope=/tenant");
        let Some(Record::Arrival(arrival)) = records.pop() else {
            panic!("no arrival");
        };
        assert_eq!(arrival.received, START.plus_seconds(600));
        assert_eq!(arrival.exchange.at, Some(START));
        assert_eq!(arrival.stream, Stream::Historical);
        assert_eq!((&*arrival.source, &*arrival.scope), ("log", "/tenant"));
        assert_eq!(one("GET /a at=none").at, None);
        let late = one("GET /a at=2099-01-01T00:00:00Z");
        assert_eq!(late.at, Timestamp::parse("2099-01-01T00:00:00Z"));
    }

    #[test]
    #[should_panic(
        expected = "line 2 of the traffic, `GET /a 200 lat=3`: no word is `lat`; there are: answer,"
    )]
    fn an_unknown_word_is_told_the_known_ones() {
        traffic("GET /a 200\n  GET /a 200 lat=3");
    }

    #[test]
    #[should_panic(expected = "`login` is no URL")]
    fn a_url_without_a_slash_is_a_mistake() {
        traffic("POST login 200");
    }

    #[test]
    #[should_panic(expected = "a quote is left open")]
    fn an_open_quote_is_a_mistake() {
        traffic("POST /a body='x");
    }

    #[test]
    #[should_panic(expected = "`12km` is no time")]
    fn a_unit_that_is_none_is_a_mistake() {
        traffic("POST /a latency=12km");
    }
}
