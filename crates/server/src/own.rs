//! A user's own files of the catalogue: types of sensitive information and detections, each brought
//! and told as one set.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, MethodRouter, on};
use gatewatch_classify::{ListKey, is_of_installation, is_token_list};
use gatewatch_model::control::Control;
use gatewatch_model::own::{OWN_BYTES_MAX, OWN_FILES_MAX, OwnFiles, OwnKind, is_too_much};
use gatewatch_pipeline::fold::Key;
use gatewatch_ports::own::OwnRow;
use gatewatch_ports::store::Role;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::access::Grant;
use crate::body::SentLong;
use crate::controls::send;
use crate::openapi::{Content, shape};
use crate::problem::{BAD_BODY, DISK_LOW, NOT_FOUND, Problem, TOO_LARGE};
use crate::routes::{Answer, Face, Gate, Operation, Route, Scoped, Verb};
use crate::sensitivity::ACCEPTED;
use crate::shared::{From as Address, Shared};

const TYPES: &str = "/api/v1/info-types/own";
const DETECTIONS: &str = "/api/v1/detections/own";

static KEPT: &[Answer] = &[Answer {
    status: 200,
    what: "The files as they were sent.",
    contents: &[Content::Json(shape::<Own>)],
}];

pub(crate) static ROUTES: &[Route] = &[
    route(
        (Verb::Get, TYPES),
        Operation {
            id: "getOwnInfoTypes",
            summary: "Types of your own",
            answers: KEPT,
            problems: &[&NOT_FOUND],
            ..Operation::PLAIN
        },
        |verb| get(verb, OwnKind::InfoTypes),
    ),
    route(
        (Verb::Put, TYPES),
        Operation {
            id: "putOwnInfoTypes",
            summary: "Bring types of your own",
            description: "In place of all that were brought before. A set with a file that is wrong is \
                refused with its name, the line, the key and what is wrong. Lists of tokens are taken \
                only where the key of the installation lies outside the data folder and the list was \
                made with it.",
            body: Some(Content::Json(shape::<Bringing>)),
            answers: ACCEPTED,
            problems: &[&BAD_BODY, &TOO_LARGE, &DISK_LOW],
            ..Operation::PLAIN
        },
        |verb| put(verb, OwnKind::InfoTypes),
    ),
    route(
        (Verb::Delete, TYPES),
        Operation {
            id: "dropOwnInfoTypes",
            summary: "Take away all types of your own",
            answers: ACCEPTED,
            problems: &[&NOT_FOUND, &DISK_LOW],
            ..Operation::PLAIN
        },
        |verb| drop_all(verb, OwnKind::InfoTypes),
    ),
    route(
        (Verb::Get, DETECTIONS),
        Operation {
            id: "getOwnDetections",
            summary: "Detections of your own",
            answers: KEPT,
            problems: &[&NOT_FOUND],
            ..Operation::PLAIN
        },
        |verb| get(verb, OwnKind::Detections),
    ),
    route(
        (Verb::Put, DETECTIONS),
        Operation {
            id: "putOwnDetections",
            summary: "Bring detections of your own",
            description: "In place of all that were brought before. A set with a file that is wrong, or \
                with an example that does not prove its rule, is refused with its name, the line, the \
                key and what is wrong. A file `classes.toml` adds classes. They count for exchanges from \
                now on, where their maturity and what is said of the scope let them.",
            body: Some(Content::Json(shape::<Bringing>)),
            answers: ACCEPTED,
            problems: &[&BAD_BODY, &TOO_LARGE, &DISK_LOW],
            ..Operation::PLAIN
        },
        |verb| put(verb, OwnKind::Detections),
    ),
    route(
        (Verb::Delete, DETECTIONS),
        Operation {
            id: "dropOwnDetections",
            summary: "Take away all detections of your own",
            description: "What they saw stays counted.",
            answers: ACCEPTED,
            problems: &[&NOT_FOUND, &DISK_LOW],
            ..Operation::PLAIN
        },
        |verb| drop_all(verb, OwnKind::Detections),
    ),
];

