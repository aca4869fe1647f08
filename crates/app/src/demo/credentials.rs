//! How callers say who they are, each way with what shows it in a request.

use gatewatch_model::Timestamp;
use gatewatch_model::exchange::Headers;
use serde::Deserialize;

use super::callers::Person;
use super::tokens::{Token, base64_padded};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Login {
    /// Nobody is asked.
    None,
    /// A token that only its issuer understands.
    Bearer,
    Jwt,
    /// A token that names no algorithm: nobody should take it.
    JwtUnsigned,
    Basic,
    KeyHeader,
    KeyQuery,
    /// Azure API Management's.
    Subscription,
    /// A certificate, as the load balancer passes it on.
    Certificate,
    Cookie,
    /// A signature over the request.
    Signature,
}

/// What a request carries.
#[derive(Debug, Default)]
pub struct Presented {
    pub headers: Headers<'static>,
    pub query: Option<String>,
    pub certificate: Option<String>,
}

/// Tokens of those who do not look at the clock are of an hour ago and more.
const STALE_SECONDS: i64 = 2 * 3_600;

pub fn present(login: Login, token: &Token, person: &Person, at: Timestamp) -> Presented {
    let own = &person.credential;
    let header = |name: &'static str, value: String| Presented {
        headers: vec![(name.into(), value.into())],
        ..Presented::default()
    };
    match login {
        Login::None => Presented::default(),
        Login::Bearer => header("authorization", format!("Bearer {own}")),
        Login::Jwt | Login::JwtUnsigned => {
            let late = if person.careless { STALE_SECONDS } else { 0 };
            let mut text = String::from("Bearer ");
            match login {
                Login::Jwt => token.write(&person.principal, at.plus_seconds(-late), &mut text),
                _ => token.write_unsigned(&person.principal, at, &mut text),
            }
            header("authorization", text)
        }
        Login::Basic => {
            let pair = base64_padded(format!("{}:{own}", person.principal).as_bytes());
            header("authorization", format!("Basic {pair}"))
        }
        Login::KeyHeader => header("x-api-key", own.clone()),
        Login::KeyQuery => Presented {
            query: Some(format!("api_key={own}")),
            ..Presented::default()
        },
        Login::Subscription => header("ocp-apim-subscription-key", own.clone()),
        Login::Certificate => certificate(person),
        Login::Cookie => header("cookie", format!("sessionid={own}; lang=en")),
        Login::Signature => signature(own, at),
    }
}

fn certificate(person: &Person) -> Presented {
    let subject = format!("CN={},O=Partner,C=DE", person.principal);
    let own = &person.credential;
    Presented {
        headers: vec![(
            "x-forwarded-client-cert".into(),
            format!("Hash={own}{own};Subject=\"{subject}\"").into(),
        )],
        certificate: Some(subject),
        ..Presented::default()
    }
}

fn signature(own: &str, at: Timestamp) -> Presented {
    let day = at.to_string().replace(['-', ':'], "");
    let day = day.get(..8).unwrap_or_default();
    let credential =
        format!("Credential=AKIAIOSFODNN7EXAMPLE/{day}/eu-west-1/execute-api/aws4_request");
    let text = format!(
        "AWS4-HMAC-SHA256 {credential}, SignedHeaders=host;x-amz-date, Signature={own}{own}"
    );
    Presented {
        headers: vec![
            ("authorization".into(), text.into()),
            ("x-amz-date".into(), format!("{day}T000000Z").into()),
        ],
        ..Presented::default()
    }
}
