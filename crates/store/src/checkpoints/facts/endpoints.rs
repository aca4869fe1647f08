//! Rows of endpoints, with what lists filter and sort by in columns of its own.

use gatewatch_model::effects::{EndpointRow, Spread};
use gatewatch_model::profile::{Drift, EndpointFacts};
use gatewatch_ports::StoreError;

use crate::codec::{facts, spreads};
use crate::engine::{Session, Value};

/// Collection, method and template make the id, so they never change under it.
const WRITE_ENDPOINT: &str = "
    INSERT INTO endpoints
        (id, collection, method, template, search, first_seen, last_seen, calls, callers,
         errors_share, latency_p95, statuses, spreads, known_by, decided_by, confidence, drift,
         protocol, role, authenticated_yes, authenticated_no, anonymous_yes, anonymous_no,
         external_yes, external_no, encrypted_yes, encrypted_no, deprecated_yes, deprecated_no,
         facts, info_types, attacks, suspicious, classes, origins)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET
        first_seen = excluded.first_seen,
        last_seen = excluded.last_seen,
        calls = excluded.calls,
        callers = excluded.callers,
        errors_share = excluded.errors_share,
        latency_p95 = excluded.latency_p95,
        statuses = excluded.statuses,
        spreads = excluded.spreads,
        known_by = excluded.known_by,
        decided_by = excluded.decided_by,
        confidence = excluded.confidence,
        drift = excluded.drift,
        protocol = excluded.protocol,
        role = excluded.role,
        authenticated_yes = excluded.authenticated_yes,
        authenticated_no = excluded.authenticated_no,
        anonymous_yes = excluded.anonymous_yes,
        anonymous_no = excluded.anonymous_no,
        external_yes = excluded.external_yes,
        external_no = excluded.external_no,
        encrypted_yes = excluded.encrypted_yes,
        encrypted_no = excluded.encrypted_no,
        deprecated_yes = excluded.deprecated_yes,
        deprecated_no = excluded.deprecated_no,
        facts = excluded.facts,
        info_types = excluded.info_types,
        attacks = excluded.attacks,
        suspicious = excluded.suspicious,
        classes = excluded.classes,
        origins = excluded.origins";

/// Kept between rows, so that ten thousand of them do not allocate sixty thousand times.
#[derive(Default)]
pub struct Buffers {
    statuses: String,
    spreads: Vec<u8>,
    known_by: String,
    decided_by: String,
    facts: Vec<u8>,
    info_types: String,
    classes: String,
    origins: String,
}

pub fn write(
    session: &dyn Session,
    row: &EndpointRow,
    buffers: &mut Buffers,
) -> Result<(), StoreError> {
    let EndpointRow {
        id,
        collection,
        method,
        template,
        first_seen,
        last_seen,
        calls,
        statuses,
        callers_estimate,
        request_bytes,
        response_bytes,
        latency_micros,
        facts: known,
    } = row;
    buffers.fill(
        [request_bytes, response_bytes, latency_micros],
        statuses,
        known,
    );
    facts::write_known_by(known.known_by, row.is_missed(), &mut buffers.known_by);
    let latency_p95 = match latency_micros.count {
        0 => Value::Int(-1),
        _ => Value::count(latency_micros.p95),
    };
    let search = format!("{method} {template}").to_lowercase();
    let mut values = vec![
        id.into(),
        collection.into(),
        Value::Text(method),
        Value::Text(template),
        Value::Text(&search),
        (*first_seen).into(),
        (*last_seen).into(),
        Value::count(*calls),
        Value::count(*callers_estimate),
        Value::Int(errors_share(statuses)),
        latency_p95,
        Value::Text(&buffers.statuses),
        Value::Blob(&buffers.spreads),
        Value::Text(&buffers.known_by),
        Value::Text(&buffers.decided_by),
        Value::Int(facts::confidence(known)),
        Value::Text(known.drift.map_or("", Drift::name)),
        Value::Text(known.protocol.name()),
        Value::Text(known.role.name()),
    ];
    let answers = [
        &known.authenticated,
        &known.anonymous_answered,
        &known.external,
        &known.encrypted,
        &known.deprecated,
    ];
    values.extend(answers.into_iter().flat_map(facts::times).map(Value::from));
    values.push(Value::Blob(&buffers.facts));
    values.push(Value::Text(&buffers.info_types));
    values.push(Value::count(known.signals.attacks));
    values.push(Value::count(known.signals.suspicious));
    values.push(Value::Text(&buffers.classes));
    values.push(Value::Text(&buffers.origins));
    session.execute(WRITE_ENDPOINT, &values).map(drop)
}

impl Buffers {
    fn fill(&mut self, spreads: [&Spread; 3], statuses: &[(u16, u64)], known: &EndpointFacts) {
        spreads::encode(spreads, &mut self.spreads);
        spreads::write_statuses(statuses, &mut self.statuses);
        facts::write_decided_by(known, &mut self.decided_by);
        facts::encode(known, &mut self.facts);
        facts::write_info_types(known, &mut self.info_types);
        facts::write_classes(known, &mut self.classes);
        facts::write_origins(known, &mut self.origins);
    }
}

/// The share of 5xx among all answers, in billionths.
fn errors_share(statuses: &[(u16, u64)]) -> i64 {
    let (mut errors, mut all) = (0_u128, 0_u128);
    for (status, count) in statuses {
        all += u128::from(*count);
        if matches!(status, 500..=599) {
            errors += u128::from(*count);
        }
    }
    let share = (errors * 1_000_000_000).checked_div(all).unwrap_or(0);
    i64::try_from(share).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_of_errors_is_of_5xx_among_all() {
        assert_eq!(errors_share(&[]), 0);
        assert_eq!(
            errors_share(&[(0, 1), (200, 1), (500, 1), (599, 1)]),
            500_000_000
        );
        assert_eq!(
            errors_share(&[(503, u64::MAX), (504, u64::MAX)]),
            1_000_000_000
        );
    }
}
