//! What people uploaded and pinned.

use gatewatch_model::CollectionId;
use gatewatch_ports::StoreError;
use gatewatch_ports::definitions::{DefinitionRow, PinRow};
use gatewatch_ports::store::Page;

use super::filter::Filter;
use super::{Select, order};
use crate::engine::{Row, Session, all, one};

const DEFINITIONS: &str = "
    SELECT c.collection, c.scope, c.name, c.revision, c.title, c.version, c.format, c.operations,
        c.bytes, c.media_type, c.actor, c.at
    FROM definitions c";

const COUNT_DEFINITIONS: &str = "SELECT COUNT(*) FROM definitions c";

const DOCUMENT: &str = "SELECT document FROM definitions WHERE collection = ?";

const PINS: &str = "
    SELECT template, revision, actor, at FROM pins WHERE collection = ? ORDER BY template";

pub fn page(
    session: &dyn Session,
    scope: &str,
    offset: u64,
    limit: u64,
) -> Result<Page<DefinitionRow>, StoreError> {
    let mut filter = Filter::default();
    filter.within(scope);
    let select = Select {
        rows: DEFINITIONS,
        count: COUNT_DEFINITIONS,
        order: &order("c.search", false, "c.collection"),
        offset,
        limit,
    };
    select.page(session, &filter, read)
}

pub fn find(
    session: &dyn Session,
    collection: CollectionId,
) -> Result<Option<DefinitionRow>, StoreError> {
    let sql = format!("{DEFINITIONS} WHERE c.collection = ?");
    one(session, &sql, &[(&collection).into()], read)
}

/// As it is kept.
pub fn document(
    session: &dyn Session,
    collection: CollectionId,
) -> Result<Option<Vec<u8>>, StoreError> {
    one(session, DOCUMENT, &[(&collection).into()], |row| {
        row.blob(0).map(<[u8]>::to_vec)
    })
}

pub fn pins(session: &dyn Session, collection: CollectionId) -> Result<Vec<PinRow>, StoreError> {
    all(session, PINS, &[(&collection).into()], |row| {
        Ok(PinRow {
            template: row.text(0)?.into(),
            revision: row.count(1)?,
            actor: row.text(2)?.into(),
            at: row.time(3)?,
        })
    })
}

fn read(row: &dyn Row) -> Result<DefinitionRow, StoreError> {
    Ok(DefinitionRow {
        collection: CollectionId(row.id(0)?),
        scope: row.text(1)?.into(),
        name: row.text(2)?.into(),
        revision: row.count(3)?,
        title: row.text(4)?.into(),
        version: row.text(5)?.into(),
        format: row.text(6)?.into(),
        operations: row.count(7)?,
        bytes: row.count(8)?,
        media_type: row.text(9)?.into(),
        actor: row.text(10)?.into(),
        at: row.time(11)?,
    })
}
