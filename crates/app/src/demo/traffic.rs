//! Makes exchanges: a company, one of its callers' sessions, an endpoint, how it went.

use gatewatch_model::exchange::{Body, Headers, Request, Response, Text};
use gatewatch_model::{Exchange, Timestamp};
use std::fmt::Write as _;

use super::callers::{Crowd, Session};
use super::chance::{Chance, sums};
use super::companies::{Answer, Company, Endpoint, Login, companies};
use super::oddities::{self, oddity};
use super::template::{Setting, Template};

/// Share of calls that fail for no reason of the caller.
const BREAKS: f64 = 0.003;
const ITEMS_MAX: u64 = 12;

pub struct Traffic {
    companies: Vec<Company>,
    sums: Vec<f64>,
    crowds: Vec<Crowd>,
    chance: Chance,
}

impl Traffic {
    pub fn new(seed: u64) -> anyhow::Result<Traffic> {
        let companies = companies()?;
        Ok(Traffic {
            sums: sums(companies.iter().map(|it| it.weight)),
            crowds: (0_u64..)
                .zip(&companies)
                .map(|(at, it)| Crowd::new(at, it.callers))
                .collect(),
            companies,
            chance: Chance::new(seed),
        })
    }

    pub fn companies(&self) -> &[Company] {
        &self.companies
    }

    /// How much happens at that time of day, 1 on average: each company has its hour.
    pub fn daily(&self, at: Timestamp) -> f64 {
        let hour = at.seconds().rem_euclid(86_400) as f64 / 3_600.0;
        let all: f64 = self
            .companies
            .iter()
            .map(|it| it.weight * daily(it, hour))
            .sum();
        all / self.sums.last().copied().unwrap_or(1.0)
    }

    /// One exchange that happens at `at`.
    pub fn exchange(&mut self, at: Timestamp) -> Exchange<'static> {
        let hour = at.seconds().rem_euclid(86_400) as f64 / 3_600.0;
        let sums = sums(self.companies.iter().map(|it| it.weight * daily(it, hour)));
        let which = self.chance.weighted(&sums);
        let (company, chance) = (&self.companies[which], &mut self.chance);
        let session = self.crowds[which].turn(chance);
        if chance.happens(oddities::SHARE) {
            return odd(company, session, chance, at);
        }
        let endpoint = &company.endpoints[chance.weighted(&company.endpoint_sums)];
        ordinary(company, endpoint, session, chance, at)
    }
}

/// Between a quarter and three quarters more than the mean.
fn daily(company: &Company, hour: f64) -> f64 {
    let angle = (hour - f64::from(company.peak_hour)) / 24.0 * std::f64::consts::TAU;
    1.0 + 0.75 * angle.cos()
}

fn ordinary(
    company: &Company,
    endpoint: &Endpoint,
    session: &mut Session,
    chance: &mut Chance,
    at: Timestamp,
) -> Exchange<'static> {
    let again = std::mem::take(&mut session.named);
    let mut named = Vec::new();
    let mut setting = Setting {
        chance,
        at,
        named: &mut named,
    };
    let mut url = format!("https://{}", company.host);
    endpoint.path.fill_path(&mut setting, &again, &mut url);
    if let Some(query) = &endpoint.query {
        url.push('?');
        query.fill_afresh(&mut setting, &mut url);
    }
    let request_body = endpoint.request.as_ref().map(|it| filled(it, &mut setting));
    let status = status(endpoint, setting.chance);
    let answer = if status == endpoint.status {
        answer(endpoint, &mut setting)
    } else {
        problem(status)
    };
    let latency = latency(endpoint.latency_ms, status, setting.chance);
    let mut request_headers = headers(company, session);
    if let Some(body) = &request_body {
        request_headers.push(("content-type".into(), content_type(body).into()));
    }
    session.named = named;
    Exchange {
        service: company.service.clone().map(Text::from),
        api: endpoint
            .api
            .clone()
            .or_else(|| company.api.clone())
            .map(Text::from),
        principal: Some(session.person.principal.clone().into()),
        request: Request {
            method: endpoint.method.clone().into(),
            url: url.into(),
            headers: Some(request_headers),
            body: request_body.map(body),
        },
        response: Some(Response {
            status: Some(status),
            headers: Some(vec![("content-type".into(), content_type(&answer).into())]),
            body: Some(body(answer)),
            latency_micros: Some(latency),
        }),
        ..observed(session, at)
    }
}

fn odd(
    company: &Company,
    session: &Session,
    chance: &mut Chance,
    at: Timestamp,
) -> Exchange<'static> {
    let odd = oddity(&company.host, chance);
    Exchange {
        service: company.service.clone().map(Text::from),
        api: company.api.clone().map(Text::from),
        request: Request {
            method: odd.method.into(),
            url: odd.url.into(),
            headers: Some(vec![("user-agent".into(), odd.agent.into())]),
            body: Some(body(odd.body.to_owned())),
        },
        response: Some(Response {
            status: Some(odd.status),
            headers: Some(Vec::new()),
            body: Some(body(String::new())),
            latency_micros: Some(latency(3.0, odd.status, chance)),
        }),
        ..observed(session, at)
    }
}

