//! What attackers do and when: a cycle that repeats, as the table in `attacks.toml` says it.
//! Everything is text, made for the demo's own server alone.

use std::net::IpAddr;

use anyhow::Context;
use gatewatch_model::{Exchange, Timestamp};
use serde::Deserialize;

use super::callers::Person;
use super::chance::Chance;
use super::companies::{Company, Endpoint, companies};
use super::exchanges::Call;

static TABLE: &str = include_str!("attacks.toml");

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    cycle_seconds: i64,
    attacks: Vec<Attack>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attack {
    /// Seconds after the cycle began, and how many it takes.
    at: i64,
    lasts: i64,
    pub name: String,
    pub does: String,
    /// The class of the OWASP API Security Top 10.
    pub owasp: String,
    company: String,
    from: IpAddr,
    agent: String,
    requests: Vec<Endpoint>,
}

pub struct Attacks {
    cycle_seconds: i64,
    list: Vec<Attack>,
    companies: Vec<Company>,
    /// When the first cycle began.
    began: Timestamp,
    seed: u64,
}

impl Attacks {
    pub fn new(seed: u64, began: Timestamp) -> anyhow::Result<Attacks> {
        let table: Table = toml::from_str(TABLE).context("the table of attacks is wrong")?;
        let companies = companies()?;
        for attack in &table.attacks {
            anyhow::ensure!(
                companies.iter().any(|it| it.key == attack.company),
                "the attack `{}` is on `{}`, which is no company",
                attack.name,
                attack.company
            );
        }
        Ok(Attacks {
            cycle_seconds: table.cycle_seconds,
            list: table.attacks,
            companies,
            began,
            seed,
        })
    }

    pub fn cycle_seconds(&self) -> i64 {
        self.cycle_seconds
    }

    /// Everything that is due after `from` and up to `to`, in the order of time.
    pub fn due(&self, from: Timestamp, to: Timestamp) -> Vec<Exchange<'static>> {
        let cycle =
            |at: Timestamp| at.micros_since(self.began).max(0) / (self.cycle_seconds * 1_000_000);
        let mut due: Vec<Exchange<'static>> = (cycle(from)..=cycle(to))
            .flat_map(|cycle| self.list.iter().enumerate().map(move |it| (cycle, it)))
            .flat_map(|(cycle, (number, attack))| self.steps(cycle, number, attack, from, to))
            .collect();
        due.sort_by_key(|it| it.at);
        due
    }

    /// What is under way, or else what comes next, with the seconds until then.
    pub fn now(&self, at: Timestamp) -> Option<(&Attack, i64)> {
        let into = (at.micros_since(self.began).max(0) / 1_000_000) % self.cycle_seconds;
        let wait = |attack: &Attack| (attack.at - into).rem_euclid(self.cycle_seconds);
        let under_way = |it: &&Attack| (it.at..it.at + it.lasts).contains(&into);
        let current = self.list.iter().find(under_way).map(|it| (it, 0));
        let next = || {
            self.list
                .iter()
                .map(|it| (it, wait(it)))
                .min_by_key(|it| it.1)
        };
        current.or_else(next)
    }

    /// The steps of one attack in one cycle that fall into the time asked for.
    fn steps(
        &self,
        cycle: i64,
        number: usize,
        attack: &Attack,
        from: Timestamp,
        to: Timestamp,
    ) -> Vec<Exchange<'static>> {
        let start = self
            .began
            .plus_seconds(cycle * self.cycle_seconds + attack.at);
        if start > to || start.plus_seconds(attack.lasts) <= from {
            return Vec::new();
        }
        let Some(company) = self.companies.iter().find(|it| it.key == attack.company) else {
            return Vec::new();
        };
        let seed = self.seed ^ (cycle.cast_unsigned() << 24) ^ ((number as u64) << 16);
        let person = attack.person();
        let steps = attack.order();
        let gap = attack.lasts * 1_000_000 / steps.len().max(1).cast_signed() as i64;
        let at = |step: usize| start.plus_micros(gap * step.cast_signed() as i64);
        let due = |step: &usize| at(*step) > from && at(*step) <= to;
        (0..steps.len())
            .filter(due)
            .map(|step| {
                let call = Call {
                    company,
                    endpoint: &attack.requests[steps[step].0],
                    person: &person,
                    at: at(step),
                    step: steps[step].1,
                };
                let mut chance = Chance::new(Chance::new(seed ^ step as u64).number());
                call.exchange(&mut Vec::new(), &mut chance)
            })
            .collect()
    }
}

