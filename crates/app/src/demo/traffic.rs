//! Ordinary traffic: a company, one of its callers' sessions, an endpoint; and now and then
//! something odd.

use gatewatch_model::{Exchange, Timestamp};

use super::callers::Crowd;
use super::chance::{Chance, sums};
use super::companies::{Company, companies};
use super::exchanges::{self, Call};
use super::oddities::{self, oddity};

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
                .map(|(at, it)| Crowd::new(at, it.callers, it.internal))
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
        let hour = hour(at);
        let all: f64 = self
            .companies
            .iter()
            .map(|it| it.weight * daily(it, hour))
            .sum();
        all / self.sums.last().copied().unwrap_or(1.0)
    }

    /// One exchange that happens at `at`.
    pub fn exchange(&mut self, at: Timestamp) -> Exchange<'static> {
        let hour = hour(at);
        let sums = sums(self.companies.iter().map(|it| it.weight * daily(it, hour)));
        let which = self.chance.weighted(&sums);
        let (company, chance) = (&self.companies[which], &mut self.chance);
        let session = self.crowds[which].turn(chance);
        if chance.happens(oddities::SHARE) {
            let odd = oddity(&company.host, chance);
            return exchanges::odd(company, &session.person, odd, chance, at);
        }
        let call = Call {
            company,
            endpoint: &company.endpoints[chance.weighted(&company.endpoint_sums)],
            person: &session.person,
            at,
            step: 0,
        };
        call.exchange(&mut session.named, chance)
    }
}

fn hour(at: Timestamp) -> f64 {
    at.seconds().rem_euclid(86_400) as f64 / 3_600.0
}

/// Between a quarter and three quarters more than the mean.
fn daily(company: &Company, hour: f64) -> f64 {
    let angle = (hour - f64::from(company.peak_hour)) / 24.0 * std::f64::consts::TAU;
    1.0 + 0.75 * angle.cos()
}

#[cfg(test)]
pub mod tests {
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
        check_json(&some(5_000));
    }

    /// Every body that says it is JSON is.
    pub fn check_json(exchanges: &[Exchange<'_>]) {
        for exchange in exchanges {
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
    fn every_kind_of_api_is_there() {
        let all = some(30_000);
        let bodies = |exchange: &Exchange<'_>| {
            let body = exchange.request.body.as_ref();
            body.map(|it| String::from_utf8_lossy(&it.bytes).into_owned())
                .unwrap_or_default()
        };
        for needle in [
            "query Parcel(",
            "mutation BookPickup(",
            "__schema",
            "[{\"operationName\"",
            "<c:GetClaim>",
            "<env:Envelope",
            "\"initialize\"",
            "\"tools/list\"",
            "\"tools/call\"",
            "\"documents.get\"",
            "Content-Disposition",
        ] {
            assert!(all.iter().any(|it| bodies(it).contains(needle)), "{needle}");
        }
        for kind in ["application/grpc-web+proto", "application/grpc"] {
            let found = |it: &&Exchange<'_>| it.request_header("content-type") == Some(kind);
            assert!(all.iter().any(|it| found(&it)), "{kind}");
        }
        assert!(all.iter().any(|it| it.response_header("sunset").is_some()));
        assert!(
            all.iter()
                .any(|it| it.request.url.starts_with("http://claims."))
        );
        let forwarded = |it: &Exchange<'_>| it.request_header("x-forwarded-for").is_some();
        assert!(all.iter().any(|it| forwarded(it) && it.caller_ip.is_none()));
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
