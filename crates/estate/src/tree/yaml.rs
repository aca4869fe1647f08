//! YAML into a tree with lines. Aliases are written out within a bound; `<<` merges.

use std::collections::BTreeMap;

use granit_parser::{Event, Parser, ScalarStyle, ScanError, Span, Tag};

use super::{Node, Object, TreeError, Value};
use crate::limits::{ALIASED_BYTES_MAX, ANCHORS_MAX, NESTING_MAX, NODES_MAX};

const MERGE: &str = "<<";

/// The first document of a stream.
pub(crate) fn read(text: &str) -> Result<Node, TreeError> {
    let options = granit_parser::options! {
        simple_key_max_lookahead: 8_192,
        flow_nesting_limit: NESTING_MAX,
        block_nesting_limit: NESTING_MAX,
    };
    let mut builder = Builder::default();
    for next in Parser::new_from_str_with_options(text, options) {
        let (event, span) = next.map_err(|error| scan_error(&error))?;
        let line = span.start.line() as u32;
        if matches!(event, Event::DocumentEnd) {
            break;
        }
        builder
            .take(event, span)
            .map_err(|reason| TreeError { line, reason })?;
    }
    builder.root.ok_or_else(|| TreeError {
        line: 1,
        reason: "there is no value".to_owned(),
    })
}

fn scan_error(error: &ScanError) -> TreeError {
    TreeError {
        line: error.marker().line() as u32,
        reason: error.info(),
    }
}

#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    root: Option<Node>,
    anchors: BTreeMap<usize, Anchored>,
    nodes: usize,
    aliased_bytes: usize,
}

/// A list or object that has not ended yet.
struct Open {
    line: u32,
    anchor: usize,
    items: Vec<Node>,
    /// Of an object, the name whose value comes next.
    name: Option<Box<str>>,
    /// Of an object.
    entries: Option<Vec<(Box<str>, Node)>>,
    /// What `<<` brings in where the object itself says nothing.
    merged: Vec<(Box<str>, Node)>,
}

struct Anchored {
    node: Node,
    nodes: usize,
    bytes: usize,
}

impl Builder {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), String> {
        let line = span.start.line() as u32;
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let value = scalar(&text, style, tag.as_deref());
                self.add(Node { line, value }, anchor)
            }
            Event::SequenceStart(_, anchor, _) => self.begin(line, anchor, None),
            Event::MappingStart(_, anchor, _) => self.begin(line, anchor, Some(Vec::new())),
            Event::SequenceEnd | Event::MappingEnd => self.end(),
            Event::Alias(anchor) => self.repeat(anchor),
            _ => Ok(()),
        }
    }

    fn begin(
        &mut self,
        line: u32,
        anchor: usize,
        entries: Option<Vec<(Box<str>, Node)>>,
    ) -> Result<(), String> {
        if self.open.len() >= NESTING_MAX {
            return Err(format!("values are nested more than {NESTING_MAX} deep"));
        }
        self.open.push(Open {
            line,
            anchor,
            items: Vec::new(),
            name: None,
            entries,
            merged: Vec::new(),
        });
        Ok(())
    }

    fn end(&mut self) -> Result<(), String> {
        let Some(open) = self.open.pop() else {
            return Ok(());
        };
        let value = match open.entries {
            None => Value::List(open.items),
            Some(entries) => {
                // Of two with one name the later counts, so what is merged stands first.
                let mut all = open.merged;
                all.extend(entries);
                Value::Object(Object::new(all))
            }
        };
        let line = open.line;
        self.add(Node { line, value }, open.anchor)
    }

    fn repeat(&mut self, anchor: usize) -> Result<(), String> {
        let Some(anchored) = self.anchors.get(&anchor) else {
            return Err("an alias stands inside of what it names".to_owned());
        };
        self.nodes += anchored.nodes;
        self.aliased_bytes += anchored.bytes;
        if self.nodes > NODES_MAX || self.aliased_bytes > ALIASED_BYTES_MAX {
            return Err(format!(
                "aliases repeat more than {NODES_MAX} values or {} MiB",
                ALIASED_BYTES_MAX >> 20
            ));
        }
        let node = anchored.node.clone();
        self.attach(node)
    }

    fn add(&mut self, node: Node, anchor: usize) -> Result<(), String> {
        self.nodes += 1;
        if self.nodes > NODES_MAX {
            return Err(format!("there are more than {NODES_MAX} values"));
        }
        if anchor != 0 {
            if self.anchors.len() >= ANCHORS_MAX {
                return Err(format!("there are more than {ANCHORS_MAX} anchors"));
            }
            let (nodes, bytes) = weigh(&node);
            // The anchor keeps a copy, which counts like one that an alias makes.
            self.nodes += nodes;
            self.aliased_bytes += bytes;
            let node = node.clone();
            self.anchors.insert(anchor, Anchored { node, nodes, bytes });
        }
        self.attach(node)
    }

    fn attach(&mut self, node: Node) -> Result<(), String> {
        let Some(open) = self.open.last_mut() else {
            self.root.get_or_insert(node);
            return Ok(());
        };
        let Some(entries) = &mut open.entries else {
            open.items.push(node);
            return Ok(());
        };
        match open.name.take() {
            None => {
                let name = node.scalar().ok_or("a list or object is no name")?;
                open.name = Some(name.into());
            }
            Some(name) if &*name == MERGE => merge(node, &mut open.merged),
            Some(name) => entries.push((name, node)),
        }
        Ok(())
    }
}

