//! What was learned, as an OpenAPI 3.1 document: sound whatever it was, and read back as it was.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod nasty;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::process::{Command, Stdio};

use gatewatch_estate::learned::SURE_OBSERVED_MIN;
use gatewatch_estate::{LearnedApi, definition, openapi};
use gatewatch_model::Spot;
use gatewatch_model::definition::{DefinedMember, Definition, Operation};
use gatewatch_model::effects::{CollectionKind, EndpointRow};
use gatewatch_model::profile::{Credential, MemberRow, ProfileRow};
use nasty::{any_learned, at, collection, endpoint, member, profile};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

fn orders() -> LearnedApi {
    let mut get = endpoint("GET", "/orders/{id}/lines/{id}", &[(200, 90), (404, 10)]);
    get.facts.credentials.insert(Credential::JwtBearer);
    get.facts.credentials.insert(Credential::ApiKeyHeader);
    get.facts.anonymous_answered.add(true, at(1));
    let body = Spot::ResponseBody;
    let mut state = member(body, 2, "state", "string", 100);
    state.values = vec![("open".into(), 60), ("paid".into(), 40)];
    let mut customer = member(body, 2, "customer.id", "string", 100);
    customer.formats = vec![("uuid".into(), 100)];
    let members = vec![
        state,
        customer,
        member(body, 2, "customer.cards[].number", "string", 100),
        member(body, 2, "customer.nick", "string", 99),
        member(body, 4, "error", "string", 100),
        member(Spot::RequestQuery, 0, "page", "integer", 40),
        member(Spot::RequestQuery, 0, "['filter[x]']", "string", 100),
        member(Spot::RequestHeaders, 0, "X-Shop-Key", "string", 100),
        member(Spot::RequestPath, 0, "id", "integer", 100),
        member(Spot::RequestPath, 0, "id", "string", 100),
    ];
    let members = profile(&get, members);
    let post = endpoint("POST", "/graphql#query getUser", &[(200, 5)]);
    LearnedApi {
        collection: collection("shop.example.com", CollectionKind::Host),
        endpoints: vec![(get, Some(members)), (post, None)],
    }
}

fn read(document: &Value) -> Definition {
    let (read, warnings) = definition::read(openapi::text(document).as_bytes(), None).unwrap();
    assert_eq!(warnings, [], "{document:#}");
    read
}

#[test]
fn a_collection_becomes_a_document() {
    let written = openapi::write(&orders(), None);
    let get = &written["paths"]["/orders/{id}/lines/{id2}"]["get"];
    assert_eq!(get["operationId"], "get_orders_id_lines_id");
    let parameters = get["parameters"].as_array().unwrap();
    let shown = parameters.iter().map(|it| {
        let kind = it["schema"]["type"].as_str().unwrap();
        format!("{} {} {} {kind}", it["in"], it["name"], it["required"])
    });
    assert_eq!(
        shown.collect::<Vec<_>>(),
        [
            r#""path" "id" true integer"#,
            r#""path" "id2" true string"#,
            r#""query" "filter[x]" true string"#,
            r#""query" "page" false integer"#,
            r#""header" "x-shop-key" true string"#,
        ]
    );
    let schema = &get["responses"]["200"]["content"]["application/json"]["schema"];
    assert_eq!(
        schema["$ref"],
        "#/components/schemas/get_orders_id_lines_id_2xx"
    );
    let schema = &written["components"]["schemas"]["get_orders_id_lines_id_2xx"];
    assert_eq!(schema["required"], json!(["customer", "state"]));
    assert_eq!(
        schema["properties"]["state"]["enum"],
        json!(["open", "paid"])
    );
    let customer = &schema["properties"]["customer"];
    assert_eq!(customer["required"], json!(["cards", "id"]));
    assert_eq!(customer["properties"]["id"]["format"], "uuid");
    let number = &customer["properties"]["cards"]["items"];
    assert_eq!(
        (&number["type"], &number["required"]),
        (&json!("object"), &Value::Null)
    );
    let nick = &customer["properties"]["nick"]["x-gatewatch"];
    let shown = [&nick["present"], &nick["observed"], &nick["confidence"]];
    assert_eq!(shown.map(|it| it.as_u64().unwrap()), [99, 100, 98]);
    assert_eq!(
        get["security"],
        json!([{"jwt-bearer": []}, {"api-key-header-X-Shop-Key": []}, {}])
    );
    assert_eq!(
        written["servers"],
        json!([{"url": "https://shop.example.com"}])
    );
    assert_eq!(written["info"]["version"], "2026-11-22");
    check_structure(&written);
}

