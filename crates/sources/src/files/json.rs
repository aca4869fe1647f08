//! A JSON document of a log as a tree to look things up in. What is too deep or too much is left
//! out, what senders write in place of JSON is repaired; only what is no JSON at all is an error.

use core::fmt;
use std::borrow::Cow;

use gatewatch_wire::exchange_file::repair;
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor,
};

use crate::limits::{JSON_DEPTH_MAX, JSON_VALUES_MAX};

#[derive(Clone, Debug, PartialEq)]
pub enum Json<'l> {
    Null,
    Bool(bool),
    Whole(i64),
    Number(f64),
    Text(Cow<'l, str>),
    List(Vec<Json<'l>>),
    Object(Vec<(Cow<'l, str>, Json<'l>)>),
}

/// What a document had to be helped with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Soundness {
    Sound,
    Repaired,
}

pub fn read(text: &str) -> Result<(Json<'_>, Soundness), Box<str>> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    match read_with(&mut deserializer) {
        Ok(json) => Ok((json, Soundness::Sound)),
        Err(error) if error.is_syntax() => read_repaired(text).map_err(|_| explain(&error)),
        Err(error) => Err(explain(&error)),
    }
}

fn read_repaired<'l>(text: &str) -> Result<(Json<'l>, Soundness), Box<str>> {
    let repaired = repair(text);
    let bytes = repaired.as_deref().unwrap_or(text.as_bytes());
    let json = read_with(&mut serde_json::Deserializer::from_reader(bytes));
    json.map(|it| (it, Soundness::Repaired))
        .map_err(|it| explain(&it))
}

fn read_with<'l, R: serde_json::de::Read<'l>>(
    deserializer: &mut serde_json::Deserializer<R>,
) -> Result<Json<'l>, serde_json::Error> {
    let mut left = JSON_VALUES_MAX;
    let json = Branch {
        depth: 0,
        left: &mut left,
    }
    .deserialize(&mut *deserializer)?;
    deserializer.end()?;
    Ok(json)
}

fn explain(error: &serde_json::Error) -> Box<str> {
    let text = error.to_string();
    let reason = text
        .rsplit_once(" at line ")
        .map_or(text.as_str(), |it| it.0);
    format!("it is no JSON: {reason} (column {})", error.column().max(1)).into()
}

impl<'l> Json<'l> {
    /// The member of that name, whatever its case.
    pub fn get(&self, name: &str) -> Option<&Json<'l>> {
        match self {
            Json::Object(members) => members
                .iter()
                .find(|it| it.0.eq_ignore_ascii_case(name))
                .map(|it| &it.1),
            _ => None,
        }
    }

    /// The value at `a.b.c`. A name may hold dots itself, as flattened logs have them.
    pub fn at(&self, path: &str) -> Option<&Json<'l>> {
        if let Some(whole) = self.get(path) {
            return Some(whole);
        }
        path.match_indices('.').find_map(|(dot, _)| {
            let below = self.get(&path[..dot])?;
            below.at(&path[dot + 1..])
        })
    }

    pub fn items(&self) -> &[Json<'l>] {
        match self {
            Json::List(items) => items,
            _ => &[],
        }
    }

    pub fn text(&self) -> Option<&str> {
        match self {
            Json::Text(text) => Some(text),
            _ => None,
        }
    }

    pub fn number(&self) -> Option<f64> {
        match self {
            Json::Whole(number) => Some(*number as f64),
            Json::Number(number) => Some(*number),
            Json::Text(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    /// One value as the text that says it; `None` for null, lists and objects.
    pub fn scalar(self) -> Option<Cow<'l, str>> {
        match self {
            Json::Text(text) => Some(text),
            Json::Whole(number) => Some(number.to_string().into()),
            Json::Number(number) => Some(number.to_string().into()),
            Json::Bool(it) => Some(if it { "true" } else { "false" }.into()),
            Json::Null | Json::List(_) | Json::Object(_) => None,
        }
    }

    /// Takes the member of that name out.
    pub fn take(&mut self, name: &str) -> Json<'l> {
        match self {
            Json::Object(members) => members
                .iter_mut()
                .find(|it| it.0.eq_ignore_ascii_case(name))
                .map_or(Json::Null, |it| core::mem::replace(&mut it.1, Json::Null)),
            _ => Json::Null,
        }
    }

    /// Takes the value at `a.b.c` out; see `at`.
    pub fn take_at(&mut self, path: &str) -> Json<'l> {
        match self.at_mut(path) {
            Some(found) => core::mem::replace(found, Json::Null),
            None => Json::Null,
        }
    }

    fn at_mut(&mut self, path: &str) -> Option<&mut Json<'l>> {
        if self.get(path).is_some() {
            return self.get_mut(path);
        }
        let split = path.match_indices('.').map(|it| it.0);
        let dot = split.into_iter().find(|dot| {
            self.get(&path[..*dot])
                .is_some_and(|it| it.at(&path[dot + 1..]).is_some())
        })?;
        self.get_mut(&path[..dot])?.at_mut(&path[dot + 1..])
    }

    fn get_mut(&mut self, name: &str) -> Option<&mut Json<'l>> {
        match self {
            Json::Object(members) => members
                .iter_mut()
                .find(|it| it.0.eq_ignore_ascii_case(name))
                .map(|it| &mut it.1),
            _ => None,
        }
    }
}

/// Reads one value that lies so deep; `left` counts down the values of the whole document.
struct Branch<'c> {
    depth: usize,
    left: &'c mut usize,
}

