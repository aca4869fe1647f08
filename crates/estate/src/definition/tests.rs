//! Definitions read whole.

use gatewatch_model::Spot;
use gatewatch_model::definition::{DefinedMember, Operation, Security};

use super::*;
use crate::limits::{MEMBERS_MAX, OPERATIONS_MAX, WARNINGS_MAX};

mod hostile;
mod postman;

fn definition(text: &str) -> (Definition, Vec<Warning>) {
    read(text.as_bytes(), None).unwrap()
}

/// A document that must leave nothing to warn of.
fn clean(text: &str) -> Definition {
    let (definition, warnings) = definition(text);
    assert_eq!(warnings, []);
    definition
}

fn find<'o>(definition: &'o Definition, method: &str, template: &str) -> &'o Operation {
    let found = definition
        .operations
        .iter()
        .find(|it| &*it.method == method && &*it.template == template);
    found.unwrap_or_else(|| panic!("no {method} {template} in {:?}", definition.operations))
}

/// `customer.cards[].number! integer|null(int64)[1,2]+`: required, types, format, values, open.
fn shown(members: &[DefinedMember], spot: Spot) -> Vec<String> {
    let members = members.iter().filter(|it| it.spot == spot);
    members
        .map(|it| {
            let mut text = format!("{}{} ", it.path, if it.required { "!" } else { "" });
            text += &it.types.join("|");
            if !it.format.is_empty() {
                text = format!("{text}({})", it.format);
            }
            if !it.values.is_empty() {
                text = format!("{text}[{}]", it.values.join(","));
            }
            text + if it.open { "+" } else { "" }
        })
        .collect()
}

fn request(operation: &Operation, spot: Spot) -> Vec<String> {
    shown(&operation.request, spot)
}

fn schemes(operation: &Operation) -> Vec<String> {
    let schemes = operation.security.schemes.iter();
    schemes
        .map(|it| format!("{} {} {}", it.name, it.kind, it.carrier))
        .collect()
}

const SWAGGER: &str = r##"{
  "swagger": "2.0",
  "info": {"title": "Shop", "version": "1.2"},
  "host": "API.example.com:443", "basePath": "/v1/", "schemes": ["https", "http"],
  "consumes": ["application/json; charset=utf-8"], "produces": ["application/json"],
  "securityDefinitions": {
    "key": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
    "login": {"type": "basic"}
  },
  "security": [{"key": []}],
  "parameters": {"page": {"name": "page", "in": "query", "type": "integer", "format": "int32"}},
  "paths": {
    "/orders/{orderId}/": {
      "parameters": [{"name": "orderId", "in": "path", "required": true, "type": "string", "format": "uuid"}],
      "get": {
        "operationId": "getOrder", "summary": "One order", "deprecated": true,
        "parameters": [
          {"$ref": "#/parameters/page"},
          {"name": "sort", "in": "query", "required": true, "type": "string", "enum": ["up", "down"]},
          {"name": "X-Trace", "in": "header", "type": "string"},
          {"name": "Authorization", "in": "header", "type": "string"}
        ],
        "responses": {
          "200": {"description": "x", "schema": {"$ref": "#/definitions/Order"},
                  "headers": {"X-Left": {"type": "integer"}}},
          "404": {"$ref": "#/responses/Gone"},
          "default": {"description": "x"}
        },
        "security": [{"login": []}, {}]
      }
    },
    "/orders": {
      "post": {
        "parameters": [{"name": "body", "in": "body", "required": true, "schema": {"$ref": "#/definitions/Order"}}],
        "responses": {"201": {"description": "x"}}
      },
      "put": {
        "consumes": ["multipart/form-data"], "security": [],
        "parameters": [
          {"name": "file", "in": "formData", "type": "file", "required": true},
          {"name": "note", "in": "formData", "type": "string"}
        ],
        "responses": {}
      }
    }
  },
  "responses": {"Gone": {"description": "x", "schema": {"type": "object", "properties": {"why": {"type": "string"}}}}},
  "definitions": {
    "Order": {
      "type": "object", "required": ["id", "customer"],
      "properties": {
        "id": {"type": "integer", "format": "int64", "readOnly": true},
        "customer": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}, "age": {"type": "integer", "x-nullable": true}}},
        "lines": {"type": "array", "items": {"type": "object", "required": ["sku"], "properties": {"sku": {"type": "string"}}}},
        "labels": {"type": "object", "additionalProperties": {"type": "string"}}
      }
    }
  }
}"##;

