//! The members of a line, object by object.

use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};

use gatewatch_model::exchange::{
    Auth, Backend, Body, Direction, Exchange, Request, Response, Seen, Text, Tls,
};
use gatewatch_model::{Blemishes, Timestamp};
use serde::de::MapAccess;

use super::values::{Members, Value};
use crate::base64;

const MICROS_PER_MILLI: f64 = 1000.0;
/// 35 years; up to there milliseconds with a fraction say each microsecond exactly.
const LATENCY_MICROS_MAX: f64 = (1_u64 << 50) as f64;

#[derive(Default)]
pub struct Line<'de> {
    exchange: Exchange<'de>,
    request: Option<Request<'de>>,
}

impl<'de> Members<'de> for Line<'de> {
    type Read = Exchange<'de>;

    fn member<A: MapAccess<'de>>(
        &mut self,
        key: &str,
        value: Value<'_, A>,
    ) -> Result<(), A::Error> {
        let it = &mut self.exchange;
        match key {
            "id" => it.id = value.text()?,
            "at" => it.at = value.parsed(Timestamp::parse)?,
            "service" => it.service = value.text()?,
            "workspace" => it.workspace = value.text()?,
            "api" => it.api = value.text()?,
            "revision" => it.revision = value.text()?,
            "operation" => it.operation = value.text()?,
            "region" => it.region = value.text()?,
            "caller" => it.caller_ip = value.object::<Address>()?.flatten(),
            "peer" => it.peer_ip = value.object::<Address>()?.flatten(),
            "principal" => it.principal = value.text()?,
            "request" => self.request = value.object::<RequestMembers>()?,
            "response" => it.response = value.object::<ResponseMembers>()?,
            "seen" => it.seen = value.named(Seen::parse, Seen::insert)?,
            "headers_seen" => it.headers_seen = value.texts()?,
            "redacted" => it.redacted = value.texts()?.unwrap_or_default(),
            "sample_rate" => {
                it.sample_rate = value.converted(Blemishes::BAD_VALUE, |rate| {
                    (rate > 0.0 && rate <= 1.0).then_some(rate)
                })?;
            }
            "protocol" => it.protocol = value.text()?,
            "tls" => it.tls = value.object::<Tls>()?,
            "auth" => it.auth = value.object::<Auth>()?,
            "backend" => it.backend = value.object::<Backend>()?,
            "direction" => it.direction = value.parsed(direction)?.unwrap_or_default(),
            "trace_id" => it.trace_id = value.text()?,
            _ => value.ignore()?,
        }
        Ok(())
    }

    fn finish(self, _: &mut Blemishes) -> Result<Exchange<'de>, &'static str> {
        Ok(Exchange {
            request: self
                .request
                .ok_or("`request` is missing or is no object; it needs `method` and `url`")?,
            ..self.exchange
        })
    }
}

fn direction(text: &str) -> Option<Direction> {
    match text {
        "inbound" => Some(Direction::Inbound),
        "outbound" => Some(Direction::Outbound),
        _ => None,
    }
}

#[derive(Default)]
struct RequestMembers<'de> {
    method: Option<Text<'de>>,
    url: Option<Text<'de>>,
    rest: Request<'de>,
    body: BodyMembers<'de>,
}

impl<'de> Members<'de> for RequestMembers<'de> {
    type Read = Request<'de>;

    fn member<A: MapAccess<'de>>(
        &mut self,
        key: &str,
        value: Value<'_, A>,
    ) -> Result<(), A::Error> {
        match key {
            "method" => self.method = value.text()?,
            "url" => self.url = value.text()?,
            "headers" => self.rest.headers = value.headers()?,
            _ => self.body.member(key, value)?,
        }
        Ok(())
    }

    fn finish(self, blemishes: &mut Blemishes) -> Result<Request<'de>, &'static str> {
        Ok(Request {
            method: self
                .method
                .ok_or("`request.method` is missing or is no text")?,
            url: self.url.ok_or("`request.url` is missing or is no text")?,
            headers: self.rest.headers,
            body: self.body.finish(blemishes)?,
        })
    }
}

#[derive(Default)]
struct ResponseMembers<'de> {
    response: Response<'de>,
    body: BodyMembers<'de>,
}

impl<'de> Members<'de> for ResponseMembers<'de> {
    type Read = Response<'de>;

    fn member<A: MapAccess<'de>>(
        &mut self,
        key: &str,
        value: Value<'_, A>,
    ) -> Result<(), A::Error> {
        match key {
            "status" => self.response.status = value.converted(Blemishes::BAD_STATUS, status)?,
            "headers" => self.response.headers = value.headers()?,
            "latency_ms" => {
                self.response.latency_micros = value.converted(Blemishes::BAD_VALUE, micros)?;
            }
            _ => self.body.member(key, value)?,
        }
        Ok(())
    }

    fn finish(self, blemishes: &mut Blemishes) -> Result<Response<'de>, &'static str> {
        Ok(Response {
            body: self.body.finish(blemishes)?,
            ..self.response
        })
    }
}

