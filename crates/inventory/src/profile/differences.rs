//! Where an endpoint was seen otherwise than its definition says. What only a refused request
//! carried is no difference, nor is a status that any server may answer. Kinds and words are those
//! of `gatewatch_model::difference`.

use std::collections::BTreeSet;

use gatewatch_model::Spot;
use gatewatch_model::definition::{DefinedMember, Operation};
use gatewatch_model::difference::{DifferenceKind, must_be_documented, other_format, times};
use gatewatch_model::facts::Facts;
use gatewatch_model::profile::MemberRow;

use super::Profile;
use super::ordinary::is_ordinary_name;

const DIFFERENCES_MAX: usize = 32;

/// Sorted, each with its place.
pub(super) fn differences(
    operation: &Operation,
    profile: &Profile,
    facts: &Facts,
) -> Vec<Box<str>> {
    let rows = profile.members.accepted_rows();
    let mut found = Vec::new();
    for row in &rows {
        found.extend(odd_member(operation, row));
    }
    missing(operation, &rows, &mut found);
    statuses(operation, facts, &mut found);
    types(operation, profile, &mut found);
    let security = &operation.security;
    if security.said && !security.anonymous && profile.anonymous_answered.yes > 0 {
        let schemes = security.schemes.iter();
        let schemes = schemes.map(|it| format!("{} ({})", it.name, it.kind));
        let schemes = schemes.collect::<Vec<_>>().join(", ");
        let calls = match profile.anonymous_answered.yes {
            1 => "1 call".to_owned(),
            calls => format!("{calls} calls"),
        };
        found.push(DifferenceKind::AnonymousAnswered.says(&schemes, &calls));
    }
    found.sort_unstable();
    found.dedup();
    found.truncate(DIFFERENCES_MAX);
    found.into_iter().map(String::into_boxed_str).collect()
}

/// A member that is not documented, or is of another type.
fn odd_member(operation: &Operation, row: &MemberRow) -> Option<String> {
    let documented = documented(operation, row.spot, row.status_class);
    let parameter = matches!(row.spot, Spot::RequestQuery);
    let body = matches!(row.spot, Spot::RequestBody | Spot::ResponseBody);
    if row.path.contains('{') || body && documented.is_empty() {
        return None;
    }
    let Some(member) = documented.iter().find(|it| it.path == row.path) else {
        let known = |it: &&DefinedMember| {
            it.open && is_below(&row.path, &it.path) || is_below(&it.path, &row.path)
        };
        // A key is documented by its scheme, not as a parameter.
        let mut schemes = operation.security.schemes.iter();
        let key = schemes.any(|it| *it.kind == *"api-key-query" && it.carrier == row.path);
        let told = parameter && key || documented.iter().any(known);
        let undocumented = (parameter || body) && !told;
        let kind = if parameter {
            DifferenceKind::UndocumentedParameter
        } else {
            DifferenceKind::UndocumentedMember
        };
        let seen = format!("{} of {}", row.present, row.observed);
        return undocumented.then(|| tell(row.spot, &row.path, kind, ("", &seen)));
    };
    let texts = !body || !is_json(operation, row.spot);
    let mut others = row.types.iter();
    if let Some((name, count)) =
        others.find(|(name, count)| !allows(member, row, name, *count, texts))
    {
        let seen = format!("{name} {}", times(*count));
        let documented = member.types.join(" or ");
        let said = (&*documented, &*seen);
        return Some(tell(row.spot, &row.path, DifferenceKind::OtherType, said));
    }
    let strings = row.types.iter().filter(|it| *it.0 == *"string");
    let strings = strings.map(|it| it.1).sum();
    let seen = other_format(&member.format, strings, &row.formats)?;
    let said = (&*member.format, &*seen);
    Some(tell(row.spot, &row.path, DifferenceKind::OtherFormat, said))
}

/// A difference at a place, in a sentence.
fn tell(spot: Spot, path: &str, kind: DifferenceKind, (defined, seen): (&str, &str)) -> String {
    format!("{} {}", place(spot, path), kind.says(defined, seen))
}

