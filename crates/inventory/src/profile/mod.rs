//! The profile of an endpoint: what its exchanges carry, and how they are protected.
//!
//! All of it but the top callers and networks are facts: merging two halves gives what folding the whole
//! would have given, as long as no bound is met. Nothing that could be a secret is kept, and no
//! value that fewer than five callers sent.

mod credentials;
mod differences;
mod extent;
mod hits;
mod kinds;
mod member;
mod members;
mod networks;
mod ordinary;
mod origins;
mod role;
mod row;
mod secrecy;
mod seen;
mod sensitive;
mod tally;
mod tokens;
mod top;
mod transport;
mod values;

use gatewatch_decode::{Leaf, Value};
use gatewatch_model::facts::{Names, SignalFacts};
use gatewatch_model::info_type::Fit;
use gatewatch_model::profile::{Answer, Protocol};
use gatewatch_model::rollup::status_class;
use gatewatch_model::signal::Judgement;
use gatewatch_model::{Origin, Spot, Timestamp};
use minicbor::{Decode, Encode};

use crate::callers::is_observed;
use credentials::Carried;
use members::{Members, Round};
use origins::Origins;
use seen::{Call, Slot, slots};
use tokens::Tokens;
use top::TopCallers;
use transport::Transport;

pub(crate) use role::Named;
pub(crate) use secrecy::is_secret;
pub(crate) use seen::Seen;
pub(crate) use sensitive::{Found, Types, is_in_place};

#[derive(Clone, Debug, Default, PartialEq, Encode, Decode)]
#[cbor(map)]
pub(crate) struct Profile {
    #[n(0)]
    members: Members,
    #[n(1)]
    credentials: Carried,
    #[n(2)]
    authenticated: Answer,
    #[n(3)]
    anonymous_answered: Answer,
    #[n(4)]
    external: Answer,
    #[n(5)]
    encrypted: Answer,
    #[n(6)]
    introspection: Answer,
    #[n(7)]
    deprecated: Answer,
    #[n(8)]
    sunset: Option<Timestamp>,
    #[n(9)]
    tokens: Option<Box<Tokens>>,
    #[n(10)]
    request_types: Names<16>,
    #[n(11)]
    response_types: Names<16>,
    /// Versions of HTTP and TLS.
    #[n(12)]
    protocols: Names<16>,
    #[n(13)]
    callers: TopCallers,
    #[n(14)]
    query_depth_max: u32,
    #[n(15)]
    query_aliases_max: u32,
    #[n(16)]
    batch_max: u32,
    #[n(17)]
    protocol: Protocol,
    /// Cold: most endpoints are never attacked.
    #[n(18)]
    signals: Option<Box<SignalFacts>>,
    /// Where its callers are; none costs nothing.
    #[n(20)]
    origins: Option<Box<Origins>>,
    #[cbor(skip)]
    pub own: Own,
}

/// What a profile has only while it is in memory: what of it the store may know.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Own {
    /// Counts what is new.
    revision: u64,
    written: Option<Written>,
    /// Whether it waits in line to be written.
    pub waits: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Written {
    revision: u64,
    calls: u64,
    at: Timestamp,
}

/// A profile whose counts alone have changed is written no more often.
const REWRITE_SECONDS: i64 = 60;

impl Profile {
    /// Answers the members that were found to be sensitive.
    ///
    /// An attack counts, and how the endpoint answers it is a fact; but what it brings along is
    /// nobody's custom, so it teaches no members, no values and no types.
    pub fn observe(&mut self, seen: &Seen<'_>) -> Vec<Found> {
        let status = seen.exchange.status();
        let answered = status.map(|it| (200..300).contains(&it));
        let (mut news, mut found) = (false, Vec::new());
        if seen.judged.judgement != Judgement::Attack {
            (news, found) = self.see_members(seen, status_class(status) as u8);
            for (names, name) in [
                (&mut self.request_types, seen.request_type),
                (&mut self.response_types, seen.response_type),
            ] {
                if !name.is_empty() {
                    news |= names.add(name);
                }
            }
            news |= self.see_extent(seen.call);
        }
        news |= self.see_signals(seen, answered);
        news |= self.see_credentials(seen, answered);
        news |= self.see_transport(seen);
        news |= self.see_call(seen.call, seen.at, answered);
        if is_observed(seen.caller) {
            news |= self.callers.add(seen.caller_hash, seen.caller);
        }
        if seen.exchange.origin != Origin::default() {
            let origins = self.origins.get_or_insert_default();
            news |= origins.add(&seen.exchange.origin, seen.at);
        }
        self.own.revision += u64::from(news);
        found
    }

