//! What is printed, whatever the format: collections by name, their endpoints by template.

use std::collections::BTreeMap;

use gatewatch_model::effects::{CollectionRow, Coverage, EndpointRow};
use gatewatch_model::profile::{Drift, ProfileRow};

use super::callers::Callers;
use super::folding::Known;
use super::reading::FileRead;

pub struct Report<'k> {
    pub collections: Vec<Listed<'k>>,
    pub files: &'k [FileRead],
    pub coverage: Coverage,
    pub callers: &'k Callers,
}

/// One collection with its endpoints.
pub struct Listed<'k> {
    pub row: &'k CollectionRow,
    pub endpoints: Vec<&'k EndpointRow>,
    /// Paths that were asked for and are not there, as scanners do; not among the endpoints.
    pub misses: u64,
    known: &'k Known,
}

impl<'k> Report<'k> {
    /// Without `all`, paths that only ever answered that there is nothing are counted alone.
    pub fn new(known: &'k Known, files: &'k [FileRead], all: bool) -> Report<'k> {
        let mut of = BTreeMap::<_, Vec<&EndpointRow>>::new();
        for row in known
            .endpoints
            .values()
            .filter(|it| known.is_printed(it) && known.is_called(it.collection))
        {
            of.entry(row.collection).or_default().push(row);
        }
        let mut collections: Vec<Listed<'_>> = of
            .into_iter()
            .filter_map(|(id, mut endpoints)| {
                let before = endpoints.len();
                endpoints.retain(|it| all || !it.is_missed());
                Some(Listed {
                    row: known.collections.get(&id)?,
                    misses: (before - endpoints.len()) as u64,
                    endpoints,
                    known,
                })
            })
            .collect();
        // What is called most comes first.
        collections.sort_by(|one, other| {
            let order = other.row.calls.cmp(&one.row.calls);
            order.then_with(|| (&one.row.name, one.row.id).cmp(&(&other.row.name, other.row.id)))
        });
        for listed in &mut collections {
            listed.endpoints.sort_by(|one, other| {
                (&one.template, &one.method).cmp(&(&other.template, &other.method))
            });
        }
        Report {
            collections,
            files,
            coverage: known.coverage,
            callers: &known.callers,
        }
    }

    pub fn endpoints(&self) -> u64 {
        self.collections
            .iter()
            .map(|it| it.endpoints.len() as u64)
            .sum()
    }

    /// Exchanges of the files that are printed.
    pub fn exchanges(&self) -> u64 {
        let printed = self.files.iter().filter(|it| !it.learned);
        printed.map(|it| it.exchanges).sum()
    }

    /// What was odd about exchanges of all files, with how many had it, the commonest first.
    pub fn blemishes(&self) -> Vec<(&'static str, u64)> {
        let mut counts = BTreeMap::new();
        for (name, count) in self.files.iter().flat_map(|it| &it.blemishes) {
            *counts.entry(*name).or_insert(0) += count;
        }
        let mut counts: Vec<_> = counts.into_iter().collect();
        counts.sort_by_key(|it| std::cmp::Reverse(it.1));
        counts
    }

    /// Places that could not be read, in all files.
    pub fn refused(&self) -> u64 {
        self.files.iter().map(|it| it.trouble.total).sum()
    }
}

impl Listed<'_> {
    /// How many endpoints stand how to the definition; nothing where there is none.
    pub fn drift(&self) -> Vec<(Drift, u64)> {
        let stands = |kind: Drift| {
            let those = self.endpoints.iter();
            those.filter(|it| it.facts.drift == Some(kind)).count() as u64
        };
        match self.row.definition {
            Some(_) => Drift::ALL.iter().map(|it| (*it, stands(*it))).collect(),
            None => Vec::new(),
        }
    }

    /// Where an endpoint is seen otherwise than documented.
    pub fn differences(&self, row: &EndpointRow) -> Vec<Box<str>> {
        let different = row.facts.drift == Some(Drift::Different);
        let profile = different.then(|| self.profile(row)).flatten();
        profile.map(|it| it.differences).unwrap_or_default()
    }

    pub fn profile(&self, row: &EndpointRow) -> Option<ProfileRow> {
        self.known.profile(row.id)
    }
}