/// What a gateway knows of any exchange.
fn observed(session: &Session, at: Timestamp) -> Exchange<'static> {
    Exchange {
        at: Some(at),
        caller_ip: Some(session.person.address),
        protocol: Some("HTTP/2".into()),
        ..Exchange::default()
    }
}

fn headers(company: &Company, session: &Session) -> Headers<'static> {
    let person = &session.person;
    let credential = match company.login {
        Login::Bearer => (
            "authorization".into(),
            format!("Bearer {}", person.credential).into(),
        ),
        Login::Key => ("x-api-key".into(), person.credential.clone().into()),
        Login::Cookie => (
            "cookie".into(),
            format!("sid={}; lang=en", person.credential).into(),
        ),
    };
    vec![
        ("host".into(), company.host.clone().into()),
        ("user-agent".into(), person.agent.into()),
        ("accept".into(), "application/json".into()),
        credential,
    ]
}

fn status(endpoint: &Endpoint, chance: &mut Chance) -> u16 {
    let mut drawn = chance.unit();
    for (status, share) in endpoint.fails.iter().chain(&[(500, BREAKS)]) {
        if drawn < *share {
            return *status;
        }
        drawn -= share;
    }
    endpoint.status
}

/// Refusals are quick, failures are not.
fn latency(median_ms: f64, status: u16, chance: &mut Chance) -> u64 {
    let factor = match status {
        400..=499 => 0.4,
        500.. => 4.0,
        _ => 1.0,
    };
    (chance.around(median_ms * factor) * 1_000.0) as u64
}

fn answer(endpoint: &Endpoint, setting: &mut Setting<'_>) -> String {
    match &endpoint.answer {
        Answer::Empty => String::new(),
        Answer::One(template) => filled(template, setting),
        Answer::Items(item) => {
            let count = 1 + setting.chance.below(ITEMS_MAX);
            let mut out = String::from("{\"items\":[");
            for at in 0..count {
                if at > 0 {
                    out.push(',');
                }
                item.fill_afresh(setting, &mut out);
            }
            // Writing to a String cannot fail.
            let _ = write!(out, "],\"total\":{}}}", count + setting.chance.popular(400));
            out
        }
    }
}

fn problem(status: u16) -> String {
    format!("{{\"type\":\"about:blank\",\"status\":{status}}}")
}

fn filled(template: &Template, setting: &mut Setting<'_>) -> String {
    let mut out = String::new();
    template.fill(setting, &mut out);
    out
}

fn content_type(body: &str) -> &'static str {
    match body.bytes().next() {
        Some(b'<') => "text/html; charset=utf-8",
        Some(b'{' | b'[') => "application/json",
        Some(_) => "application/x-www-form-urlencoded",
        None => "text/plain",
    }
}

fn body(text: String) -> Body<'static> {
    Body {
        bytes_total: text.len() as u64,
        bytes: text.into_bytes().into(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    const NOON: Timestamp = Timestamp(1_795_262_400_000_000);

    fn some(count: usize) -> Vec<Exchange<'static>> {
        let mut traffic = Traffic::new(1).unwrap();
        (0..count).map(|_| traffic.exchange(NOON)).collect()
    }

    #[test]
    fn the_same_seed_makes_the_same_traffic() {
        assert_eq!(some(500), some(500));
        assert_ne!(Traffic::new(2).unwrap().exchange(NOON), some(1)[0]);
    }

    #[test]
    fn json_bodies_are_json() {
        for exchange in some(5_000) {
            let response = exchange.response.as_ref().unwrap();
            let of_response = (
                exchange.response_header("content-type"),
                response.body.as_ref(),
            );
            let of_request = (
                exchange.request_header("content-type"),
                exchange.request.body.as_ref(),
            );
            for (kind, body) in [of_response, of_request] {
                if kind == Some("application/json") {
                    let bytes = &body.unwrap().bytes;
                    serde_json::from_slice::<serde_json::Value>(bytes).unwrap_or_else(|error| {
                        panic!("{error}: {}", String::from_utf8_lossy(bytes))
                    });
                }
            }
        }
    }

    #[test]
    fn most_goes_well_and_some_does_not() {
        let mut classes = BTreeMap::new();
        for exchange in some(20_000) {
            *classes.entry(exchange.status().unwrap() / 100).or_insert(0) += 1;
        }
        assert!(
            classes[&2] > 18_000 && classes[&4] > 300 && classes[&5] > 20,
            "{classes:?}"
        );
    }

    #[test]
    fn a_day_has_its_rhythm_and_its_mean() {
        let traffic = Traffic::new(1).unwrap();
        let hours: Vec<f64> = (0..24)
            .map(|it| traffic.daily(Timestamp::from_seconds(it * 3_600)))
            .collect();
        let mean = hours.iter().sum::<f64>() / 24.0;
        assert!((mean - 1.0).abs() < 0.01);
        assert!(
            hours.iter().any(|it| *it > 1.3) && hours.iter().any(|it| *it < 0.7),
            "{hours:?}"
        );
    }
}