/// Members that every exchange should have, and some did not.
fn missing(operation: &Operation, rows: &[MemberRow], found: &mut Vec<String>) {
    let request = operation.request.iter().map(|it| (it, 0));
    let responses = operation.responses.iter();
    let success = responses
        .filter(|it| it.status.starts_with('2'))
        .collect::<Vec<_>>();
    let response = match success[..] {
        [one] => &one.members[..],
        _ => &[],
    };
    for (member, class) in request.chain(response.iter().map(|it| (it, 2))) {
        let header = matches!(member.spot, Spot::RequestHeaders | Spot::ResponseHeaders);
        let told = member.spot == Spot::RequestPath || header && is_ordinary_name(&member.path);
        if !member.required || member.path.is_empty() || told {
            continue;
        }
        let at_spot = rows
            .iter()
            .filter(|it| (it.spot, it.status_class) == (member.spot, class));
        let Some(observed) = at_spot.clone().map(|it| it.observed).max() else {
            continue;
        };
        let there = at_spot.filter(|it| it.path == member.path || is_below(&it.path, &member.path));
        let present = there.map(|it| it.present).max().unwrap_or(0);
        if present < observed {
            let lacking = observed - present;
            let said = ("required", &*format!("{lacking} of {observed}"));
            let kind = DifferenceKind::MissingRequired;
            found.push(tell(member.spot, &member.path, kind, said));
        }
    }
}

fn statuses(operation: &Operation, facts: &Facts, found: &mut Vec<String>) {
    let documented = |status: u16| {
        operation
            .responses
            .iter()
            .any(|it| fits(&it.status, status))
            || operation.responses.is_empty()
    };
    let names = operation.responses.iter().map(|it| &*it.status);
    let names = || names.clone().collect::<Vec<_>>().join(", ");
    for (status, count) in facts.statuses.iter() {
        if must_be_documented(status) && !documented(status) {
            let seen = format!("{status} {}", times(count));
            let says = DifferenceKind::UndocumentedStatus.says(&names(), &seen);
            found.push(format!("$.response {says}"));
        }
    }
}

fn types(operation: &Operation, profile: &Profile, found: &mut Vec<String>) {
    let responses = operation.responses.iter().flat_map(|it| &it.types);
    for (what, seen, documented) in [
        (
            "request",
            &profile.request_types,
            operation.request_types.iter().collect::<Vec<_>>(),
        ),
        ("response", &profile.response_types, responses.collect()),
    ] {
        let names = documented.iter().map(|it| &***it).collect::<BTreeSet<_>>();
        let names = names.into_iter().collect::<Vec<_>>().join(", ");
        for (name, count) in seen.iter() {
            if !documented.is_empty() && !documented.iter().any(|it| is_type(it, name)) {
                let seen = format!("{name} {}", times(count));
                let says = DifferenceKind::UndocumentedMediaType.says(&names, &seen);
                found.push(format!("$.{what} {says}"));
            }
        }
    }
}

/// Members of a spot as far as they are documented; of responses those of that class.
fn documented(operation: &Operation, spot: Spot, class: u8) -> Vec<&DefinedMember> {
    let responses = operation.responses.iter();
    let responses = responses
        .filter(|it| fits_class(&it.status, class))
        .flat_map(|it| &it.members);
    let all: Box<dyn Iterator<Item = &DefinedMember>> = if spot.is_response() {
        Box::new(responses)
    } else {
        Box::new(operation.request.iter())
    };
    all.filter(|it| it.spot == spot).collect()
}

/// Whether a type that was seen is one of those documented. `texts` says that all values are
/// written as texts there.
fn allows(member: &DefinedMember, row: &MemberRow, seen: &str, count: u64, texts: bool) -> bool {
    let documented = |name: &str| member.types.iter().any(|it| **it == *name);
    let format = |name: &str| {
        row.formats
            .iter()
            .find(|it| *it.0 == *name)
            .map_or(0, |it| it.1)
    };
    if member.types.is_empty() || documented(seen) || seen == "integer" && documented("number") {
        return true;
    }
    texts
        && seen == "string"
        && (documented("array")
            || documented("object")
            || documented("integer") && format("integer") == count
            || documented("number") && format("integer") + format("decimal") == count
            || documented("boolean") && format("boolean") == count)
}

