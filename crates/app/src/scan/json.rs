//! Everything that is known, as one document. Null means *not observed*.

use std::collections::BTreeMap;
use std::io::Write;

use gatewatch_model::Timestamp;
use gatewatch_model::effects::{EndpointRow, Spread};
use gatewatch_model::facts::{ClassFacts, SignalFacts};
use gatewatch_model::info_type::Ground;
use gatewatch_model::origin::Country;
use gatewatch_model::profile::{
    Answer, Credential, Decision, Drift, EndpointFacts, MemberRow, ProfileRow, TokensRow,
};
use gatewatch_model::sensitivity::{MemberHit, Sensitive};
use serde::Serialize;
use serde_json::{Value, json};

use super::attacks::{self, Attacked};
use super::reading::FileRead;
use super::report::{Listed, Report};
use super::words::place;

#[derive(Serialize)]
struct Document {
    gatewatch: &'static str,
    files: Vec<Value>,
    exchanges: u64,
    coverage: Value,
    attacks: Vec<Value>,
    callers_from: Value,
    collections: Vec<Value>,
}

pub fn write(report: &Report<'_>, out: &mut dyn Write) -> anyhow::Result<()> {
    let coverage = &report.coverage;
    let document = Document {
        gatewatch: env!("CARGO_PKG_VERSION"),
        files: report.files.iter().map(file).collect(),
        exchanges: report.exchanges(),
        coverage: json!({
            "endpoints_evicted": coverage.endpoints_evicted,
            "exchanges_unplaced": coverage.exchanges_unplaced,
            "paths_lost": coverage.paths_lost,
            "exchanges_unprofiled": coverage.exchanges_unprofiled,
        }),
        attacks: attacks::attacks(report).iter().map(attacked).collect(),
        callers_from: super::origins::all_json(report.callers),
        collections: report.collections.iter().map(collection).collect(),
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    Ok(out.write_all(b"\n")?)
}

fn file(read: &FileRead) -> Value {
    let FileRead {
        name,
        learned,
        exchanges,
        passed_over,
        truncated,
        blemishes,
        trouble,
    } = read;
    let unit = if trouble.entries { "entry" } else { "line" };
    let errors = trouble
        .first
        .iter()
        .map(|(number, why)| json!({ unit: number, "why": why }));
    json!({
        "name": name,
        "learned": learned,
        "exchanges": exchanges,
        "passed_over": passed_over,
        "truncated": truncated,
        "blemishes": blemishes.iter().copied().collect::<BTreeMap<_, _>>(),
        "refused": trouble.total,
        "errors": errors.collect::<Vec<_>>(),
    })
}

fn collection(listed: &Listed<'_>) -> Value {
    let row = listed.row;
    let definition = row.definition.as_ref();
    json!({
        "id": row.id.to_string(),
        "name": row.name,
        "kind": row.kind.name(),
        "calls": row.calls,
        "first_seen": time(row.first_seen),
        "last_seen": time(row.last_seen),
        "definition": definition.map(|(title, version)| json!({ "title": title, "version": version })),
        "drift": definition.map(|_| drift(&listed.drift())),
        "signals": signals(&row.signals),
        "endpoints": listed.endpoints.iter().map(|it| endpoint(it, listed.profile(it).as_ref())).collect::<Vec<_>>(),
    })
}

fn endpoint(row: &EndpointRow, profile: Option<&ProfileRow>) -> Value {
    let EndpointRow {
        id,
        collection: _,
        method,
        template,
        first_seen,
        last_seen,
        calls,
        statuses,
        callers_estimate: _,
        request_bytes,
        response_bytes,
        latency_micros,
        facts: known,
    } = row;
    let status = |(status, calls): &(u16, u64)| json!({ "status": Some(status).filter(|it| **it != 0), "calls": calls });
    json!({
        "id": id.to_string(),
        "method": method,
        "template": template,
        "calls": calls,
        "statuses": statuses.iter().map(status).collect::<Vec<_>>(),
        "callers_estimate": row.callers(),
        "request_bytes": spread(request_bytes),
        "response_bytes": spread(response_bytes),
        "latency_micros": spread(latency_micros),
        "first_seen": time(*first_seen),
        "last_seen": time(*last_seen),
        "facts": facts(known),
        "profile": profile.map(in_detail),
    })
}

fn facts(facts: &EndpointFacts) -> Value {
    let EndpointFacts {
        known_by,
        decisions,
        drift,
        protocol,
        role,
        credentials,
        authenticated,
        anonymous_answered,
        external,
        encrypted,
        introspection,
        deprecated,
        sunset,
        sensitive,
        in_place,
        signals,
        origins,
    } = facts;
    json!({
        "known_by": { "traffic": known_by.traffic, "definition": known_by.definition, "pin": known_by.pin },
        "decisions": decisions.iter().map(decision).collect::<Vec<_>>(),
        "drift": drift.map(Drift::name),
        "protocol": protocol.name(),
        "role": role.name(),
        "credentials": credentials.iter().map(Credential::name).collect::<Vec<_>>(),
        "authenticated": answer(authenticated),
        "anonymous_answered": answer(anonymous_answered),
        "external": answer(external),
        "encrypted": answer(encrypted),
        "introspection": answer(introspection),
        "deprecated": answer(deprecated),
        "sunset": sunset.and_then(time),
        "sensitive_data": sensitive.iter().map(carried).collect::<Vec<_>>(),
        "credential_data": in_place.iter().map(carried).collect::<Vec<_>>(),
        "signals": self::signals(signals),
        "called_from": {
            "kinds": origins.tags.names().collect::<Vec<_>>(),
            "countries": origins.countries.iter().map(Country::code).collect::<Vec<_>>(),
        },
    })
}

fn attacked(class: &Attacked<'_>) -> Value {
    let Attacked {
        class,
        attacks,
        suspicious,
        answered,
        worst,
    } = class;
    let most = |(collection, row): &(&str, &EndpointRow)| json!({ "id": row.id.to_string(), "collection": collection, "method": row.method, "template": row.template });
    json!({
        "class": class,
        "attacks": attacks,
        "suspicious": suspicious,
        "answered": answered,
        "most_at": worst.as_ref().map(most),
    })
}

/// Null where nothing was ever wrong.
fn signals(signals: &SignalFacts) -> Value {
    let SignalFacts {
        attacks,
        suspicious,
        answered,
        classes,
    } = signals;
    if signals.is_empty() {
        return Value::Null;
    }
    json!({
        "attacks": attacks,
        "suspicious": suspicious,
        "answered": answered,
        "classes": classes.iter().map(class).collect::<Vec<_>>(),
    })
}

fn class(class: &ClassFacts) -> Value {
    let ClassFacts {
        class,
        attacks,
        suspicious,
        answered,
        severity,
        first_seen,
        last_seen,
        detections,
    } = class;
    json!({
        "class": class,
        "attacks": attacks,
        "suspicious": suspicious,
        "answered": answered,
        "severity": severity.name(),
        "first_seen": time(*first_seen),
        "last_seen": time(*last_seen),
        "detections": counts(detections),
    })
}

fn carried(sensitive: &Sensitive) -> Value {
    let Sensitive {
        info_type,
        category,
        spot,
        status_class,
        confidence,
        hits,
        grounds,
        places,
        first_seen,
        last_seen,
    } = sensitive;
    json!({
        "info_type": info_type,
        "category": category.name(),
        "spot": spot.prefix(),
        "status_class": Some(status_class).filter(|it| **it != 0),
        "confidence": confidence,
        "hits": hits,
        "grounds": grounds.iter().map(Ground::text).collect::<Vec<_>>(),
        "places": places.iter().map(|it| place(*spot, it)).collect::<Vec<_>>(),
        "first_seen": time(*first_seen),
        "last_seen": time(*last_seen),
    })
}

fn hit(hit: &MemberHit) -> Value {
    let MemberHit {
        info_type,
        category,
        confidence,
        hits,
        values,
        grounds,
        first_seen,
        last_seen,
    } = hit;
    json!({
        "info_type": info_type,
        "category": category.name(),
        "confidence": confidence,
        "hits": hits,
        "values": values,
        "grounds": grounds.iter().map(Ground::text).collect::<Vec<_>>(),
        "first_seen": time(*first_seen),
        "last_seen": time(*last_seen),
    })
}

fn decision(decision: &Decision) -> Value {
    let Decision {
        segment,
        by,
        reason,
        confidence,
    } = decision;
    json!({ "segment": segment, "by": by.name(), "reason": reason, "confidence": confidence })
}

fn in_detail(profile: &ProfileRow) -> Value {
    let ProfileRow {
        endpoint: _,
        calls: _,
        at: _,
        credentials,
        tokens,
        request_types,
        response_types,
        protocols,
        callers_top,
        members,
        members_lost,
        query_depth_max,
        query_aliases_max,
        batch_max,
        differences,
        origins,
    } = profile;
    let credentials: BTreeMap<&str, Value> = credentials
        .iter()
        .map(|(kind, it)| (kind.name(), answer(it)))
        .collect();
    json!({
        "credentials": credentials,
        "tokens": tokens.as_ref().map(token_facts),
        "request_types": counts(request_types),
        "response_types": counts(response_types),
        "protocols": counts(protocols),
        "callers_top": counts(callers_top),
        "members": members.iter().map(member).collect::<Vec<_>>(),
        "members_lost": members_lost,
        "query_depth_max": query_depth_max,
        "query_aliases_max": query_aliases_max,
        "batch_max": batch_max,
        "differences": differences,
        "callers_from": origins.as_ref().map(super::origins::json),
    })
}

fn token_facts(tokens: &TokensRow) -> Value {
    let TokensRow {
        algorithms,
        issuers,
        expires,
        expired_answered,
        lifetime_seconds,
    } = tokens;
    json!({
        "algorithms": counts(algorithms),
        "issuers": counts(issuers),
        "expires": answer(expires),
        "expired_answered": answer(expired_answered),
        "lifetime_seconds": spread(lifetime_seconds),
    })
}

fn member(member: &MemberRow) -> Value {
    let MemberRow {
        spot,
        status_class,
        path,
        present,
        observed,
        types,
        formats,
        length,
        range,
        values,
        distinct_estimate,
        first_seen,
        last_seen,
        hits,
    } = member;
    json!({
        "spot": spot.prefix(),
        "status_class": Some(status_class).filter(|it| **it != 0),
        "path": path,
        "present": present,
        "observed": observed,
        "types": counts(types),
        "formats": counts(formats),
        "length": length,
        "range": range,
        "values": counts(values),
        "distinct_estimate": distinct_estimate,
        "first_seen": time(*first_seen),
        "last_seen": time(*last_seen),
        "hits": hits.iter().map(hit).collect::<Vec<_>>(),
    })
}

fn answer(answer: &Answer) -> Value {
    let Answer {
        yes,
        no,
        last_yes,
        last_no,
    } = answer;
    match answer.ever() {
        None => Value::Null,
        Some(_) => {
            json!({ "yes": yes, "no": no, "last_yes": time(*last_yes), "last_no": time(*last_no) })
        }
    }
}

fn counts(counts: &[(Box<str>, u64)]) -> Value {
    counts
        .iter()
        .map(|(name, count)| (name.to_string(), Value::from(*count)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

fn drift(counts: &[(Drift, u64)]) -> Value {
    let counts = counts
        .iter()
        .map(|(kind, count)| (kind.name().to_owned(), Value::from(*count)));
    counts.collect::<serde_json::Map<_, _>>().into()
}

fn spread(spread: &Spread) -> Value {
    let Spread {
        count,
        p50,
        p95,
        p99,
        max,
    } = spread;
    match count {
        0 => Value::Null,
        _ => json!({ "count": count, "p50": p50, "p95": p95, "p99": p99, "max": max }),
    }
}

fn time(at: Timestamp) -> Option<String> {
    (at != Timestamp::ZERO).then(|| at.to_string())
}
