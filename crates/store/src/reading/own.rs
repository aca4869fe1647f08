//! A user's own files of the catalogue, as they were last brought.

use gatewatch_model::control::Control;
use gatewatch_model::own::OwnKind;
use gatewatch_ports::StoreError;
use gatewatch_ports::own::OwnRow;

use crate::checkpoints::read_control;
use crate::engine::{Session, Value, damaged, one};

const OWN: &str = "
    SELECT o.revision, o.actor, o.at, c.record
    FROM own_files o JOIN controls c ON c.revision = o.revision WHERE o.kind = ?";

pub fn own(session: &dyn Session, kind: OwnKind) -> Result<Option<OwnRow>, StoreError> {
    one(session, OWN, &[Value::Text(kind.name())], |row| {
        let Control::Bring { files, .. } = read_control(row.blob(3)?)?.control else {
            return Err(damaged("own files that are another control"));
        };
        Ok(OwnRow {
            files,
            revision: row.count(0)?,
            actor: row.text(1)?.into(),
            at: row.time(2)?,
        })
    })
}
