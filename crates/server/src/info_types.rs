//! Types of sensitive information: those of the catalogue and a user's own.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::on;
use gatewatch_classify::{Catalogue, ListKey, SHIPPED, is_of_installation, is_token_list};
use gatewatch_model::control::Control;
use gatewatch_model::info_type::{Category, SENSITIVE_CONFIDENCE_MIN};
use gatewatch_model::sensitivity::{OWN_TYPES_BYTES_MAX, OWN_TYPES_MAX, Sensitivity, scopes_above};
use gatewatch_pipeline::fold::Key;
use gatewatch_ports::sensitive::{OwnTypesRow, SensitivityRow};
use gatewatch_ports::store::Role;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::access::Grant;
use crate::asked::Asked;
use crate::body::SentLong;
use crate::controls::send;
use crate::openapi::{Content, list, shape};
use crate::problem::{BAD_BODY, DISK_LOW, NOT_FOUND, Problem, TOO_LARGE};
use crate::routes::{Answer, Face, Gate, Operation, Route, Scoped, Verb};
use crate::sensitivity::{ACCEPTED, SCOPE, SINGLE, catalogue, place};
use crate::shapes::{LIMIT, List, OFFSET};
use crate::shared::{From as Address, Shared};

pub(crate) static ROUTES: &[Route] = &[
    Route {
        verb: Verb::Get,
        path: "/api/v1/info-types",
        face: Face::Serve,
        gate: Gate::Least(Role::Reader),
        scope: Scoped::List,
        operation: Operation {
            id: "listInfoTypes",
            summary: "Types of sensitive information",
            description: "The catalogue and types of your own, with whether they are looked for in a scope \
                or a collection, and from which confidence on they count there.",
            params: &[SCOPE, SINGLE, LIMIT, OFFSET],
            answers: &[Answer {
                status: 200,
                what: "A page of types.",
                contents: &[Content::Json(list::<KnownType>)],
            }],
            problems: &[&NOT_FOUND],
            ..Operation::PLAIN
        },
        answer: |verb| on(verb, list_types),
    },
    Route {
        verb: Verb::Get,
        path: "/api/v1/info-types/own",
        face: Face::Serve,
        gate: Gate::Least(Role::SecurityAdmin),
        scope: Scoped::Whole,
        operation: Operation {
            id: "getOwnInfoTypes",
            summary: "Types of your own",
            answers: &[Answer {
                status: 200,
                what: "The files as they were sent.",
                contents: &[Content::Json(shape::<OwnTypes>)],
            }],
            problems: &[&NOT_FOUND],
            ..Operation::PLAIN
        },
        answer: |verb| on(verb, get_own),
    },
    Route {
        verb: Verb::Put,
        path: "/api/v1/info-types/own",
        face: Face::Serve,
        gate: Gate::Least(Role::SecurityAdmin),
        scope: Scoped::Whole,
        operation: Operation {
            id: "putOwnInfoTypes",
            summary: "Bring types of your own",
            description: "In place of all that were brought before; no files take all away. A set with a \
                file that is wrong is refused with its name, the key and what is wrong.",
            body: Some(Content::Json(shape::<Bringing>)),
            answers: ACCEPTED,
            problems: &[&BAD_BODY, &TOO_LARGE, &DISK_LOW],
            ..Operation::PLAIN
        },
        answer: |verb| on(verb, put_own),
    },
];

/// A type of sensitive information.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = InfoType)]
struct KnownType {
    /// Its id in the catalogue: `credit-card`.
    id: Box<str>,
    /// For people.
    title: Box<str>,
    /// `finance`, `pii`, `credentials`, `other` or `custom`.
    category: &'static str,
    /// Two capital letters; null where it belongs to no country.
    country: Option<String>,
    /// Whether it is looked for in the scope or collection that was asked of.
    on: bool,
    /// Whether it is looked for where nobody has said otherwise.
    on_by_default: bool,
    /// From which confidence on a member counts as one there, in percent.
    confidence_min: u8,
    /// Whether it is one of your own.
    own: bool,
    /// Its label; null when it has none.
    label: Option<Box<str>>,
    /// Whether it counts as sensitive by its label.
    counts: bool,
}

/// Types of your own, on their way in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewInfoTypes)]
struct Bringing {
    /// The text of each file by its name: types, TOML as in the catalogue, and the lists that they
    /// name. Lists of tokens are taken only where the key of the installation lies outside the data
    /// folder and the list was made with it.
    files: BTreeMap<String, String>,
}

