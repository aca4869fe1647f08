//! JSON into a tree with lines.

use std::cell::Cell;
use std::fmt;
use std::io::Read;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::{Node, Object, TreeError, Value};
use crate::limits::NODES_MAX;

pub(crate) fn read(bytes: &[u8]) -> Result<Node, TreeError> {
    let (line, nodes) = (Cell::new(1), Cell::new(0));
    let counted = Counted { bytes, line: &line };
    let mut json = serde_json::Deserializer::from_reader(counted);
    let place = Place {
        line: &line,
        nodes: &nodes,
    };
    let read = place
        .deserialize(&mut json)
        .and_then(|root| json.end().map(|()| root));
    read.map_err(|error| {
        let text = error.to_string();
        let place = format!(" at line {} column {}", error.line(), error.column());
        TreeError {
            line: error.line() as u32,
            reason: text.strip_suffix(&place).unwrap_or(&text).to_owned(),
        }
    })
}

/// Counts lines as the parser takes bytes, which it does one by one.
struct Counted<'b> {
    bytes: &'b [u8],
    line: &'b Cell<u32>,
}

impl Read for Counted<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let count = self.bytes.read(out)?;
        for byte in &out[..count] {
            self.line.set(self.line.get() + u32::from(*byte == b'\n'));
        }
        Ok(count)
    }
}

/// Where the parser stands, and how much it has read.
#[derive(Clone, Copy)]
struct Place<'c> {
    line: &'c Cell<u32>,
    nodes: &'c Cell<usize>,
}

impl Place<'_> {
    fn node(self, value: Value) -> Node {
        Node {
            line: self.line.get(),
            value,
        }
    }
}

impl<'de> DeserializeSeed<'de> for Place<'_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Node, D::Error> {
        self.nodes.set(self.nodes.get() + 1);
        if self.nodes.get() > NODES_MAX {
            return Err(D::Error::custom(format_args!(
                "there are more than {NODES_MAX} values"
            )));
        }
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Place<'_> {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Node, E> {
        Ok(self.node(Value::Null))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Node, E> {
        Ok(self.node(Value::Bool(value)))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Node, E> {
        Ok(self.node(Value::Number(value.to_string().into())))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Node, E> {
        Ok(self.node(Value::Number(value.to_string().into())))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Node, E> {
        Ok(self.node(Value::Number(value.to_string().into())))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Node, E> {
        Ok(self.node(Value::Text(value.into())))
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Node, E> {
        Ok(self.node(Value::Text(value.into())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Node, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element_seed(self)? {
            items.push(item);
        }
        Ok(self.node(Value::List(items)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let line = self.line.get();
        let mut entries = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            entries.push((name.into(), map.next_value_seed(self)?));
        }
        let value = Value::Object(Object::new(entries));
        Ok(Node { line, value })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_know_their_lines() {
        let read = read(b"{\n \"a\": 1,\n \"b\": {\n  \"c\": \"x\"\n }\n}").unwrap();
        assert_eq!(read.get("a").unwrap().line, 2);
        assert_eq!(read.get("b").unwrap().line, 3);
        assert_eq!(read.get("b").unwrap().get("c").unwrap().line, 4);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let error = read(b"{\n \"a\": 1,\n \"b\" 2}").unwrap_err();
        assert_eq!(error.line, 3);
        assert_eq!(error.reason, "expected `:`");
    }

    #[test]
    fn a_tower_of_lists_is_refused() {
        let deep = "[".repeat(1_000_000);
        assert!(
            read(deep.as_bytes())
                .unwrap_err()
                .reason
                .contains("recursion")
        );
    }

    #[test]
    fn more_values_than_the_bound_are_refused() {
        let many = format!("[{}0]", "0,".repeat(NODES_MAX));
        let error = read(many.as_bytes()).unwrap_err();
        assert!(error.reason.contains("more than 2000000 values"));
    }
}
