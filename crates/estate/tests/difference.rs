//! What is documented against what was seen.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod nasty;

use gatewatch_estate::limits::DIFFERENCES_MAX;
use gatewatch_estate::{LearnedApi, definition, difference, openapi};
use gatewatch_model::Spot;
use gatewatch_model::definition::{Definition, Operation};
use gatewatch_model::effects::{CollectionKind, EndpointRow};
use gatewatch_model::profile::{Credential, Drift, MemberRow};
use nasty::{any_learned, at, collection, endpoint, member, profile};
use proptest::prelude::*;

fn defined(text: &str) -> Definition {
    let (read, warnings) = definition::read(text.as_bytes(), None).unwrap();
    assert_eq!(warnings, []);
    read
}

fn learned(endpoints: Vec<(EndpointRow, Vec<MemberRow>)>) -> LearnedApi {
    let endpoints = endpoints.into_iter().map(|(row, members)| {
        let profile = profile(&row, members);
        (row, Some(profile))
    });
    LearnedApi {
        collection: collection("shop.example.com", CollectionKind::Host),
        endpoints: endpoints.collect(),
    }
}

/// `kind method template place`.
fn shown(defined: &Definition, learned: &LearnedApi) -> Vec<String> {
    let found = difference(defined, None, learned);
    assert!(found.is_sorted());
    found
        .iter()
        .map(|it| {
            format!(
                "{} {} {} {}",
                it.kind.name(),
                it.method,
                it.template,
                it.place
            )
        })
        .collect()
}

const SHOP: &str = r"
openapi: 3.0.3
info: {title: Shop, version: '1'}
servers: [{url: 'https://shop.example.com/v1'}]
security: [{key: []}]
paths:
  /pets/{petId}:
    get:
      parameters:
        - {name: petId, in: path, required: true, schema: {type: integer}}
        - {name: page, in: query, schema: {type: integer}}
        - {name: ids, in: query, schema: {type: array}}
        - {name: size, in: query, required: true, schema: {type: string, enum: [small, large]}}
        - {name: x-shop, in: header, required: true, schema: {type: string}}
      responses:
        '200':
          description: x
          content:
            application/json:
              schema:
                type: object
                required: [id, name, tags]
                properties:
                  id: {type: integer}
                  name: {type: string}
                  born: {type: string, format: date}
                  tags: {type: array, items: {type: object, properties: {label: {type: string}}}}
                  extra: {type: object, additionalProperties: true}
    delete: {deprecated: true, responses: {'204': {description: x}}}
  /pets/mine: {get: {responses: {'200': {description: x}}}}
  /graphql: {post: {security: [], responses: {'200': {description: x}}}}
components:
  securitySchemes:
    key: {type: apiKey, in: header, name: X-Key}
";

fn get_pet(members: Vec<MemberRow>) -> (EndpointRow, Vec<MemberRow>) {
    (endpoint("GET", "/v1/pets/{id}", &[(200, 100)]), members)
}

#[test]
fn names_of_slots_make_no_difference() {
    let body = Spot::ResponseBody;
    let as_documented = vec![
        member(Spot::RequestPath, 0, "id", "integer", 100),
        member(Spot::RequestQuery, 0, "size", "string", 100),
        member(Spot::RequestQuery, 0, "['ids[]']", "string", 7),
        member(Spot::RequestHeaders, 0, "X-Shop", "string", 100),
        member(Spot::RequestHeaders, 0, "X-Key", "string", 100),
        member(body, 2, "id", "integer", 100),
        member(body, 2, "name", "string", 100),
        member(body, 2, "tags[].label", "string", 100),
        member(body, 2, "extra.anything[].goes", "null", 3),
    ];
    let mut others = vec![get_pet(as_documented)];
    others.push((endpoint("HEAD", "/v1/pets/{id}", &[(200, 1)]), vec![]));
    others.push((endpoint("OPTIONS", "/v1/pets/mine", &[(204, 1)]), vec![]));
    others.push((endpoint("POST", "/v1/graphql#getUser", &[(200, 1)]), vec![]));
    assert_eq!(
        shown(&defined(SHOP), &learned(others)),
        [
            "never-seen GET /v1/pets/mine ",
            "never-seen DELETE /v1/pets/{petId} ",
        ]
    );
}

