//! What people say of sensitive information and of detections, and their own files of the catalogue:
//! kept as it is now, beside the controls that said so.

use gatewatch_model::Record;
use gatewatch_model::control::{Control, NumberedControl};
use gatewatch_model::own::OwnKind;
use gatewatch_ports::StoreError;
use gatewatch_ports::store::Actor;

use crate::checkpoints::read_control;
use crate::engine::{Session, Value, one};
use crate::reading::obeyed;

const SAY: &str = "
    INSERT INTO sensitivity (scope, revision, actor, at, said) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (scope) DO UPDATE SET
        revision = excluded.revision,
        actor = excluded.actor,
        at = excluded.at,
        said = excluded.said";

const SAY_OF_DETECTIONS: &str = "
    INSERT INTO vigilance (scope, revision, actor, at, said) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (scope) DO UPDATE SET
        revision = excluded.revision,
        actor = excluded.actor,
        at = excluded.at,
        said = excluded.said";

const BRING: &str = "
    INSERT INTO own_files (kind, revision, actor, at) VALUES (?, ?, ?, ?)
    ON CONFLICT (kind) DO UPDATE SET
        revision = excluded.revision,
        actor = excluded.actor,
        at = excluded.at";

const REVISION: &str = "SELECT revision FROM own_files WHERE kind = ?";

const RECORD: &str = "SELECT record FROM controls WHERE revision = ?";

const SHORTEN: &str = "UPDATE controls SET record = ? WHERE revision = ?";

/// Keeps what a control says of them.
pub fn say(
    session: &dyn Session,
    numbered: &NumberedControl,
    actor: &Actor,
) -> Result<(), StoreError> {
    let (revision, name) = (Value::count(numbered.revision), Value::Text(&actor.name));
    match &numbered.control {
        Control::Classify { scope, sensitivity } => {
            let mut said = Vec::new();
            // Writing to a Vec cannot fail; so below.
            let _ = minicbor::encode(sensitivity, &mut said);
            let at = numbered.at.into();
            let values = [Value::Text(scope), revision, name, at, Value::Blob(&said)];
            session.execute(SAY, &values).map(drop)
        }
        Control::Watch { scope, vigilance } => {
            let mut said = Vec::new();
            let _ = minicbor::encode(vigilance, &mut said);
            let at = numbered.at.into();
            let values = [Value::Text(scope), revision, name, at, Value::Blob(&said)];
            session.execute(SAY_OF_DETECTIONS, &values).map(drop)
        }
        Control::Bring { kind, .. } => {
            shorten_earlier(session, *kind)?;
            let values = [Value::Text(kind.name()), revision, name, numbered.at.into()];
            session.execute(BRING, &values).map(drop)
        }
        _ => Ok(()),
    }
}

/// The control of files that go loses them when all folds have obeyed it.
fn shorten_earlier(session: &dyn Session, kind: OwnKind) -> Result<(), StoreError> {
    let of_kind = [Value::Text(kind.name())];
    let Some(revision) = one(session, REVISION, &of_kind, |row| row.count(0))? else {
        return Ok(());
    };
    if revision > obeyed(session)? {
        return Ok(());
    }
    let kept = one(session, RECORD, &[Value::count(revision)], |row| {
        read_control(row.blob(0)?)
    })?;
    let Some(numbered) = kept else {
        return Ok(());
    };
    let shorter = NumberedControl {
        control: Control::Bring {
            kind,
            files: Vec::new(),
        },
        ..numbered
    };
    let mut record = Vec::new();
    gatewatch_wire::record::encode(&Record::Control(shorter), &mut record);
    let values = [Value::Blob(&record), Value::count(revision)];
    session.execute(SHORTEN, &values).map(drop)
}