#[test]
fn swagger_is_read_whole() {
    let definition = clean(SWAGGER);
    assert_eq!(&*definition.format, "openapi-2.0");
    let servers = definition.servers.iter();
    let servers = servers.map(|it| format!("{} {} {}", it.scheme, it.host, it.base_path));
    let expected = ["https api.example.com /v1", "http api.example.com:443 /v1"];
    assert_eq!(servers.collect::<Vec<_>>(), expected);
    let get = find(&definition, "GET", "/v1/orders/{orderId}");
    assert!(get.deprecated && &*get.id == "getOrder");
    assert_eq!(request(get, Spot::RequestPath), ["orderId! string(uuid)"]);
    assert_eq!(
        request(get, Spot::RequestQuery),
        ["page integer(int32)", "sort! string[down,up]"]
    );
    assert_eq!(request(get, Spot::RequestHeaders), ["x-trace string"]);
    assert!(get.request_types.is_empty());
    assert!(get.security.anonymous);
    assert_eq!(schemes(get), ["login http-basic "]);
    let statuses = get.responses.iter().map(|it| &*it.status);
    assert_eq!(statuses.collect::<Vec<_>>(), ["200", "404", "default"]);
    let ok = &get.responses[0].members;
    assert_eq!(
        shown(ok, Spot::ResponseBody),
        [
            " object",
            "customer! object",
            "customer.age integer|null",
            "customer.name! string",
            "id! integer(int64)",
            "labels object+",
            "lines array",
            "lines[] object",
            "lines[].sku string",
        ]
    );
    assert_eq!(shown(ok, Spot::ResponseHeaders), ["x-left integer"]);
    assert_eq!(
        shown(&get.responses[1].members, Spot::ResponseBody),
        [" object", "why string"]
    );
}

#[test]
fn bodies_of_swagger_are_parameters() {
    let definition = clean(SWAGGER);
    let post = find(&definition, "POST", "/v1/orders");
    assert_eq!(&*post.request_types[0], "application/json");
    let body = request(post, Spot::RequestBody);
    assert_eq!(body[..2], ["! object", "customer! object"]);
    assert!(
        !body.iter().any(|it| it.starts_with("id")),
        "readOnly: {body:?}"
    );
    assert_eq!(schemes(post), ["key api-key-header x-api-key"]);
    assert!(!post.security.anonymous);
    let put = find(&definition, "PUT", "/v1/orders");
    assert_eq!(
        request(put, Spot::RequestBody),
        ["file! string(binary)", "note string"]
    );
    assert_eq!(&*put.request_types[0], "multipart/form-data");
    assert!(put.security.said && put.security.anonymous);
}

const OPENAPI: &str = r"
openapi: 3.1.0
info: {title: Shop, version: 2026-11-21}
servers:
  - url: https://{region}.example.com/{base}
    variables:
      region: {default: eu}
      base: {default: v2, enum: [v1, v2]}
security: [{token: []}]
paths:
  /pets/{petId}:
    $ref: '#/components/pathItems/Pet'
  /search:
    servers: [{url: /other}]
    get:
      parameters:
        - {name: filter, in: query, style: deepObject, schema: {type: object, properties: {name: {type: string}, max: {type: integer}}}}
        - {name: session, in: cookie, required: true, schema: {type: string}}
        - {name: where, in: query, content: {application/json: {schema: {type: object}}}}
      responses: {2xx: {description: x}}
  /upload:
    post:
      security: []
      requestBody: {$ref: '#/components/requestBodies/Upload'}
      responses: {'200': {description: x, headers: {X-Left: {$ref: '#/components/headers/Left'}}}}
