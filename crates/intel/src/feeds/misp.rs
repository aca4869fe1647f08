//! MISP: events as a feed has them in files (`{"Event": …}`), and as the search of an instance
//! answers (`{"response": […]}`). Addresses count whose attribute is marked for detection
//! (`to_ids`) and not deleted.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::range::IpRange;
use super::{FeedError, Reading, quoted};

static TYPES: &[&str] = &["ip-src", "ip-dst", "ip-src|port", "ip-dst|port"];
/// An event in a list in an answer; nobody nests them deeper.
const DEPTH_MAX: u8 = 4;

/// All the ways in which attributes lie in one another.
#[derive(Deserialize)]
struct Holder<'a> {
    #[serde(borrow, rename = "Event")]
    event: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "Attribute")]
    attributes: Vec<&'a RawValue>,
    #[serde(borrow, default, rename = "Object")]
    objects: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Attribute<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    value: Cow<'a, str>,
    #[serde(default)]
    to_ids: Value,
    #[serde(default)]
    deleted: Value,
}

/// An event, something that holds one, or a list of such.
pub fn read(reading: &mut Reading, json: &RawValue) -> Result<(), FeedError> {
    read_at(reading, json, 0)
}

fn read_at(reading: &mut Reading, json: &RawValue, depth: u8) -> Result<(), FeedError> {
    if depth > DEPTH_MAX {
        return Err(reading.error(0, "events lie deeper in one another than MISP writes them"));
    }
    if json.get().starts_with('[') {
        let events = serde_json::from_str::<Vec<&RawValue>>(json.get());
        for event in events.map_err(|it| reading.json_error(&it))? {
            read_at(reading, event, depth + 1)?;
        }
        return Ok(());
    }
    let Ok(holder) = serde_json::from_str::<Holder<'_>>(json.get()) else {
        reading.remark(0, "an event has members of the wrong type");
        return Ok(());
    };
    for attribute in holder.attributes {
        match serde_json::from_str(attribute.get()) {
            Ok(attribute) => take(reading, &attribute)?,
            Err(_) => reading.remark(0, "an attribute has members of the wrong type"),
        }
    }
    for inner in holder.objects.into_iter().chain(holder.event) {
        read_at(reading, inner, depth + 1)?;
    }
    Ok(())
}

fn take(reading: &mut Reading, attribute: &Attribute<'_>) -> Result<(), FeedError> {
    if !TYPES.contains(&&*attribute.kind) {
        return Ok(());
    }
    if !is_yes(&attribute.to_ids) || is_yes(&attribute.deleted) {
        reading.feed.passed_over += 1;
        return Ok(());
    }
    let address = attribute.value.split('|').next().unwrap_or_default().trim();
    match IpRange::parse(address) {
        Ok(range) => reading.add(reading.feed.tag, range)?,
        Err(reason) => reading.remark(0, &format!("{} {reason}", quoted(&attribute.value))),
    }
    Ok(())
}

/// Instances write it as a boolean, as a number and as a text.
fn is_yes(value: &Value) -> bool {
    match value {
        Value::Bool(yes) => *yes,
        Value::Number(number) => number.as_i64() == Some(1),
        Value::String(text) => text == "1" || text == "true",
        Value::Null | Value::Array(_) | Value::Object(_) => false,
    }
}
