//! What people say of sensitive information: which types are looked for in which scope or
//! collection and from which confidence on, which labels they have, and from which label on they
//! count.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::on;
use gatewatch_classify::{Catalogue, ListKey, SHIPPED};
use gatewatch_model::control::Control;
use gatewatch_model::info_type::{Category, SENSITIVE_CONFIDENCE_MIN};
use gatewatch_model::own::OwnKind;
use gatewatch_model::sensitivity::{
    Home, LABEL_BYTES_MAX, LABELS_MAX, Label, Sensitivity, TYPES_SAID_MAX, of_place,
};
use gatewatch_ports::sensitive::{SCOPES_SAID_MAX, SensitivityRow};
use gatewatch_ports::store::Role;
use gatewatch_ports::{Store, StoreError};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::access::Grant;
use crate::asked::{Asked, Param, ParamKind};
use crate::body::Sent;
use crate::controls::{SentControl, send};
use crate::inventory::find_collection;
use crate::openapi::{Content, list, shape};
use crate::problem::{BAD_BODY, BAD_PARAMETER, CONFLICT, DISK_LOW, NOT_FOUND, Problem, TOO_LARGE};
use crate::routes::{Answer, Face, Gate, Operation, Route, Scoped, Verb};
use crate::scope::{covers, is_scope};
use crate::shapes::List;
use crate::shared::{From as Address, Shared};

pub(crate) const SCOPE: Param = Param {
    name: "scope",
    what: "At or below the token's own, which it is when not given.",
    kind: ParamKind::Text {
        characters_max: 256,
    },
};

pub(crate) const SINGLE: Param = Param {
    name: "collection",
    what: "This collection alone, in place of a scope.",
    kind: ParamKind::Collection,
};

/// That can be asked for before a member counts as of a type, in percent.
const CONFIDENCES: core::ops::RangeInclusive<u8> = SENSITIVE_CONFIDENCE_MIN..=99;

pub(crate) static ACCEPTED: &[Answer] = &[Answer {
    status: 202,
    what: "It is kept; `Location` tells when it is applied.",
    contents: &[Content::Json(shape::<SentControl>)],
}];

pub(crate) static ROUTES: &[Route] = &[
    Route {
        verb: Verb::Get,
        path: "/api/v1/sensitivity",
        face: Face::Serve,
        gate: Gate::Least(Role::Reader),
        scope: Scoped::List,
        operation: Operation {
            id: "listSensitivity",
            summary: "What is said of sensitive information",
            description: "By scope and collection. What a collection does not speak of is as its scope \
                says, what a scope does not speak of as the scope above says, and what none speaks of \
                as the catalogue says.",
            answers: &[Answer {
                status: 200,
                what: "All that is said at or below the token's scope.",
                contents: &[Content::Json(list::<SaidOfScope>)],
            }],
            ..Operation::PLAIN
        },
        answer: |verb| on(verb, list_said),
    },
    Route {
        verb: Verb::Put,
        path: "/api/v1/sensitivity",
        face: Face::Serve,
        gate: Gate::Least(Role::SecurityAdmin),
        scope: Scoped::Stamp,
        operation: Operation {
            id: "putSensitivity",
            summary: "Say what is looked for and what counts as sensitive",
            description: "In place of what was said of the scope, or of the collection, before. A type \
                outranks its category, a scope those above it and a collection its scope. Labels and \
                the threshold are said of `/`.",
            params: &[SCOPE, SINGLE],
            body: Some(Content::Json(shape::<Saying>)),
            answers: ACCEPTED,
            problems: &[&BAD_BODY, &TOO_LARGE, &CONFLICT, &NOT_FOUND, &DISK_LOW],
            ..Operation::PLAIN
        },
        answer: |verb| on(verb, put_said),
    },
];