#[test]
fn a_host_that_was_called_in_both_ways_has_both_addresses() {
    let urls = |answers: &[bool]| {
        let mut learned = orders();
        for (answer, (row, _)) in answers.iter().zip(&mut learned.endpoints) {
            row.facts.encrypted.add(*answer, at(1));
        }
        openapi::write(&learned, None)["servers"].clone()
    };
    let (secure, plain) = ("https://shop.example.com", "http://shop.example.com");
    assert_eq!(
        urls(&[true, false]),
        json!([{"url": secure}, {"url": plain}])
    );
    assert_eq!(urls(&[false]), json!([{"url": plain}]));
    assert_eq!(urls(&[true]), json!([{"url": secure}]));
    assert_eq!(urls(&[]), json!([{"url": secure}]));
}

#[test]
fn operations_behind_one_path_are_folded_into_it() {
    let written = openapi::write(&orders(), None);
    let post = &written["paths"]["/graphql"]["post"];
    assert_eq!(post["x-gatewatch"]["carrier"], true);
    let folded = &post["x-gatewatch-operations"]["POST#query getUser"];
    assert_eq!(folded["x-gatewatch"]["calls"], 5);
    let templates = read(&written).operations;
    let templates = templates.iter().map(|it| &*it.template);
    assert_eq!(
        templates.collect::<Vec<_>>(),
        ["/graphql#query getUser", "/orders/{id}/lines/{id2}"]
    );
}

#[test]
fn each_part_says_where_it_is_known_from() {
    let text = br"
openapi: 3.0.0
info: {title: Shop, version: '7'}
servers: [{url: 'https://api.example.com/orders'}]
paths:
  /{orderId}/lines/{line}:
    get:
      operationId: getLine
      parameters: [{name: page, in: query, schema: {type: integer}}, {name: size, in: query, required: true, schema: {type: integer}}]
      responses: {'200': {description: x, content: {application/json: {schema: {type: object, properties: {state: {type: string}, total: {type: number}}}}}}}
  /never: {put: {deprecated: true, security: [], responses: {'204': {description: x}}}}
";
    let (defined, _) = definition::read(text, None).unwrap();
    let written = openapi::write(&orders(), Some(&defined));
    let get = &written["paths"]["/orders/{id}/lines/{id2}"]["get"];
    assert_eq!(get["operationId"], "getLine");
    let by = |value: &Value| value["x-gatewatch"]["knownBy"].clone();
    assert_eq!(by(get), json!(["traffic", "definition"]));
    let parameters = get["parameters"].as_array().unwrap().iter();
    let of = |name: &str| parameters.clone().find(|it| it["name"] == name).unwrap();
    assert_eq!(by(&of("page")["schema"]), json!(["traffic", "definition"]));
    assert_eq!(by(&of("size")["schema"]), json!(["definition"]));
    assert_eq!(by(&of("filter[x]")["schema"]), json!(["traffic"]));
    let body = &get["responses"]["200"]["content"]["application/json"]["schema"]["properties"];
    assert_eq!(by(&body["state"]), json!(["traffic", "definition"]));
    assert_eq!(by(&body["total"]), json!(["definition"]));
    let never = &written["paths"]["/orders/never"]["put"];
    assert_eq!(
        (by(never), &never["deprecated"]),
        (json!(["definition"]), &json!(true))
    );
    assert_eq!(written["info"]["version"], "7");
    check_structure(&written);
    read(&written);
}

/// The rules of OpenAPI 3.1 that a schema of it cannot say, and those that it can and that a
/// writer breaks most easily.
fn check_structure(document: &Value) {
    let mut ids = BTreeSet::new();
    let mut paths = BTreeSet::new();
    assert!(!document["info"]["title"].as_str().unwrap().is_empty());
    assert!(!document["info"]["version"].as_str().unwrap().is_empty());
    for (path, item) in document["paths"].as_object().unwrap() {
        assert!(
            path.starts_with('/') && !path.contains(['?', '#', ' ']),
            "{path}"
        );
        let mut slots = BTreeSet::new();
        let mut nameless = String::new();
        for part in path.split_inclusive(['{', '}']) {
            match part.strip_suffix('}') {
                Some(name) => assert!(slots.insert(name) && !name.is_empty(), "{path}"),
                None => nameless.push_str(part),
            }
        }
        assert!(
            paths.insert(nameless),
            "two templates differ in names alone: {path}"
        );
        for (method, operation) in item.as_object().unwrap() {
            if method.starts_with("x-") {
                continue;
            }
            assert!(
                [
                    "get", "put", "post", "delete", "options", "head", "patch", "trace"
                ]
                .contains(&&**method)
            );
            let id = operation["operationId"].as_str().unwrap().to_owned();
            assert!(ids.insert(id), "{operation:#}");
            check_operation(document, operation, &slots);
        }
    }
    check_references(document, document);
}

