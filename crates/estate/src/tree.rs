//! A document as a tree of values that know their lines, whatever it was written in.

mod json;
mod yaml;

pub(crate) use json::read as read_json;
pub(crate) use yaml::read as read_yaml;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    /// Counted from 1, of where it ends in JSON and where it begins in YAML.
    pub line: u32,
    pub value: Value,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    /// As it is written.
    Number(Box<str>),
    Text(Box<str>),
    List(Vec<Node>),
    Object(Object),
}

/// Members in the order of the document; of two with one name the later one counts.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Object {
    entries: Vec<(Box<str>, Node)>,
    /// Positions in `entries`, sorted by name.
    by_name: Vec<u32>,
}

/// Why a text is no tree.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TreeError {
    pub line: u32,
    pub reason: String,
}

impl Object {
    pub(crate) fn new(mut entries: Vec<(Box<str>, Node)>) -> Object {
        let mut by_name = sorted(&entries);
        let twice = by_name
            .windows(2)
            .any(|it| entries[it[0] as usize].0 == entries[it[1] as usize].0);
        if twice {
            let mut last = vec![false; entries.len()];
            for pair in by_name.chunk_by(|a, b| entries[*a as usize].0 == entries[*b as usize].0) {
                if let Some(at) = pair.last() {
                    last[*at as usize] = true;
                }
            }
            let mut last = last.into_iter();
            entries.retain(|_| last.next() == Some(true));
            by_name = sorted(&entries);
        }
        Object { entries, by_name }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Node> {
        let found = self
            .by_name
            .binary_search_by(|at| self.entries[*at as usize].0.as_ref().cmp(name))
            .ok()?;
        Some(&self.entries[self.by_name[found] as usize].1)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Node)> {
        self.entries.iter().map(|(name, node)| (&**name, node))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(crate) fn into_entries(self) -> Vec<(Box<str>, Node)> {
        self.entries
    }
}

/// Equal names stay in the order of the document: the sort is stable.
fn sorted(entries: &[(Box<str>, Node)]) -> Vec<u32> {
    let mut by_name = (0..entries.len() as u32).collect::<Vec<_>>();
    by_name.sort_by(|a, b| entries[*a as usize].0.cmp(&entries[*b as usize].0));
    by_name
}

impl Node {
    pub(crate) fn get(&self, name: &str) -> Option<&Node> {
        self.object()?.get(name)
    }

    pub(crate) fn object(&self) -> Option<&Object> {
        match &self.value {
            Value::Object(object) => Some(object),
            _ => None,
        }
    }

    /// The members of an object; nothing of anything else.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&str, &Node)> {
        self.object().into_iter().flat_map(Object::iter)
    }

    /// The items of a list; nothing of anything else.
    pub(crate) fn items(&self) -> &[Node] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    pub(crate) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The text of a member, or nothing.
    pub(crate) fn text_of(&self, name: &str) -> &str {
        self.get(name).and_then(Node::text).unwrap_or_default()
    }

    /// A value that is neither list nor object, as it would be written.
    pub(crate) fn scalar(&self) -> Option<&str> {
        match &self.value {
            Value::Null => Some("null"),
            Value::Bool(true) => Some("true"),
            Value::Bool(false) => Some("false"),
            Value::Number(text) | Value::Text(text) => Some(text),
            Value::List(_) | Value::Object(_) => None,
        }
    }

    pub(crate) fn is_true(&self) -> bool {
        self.value == Value::Bool(true)
    }

    /// Whether the member is there and true.
    pub(crate) fn says(&self, name: &str) -> bool {
        self.get(name).is_some_and(Node::is_true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Node {
        Node {
            line: 1,
            value: Value::Number(text.into()),
        }
    }

    #[test]
    fn of_two_members_with_one_name_the_later_counts() {
        let entries = [("b", "1"), ("a", "2"), ("b", "3")];
        let object = Object::new(
            entries
                .into_iter()
                .map(|(name, text)| (name.into(), number(text)))
                .collect(),
        );
        let seen = object.iter().map(|(name, node)| (name, node.scalar()));
        assert_eq!(
            seen.collect::<Vec<_>>(),
            [("a", Some("2")), ("b", Some("3"))]
        );
        assert_eq!(object.get("b"), Some(&number("3")));
        assert_eq!(object.get("c"), None);
    }

    #[test]
    fn json_and_yaml_give_one_tree() {
        let json = br#"{"a": [1, true, null, "x"], "b": {"200": "y"}}"#;
        let yaml = "a: [1, true, ~, x]\nb:\n  200: y\n";
        let (json, yaml) = (read_json(json).unwrap(), read_yaml(yaml).unwrap());
        let texts = |node: &Node| {
            let list = node.get("a").unwrap().items().to_vec();
            let list = list.into_iter().map(|it| it.value).collect::<Vec<_>>();
            (list, node.get("b").unwrap().text_of("200").to_owned())
        };
        assert_eq!(texts(&json), texts(&yaml));
    }
}