#[test]
fn members_seen_otherwise_are_told_one_by_one() {
    let body = Spot::ResponseBody;
    let mut size = member(Spot::RequestQuery, 0, "size", "string", 60);
    size.values = vec![("small".into(), 50), ("huge".into(), 10)];
    let mut page = member(Spot::RequestQuery, 0, "page", "string", 50);
    page.formats = vec![("integer".into(), 40)];
    let mut born = member(body, 2, "born", "string", 100);
    born.formats = vec![("date-time".into(), 100)];
    let members = vec![
        size,
        page,
        member(Spot::RequestQuery, 0, "debug", "string", 2),
        member(Spot::RequestQuery, 0, "debug.deeper", "string", 2),
        member(Spot::RequestHeaders, 0, "x-odd", "string", 2),
        member(Spot::RequestBody, 0, "a.b", "string", 2),
        member(Spot::RequestBody, 0, "c", "string", 2),
        born,
        member(body, 2, "id", "number", 100),
        member(body, 2, "secret.pin", "string", 100),
        member(body, 2, "secret.puk", "string", 100),
        member(body, 2, "tags[].colour", "string", 9),
        member(body, 2, "name", "string", 90),
    ];
    let seen = learned(vec![get_pet(members)]);
    let all = shown(&defined(SHOP), &seen);
    let pet = all
        .iter()
        .filter_map(|it| it.split_once(" GET /v1/pets/{id} "));
    assert_eq!(
        pet.map(|(kind, place)| format!("{kind} {place}"))
            .collect::<Vec<_>>(),
        [
            "undocumented-parameter $.request.headers.x-odd",
            "undocumented-parameter $.request.query.debug",
            "undocumented-member $.request.body",
            "undocumented-member $.response.body.secret",
            "undocumented-member $.response.body.tags[].colour",
            "missing-required $.request.headers.x-shop",
            "missing-required $.request.query.size",
            "missing-required $.response.body.name",
            "other-type $.request.query.page",
            "other-type $.response.body.id",
            "other-format $.response.body.born",
            "other-value $.request.query.size",
        ]
    );
    let sentences = difference(&defined(SHOP), None, &seen);
    let of = |kind: &str, place: &str| {
        let found = sentences
            .iter()
            .find(|it| it.kind.name() == kind && it.place.ends_with(place));
        found.unwrap().sentence.to_string()
    };
    assert_eq!(
        of("missing-required", "size"),
        "GET /v1/pets/{id}: $.request.query.size is documented as required and was missing in 40 of 100 exchanges"
    );
    assert_eq!(
        of("other-type", "page"),
        "GET /v1/pets/{id}: $.request.query.page is documented as integer and was string 10 times"
    );
    assert_eq!(
        of("other-value", "size"),
        "GET /v1/pets/{id}: $.request.query.size was `huge`; documented are large, small"
    );
}

#[test]
fn what_is_on_one_side_only_is_told_and_what_may_be_meant() {
    let seen = learned(vec![
        (endpoint("GET", "/v1/pets/{id}", &[(200, 5)]), vec![]),
        (endpoint("DELETE", "/v1/pets/all", &[(204, 1)]), vec![]),
        (endpoint("GET", "/v1/admin", &[(200, 1)]), vec![]),
    ]);
    let found = difference(&defined(SHOP), None, &seen);
    let sentences = found.iter().map(|it| &*it.sentence).collect::<Vec<_>>();
    assert_eq!(
        sentences,
        [
            "GET /v1/admin is not documented and was called once, last 2026-11-21T08:01:00Z",
            "POST /v1/graphql is documented and was never seen",
            "DELETE /v1/pets/all was called once, last 2026-11-21T08:01:00Z and is not documented itself; `/v1/pets/{petId}` is, and one of both has a slot where the other has a word",
            "GET /v1/pets/mine is documented and was never seen; calls of it may stand under `/v1/pets/{id}`",
            "DELETE /v1/pets/{petId} is documented and was never seen; it is deprecated; calls of it may stand under `/v1/pets/all`",
        ]
    );
}

#[test]
fn security_is_held_against_what_was_answered() {
    let mut get = endpoint("GET", "/v1/pets/mine", &[(200, 5)]);
    get.facts.credentials.insert(Credential::Basic);
    get.facts.anonymous_answered.add(true, at(1));
    get.facts.encrypted.add(false, at(1));
    let mut post = endpoint(
        "POST",
        "/v1/graphql",
        &[(200, 5), (202, 2), (429, 1), (503, 2)],
    );
    post.facts.anonymous_answered.add(true, at(1));
    let mut delete = endpoint("DELETE", "/v1/pets/{id}", &[(204, 3)]);
    delete.facts.credentials.insert(Credential::ApiKeyHeader);
    let seen = learned(vec![(get, vec![]), (post, vec![]), (delete, vec![])]);
    let all = shown(&defined(SHOP), &seen);
    assert_eq!(
        all,
        [
            "undocumented-status POST /v1/graphql $.response",
            "anonymous-answered GET /v1/pets/mine ",
            "other-credential GET /v1/pets/mine ",
            "not-encrypted GET /v1/pets/mine ",
            "deprecated-called DELETE /v1/pets/{id} ",
            "never-seen GET /v1/pets/{petId} ",
        ]
    );
}