/// Types of your own.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OwnInfoTypes)]
struct OwnTypes {
    /// The text of each file by its name.
    files: BTreeMap<Box<str>, Box<str>>,
    /// Of the control that brought them.
    revision: u64,
    /// The name of the token that sent them.
    actor: Box<str>,
    /// When they were sent.
    #[schema(format = DateTime)]
    at: String,
}

async fn list_types(
    State(shared): State<Arc<Shared>>,
    grant: Grant,
    asked: Asked,
) -> Result<Json<List<KnownType>>, Problem> {
    let place = place(&shared, &grant, &asked).await?;
    let (offset, limit) = (asked.whole("offset"), asked.whole("limit"));
    let known = shared
        .blocking
        .ask(|store| Ok((catalogue(store)?, store.sensitivity()?)));
    let (catalogue, said) = known.await?;
    let types = known_types(&catalogue, &said, &place);
    Ok(Json(List::cut(types, offset, limit, |it| it)))
}

async fn get_own(State(shared): State<Arc<Shared>>) -> Result<Json<OwnTypes>, Problem> {
    let row = shared.blocking.ask(|store| store.own_types()).await?;
    let missing = || {
        let detail = "no types of your own were brought; PUT some here";
        Problem::new(&NOT_FOUND, detail)
    };
    row.map(|it| Json(OwnTypes::new(it))).ok_or_else(missing)
}

async fn put_own(
    State(shared): State<Arc<Shared>>,
    grant: Grant,
    Address(address): Address,
    SentLong(bringing): SentLong<Bringing>,
) -> Result<impl IntoResponse, Problem> {
    let files = bringing.files.into_iter();
    let files: Vec<(Box<str>, Box<str>)> = files
        .map(|(name, text)| (name.into(), text.into()))
        .collect();
    let key = shared.list_key.clone();
    let checked = move || own_types_fault(&files, key.as_ref()).map_or(Ok(files), Err);
    let files = shared.blocking.run(checked).await?;
    let files = files.map_err(|why| Problem::new(&BAD_BODY, why))?;
    send(&shared, grant, address, Control::InfoTypes { files }).await
}

/// What is wrong with a set of own types.
fn own_types_fault(files: &[(Box<str>, Box<str>)], key: Option<&Key>) -> Option<String> {
    let bytes: usize = files.iter().map(|it| it.0.len() + it.1.len()).sum();
    if files.len() > OWN_TYPES_MAX || bytes > OWN_TYPES_BYTES_MAX {
        return Some(format!(
            "at most {OWN_TYPES_MAX} files with {OWN_TYPES_BYTES_MAX} bytes are taken together"
        ));
    }
    let texts = files.iter().map(|it| (&*it.0, &*it.1)).collect::<Vec<_>>();
    let of_tokens = |it: &&(Box<str>, Box<str>)| it.0.ends_with(".key") || is_token_list(&it.1);
    let mut lists = files.iter().filter(of_tokens);
    let is_refused = |it: &&(Box<str>, Box<str>)| key.is_none() || !is_of_installation(&it.1);
    if let Some((name, _)) = lists.find(is_refused) {
        return Some(format!("{name}: {}", list_refused(key.is_some())));
    }
    let key = key.map_or(ListKey::None, |it| ListKey::Of(&it.0));
    SHIPPED.with(&texts, key).err().map(|it| it.to_string())
}

/// Why a server takes no such list of tokens, and what to do; `has_key` says that it has the key of
/// its installation in a file of its own.
pub fn list_refused(has_key: bool) -> &'static str {
    if has_key {
        "a server takes only lists of tokens that were made with the key of its installation, and no \
         key: make the list with `gatewatch catalogue tokens FILE --key-file KEY`"
    } else {
        "a server takes lists of tokens only where the key of its installation lies outside the data \
         folder: who has both can ask whether a value is on the list. Set `key_file` and make the list \
         with `gatewatch catalogue tokens FILE --key-file KEY`, or look for it with `gatewatch scan \
         --catalogue`, or use `words_file` if the values themselves may be kept"
    }
}

