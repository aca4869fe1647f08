//! Reads API definitions: OpenAPI 2.0 to 3.1 and Postman collections, JSON or YAML, told apart by
//! what they contain.

mod document;
mod examples;
mod notes;
mod openapi;
mod operation;
mod postman;
mod schema;
mod security;
mod server;
mod shape;

use gatewatch_model::caller::prefix;
use gatewatch_model::definition::Definition;

use crate::limits::{DOCUMENT_BYTES_MAX, TEXT_BYTES_MAX};
use crate::tree::{self, Node, TreeError};
use document::Document;

/// Something in a document that was left out or taken otherwise than it says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Warning {
    /// 0 where it concerns the whole document.
    pub line: u32,
    /// A JSON pointer: `/paths/~1pets/get`.
    pub pointer: String,
    pub text: String,
}

/// Why a document is no definition.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum DefinitionError {
    #[error("the document has {bytes} bytes; at most {DOCUMENT_BYTES_MAX} are read")]
    TooLarge { bytes: usize },
    #[error("the document is empty; Gatewatch reads {READ}")]
    Empty,
    #[error("the document is not UTF-8 from byte {at} on; save it as UTF-8")]
    NotUtf8 { at: usize },
    #[error("line {line}: the document is no valid {language}: {reason}")]
    Malformed {
        language: &'static str,
        line: u32,
        reason: String,
    },
    #[error("this is {what}; Gatewatch reads {READ}")]
    Other { what: String },
    #[error(
        "this is no API definition: it has neither `openapi` nor `swagger` nor a Postman `info`; Gatewatch reads {READ}"
    )]
    Unknown,
}

const READ: &str = "OpenAPI 2.0, 3.0, 3.1 and Postman 2.x";

