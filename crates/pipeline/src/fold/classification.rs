//! Classification in the fold: what is looked for in which scope, and what values fit. Settings
//! and a user's own types come by Controls and are state; everything else follows from them.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use gatewatch_classify::{
    Catalogue, Classifier, Hit, InfoType, ListKey, SHIPPED, Switches, judge_all,
};
use gatewatch_decode::Leaves;
use gatewatch_model::info_type::{
    Category, Counted, Fit, HitFact, Judge, SENSITIVE_CONFIDENCE_MIN, Verdict,
};
use gatewatch_model::own::{OwnFiles, OwnKind};
use gatewatch_model::sensitivity::{Home, Sensitivity, of_place, scopes_above};
use gatewatch_model::{CollectionId, InfoTypeId};

use super::own::Latest;

/// Places whose switches are at hand; with more all are made anew.
const SWITCHES_MAX: usize = 1_024;

/// Made once; clones share what is large.
static OF_SHIPPED: LazyLock<Classifier> =
    LazyLock::new(|| Classifier::new(Arc::new(SHIPPED.clone())));

static OF_OWN: Latest<Classifier> = Latest::of(OwnKind::InfoTypes);

pub struct Classification {
    classifier: Classifier,
    /// Of the installation, for lists of tokens; they know no value before it is given.
    key: Option<[u8; 32]>,
    state: State,
    /// Places of the collections that the state speaks of; from there, as is what follows.
    collections: Collections,
    /// What is looked for by place.
    switches: BTreeMap<Box<str>, Switches>,
    fits: Vec<Fit>,
    hits: Vec<Hit>,
}

type Collections = BTreeMap<CollectionId, Box<str>>;

/// What a snapshot keeps of it.
#[derive(Clone, Debug, Default, PartialEq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct State {
    #[n(0)]
    own: OwnFiles,
    /// By place: a scope, or a collection in it.
    #[n(1)]
    said: BTreeMap<Box<str>, Sensitivity>,
}

impl Default for Classification {
    fn default() -> Self {
        Classification::from(State::default())
    }
}

impl From<State> for Classification {
    fn from(state: State) -> Classification {
        Classification {
            classifier: classifier(&state.own, None),
            key: None,
            collections: collections(&state.said),
            state,
            switches: BTreeMap::new(),
            fits: Vec::new(),
            hits: Vec::new(),
        }
    }
}

/// What a fold asks of types while its inventory changes.
#[derive(Debug)]
pub struct Judging<'c> {
    catalogue: &'c Catalogue,
    said: &'c BTreeMap<Box<str>, Sensitivity>,
    collections: &'c Collections,
}

impl Classification {
    pub fn state(&self) -> &State {
        &self.state
    }

    pub fn set_key(&mut self, key: &[u8; 32]) {
        self.key = Some(*key);
        self.switches.clear();
        self.classifier = classifier(&self.state.own, self.key);
    }

    /// Whether it matters which collection an exchange belongs to.
    pub fn speaks_of_collections(&self) -> bool {
        !self.collections.is_empty()
    }

    /// Looks at all leaves of an exchange of that scope, and of that collection if it matters.
    pub fn find(&mut self, leaves: &Leaves, scope: &str, collection: Option<CollectionId>) {
        let place = collection.and_then(|it| self.collections.get(&it));
        let place = place.map_or(scope, |it| it);
        if !self.switches.contains_key(place) {
            if self.switches.len() >= SWITCHES_MAX {
                self.switches.clear();
            }
            let (catalogue, said) = (self.classifier.catalogue(), &self.state.said);
            let switches = Switches::of(catalogue, |it| is_on(said, place, it));
            self.switches.insert(place.into(), switches);
        }
        self.hits.clear();
        self.fits.clear();
        if let Some(switches) = self.switches.get(place) {
            self.hits
                .extend_from_slice(self.classifier.find(leaves, switches));
        }
        self.fits.extend(self.hits.iter().map(|it| Fit {
            leaf: it.leaf,
            info_type: it.info_type,
            confidence: it.confidence,
            grounds: it.grounds,
        }));
    }

    /// Of the exchange that was looked at last.
    pub fn fits(&self) -> &[Fit] {
        &self.fits
    }

    /// The same with where in the text they stand.
    pub fn hits(&self) -> &[Hit] {
        &self.hits
    }

    pub fn catalogue(&self) -> &Catalogue {
        self.classifier.catalogue()
    }

    pub fn judging(&self) -> Judging<'_> {
        Judging {
            catalogue: self.classifier.catalogue(),
            said: &self.state.said,
            collections: &self.collections,
        }
    }

    pub fn say(&mut self, place: &str, sensitivity: &Sensitivity) {
        self.switches.clear();
        self.state.said.insert(place.into(), sensitivity.clone());
        self.collections = collections(&self.state.said);
    }

    /// Takes a user's own types in place of all earlier ones. False, and nothing changes, if they
    /// are not sound: whoever sends them sees to that.
    pub fn bring(&mut self, files: &OwnFiles) -> bool {
        let Some(classifier) = try_classifier(files, self.key) else {
            return false;
        };
        self.switches.clear();
        self.classifier = classifier;
        self.state.own.clone_from(files);
        true
    }
}