fn is_json(operation: &Operation, spot: Spot) -> bool {
    let responses = operation.responses.iter().flat_map(|it| &it.types);
    let types = if spot.is_response() {
        responses.collect::<Vec<_>>()
    } else {
        operation.request_types.iter().collect()
    };
    types.iter().all(|it| it.contains("json"))
}

/// `200`, `2XX` or `default`.
fn fits(documented: &str, status: u16) -> bool {
    documented.eq_ignore_ascii_case("default")
        || documented.parse() == Ok(status)
        || documented.len() == 3
            && documented[1..].eq_ignore_ascii_case("xx")
            && documented.starts_with(char::from(b'0' + (status / 100) as u8))
}

fn fits_class(documented: &str, class: u8) -> bool {
    documented.eq_ignore_ascii_case("default")
        || documented.starts_with(char::from(b'0' + class.min(9)))
}

/// `application/json`, `application/*` or `*/*`, whatever parameters stand behind.
fn is_type(documented: &str, seen: &str) -> bool {
    let essence = documented.split(';').next().unwrap_or_default().trim();
    essence == "*/*"
        || essence.eq_ignore_ascii_case(seen)
        || essence
            .strip_suffix('*')
            .is_some_and(|it| seen.starts_with(it))
}

/// Whether a path leads through that object or list.
fn is_below(path: &str, object: &str) -> bool {
    object.is_empty()
        || path
            .strip_prefix(object)
            .is_some_and(|it| it.starts_with(['.', '[']))
}

fn place(spot: Spot, path: &str) -> String {
    let dot = if path.is_empty() || path.starts_with('[') {
        ""
    } else {
        "."
    };
    format!("{}{dot}{path}", spot.prefix())
}

#[cfg(test)]
mod tests {
    use gatewatch_model::definition::{DefinedResponse, Security};

    use super::*;

    fn member(spot: Spot, path: &str, required: bool, kind: &str) -> DefinedMember {
        DefinedMember {
            spot,
            path: path.into(),
            required,
            types: kind.split_whitespace().map(Box::from).collect(),
            format: "".into(),
            values: Vec::new(),
            open: kind == "object",
        }
    }

    fn operation() -> Operation {
        Operation {
            request: vec![
                member(Spot::RequestQuery, "page", false, "integer"),
                member(Spot::RequestQuery, "tenant", true, "string"),
                member(Spot::RequestBody, "order", true, ""),
                member(Spot::RequestBody, "order.count", false, "number"),
                member(Spot::RequestBody, "extra", false, "object"),
            ],
            request_types: vec!["application/json".into()],
            responses: vec![DefinedResponse {
                status: "200".into(),
                types: vec!["application/*".into()],
                members: vec![member(Spot::ResponseBody, "id", true, "integer")],
            }],
            security: Security {
                said: true,
                anonymous: false,
                schemes: vec![gatewatch_model::definition::Scheme {
                    name: "key".into(),
                    kind: "http-bearer".into(),
                    ..Default::default()
                }],
            },
            ..Operation::default()
        }
    }

    /// After that traffic these differences are told.
    fn check(traffic: &str, expected: &[&str]) {
        let (mut profile, mut facts) = (Profile::default(), Facts::default());
        super::super::tests::traffic(traffic, &mut profile, &mut facts);
        let found = differences(&operation(), &profile, &facts);
        assert_eq!(
            found.iter().map(|it| &**it).collect::<Vec<_>>(),
            expected,
            "{traffic}"
        );
    }

    const TOKEN: &str = "'header:authorization=Bearer abc' header:content-type=application/json answer-header:content-type=application/json";

