//! Collections read whole.

use super::*;

const COLLECTION: &str = r#"{
  "info": {"_postman_id": "1", "name": "Shop", "version": {"major": 1, "minor": 2, "patch": 3},
           "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"},
  "variable": [{"key": "baseUrl", "value": "https://{{host}}/api"}, {"key": "host", "value": "Shop.example.com"},
               {"key": "ver", "value": "v2"}, {"key": "orderId", "value": "17"}],
  "auth": {"type": "apikey", "apikey": [{"key": "key", "value": "X-Key"}, {"key": "in", "value": "header"}]},
  "item": [
    {"name": "Orders", "auth": {"type": "bearer"}, "item": [
      {"name": "One order",
       "request": {"method": "GET", "url": {"raw": "{{baseUrl}}/{{ver}}/orders/{{orderId}}/lines/:line?page=1&debug=x",
          "query": [{"key": "page", "value": "1"}, {"key": "debug", "value": "x", "disabled": true}],
          "variable": [{"key": "line", "value": "4"}]},
          "header": [{"key": "X-Trace", "value": "1"}, {"key": "Accept", "value": "x"}]},
       "response": [
         {"code": 200, "header": [{"key": "Content-Type", "value": "application/json; charset=utf-8"}, {"key": "X-Left", "value": "1"}],
          "body": "{\"id\": 1, \"cards\": [{\"number\": \"x\"}], \"note\": null}"},
         {"code": 200, "header": null, "body": "{\"id\": \"a\"}"},
         {"code": 404, "body": "gone"}]},
      {"name": "New order",
       "request": {"method": "POST", "auth": {"type": "noauth"}, "url": "{{baseUrl}}/orders/4711",
          "body": {"mode": "raw", "raw": "{\"sku\": \"{{sku}}\", \"count\": {{count}}, \"price\": 1.5}",
                   "options": {"raw": {"language": "json"}}}}}
    ]},
    {"name": "Login", "request": {"method": "post", "url": {"host": ["login", "example", "com"], "path": ["oauth", "token"], "protocol": "https"},
       "body": {"mode": "urlencoded", "urlencoded": [{"key": "user", "value": "x"}, {"key": "old", "value": "x", "disabled": true}]}}},
    {"name": "Plain", "request": "{{unknown}}/health?full=1#x"},
    {"name": "Empty", "request": {"method": "GET"}}
  ]
}"#;

#[test]
fn a_collection_is_read_whole() {
    let (definition, warnings) = definition(COLLECTION);
    assert_eq!(
        (&*definition.title, &*definition.version),
        ("Shop", "1.2.3")
    );
    assert_eq!(&*definition.format, "postman-2.1");
    let hosts = definition.servers.iter().map(|it| &*it.host);
    assert_eq!(
        hosts.collect::<Vec<_>>(),
        ["shop.example.com", "login.example.com"]
    );
    let all = definition
        .operations
        .iter()
        .map(|it| format!("{} {}", it.method, it.template));
    assert_eq!(
        all.collect::<Vec<_>>(),
        [
            "POST /api/orders/{id}",
            "GET /api/v2/orders/{orderId}/lines/{line}",
            "GET /health",
            "POST /oauth/token",
        ]
    );
    let told = warnings
        .iter()
        .map(|it| (&*it.pointer, it.text.split_once(' ').unwrap().0));
    assert_eq!(
        told.collect::<Vec<_>>(),
        [("/item/0/item/1", "`4711`"), ("/item/3", "this")]
    );
}

#[test]
fn saved_answers_show_what_may_be_there() {
    let (definition, _) = definition(COLLECTION);
    let get = find(&definition, "GET", "/api/v2/orders/{orderId}/lines/{line}");
    assert_eq!(request(get, Spot::RequestPath), ["line! ", "orderId! "]);
    assert_eq!(request(get, Spot::RequestQuery), ["page "]);
    assert_eq!(request(get, Spot::RequestHeaders), ["x-trace "]);
    assert_eq!(schemes(get), ["bearer http-bearer "]);
    let statuses = get.responses.iter().map(|it| &*it.status);
    assert_eq!(statuses.collect::<Vec<_>>(), ["200", "404"]);
    assert_eq!(
        shown(&get.responses[0].members, Spot::ResponseBody),
        [
            " object+",
            "cards array+",
            "cards[] object+",
            "cards[].number string",
            "id integer|string",
            "note +",
        ]
    );
    assert_eq!(&*get.responses[0].types, [Box::from("application/json")]);
}

#[test]
fn bodies_of_requests_are_examples_or_fields() {
    let (definition, _) = definition(COLLECTION);
    let post = find(&definition, "POST", "/api/orders/{id}");
    assert_eq!(
        request(post, Spot::RequestBody),
        [" object+", "count +", "price number", "sku string"]
    );
    assert!(post.security.anonymous && post.security.said);
    let login = find(&definition, "POST", "/oauth/token");
    assert_eq!(request(login, Spot::RequestBody), ["user "]);
    assert_eq!(
        &*login.request_types[0],
        "application/x-www-form-urlencoded"
    );
    assert_eq!(schemes(login), ["apikey api-key-header x-key"]);
}

#[test]
fn a_collection_may_be_wrapped() {
    let wrapped = format!("{{\"collection\": {COLLECTION}}}");
    let (inner, outer) = (definition(COLLECTION).0, definition(&wrapped).0);
    assert_eq!(inner, outer);
}

#[test]
fn variables_that_name_each_other_end() {
    let text = r#"{"info": {"name": "x", "schema": "postman"}, "variable": [{"key": "a", "value": "{{b}}{{b}}"}, {"key": "b", "value": "{{a}}{{a}}"}],
        "item": [{"request": "{{a}}/x"}]}"#;
    assert_eq!(definition(text).0.operations.len(), 1);
}

/// A collection of one request with that text as its body.
fn posted(body: &str) -> String {
    serde_json::json!({
        "info": {"_postman_id": "1", "name": "x"},
        "item": [{"name": "x", "request": {
            "method": "POST", "url": "https://a.example/b", "body": {"mode": "raw", "raw": body},
        }}],
    })
    .to_string()
}

#[test]
fn a_million_open_braces_are_no_variables() {
    let (definition, _) = definition(&posted(&"{".repeat(1_000_000)));
    assert_eq!(definition.operations[0].request, []);
}

#[test]
fn a_wide_example_waits_in_bounded_memory() {
    let names = (0..50_000).map(|at| format!("\"m{at}\":1"));
    let wide = names.collect::<Vec<_>>().join(",");
    let (definition, warnings) = definition(&posted(&format!("{{\"a\":{{{wide}}}}}")));
    let members = &definition.operations[0].request;
    assert_eq!(members.len(), crate::limits::MEMBERS_MAX);
    assert!(
        warnings.iter().any(|it| it.text.contains("left out")),
        "{warnings:?}"
    );
}
