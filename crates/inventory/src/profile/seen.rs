//! An exchange as a profile reads it: what was observed of it, and what it says.

use gatewatch_decode::{BodyKind, Leaves, Message, Path, Reading, Token, Value};
use gatewatch_model::exchange::Exchange;
use gatewatch_model::info_type::Fit;
use gatewatch_model::profile::{Credential, Credentials, Protocol};
use gatewatch_model::sensitivity::Home;
use gatewatch_model::signal::Judged;
use gatewatch_model::{Caller, CollectionId, Spot, Timestamp};

use super::Types;
use crate::inventory::Sighting;

/// One exchange as the profile reads it.
pub(crate) struct Seen<'s> {
    pub exchange: &'s Exchange<'s>,
    pub leaves: &'s Leaves,
    /// What its values fit, in the order of leaves, and what that makes of members.
    pub fits: &'s [Fit],
    pub types: Types<'s>,
    /// What is wrong with it.
    pub judged: Judged<'s>,
    /// Of hashes of values.
    pub seed: u64,
    /// Spots whose leaves are all there.
    pub whole: Spots,
    /// `GET /orders/{id}`, and the path that it stands for.
    pub key: &'s str,
    pub path: &'s Path,
    pub caller: &'s Caller,
    pub caller_hash: u64,
    pub at: Timestamp,
    pub external: Option<bool>,
    /// `None` when neither headers nor the gateway would have shown any.
    pub credentials: Option<Credentials>,
    pub token: Option<&'s Token>,
    pub request_type: &'s str,
    pub response_type: &'s str,
    pub call: Call,
}

/// What the protocol on top of HTTP says.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Call {
    pub protocol: Protocol,
    pub introspection: bool,
    pub query_depth: u32,
    pub query_aliases: u32,
    pub batch: u32,
}

/// A set of spots.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Spots(u8);

impl Spots {
    pub fn insert(&mut self, spot: Spot) {
        self.0 |= 1 << spot as u8;
    }

    pub fn contains(self, spot: Spot) -> bool {
        self.0 & 1 << spot as u8 != 0
    }

    pub fn iter(self) -> impl Iterator<Item = Spot> {
        Spot::ALL.into_iter().filter(move |it| self.contains(*it))
    }
}

impl<'s> Seen<'s> {
    pub fn of(
        sighting: &Sighting<'s>,
        collection: CollectionId,
        caller_hash: u64,
        key: &'s str,
        seed: u64,
    ) -> Seen<'s> {
        let Sighting {
            exchange,
            reading,
            fits,
            judge,
            scope,
            judged,
            ..
        } = *sighting;
        Seen {
            exchange,
            leaves: reading.leaves(),
            fits,
            types: Types {
                judge,
                home: Home { scope, collection },
            },
            judged,
            seed,
            whole: whole(exchange, reading),
            key,
            path: reading.path(),
            caller: sighting.caller,
            caller_hash,
            at: sighting.at,
            external: sighting.external,
            credentials: credentials(exchange, reading),
            token: reading.token().filter(|it| !it.malformed),
            request_type: content_type(reading.request()),
            response_type: content_type(reading.response()),
            call: call(reading),
        }
    }
}

impl<'s> Seen<'s> {
    /// What the segment of that number fits. A path that is written oddly counts other segments.
    pub fn fits_of_segment(&self, at: usize, text: &str) -> &'s [Fit] {
        let is_it = |fit: &Fit| {
            let leaf = self.leaves.iter().nth(fit.leaf as usize);
            leaf.is_some_and(|it| {
                it.spot() == Spot::RequestPath
                    && it.item() == u32::try_from(at).ok()
                    && it.value == Value::Text(text)
            })
        };
        let Some(from) = self.fits.iter().position(is_it) else {
            return &[];
        };
        let of_leaf = |it: &&Fit| it.leaf == self.fits[from].leaf;
        let count = self.fits[from..].iter().take_while(of_leaf).count();
        &self.fits[from..from + count]
    }
}

/// A segment of a path: its name, or `[2]`, which it is of its kind, and what stands there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slot<'s> {
    pub name: &'s str,
    pub index: usize,
    pub text: &'s str,
}

/// The slots of a key such as `GET /orders/{id}`, each with what stands there in the path and
/// which segment that is.
pub(super) fn slots<'s>(
    key: &'s str,
    path: &'s Path,
) -> impl Iterator<Item = (usize, &'s str, &'s str)> {
    let template = key.split_once(' ').map_or(key, |it| it.1);
    let template = template.split_once('#').map_or(template, |it| it.0);
    let segments = template.strip_prefix('/').unwrap_or("").split('/');
    segments
        .zip(path.segments())
        .enumerate()
        .filter_map(|(at, (segment, value))| {
            let (before, rest) = segment.split_once('{')?;
            let (name, after) = rest.split_once('}')?;
            let value = value.strip_prefix(before)?.strip_suffix(after)?;
            (name != "rest").then_some((at, name, value))
        })
}

