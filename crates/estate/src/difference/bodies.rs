//! Parameters, members, statuses and media types of one endpoint, documented against seen.

use std::collections::{BTreeMap, BTreeSet};

use gatewatch_model::Spot;
use gatewatch_model::definition::{DefinedMember, DefinedResponse};
use gatewatch_model::difference::{DifferenceKind, must_be_documented, other_format, times};
use gatewatch_model::profile::MemberRow;

use super::{Difference, Pair};
use crate::learned;
use crate::limits::NAMED_MAX;
use crate::member_path::{self, Step};
use crate::templates;

pub(super) fn compare(pair: &Pair<'_>, found: &mut Vec<Difference>) {
    statuses(pair, found);
    let Some(profile) = pair.profile else { return };
    for spot in [
        Spot::RequestQuery,
        Spot::RequestHeaders,
        Spot::RequestCookies,
        Spot::RequestBody,
    ] {
        let documented = pair.operation.request.iter();
        let documented = documented.filter(|it| it.spot == spot);
        let rows = profile.members.iter().filter(|it| it.spot == spot);
        let side = Side::new(spot, documented, rows);
        side.compare(pair, found);
    }
    slots(pair, found);
    for class in 1..=5 {
        let responses = responses_of(pair, class);
        let first = match &*responses {
            [] => continue,
            [first, ..] => first,
        };
        for spot in [Spot::ResponseHeaders, Spot::ResponseBody] {
            let documented = responses.iter().flat_map(|it| &it.members);
            let documented = documented.filter(|it| it.spot == spot);
            let rows = profile.members.iter();
            let rows = rows.filter(|it| it.spot == spot && it.status_class == class);
            let mut side = Side::new(spot, documented, rows);
            // Which answer of a class a member came with is not known.
            let several = responses.len() > 1;
            side.optional = several || first.status.contains(['X', 'd']);
            side.compare(pair, found);
        }
    }
    let seen = profile.request_types.iter();
    media_types(
        pair,
        found,
        "$.request",
        &pair.operation.request_types,
        seen,
    );
    let answers = pair.operation.responses.iter().flat_map(|it| &it.types);
    let answers = answers.cloned().collect::<Vec<_>>();
    let seen = profile.response_types.iter();
    media_types(pair, found, "$.response", &answers, seen);
}

/// The documented answers that a status of this class may be one of.
fn responses_of<'p>(pair: &Pair<'p>, class: u8) -> Vec<&'p DefinedResponse> {
    let digit = class.to_string();
    let all = &pair.operation.responses;
    let of_class = all.iter().filter(|it| it.status.starts_with(&digit));
    let of_class = of_class.collect::<Vec<_>>();
    let statuses = pair.row.statuses.iter().map(|it| it.0);
    let mut of_class_seen = statuses.filter(|it| it / 100 == u16::from(class));
    let all_named = of_class_seen.all(|status| {
        let named = |it: &&DefinedResponse| is_status(&it.status, status);
        of_class.iter().copied().any(|it| named(&it))
    });
    let fallback = all
        .iter()
        .filter(|it| &*it.status == "default" && !all_named);
    of_class.iter().copied().chain(fallback).collect()
}

fn is_status(documented: &str, status: u16) -> bool {
    documented == status.to_string() || documented == format!("{}XX", status / 100)
}

fn statuses(pair: &Pair<'_>, found: &mut Vec<Difference>) {
    let documented = &pair.operation.responses;
    if documented.is_empty() || documented.iter().any(|it| &*it.status == "default") {
        return;
    }
    let names = documented.iter().map(|it| &*it.status).collect::<Vec<_>>();
    let names = names.join(", ");
    for (status, calls) in &pair.row.statuses {
        let known = documented.iter().any(|it| is_status(&it.status, *status));
        if must_be_documented(*status) && !known {
            let seen = format!("{status} {}", times(*calls));
            let kind = DifferenceKind::UndocumentedStatus;
            pair.report(found, kind, "$.response", (&names, &seen));
        }
    }
}

fn media_types<'s>(
    pair: &Pair<'_>,
    found: &mut Vec<Difference>,
    place: &str,
    documented: &[Box<str>],
    seen: impl Iterator<Item = &'s (Box<str>, u64)>,
) {
    if documented.is_empty() {
        return;
    }
    let names = documented.iter().map(|it| &**it).collect::<BTreeSet<_>>();
    let names = names.into_iter().collect::<Vec<_>>().join(", ");
    for (name, count) in seen {
        let plain = name.split(';').next().unwrap_or_default().trim();
        let plain = plain.to_ascii_lowercase();
        let fits = |it: &str| {
            let family = it.strip_suffix('*').unwrap_or(it);
            it == "*/*" || it == plain || family != it && plain.starts_with(family)
        };
        if !plain.is_empty() && !documented.iter().any(|it| fits(it)) {
            let seen = format!("{plain} {}", times(*count));
            let kind = DifferenceKind::UndocumentedMediaType;
            pair.report(found, kind, place, (&names, &seen));
        }
    }
}