impl Attack {
    /// Which request comes when, each spread evenly over the whole, and how often it came before.
    fn order(&self) -> Vec<(usize, u64)> {
        let mut order: Vec<(f64, usize, u64)> = Vec::new();
        for (which, request) in self.requests.iter().enumerate() {
            let times = request.weight.max(1.0) as u64;
            order.extend((0..times).map(|it| ((it as f64 + 0.5) / times as f64, which, it)));
        }
        order.sort_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)));
        order
            .into_iter()
            .map(|(_, which, step)| (which, step))
            .collect()
    }

    fn person(&self) -> Person {
        let mut own = Chance::new(self.name.bytes().map(u64::from).sum());
        Person {
            address: self.from,
            agent: self.agent.clone().into(),
            principal: format!("x-{}", own.below(1_000)),
            credential: format!("{:016x}{:016x}", own.number(), own.number()),
            careless: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::traffic::tests::check_json;

    const BEGAN: Timestamp = Timestamp(1_795_262_400_000_000);

    fn attacks() -> Attacks {
        Attacks::new(1, BEGAN).unwrap()
    }

    fn cycle(attacks: &Attacks, number: i64) -> Vec<Exchange<'static>> {
        let start = BEGAN.plus_seconds(number * attacks.cycle_seconds);
        attacks.due(start, start.plus_seconds(attacks.cycle_seconds))
    }

    #[test]
    fn a_cycle_has_every_kind_of_attack() {
        let attacks = attacks();
        let names: Vec<&str> = attacks.list.iter().map(|it| it.name.as_str()).collect();
        for name in [
            "sql-injection",
            "cross-site-scripting",
            "path-traversal",
            "server-side-request-forgery",
            "log4shell",
            "command-injection",
            "graphql-abuse",
            "unsigned-token",
            "broken-object-authorization",
            "credential-stuffing",
            "enumeration",
            "scanner",
            "script-as-agent",
            "exfiltration",
            "mass-assignment",
            "prompt-injection",
        ] {
            assert!(names.contains(&name), "{name}");
        }
        let made = cycle(&attacks, 0);
        for attack in &attacks.list {
            let own = made.iter().filter(|it| came_from(it, attack.from));
            assert_eq!(own.count(), attack.order().len(), "{}", attack.name);
            assert!(attack.owasp.starts_with("API"), "{}", attack.name);
        }
    }

    #[test]
    fn payloads_do_not_break_the_json_around_them() {
        check_json(&cycle(&attacks(), 0));
    }

    fn came_from(exchange: &Exchange<'_>, address: IpAddr) -> bool {
        let forwarded = exchange
            .request_header("x-forwarded-for")
            .unwrap_or_default();
        exchange.caller_ip == Some(address) || forwarded.starts_with(&format!("{address},"))
    }

    #[test]
    fn attacks_do_not_overlap_and_fit_the_cycle() {
        let attacks = attacks();
        for two in attacks.list.windows(2) {
            assert!(two[0].at + two[0].lasts <= two[1].at, "{}", two[0].name);
        }
        let last = attacks.list.last().unwrap();
        assert!(last.at + last.lasts <= attacks.cycle_seconds);
    }

    #[test]
    fn however_time_is_cut_the_same_is_due() {
        let attacks = attacks();
        let whole = cycle(&attacks, 2);
        let start = BEGAN.plus_seconds(2 * attacks.cycle_seconds);
        let beats = attacks.cycle_seconds * 4;
        let parts: Vec<Exchange<'static>> = (0..beats)
            .map(|it| start.plus_micros(it * 250_000))
            .flat_map(|it| attacks.due(it, it.plus_micros(250_000)))
            .collect();
        assert_eq!(whole, parts);
        assert_ne!(
            whole.first().unwrap().request,
            cycle(&attacks, 3)[0].request
        );
    }

    #[test]
    fn a_walk_goes_on_by_one() {
        let attacks = attacks();
        let urls: Vec<String> = cycle(&attacks, 0)
            .iter()
            .filter(|it| it.request.url.contains("/v1/orders/"))
            .map(|it| {
                it.request
                    .url
                    .split('?')
                    .next()
                    .unwrap_or_default()
                    .to_owned()
            })
            .collect();
        assert!(
            urls[0].ends_with("/1000") && urls[59].ends_with("/1059"),
            "{urls:?}"
        );
    }

    #[test]
    fn what_is_under_way_is_named_and_else_what_is_next() {
        let attacks = attacks();
        let at = |seconds| {
            let (attack, wait) = attacks.now(BEGAN.plus_seconds(seconds)).unwrap();
            (attack.name.as_str(), wait)
        };
        assert_eq!(at(2), ("sql-injection", 3));
        assert_eq!(at(5), ("sql-injection", 0));
        assert_eq!(at(305), ("sql-injection", 0));
        assert_eq!(at(299), ("sql-injection", 6));
    }
}
