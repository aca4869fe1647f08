//! The made-up companies: one TOML file each, which this reads and checks.

use std::collections::BTreeMap;
use std::net::IpAddr;

use anyhow::Context;
use serde::Deserialize;

use super::chance::sums;
use super::credentials::Login;
use super::template::Template;
use super::tokens::Token;

static FILES: &[(&str, &str)] = &[
    ("shop", include_str!("companies/shop.toml")),
    ("bank", include_str!("companies/bank.toml")),
    ("partners", include_str!("companies/partners.toml")),
    ("clinic", include_str!("companies/clinic.toml")),
    ("freight", include_str!("companies/freight.toml")),
    ("graph", include_str!("companies/graph.toml")),
    ("claims", include_str!("companies/claims.toml")),
    ("agents", include_str!("companies/agents.toml")),
];

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Company {
    /// The name of its file.
    #[serde(skip)]
    pub key: &'static str,
    pub title: String,
    pub host: String,
    #[serde(default = "https")]
    pub scheme: String,
    #[serde(default = "http_2")]
    pub protocol: String,
    /// Set when the gateway names its service and API; else the host alone is known.
    pub service: Option<String>,
    pub api: Option<String>,
    /// Its share of all traffic.
    pub weight: f64,
    /// How many people and machines ever call it.
    pub callers: u32,
    /// The share of them inside the organisation's networks.
    #[serde(default)]
    pub internal: f64,
    /// What stands before it: all calls come from there and name the caller in a header.
    pub proxy: Option<IpAddr>,
    /// The hour of the day (UTC) with the most traffic.
    pub peak_hour: u32,
    pub login: Login,
    #[serde(default)]
    pub token: Token,
    /// What the gateway says that it checked.
    pub checked: Option<Vec<String>>,
    pub endpoints: Vec<Endpoint>,
    #[serde(skip)]
    pub endpoint_sums: Vec<f64>,
}

#[derive(Debug, Deserialize)]
#[serde(try_from = "Written")]
pub struct Endpoint {
    pub method: String,
    pub path: Template,
    pub query: Option<Template>,
    /// Outranks the company's; so below.
    pub api: Option<String>,
    pub login: Option<Login>,
    /// How often, beside the others; in an attack, how many times.
    pub weight: f64,
    /// Median latency.
    pub latency_ms: f64,
    pub status: u16,
    /// Statuses of failures, with the share of calls that end so.
    pub fails: Vec<(u16, f64)>,
    pub request: Option<Template>,
    pub request_headers: Vec<(String, Template)>,
    pub request_type: Option<String>,
    pub answer: Answer,
    pub answer_headers: Vec<(String, Template)>,
    pub answer_type: Option<String>,
}

#[derive(Debug)]
pub enum Answer {
    Empty,
    One(Template),
    /// A list of such items, at most so many.
    Items(Template, u64),
}

/// As the file says it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    call: String,
    query: Option<String>,
    api: Option<String>,
    login: Option<Login>,
    #[serde(alias = "times")]
    weight: f64,
    ms: f64,
    status: Option<u16>,
    #[serde(default)]
    fails: BTreeMap<String, f64>,
    request: Option<String>,
    #[serde(default)]
    request_headers: BTreeMap<String, String>,
    request_type: Option<String>,
    answer: Option<String>,
    items: Option<String>,
    items_max: Option<u64>,
    #[serde(default)]
    answer_headers: BTreeMap<String, String>,
    answer_type: Option<String>,
}

const ITEMS_MAX: u64 = 12;

/// All of them, checked.
pub fn companies() -> anyhow::Result<Vec<Company>> {
    FILES
        .iter()
        .map(|(name, text)| {
            let mut company: Company = toml::from_str(text)
                .with_context(|| format!("the demo company `{name}` is wrong"))?;
            company.key = name;
            company.endpoint_sums = sums(company.endpoints.iter().map(|it| it.weight));
            Ok(company)
        })
        .collect()
}

fn https() -> String {
    "https".to_owned()
}

fn http_2() -> String {
    "HTTP/2".to_owned()
}

impl TryFrom<Written> for Endpoint {
    type Error = anyhow::Error;

    fn try_from(written: Written) -> anyhow::Result<Endpoint> {
        let Written {
            call,
            query,
            api,
            login,
            weight,
            ms,
            status,
            fails,
            request,
            request_headers,
            request_type,
            answer,
            items,
            items_max,
            answer_headers,
            answer_type,
        } = written;
        let (method, path) = call
            .split_once(' ')
            .with_context(|| format!("`{call}` is no method and path"))?;
        let template = |text: Option<String>| text.map(Template::try_from).transpose();
        let fails: anyhow::Result<Vec<(u16, f64)>> = fails
            .iter()
            .map(|(status, share)| Ok((status.parse()?, *share)))
            .collect();
        Ok(Endpoint {
            method: method.to_owned(),
            path: Template::parse(path)?,
            query: template(query)?,
            api,
            login,
            weight,
            latency_ms: ms,
            status: status.unwrap_or(200),
            fails: fails.with_context(|| format!("the fails of `{call}` are no statuses"))?,
            request: template(request)?,
            request_headers: headers(request_headers)?,
            request_type,
            answer: match (answer, items) {
                (None, None) => Answer::Empty,
                (Some(one), None) => Answer::One(Template::parse(&one)?),
                (None, Some(item)) => {
                    Answer::Items(Template::parse(&item)?, items_max.unwrap_or(ITEMS_MAX))
                }
                (Some(_), Some(_)) => anyhow::bail!("`{call}` has both an answer and items"),
            },
            answer_headers: headers(answer_headers)?,
            answer_type,
        })
    }
}

fn headers(written: BTreeMap<String, String>) -> anyhow::Result<Vec<(String, Template)>> {
    written
        .into_iter()
        .map(|(name, value)| Ok((name, Template::parse(&value)?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_company_reads_and_some_of_its_calls_fail() {
        let companies = companies().unwrap();
        assert_eq!(companies.len(), FILES.len());
        for company in &companies {
            assert!(
                (5..=45).contains(&company.endpoints.len()),
                "{}: {}",
                company.title,
                company.endpoints.len()
            );
            assert!(company.endpoints.iter().any(|it| !it.fails.is_empty()));
        }
        assert!(
            companies.iter().any(|it| it.service.is_some())
                && companies.iter().any(|it| it.service.is_none())
        );
    }

    #[test]
    fn every_way_to_say_who_one_is_occurs() {
        let companies = companies().unwrap();
        let seen: Vec<Login> = companies
            .iter()
            .flat_map(|company| {
                let own = company.endpoints.iter().filter_map(|it| it.login);
                own.chain([company.login])
            })
            .collect();
        for login in [
            Login::None,
            Login::Bearer,
            Login::Jwt,
            Login::Basic,
            Login::KeyHeader,
            Login::KeyQuery,
            Login::Subscription,
            Login::Certificate,
            Login::Cookie,
            Login::Signature,
        ] {
            assert!(seen.contains(&login), "{login:?}");
        }
        let algorithms = companies.iter().map(|it| it.token.algorithm.as_str());
        let algorithms: std::collections::BTreeSet<&str> = algorithms.collect();
        assert!(algorithms.len() >= 3, "{algorithms:?}");
    }
}
