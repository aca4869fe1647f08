//! Definitions and pins: tables of people's, changed together with the control that says so.

use gatewatch_model::CollectionId;
use gatewatch_model::Record;
use gatewatch_model::control::{Control, NumberedControl};
use gatewatch_model::definition::Definition;
use gatewatch_ports::StoreError;
use gatewatch_ports::definitions::NewDefinition;
use gatewatch_ports::store::Actor;

use super::keep_control;
use crate::checkpoints::read_control;
use crate::codec::packed::{pack, short};
use crate::engine::{Session, Value, one};
use crate::reading::obeyed;

const PIN: &str = "
    INSERT INTO pins (collection, template, revision, actor, at) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (collection, template) DO UPDATE SET
        revision = excluded.revision,
        actor = excluded.actor,
        at = excluded.at";

const UNPIN: &str = "DELETE FROM pins WHERE collection = ? AND template = ?";

const DEFINE: &str = "
    INSERT INTO definitions
        (collection, scope, name, search, revision, title, version, format, operations, bytes,
         media_type, actor, at, document)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (collection) DO UPDATE SET
        scope = excluded.scope,
        name = excluded.name,
        search = excluded.search,
        revision = excluded.revision,
        title = excluded.title,
        version = excluded.version,
        format = excluded.format,
        operations = excluded.operations,
        bytes = excluded.bytes,
        media_type = excluded.media_type,
        actor = excluded.actor,
        at = excluded.at,
        document = excluded.document";

const UNDEFINE: &str = "DELETE FROM definitions WHERE collection = ?";

const REVISION: &str = "SELECT revision FROM definitions WHERE collection = ?";

const RECORD: &str = "SELECT record FROM controls WHERE revision = ?";

const SHORTEN: &str = "UPDATE controls SET record = ? WHERE revision = ?";

/// Keeps which templates are pinned.
pub fn pin(
    session: &dyn Session,
    numbered: &NumberedControl,
    actor: &Actor,
) -> Result<(), StoreError> {
    match &numbered.control {
        Control::Pin {
            collection,
            template,
        } => {
            let values = [
                collection.into(),
                Value::Text(template),
                Value::count(numbered.revision),
                Value::Text(&actor.name),
                numbered.at.into(),
            ];
            session.execute(PIN, &values).map(drop)
        }
        Control::Unpin {
            collection,
            template,
        } => session
            .execute(UNPIN, &[collection.into(), Value::Text(template)])
            .map(drop),
        _ => Ok(()),
    }
}

/// `packed` is the document.
pub fn define(
    session: &dyn Session,
    new: &NewDefinition,
    packed: &[u8],
    actor: &Actor,
) -> Result<NumberedControl, StoreError> {
    let NewDefinition {
        collection,
        subject,
        scope,
        name,
        definition,
        document,
        media_type,
    } = new;
    shorten_earlier(session, *collection)?;
    let control = Control::Define {
        subject: subject.clone(),
        definition: Box::new(definition.clone()),
    };
    let numbered = keep_control(session, control, actor)?;
    let values = [
        collection.into(),
        Value::Text(scope),
        Value::Text(name),
        Value::Text(&name.to_lowercase()),
        Value::count(numbered.revision),
        Value::Text(short(&definition.title)),
        Value::Text(short(&definition.version)),
        Value::Text(&definition.format),
        Value::count(definition.operations.len() as u64),
        Value::count(document.len() as u64),
        Value::Text(short(media_type)),
        Value::Text(&actor.name),
        actor.at.into(),
        Value::Blob(packed),
    ];
    session.execute(DEFINE, &values)?;
    Ok(numbered)
}

pub fn pack_document(document: &[u8]) -> Result<Vec<u8>, StoreError> {
    pack(document).map_err(|it| StoreError::Other {
        reason: format!("a document cannot be packed: {it}").into(),
    })
}

/// `None` if there was none.
pub fn undefine(
    session: &dyn Session,
    collection: CollectionId,
    actor: &Actor,
) -> Result<Option<NumberedControl>, StoreError> {
    shorten_earlier(session, collection)?;
    if session.execute(UNDEFINE, &[(&collection).into()])? == 0 {
        return Ok(None);
    }
    keep_control(session, Control::Undefine { collection }, actor).map(Some)
}

/// The control of the definition that goes keeps its title only, when all folds have obeyed it:
/// none asks for it again, and a definition a day would fill the disk.
fn shorten_earlier(session: &dyn Session, collection: CollectionId) -> Result<(), StoreError> {
    let revision = one(session, REVISION, &[(&collection).into()], |row| {
        row.count(0)
    })?;
    let Some(revision) = revision else {
        return Ok(());
    };
    if revision > obeyed(session)? {
        return Ok(());
    }
    let revision = Value::count(revision);
    let kept = one(session, RECORD, &[revision], |row| {
        read_control(row.blob(0)?)
    })?;
    let Some(mut numbered) = kept else {
        return Ok(());
    };
    if let Control::Define { definition, .. } = &mut numbered.control {
        **definition = Definition {
            operations: Vec::new(),
            servers: Vec::new(),
            ..std::mem::take(&mut **definition)
        };
    }
    let mut record = Vec::new();
    gatewatch_wire::record::encode(&Record::Control(numbered), &mut record);
    session
        .execute(SHORTEN, &[Value::Blob(&record), revision])
        .map(drop)
}
