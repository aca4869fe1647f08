//! Discoveries: numbered as they are written, and led to the endpoint of today.

use gatewatch_model::EndpointId;
use gatewatch_model::effects::Alias;
use gatewatch_model::sensitivity::Discovery;
use gatewatch_ports::StoreError;

use crate::changes::number;
use crate::engine::{Session, Value};

const ADD: &str = "
    INSERT INTO discoveries
        (number, at, endpoint, position, spot, status_class, path, info_type, category,
         confidence, grounds)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

const LEAD: &str = "UPDATE discoveries SET endpoint = ? WHERE endpoint = ?";

const FORGET: &str = "DELETE FROM discoveries WHERE endpoint = ?";

pub fn add(session: &dyn Session, discovery: &Discovery) -> Result<(), StoreError> {
    let Discovery {
        position,
        at,
        endpoint,
        spot,
        status_class,
        path,
        info_type,
        category,
        confidence,
        grounds,
    } = discovery;
    let values = [
        Value::count(number(session, "discovery")?),
        (*at).into(),
        endpoint.into(),
        Value::count(position.0),
        Value::Text(spot.prefix()),
        Value::Int((*status_class).into()),
        Value::Text(path),
        Value::Text(info_type),
        Value::Text(category.name()),
        Value::Int((*confidence).into()),
        Value::Int(grounds.0.into()),
    ];
    session.execute(ADD, &values).map(drop)
}

pub fn lead(session: &dyn Session, alias: &Alias) -> Result<(), StoreError> {
    let values = [(&alias.new).into(), (&alias.old).into()];
    session.execute(LEAD, &values).map(drop)
}

pub fn forget(session: &dyn Session, endpoint: &EndpointId) -> Result<(), StoreError> {
    session.execute(FORGET, &[endpoint.into()]).map(drop)
}