/// Which spots were observed in full, so that what is not there is missing. Where there is no
/// body at all, none of its members is.
fn whole(exchange: &Exchange<'_>, reading: &Reading) -> Spots {
    let mut whole = Spots::default();
    whole.insert(Spot::RequestPath);
    whole.insert(Spot::RequestQuery);
    let lost = reading.leaves().lost();
    let response = exchange.response.as_ref();
    for (spots, headers) in [
        (
            [Spot::RequestHeaders, Spot::RequestCookies],
            exchange.request.headers.is_some(),
        ),
        (
            [Spot::ResponseHeaders, Spot::ResponseCookies],
            response.is_some_and(|it| it.headers.is_some()),
        ),
    ] {
        if headers {
            spots.into_iter().for_each(|it| whole.insert(it));
        }
    }
    for (spot, message) in [
        (Spot::RequestBody, reading.request()),
        (Spot::ResponseBody, reading.response()),
    ] {
        let body = !matches!(message.kind, BodyKind::NotObserved | BodyKind::None);
        if body && message.complete && !lost {
            whole.insert(spot);
        }
    }
    whole
}

/// The kinds that came, if it was to be seen that none did.
fn credentials(exchange: &Exchange<'_>, reading: &Reading) -> Option<Credentials> {
    let mut kinds = reading.credentials();
    // Who has a name has been asked for it.
    if exchange
        .principal
        .as_deref()
        .is_some_and(|it| !it.is_empty())
    {
        kinds.insert(Credential::Gateway);
    }
    let forwarded = exchange.headers_seen.as_ref();
    let headers = exchange.request.headers.is_some()
        && forwarded.is_none_or(|it| it.iter().any(|it| it.eq_ignore_ascii_case("authorization")));
    let gateway = exchange
        .auth
        .as_ref()
        .is_some_and(|it| it.executed.is_some());
    (headers || gateway || !kinds.is_empty()).then_some(kinds)
}

/// The essence of a content type; what is none is `other`.
fn content_type(message: &Message) -> &str {
    let essence = message.essence();
    let token = |it: &str| {
        !it.is_empty()
            && it
                .bytes()
                .all(|it| it.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&it))
    };
    let fits = essence.len() <= 64
        && essence
            .split_once('/')
            .is_some_and(|(family, rest)| token(family) && token(rest));
    if fits || essence.is_empty() {
        essence
    } else {
        "other"
    }
}

fn call(reading: &Reading) -> Call {
    let mut call = Call {
        protocol: reading.protocol(),
        ..Call::default()
    };
    for one in reading.calls() {
        call.introspection |= one.introspection;
        call.query_depth = call.query_depth.max(one.depth);
        call.query_aliases = call.query_aliases.max(one.aliases);
        call.batch = call.batch.max(one.batch_index.saturating_add(1));
    }
    call
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(key: &str, url: &str, expected: &[(&str, &str)]) {
        let exchange = gatewatch_testkit::traffic(&format!("GET {url}")).remove(0);
        let mut path = Path::default();
        path.read(&exchange);
        let found = slots(key, &path).map(|it| (it.1, it.2));
        assert_eq!(found.collect::<Vec<_>>(), expected, "{key}");
    }

    #[test]
    fn slots_are_filled_by_what_stands_in_their_place() {
        check("GET /orders/{id}", "/orders/17?x=1", &[("id", "17")]);
        check(
            "GET /a/{id}/b/{uuid}",
            "/a/1/b/2",
            &[("id", "1"), ("uuid", "2")],
        );
        check(
            "GET /files/{name}.json#op",
            "/files/x.json",
            &[("name", "x")],
        );
        check("GET /a/{rest}", "/a/b/c", &[]);
        check("GET /{id}/more", "/", &[]);
        check("GET *", "/", &[]);
    }

    fn credentials_of(line: &str) -> Option<Vec<&'static str>> {
        let exchange = gatewatch_testkit::traffic(line).remove(0);
        let mut reading = Reading::default();
        reading.read(&exchange);
        let kinds = credentials(&exchange, &reading)?;
        Some(kinds.iter().map(Credential::name).collect())
    }

    #[test]
    fn that_there_were_none_is_known_only_where_some_would_show() {
        assert_eq!(credentials_of("GET /a 200"), Some(vec![]));
        assert_eq!(credentials_of("@alice GET /a 200"), Some(vec!["gateway"]));
        assert_eq!(
            credentials_of("GET /a 200 'header:authorization=Basic YTpi'"),
            Some(vec!["basic"])
        );
        let mut exchange = gatewatch_testkit::traffic("GET /a 200").remove(0);
        let reading = Reading::default();
        exchange.headers_seen = Some(vec!["host".into()]);
        assert_eq!(credentials(&exchange, &reading), None);
        exchange.headers_seen = None;
        exchange.request.headers = None;
        assert_eq!(credentials(&exchange, &reading), None);
        exchange.auth.get_or_insert_default().executed = Some(Vec::new());
        assert_eq!(
            credentials(&exchange, &reading),
            Some(Credentials::default())
        );
    }
}