fn check_operation(document: &Value, operation: &Value, slots: &BTreeSet<&str>) {
    let mut parameters = BTreeSet::new();
    let mut named = BTreeSet::new();
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        let (place, name) = (&parameter["in"], parameter["name"].as_str().unwrap());
        assert!(!name.is_empty() && parameter["schema"].is_object());
        assert!(parameters.insert((place.to_string(), name)), "{name} twice");
        if place == "path" {
            assert_eq!(parameter["required"], true);
            named.insert(name);
        }
    }
    assert_eq!(&named, slots);
    let responses = operation["responses"].as_object().unwrap();
    assert!(!responses.is_empty());
    for (status, response) in responses {
        let sound = status == "default"
            || status.len() == 3 && (b'1'..=b'5').contains(&status.as_bytes()[0]);
        assert!(sound && response["description"].is_string(), "{status}");
    }
    let schemes = &document["components"]["securitySchemes"];
    for alternative in operation["security"].as_array().into_iter().flatten() {
        for name in alternative.as_object().unwrap().keys() {
            let scheme = &schemes[name];
            let sound = match scheme["type"].as_str().unwrap() {
                "http" => scheme["scheme"].is_string(),
                "apiKey" => scheme["name"].as_str().is_some_and(|it| !it.is_empty()),
                "mutualTLS" => true,
                _ => false,
            };
            assert!(sound, "{scheme}");
        }
    }
}

