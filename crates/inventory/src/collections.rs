//! The collections of a partition, found by scope and API without allocation.

use gatewatch_decode::Api;
use gatewatch_model::effects::{CollectionKind, CollectionRow};
use gatewatch_model::facts::SignalFacts;
use gatewatch_model::profile::Decision;
use gatewatch_model::sensitivity::Home;
use gatewatch_model::signal::Judged;
use gatewatch_model::{CollectionId, Timestamp};
use sha2::{Digest, Sha256};

use crate::paths::{Labels, Tree};
use crate::places::Places;
use crate::said::Said;
use crate::slab::Slab;

/// The name of the collection of exchanges that say neither API nor host; no host has a space.
const NO_HOST: &str = "no host";

#[derive(minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub(crate) struct Collection {
    #[n(0)]
    pub id: CollectionId,
    #[n(1)]
    pub scope: Box<str>,
    #[n(2)]
    pub kind: CollectionKind,
    /// Service, workspace and API, or the host.
    #[n(3)]
    pub parts: [Box<str>; 3],
    #[n(4)]
    pub first_seen: Timestamp,
    #[n(5)]
    pub last_seen: Timestamp,
    #[n(6)]
    pub calls: u64,
    #[n(7)]
    #[cbor(default)]
    pub paths: Tree,
    #[n(8)]
    #[cbor(default)]
    pub said: Said,
    /// What was wrong with exchanges, those included that found no endpoint or one that went.
    #[n(9)]
    pub signals: Option<Box<SignalFacts>>,
    #[cbor(skip)]
    pub own: Own,
    /// What it is found by, in one piece.
    #[cbor(skip)]
    joined: Box<[u8]>,
}

/// What a collection has only while it is in memory.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Own {
    /// How many endpoints it has.
    pub endpoints: u32,
    /// Where it waits for the next checkpoint.
    pub waits_at: Option<u32>,
    /// Whether the store may have its row.
    pub written: bool,
}

impl Default for Own {
    fn default() -> Self {
        Own {
            endpoints: 0,
            waits_at: None,
            written: true,
        }
    }
}

#[derive(Default)]
pub(crate) struct Collections {
    pub slab: Slab<Collection>,
    places: Places,
}

impl Collections {
    pub fn find(&self, scope: &str, api: &Api<'_>) -> Option<u32> {
        let (kind, parts) = parts(api);
        let key = (kind.name(), parts, scope);
        self.places.find(key, |at| {
            self.slab
                .get(at)
                .is_some_and(|it| is_joined(&it.joined, key))
        })
    }

    /// The place of a collection by its id. Only what people say is found so: it goes over all.
    pub fn find_id(&self, id: CollectionId) -> Option<u32> {
        let mut all = self.slab.iter();
        all.find(|(_, it)| it.id == id).map(|it| it.0)
    }

    pub fn add(&mut self, scope: &str, api: &Api<'_>) -> u32 {
        let (kind, parts) = parts(api);
        self.insert(Collection {
            id: id(scope, kind, parts),
            scope: scope.into(),
            kind,
            parts: parts.map(Box::from),
            first_seen: Timestamp::ZERO,
            last_seen: Timestamp::ZERO,
            calls: 0,
            paths: Tree::default(),
            said: Said::default(),
            signals: None,
            own: Own {
                endpoints: 0,
                waits_at: None,
                written: false,
            },
            joined: Box::default(),
        })
    }

    pub fn insert(&mut self, mut collection: Collection) -> u32 {
        collection.joined = joined(collection.key());
        let at = self.slab.insert(collection);
        self.places
            .insert(at, |at| self.slab.get(at).map(Collection::key));
        at
    }

    pub fn remove(&mut self, at: u32) -> Option<Collection> {
        let collection = self.slab.remove(at)?;
        self.places.remove(collection.key(), at);
        Some(collection)
    }

    /// Counts one endpoint more that is about to be added.
    pub fn claim(&mut self, at: u32) {
        if let Some(collection) = self.slab.get_mut(at) {
            collection.own.endpoints += 1;
        }
    }

    /// Counts one endpoint less; answers how many are left.
    pub fn yield_claim(&mut self, at: u32) -> u32 {
        self.slab.get_mut(at).map_or(0, |it| {
            it.own.endpoints -= 1;
            it.own.endpoints
        })
    }

    pub fn len(&self) -> usize {
        self.slab.len()
    }

    pub fn heap_bytes(&self) -> usize {
        let texts = |it: &Collection| {
            it.joined.len() + it.scope.len() + it.parts.iter().map(|it| it.len()).sum::<usize>()
        };
        let signals = |it: &Collection| {
            let signals = it.signals.as_ref();
            signals.map_or(0, |it| size_of::<SignalFacts>() + it.heap_bytes())
        };
        self.slab.heap_bytes()
            + self.places.heap_bytes()
            + self
                .slab
                .iter()
                .map(|(_, it)| {
                    texts(it) + it.paths.heap_bytes() + it.said.heap_bytes() + signals(it)
                })
                .sum::<usize>()
    }
}

