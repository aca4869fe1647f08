//! Documents that somebody wrote to hurt.

use std::fmt::Write;
use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;

/// Far beyond what is needed, far below what a missing bound would take.
const PATIENCE: Duration = Duration::from_secs(20);

fn in_time(text: &str) -> Result<(Definition, Vec<Warning>), DefinitionError> {
    let start = Instant::now();
    let read = read(text.as_bytes(), None);
    let took = start.elapsed();
    assert!(took < PATIENCE, "it took {took:?}");
    read
}

fn with_schemas(schemas: &str) -> String {
    format!(
        "openapi: 3.0.0\npaths:\n  /a:\n    get:\n      responses:\n        200:\n          content: {{application/json: {{schema: {{$ref: '#/components/schemas/S0'}}}}}}\ncomponents:\n  schemas:\n{schemas}"
    )
}

#[test]
fn references_that_lead_in_circles_end() {
    for schemas in [
        "    S0: {$ref: '#/components/schemas/S0'}\n",
        "    S0: {$ref: '#/components/schemas/S1'}\n    S1: {$ref: '#/components/schemas/S0'}\n",
        "    S0: {allOf: [{$ref: '#/components/schemas/S0'}, {properties: {a: {$ref: '#/components/schemas/S0'}}}]}\n",
        "    S0: {type: array, items: {$ref: '#/components/schemas/S0'}}\n",
        "    S0: {anyOf: [{$ref: '#'}, {$ref: '#/components/schemas/S0/anyOf/0'}]}\n",
    ] {
        let (definition, _) = in_time(&with_schemas(schemas)).unwrap();
        assert_eq!(definition.operations.len(), 1, "{schemas}");
    }
    let text = "openapi: 3.0.0\npaths: {/a: {$ref: '#/paths/~1b'}, /b: {$ref: '#/paths/~1a'}, /c: {get: {parameters: [{$ref: '#/paths/~1c/get/parameters/0'}]}}}";
    let (definition, warnings) = in_time(text).unwrap();
    assert_eq!((definition.operations.len(), warnings.len()), (1, 3));
}

#[test]
fn schemas_that_multiply_are_cut() {
    // Each names the next ten times: ten to the thirtieth members.
    let mut schemas = String::new();
    for at in 0..30 {
        let members = (0..10).fold(String::new(), |mut all, name| {
            write!(
                all,
                "m{name}: {{$ref: '#/components/schemas/S{}'}}, ",
                at + 1
            )
            .unwrap();
            all
        });
        writeln!(schemas, "    S{at}: {{properties: {{{members}}}}}").unwrap();
    }
    let (definition, warnings) = in_time(&with_schemas(&schemas)).unwrap();
    let members = &definition.operations[0].responses[0].members;
    assert_eq!(members.len(), MEMBERS_MAX);
    assert!(members.iter().any(|it| it.open));
    assert!(
        warnings.iter().any(|it| it.text.contains("512 members")),
        "{warnings:?}"
    );
}

#[test]
fn joins_that_multiply_are_cut() {
    for key in ["allOf", "oneOf"] {
        let mut schemas = String::new();
        for at in 0..30 {
            let next = format!("{{$ref: '#/components/schemas/S{}'}}", at + 1);
            let all = vec![next; 10].join(", ");
            writeln!(schemas, "    S{at}: {{{key}: [{all}]}}").unwrap();
        }
        let (_, warnings) = in_time(&with_schemas(&schemas)).unwrap();
        assert!(
            warnings.iter().any(|it| it.text.contains("unknown")),
            "{warnings:?}"
        );
    }
}

#[test]
fn deep_schemas_are_cut() {
    let deep = format!(
        "{}{{type: string}}{}",
        "{properties: {a: ".repeat(50),
        "}}".repeat(50)
    );
    let (definition, warnings) = in_time(&with_schemas(&format!("    S0: {deep}\n"))).unwrap();
    let members = &definition.operations[0].responses[0].members;
    assert_eq!(members.len(), crate::limits::MEMBER_DEPTH_MAX + 1);
    assert!(members.last().unwrap().open);
    assert_eq!(warnings.len(), 1);
}