    pub fn merge(&mut self, other: &Profile) {
        let Profile {
            members,
            credentials,
            authenticated,
            anonymous_answered,
            external,
            encrypted,
            introspection,
            deprecated,
            sunset,
            tokens,
            request_types,
            response_types,
            protocols,
            callers,
            query_depth_max,
            query_aliases_max,
            batch_max,
            protocol,
            signals,
            origins,
            own: _,
        } = other;
        self.members.merge(members);
        self.credentials.merge(credentials);
        for (mine, theirs) in [
            (&mut self.authenticated, authenticated),
            (&mut self.anonymous_answered, anonymous_answered),
            (&mut self.external, external),
            (&mut self.encrypted, encrypted),
            (&mut self.introspection, introspection),
            (&mut self.deprecated, deprecated),
        ] {
            mine.merge(theirs);
        }
        self.sunset = self.sunset.max(*sunset);
        if let Some(tokens) = tokens {
            self.tokens.get_or_insert_default().merge(tokens);
        }
        if let Some(origins) = origins {
            self.origins.get_or_insert_default().merge(origins);
        }
        self.request_types.merge(request_types);
        self.response_types.merge(response_types);
        self.protocols.merge(protocols);
        self.callers.merge(callers);
        self.query_depth_max = self.query_depth_max.max(*query_depth_max);
        self.query_aliases_max = self.query_aliases_max.max(*query_aliases_max);
        self.batch_max = self.batch_max.max(*batch_max);
        self.protocol = self.protocol.max(*protocol);
        if let Some(signals) = signals {
            self.signals.get_or_insert_default().merge(signals);
        }
        self.own.revision += 1;
    }

    /// Whether something is new in it that the store does not have, or so much has changed since
    /// that it is time again. `now` is the time of Ticks.
    pub fn is_due(&self, calls: u64, now: Timestamp) -> bool {
        self.own.written.is_none_or(|it| {
            it.revision != self.own.revision
                || calls >= it.calls.saturating_mul(2)
                || calls != it.calls && now >= it.at.plus_seconds(REWRITE_SECONDS)
        })
    }

    /// What it is held against has changed: the store has to have it anew.
    pub fn renew(&mut self) {
        self.own.revision += 1;
    }

    /// Whether the store has all of it.
    pub fn is_written(&self, calls: u64) -> bool {
        self.own
            .written
            .is_some_and(|it| it.revision == self.own.revision && it.calls == calls)
    }

    pub fn set_written(&mut self, calls: u64, now: Timestamp) {
        self.own.waits = false;
        self.own.written = Some(Written {
            revision: self.own.revision,
            calls,
            at: now,
        });
    }

    /// Reads from the places that an exchange will need, like [`Facts::touch`].
    ///
    /// [`Facts::touch`]: gatewatch_model::facts::Facts::touch
    pub fn touch(&self) -> u64 {
        self.members.touch()
            ^ self.credentials.touch()
            ^ self.request_types.touch()
            ^ self.response_types.touch()
            ^ self.protocols.touch()
            ^ self.callers.touch()
            ^ self.tokens.as_ref().map_or(0, |it| it.touch())
            ^ self.origins.as_ref().map_or(0, |it| it.touch())
    }

    /// Reads from the places that the facts of lists and checks come from.
    pub fn touch_facts(&self) -> u64 {
        self.credentials.touch() ^ self.request_types.touch() ^ self.response_types.touch()
    }

    pub fn heap_bytes(&self) -> usize {
        let (tokens, signals) = (self.tokens.as_ref(), self.signals.as_ref());
        let origins = self.origins.as_ref();
        self.members.heap_bytes()
            + origins.map_or(0, |it| size_of::<Origins>() + it.heap_bytes())
            + self.credentials.heap_bytes()
            + tokens.map_or(0, |it| size_of::<Tokens>() + it.heap_bytes())
            + self.request_types.heap_bytes()
            + self.response_types.heap_bytes()
            + self.protocols.heap_bytes()
            + self.callers.heap_bytes()
            + signals.map_or(0, |it| size_of::<SignalFacts>() + it.heap_bytes())
    }

    fn see_signals(&mut self, seen: &Seen<'_>, answered: Option<bool>) -> bool {
        if seen.judged.signals.is_empty() {
            return false;
        }
        let signals = self.signals.get_or_insert_default();
        signals.add(seen.judged, answered == Some(true), seen.at)
    }