/// What is said of sensitive information in a scope.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Sensitivity)]
struct Saying {
    /// Whether categories are looked for.
    #[serde(default)]
    categories: BTreeMap<String, bool>,
    /// Whether single types are looked for; they outrank their category.
    #[serde(default)]
    types: BTreeMap<String, bool>,
    /// Labels there are, each with its order: higher is more sensitive.
    #[serde(default)]
    labels: BTreeMap<String, u32>,
    /// The labels of categories.
    #[serde(default)]
    category_labels: BTreeMap<String, String>,
    /// The labels of single types; they outrank that of their category.
    #[serde(default)]
    type_labels: BTreeMap<String, String>,
    /// What has a label of a lower order does not count as sensitive; null counts everything.
    #[serde(default)]
    threshold_order: Option<u32>,
    /// Whether credentials of requests make an endpoint sensitive also where they belong: in headers
    /// made for them, in cookies, and as what is handed to an endpoint that gives tokens out. Null is
    /// as the scope above says, and no where none says anything.
    #[serde(default)]
    credentials_in_place: Option<bool>,
    /// From which confidence on a member counts as of single types, in percent: 50 to 99, and 50
    /// where nothing is said.
    #[serde(default)]
    type_confidences: BTreeMap<String, u8>,
}

/// What is said of one scope, and by whom.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ScopeSensitivity)]
struct SaidOfScope {
    /// It and what lies below it.
    scope: Box<str>,
    /// The id of the one collection in it that this is said of; null when it is said of the scope.
    collection_id: Option<String>,
    /// What is said.
    said: Saying,
    /// Of the control that said so.
    revision: u64,
    /// The name of the token that sent it.
    actor: Box<str>,
    /// When it was sent.
    #[schema(format = DateTime)]
    at: String,
}

async fn list_said(
    State(shared): State<Arc<Shared>>,
    grant: Grant,
) -> Result<Json<List<SaidOfScope>>, Problem> {
    let rows = shared.blocking.ask(|store| store.sensitivity()).await?;
    let rows = rows
        .into_iter()
        .filter(|it| covers(&grant.scope, &it.scope));
    Ok(Json(List::whole(rows.map(SaidOfScope::new).collect())))
}

async fn put_said(
    State(shared): State<Arc<Shared>>,
    grant: Grant,
    Address(address): Address,
    asked: Asked,
    Sent(saying): Sent<Saying>,
) -> Result<impl IntoResponse, Problem> {
    let place = place(&shared, &grant, &asked).await?;
    let known = shared
        .blocking
        .ask(|store| Ok((catalogue(store)?, store.sensitivity()?)));
    let (catalogue, said) = known.await?;
    if said.len() >= SCOPES_SAID_MAX && said.iter().all(|it| it.scope != place) {
        let detail = format!(
            "{SCOPES_SAID_MAX} scopes and collections are spoken of; say it of a scope above instead"
        );
        return Err(Problem::new(&CONFLICT, detail));
    }
    let sensitivity = saying
        .read(&place, &catalogue)
        .map_err(|why| Problem::new(&BAD_BODY, why))?;
    let control = Control::Classify {
        scope: place,
        sensitivity: Box::new(sensitivity),
    };
    send(&shared, grant, address, control).await
}

/// The shipped types and those of its own that a store has.
pub(crate) fn catalogue(store: &dyn Store) -> Result<Catalogue, StoreError> {
    let files = store
        .own(OwnKind::InfoTypes)?
        .map(|it| it.files)
        .unwrap_or_default();
    let texts = files.iter().map(|it| (&*it.0, &*it.1)).collect::<Vec<_>>();
    // What a later release took and this one cannot read is left out.
    Ok(SHIPPED
        .with(&texts, ListKey::Elsewhere)
        .unwrap_or_else(|_| SHIPPED.clone()))
}

pub(crate) fn scope(grant: &Grant, asked: &Asked) -> Result<Box<str>, Problem> {
    let scope = asked.text("scope").unwrap_or_else(|| grant.scope.clone());
    if is_scope(&scope) && covers(&grant.scope, &scope) {
        return Ok(scope);
    }
    let detail = "`scope` is a place such as `/contoso/production`, at or below the token's own";
    Err(Problem::new(&BAD_PARAMETER, detail))
}