    #[test]
    fn what_is_documented_is_no_difference() {
        check(
            &format!(
                r#"PUT /orders?page=2&tenant=a 200 {TOKEN} body='{{"order":{{"count":3}},"extra":{{"a":{{"b":1}}}}}}' answer='{{"id":1}}'"#
            ),
            &[],
        );
        check(
            &format!(r#"PUT /orders?tenant=a 404 {TOKEN} answer='{{"id":"x"}}'"#),
            &[],
        );
    }

    #[test]
    fn a_key_in_the_query_is_documented_by_its_scheme() {
        let mut secured = operation();
        secured.security.schemes[0].kind = "api-key-query".into();
        secured.security.schemes[0].carrier = "api_key".into();
        let (mut profile, mut facts) = (Profile::default(), Facts::default());
        let url = format!("PUT /orders?tenant=a&api_key=k&key=k 200 {TOKEN} answer=''");
        super::super::tests::traffic(&url, &mut profile, &mut facts);
        let found = differences(&secured, &profile, &facts);
        let parameters = found.iter().filter(|it| it.contains("$.request.query"));
        assert_eq!(
            parameters.map(|it| &**it).collect::<Vec<_>>(),
            ["$.request.query.key is not documented and was there in 1 of 1 exchanges"]
        );
    }

    #[test]
    fn what_is_not_is_told_with_its_place() {
        check(
            &format!(
                r#"PUT /orders?page=two&debug=1 201 {TOKEN} body='{{"order":{{"count":"3"}},"more":[1]}}' answer='{{"id":1.5}}'"#
            ),
            &[
                "$.request.body.more[] is not documented and was there in 1 of 1 exchanges",
                "$.request.body.order.count is documented as number and was string once",
                "$.request.query.debug is not documented and was there in 1 of 1 exchanges",
                "$.request.query.page is documented as integer and was string once",
                "$.request.query.tenant is documented as required and was missing in 1 of 1 exchanges",
                "$.response answered 201 once; documented are 200",
                "$.response.body.id is documented as integer and was number once",
            ],
        );
    }

    #[test]
    fn types_and_missing_credentials_are_told() {
        check(
            "PUT /orders?tenant=a 200 header:content-type=text/plain body=x answer-header:content-type=text/html answer=x",
            &[
                "$.request came as text/plain once; documented are application/json",
                "$.request.body.order is documented as required and was missing in 1 of 1 exchanges",
                "$.response came as text/html once; documented are application/*",
                "$.response.body.id is documented as required and was missing in 1 of 1 exchanges",
                "is documented to ask for key (http-bearer) and answered 1 call without",
            ],
        );
    }

    #[test]
    fn another_format_is_told_of_slots_parameters_and_members_alike() {
        let mut documented = Operation::default();
        for (spot, path) in [
            (Spot::RequestPath, "id"),
            (Spot::RequestQuery, "cart"),
            (Spot::RequestBody, "order"),
        ] {
            let mut uuid = member(spot, path, false, "string");
            uuid.format = "uuid".into();
            documented.request.push(uuid);
        }
        let (mut profile, mut facts) = (Profile::default(), Facts::default());
        for number in 101..104 {
            let line = format!(
                r#"PUT /carts/{number}?cart={number} 200 header:content-type=application/json body='{{"order":"{number}"}}'"#
            );
            super::super::tests::traffic(&line, &mut profile, &mut facts);
        }
        let found = differences(&documented, &profile, &facts);
        assert_eq!(
            found.iter().map(|it| &**it).collect::<Vec<_>>(),
            [
                "$.request.body.order is documented as uuid and was never so: integer 3 times",
                "$.request.path.id is documented as uuid and was never so: integer 3 times",
                "$.request.query.cart is documented as uuid and was never so: integer 3 times",
            ]
        );
    }

    #[test]
    fn differences_have_a_bound() {
        let query = (0..99).map(|it| {
            format!(
                "p{}{}=1",
                char::from(b'a' + it / 10),
                char::from(b'a' + it % 10)
            )
        });
        let query = query.collect::<Vec<_>>().join("&");
        let (mut profile, mut facts) = (Profile::default(), Facts::default());
        super::super::tests::traffic(&format!("GET /a?{query} 200"), &mut profile, &mut facts);
        assert!(differences(&operation(), &profile, &facts).len() <= DIFFERENCES_MAX);
    }
}
