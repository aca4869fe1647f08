//! Where the JSON lines of a log hold what an exchange is made of. The mappings we ship are files
//! in `catalogue/log-formats`; a user's own are written the same way, or row by row.

use std::sync::LazyLock;

use gatewatch_model::exchange::{Headers, Text};
use serde::Deserialize;

use crate::draft::{Draft, Heads, MEMBERS, Member};
use crate::files::json::Json;

/// Mappings of a file and of the command line.
const ROWS_MAX: usize = 256;

macro_rules! shipped {
    ($($name:literal,)*) => {
        &[$(($name, include_str!(concat!("../../../catalogue/log-formats/", $name, ".toml"))),)*]
    };
}

/// In the order in which a log is asked whether it is one; the vaguest last.
static FILES: &[(&str, &str)] = shipped![
    "ecs",
    "azure-api-management",
    "envoy",
    "kong",
    "traefik",
    "caddy",
    "pino-http",
    "google-load-balancer",
    "aws-load-balancer",
    "aws-api-gateway",
    "nginx-json",
    "plain-json",
];

/// Every mapping that is shipped. A test reads each, so none is ever missing here.
pub static SHIPPED: LazyLock<Vec<Mapping>> = LazyLock::new(|| {
    FILES
        .iter()
        .filter_map(|it| Mapping::read(it.1).ok())
        .collect()
});

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mapping {
    pub id: Box<str>,
    pub title: Box<str>,
    /// All must be there in a line that is of this mapping.
    marks: Vec<Mark>,
    rows: Vec<Row>,
    heads: Heads,
}

/// One of several places, with the value that must stand there or with any.
#[derive(Clone, Debug, PartialEq)]
struct Mark(Vec<(Box<str>, Option<Box<str>>)>);

#[derive(Clone, Debug, PartialEq)]
struct Row {
    target: Target,
    /// The first that is there is taken.
    paths: Vec<Box<str>>,
}

/// What a value is read into.
#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    Member(Member),
    RequestHeader(Box<str>),
    ResponseHeader(Box<str>),
    RequestHeaders,
    ResponseHeaders,
}

#[derive(Debug, thiserror::Error)]
pub enum MappingError {
    #[error(
        "`{row}` is no mapping; write what is wanted and where it is, such as `request.url=http.url`"
    )]
    NoRow { row: String },
    #[error(
        "nothing is named `{name}`; there are: {}, request.headers, response.headers and one header as request.headers.NAME",
        names()
    )]
    UnknownMember { name: String },
    #[error("the mapping has more than {rows_max} rows")]
    TooLong { rows_max: usize },
    #[error("the mapping is no TOML of the kind that is read: {why}")]
    Wrong { why: String },
}

fn names() -> String {
    MEMBERS.iter().map(|it| it.0).collect::<Vec<_>>().join(", ")
}

/// A mapping as its file has it.
#[derive(Deserialize)]
struct File {
    #[serde(default)]
    id: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    marks: Vec<String>,
    /// Whether the list of headers is all that was sent, or only some are written down.
    #[serde(default)]
    all_headers: bool,
    map: toml::Table,
}

impl Mapping {
    pub fn read(text: &str) -> Result<Mapping, MappingError> {
        let wrong = |why: String| MappingError::Wrong { why };
        let File {
            id,
            title,
            marks,
            all_headers,
            map,
        } = toml::from_str(text).map_err(|it| wrong(it.message().to_owned()))?;
        let mut mapping = Mapping {
            id: id.into(),
            title: title.into(),
            marks: marks.iter().map(|it| Mark::read(it)).collect(),
            rows: Vec::new(),
            heads: if all_headers {
                Heads::All
            } else {
                Heads::Named
            },
        };
        for (name, places) in map {
            let paths: Option<Vec<_>> = match places {
                toml::Value::String(path) => Some(vec![path.into()]),
                toml::Value::Array(paths) => {
                    paths.iter().map(|it| it.as_str().map(Into::into)).collect()
                }
                _ => None,
            };
            let paths =
                paths.ok_or_else(|| wrong(format!("`{name}` wants a path or a list of paths")))?;
            mapping.push(Target::of_name(&name)?, paths)?;
        }
        Ok(mapping)
    }

    /// Adds `request.url=http.url`; it outranks what is there for the same member.
    pub fn add(&mut self, row: &str) -> Result<(), MappingError> {
        let (name, path) = row
            .split_once('=')
            .map(|(name, path)| (name.trim(), path.trim()))
            .filter(|it| !it.1.is_empty())
            .ok_or_else(|| MappingError::NoRow { row: row.into() })?;
        let target = Target::of_name(name)?;
        match self.rows.iter_mut().find(|it| it.target == target) {
            Some(row) => row.paths.insert(0, path.into()),
            None => self.push(target, vec![path.into()])?,
        }
        Ok(())
    }