impl Judge for Judging<'_> {
    fn judge(
        &self,
        facts: &[HitFact],
        values: Counted,
        told: Option<InfoTypeId>,
        verdicts: &mut Vec<Verdict>,
    ) {
        verdicts.extend(judge_all(self.catalogue, facts, values, told));
    }

    fn type_of(&self, home: Home<'_>, info_type: InfoTypeId) -> Option<(&str, Category)> {
        let found = self.catalogue.by_key(info_type)?;
        is_on(self.said, self.place(home), found).then_some((&*found.id, found.category))
    }

    fn confidence_min(&self, home: Home<'_>, info_type: InfoTypeId) -> u8 {
        if self.said.is_empty() {
            return SENSITIVE_CONFIDENCE_MIN;
        }
        let said = |it: &Sensitivity| it.confidence_min(&self.catalogue.by_key(info_type)?.id);
        let all = scopes_above(self.place(home)).filter_map(|it| said(self.said.get(it)?));
        all.last().unwrap_or(SENSITIVE_CONFIDENCE_MIN)
    }

    fn counts_in_place(&self, home: Home<'_>) -> bool {
        let all = scopes_above(self.place(home));
        let said = all.filter_map(|it| self.said.get(it)?.credentials_in_place);
        said.last().unwrap_or(false)
    }
}

impl<'c> Judging<'c> {
    /// What is said of a collection is said below its scope.
    fn place<'p>(&self, home: Home<'p>) -> &'p str
    where
        'c: 'p,
    {
        self.collections
            .get(&home.collection)
            .map_or(home.scope, |it| it)
    }
}

fn collections(said: &BTreeMap<Box<str>, Sensitivity>) -> Collections {
    let of_one = |place: &str| Some((of_place(place).1?, place.into()));
    said.keys().filter_map(|it| of_one(it)).collect()
}

/// The nearest place that speaks of a type decides, else the catalogue.
fn is_on(said: &BTreeMap<Box<str>, Sensitivity>, place: &str, info_type: &InfoType) -> bool {
    let mut on = info_type.on;
    if said.is_empty() {
        return on;
    }
    for above in scopes_above(place) {
        let said = said.get(above);
        on = said
            .and_then(|it| it.switch(&info_type.id, info_type.category))
            .unwrap_or(on);
    }
    on
}

/// Of the shipped types alone where own ones cannot be read any more.
fn classifier(own: &OwnFiles, key: Option<[u8; 32]>) -> Classifier {
    try_classifier(own, key).unwrap_or_else(|| OF_SHIPPED.clone())
}

fn try_classifier(own: &OwnFiles, key: Option<[u8; 32]>) -> Option<Classifier> {
    if own.is_empty() {
        return Some(OF_SHIPPED.clone());
    }
    OF_OWN.get(own, key, |texts| {
        let list_key = key.as_ref().map_or(ListKey::Elsewhere, ListKey::Of);
        let catalogue = SHIPPED.with(texts, list_key);
        let catalogue = catalogue.map_err(|it| (it.file, it.line, it.key))?;
        Ok(Classifier::new(Arc::new(catalogue)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn switched(categories: &[(Category, bool)], types: &[(&str, bool)]) -> Sensitivity {
        Sensitivity {
            categories: categories.to_vec(),
            types: types.iter().map(|it| (it.0.into(), it.1)).collect(),
            ..Sensitivity::default()
        }
    }

    #[test]
    fn the_nearest_scope_that_speaks_of_a_type_decides() {
        let card = SHIPPED.find("credit-card").unwrap();
        let mut said = BTreeMap::new();
        assert!(is_on(&said, "/a/b", card));
        said.insert("/".into(), switched(&[(Category::Finance, false)], &[]));
        assert!(!is_on(&said, "/a/b", card));
        said.insert("/a".into(), switched(&[], &[("credit-card", true)]));
        assert!(is_on(&said, "/a/b", card) && !is_on(&said, "/ab", card));
    }

    #[test]
    fn own_types_that_are_not_sound_change_nothing() {
        let mut classification = Classification::default();
        let types = classification.catalogue().types().len();
        assert!(!classification.bring(&vec![("badge.toml".into(), "id = 1".into())]));
        assert_eq!(classification.catalogue().types().len(), types);
        let text = "id = 'badge'\ntitle = 'Badge'\ncategory = 'custom'\nseverity = 'low'\n\
            pattern = 'BDG-\\d{6}'\nalone = 90\n\
            examples = ['{\"badge\": \"BDG-123456\"}']\ncounter_examples = ['{\"badge\": \"x\"}']\n";
        assert!(classification.bring(&vec![("badge.toml".into(), text.into())]));
        assert_eq!(classification.catalogue().types().len(), types + 1);
        let loaded = Classification::from(classification.state().clone());
        assert!(loaded.catalogue().find("badge").is_some());
    }
}