const fn route(
    (verb, path): (Verb, &'static str),
    operation: Operation,
    answer: fn(MethodFilter) -> MethodRouter<Arc<Shared>>,
) -> Route {
    Route {
        verb,
        path,
        face: Face::Serve,
        gate: Gate::Least(Role::SecurityAdmin),
        scope: Scoped::Whole,
        operation,
        answer,
    }
}

/// Files of your own, on their way in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewOwnFiles)]
struct Bringing {
    /// The text of each file by its name: TOML as in the catalogue, and the lists that types name.
    files: BTreeMap<String, String>,
}

/// Files of your own.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OwnFiles)]
struct Own {
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

fn get(verb: MethodFilter, kind: OwnKind) -> MethodRouter<Arc<Shared>> {
    on(verb, move |State(shared): State<Arc<Shared>>| async move {
        kept(&shared, kind).await.map(|it| Json(Own::new(it)))
    })
}

fn put(verb: MethodFilter, kind: OwnKind) -> MethodRouter<Arc<Shared>> {
    on(
        verb,
        move |State(shared): State<Arc<Shared>>,
              grant: Grant,
              Address(address): Address,
              SentLong(bringing): SentLong<Bringing>| async move {
            let files = bringing.files.into_iter();
            let files: OwnFiles = files
                .map(|(name, text)| (name.into(), text.into()))
                .collect();
            let key = shared.list_key.clone();
            let checked = move || fault(kind, &files, key.as_ref()).map_or(Ok(files), Err);
            let files = shared.blocking.run(checked).await?;
            let files = files.map_err(|why| Problem::new(&BAD_BODY, why))?;
            let sent = send(&shared, grant, address, Control::Bring { kind, files });
            Ok::<Response, Problem>(sent.await?.into_response())
        },
    )
}

fn drop_all(verb: MethodFilter, kind: OwnKind) -> MethodRouter<Arc<Shared>> {
    on(
        verb,
        move |State(shared): State<Arc<Shared>>, grant: Grant, Address(address): Address| async move {
            let files = OwnFiles::new();
            if kept(&shared, kind).await?.files == files {
                return Err(none());
            }
            let sent = send(&shared, grant, address, Control::Bring { kind, files });
            Ok::<Response, Problem>(sent.await?.into_response())
        },
    )
}

/// What was brought last of a kind, if anything ever was.
async fn kept(shared: &Shared, kind: OwnKind) -> Result<OwnRow, Problem> {
    let row = shared.blocking.ask(move |store| store.own(kind)).await?;
    row.ok_or_else(none)
}

fn none() -> Problem {
    let detail = "there are none of your own; PUT some here";
    Problem::new(&NOT_FOUND, detail)
}

/// What is wrong with a set of files.
fn fault(kind: OwnKind, files: &OwnFiles, key: Option<&Key>) -> Option<String> {
    if is_too_much(files) {
        return Some(format!(
            "at most {OWN_FILES_MAX} files with {OWN_BYTES_MAX} bytes are taken together"
        ));
    }
    let texts = files.iter().map(|it| (&*it.0, &*it.1)).collect::<Vec<_>>();
    match kind {
        OwnKind::InfoTypes => list_fault(files, key).or_else(|| {
            let key = key.map_or(ListKey::None, |it| ListKey::Of(&it.0));
            let read = gatewatch_classify::SHIPPED.with(&texts, key);
            read.err().map(|it| it.to_string())
        }),
        OwnKind::Detections => {
            let read = gatewatch_detect::SHIPPED.with_own(&texts);
            read.err().map(|it| it.to_string())
        }
    }
}

/// What is wrong with lists of tokens.
fn list_fault(files: &OwnFiles, key: Option<&Key>) -> Option<String> {
    let of_tokens = |it: &&(Box<str>, Box<str>)| it.0.ends_with(".key") || is_token_list(&it.1);
    let is_refused = |it: &&(Box<str>, Box<str>)| key.is_none() || !is_of_installation(&it.1);
    let mut lists = files.iter().filter(of_tokens);
    let (name, _) = lists.find(is_refused)?;
    Some(format!("{name}: {}", list_refused(key.is_some())))
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

impl Own {
    fn new(row: OwnRow) -> Own {
        let OwnRow {
            files,
            revision,
            actor,
            at,
        } = row;
        Own {
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
    fn a_set_with_a_fault_is_refused_whole() {
        let file = |name: &str, text: &str| (Box::<str>::from(name), Box::<str>::from(text));
        for (kind, name, wrong) in [
            (OwnKind::InfoTypes, "badge.toml", "id = 1"),
            (OwnKind::Detections, "fraud/testing.toml", "clas = 'x'"),
        ] {
            let fault = fault(kind, &vec![file(name, wrong)], None).unwrap();
            assert!(fault.starts_with(name), "{fault}");
        }
        let many = vec![file("a", ""); OWN_FILES_MAX + 1];
        for kind in OwnKind::ALL {
            assert!(fault(kind, &many, None).unwrap().contains("at most"));
        }
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
            let files = vec![
                ("badge.toml".into(), badge.into()),
                ("ours".into(), list.into()),
            ];
            super::fault(OwnKind::InfoTypes, &files, key)
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
            let fault = fault(OwnKind::InfoTypes, &vec![(name.into(), text.into())], None).unwrap();
            assert!(fault.starts_with(name) && !fault.contains(&key), "{fault}");
        }
    }
}