#[test]
fn a_bomb_of_aliases_is_no_definition() {
    let mut text = "openapi: 3.0.0\nx0: &x0 [1, 2, 3, 4, 5, 6, 7, 8, 9]\n".to_owned();
    for at in 1..40 {
        let all = vec![format!("*x{}", at - 1); 9].join(", ");
        writeln!(text, "x{at}: &x{at} [{all}]").unwrap();
    }
    let error = in_time(&text).unwrap_err().to_string();
    assert!(error.contains("more than 2000000 values"), "{error}");
}

#[test]
fn more_operations_than_the_bound_are_left_out_with_a_warning() {
    let mut text = "{\"openapi\": \"3.0.0\", \"paths\": {".to_owned();
    for at in 0..=OPERATIONS_MAX {
        write!(text, "\"/p{at}/{{id}}\": {{\"get\": {{}}}},").unwrap();
    }
    text += "\"/z\": {\"put\": {}}}}";
    let (definition, warnings) = in_time(&text).unwrap();
    assert_eq!(definition.operations.len(), OPERATIONS_MAX);
    assert_eq!(warnings.len(), 1);
}

#[test]
fn a_flood_of_warnings_is_counted_and_not_kept() {
    let mut text = "openapi: 3.0.0\npaths:\n".to_owned();
    for at in 0..5_000 {
        writeln!(text, "  /p{at}: {{$ref: 'x{at}.yaml'}}").unwrap();
    }
    let (_, warnings) = in_time(&text).unwrap();
    assert_eq!(warnings.len(), WARNINGS_MAX + 1);
    assert_eq!(warnings[WARNINGS_MAX].text, "there are 4800 more warnings");
}

#[test]
fn huge_lists_take_their_time_and_no_more() {
    let many = "{\"name\": \"a\", \"in\": \"query\"},".repeat(100_000);
    let text = format!(
        "{{\"swagger\": \"2.0\", \"paths\": {{\"/a\": {{\"get\": {{\"parameters\": [{many}0]}}}}}}}}"
    );
    let (definition, _) = in_time(&text).unwrap();
    assert_eq!(definition.operations[0].request.len(), 1);
    let names = (0..200_000).fold(String::new(), |mut all, at| {
        write!(all, "\"m{at}\": {{}},").unwrap();
        all
    });
    let text = format!(
        "{{\"swagger\": \"2.0\", \"paths\": {{\"/a\": {{\"get\": {{\"responses\": {{\"200\": {{\"schema\": {{\"properties\": {{{names}\"x\": 1}}}}}}}}}}}}}}}}"
    );
    let (definition, _) = in_time(&text).unwrap();
    assert_eq!(
        definition.operations[0].responses[0].members.len(),
        MEMBERS_MAX
    );
    let big = vec![b' '; crate::limits::DOCUMENT_BYTES_MAX + 1];
    assert!(matches!(
        read(&big, None),
        Err(DefinitionError::TooLarge { .. })
    ));
}

#[test]
fn a_wide_schema_is_read_often_in_little_time() {
    let wide = |name: &str, one: &str| {
        let all = (0..100_000).fold(String::new(), |mut all, at| {
            write!(all, "{},", one.replace('#', &at.to_string())).unwrap();
            all
        });
        name.replace('#', all.trim_end_matches(','))
    };
    for schema in [
        wide("\"properties\":{#}", "\"p#\":{}"),
        wide("\"prefixItems\":[#]", "{}"),
        wide("\"required\":[#]", "\"p#\""),
        wide("\"enum\":[#]", "\"p#\""),
        wide("\"type\":[#]", "\"string\""),
    ] {
        let paths = (0..2_000).fold(String::new(), |mut all, at| {
            write!(all, "\"/p{at}\": {{\"get\": {{\"requestBody\": {{\"content\": {{\"a/b\": {{\"schema\": {{\"$ref\": \"#/x\"}}}}}}}}}}}},").unwrap();
            all
        });
        let text = format!(
            "{{\"openapi\": \"3.1.0\", \"paths\": {{{paths}\"/z\": {{}}}}, \"x\": {{{schema}}}}}"
        );
        let (definition, _) = in_time(&text).unwrap();
        assert_eq!(definition.operations.len(), 2_000);
    }
}