webhooks:
  ping: {post: {responses: {}}}
components:
  securitySchemes:
    token: {type: http, scheme: Bearer}
  headers:
    Left: {schema: {type: integer}, required: true}
  requestBodies:
    Upload:
      required: true
      content:
        application/json: {schema: {$ref: '#/components/schemas/Upload'}}
        application/x-www-form-urlencoded: {schema: {$ref: '#/components/schemas/Upload'}}
  schemas:
    Upload:
      allOf:
        - {type: object, required: [kind], properties: {kind: {const: a}, size: {type: [integer, 'null']}}}
        - {required: [size]}
    Animal:
      oneOf:
        - {$ref: '#/components/schemas/Cat'}
        - {$ref: '#/components/schemas/Dog'}
        - {type: 'null'}
    Cat: {type: object, required: [name, lives], properties: {name: {type: string, maxLength: 9}, lives: {type: integer}, parent: {$ref: '#/components/schemas/Animal'}}}
    Dog: {type: object, required: [name], properties: {name: {type: [string, integer]}, barks: {type: boolean}}}
  pathItems:
    Pet:
      parameters: [{name: petId, in: path, required: true, schema: {type: string}}]
      get:
        parameters: [{name: petId, in: path, required: true, schema: {type: integer}}]
        responses:
          200: {description: x, content: {application/json: {schema: {$ref: '#/components/schemas/Animal'}}}}
";

#[test]
fn openapi_is_read_whole() {
    let definition = clean(OPENAPI);
    assert_eq!(
        (&*definition.version, &*definition.format),
        ("2026-11-21", "openapi-3.1")
    );
    assert_eq!(&*definition.servers[0].host, "eu.example.com");
    let templates = definition.operations.iter().map(|it| &*it.template);
    let expected = ["/other/search", "/v2/pets/{petId}", "/v2/upload"];
    assert_eq!(templates.collect::<Vec<_>>(), expected);
    let search = find(&definition, "GET", "/other/search");
    assert_eq!(
        request(search, Spot::RequestQuery),
        [
            "['filter[max]'] integer",
            "['filter[name]'] string",
            "where object+"
        ]
    );
    assert_eq!(request(search, Spot::RequestCookies), ["session! string"]);
    assert_eq!(&*search.responses[0].status, "2XX");
    assert_eq!(schemes(search), ["token http-bearer "]);
    let upload = find(&definition, "POST", "/v2/upload");
    assert_eq!(
        request(upload, Spot::RequestBody),
        ["! object", "kind! [a]+", "size! integer|null"]
    );
    assert_eq!(upload.request_types.len(), 2);
    assert!(upload.security.anonymous);
    assert_eq!(
        shown(&upload.responses[0].members, Spot::ResponseHeaders),
        ["x-left! integer"]
    );
}

#[test]
fn alternatives_require_what_all_of_them_require() {
    let definition = clean(OPENAPI);
    let pet = find(&definition, "GET", "/v2/pets/{petId}");
    assert_eq!(request(pet, Spot::RequestPath), ["petId! integer"]);
    assert_eq!(
        shown(&pet.responses[0].members, Spot::ResponseBody),
        [
            " null|object",
            "barks boolean",
            "lives integer",
            "name! integer|string",
            // It contains itself.
            "parent +",
        ]
    );
}

