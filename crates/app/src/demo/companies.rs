//! The made-up companies: one TOML file each, which this reads and checks.

use std::collections::BTreeMap;

use anyhow::Context;
use serde::Deserialize;

use super::chance::sums;
use super::template::Template;

static FILES: &[(&str, &str)] = &[
    ("shop", include_str!("companies/shop.toml")),
    ("bank", include_str!("companies/bank.toml")),
    ("clinic", include_str!("companies/clinic.toml")),
    ("freight", include_str!("companies/freight.toml")),
];

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Company {
    pub title: String,
    pub host: String,
    /// Set when the gateway names its service and API; else the host alone is known.
    pub service: Option<String>,
    pub api: Option<String>,
    /// Its share of all traffic.
    pub weight: f64,
    /// How many people and machines ever call it.
    pub callers: u32,
    /// The hour of the day (UTC) with the most traffic.
    pub peak_hour: u32,
    pub login: Login,
    pub endpoints: Vec<Endpoint>,
    #[serde(skip)]
    pub endpoint_sums: Vec<f64>,
}

/// How callers say who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Login {
    Bearer,
    Key,
    Cookie,
}

#[derive(Debug, Deserialize)]
#[serde(try_from = "Written")]
pub struct Endpoint {
    pub method: String,
    pub path: Template,
    pub query: Option<Template>,
    /// Outranks the company's.
    pub api: Option<String>,
    pub weight: f64,
    /// Median latency.
    pub latency_ms: f64,
    pub status: u16,
    /// Statuses of failures, with the share of calls that end so.
    pub fails: Vec<(u16, f64)>,
    pub request: Option<Template>,
    pub answer: Answer,
}

#[derive(Debug)]
pub enum Answer {
    Empty,
    One(Template),
    /// A list of such items.
    Items(Template),
}

/// As the file says it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    call: String,
    query: Option<String>,
    api: Option<String>,
    weight: f64,
    ms: f64,
    status: Option<u16>,
    #[serde(default)]
    fails: BTreeMap<String, f64>,
    request: Option<String>,
    answer: Option<String>,
    items: Option<String>,
}

/// All of them, checked.
pub fn companies() -> anyhow::Result<Vec<Company>> {
    FILES
        .iter()
        .map(|(name, text)| {
            let mut company: Company = toml::from_str(text)
                .with_context(|| format!("the demo company `{name}` is wrong"))?;
            company.endpoint_sums = sums(company.endpoints.iter().map(|it| it.weight));
            Ok(company)
        })
        .collect()
}

impl TryFrom<Written> for Endpoint {
    type Error = anyhow::Error;

    fn try_from(written: Written) -> anyhow::Result<Endpoint> {
        let Written {
            call,
            query,
            api,
            weight,
            ms,
            status,
            fails,
            request,
            answer,
            items,
        } = written;
        let (method, path) = call
            .split_once(' ')
            .with_context(|| format!("`{call}` is no method and path"))?;
        let template = |text: Option<String>| text.map(|it| Template::parse(&it)).transpose();
        let fails: anyhow::Result<Vec<(u16, f64)>> = fails
            .iter()
            .map(|(status, share)| Ok((status.parse()?, *share)))
            .collect();
        Ok(Endpoint {
            method: method.to_owned(),
            path: Template::parse(path)?,
            query: template(query)?,
            api,
            weight,
            latency_ms: ms,
            status: status.unwrap_or(200),
            fails: fails.with_context(|| format!("the fails of `{call}` are no statuses"))?,
            request: template(request)?,
            answer: match (answer, items) {
                (None, None) => Answer::Empty,
                (Some(one), None) => Answer::One(Template::parse(&one)?),
                (None, Some(item)) => Answer::Items(Template::parse(&item)?),
                (Some(_), Some(_)) => anyhow::bail!("`{call}` has both an answer and items"),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_company_reads_and_has_a_few_dozen_endpoints_mostly_get() {
        let companies = companies().unwrap();
        assert_eq!(companies.len(), 4);
        for company in &companies {
            assert!(
                (15..=30).contains(&company.endpoints.len()),
                "{}",
                company.title
            );
            let get: f64 = company
                .endpoints
                .iter()
                .filter(|it| it.method == "GET")
                .map(|it| it.weight)
                .sum();
            assert!(
                get > company.endpoint_sums.last().unwrap() * 0.5,
                "{}",
                company.title
            );
            assert!(company.endpoints.iter().any(|it| !it.fails.is_empty()));
        }
        assert!(
            companies.iter().any(|it| it.service.is_some())
                && companies.iter().any(|it| it.service.is_none())
        );
    }
}