#[test]
fn media_types_are_compared_without_their_parameters() {
    let text = "openapi: 3.0.0\npaths: {/a: {get: {responses: {'200': {content: {application/json: {}, 'image/*': {}}}}}}}";
    let mut seen = learned(vec![(endpoint("GET", "/a", &[(200, 5)]), vec![])]);
    let types = ["Application/JSON; charset=utf-8", "image/png", "text/html"];
    let profile = seen.endpoints[0].1.as_mut().unwrap();
    profile.response_types = types.iter().map(|it| ((*it).into(), 2)).collect();
    let found = difference(&defined(text), None, &seen);
    let sentences = found.iter().map(|it| &*it.sentence).collect::<Vec<_>>();
    assert_eq!(
        sentences,
        ["GET /a: $.response came as text/html 2 times; documented are application/json, image/*"]
    );
}

#[test]
fn thousands_of_strangers_are_bounded_in_number_and_time() {
    let count = DIFFERENCES_MAX + 5_000;
    let operations = (0..count).map(|at| Operation::new("GET", format!("/d{at}/x/{{id}}")));
    let defined = Definition {
        operations: operations.collect(),
        ..Definition::default()
    };
    let rows = (0..count).map(|at| {
        (
            endpoint("GET", &format!("/s{at}/{{id}}/y"), &[(200, 1)]),
            None,
        )
    });
    let learned = LearnedApi {
        collection: collection("x", CollectionKind::Api),
        endpoints: rows.collect(),
    };
    let start = std::time::Instant::now();
    assert_eq!(difference(&defined, None, &learned).len(), DIFFERENCES_MAX);
    assert!(start.elapsed().as_secs() < 20);
}

proptest! {
    #[test]
    fn an_export_does_not_differ_from_its_origin(learned in any_learned(false)) {
        let defined = defined(&openapi::text(&openapi::write(&learned, None)));
        let found = difference(&defined, None, &learned);
        let known = found.iter().filter(|it| {
            // An endpoint that never answered has no calls, so it was never seen.
            it.kind.name() != "never-seen"
                && it.kind.name() != "deprecated-called"
                // The writer keeps out what is no header or no media type.
                && !it.place.starts_with("$.response.headers['")
                && it.kind.name() != "undocumented-media-type"
        });
        prop_assert_eq!(known.collect::<Vec<_>>(), Vec::<&gatewatch_estate::Difference>::new());
    }

    #[test]
    fn the_order_of_rows_makes_no_difference(learned in any_learned(true), other in any_learned(false)) {
        let (defined, _) = definition::read(openapi::text(&openapi::write(&other, None)).as_bytes(), None).unwrap();
        let mut reversed = learned.clone();
        reversed.endpoints.reverse();
        prop_assert_eq!(difference(&defined, None, &learned), difference(&defined, None, &reversed));
    }
}

#[test]
fn what_a_newer_definition_lacks_is_a_zombie_or_removed_and_no_shadow() {
    let mut called = endpoint("GET", "/v1/admin", &[(200, 3)]);
    called.facts.drift = Some(Drift::Zombie);
    let mut gone = endpoint("GET", "/v1/stock", &[(200, 1)]);
    gone.facts.drift = Some(Drift::Removed);
    let strange = endpoint("GET", "/v1/debug", &[(200, 1)]);
    let pet = endpoint("GET", "/v1/pets/{id}", &[(200, 5)]);
    let rows = [called, gone, strange, pet].map(|it| (it, vec![]));
    let seen = learned(rows.into());
    let empty = defined("openapi: 3.0.0\npaths: {/a: {get: {}}}");
    let found = difference(&empty, Some(&defined(SHOP)), &seen);
    let sentences = found.iter().map(|it| &*it.sentence).collect::<Vec<_>>();
    assert_eq!(
        sentences,
        [
            "GET /a is documented and was never seen",
            "GET /v1/admin was removed from a newer definition and is still called, 3 times, last 2026-11-21T08:01:00Z",
            "GET /v1/debug is not documented and was called once, last 2026-11-21T08:01:00Z",
            "GET /v1/pets/{id} was removed from a newer definition; before that it was called 5 times, last 2026-11-21T08:01:00Z",
            "GET /v1/stock was removed from a newer definition; before that it was called once, last 2026-11-21T08:01:00Z",
        ]
    );
}

#[test]
fn a_slot_of_integers_is_no_uuid() {
    let text = "openapi: 3.0.0\npaths: {'/a/{b}': {get: {parameters: [{name: b, in: path, required: true, schema: {type: string, format: uuid}}], responses: {'200': {description: x}}}}}";
    let mut slot = member(Spot::RequestPath, 0, "id", "string", 4);
    slot.formats = vec![("integer".into(), 4)];
    let seen = learned(vec![(endpoint("GET", "/a/{id}", &[(200, 4)]), vec![slot])]);
    let found = difference(&defined(text), None, &seen);
    let sentences = found.iter().map(|it| &*it.sentence).collect::<Vec<_>>();
    assert_eq!(
        sentences,
        ["GET /a/{id}: $.request.path.id is documented as uuid and was never so: integer 4 times"]
    );
}