fn known_types(catalogue: &Catalogue, said: &[SensitivityRow], place: &str) -> Vec<KnownType> {
    let find = |scope: &str| said.iter().find(|it| *it.scope == *scope);
    let above = scopes_above(place).filter_map(find).collect::<Vec<_>>();
    let none = Sensitivity::default();
    let root = find("/").map_or(&none, |it| &it.sensitivity);
    let types = catalogue.types().iter();
    types
        .map(|it| {
            let said = || above.iter().rev().map(|it| &it.sensitivity);
            let mut switches = said().filter_map(|row| row.switch(&it.id, it.category));
            let mut confidences = said().filter_map(|row| row.confidence_min(&it.id));
            KnownType {
                id: it.id.clone(),
                title: it.title.clone(),
                category: it.category.name(),
                country: it.country.map(|it| it.map(char::from).iter().collect()),
                on: switches.next().unwrap_or(it.on),
                on_by_default: it.on,
                confidence_min: confidences.next().unwrap_or(SENSITIVE_CONFIDENCE_MIN),
                own: it.category == Category::Custom,
                label: root.label(&it.id, it.category).map(|it| it.name.clone()),
                counts: root.counts(&it.id, it.category),
            }
        })
        .collect()
}

impl OwnTypes {
    fn new(row: OwnTypesRow) -> OwnTypes {
        let OwnTypesRow {
            files,
            revision,
            actor,
            at,
        } = row;
        OwnTypes {
            files: files.into_iter().collect(),
            revision,
            actor,
            at: at.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nearer_scope_outranks_one_above() {
        let row = |scope: &str, sensitivity| SensitivityRow {
            scope: scope.into(),
            sensitivity,
            revision: 1,
            actor: "anna".into(),
            at: gatewatch_model::Timestamp::ZERO,
        };
        let said = [
            row(
                "/",
                Sensitivity {
                    categories: vec![(Category::Finance, false)],
                    ..Sensitivity::default()
                },
            ),
            row(
                "/a",
                Sensitivity {
                    types: vec![("credit-card".into(), true)],
                    ..Sensitivity::default()
                },
            ),
        ];
        let on = |scope| {
            let types = known_types(&SHIPPED, &said, scope);
            types.iter().find(|it| &*it.id == "credit-card").unwrap().on
        };
        assert!(!on("/") && !on("/b") && on("/a") && on("/a/b"));
    }

    #[test]
    fn a_set_with_a_fault_is_refused_whole() {
        let file = |name: &str, text: &str| (Box::<str>::from(name), Box::<str>::from(text));
        let fault = own_types_fault(&[file("badge.toml", "id = 1")], None).unwrap();
        assert!(fault.starts_with("badge.toml"), "{fault}");
        let many = vec![file("a", ""); OWN_TYPES_MAX + 1];
        assert!(own_types_fault(&many, None).is_some());
    }

    #[test]
    fn a_list_is_taken_where_the_key_of_its_installation_lies_outside() {
        let of = |key: u8| {
            let values = ["BDG-123456"].into_iter();
            gatewatch_classify::write_list_of_installation(&[key; 32], values).0
        };
        let fault = |list: &str, key: Option<&Key>| {
            let badge = "id = 'badge'\ntitle = 'Badge'\ntokens_file = 'ours'\nnear = ['badge']\n\
                severity = 'low'\nexamples = ['{\"badge\": \"BDG-123456\"}']\n\
                counter_examples = ['{\"badge\": \"x\"}']\n";
            own_types_fault(
                &[
                    ("badge.toml".into(), badge.into()),
                    ("ours".into(), list.into()),
                ],
                key,
            )
        };
        let key = Key([7; 32]);
        assert_eq!(fault(&of(7), Some(&key)), None);
        assert!(fault(&of(7), None).unwrap().contains("`key_file`"));
        let other = fault(&of(8), Some(&key)).unwrap();
        assert!(other.contains("another installation"), "{other}");
        let (own, _) = gatewatch_classify::write_list(&[7; 32], ["BDG-123456"].into_iter());
        assert!(fault(&own, Some(&key)).unwrap().contains("no key"));
    }

    #[test]
    fn lists_of_tokens_and_keys_are_refused_and_not_repeated() {
        let key = "07".repeat(32);
        for (name, text) in [("ours.tokens.key", &*key), ("ours", "gatewatch-tokens 1\n")] {
            let fault = own_types_fault(&[(name.into(), text.into())], None).unwrap();
            assert!(fault.starts_with(name) && !fault.contains(&key), "{fault}");
        }
    }
}
