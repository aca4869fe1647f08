//! What an operation asks for before it answers.

use std::collections::BTreeSet;

use gatewatch_model::caller::prefix;
use gatewatch_model::definition::{Scheme, Security};

use super::document::Document;
use crate::limits::{SCHEMES_MAX, TEXT_BYTES_MAX};
use crate::tree::{Node, Object, Value};

/// Of an operation, or else of the whole document.
pub(super) fn of_operation<'d>(document: &mut Document<'d>, operation: &'d Node) -> Security {
    let root = document.root;
    let Some(list) = operation.get("security").or_else(|| root.get("security")) else {
        return Security::default();
    };
    let alternatives = list.items();
    let mut security = Security {
        said: true,
        anonymous: alternatives.is_empty(),
        schemes: Vec::new(),
    };
    let mut names = BTreeSet::new();
    for alternative in alternatives.iter().take(SCHEMES_MAX) {
        security.anonymous |= alternative.object().is_some_and(Object::is_empty);
        for (name, node) in alternative.entries().take(SCHEMES_MAX) {
            if names.len() < SCHEMES_MAX && names.insert(name) {
                security.schemes.push(scheme(document, name, node));
            }
        }
    }
    security.schemes.sort();
    security
}

fn scheme<'d>(document: &mut Document<'d>, name: &str, asked: &'d Node) -> Scheme {
    let root = document.root;
    let defined = root
        .get("securityDefinitions")
        .or_else(|| root.get("components")?.get("securitySchemes"))
        .and_then(|it| it.get(name));
    let defined = defined.and_then(|it| document.follow(it));
    let Some(defined) = defined else {
        let text = format!("the security scheme `{}` is not defined", prefix(name, 100));
        document.notes.add(asked, text);
        return new(name, "unknown", "");
    };
    let kind = kind(defined);
    if kind == "unknown" {
        let text = "this is no kind of security scheme that Gatewatch knows";
        document.notes.add(defined, text);
    }
    let carrier = if kind.starts_with("api-key") {
        defined.text_of("name")
    } else {
        ""
    };
    new(name, kind, carrier)
}

/// Header names are compared in lower case.
pub(super) fn new(name: &str, kind: &str, carrier: &str) -> Scheme {
    let carrier = prefix(carrier, TEXT_BYTES_MAX);
    Scheme {
        name: prefix(name, TEXT_BYTES_MAX).into(),
        kind: kind.into(),
        carrier: if kind == "api-key-header" {
            carrier.to_ascii_lowercase().into()
        } else {
            carrier.into()
        },
    }
}

fn kind(scheme: &Node) -> &'static str {
    let given = |name| scheme.text_of(name).to_ascii_lowercase();
    match (&*given("type"), &*given("in"), &*given("scheme")) {
        ("basic", _, _) | ("http", _, "basic") => "http-basic",
        ("http", _, "bearer") => "http-bearer",
        ("http", _, _) => "http-other",
        ("apikey", "header", _) => "api-key-header",
        ("apikey", "query", _) => "api-key-query",
        ("apikey", "cookie", _) => "api-key-cookie",
        ("oauth2", _, _) => "oauth2",
        ("openidconnect", _, _) => "openid-connect",
        ("mutualtls", _, _) => "mutual-tls",
        _ => "unknown",
    }
}

/// Of a Postman request: its own, or that of the nearest folder around it.
pub(super) fn of_postman(auth: Option<&Node>) -> Security {
    let Some(auth) = auth.filter(|it| it.value != Value::Null) else {
        return Security::default();
    };
    let kind = auth.text_of("type");
    if kind == "noauth" {
        return Security {
            said: true,
            anonymous: true,
            schemes: Vec::new(),
        };
    }
    let setting = |name| auth.get(kind).map_or("", |it| setting(it, name));
    let scheme = match kind {
        "basic" => new(kind, "http-basic", ""),
        "bearer" | "jwt" => new(kind, "http-bearer", ""),
        "oauth2" => new(kind, "oauth2", ""),
        "apikey" if setting("in") == "query" => new(kind, "api-key-query", setting("key")),
        "apikey" => new(kind, "api-key-header", setting("key")),
        "" => return Security::default(),
        _ => new(kind, "http-other", ""),
    };
    Security {
        said: true,
        anonymous: false,
        schemes: vec![scheme],
    }
}

/// Collections 2.1 list settings as `{key, value}`, 2.0 names them.
fn setting<'n>(settings: &'n Node, name: &str) -> &'n str {
    let listed = settings.items().iter().find(|it| it.text_of("key") == name);
    match listed {
        Some(it) => it.text_of("value"),
        None => settings.text_of(name),
    }
}