impl Collection {
    pub fn see(&mut self, at: Timestamp, judged: Judged<'_>, answered: bool) {
        if !judged.signals.is_empty() {
            let signals = self.signals.get_or_insert_default();
            signals.add(judged, answered, at);
        }
        if self.calls == 0 {
            (self.first_seen, self.last_seen) = (at, at);
        }
        self.first_seen = self.first_seen.min(at);
        self.last_seen = self.last_seen.max(at);
        self.calls += 1;
    }

    pub fn home(&self) -> Home<'_> {
        Home {
            scope: &self.scope,
            collection: self.id,
        }
    }

    pub fn row(&self) -> CollectionRow {
        CollectionRow {
            id: self.id,
            scope: self.scope.clone(),
            name: self.name().into(),
            kind: self.kind,
            first_seen: self.first_seen,
            last_seen: self.last_seen,
            calls: self.calls,
            endpoints: u64::from(self.own.endpoints),
            definition: self.said.title(),
            signals: self.signals.as_deref().cloned().unwrap_or_default(),
        }
    }

    /// Appends the template of a path: as it was said, else as it was learned.
    pub fn write(&self, labels: &Labels, key: &mut String) {
        match self.said.find(labels) {
            Some(template) => key.push_str(template),
            None => self.paths.write(labels, key),
        }
    }

    pub fn explain(&self, labels: &Labels) -> Vec<Decision> {
        let said = self.said.explain(labels);
        said.unwrap_or_else(|| self.paths.explain(labels))
    }

    fn key(&self) -> Key<'_> {
        (
            self.kind.name(),
            self.parts.each_ref().map(|it| &**it),
            &self.scope,
        )
    }

    fn name(&self) -> String {
        name(self.kind, self.parts.each_ref().map(|it| &**it))
    }
}

/// How the collection of an API is called.
pub fn collection_name(api: &Api<'_>) -> String {
    let (kind, parts) = parts(api);
    name(kind, parts)
}

fn name(kind: CollectionKind, [service, workspace, api]: [&str; 3]) -> String {
    let name = match (kind, service) {
        (CollectionKind::Host, "") => NO_HOST.to_owned(),
        (CollectionKind::Host, host) => host.to_owned(),
        (CollectionKind::Api, service) if workspace.is_empty() => format!("{service}/{api}"),
        (CollectionKind::Api, service) => format!("{service}/{workspace}/{api}"),
    };
    name.replace(char::is_control, "\u{fffd}")
}

/// What makes a collection: kind, parts and scope.
type Key<'k> = (&'static str, [&'k str; 3], &'k str);

/// All texts of a key, each with its length before it: one place in memory to compare with.
fn joined((kind, parts, scope): Key<'_>) -> Box<[u8]> {
    let mut joined = Vec::new();
    for text in [kind, scope].into_iter().chain(parts) {
        joined.extend_from_slice(&(text.len() as u64).to_le_bytes());
        joined.extend_from_slice(text.as_bytes());
    }
    joined.into()
}

fn is_joined(joined: &[u8], (kind, parts, scope): Key<'_>) -> bool {
    let mut texts = [kind, scope].into_iter().chain(parts);
    let rest = texts.try_fold(joined, |rest, text| {
        let rest = rest.strip_prefix(&(text.len() as u64).to_le_bytes())?;
        rest.strip_prefix(text.as_bytes())
    });
    rest.is_some_and(<[u8]>::is_empty)
}

fn parts<'a>(api: &'a Api<'_>) -> (CollectionKind, [&'a str; 3]) {
    match api {
        Api::Named {
            service,
            workspace,
            api,
        } => (CollectionKind::Api, [service, workspace, api]),
        Api::Host(host) => (CollectionKind::Host, [host, "", ""]),
        Api::Unknown => (CollectionKind::Host, [""; 3]),
    }
}

/// The id that the collection of an API has, seen or not.
pub fn collection_id(scope: &str, api: &Api<'_>) -> CollectionId {
    let (kind, parts) = parts(api);
    id(scope, kind, parts)
}

/// The id of the collection of an API in a scope.
pub(crate) fn id_of(scope: &str, api: &Api<'_>) -> CollectionId {
    let (kind, parts) = parts(api);
    id(scope, kind, parts)
}

fn id(scope: &str, kind: CollectionKind, parts: [&str; 3]) -> CollectionId {
    let [one, two, three] = parts;
    CollectionId(digest(&[
        kind.name().as_bytes(),
        scope.as_bytes(),
        one.as_bytes(),
        two.as_bytes(),
        three.as_bytes(),
    ]))
}

/// The first half of a SHA-256 over the parts, each with its length before it.
pub(crate) fn digest(parts: &[&[u8]]) -> [u8; 16] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    let mut half = [0; 16];
    half.copy_from_slice(&hash.finalize()[..16]);
    half
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_run_into_each_other_are_told_apart() {
        let keys = [
            ("api", ["a", "b", "c"], "/"),
            ("api", ["ab", "", "c"], "/"),
            ("api", ["a", "", "bc"], "/"),
            ("api", ["a", "b", ""], "/"),
            ("api", ["a", "b", "c"], "/c"),
            ("host", ["a", "b", "c"], "/"),
        ];
        for one in keys {
            for two in keys {
                assert_eq!(is_joined(&joined(one), two), one == two, "{one:?} {two:?}");
            }
        }
    }
}