    fn see_members(&mut self, seen: &Seen<'_>, class: u8) -> (bool, Vec<Found>) {
        let mut round = Round::new(seen, class);
        self.members.begin(&mut round, seen.whole);
        let mut segments = 0_u64;
        for (index, (at, name, text)) in slots(seen.key, seen.path).enumerate() {
            segments |= 1_u64.checked_shl(at as u32).unwrap_or(0);
            let own = seen.fits_of_segment(at, text);
            self.members
                .see_slot(&mut round, Slot { name, index, text }, own);
        }
        let mut fits = seen.fits;
        for (at, leaf) in seen.leaves.iter().enumerate() {
            let own = fits_of(&mut fits, at);
            if let (false, Some(slot)) = (own.is_empty(), segment(leaf, segments)) {
                self.members.see_slot(&mut round, slot, own);
            } else {
                self.members.see(&mut round, leaf, own);
            }
        }
        (round.news, round.found)
    }

    fn see_credentials(&mut self, seen: &Seen<'_>, answered: Option<bool>) -> bool {
        let Some(credentials) = seen.credentials else {
            return false;
        };
        let at = seen.at;
        let anonymous = credentials.is_empty();
        let mut news = first(&self.authenticated, !anonymous);
        self.authenticated.add(!anonymous, at);
        news |= self.credentials.add(credentials, at);
        if let (true, Some(answered)) = (anonymous, answered) {
            news |= first(&self.anonymous_answered, answered);
            self.anonymous_answered.add(answered, at);
        }
        if let Some(token) = seen.token {
            news |= self.tokens.get_or_insert_default().add(token, at, answered);
        }
        news
    }

    fn see_transport(&mut self, seen: &Seen<'_>) -> bool {
        let transport = Transport::of(seen.exchange);
        let mut news = transport.sunset > self.sunset;
        self.sunset = self.sunset.max(transport.sunset);
        for (answer, told) in [
            (&mut self.external, seen.external),
            (&mut self.encrypted, transport.encrypted),
            (&mut self.deprecated, transport.deprecated),
        ] {
            if let Some(yes) = told {
                news |= first(answer, yes);
                answer.add(yes, seen.at);
            }
        }
        let tls = seen
            .exchange
            .tls
            .as_ref()
            .and_then(|it| it.version.as_deref());
        for name in [seen.exchange.protocol.as_deref(), tls]
            .into_iter()
            .flatten()
        {
            news |= self.protocols.add(name);
        }
        news
    }

    fn see_call(&mut self, call: Call, at: Timestamp, answered: Option<bool>) -> bool {
        let mut news = call.protocol > self.protocol;
        self.protocol = self.protocol.max(call.protocol);
        if let (true, Some(answered)) = (call.introspection, answered) {
            news |= first(&self.introspection, answered);
            self.introspection.add(answered, at);
        }
        news
    }

    fn see_extent(&mut self, call: Call) -> bool {
        let mut news = false;
        for (max, value) in [
            (&mut self.query_depth_max, call.query_depth),
            (&mut self.query_aliases_max, call.query_aliases),
            (&mut self.batch_max, call.batch),
        ] {
            news |= value > *max;
            *max = (*max).max(value);
        }
        news
    }
}

/// Takes those of a leaf off fits that stand in the order of leaves.
fn fits_of<'f>(fits: &mut &'f [Fit], leaf: usize) -> &'f [Fit] {
    if fits.first().is_none_or(|it| it.leaf as usize != leaf) {
        return &[];
    }
    let end = fits.iter().take_while(|it| it.leaf as usize == leaf);
    let (own, rest) = fits.split_at(end.count());
    *fits = rest;
    own
}

/// A segment of the path that is none of those slots. What is no slot is one word, so that all of
/// its values are seen when one of them fits.
fn segment(leaf: Leaf<'_>, slots: u64) -> Option<Slot<'_>> {
    let index = leaf.item().filter(|_| leaf.spot() == Spot::RequestPath)? as usize;
    let name = *SEGMENTS.get(index).filter(|_| slots >> index & 1 == 0)?;
    match leaf.value {
        Value::Text(text) => Some(Slot { name, index, text }),
        _ => None,
    }
}

/// What segments are called that have no name.
#[rustfmt::skip]
static SEGMENTS: [&str; 24] = [
    "[0]", "[1]", "[2]", "[3]", "[4]", "[5]", "[6]", "[7]", "[8]", "[9]", "[10]", "[11]",
    "[12]", "[13]", "[14]", "[15]", "[16]", "[17]", "[18]", "[19]", "[20]", "[21]", "[22]", "[23]",
];

/// Whether that answer is the first of its kind.
fn first(answer: &Answer, yes: bool) -> bool {
    (if yes { answer.yes } else { answer.no }) == 0
}

#[cfg(test)]
mod tests;