#[test]
fn many_schemes_for_many_operations_are_cut() {
    let schemes = (0..1_024).fold(String::new(), |mut all, at| {
        let sign = if at % 32 == 31 { "]}, {" } else { "]," };
        write!(all, "\"s{at}\": [{sign}").unwrap();
        all
    });
    let paths = (0..10_000).fold(String::new(), |mut all, at| {
        write!(all, "\"/p{at}\": {{\"get\": {{}}}},").unwrap();
        all
    });
    let text = format!(
        "{{\"openapi\": \"3.1.0\", \"security\": [{{{schemes}}}], \"paths\": {{{paths}\"/z\": {{}}}}}}"
    );
    let (definition, _) = in_time(&text).unwrap();
    let schemes = &definition.operations[0].security.schemes;
    assert_eq!(schemes.len(), crate::limits::SCHEMES_MAX);
}

/// Nested values out of the words that the readers look for.
fn any_document() -> impl Strategy<Value = serde_json::Value> {
    use serde_json::{Map, Value};
    let word = prop::sample::select(vec![
        "openapi",
        "3.1.0",
        "swagger",
        "2.0",
        "info",
        "paths",
        "/a/{id}",
        "get",
        "post",
        "item",
        "request",
        "url",
        "raw",
        "{{x}}/:y",
        "parameters",
        "in",
        "path",
        "query",
        "body",
        "name",
        "schema",
        "$ref",
        "#/paths",
        "#",
        "allOf",
        "anyOf",
        "oneOf",
        "properties",
        "items",
        "type",
        "object",
        "array",
        "required",
        "responses",
        "200",
        "content",
        "application/json",
        "security",
        "servers",
        "variable",
        "key",
        "value",
        "auth",
        "x-gatewatch-operations",
    ]);
    let leaf = prop_oneof![
        word.clone().prop_map(|it| Value::String(it.to_owned())),
        any::<bool>().prop_map(Value::Bool),
        any::<i32>().prop_map(Value::from),
        Just(Value::Null),
    ];
    leaf.prop_recursive(8, 128, 8, move |inner| {
        let name = word.clone().prop_map(str::to_owned);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::Array),
            prop::collection::btree_map(name, inner, 0..8)
                .prop_map(|it| Value::Object(it.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

proptest! {
    #[test]
    fn nothing_makes_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(&bytes, None);
    }

    #[test]
    fn no_arrangement_of_known_words_makes_it_panic(mut document in any_document(), start in 0_usize..3) {
        if let Some(object) = document.as_object_mut() {
            let (name, value): (&str, &str) = [("openapi", "3.1.0"), ("swagger", "2.0"), ("info", "")][start];
            object.insert(name.to_owned(), value.into());
            if name == "info" {
                object.insert(name.to_owned(), serde_json::json!({"_postman_id": 1, "name": "x"}));
                object.entry("item").or_insert(serde_json::json!([]));
            }
        }
        let text = document.to_string();
        let one = read(text.as_bytes(), None);
        let two = read(text.as_bytes(), None);
        prop_assert_eq!(&one, &two);
        if let Ok((definition, _)) = one {
            let order = definition.operations.iter().map(|it| (&it.template, &it.method));
            prop_assert!(order.is_sorted());
        }
    }
}
