//! What a request asks for: its query, read against the parameters of its route. What a route
//! does not name is refused, so that a misspelt filter never answers with everything.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use gatewatch_model::origin::Country;
use gatewatch_model::{CollectionId, Partition, Position, Timestamp};

use crate::problem::{BAD_PARAMETER, BROKEN, Problem};

const POSITIONS_MAX: usize = 256;

/// A query parameter of a route.
pub(crate) struct Param {
    pub name: &'static str,
    pub what: &'static str,
    pub kind: ParamKind,
}

pub(crate) enum ParamKind {
    Text {
        characters_max: usize,
    },
    Whole {
        min: u64,
        max: u64,
        default: u64,
    },
    Time,
    /// The names it may have.
    Choice(fn() -> Vec<&'static str>),
    Collection,
    /// `404`, or `5xx` for all of a class.
    Status,
    /// `DE`: two letters of ISO 3166.
    Country,
    /// `3:1234,5:99`: positions of partitions.
    Positions,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Value {
    Text(Box<str>),
    Whole(u64),
    Time(Timestamp),
    Choice(&'static str),
    Collection(CollectionId),
    Status(u16),
    Country(Country),
    Positions(Vec<(Partition, Position)>),
}

/// The query of a request, each value of the kind that its route says.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    values: Vec<(&'static str, Value)>,
    /// So many of them were asked for; after those come the defaults of the route.
    given: usize,
}

macro_rules! getter {
    ($name:ident, $kind:ident, $type:ty) => {
        pub fn $name(&self, name: &str) -> Option<$type> {
            self.values.iter().find_map(|(key, value)| match value {
                Value::$kind(it) if *key == name => Some(it.clone()),
                _ => None,
            })
        }
    };
}

impl Asked {
    getter!(text, Text, Box<str>);
    getter!(time, Time, Timestamp);
    getter!(collection, Collection, CollectionId);
    getter!(status, Status, u16);
    getter!(country, Country, Country);
    getter!(positions, Positions, Vec<(Partition, Position)>);
    getter!(choice, Choice, &'static str);

    /// Numbers always have a value: the one asked for or the default of the route.
    pub fn whole(&self, name: &str) -> u64 {
        self.values
            .iter()
            .find_map(|(key, value)| match value {
                Value::Whole(it) if *key == name => Some(*it),
                _ => None,
            })
            .unwrap_or_default()
    }

    /// Whether the request says it itself.
    pub fn is_given(&self, name: &str) -> bool {
        self.values[..self.given].iter().any(|it| it.0 == name)
    }

    pub fn read(query: &str, params: &'static [Param]) -> Result<Asked, Problem> {
        let mut values: Vec<(&'static str, Value)> = Vec::new();
        // Bounded by itself: each name once, and only names of the route.
        for (name, text) in form_urlencoded::parse(query.as_bytes()) {
            let param = params
                .iter()
                .find(|it| it.name == name)
                .ok_or_else(|| unknown(&name, params))?;
            if values.iter().any(|it| it.0 == param.name) {
                return Err(refuse(format!("`{}` is given more than once", param.name)));
            }
            let value = param
                .kind
                .read(&text)
                .map_err(|why| refuse(format!("`{}` {why}", param.name)))?;
            values.push((param.name, value));
        }
        let given = values.len();
        for param in params {
            if let ParamKind::Whole { default, .. } = param.kind
                && values.iter().all(|it| it.0 != param.name)
            {
                values.push((param.name, Value::Whole(default)));
            }
        }
        Ok(Asked { values, given })
    }
}

impl ParamKind {
    fn read(&self, text: &str) -> Result<Value, String> {
        match self {
            ParamKind::Text { characters_max } => read_text(text, *characters_max),
            ParamKind::Whole {
                min,
                max,
                default: _,
            } => read_whole(text, *min, *max),
            ParamKind::Time => Timestamp::parse(text)
                .map(Value::Time)
                .ok_or("is a time of RFC 3339, such as `2026-11-21T08:00:00Z`".into()),
            ParamKind::Choice(names) => read_choice(text, &names()),
            ParamKind::Collection => CollectionId::parse(text)
                .map(Value::Collection)
                .ok_or("is the id of a collection: 32 hexadecimal digits".into()),
            ParamKind::Status => read_status(text),
            ParamKind::Country => Country::parse(&text.to_ascii_uppercase())
                .map(Value::Country)
                .ok_or("is a country in two letters of ISO 3166, such as `DE`".into()),
            ParamKind::Positions => read_positions(text),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Asked {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Asked, Problem> {
        parts
            .extensions
            .remove::<Asked>()
            .ok_or_else(|| Problem::new(&BROKEN, "the query was not read"))
    }
}

fn read_text(text: &str, characters_max: usize) -> Result<Value, String> {
    if text.is_empty() || text.chars().count() > characters_max {
        return Err(format!("has 1 to {characters_max} characters"));
    }
    Ok(Value::Text(text.into()))
}

fn read_whole(text: &str, min: u64, max: u64) -> Result<Value, String> {
    text.parse()
        .ok()
        .filter(|it| (min..=max).contains(it))
        .map(Value::Whole)
        .ok_or(format!("is a whole number from {min} to {max}"))
}

fn read_choice(text: &str, names: &[&'static str]) -> Result<Value, String> {
    names
        .iter()
        .find(|it| **it == text)
        .map(|it| Value::Choice(it))
        .ok_or_else(|| {
            format!(
                "is one of {}; {}",
                names.join(", "),
                nearest(text, names.iter().copied())
            )
        })
}

fn read_status(text: &str) -> Result<Value, String> {
    let class = text
        .strip_suffix("xx")
        .and_then(|it| it.parse().ok())
        .filter(|it| (1..=5).contains(it));
    let status = text.parse().ok().filter(|it| (100..=599).contains(it));
    class
        .or(status)
        .map(Value::Status)
        .ok_or("is a status such as `404`, or a class such as `5xx`".into())
}

fn read_positions(text: &str) -> Result<Value, String> {
    let read = |it: &str| {
        let (partition, position) = it.split_once(':')?;
        Some((
            Partition(partition.parse().ok()?),
            Position(position.parse().ok()?),
        ))
    };
    text.split(',')
        .map(read)
        .collect::<Option<Vec<_>>>()
        .filter(|it| it.len() <= POSITIONS_MAX)
        .map(Value::Positions)
        .ok_or(format!(
            "is a list of `partition:position`, such as `3:1234,5:99`, of at most {POSITIONS_MAX}"
        ))
}

fn unknown(name: &str, params: &[Param]) -> Problem {
    if params.is_empty() {
        return refuse("this address takes no parameters");
    }
    let names: Vec<_> = params.iter().map(|it| it.name).collect();
    let shown: String = name.chars().take(50).collect();
    let near = nearest(&shown, names.iter().copied());
    refuse(format!(
        "there is no parameter `{shown}`; {near}; there are: {}",
        names.join(", ")
    ))
}

fn nearest<'n>(text: &str, names: impl Iterator<Item = &'n str>) -> String {
    let shown: String = text.chars().take(50).collect();
    names
        .max_by(|a, b| strsim::jaro_winkler(&shown, a).total_cmp(&strsim::jaro_winkler(&shown, b)))
        .map_or_else(String::new, |it| format!("the nearest is `{it}`"))
}

pub(crate) fn refuse(detail: impl Into<String>) -> Problem {
    Problem::new(&BAD_PARAMETER, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    static PARAMS: &[Param] = &[
        Param {
            name: "search",
            what: "",
            kind: ParamKind::Text { characters_max: 5 },
        },
        Param {
            name: "limit",
            what: "",
            kind: ParamKind::Whole {
                min: 1,
                max: 1_000,
                default: 100,
            },
        },
        Param {
            name: "sort",
            what: "",
            kind: ParamKind::Choice(|| vec!["calls", "template"]),
        },
        Param {
            name: "status",
            what: "",
            kind: ParamKind::Status,
        },
        Param {
            name: "from_country",
            what: "",
            kind: ParamKind::Country,
        },
        Param {
            name: "after",
            what: "",
            kind: ParamKind::Time,
        },
        Param {
            name: "wait",
            what: "",
            kind: ParamKind::Positions,
        },
    ];

    fn detail(query: &str) -> String {
        Asked::read(query, PARAMS).unwrap_err().detail
    }

    #[test]
    fn values_come_out_as_their_kind() {
        let asked = Asked::read("search=a%20b&status=5xx&sort=calls&wait=3:9,1:2", PARAMS).unwrap();
        assert_eq!(asked.text("search").as_deref(), Some("a b"));
        assert_eq!(asked.status("status"), Some(5));
        assert_eq!(asked.choice("sort"), Some("calls"));
        assert_eq!(asked.whole("limit"), 100);
        assert_eq!(asked.time("after"), None);
        let lower = Asked::read("from_country=de", PARAMS).unwrap();
        assert_eq!(lower.country("from_country"), Country::parse("DE"));
        let positions = vec![(Partition(3), Position(9)), (Partition(1), Position(2))];
        assert_eq!(asked.positions("wait"), Some(positions));
    }

    #[test]
    fn a_misspelt_name_is_told_the_nearest() {
        assert!(
            detail("serch=x").contains("`search`"),
            "{}",
            detail("serch=x")
        );
        assert!(detail("sort=template_").contains("the nearest is `template`"));
    }

    #[test]
    fn values_outside_their_kind_are_refused() {
        for query in [
            "search=",
            "search=abcdef",
            "limit=0",
            "limit=1001",
            "limit=-1",
            "status=6xx",
            "status=99",
            "after=yesterday",
            "from_country=Germany",
            "from_country=D1",
            "from_country=",
            "wait=3",
            "wait=",
            "limit=1&limit=2",
        ] {
            assert!(Asked::read(query, PARAMS).is_err(), "{query}");
        }
    }

    #[test]
    fn a_thousand_parameters_are_not_read() {
        assert!(detail(&"limit=1&".repeat(1_000)).contains("more than once"));
    }
}
