//! What people say of detections: which count in which scope, and from which confidence on an
//! exchange is suspicious or an attack.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::on;
use gatewatch_detect::Detections;
use gatewatch_model::control::Control;
use gatewatch_model::signal::{Maturity, SWITCHES_SAID_MAX, Vigilance};
use gatewatch_ports::sensitive::SCOPES_SAID_MAX;
use gatewatch_ports::signals::VigilanceRow;
use gatewatch_ports::store::Role;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::access::Grant;
use crate::asked::Asked;
use crate::body::Sent;
use crate::controls::send;
use crate::detections::catalogue;
use crate::openapi::{Content, list, shape};
use crate::problem::{BAD_BODY, CONFLICT, DISK_LOW, Problem, TOO_LARGE};
use crate::routes::{Answer, Face, Gate, Operation, Route, Scoped, Verb};
use crate::scope::covers;
use crate::sensitivity::{ACCEPTED, SCOPE, scope, unknown};
use crate::shapes::List;
use crate::shared::{From as Address, Shared};

pub(crate) static ROUTES: &[Route] = &[
    Route {
        verb: Verb::Get,
        path: "/api/v1/vigilance",
        face: Face::Serve,
        gate: Gate::Least(Role::Reader),
        scope: Scoped::List,
        operation: Operation {
            id: "listVigilance",
            summary: "What is said of detections",
            description: "By scope. What a scope does not speak of is as the scope above says, and what \
                none speaks of as it ships: suspicious from 50 percent on, an attack from 80, by stable \
                detections.",
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
        path: "/api/v1/vigilance",
        face: Face::Serve,
        gate: Gate::Least(Role::SecurityAdmin),
        scope: Scoped::Stamp,
        operation: Operation {
            id: "putVigilance",
            summary: "Say which detections count, and from when on",
            description: "In place of what was said of the scope before. A detection outranks its class, \
                both outrank its maturity, and a scope those above it. It holds for exchanges from now \
                on; what was counted stays.",
            params: &[SCOPE],
            body: Some(Content::Json(shape::<Saying>)),
            answers: ACCEPTED,
            problems: &[&BAD_BODY, &TOO_LARGE, &CONFLICT, &DISK_LOW],
            ..Operation::PLAIN
        },
        answer: |verb| on(verb, put_said),
    },
];

/// What is said of detections in a scope.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Vigilance)]
struct Saying {
    /// From which confidence on an exchange is suspicious, in percent.
    #[serde(default)]
    suspicious: Option<u8>,
    /// From which confidence on it is an attack, in percent.
    #[serde(default)]
    attack: Option<u8>,
    /// The least mature detections that count: `stable`, `incubating` or `sandbox`.
    #[serde(default)]
    maturity: Option<String>,
    /// Whether classes of attack count.
    #[serde(default)]
    classes: BTreeMap<String, bool>,
    /// Whether single detections count; they outrank their class.
    #[serde(default)]
    detections: BTreeMap<String, bool>,
}

/// What is said of one scope, and by whom.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ScopeVigilance)]
struct SaidOfScope {
    /// It and what lies below it.
    scope: Box<str>,
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
    let rows = shared.blocking.ask(|store| store.vigilance()).await?;
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
    let scope = scope(&grant, &asked)?;
    let known = shared
        .blocking
        .ask(|store| Ok((catalogue(store)?, store.vigilance()?)));
    let (catalogue, said) = known.await?;
    if said.len() >= SCOPES_SAID_MAX && said.iter().all(|it| it.scope != scope) {
        let detail = format!("{SCOPES_SAID_MAX} scopes are spoken of; say it of one above instead");
        return Err(Problem::new(&CONFLICT, detail));
    }
    let vigilance = saying
        .read(&catalogue)
        .map_err(|why| Problem::new(&BAD_BODY, why))?;
    let control = Control::Watch {
        scope,
        vigilance: Box::new(vigilance),
    };
    send(&shared, grant, address, control).await
}

impl Saying {
    /// As the fold takes it, or what is wrong with it.
    fn read(self, catalogue: &Detections) -> Result<Vigilance, String> {
        let Saying {
            suspicious,
            attack,
            maturity,
            classes,
            detections,
        } = self;
        for (name, percent) in [("suspicious", suspicious), ("attack", attack)] {
            if percent.is_some_and(|it| !(1..=100).contains(&it)) {
                return Err(format!("`{name}` is a confidence of 1 to 100 percent"));
            }
        }
        if let (Some(suspicious), Some(attack)) = (suspicious, attack)
            && suspicious > attack
        {
            return Err("`suspicious` is at most as high as `attack`: make it lower".into());
        }
        if classes.len() + detections.len() > SWITCHES_SAID_MAX {
            return Err(format!(
                "there are at most {SWITCHES_SAID_MAX} classes and detections"
            ));
        }
        let mut said = Vigilance {
            suspicious,
            attack,
            maturity: maturity.map(|it| least(&it)).transpose()?,
            ..Vigilance::default()
        };
        for (id, on) in classes {
            let all = catalogue.classes.iter().map(|it| &*it.id);
            let known = catalogue.class(&id).map(|it| it.id.clone());
            said.classes
                .push((known.ok_or_else(|| unknown("class", &id, all))?, on));
        }
        for (id, on) in detections {
            let all = catalogue.list.iter().map(|it| &*it.id);
            let known = catalogue.find(&id).map(|it| it.id.clone());
            said.detections
                .push((known.ok_or_else(|| unknown("detection", &id, all))?, on));
        }
        Ok(said)
    }

    fn new(said: Vigilance) -> Saying {
        let Vigilance {
            suspicious,
            attack,
            maturity,
            classes,
            detections,
        } = said;
        let switches = |all: Vec<(Box<str>, bool)>| {
            let all = all.into_iter().map(|it| (it.0.into(), it.1));
            all.collect()
        };
        Saying {
            suspicious,
            attack,
            maturity: maturity.map(|it| it.name().to_owned()),
            classes: switches(classes),
            detections: switches(detections),
        }
    }
}

/// Deprecated ones count as stable ones do, so nobody asks for them alone.
fn least(name: &str) -> Result<Maturity, String> {
    let known = Maturity::parse(name).filter(|it| *it != Maturity::Deprecated);
    let names = || ["stable", "incubating", "sandbox"].into_iter();
    known.ok_or_else(|| unknown("maturity", name, names()))
}

impl SaidOfScope {
    fn new(row: VigilanceRow) -> SaidOfScope {
        let VigilanceRow {
            scope,
            vigilance,
            revision,
            actor,
            at,
        } = row;
        SaidOfScope {
            scope,
            said: Saying::new(vigilance),
            revision,
            actor,
            at: at.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use gatewatch_detect::SHIPPED;

    use super::*;

    fn read(text: &str) -> Result<Vigilance, String> {
        let saying = serde_json::from_str::<Saying>(text).unwrap();
        saying.read(&SHIPPED)
    }

    #[test]
    fn what_is_said_reads_as_it_is_written() {
        let text = r#"{"suspicious":40,"attack":90,"maturity":"incubating",
            "classes":{"scanner":false},"detections":{"probe.scanner":true}}"#;
        let said = read(text).unwrap();
        assert_eq!(said.switch("probe.scanner", "scanner"), Some(true));
        let back = serde_json::to_value(Saying::new(said)).unwrap();
        let written = serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(back, written);
    }

    #[test]
    fn what_is_wrong_is_told_with_what_would_be_right() {
        for (text, right) in [
            (
                r#"{"detections":{"injection.sqll":true}}"#,
                "`injection.sql`",
            ),
            (r#"{"classes":{"sqly":true}}"#, "`sqli`"),
            (r#"{"maturity":"deprecated"}"#, "nearest is"),
            (r#"{"attack":101}"#, "1 to 100"),
            (r#"{"attack":60,"suspicious":70}"#, "make it lower"),
        ] {
            let why = read(text).unwrap_err();
            assert!(why.contains(right), "{why}");
        }
    }
}
