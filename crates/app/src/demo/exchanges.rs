//! Makes one exchange of a call: what is asked, how it went, and what a gateway saw of it.

use std::fmt::Write as _;

use gatewatch_model::exchange::{Auth, Body, Headers, Request, Response, Text, Tls};
use gatewatch_model::{Exchange, Timestamp};

use super::callers::Person;
use super::chance::Chance;
use super::companies::{Answer, Company, Endpoint};
use super::credentials::{Login, present};
use super::oddities::Oddity;
use super::template::{Setting, Template};
use super::values::Kind;

/// Share of calls that fail for no reason of the caller.
const BREAKS: f64 = 0.003;

/// Who calls what, and when.
#[derive(Clone, Copy)]
pub struct Call<'c> {
    pub company: &'c Company,
    pub endpoint: &'c Endpoint,
    pub person: &'c Person,
    pub at: Timestamp,
    /// How many of its kind went before.
    pub step: u64,
}

/// What the path of a request named.
pub type Named = Vec<(Kind, String)>;

impl Call<'_> {
    /// `named` is what the caller's last request named, and then what this one did.
    pub fn exchange(&self, named: &mut Named, chance: &mut Chance) -> Exchange<'static> {
        let (company, endpoint) = (self.company, self.endpoint);
        let again = std::mem::take(named);
        let mut setting = Setting {
            chance,
            at: self.at,
            named,
            step: self.step,
            token: &company.token,
        };
        let login = endpoint.login.unwrap_or(company.login);
        let presented = present(login, &company.token, self.person, self.at);
        let mut url = format!("{}://{}", company.scheme, company.host);
        endpoint.path.fill_path(&mut setting, &again, &mut url);
        let query = endpoint.query.as_ref().map(|it| afresh(it, &mut setting));
        for (at, query) in query.into_iter().chain(presented.query).enumerate() {
            url.push(if at == 0 { '?' } else { '&' });
            url.push_str(&query);
        }
        let mut headers = self.headers(&mut setting);
        headers.extend(presented.headers);
        let request = self.request(url, headers, &mut setting);
        let response = self.response(&mut setting);
        Exchange {
            api: name(endpoint.api.as_ref().or(company.api.as_ref())),
            principal: self.principal(login),
            request,
            response: Some(response),
            tls: tls(company, presented.certificate),
            auth: auth(company, login),
            ..observed(company, self.person, self.at)
        }
    }

    fn headers(&self, setting: &mut Setting<'_>) -> Headers<'static> {
        let mut headers: Headers<'static> = vec![("host".into(), self.company.host.clone().into())];
        let said = |name: &str| self.endpoint.request_headers.iter().any(|it| it.0 == name);
        if !said("user-agent") {
            headers.push(("user-agent".into(), self.person.agent.clone()));
        }
        if !said("accept") {
            headers.push(("accept".into(), "application/json".into()));
        }
        headers.extend(filled_headers(&self.endpoint.request_headers, setting));
        if let Some(proxy) = self.company.proxy {
            let chain = format!("{}, {proxy}", self.person.address);
            headers.push(("x-forwarded-for".into(), chain.into()));
            headers.push((
                "x-forwarded-proto".into(),
                self.company.scheme.clone().into(),
            ));
        }
        headers
    }

    fn request(
        &self,
        url: String,
        mut headers: Headers<'static>,
        setting: &mut Setting<'_>,
    ) -> Request<'static> {
        let text = self.endpoint.request.as_ref().map(|it| filled(it, setting));
        if let Some(text) = &text {
            let kind = self.endpoint.request_type.as_deref();
            let kind = kind.unwrap_or_else(|| content_type(text)).to_owned();
            headers.push(("content-type".into(), kind.into()));
        }
        Request {
            method: self.endpoint.method.clone().into(),
            url: url.into(),
            headers: Some(headers),
            body: text.map(body),
        }
    }

    fn response(&self, setting: &mut Setting<'_>) -> Response<'static> {
        let endpoint = self.endpoint;
        let status = status(endpoint, setting.chance);
        let well = status == endpoint.status;
        let text = if well {
            answer(&endpoint.answer, setting)
        } else {
            format!("{{\"type\":\"about:blank\",\"status\":{status}}}")
        };
        let kind = endpoint.answer_type.as_deref().filter(|_| well);
        let kind = kind.unwrap_or_else(|| content_type(&text)).to_owned();
        let mut headers = vec![("content-type".into(), kind.into())];
        headers.extend(filled_headers(&endpoint.answer_headers, setting));
        Response {
            status: Some(status),
            headers: Some(headers),
            body: Some(body(text)),
            latency_micros: Some(latency(endpoint.latency_ms, status, setting.chance)),
        }
    }

    /// Where nobody is asked, nobody is known.
    fn principal(&self, login: Login) -> Option<Text<'static>> {
        (login != Login::None).then(|| self.person.principal.clone().into())
    }
}

