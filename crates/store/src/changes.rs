//! What people change: each change and its audit row in one transaction.

mod definitions;
mod sensitive;

use gatewatch_model::control::{Control, NumberedControl};
use gatewatch_model::definition::Subject;
use gatewatch_model::{CollectionId, Record};
use gatewatch_ports::StoreError;
use gatewatch_ports::definitions::NewDefinition;
use gatewatch_ports::store::{Actor, Changes, Role, TokenRow};

use crate::SqlStore;
use crate::engine::{Engine, Row, Session, Value, all, damaged, one};

const NUMBER: &str = "
    INSERT INTO counters (name, number) VALUES (?, 1)
    ON CONFLICT (name) DO UPDATE SET number = counters.number + 1
    RETURNING number";

const ADD_AUDIT: &str = "
    INSERT INTO audit (number, at, actor, address, action, subject) VALUES (?, ?, ?, ?, ?, ?)";

const ADD_CONTROL: &str = "INSERT INTO controls (revision, record, actor) VALUES (?, ?, ?)";

const TOKENS: &str = "SELECT id, name, role, scope, created, expires, revoked FROM tokens";

const TAKEN: &str = "SELECT id FROM tokens WHERE id = ? OR hash = ?";

const ADD_TOKEN: &str = "
    INSERT INTO tokens (id, hash, name, role, scope, created, expires, revoked)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)";

const REVOKE: &str = "UPDATE tokens SET revoked = ? WHERE id = ? AND revoked IS NULL";

const SETTING: &str = "SELECT value FROM settings WHERE name = ?";

const PUT_SETTING: &str = "
    INSERT INTO settings (name, value) VALUES (?, ?)
    ON CONFLICT (name) DO UPDATE SET value = excluded.value";

const DROP_SETTING: &str = "DELETE FROM settings WHERE name = ?";

impl<E: Engine> Changes for SqlStore<E> {
    fn add_control(&self, control: &Control, actor: &Actor) -> Result<NumberedControl, StoreError> {
        self.engine.write(|session| {
            let numbered = keep_control(session, control.clone(), actor)?;
            definitions::pin(session, &numbered, actor)?;
            sensitive::say(session, &numbered, actor)?;
            Ok(numbered)
        })
    }

    fn add_definition(
        &self,
        definition: &NewDefinition,
        actor: &Actor,
    ) -> Result<NumberedControl, StoreError> {
        let packed = definitions::pack_document(&definition.document)?;
        self.engine
            .write(|session| definitions::define(session, definition, &packed, actor))
    }

    fn drop_definition(
        &self,
        collection: CollectionId,
        actor: &Actor,
    ) -> Result<Option<NumberedControl>, StoreError> {
        self.engine
            .write(|session| definitions::undefine(session, collection, actor))
    }

    fn tokens(&self) -> Result<Vec<TokenRow>, StoreError> {
        let sql = format!("{TOKENS} ORDER BY created, id");
        self.engine
            .read(|session| all(session, &sql, &[], read_token))
    }

    fn token_by_hash(&self, hash: &[u8; 32]) -> Result<Option<TokenRow>, StoreError> {
        let sql = format!("{TOKENS} WHERE hash = ?");
        self.engine
            .read(|session| one(session, &sql, &[Value::Blob(hash)], read_token))
    }

    fn add_token(
        &self,
        token: &TokenRow,
        hash: &[u8; 32],
        actor: &Actor,
    ) -> Result<(), StoreError> {
        self.engine.write(|session| {
            add_token(session, token, hash)?;
            audit(session, actor, "token.add", &token.id)
        })
    }

    fn revoke_token(&self, id: &str, actor: &Actor) -> Result<bool, StoreError> {
        self.engine.write(|session| {
            let revoked = session.execute(REVOKE, &[actor.at.into(), Value::Text(id)])? > 0;
            if revoked {
                audit(session, actor, "token.revoke", id)?;
            }
            Ok(revoked)
        })
    }

    fn setting(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.engine.read(|session| {
            one(session, SETTING, &[Value::Text(name)], |row| {
                row.blob(0).map(<[u8]>::to_vec)
            })
        })
    }