fn check_references(document: &Value, at: &Value) {
    if let Some(reference) = at.get("$ref").and_then(Value::as_str) {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
    let below = at.as_object().into_iter().flat_map(|it| it.values());
    for value in below.chain(at.as_array().into_iter().flatten()) {
        check_references(document, value);
    }
}

/// What reading back an endpoint's export must give: by spot or status, each path with whether
/// it is required.
type Expected = BTreeMap<String, BTreeMap<String, bool>>;

fn expected(row: &EndpointRow, profile: Option<&ProfileRow>) -> Expected {
    let mut expected = Expected::new();
    let members = profile.map_or(&[][..], |it| &it.members);
    for (spot, special) in [
        (Spot::RequestQuery, &[][..]),
        (
            Spot::RequestHeaders,
            &["accept", "authorization", "content-type", "cookie"][..],
        ),
        (Spot::RequestCookies, &[]),
    ] {
        let mut names: BTreeMap<String, bool> = BTreeMap::new();
        for member in members.iter().filter(|it| it.spot == spot) {
            let mut name = first_step(&member.path);
            if spot == Spot::RequestHeaders {
                name = name.to_ascii_lowercase();
            }
            if !special.contains(&&*name) {
                *names.entry(name).or_default() |= is_always(member);
            }
        }
        expected.insert(format!("{spot:?}"), names);
    }
    let of = |spot, class: u16| {
        let rows = members.iter();
        let rows = rows.filter(move |it| it.spot == spot && u16::from(it.status_class) == class);
        body(&rows.collect::<Vec<_>>())
    };
    expected.insert("RequestBody".to_owned(), of(Spot::RequestBody, 0));
    for (status, _) in &row.statuses {
        expected.insert(status.to_string(), of(Spot::ResponseBody, status / 100));
    }
    expected
}

fn is_always(row: &MemberRow) -> bool {
    row.present == row.observed && row.observed >= SURE_OBSERVED_MIN
}

/// The generator's paths have no dots and brackets within names.
fn first_step(path: &str) -> String {
    let end = if path.starts_with("['") {
        path.find("']").unwrap() + 2
    } else {
        path.find(['.', '[']).unwrap_or(path.len())
    };
    path[..end].to_owned()
}

fn prefixes(path: &str) -> Vec<String> {
    let mut rest = path;
    let mut all = vec![String::new()];
    while !rest.is_empty() {
        let start = usize::from(rest.starts_with('.'));
        let end = if rest.starts_with("[]") {
            2
        } else {
            start + first_step(&rest[start..]).len()
        };
        let before = all.last().unwrap();
        all.push(format!("{before}{}", &rest[..end]));
        rest = &rest[end..];
    }
    all
}

fn body(rows: &[&MemberRow]) -> BTreeMap<String, bool> {
    let mut members = BTreeMap::new();
    for row in rows {
        for prefix in prefixes(&row.path) {
            let below = |it: &&&MemberRow| prefixes(&it.path).contains(&prefix);
            let always = rows.iter().filter(below).any(|it| is_always(it));
            members.insert(prefix, always);
        }
    }
    // Required is what is required all the way, and nothing below a list.
    let local = members.clone();
    for (path, required) in &mut members {
        let way = prefixes(path);
        *required = way[1..].iter().all(|it| local[it]) && !path.contains("[]");
    }
    members
}

fn found(operation: &Operation) -> Expected {
    let mut found = Expected::new();
    let paths = |members: &[DefinedMember], spot| {
        let members = members.iter().filter(|it| it.spot == spot);
        members
            .map(|it| (it.path.to_string(), it.required))
            .collect::<BTreeMap<_, _>>()
    };
    for spot in [
        Spot::RequestQuery,
        Spot::RequestHeaders,
        Spot::RequestCookies,
        Spot::RequestBody,
    ] {
        found.insert(format!("{spot:?}"), paths(&operation.request, spot));
    }
    for response in &operation.responses {
        let body = paths(&response.members, Spot::ResponseBody);
        found.insert(response.status.to_string(), body);
    }
    found
}

/// Whether the body must be there at all is another question than what must be in it.
fn without_roots(mut all: Expected) -> Expected {
    for (what, members) in &mut all {
        if !what.starts_with("Request") || what == "RequestBody" {
            members.remove("");
        }
    }
    all
}

fn nameless(template: &str) -> String {
    let mut text = String::new();
    for part in template.split_inclusive(['{', '}']) {
        match part.strip_suffix('}') {
            Some(_) if text.ends_with('{') => text.push('}'),
            _ => text.push_str(part),
        }
    }
    text
}

proptest! {
    #[test]
    fn whatever_was_learned_becomes_a_sound_document(learned in any_learned(true)) {
        let written = openapi::write(&learned, None);
        check_structure(&written);
        prop_assert!(definition::read(openapi::text(&written).as_bytes(), None).is_ok());
        let mut other = learned.clone();
        other.endpoints.reverse();
        prop_assert_eq!(openapi::write(&other, None), written);
    }

    #[test]
    fn what_is_written_is_read_back(learned in any_learned(false)) {
        let read = read(&openapi::write(&learned, None));
        let keys = read.operations.iter();
        let keys = keys.map(|it| (it.method.to_string(), nameless(&it.template)));
        let wanted = learned.endpoints.iter();
        let wanted = wanted.map(|(row, _)| (row.method.to_string(), nameless(&row.template)));
        prop_assert_eq!(keys.collect::<BTreeSet<_>>(), wanted.collect::<BTreeSet<_>>());
        for (row, profile) in &learned.endpoints {
            let operation = read.operations.iter().find(|it| {
                it.method == row.method && nameless(&it.template) == nameless(&row.template)
            });
            let mut found = found(operation.unwrap());
            // Classes of members without a status, and endpoints that gave no answer.
            found.retain(|what, _| !what.ends_with("XX") && what != "default");
            let expected = expected(row, profile.as_ref());
            prop_assert_eq!(without_roots(found), without_roots(expected));
        }
    }

    #[test]
    fn an_export_read_and_exported_again_says_the_same(learned in any_learned(false)) {
        let defined = read(&openapi::write(&learned, None));
        let both = openapi::write(&learned, Some(&defined));
        check_structure(&both);
        let again = read(&both);
        prop_assert_eq!(again.operations.len(), defined.operations.len());
    }
}

/// With `openapi-spec-validator` (PyPI) on the path its verdict is asked for, over odd exports.
#[test]
fn the_validator_of_others_agrees() {
    let program = "openapi-spec-validator";
    if Command::new(program)
        .arg("--version")
        .stdout(Stdio::null())
        .status()
        .is_err()
    {
        eprintln!(
            "SKIPPED: {program} is not installed (pip install {program}); exports are checked by our own rules alone"
        );
        return;
    }
    let mut runner = TestRunner::deterministic();
    let mut documents = vec![openapi::write(&orders(), None)];
    // Each takes the validator about a second.
    let count = std::env::var("GATEWATCH_EXPORTS").ok();
    for _ in 0..count.and_then(|it| it.parse().ok()).unwrap_or(20) {
        let tree = any_learned(true).new_tree(&mut runner).unwrap();
        documents.push(openapi::write(&tree.current(), None));
    }
    for document in documents {
        let mut child = Command::new(program)
            .arg("-")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = child.stdin.take().unwrap();
        let text = openapi::text(&document);
        input.write_all(text.as_bytes()).unwrap();
        drop(input);
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{said}\n{document:#}");
    }
}
