//! JSON lines of any log, read through a mapping: one of those that are shipped, told by the names
//! in the log, or one that the user gives.

use std::sync::Arc;

use super::{Kind, Read, Sample, Settings};
use crate::files::json::{Soundness, read as read_json};
use crate::mapping::{Mapping, SHIPPED};

pub static KIND: Kind = Kind {
    name: "json-log",
    title: "JSON lines of gateways, proxies and applications",
    recognise: |sample| {
        sample.settings.mapping.is_some() && !sample.json.is_empty() || shipped(sample).is_some()
    },
    read,
};

/// The first shipped mapping that one of the first lines is of.
pub fn shipped(sample: &Sample<'_>) -> Option<&'static Mapping> {
    SHIPPED
        .iter()
        .find(|it| sample.json.iter().any(|line| it.fits(line)))
}

/// The user's mapping over the shipped one that the log is of. One with an id stands alone.
pub fn mapping(sample: &Sample<'_>) -> Option<Arc<Mapping>> {
    let own = sample.settings.mapping.as_ref();
    match (own, shipped(sample)) {
        (Some(own), Some(shipped)) if own.id.is_empty() => Some(Arc::new(shipped.under(own))),
        (Some(own), _) => Some(Arc::clone(own)),
        (None, shipped) => shipped.map(|it| Arc::new(it.clone())),
    }
}

fn read<'l>(line: &'l str, settings: &'l Settings) -> Read<'l> {
    let (json, soundness) = read_json(line)?;
    let Some(mapping) = &settings.mapping else {
        return Err("no mapping says where the request is; give one with --map".into());
    };
    let fits = mapping.fits(&json);
    let mut draft = mapping.draft(json);
    // Most logs hold other lines too; one that names a request is one, whatever it lacks.
    if !fits && !draft.is_request() {
        return Ok(None);
    }
    if soundness == Soundness::Repaired {
        draft.blemish(gatewatch_model::Blemishes::BAD_VALUE);
    }
    draft
        .finish(settings.host.as_deref())
        .map(Some)
        .map_err(Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_lines_of_a_log_are_passed_over_and_broken_ones_refused() {
        let caddy = SHIPPED.iter().find(|it| &*it.id == "caddy").unwrap();
        let settings = Settings {
            mapping: Some(Arc::new(caddy.clone())),
            ..Settings::default()
        };
        assert_eq!(
            read(r#"{"level":"info","msg":"started"}"#, &settings),
            Ok(None)
        );
        assert!(
            read(r#"{"level":"#, &settings)
                .unwrap_err()
                .starts_with("it is no JSON")
        );
        let unanswered = r#"{"request":{"method":"GET","uri":"/a","host":"a"},"status":null}"#;
        assert!(read(unanswered, &settings).unwrap().is_some());
        let line = r#"{"request":{"remote_ip":"192.0.2.1","method":"GET","uri":"/a\x22b","host":"a"},"status":200}"#;
        let found = read(line, &settings).unwrap().unwrap();
        assert!(
            found
                .blemishes
                .contains(gatewatch_model::Blemishes::BAD_VALUE)
        );
    }

    #[test]
    fn a_mapping_that_finds_no_url_refuses_the_line() {
        let mut mapping = Mapping::default();
        mapping.add("request.url=nowhere").unwrap();
        let settings = Settings {
            mapping: Some(Arc::new(mapping)),
            ..Settings::default()
        };
        let why = read(r#"{"method":"GET"}"#, &settings).unwrap_err();
        assert!(why.contains("neither a method nor a URL"), "{why}");
    }
}