impl Branch<'_> {
    fn below(&mut self) -> Branch<'_> {
        Branch {
            depth: self.depth + 1,
            left: self.left,
        }
    }

    fn is_full(&self) -> bool {
        self.depth >= JSON_DEPTH_MAX || *self.left == 0
    }
}

impl<'l> DeserializeSeed<'l> for Branch<'_> {
    type Value = Json<'l>;

    fn deserialize<D: Deserializer<'l>>(self, from: D) -> Result<Json<'l>, D::Error> {
        *self.left = self.left.saturating_sub(1);
        if self.is_full() {
            // Skipping needs no stack, however deep it goes.
            return IgnoredAny::deserialize(from).map(|_| Json::Null);
        }
        from.deserialize_any(self)
    }
}

impl<'l> Visitor<'l> for Branch<'_> {
    type Value = Json<'l>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Json<'l>, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E: Error>(self, it: bool) -> Result<Json<'l>, E> {
        Ok(Json::Bool(it))
    }

    fn visit_i64<E: Error>(self, it: i64) -> Result<Json<'l>, E> {
        Ok(Json::Whole(it))
    }

    fn visit_u64<E: Error>(self, it: u64) -> Result<Json<'l>, E> {
        Ok(i64::try_from(it).map_or(Json::Number(it as f64), Json::Whole))
    }

    fn visit_f64<E: Error>(self, it: f64) -> Result<Json<'l>, E> {
        Ok(Json::Number(it))
    }

    fn visit_borrowed_str<E: Error>(self, it: &'l str) -> Result<Json<'l>, E> {
        Ok(Json::Text(Cow::Borrowed(it)))
    }

    fn visit_str<E: Error>(self, it: &str) -> Result<Json<'l>, E> {
        Ok(Json::Text(Cow::Owned(it.to_owned())))
    }

    fn visit_string<E: Error>(self, it: String) -> Result<Json<'l>, E> {
        Ok(Json::Text(Cow::Owned(it)))
    }

    fn visit_seq<A: SeqAccess<'l>>(mut self, mut from: A) -> Result<Json<'l>, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = from.next_element_seed(self.below())? {
            if *self.left > 0 {
                items.push(item);
            }
        }
        Ok(Json::List(items))
    }

    fn visit_map<A: MapAccess<'l>>(mut self, mut from: A) -> Result<Json<'l>, A::Error> {
        let mut members = Vec::with_capacity(MEMBERS_ROOM);
        while let Some(Name(name)) = from.next_key()? {
            let value = from.next_value_seed(self.below())?;
            if *self.left > 0 {
                members.push((name, value));
            }
        }
        Ok(Json::Object(members))
    }
}

/// Most objects of logs have fewer members.
const MEMBERS_ROOM: usize = 8;

/// The name of a member, borrowed where it has no escapes.
struct Name<'l>(Cow<'l, str>);

impl<'l> Deserialize<'l> for Name<'l> {
    fn deserialize<D: Deserializer<'l>>(from: D) -> Result<Name<'l>, D::Error> {
        from.deserialize_str(NameVisitor)
    }
}

struct NameVisitor;

impl<'l> Visitor<'l> for NameVisitor {
    type Value = Name<'l>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a member")
    }

    fn visit_borrowed_str<E: Error>(self, name: &'l str) -> Result<Name<'l>, E> {
        Ok(Name(Cow::Borrowed(name)))
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Name<'l>, E> {
        Ok(Name(Cow::Owned(name.to_owned())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sound(text: &str) -> Json<'_> {
        let (json, soundness) = read(text).unwrap();
        assert_eq!(soundness, Soundness::Sound);
        json
    }

    #[test]
    fn values_are_found_by_path_nested_or_flattened() {
        let json =
            sound(r#"{"http":{"request.method":"GET","response":{"status":200}},"url.path":"/a"}"#);
        assert_eq!(json.at("http.request.method").unwrap().text(), Some("GET"));
        assert_eq!(
            json.at("HTTP.Response.Status").unwrap().number(),
            Some(200.0)
        );
        assert_eq!(json.at("url.path").unwrap().text(), Some("/a"));
        assert_eq!(json.at("http.request.body"), None);
        let mut json = json;
        assert_eq!(
            json.take_at("http.request.method").scalar().as_deref(),
            Some("GET")
        );
        assert_eq!(json.take_at("http.request.method"), Json::Null);
    }

    #[test]
    fn what_lies_too_deep_is_left_out_and_the_rest_is_read() {
        let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
        let text = format!(
            r#"{{"deep":{deep},"objects":{}1{},"method":"GET"}}"#,
            r#"{"a":"#.repeat(5_000),
            "}".repeat(5_000)
        );
        assert_eq!(sound(&text).get("method").unwrap().text(), Some("GET"));
    }

    #[test]
    fn values_without_end_are_bounded() {
        let text = format!("[{}1]", "1,".repeat(JSON_VALUES_MAX * 2));
        assert!(sound(&text).items().len() <= JSON_VALUES_MAX);
    }

    #[test]
    fn what_senders_write_in_place_of_json_is_repaired() {
        let (json, soundness) = read(r#"{"ua":"a\x22b","n":NaN}"#).unwrap();
        assert_eq!(soundness, Soundness::Repaired);
        assert_eq!(json.get("ua").unwrap().text(), Some("a\\x22b"));
    }

    #[test]
    fn what_is_no_json_says_where() {
        let why = read("{\"a\":1").unwrap_err();
        assert!(why.starts_with("it is no JSON: EOF"), "{why}");
        assert!(why.contains("(column 6)"), "{why}");
        assert!(read("{} {}").is_err());
    }
}