/// Of several objects to merge the first counts most.
fn merge(node: Node, merged: &mut Vec<(Box<str>, Node)>) {
    match node.value {
        Value::Object(object) => merged.extend(object.into_entries()),
        Value::List(items) => items.into_iter().rev().for_each(|it| merge(it, merged)),
        _ => {}
    }
}

/// Values and bytes of text; the depth of a tree is bounded.
fn weigh(node: &Node) -> (usize, usize) {
    let sum = |(nodes, bytes), (more_nodes, more_bytes)| (nodes + more_nodes, bytes + more_bytes);
    match &node.value {
        Value::Null | Value::Bool(_) => (1, 0),
        Value::Number(text) | Value::Text(text) => (1, text.len()),
        Value::List(items) => items.iter().map(weigh).fold((1, 0), sum),
        Value::Object(object) => object
            .iter()
            .map(|(name, node)| sum((0, name.len()), weigh(node)))
            .fold((1, 0), sum),
    }
}

/// What a scalar is by the core schema of YAML 1.2. Dates stay texts.
fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Value {
    let is_text = tag.is_some_and(|it| it.is_yaml_core_schema_tag("str"));
    if style != ScalarStyle::Plain || is_text {
        return Value::Text(text.into());
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ if is_number(text) => Value::Number(text.into()),
        _ => Value::Text(text.into()),
    }
}

fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let starts = unsigned
        .strip_prefix('.')
        .unwrap_or(unsigned)
        .starts_with(|it: char| it.is_ascii_digit());
    starts && text.parse::<f64>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_have_the_types_of_the_core_schema() {
        for (text, expected) in [
            ("1", Value::Number("1".into())),
            ("-1.5e3", Value::Number("-1.5e3".into())),
            ("1.0.0", Value::Text("1.0.0".into())),
            ("'1'", Value::Text("1".into())),
            ("!!str 1", Value::Text("1".into())),
            ("2026-11-21", Value::Text("2026-11-21".into())),
            ("no", Value::Text("no".into())),
            ("infinity", Value::Text("infinity".into())),
            ("~", Value::Null),
        ] {
            assert_eq!(read(text).unwrap().value, expected, "{text}");
        }
    }

    #[test]
    fn values_know_their_lines() {
        let read = read("# first\na: 1\nb:\n  c:\n    - x\n").unwrap();
        assert_eq!(read.get("a").unwrap().line, 2);
        assert_eq!(read.get("b").unwrap().get("c").unwrap().items()[0].line, 5);
    }

    #[test]
    fn what_an_object_says_itself_outranks_what_it_merges() {
        let text = "x: &x {a: 1, b: 1}\ny: &y {b: 2, c: 2}\nz:\n  c: 3\n  <<: [*x, *y]\n";
        let read = read(text).unwrap();
        let seen = ["a", "b", "c"].map(|it| read.get("z").unwrap().get(it).unwrap().scalar());
        assert_eq!(seen, [Some("1"), Some("1"), Some("3")]);
    }

    #[test]
    fn a_bomb_of_aliases_is_refused() {
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..30 {
            let row = vec![format!("*a{}", level - 1); 10].join(", ");
            bomb = format!("{bomb}a{level}: &a{level} [{row}]\n");
        }
        let error = read(&bomb).unwrap_err();
        assert!(error.reason.contains("2000000 values"), "{}", error.reason);
        assert!(error.line < 30);
    }

    #[test]
    fn one_long_text_repeated_is_refused_too() {
        let bomb = format!(
            "a: &a {}\nb: [{}*a]\n",
            "x".repeat(1 << 20),
            "*a, ".repeat(100)
        );
        assert!(read(&bomb).unwrap_err().reason.contains("32 MiB"));
    }

    #[test]
    fn a_flood_of_anchors_is_refused() {
        let flood = (0..=ANCHORS_MAX).fold(String::new(), |all, at| all + &format!("- &a{at} x\n"));
        let error = read(&flood).unwrap_err();
        assert_eq!(error.line as usize, ANCHORS_MAX + 1);
        assert!(error.reason.contains("anchors"), "{}", error.reason);
    }

    #[test]
    fn an_alias_of_itself_is_refused() {
        assert!(read("a: &a [*a]\n").is_err());
        assert!(read("a: *b\n").is_err());
    }

    #[test]
    fn towers_are_refused() {
        assert!(read(&"[".repeat(100_000)).is_err());
        assert!(read(&"- ".repeat(100_000)).is_err());
        assert!(read(&"{a: ".repeat(100_000)).is_err());
    }
}