/// Slots have one order on both sides, whatever they are called.
fn slots(pair: &Pair<'_>, found: &mut Vec<Difference>) {
    let members = |spot| move |it: &&MemberRow| it.spot == spot;
    let rows = pair.profile.into_iter().flat_map(|it| &it.members);
    let mut rows = rows.filter(members(Spot::RequestPath)).collect::<Vec<_>>();
    let names =
        templates::slots(&pair.row.template).zip(templates::slots(&pair.operation.template));
    for (seen, documented) in names {
        let (seen, documented) = (member_path::of_name(seen), member_path::of_name(documented));
        let row = rows.iter().position(|it| *it.path == *seen);
        let row = row.map(|at| rows.remove(at));
        let defined = pair.operation.request.iter();
        let mut defined = defined.filter(|it| it.spot == Spot::RequestPath);
        let defined = defined.find(|it| *it.path == *documented);
        if let Some((row, defined)) = row.zip(defined) {
            let place = place(Spot::RequestPath, &row.path);
            values(pair, found, &place, row, defined);
        }
    }
}

/// What is documented of one spot, and what was seen in it.
struct Side<'s> {
    spot: Spot,
    documented: BTreeMap<String, &'s DefinedMember>,
    rows: Vec<&'s MemberRow>,
    /// Whether nothing documented here must be there.
    optional: bool,
}

impl<'s> Side<'s> {
    fn new(
        spot: Spot,
        documented: impl Iterator<Item = &'s DefinedMember>,
        rows: impl Iterator<Item = &'s MemberRow>,
    ) -> Self {
        let mut by_path: BTreeMap<String, &DefinedMember> = BTreeMap::new();
        for member in documented {
            let known = by_path.entry(spelled(spot, &member.path)).or_insert(member);
            // Of several answers the one that allows more.
            if member.open && !known.open {
                *known = member;
            }
        }
        Side {
            spot,
            documented: by_path,
            rows: rows.collect(),
            optional: false,
        }
    }

    fn compare(&self, pair: &Pair<'_>, found: &mut Vec<Difference>) {
        let mut told = BTreeSet::new();
        for row in &self.rows {
            let path = spelled(self.spot, &row.path);
            if let Some(defined) = self.documented.get(&path) {
                values(pair, found, &place(self.spot, &row.path), row, defined);
            } else if row.present > 0 && !self.is_covered(pair, &path) {
                let top = self.undocumented(&path);
                if told.insert(top.clone()) {
                    self.report_undocumented(pair, found, &top, row);
                }
            }
        }
        if !self.optional {
            self.missing(pair, found);
        }
    }

    fn is_body(&self) -> bool {
        matches!(self.spot, Spot::RequestBody | Spot::ResponseBody)
    }

    /// Whether the definition says enough of where it stands to allow it.
    fn is_covered(&self, pair: &Pair<'_>, path: &str) -> bool {
        if !self.is_body() {
            return self.is_known_parameter(pair, path);
        }
        // Objects on the way to a documented member need no member of their own.
        if self.has_below(path) {
            return true;
        }
        let above = ways(path)
            .into_iter()
            .rev()
            .find_map(|it| self.documented.get(&it));
        above.is_some_and(|it| it.open)
    }

    fn is_known_parameter(&self, pair: &Pair<'_>, path: &str) -> bool {
        let Some(Step::Name(name)) = member_path::steps(path).into_iter().next() else {
            return true;
        };
        // Cookies and answers' headers are mostly none of the API's own.
        let silent = matches!(self.spot, Spot::RequestCookies | Spot::ResponseHeaders);
        if silent && self.documented.is_empty() {
            return true;
        }
        let kind = match self.spot {
            Spot::RequestQuery => "api-key-query",
            Spot::RequestHeaders => "api-key-header",
            _ => "api-key-cookie",
        };
        let mut schemes = pair.operation.security.schemes.iter();
        if schemes.any(|it| &*it.kind == kind && *it.carrier == *name) {
            return true;
        }
        // `ids[]` and `filter[name]` belong to `ids` and `filter`; so does what stands below.
        let plain = name.split('[').next().unwrap_or_default();
        [&*name, plain]
            .into_iter()
            .any(|it| self.documented.contains_key(&member_path::of_name(it)))
    }

    /// The first on the way to it that is not documented; of parameters, its name.
    fn undocumented(&self, path: &str) -> String {
        let ways = ways(path);
        if !self.is_body() {
            return ways.into_iter().nth(1).unwrap_or_default();
        }
        if self.documented.is_empty() {
            return String::new();
        }
        let first = ways
            .into_iter()
            .find(|it| !it.is_empty() && !self.documented.contains_key(it) && !self.has_below(it));
        first.unwrap_or_else(|| path.to_owned())
    }