/// What came in from somebody who is not a caller of that company.
pub fn odd(
    company: &Company,
    person: &Person,
    odd: Oddity,
    chance: &mut Chance,
    at: Timestamp,
) -> Exchange<'static> {
    Exchange {
        api: name(company.api.as_ref()),
        request: Request {
            method: odd.method.into(),
            url: odd.url.into(),
            headers: Some(vec![("user-agent".into(), odd.agent.into())]),
            body: Some(body(odd.body.to_owned())),
        },
        response: Some(Response {
            status: Some(odd.status),
            headers: Some(Vec::new()),
            body: Some(body(String::new())),
            latency_micros: Some(latency(3.0, odd.status, chance)),
        }),
        tls: tls(company, None),
        ..observed(company, person, at)
    }
}

/// What a gateway knows of any exchange. Behind a proxy it sees the proxy.
fn observed(company: &Company, person: &Person, at: Timestamp) -> Exchange<'static> {
    Exchange {
        at: Some(at),
        service: name(company.service.as_ref()),
        caller_ip: company.proxy.is_none().then_some(person.address),
        peer_ip: company.proxy,
        protocol: Some(company.protocol.clone().into()),
        ..Exchange::default()
    }
}

fn name(text: Option<&String>) -> Option<Text<'static>> {
    text.map(|it| it.clone().into())
}

fn tls(company: &Company, certificate: Option<String>) -> Option<Tls<'static>> {
    (company.scheme == "https").then(|| Tls {
        version: Some("TLSv1.3".into()),
        client_cert: certificate.map(Text::from),
    })
}

fn auth(company: &Company, login: Login) -> Option<Auth<'static>> {
    let checked = company.checked.as_ref()?;
    let executed = checked.iter().filter(|_| login == company.login);
    Some(Auth {
        executed: Some(executed.map(|it| it.clone().into()).collect()),
        ..Auth::default()
    })
}

fn filled_headers(headers: &[(String, Template)], setting: &mut Setting<'_>) -> Headers<'static> {
    headers
        .iter()
        .map(|(name, value)| (name.clone().into(), filled(value, setting).into()))
        .collect()
}

fn status(endpoint: &Endpoint, chance: &mut Chance) -> u16 {
    let mut drawn = chance.unit();
    for (status, share) in endpoint.fails.iter().chain(&[(500, BREAKS)]) {
        if drawn < *share {
            return *status;
        }
        drawn -= share;
    }
    endpoint.status
}

/// Refusals are quick, failures are not.
fn latency(median_ms: f64, status: u16, chance: &mut Chance) -> u64 {
    let factor = match status {
        400..=499 => 0.4,
        500.. => 4.0,
        _ => 1.0,
    };
    (chance.around(median_ms * factor) * 1_000.0) as u64
}

fn answer(answer: &Answer, setting: &mut Setting<'_>) -> String {
    match answer {
        Answer::Empty => String::new(),
        Answer::One(template) => filled(template, setting),
        Answer::Items(item, items_max) => {
            let count = 1 + setting.chance.below(*items_max);
            let mut out = String::from("{\"items\":[");
            for at in 0..count {
                if at > 0 {
                    out.push(',');
                }
                item.fill_afresh(setting, &mut out);
            }
            // Writing to a String cannot fail.
            let _ = write!(out, "],\"total\":{}}}", count + setting.chance.popular(400));
            out
        }
    }
}

fn filled(template: &Template, setting: &mut Setting<'_>) -> String {
    let mut out = String::new();
    template.fill(setting, &mut out);
    out
}

fn afresh(template: &Template, setting: &mut Setting<'_>) -> String {
    let mut out = String::new();
    template.fill_afresh(setting, &mut out);
    out
}

fn content_type(body: &str) -> &'static str {
    match body.bytes().next() {
        Some(b'<') => "text/html; charset=utf-8",
        Some(b'{' | b'[') => "application/json",
        Some(_) => "application/x-www-form-urlencoded",
        None => "text/plain",
    }
}

fn body(text: String) -> Body<'static> {
    Body {
        bytes_total: text.len() as u64,
        bytes: text.into_bytes().into(),
    }
}