    /// This mapping, with the rows of `over` before its own.
    pub fn under(&self, over: &Mapping) -> Mapping {
        let mut both = self.clone();
        for row in &over.rows {
            both.rows.retain(|it| it.target != row.target);
            both.rows.push(row.clone());
        }
        both
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Whether a line is of this mapping, as far as its marks tell.
    pub fn fits(&self, line: &Json<'_>) -> bool {
        self.marks.iter().all(|it| it.fits(line))
    }

    /// Takes what is mapped out of a line.
    pub fn draft<'l>(&self, mut line: Json<'l>) -> Draft<'l> {
        let mut draft = Draft::default();
        for Row { target, paths } in &self.rows {
            match target {
                Target::RequestHeaders | Target::ResponseHeaders => {
                    let headers = paths.iter().find_map(|it| headers(line.take_at(it)));
                    if let Some(headers) = headers {
                        self.take_headers(&mut draft, target, headers);
                    }
                }
                Target::RequestHeader(name) => {
                    let there = paths.iter().any(|it| line.at(it).is_some());
                    let value = paths.iter().find_map(|it| take(&mut line, it));
                    if there {
                        draft.take_request_header(name.to_string().into(), value);
                    }
                }
                Target::ResponseHeader(name) => {
                    let value = paths.iter().find_map(|it| take(&mut line, it));
                    draft.take_response_header(name.to_string().into(), value);
                }
                Target::Member(member) => {
                    if let Some(text) = paths.iter().find_map(|it| take(&mut line, it)) {
                        draft.take(*member, text);
                    }
                }
            }
        }
        draft
    }

    fn take_headers<'l>(&self, draft: &mut Draft<'l>, target: &Target, headers: Headers<'l>) {
        match (target, self.heads) {
            (Target::ResponseHeaders, _) => draft.take_response_headers(headers),
            (_, Heads::All) => draft.take_request_headers(headers),
            (_, Heads::Named) => {
                for (name, value) in headers {
                    draft.take_request_header(name, Some(value));
                }
            }
        }
    }

    fn push(&mut self, target: Target, paths: Vec<Box<str>>) -> Result<(), MappingError> {
        if self.rows.len() == ROWS_MAX {
            return Err(MappingError::TooLong { rows_max: ROWS_MAX });
        }
        self.rows.push(Row { target, paths });
        Ok(())
    }
}

impl Target {
    pub fn of_name(name: &str) -> Result<Target, MappingError> {
        let header = |of: &str| {
            name.strip_prefix(of)
                .filter(|it| !it.is_empty())
                .map(Into::into)
        };
        let known = match name {
            "request.headers" => Some(Target::RequestHeaders),
            "response.headers" => Some(Target::ResponseHeaders),
            _ => MEMBERS
                .iter()
                .find(|it| it.0 == name)
                .map(|it| Target::Member(it.1))
                .or_else(|| header("request.headers.").map(Target::RequestHeader))
                .or_else(|| header("response.headers.").map(Target::ResponseHeader)),
        };
        known.ok_or_else(|| MappingError::UnknownMember { name: name.into() })
    }
}

impl Mark {
    /// `a.b|c=value`.
    fn read(text: &str) -> Mark {
        let places = text.split('|').map(|it| match it.split_once('=') {
            Some((path, value)) => (path.into(), Some(value.into())),
            None => (it.into(), None),
        });
        Mark(places.collect())
    }

    fn fits(&self, line: &Json<'_>) -> bool {
        self.0
            .iter()
            .any(|(path, value)| match (line.at(path), value) {
                (Some(found), Some(value)) => found
                    .text()
                    .is_some_and(|it| it.eq_ignore_ascii_case(value)),
                (Some(Json::Null) | None, _) => false,
                (Some(_), None) => true,
            })
    }
}

/// The text at a path; one that ends in `/*` means what follows the last slash of it.
fn take<'l>(line: &mut Json<'l>, path: &str) -> Option<Text<'l>> {
    let Some(path) = path.strip_suffix("/*") else {
        return line.take_at(path).scalar().filter(|it| !it.is_empty());
    };
    let text = line.take_at(path).scalar()?;
    let last = text.rsplit('/').next()?.to_owned();
    (!last.is_empty()).then_some(last.into())
}

/// An object of names with a value or a list of values each, or a list of pairs.
fn headers(json: Json<'_>) -> Option<Headers<'_>> {
    let mut headers = Vec::new();
    match json {
        Json::Object(members) => {
            for (name, value) in members {
                match value {
                    Json::List(values) => {
                        let values = values.into_iter().filter_map(Json::scalar);
                        headers.extend(values.map(|it| (name.clone(), it)));
                    }
                    value => headers.extend(value.scalar().map(|it| (name, it))),
                }
            }
        }
        Json::List(pairs) => headers.extend(pairs.into_iter().filter_map(pair)),
        _ => return None,
    }
    Some(headers)
}

/// `["name", "value"]` or `{"name": …, "value": …}`.
fn pair(json: Json<'_>) -> Option<(Text<'_>, Text<'_>)> {
    match json {
        Json::List(pair) => {
            let [name, value] = <[Json<'_>; 2]>::try_from(pair).ok()?;
            Some((name.scalar()?, value.scalar()?))
        }
        mut pair => Some((pair.take("name").scalar()?, pair.take("value").scalar()?)),
    }
}

#[cfg(test)]
mod tests;