    fn has_below(&self, path: &str) -> bool {
        let below = self.documented.range(path.to_owned()..);
        let mut below = below.map(|it| it.0).take_while(|it| it.starts_with(path));
        below.any(|it| it.len() > path.len() && ways(it).iter().any(|way| way == path))
    }

    fn report_undocumented(
        &self,
        pair: &Pair<'_>,
        found: &mut Vec<Difference>,
        top: &str,
        row: &MemberRow,
    ) {
        let kind = if self.is_body() {
            DifferenceKind::UndocumentedMember
        } else {
            DifferenceKind::UndocumentedParameter
        };
        let seen = format!("{} of {}", row.present, row.observed);
        pair.report(found, kind, &place(self.spot, top), ("", &seen));
    }

    fn missing(&self, pair: &Pair<'_>, found: &mut Vec<Difference>) {
        let observed = self.rows.iter().map(|it| it.observed).max().unwrap_or(0);
        let mut rows = BTreeMap::new();
        let mut above = BTreeSet::new();
        for row in &self.rows {
            let path = spelled(self.spot, &row.path);
            let mut ways = ways(&path);
            ways.pop();
            above.extend(ways);
            rows.insert(path, *row);
        }
        for (path, _) in self.documented.iter().filter(|it| it.1.required) {
            // Of what stands in an object or list nothing tells how often it was empty.
            if path.is_empty() || above.contains(path) {
                continue;
            }
            let (present, observed) = match rows.get(path) {
                Some(row) if self.has_below(path) => (row.observed, row.observed),
                Some(row) => (row.present, row.observed),
                None => (0, observed),
            };
            if present < observed {
                let seen = format!("{} of {observed}", observed - present);
                let place = place(self.spot, path);
                let kind = DifferenceKind::MissingRequired;
                pair.report(found, kind, &place, ("required", &seen));
            }
        }
    }
}

/// Names of headers are compared in lower case.
fn spelled(spot: Spot, path: &str) -> String {
    match spot {
        Spot::RequestHeaders | Spot::ResponseHeaders => path.to_ascii_lowercase(),
        _ => path.to_owned(),
    }
}

/// The path and all that it stands in, the shortest first: ``, `a`, `a[]`, `a[].b`.
fn ways(path: &str) -> Vec<String> {
    let mut way = String::new();
    let mut ways = vec![way.clone()];
    for step in member_path::steps(path) {
        match step {
            Step::Item => way.push_str("[]"),
            Step::Name(name) => member_path::push_name(&mut way, &name),
        }
        ways.push(way.clone());
    }
    ways
}

fn place(spot: Spot, path: &str) -> String {
    let dot = if path.is_empty() || path.starts_with('[') {
        ""
    } else {
        "."
    };
    format!("{}{dot}{path}", spot.prefix())
}

/// Types, format and allowed values of something that is on both sides.
fn values(
    pair: &Pair<'_>,
    found: &mut Vec<Difference>,
    place: &str,
    row: &MemberRow,
    defined: &DefinedMember,
) {
    let seen = learned::types(row);
    let textual = !matches!(row.spot, Spot::RequestBody | Spot::ResponseBody);
    let lists = defined
        .types
        .iter()
        .any(|it| matches!(&**it, "array" | "object"));
    let said = !(defined.types.is_empty() || textual && lists);
    let allowed = |kind: &str| {
        let names = |it: &str| defined.types.iter().any(|name| **name == *it);
        // Whatever stands in a URL or a header is a text too.
        names(kind) || kind == "integer" && names("number") || textual && names("string")
    };
    let others = seen
        .iter()
        .filter(|(kind, count)| **count > 0 && !allowed(kind));
    let others = others.map(|(kind, count)| format!("{kind} {}", times(*count)));
    let others = others.collect::<Vec<_>>().join(", ");
    if said && !others.is_empty() {
        let documented = defined.types.join(" or ");
        let kind = DifferenceKind::OtherType;
        pair.report(found, kind, place, (&documented, &others));
    }
    let texts = row.types.iter().filter(|it| &*it.0 == "string");
    let texts = texts.map(|it| it.1).sum();
    if let Some(seen) = other_format(&defined.format, texts, &row.formats) {
        let kind = DifferenceKind::OtherFormat;
        pair.report(found, kind, place, (&defined.format, &seen));
    }
    let known = |it: &&(Box<str>, u64)| !defined.values.contains(&it.0);
    let others = row.values.iter().filter(known).take(NAMED_MAX);
    let others = others.map(|it| format!("`{}`", it.0)).collect::<Vec<_>>();
    if !defined.values.is_empty() && !others.is_empty() {
        let documented = defined.values.join(", ");
        let others = others.join(", ");
        let kind = DifferenceKind::OtherValue;
        pair.report(found, kind, place, (&documented, &others));
    }
}
