//! The same exchange with names that say nothing for each labelled member of a JSON body.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::text;

/// Nothing for an exchange without a labelled member in a JSON body.
pub fn neutral(row: &Value) -> Option<Value> {
    let mut row = row.clone();
    let labels = row["labels"].as_array()?.clone();
    let mut kept = Vec::new();
    let mut seen = BTreeSet::new();
    for side in ["request", "response"] {
        let prefix = format!("$.{side}.body");
        let Ok(mut body) = serde_json::from_str::<Value>(text(&row[side]["body"])) else {
            continue;
        };
        for label in &labels {
            let place = text(&label["path"]);
            let Some(path) = place.strip_prefix(&prefix) else {
                continue;
            };
            seen.insert(place.to_owned());
            let is_type = label["types"].as_array().is_some_and(|it| !it.is_empty());
            let in_text = matches!(text(&label["mode"]), "text" | "textbody");
            let is_label = text(&label["neg"]) == "label";
            if is_label {
                blank(&mut body, path);
            }
            let mut label = label.clone();
            if is_type
                && !in_text
                && let Some(renamed) = rename(&mut body, path)
            {
                label["path"] = format!("{prefix}{renamed}").into();
            } else if is_type {
                // It kept its name, or it stands in a text: it does not count here.
                label["ok"] = label["types"].clone();
                label["types"] = Value::Array(Vec::new());
            }
            kept.push(label);
        }
        row[side]["body"] = body.to_string().into();
    }
    for label in labels.iter().filter(|it| !seen.contains(text(&it["path"]))) {
        let mut label = label.clone();
        label["ok"] = label["types"].clone();
        label["types"] = Value::Array(Vec::new());
        kept.push(label);
    }
    let labelled = kept
        .iter()
        .any(|it| it["types"].as_array().is_some_and(|it| !it.is_empty()));
    row["labels"] = kept.into();
    labelled.then_some(row)
}

/// A label that says what its sibling is says nothing now.
fn blank(body: &mut Value, path: &str) {
    if let Some((parent, name)) = find(body, path)
        && let Some(value) = parent.get_mut(&name)
    {
        *value = "field".into();
    }
}

fn rename(body: &mut Value, path: &str) -> Option<String> {
    let (parent, name) = find(body, path)?;
    let number = name
        .bytes()
        .fold(0_u32, |sum, it| (sum * 31 + u32::from(it)) % 97);
    let neutral = format!("field_{number}");
    let value = parent.remove(&name)?;
    parent.insert(neutral.clone(), value);
    let stem = &path[..path.len() - name.len()];
    Some(format!("{stem}{neutral}"))
}

/// The object that holds the last name of a path of plain names.
fn find<'b>(body: &'b mut Value, path: &str) -> Option<(&'b mut Map<String, Value>, String)> {
    let steps = path.replace('[', ".[");
    let mut steps = steps
        .split('.')
        .filter(|it| !it.is_empty())
        .collect::<Vec<_>>();
    let last = steps.pop().filter(|it| !it.starts_with('['))?;
    let mut at = body;
    for step in steps {
        at = match step.strip_prefix('[') {
            Some(index) => at.get_mut(index.trim_end_matches(']').parse::<usize>().ok()?)?,
            None => at.get_mut(step)?,
        };
    }
    Some((at.as_object_mut()?, last.to_owned()))
}
