//! What reading GraphQL promises.

use gatewatch_model::Spot;
use proptest::prelude::*;

use super::*;
use crate::json::Json;

/// Each operation as `kind name {fields} depth aliases`, and what was odd.
fn operations(text: &str, operation: &str) -> (Vec<String>, Blemishes) {
    let asked = Asked {
        query: Some(text),
        operation,
        ..Asked::default()
    };
    let mut calls = Calls::default();
    let blemishes = add(&asked, &mut Documents::default(), &mut calls);
    let rows = calls.iter().map(|it| row(&it)).collect();
    (rows, blemishes)
}

fn row(call: &crate::Call<'_>) -> String {
    let fields = call.fields().collect::<Vec<_>>().join(",");
    let schema = if call.introspection { " schema" } else { "" };
    format!(
        "{} {} {{{fields}}} {} {}{schema}",
        call.kind, call.name, call.depth, call.aliases
    )
}

fn check(text: &str, expected: &[&str]) {
    let (rows, blemishes) = operations(text, "");
    assert_eq!(rows, expected, "{text}");
    assert!(blemishes.is_empty(), "{text}");
}

#[test]
fn an_operation_has_a_kind_a_name_fields_depth_and_aliases() {
    check("{ me { name } cart }", &["query  {me,cart} 2 0"]);
    check(
        "query Orders($first: Int = 10, $by: By! = {a: [1]}) @live { orders(first: $first, q: \"}\") { edges { node { id } } } me: viewer { id } }",
        &["query Orders {orders,viewer} 4 1"],
    );
    check(
        "mutation { a: pay(id: 1) { ok } b: pay(id: 2) { ok } }",
        &["mutation  {pay} 2 2"],
    );
    check(
        "subscription S { ticks @include(if: true) { at } }",
        &["subscription S {ticks} 2 0"],
    );
    check(
        "# hello\n{ a { ... on X { b { c } } ... @skip(if: false) { d } } }",
        &["query  {a} 3 0"],
    );
}

#[test]
fn fragments_count_where_they_are_used() {
    check(
        "query Q { ...Top me { ...Deep } } fragment Top on Query { x: cart { id } } fragment Deep on User { a { b { ...More } } } fragment More on B { c }",
        &["query Q {me,cart} 4 1"],
    );
    let (rows, blemishes) = operations(
        "{ ...A } fragment A on Q { a { ...B } } fragment B on Q { b { ...A } }",
        "",
    );
    assert_eq!(rows.len(), 1);
    assert_eq!(blemishes, Blemishes::BAD_CALL);
}

#[test]
fn asking_for_the_schema_is_told() {
    check(
        "query IntrospectionQuery { __schema { types { name } } }",
        &["query IntrospectionQuery {__schema} 3 0 schema"],
    );
    check(
        "{ t: __type(name: \"User\") { name } }",
        &["query  {__type} 2 1 schema"],
    );
    check("{ me { __typename } }", &["query  {me} 2 0"]);
    check(
        "{ ...S } fragment S on Query { __schema { x } }",
        &["query  {__schema} 2 0 schema"],
    );
}

#[test]
fn of_several_operations_the_one_asked_for_counts() {
    let text = "query A { a } query B { b } mutation C { c }";
    assert_eq!(operations(text, "B").0, ["query B {b} 1 0"]);
    assert_eq!(operations(text, "").0.len(), 3);
    assert_eq!(operations(text, "Z").0.len(), 3);
}

#[test]
fn a_text_that_is_no_document_is_no_call() {
    for text in [
        "shoes",
        "query",
        "query foo",
        "{",
        "{}",
        "type A { b: C }",
        "fragment F on A { b }",
        "",
        "é {a}",
        "select * from x",
    ] {
        let (rows, blemishes) = operations(text, "");
        assert_eq!((rows.len(), blemishes.is_empty()), (0, true), "{text}");
    }
}

#[test]
fn of_a_broken_document_what_stands_before_the_break_counts() {
    for text in [
        "{ a { b ",
        "{ a { b ~ } }",
        "{ a { b } } }",
        "{ a { b } } x",
        "{ a { b(x: \"open } }",
    ] {
        let (rows, blemishes) = operations(text, "");
        assert_eq!(
            (rows.as_slice(), blemishes),
            (
                ["query  {a} 2 0".to_owned()].as_slice(),
                Blemishes::BAD_CALL
            ),
            "{text}"
        );
    }
}

#[test]
fn bodies_and_batches_are_read_by_their_members() {
    let of = |body: &str| {
        let mut leaves = Leaves::default();
        leaves.begin(Spot::RequestBody);
        Json::default().read(body, false, &mut leaves, &mut Blemishes::default());
        let mut calls = Calls::default();
        read(&leaves, &mut Documents::default(), &mut calls);
        let rows = calls
            .iter()
            .map(|it| format!("{}: {}", it.batch_index, row(&it)));
        rows.collect::<Vec<_>>()
    };
    assert_eq!(
        of(r#"{"operationName":"B","query":"query A{a} query B{b}","variables":{"query":"{x}"}}"#),
        ["0: query B {b} 1 0"]
    );
    assert_eq!(
        of(r#"[{"query":"{a}"},{"q":1},{"query":"{b}"}]"#),
        ["0: query  {a} 1 0", "2: query  {b} 1 0"]
    );
    assert_eq!(
        of(
            r#"{"operationName":"Me","extensions":{"persistedQuery":{"version":1,"sha256Hash":"31d4"}}}"#
        ),
        ["0: persisted Me {} 0 0"]
    );
    assert_eq!(of(r#"{"query":"red shoes","page":1}"#), [""; 0]);
}

fn many(count: core::ops::Range<u32>, one: impl Fn(u32) -> String) -> String {
    count.map(one).collect()
}

#[test]
fn bombs_of_aliases_and_braces_take_time_in_proportion() {
    let aliases = many(0..200_000, |it| format!("a{it}:me{{id}}"));
    let (rows, _) = operations(&format!("{{{aliases}}}"), "");
    assert_eq!(rows, ["query  {me} 2 200000"]);
    let fields = many(0..200_000, |it| format!("f{it} "));
    assert_eq!(operations(&format!("{{{fields}}}"), "").0.len(), 1);
    let deep = operations(&"{a".repeat(500_000), "").0;
    assert_eq!(deep, ["query  {a} 500000 0"]);
    let fragments = many(0..100_000, |it| {
        format!("fragment F{it} on A {{ ...F{} }} ", it + 1)
    });
    assert_eq!(
        operations(&format!("{{ ...F0 }} {fragments}"), "").1,
        Blemishes::BAD_CALL
    );
}

proptest! {
    #[test]
    fn anything_at_all_is_read(random: String, likely in "([{}():@$!=]|\\.\\.\\.|[a-c]|query |fragment |on |\"|#|\n| ){0,60}", operation in "[a-c]?") {
        for text in [&random, &likely] {
            prop_assert_eq!(operations(text, &operation), operations(text, &operation));
        }
    }
}