#[test]
fn what_lies_outside_is_named_and_not_fetched() {
    let (definition, warnings) = definition(
        r"
openapi: 3.0.3
info: {title: x, version: '1'}
paths:
  /a:
    get:
      parameters:
        - $ref: 'common.yaml#/page'
        - $ref: '#/components/parameters/Nowhere'
      responses:
        '200':
          description: x
          content: {application/json: {schema: {$ref: 'https://example.com/order.json'}}}
  /b: {$ref: './b.yaml'}
",
    );
    assert_eq!(definition.operations.len(), 1);
    let members = &definition.operations[0].responses[0].members;
    assert_eq!(shown(members, Spot::ResponseBody), [" +"]);
    let told = warnings
        .iter()
        .map(|it| (it.line, &*it.pointer, &it.text[..22]));
    assert_eq!(
        told.collect::<Vec<_>>(),
        [
            (8, "/paths/~1a/get/parameters/0", "`common.yaml#/page` li"),
            (9, "/paths/~1a/get/parameters/1", "`#/components/paramete"),
            (
                13,
                "/paths/~1a/get/responses/200/content/application~1json/schema",
                "`https://example.com/o"
            ),
            (14, "/paths/~1b", "`./b.yaml` lies outsid"),
        ]
    );
}

#[test]
fn of_two_templates_that_differ_in_names_alone_the_first_is_kept() {
    let (definition, warnings) = definition(
        "openapi: 3.0.0\npaths:\n  /b/{x}: {get: {summary: one}}\n  /b/{y}:\n    get: {summary: two}\n    put: {}\n",
    );
    let summaries = definition
        .operations
        .iter()
        .map(|it| (&*it.template, &*it.summary));
    assert_eq!(
        summaries.collect::<Vec<_>>(),
        [("/b/{x}", "one"), ("/b/{y}", "")]
    );
    assert_eq!(warnings.len(), 1);
    assert!(
        warnings[0].text.contains("GET /b/{y} already"),
        "{}",
        warnings[0].text
    );
}

#[test]
fn other_documents_are_called_by_their_name() {
    for (text, expected) in [
        (
            "asyncapi: 3.0.0",
            "this is an AsyncAPI document; Gatewatch reads OpenAPI 2.0, 3.0, 3.1 and Postman 2.x",
        ),
        ("{\"swagger\": \"1.2\"}", "this is a Swagger 1.2 document"),
        ("openapi: 4.0.0", "this is an OpenAPI 4.0.0 document"),
        (
            "<?xml version='1.0'?><definitions/>",
            "this is an XML document",
        ),
        ("#%RAML 1.0\ntitle: x", "this is a RAML document"),
        ("apiVersion: v1\nkind: Pod", "this is a Kubernetes manifest"),
        ("{\"log\": {\"entries\": []}}", "this is a HAR file"),
        ("{\"a\": 1}", "this is no API definition"),
        ("just words", "this is no API definition"),
        ("  \n", "the document is empty"),
        ("{\"a\": \n [1,,2}", "line 2: the document is no valid JSON"),
        ("a: [1\nb: 2\n", "line 2: the document is no valid YAML"),
    ] {
        let error = read(text.as_bytes(), None).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
    let error = read(b"openapi: 3.0.0\n\xff", None).unwrap_err().to_string();
    assert!(error.contains("not UTF-8 from byte 15 on"), "{error}");
}

#[test]
fn json_that_is_none_is_read_as_yaml_with_a_warning() {
    let (definition, warnings) = definition(
        "{\"openapi\": \"3.0.0\", \"info\": {\"title\": \"x\",},\n \"paths\": {\"/a\": {\"get\": {},},},\n}",
    );
    assert_eq!(definition.operations.len(), 1);
    assert!(warnings[0].text.contains("read as YAML"), "{warnings:?}");
}

#[test]
fn the_hint_is_a_title_for_those_that_have_none() {
    let text = b"swagger: '2.0'\npaths: {}\n";
    assert_eq!(
        &*read(text, Some("shop.yaml")).unwrap().0.title,
        "shop.yaml"
    );
}

#[test]
fn security_that_is_not_spoken_of_is_not_said() {
    let definition = clean("openapi: 3.0.0\npaths: {/a: {get: {}}}");
    assert_eq!(definition.operations[0].security, Security::default());
}