/// Three digits, as HTTP says; some servers do answer 999.
fn status(number: f64) -> Option<u16> {
    ((100.0..1000.0).contains(&number) && number.fract() == 0.0).then_some(number as u16)
}

fn micros(millis: f64) -> Option<u64> {
    let micros = (millis * MICROS_PER_MILLI).round();
    (0.0..=LATENCY_MICROS_MAX)
        .contains(&micros)
        .then_some(micros as u64)
}

fn whole(number: f64) -> Option<u64> {
    (number >= 0.0 && number.fract() == 0.0).then_some(number as u64)
}

/// `body` or `body_base64` (which wins: it is the exact one), and `body_bytes`.
#[derive(Default)]
struct BodyMembers<'de> {
    text: Option<Text<'de>>,
    base64: Option<Text<'de>>,
    bytes_total: Option<u64>,
}

impl<'de> Members<'de> for BodyMembers<'de> {
    type Read = Option<Body<'de>>;

    fn member<A: MapAccess<'de>>(
        &mut self,
        key: &str,
        value: Value<'_, A>,
    ) -> Result<(), A::Error> {
        match key {
            "body" => self.text = value.text()?,
            "body_base64" => self.base64 = value.text()?,
            "body_bytes" => self.bytes_total = value.converted(Blemishes::BAD_VALUE, whole)?,
            _ => value.ignore()?,
        }
        Ok(())
    }

    fn finish(self, blemishes: &mut Blemishes) -> Result<Option<Body<'de>>, &'static str> {
        let bytes = match (self.base64, self.text) {
            (Some(text), _) => exact_bytes(text, blemishes),
            (None, Some(text)) => bytes_of(text),
            // A size alone is a body of which nothing is at hand.
            (None, None) if self.bytes_total.is_some() => Cow::default(),
            (None, None) => return Ok(None),
        };
        let at_hand = bytes.len() as u64;
        let bytes_total = self.bytes_total.unwrap_or(at_hand);
        if bytes_total < at_hand {
            blemishes.insert(Blemishes::BAD_VALUE);
        }
        Ok(Some(Body {
            bytes,
            bytes_total: bytes_total.max(at_hand),
        }))
    }
}

/// What is no base64 stays as the text it is.
fn exact_bytes<'de>(base64: Text<'de>, blemishes: &mut Blemishes) -> Cow<'de, [u8]> {
    if let Some(bytes) = base64::decode(&base64) {
        return Cow::Owned(bytes);
    }
    blemishes.insert(Blemishes::BAD_BASE64);
    bytes_of(base64)
}

fn bytes_of(text: Text<'_>) -> Cow<'_, [u8]> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    }
}

/// `{"ip": …}`, with or without a port behind it.
#[derive(Default)]
struct Address(Option<IpAddr>);

impl<'de> Members<'de> for Address {
    type Read = Option<IpAddr>;

    fn member<A: MapAccess<'de>>(
        &mut self,
        key: &str,
        value: Value<'_, A>,
    ) -> Result<(), A::Error> {
        match key {
            "ip" => self.0 = value.parsed(address)?,
            _ => value.ignore()?,
        }
        Ok(())
    }

    fn finish(self, _: &mut Blemishes) -> Result<Self::Read, &'static str> {
        Ok(self.0)
    }
}

fn address(text: &str) -> Option<IpAddr> {
    let with_port = || text.parse::<SocketAddr>().ok().map(|it| it.ip());
    text.parse().ok().or_else(with_port)
}

impl<'de> Members<'de> for Tls<'de> {
    type Read = Self;

    fn member<A: MapAccess<'de>>(
        &mut self,
        key: &str,
        value: Value<'_, A>,
    ) -> Result<(), A::Error> {
        match key {
            "version" => self.version = value.text()?,
            "client_cert" => self.client_cert = value.text()?,
            _ => value.ignore()?,
        }
        Ok(())
    }

    fn finish(self, _: &mut Blemishes) -> Result<Self, &'static str> {
        Ok(self)
    }
}

impl<'de> Members<'de> for Auth<'de> {
    type Read = Self;

    fn member<A: MapAccess<'de>>(
        &mut self,
        key: &str,
        value: Value<'_, A>,
    ) -> Result<(), A::Error> {
        match key {
            "executed" => self.executed = value.texts()?,
            "subject" => self.subject = value.text()?,
            "subscription" => self.subscription = value.text()?,
            "product" => self.product = value.text()?,
            _ => value.ignore()?,
        }
        Ok(())
    }

    fn finish(self, _: &mut Blemishes) -> Result<Self, &'static str> {
        Ok(self)
    }
}

impl<'de> Members<'de> for Backend<'de> {
    type Read = Self;

    fn member<A: MapAccess<'de>>(
        &mut self,
        key: &str,
        value: Value<'_, A>,
    ) -> Result<(), A::Error> {
        match key {
            "host" => self.host = value.text()?,
            "status" => self.status = value.converted(Blemishes::BAD_STATUS, status)?,
            _ => value.ignore()?,
        }
        Ok(())
    }

    fn finish(self, _: &mut Blemishes) -> Result<Self, &'static str> {
        Ok(self)
    }
}
