//! Who calls: people and machines with an address, an agent and perhaps an identity, and their
//! sessions, in which one request leads to the next.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::chance::Chance;
use super::values::Kind;

/// Sessions that are open at once, per company.
const SESSIONS_MAX: usize = 300;
/// Share of requests after which a session ends.
const ENDS: f64 = 1.0 / 14.0;
/// Share of callers who use their token when it has run out.
const CARELESS: f64 = 0.01;

/// One caller; made from its number, so that thousands of them take no memory.
#[derive(Clone, Debug)]
pub struct Person {
    pub address: IpAddr,
    pub agent: Cow<'static, str>,
    pub principal: String,
    /// What it sends to say who it is; the same all day.
    pub credential: String,
    pub careless: bool,
}

/// A caller at work, with what its last path named.
#[derive(Clone, Debug)]
pub struct Session {
    pub person: Person,
    pub named: Vec<(Kind, String)>,
}

/// The callers of one company.
#[derive(Clone, Debug)]
pub struct Crowd {
    company: u64,
    callers: u32,
    /// The share of them inside the organisation's networks.
    internal: f64,
    sessions: Vec<Session>,
}

impl Crowd {
    pub fn new(company: u64, callers: u32, internal: f64) -> Crowd {
        Crowd {
            company,
            callers,
            internal,
            sessions: Vec::new(),
        }
    }

    /// The session whose turn it is; some begin with it and some have ended before.
    pub fn turn(&mut self, chance: &mut Chance) -> &mut Session {
        let drawn = chance.below(SESSIONS_MAX as u64) as usize;
        let at = drawn.min(self.sessions.len());
        if at == self.sessions.len() {
            let fresh = self.session(chance);
            self.sessions.push(fresh);
        } else if chance.happens(ENDS) {
            self.sessions[at] = self.session(chance);
        }
        &mut self.sessions[at]
    }

    fn session(&self, chance: &mut Chance) -> Session {
        let number = chance.popular(u64::from(self.callers));
        Session {
            person: person(self.company, number, self.internal),
            named: Vec::new(),
        }
    }
}

const AGENTS: &[&str] = &[
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Safari/605.1.15",
    "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
    "okhttp/5.1.0",
    "partner-sync/3.4",
    "python-requests/2.33.0",
];

fn person(company: u64, number: u64, internal: f64) -> Person {
    let mut own = Chance::new((company << 32) ^ number);
    Person {
        address: address(company, internal, &mut own),
        agent: own.pick(AGENTS).copied().unwrap_or_default().into(),
        principal: format!("u{}-{number}", company + 1),
        credential: format!("{:016x}{:016x}", own.number(), own.number()),
        careless: own.happens(CARELESS),
    }
}

fn address(company: u64, internal: f64, own: &mut Chance) -> IpAddr {
    if own.happens(internal) {
        let low = own.below(1 << 14) as u32;
        return IpAddr::V4(Ipv4Addr::from(u32::from(Ipv4Addr::new(10, 20, 0, 0)) | low));
    }
    // From the blocks set aside for documentation and benchmarks.
    if own.happens(0.12) {
        IpAddr::V6(Ipv6Addr::new(
            0x2001,
            0xdb8,
            company as u16,
            own.below(0x2000) as u16,
            0,
            0,
            0,
            own.number() as u16,
        ))
    } else {
        let low = own.below(1 << 17) as u32;
        IpAddr::V4(Ipv4Addr::from(
            u32::from(Ipv4Addr::new(198, 18, 0, 0)) | low,
        ))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn sessions_stay_bounded_and_callers_are_many() {
        let (mut crowd, mut chance) = (Crowd::new(0, 4_000, 0.1), Chance::new(1));
        let mut seen = BTreeSet::new();
        for _ in 0..50_000 {
            seen.insert(crowd.turn(&mut chance).person.principal.clone());
        }
        assert!(crowd.sessions.len() <= SESSIONS_MAX);
        assert!(seen.len() > 1_000, "{}", seen.len());
    }

    #[test]
    fn a_caller_is_the_same_whenever_it_comes() {
        assert_eq!(
            format!("{:?}", person(2, 77, 0.1)),
            format!("{:?}", person(2, 77, 0.1))
        );
        assert_ne!(person(2, 77, 0.1).credential, person(2, 78, 0.1).credential);
    }
}
