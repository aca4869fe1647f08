//! The shipped mappings prove themselves, and a user's rows outrank them.

use gatewatch_model::{Blemishes, Exchange};
use gatewatch_wire::exchange_file;

use super::*;
use crate::files::json;

/// What a mapping file says of itself besides.
#[derive(Deserialize)]
struct Proof {
    example: Vec<Example>,
    counter_example: Vec<CounterExample>,
}

#[derive(Deserialize)]
struct Example {
    line: String,
    reads: String,
}

#[derive(Deserialize)]
struct CounterExample {
    line: String,
}

fn line(text: &str) -> Json<'_> {
    json::read(text).unwrap().0
}

fn exchange<'l>(mapping: &Mapping, text: &'l str) -> Exchange<'l> {
    mapping.draft(line(text)).finish(None).unwrap()
}

#[test]
fn every_shipped_mapping_reads_its_examples_and_no_counter_example() {
    for (name, text) in FILES {
        let mapping = Mapping::read(text).unwrap();
        assert_eq!(&*mapping.id, *name);
        let Proof {
            example,
            counter_example,
        } = toml::from_str(text).unwrap();
        for Example { line: found, reads } in &example {
            assert!(mapping.fits(&line(found)), "{name}: {found}");
            let found = exchange(&mapping, found);
            let wanted = exchange_file::read(reads.as_bytes()).unwrap();
            assert_eq!(wanted.blemishes, Blemishes::default(), "{name}: {reads}");
            assert_eq!(sorted(found), sorted(wanted), "{name}");
        }
        for CounterExample { line: other } in &counter_example {
            assert!(!mapping.fits(&line(other)), "{name}: {other}");
        }
    }
    assert_eq!(SHIPPED.len(), FILES.len());
}

/// In which order a mapping names headers means nothing.
fn sorted(mut exchange: Exchange<'_>) -> Exchange<'_> {
    exchange.headers_seen.iter_mut().for_each(|it| it.sort());
    exchange.request.headers.iter_mut().for_each(|it| it.sort());
    exchange
}

#[test]
fn every_example_is_recognised_as_its_own_mapping_first() {
    for (name, text) in FILES {
        let Proof { example, .. } = toml::from_str(text).unwrap();
        for Example { line: found, .. } in &example {
            let first = SHIPPED.iter().find(|it| it.fits(&line(found))).unwrap();
            assert_eq!(&*first.id, *name, "{found}");
        }
    }
}

#[test]
fn a_mapping_of_ones_own_is_written_row_by_row() {
    let mut mapping = Mapping::default();
    for row in [
        "request.url=http.url",
        "request.method = http.verb",
        "request.headers.x-key=key",
        "request.headers=h",
    ] {
        mapping.add(row).unwrap();
    }
    let found = exchange(
        &mapping,
        r#"{"http":{"url":"/a","verb":"GET"},"key":"k","h":[["a","b"],{"name":"c","value":1},7]}"#,
    );
    assert_eq!((&*found.request.method, &*found.request.url), ("GET", "/a"));
    let headers = [("x-key", "k"), ("a", "b"), ("c", "1")].map(|(a, b)| (a.into(), b.into()));
    assert_eq!(found.request.headers.unwrap(), headers);
    assert!(found.response.is_none());
}

#[test]
fn own_rows_outrank_those_of_a_shipped_mapping() {
    let mut own = Mapping::default();
    own.add("request.path=target").unwrap();
    own.add("request.url=nowhere").unwrap();
    let shipped = SHIPPED.iter().find(|it| &*it.id == "plain-json").unwrap();
    let found = exchange(
        &shipped.under(&own),
        r#"{"method":"GET","path":"/x","target":"/y","status":200}"#,
    )
    .into_owned_parts();
    assert_eq!(found, ("GET".to_owned(), "/y".to_owned(), Some(200)));
}

trait OwnedParts {
    fn into_owned_parts(self) -> (String, String, Option<u16>);
}

impl OwnedParts for Exchange<'_> {
    fn into_owned_parts(self) -> (String, String, Option<u16>) {
        (
            self.request.method.to_string(),
            self.request.url.to_string(),
            self.status(),
        )
    }
}

#[test]
fn a_wrong_row_says_what_would_be_right() {
    let mut mapping = Mapping::default();
    let why = mapping.add("request.uri=x").unwrap_err().to_string();
    assert!(
        why.starts_with("nothing is named `request.uri`; there are: id, at, caller.ip"),
        "{why}"
    );
    for row in ["request.url", "=x", "request.url="] {
        assert!(mapping.add(row).is_err(), "{row}");
    }
    for text in [
        "map = 1",
        "[map]\n\"request.url\" = 1",
        "[map]\n\"nothing\" = \"a\"",
        "x",
    ] {
        assert!(Mapping::read(text).is_err(), "{text}");
    }
}