/// Reads a definition. `name_hint`, such as a file's name, is its title if it gives none itself.
pub fn read(
    bytes: &[u8],
    name_hint: Option<&str>,
) -> Result<(Definition, Vec<Warning>), DefinitionError> {
    if bytes.len() > DOCUMENT_BYTES_MAX {
        let bytes = bytes.len();
        return Err(DefinitionError::TooLarge { bytes });
    }
    let text = std::str::from_utf8(bytes).map_err(|error| DefinitionError::NotUtf8 {
        at: error.valid_up_to(),
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (root, remark) = parse(text)?;
    let kind = kind(&root)?;
    let root = match kind {
        Kind::PostmanWrapped => root.get("collection").unwrap_or(&root),
        _ => &root,
    };
    let mut document = Document::new(root);
    if let Some(remark) = remark {
        document.notes.add(root, remark);
    }
    let mut definition = match kind {
        Kind::OpenApi(version) => openapi::read(&mut document, version),
        Kind::Postman | Kind::PostmanWrapped => postman::read(&mut document),
    };
    if definition.title.is_empty() {
        definition.title = prefix(name_hint.unwrap_or_default(), TEXT_BYTES_MAX).into();
    }
    Ok((definition, document.notes.into_warnings(root)))
}

/// The tree of a text, and what there is to say of its language.
fn parse(text: &str) -> Result<(Node, Option<String>), DefinitionError> {
    let begin = text.trim_start();
    if begin.is_empty() {
        return Err(DefinitionError::Empty);
    }
    if let Some((_, what)) = BEGINNINGS.iter().find(|it| begin.starts_with(it.0)) {
        return Err(other(what));
    }
    let malformed = |language| {
        move |TreeError { line, reason }| DefinitionError::Malformed {
            language,
            line,
            reason,
        }
    };
    if !begin.starts_with(['{', '[']) {
        let root = tree::read_yaml(text).map_err(malformed("YAML"))?;
        return Ok((root, None));
    }
    let error = match tree::read_json(text.as_bytes()) {
        Ok(root) => return Ok((root, None)),
        Err(error) => error,
    };
    // Most of what people write by hand as JSON with commas too many is sound YAML.
    match tree::read_yaml(text) {
        Ok(root) => {
            let TreeError { line, reason } = error;
            let remark = format!("line {line} is no valid JSON ({reason}); it was read as YAML");
            Ok((root, Some(remark)))
        }
        Err(_) => Err(malformed("JSON")(error)),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    OpenApi(Version),
    Postman,
    /// As Postman's own API hands it out, below `collection`.
    PostmanWrapped,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    V2,
    V3_0,
    V3_1,
    /// Read as 3.1.
    Later,
}

fn kind(root: &Node) -> Result<Kind, DefinitionError> {
    let version_of = |name| root.get(name).and_then(Node::scalar);
    if let Some(text) = version_of("openapi") {
        return openapi_version(text);
    }
    if let Some(text) = version_of("swagger") {
        return match text {
            "2" | "2.0" => Ok(Kind::OpenApi(Version::V2)),
            _ => Err(other(&format!("a Swagger {} document", shown(text)))),
        };
    }
    if is_postman(root) {
        return Ok(Kind::Postman);
    }
    if root.get("collection").is_some_and(is_postman) {
        return Ok(Kind::PostmanWrapped);
    }
    let known = TELLTALES
        .iter()
        .find(|(names, _)| names.iter().all(|name| root.get(name).is_some()));
    Err(known.map_or(DefinitionError::Unknown, |(_, what)| other(what)))
}

fn openapi_version(text: &str) -> Result<Kind, DefinitionError> {
    let version = match text.get(..3) {
        Some("3.0") => Version::V3_0,
        Some("3.1") => Version::V3_1,
        Some("3.2") => Version::Later,
        _ if text == "3" => Version::V3_0,
        _ => return Err(other(&format!("an OpenAPI {} document", shown(text)))),
    };
    Ok(Kind::OpenApi(version))
}

fn is_postman(root: &Node) -> bool {
    let Some(info) = root.get("info") else {
        return false;
    };
    let named = info.get("_postman_id").is_some() || info.text_of("schema").contains("postman");
    let items = root.get("item").is_some_and(|it| !it.items().is_empty());
    named && root.get("item").is_some() || items && !info.text_of("name").is_empty()
}

fn other(what: &str) -> DefinitionError {
    DefinitionError::Other {
        what: what.to_owned(),
    }
}

/// A version that somebody wrote, short enough for a message.
fn shown(text: &str) -> &str {
    prefix(text, 16)
}

/// How documents begin that are neither JSON nor YAML.
static BEGINNINGS: &[(&str, &str)] = &[
    ("<?xml", "an XML document (WSDL, perhaps)"),
    ("<wsdl", "a WSDL document"),
    ("<!DOCTYPE", "a web page"),
    ("<!doctype", "a web page"),
    ("<html", "a web page"),
    ("<", "an XML document"),
    ("#%RAML", "a RAML document"),
    ("FORMAT: 1A", "an API Blueprint document"),
    ("syntax = \"proto", "a Protocol Buffers file"),
    ("type Query", "a GraphQL schema"),
    ("schema {", "a GraphQL schema"),
];

/// Members that tell which other document it is.
static TELLTALES: &[(&[&str], &str)] = &[
    (&["asyncapi"], "an AsyncAPI document"),
    (&["swaggerVersion"], "a Swagger 1.x document"),
    (&["arazzo"], "an Arazzo document"),
    (&["overlay"], "an OpenAPI overlay"),
    (
        &["log"],
        "a HAR file; it holds traffic: use `gatewatch scan`",
    ),
    (
        &["requests", "order"],
        "a Postman 1 collection; export it as 2.1",
    ),
    (
        &["values", "_postman_variable_scope"],
        "a Postman environment",
    ),
    (&["__export_format"], "an Insomnia export"),
    (&["apiVersion", "kind"], "a Kubernetes manifest"),
    (
        &["$schema", "contentVersion"],
        "an Azure Resource Manager template",
    ),
    (&["__schema"], "the answer of a GraphQL introspection"),
    (&["data"], "the answer of an API"),
    (&["protocol", "types"], "an Avro protocol"),
    (&["smithy"], "a Smithy model"),
    (&["openrpc"], "an OpenRPC document"),
    (&["$schema"], "a JSON Schema"),
];

#[cfg(test)]
mod tests;