/// The scope that is asked of, or the place of the collection.
pub(crate) async fn place(
    shared: &Shared,
    grant: &Grant,
    asked: &Asked,
) -> Result<Box<str>, Problem> {
    let Some(id) = asked.collection(SINGLE.name) else {
        return scope(grant, asked);
    };
    if asked.is_given(SCOPE.name) {
        let detail = "a collection lies in one scope; ask for one of `scope` and `collection`";
        return Err(Problem::new(&BAD_PARAMETER, detail));
    }
    let row = find_collection(shared, grant, &id.to_string()).await?;
    let home = Home {
        scope: &row.scope,
        collection: id,
    };
    Ok(home.place())
}

impl Saying {
    /// As the fold takes it, or what is wrong with it.
    fn read(self, scope: &str, catalogue: &Catalogue) -> Result<Sensitivity, String> {
        let Saying {
            categories,
            types,
            labels,
            category_labels,
            type_labels,
            threshold_order,
            credentials_in_place,
            type_confidences,
        } = self;
        let labelled = !labels.is_empty()
            || !category_labels.is_empty()
            || !type_labels.is_empty()
            || threshold_order.is_some();
        if scope != "/" && labelled {
            return Err(
                "labels and the threshold are said of `/`, once for the whole estate".into(),
            );
        }
        if labels.len() > LABELS_MAX
            || types.len() + type_labels.len() + type_confidences.len() > TYPES_SAID_MAX
        {
            return Err(format!(
                "there are at most {LABELS_MAX} labels and {TYPES_SAID_MAX} types"
            ));
        }
        if let Some(name) = labels.keys().find(|it| !is_label(it)) {
            let shown: String = name.chars().take(LABEL_BYTES_MAX).collect();
            return Err(format!(
                "`{shown}` is no label: it has 1 to {LABEL_BYTES_MAX} bytes and no control characters"
            ));
        }
        let label = |name: String| {
            let found = labels.contains_key(&name);
            let unknown = || unknown("label", &name, labels.keys().map(String::as_str));
            found.then(|| Box::from(&*name)).ok_or_else(unknown)
        };
        let mut said = Sensitivity {
            threshold_order,
            credentials_in_place,
            type_confidences: confidences(type_confidences, catalogue)?,
            ..Sensitivity::default()
        };
        for (name, on) in categories {
            said.categories.push((category(&name)?, on));
        }
        for (id, on) in types {
            said.types.push((known(&id, catalogue)?, on));
        }
        for (name, of) in category_labels {
            said.category_labels.push((category(&name)?, label(of)?));
        }
        for (id, of) in type_labels {
            said.type_labels.push((known(&id, catalogue)?, label(of)?));
        }
        let mut labels = labels.into_iter().collect::<Vec<_>>();
        labels.sort_by_key(|it| it.1);
        said.labels = labels
            .into_iter()
            .map(|(name, order)| Label {
                name: name.into(),
                order,
            })
            .collect();
        Ok(said)
    }

    fn new(said: Sensitivity) -> Saying {
        let Sensitivity {
            categories,
            types,
            labels,
            category_labels,
            type_labels,
            threshold_order,
            credentials_in_place,
            type_confidences,
        } = said;
        let name = |category: Category| category.name().to_owned();
        Saying {
            categories: categories
                .into_iter()
                .map(|it| (name(it.0), it.1))
                .collect(),
            types: types.into_iter().map(|it| (it.0.into(), it.1)).collect(),
            labels: labels
                .into_iter()
                .map(|it| (it.name.into(), it.order))
                .collect(),
            category_labels: category_labels
                .into_iter()
                .map(|it| (name(it.0), it.1.into()))
                .collect(),
            type_labels: type_labels
                .into_iter()
                .map(|it| (it.0.into(), it.1.into()))
                .collect(),
            threshold_order,
            credentials_in_place,
            type_confidences: type_confidences
                .into_iter()
                .map(|it| (it.0.into(), it.1))
                .collect(),
        }
    }
}

