//! What shows a credential, and what does not.

use super::*;
use Credential as C;

const JWT: &str = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSJ9.";

fn shown(see: impl Fn(&mut Shown, &mut Json)) -> (Vec<Credential>, String) {
    let mut shown = Shown::default();
    see(&mut shown, &mut Json::default());
    (shown.kinds().iter().collect(), shown.carrier().to_owned())
}

fn header(name: &str, value: &str) -> Vec<Credential> {
    shown(|it, json| it.see_header(name, value, json)).0
}

#[test]
fn authorization_is_known_by_its_scheme() {
    for (value, expected) in [
        (format!("Bearer {JWT}"), C::JwtBearer),
        (format!("bearer  {JWT}"), C::JwtBearer),
        (JWT.to_owned(), C::JwtBearer),
        ("Bearer sample-31d4d96e".into(), C::OpaqueBearer),
        ("DPoP abc".into(), C::OpaqueBearer),
        ("BASIC YTpi".into(), C::Basic),
        ("AWS4-HMAC-SHA256 Credential=…".into(), C::Signature),
        ("SharedKey account:mac".into(), C::Signature),
        ("Digest username=\"a\"".into(), C::Signature),
        ("Negotiate YII".into(), C::OtherScheme),
        ("31d4d96e407aad42".into(), C::ApiKeyHeader),
    ] {
        assert_eq!(header("authorization", &value), [expected], "{value}");
    }
    for value in ["", "  ", "Bearer", "Bearer  "] {
        assert_eq!(header("authorization", value), [], "{value}");
    }
}

#[test]
fn headers_are_known_by_name_or_ending() {
    for (name, value, expected) in [
        ("x-api-key", "31d4", C::ApiKeyHeader),
        ("x-contoso-api-key", "31d4", C::ApiKeyHeader),
        ("ocp-apim-subscription-key", "31d4", C::SubscriptionKey),
        ("x-functions-key", "31d4", C::ApiKeyHeader),
        (
            "x-forwarded-client-cert",
            "By=spiffe://a",
            C::ClientCertificate,
        ),
        ("ssl-client-verify", "SUCCESS", C::ClientCertificate),
        ("stripe-signature", "t=1,v1=2", C::Signature),
        ("x-auth-token", JWT, C::JwtBearer),
    ] {
        assert_eq!(header(name, value), [expected], "{name}");
    }
    for (name, value) in [
        ("x-api-key", ""),
        ("ssl-client-verify", "NONE"),
        ("x-request-id", "31d4"),
        ("accept", "application/json"),
        ("x-api-key-version", "2"),
    ] {
        assert_eq!(header(name, value), [], "{name}");
    }
}

#[test]
fn parameters_with_many_meanings_want_a_value_like_a_key() {
    let parameter = |name, value| shown(|it, json| it.see_parameter(name, value, json));
    let function_key = format!("{}==", "aB3".repeat(18));
    for (name, value, expected) in [
        ("subscription-key", "31d4", C::SubscriptionKey),
        ("API_KEY", "31d4", C::ApiKeyQuery),
        ("code", &function_key, C::ApiKeyQuery),
        ("key", "AIzaSyD-9tSrke72PouQMnMX", C::ApiKeyQuery),
    ] {
        let (kinds, carrier) = parameter(name, value);
        assert_eq!(
            (kinds.as_slice(), carrier.as_str()),
            ([expected].as_slice(), name)
        );
    }
    for (name, value) in [("code", "NL"), ("key", "price"), ("q", "x"), ("sig", "")] {
        assert_eq!(parameter(name, value).0, [], "{name}");
    }
    assert_eq!(parameter("access_token", JWT).0, [C::JwtBearer]);
    assert_eq!(parameter("sig", "abc").0, [C::Signature]);
}

#[test]
fn sessions_are_known_by_the_names_of_their_frameworks() {
    let cookie = |name, value| shown(|it, json| it.see_cookie(name, value, json)).0;
    for name in [
        "JSESSIONID",
        "connect.sid",
        "__Host-session",
        ".AspNetCore.Cookies",
        "laravel_session",
        "__Secure-next-auth.session-token",
    ] {
        assert_eq!(cookie(name, "31d4"), [C::SessionCookie], "{name}");
    }
    assert_eq!(cookie("apikey", "31d4"), [C::ApiKeyCookie]);
    assert_eq!(cookie("whatever", JWT), [C::SessionCookie]);
    for name in ["theme", "lang", "_ga", "obsession"] {
        assert_eq!(cookie(name, "31d4"), [], "{name}");
    }
    assert_eq!(cookie("sid", ""), []);
}

#[test]
fn a_token_is_looked_into_wherever_it_came_and_the_first_counts() {
    let mut shown = Shown::default();
    let mut json = Json::default();
    assert!(shown.token().is_none());
    shown.see_cookie("access_token", JWT, &mut json);
    shown.see_header(
        "authorization",
        "Bearer eyJhbGciOiJIUzI1NiJ9.e30.x",
        &mut json,
    );
    assert_eq!(shown.token().unwrap().algorithm, "none");
    assert_eq!(shown.token().unwrap().subject, "alice");
    assert!(!shown.token_in_url());
    shown.see_parameter("access_token", "opaque", &mut json);
    assert!(shown.token_in_url());
    shown.clear();
    assert!(shown.token().is_none() && shown.kinds().is_empty());
}

#[test]
fn what_the_source_checked_counts_too() {
    let mut exchange = Exchange::default();
    let kinds = |exchange: &Exchange<'_>| shown(|it, _| it.see_source(exchange)).0;
    assert_eq!(kinds(&exchange), []);
    exchange.auth = Some(gatewatch_model::exchange::Auth {
        executed: Some(vec!["validate-jwt".into()]),
        ..Default::default()
    });
    exchange.tls = Some(gatewatch_model::exchange::Tls {
        client_cert: Some("CN=device".into()),
        ..Default::default()
    });
    exchange.redacted = vec!["$.request.headers.authorization".into()];
    assert_eq!(
        kinds(&exchange),
        [C::ClientCertificate, C::Gateway, C::OtherScheme]
    );
}