    fn put_setting(
        &self,
        name: &str,
        value: Option<&[u8]>,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        let action = if value.is_some() {
            "setting.put"
        } else {
            "setting.drop"
        };
        self.engine.write(|session| {
            match value {
                Some(value) => {
                    session.execute(PUT_SETTING, &[Value::Text(name), Value::Blob(value)])
                }
                None => session.execute(DROP_SETTING, &[Value::Text(name)]),
            }?;
            audit(session, actor, action, name)
        })
    }
}

/// Numbers a control and keeps it with its audit row.
fn keep_control(
    session: &dyn Session,
    control: Control,
    actor: &Actor,
) -> Result<NumberedControl, StoreError> {
    let numbered = NumberedControl {
        revision: number(session, "control")?,
        at: actor.at,
        control,
    };
    let mut record = Vec::new();
    gatewatch_wire::record::encode(&Record::Control(numbered.clone()), &mut record);
    let values = [
        Value::count(numbered.revision),
        Value::Blob(&record),
        Value::Text(&actor.name),
    ];
    session.execute(ADD_CONTROL, &values)?;
    let action = format!("control.{}", numbered.control.name());
    audit(session, actor, &action, &subject(&numbered.control))?;
    Ok(numbered)
}

/// The next number of that name, from 1.
pub fn number(session: &dyn Session, name: &str) -> Result<u64, StoreError> {
    one(session, NUMBER, &[Value::Text(name)], |row| row.count(0))?
        .ok_or_else(|| damaged("a counter that does not count"))
}

fn audit(
    session: &dyn Session,
    actor: &Actor,
    action: &str,
    subject: &str,
) -> Result<(), StoreError> {
    let Actor { name, address, at } = actor;
    let values = [
        Value::count(number(session, "audit")?),
        (*at).into(),
        Value::Text(name),
        Value::Text(address),
        Value::Text(action),
        Value::Text(subject),
    ];
    session.execute(ADD_AUDIT, &values).map(drop)
}

fn subject(control: &Control) -> String {
    match control {
        Control::Forget { endpoint } => endpoint.to_string(),
        Control::Merge { from, into } => format!("{from} into {into}"),
        Control::Pin {
            collection,
            template,
        }
        | Control::Unpin {
            collection,
            template,
        } => format!("{template} in {collection}"),
        Control::Split { endpoint, segment } => format!("{endpoint} at segment {segment}"),
        Control::Define {
            subject,
            definition,
        } => format!("{} for {}", definition.title, name(subject)),
        Control::Undefine { collection } => collection.to_string(),
        Control::Classify { scope, .. } | Control::Watch { scope, .. } => scope.to_string(),
        Control::Bring { files, .. } => format!("{} files", files.len()),
        Control::Elsewhere => String::new(),
    }
}

fn name(subject: &Subject) -> String {
    match subject {
        Subject::Collection(id) => id.to_string(),
        Subject::Host { scope, host } => format!("{host} in {scope}"),
        Subject::Api {
            scope,
            service,
            workspace: _,
            api,
        } => format!("{service}/{api} in {scope}"),
    }
}

fn add_token(session: &dyn Session, token: &TokenRow, hash: &[u8; 32]) -> Result<(), StoreError> {
    let TokenRow {
        id,
        name,
        role,
        scope,
        created,
        expires,
        revoked,
    } = token;
    let taken = one(
        session,
        TAKEN,
        &[Value::Text(id), Value::Blob(hash)],
        |_| Ok(()),
    )?;
    if taken.is_some() {
        return Err(StoreError::Other {
            reason: format!("a token `{id}` or of that value is already there; make a new one")
                .into(),
        });
    }
    let values = [
        Value::Text(id),
        Value::Blob(hash),
        Value::Text(name),
        Value::Text(role.name()),
        Value::Text(scope),
        (*created).into(),
        Value::time_or_null(*expires),
        Value::time_or_null(*revoked),
    ];
    session.execute(ADD_TOKEN, &values).map(drop)
}

fn read_token(row: &dyn Row) -> Result<TokenRow, StoreError> {
    let time =
        |column| Ok::<_, StoreError>(row.int_or_null(column)?.map(gatewatch_model::Timestamp));
    Ok(TokenRow {
        id: row.text(0)?.into(),
        name: row.text(1)?.into(),
        role: Role::parse(row.text(2)?).ok_or_else(|| damaged("a token of an unknown role"))?,
        scope: row.text(3)?.into(),
        created: row.time(4)?,
        expires: time(5)?,
        revoked: time(6)?,
    })
}