fn confidences(
    said: BTreeMap<String, u8>,
    catalogue: &Catalogue,
) -> Result<Vec<(Box<str>, u8)>, String> {
    let one = |(id, percent): (String, u8)| {
        let id = known(&id, catalogue)?;
        if CONFIDENCES.contains(&percent) {
            return Ok((id, percent));
        }
        Err(format!(
            "type_confidences: `{id}` has {percent}; it is 50 to 99, as less is never sensitive"
        ))
    };
    said.into_iter().map(one).collect()
}

fn is_label(name: &str) -> bool {
    (1..=LABEL_BYTES_MAX).contains(&name.len()) && !name.chars().any(char::is_control)
}

fn category(name: &str) -> Result<Category, String> {
    let all = || Category::ALL.iter().map(|it| it.name());
    Category::parse(name).ok_or_else(|| unknown("category", name, all()))
}

pub(crate) fn known(id: &str, catalogue: &Catalogue) -> Result<Box<str>, String> {
    let found = catalogue.find(id).map(|it| it.id.clone());
    found.ok_or_else(|| unknown("type", id, catalogue.types().iter().map(|it| &*it.id)))
}

pub(crate) fn unknown<'n>(what: &str, name: &str, names: impl Iterator<Item = &'n str>) -> String {
    let shown: String = name.chars().take(50).collect();
    let near = names
        .max_by(|a, b| strsim::jaro_winkler(&shown, a).total_cmp(&strsim::jaro_winkler(&shown, b)));
    match near {
        Some(near) => format!("there is no {what} `{shown}`; the nearest is `{near}`"),
        None => format!("there is no {what} `{shown}`; there is none at all"),
    }
}

impl SaidOfScope {
    fn new(row: SensitivityRow) -> SaidOfScope {
        let SensitivityRow {
            scope,
            sensitivity,
            revision,
            actor,
            at,
        } = row;
        let (scope, collection) = of_place(&scope);
        SaidOfScope {
            scope: scope.into(),
            collection_id: collection.map(|it| it.to_string()),
            said: Saying::new(sensitivity),
            revision,
            actor,
            at: at.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, scope: &str) -> Result<Sensitivity, String> {
        let saying = serde_json::from_str::<Saying>(text).unwrap();
        saying.read(scope, &SHIPPED)
    }

    #[test]
    fn what_is_said_reads_as_it_is_written() {
        let text = r#"{"categories":{"pii":false},"types":{"credit-card":true},
            "labels":{"General":1,"Secret":3},"category_labels":{"finance":"Secret"},
            "type_labels":{"credit-card":"General"},"threshold_order":2,
            "credentials_in_place":true,"type_confidences":{"email":80}}"#;
        let said = read(text, "/").unwrap();
        assert_eq!(said.labels[1].order, 3);
        let back = serde_json::to_value(Saying::new(said)).unwrap();
        assert_eq!(
            back,
            serde_json::from_str::<serde_json::Value>(text).unwrap()
        );
    }

    #[test]
    fn an_unknown_name_names_the_nearest() {
        for (text, near) in [
            (r#"{"types":{"credit-crad":true}}"#, "`credit-card`"),
            (r#"{"categories":{"pij":true}}"#, "`pii`"),
            (r#"{"type_confidences":{"emial":80}}"#, "`email`"),
            (
                r#"{"labels":{"Secret":1},"category_labels":{"pii":"Sekret"}}"#,
                "`Secret`",
            ),
        ] {
            let why = read(text, "/").unwrap_err();
            assert!(why.contains(near), "{why}");
        }
    }

    #[test]
    fn less_than_what_is_ever_sensitive_is_refused() {
        for (percent, good) in [(49, false), (50, true), (99, true), (100, false)] {
            let text = format!(r#"{{"type_confidences":{{"email":{percent}}}}}"#);
            assert_eq!(read(&text, "/a").is_ok(), good, "{percent}");
        }
    }

    #[test]
    fn labels_are_said_of_the_whole_estate() {
        assert!(read(r#"{"labels":{"Secret":1}}"#, "/a").is_err());
        assert!(read(r#"{"threshold_order":1}"#, "/a").is_err());
        assert!(read(r#"{"categories":{"pii":false}}"#, "/a").is_ok());
    }
}
