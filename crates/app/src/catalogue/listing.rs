//! What is known as a table, as JSON and as CSV.

use std::fmt::Write as _;

use anyhow::bail;
use console::{measure_text_width, pad_str};
use gatewatch_classify::InfoType;
use gatewatch_detect::Detection;
use serde_json::{Value, json};

use super::Known;
use super::card::near;
use crate::command::{CatalogueFormat, CatalogueListArgs, Kind};

const GAP: &str = "  ";

pub fn list(known: &Known, args: &CatalogueListArgs) -> anyhow::Result<String> {
    let is_wanted = |kind: Kind, asked: bool| args.kind.map_or(asked, |it| it == kind);
    let of_types = args.category.is_some() || args.country.is_some();
    let detections = if is_wanted(Kind::Detection, !of_types) {
        detections(known, args)?
    } else {
        Vec::new()
    };
    let types = if is_wanted(Kind::InfoType, args.class.is_none()) {
        types(known, args)
    } else {
        Vec::new()
    };
    Ok(match args.format {
        CatalogueFormat::Table => table(known, &detections, &types),
        CatalogueFormat::Json => {
            let rows = detections.iter().map(|it| detection_json(known, it));
            let rows: Vec<Value> = rows.chain(types.iter().map(|it| type_json(it))).collect();
            serde_json::to_string_pretty(&rows)? + "\n"
        }
        CatalogueFormat::Csv => csv(known, &detections, &types),
    })
}

fn detections<'k>(
    known: &'k Known,
    args: &CatalogueListArgs,
) -> anyhow::Result<Vec<&'k Detection>> {
    if let Some(class) = args.class.as_ref()
        && known.detections.class(class).is_none()
    {
        let classes = known.detections.classes.iter().map(|it| &*it.id);
        bail!("there is no class `{class}`; {}", near(class, classes));
    }
    let is_asked = |it: &&Detection| args.class.as_ref().is_none_or(|class| **class == *it.class);
    let mut detections: Vec<_> = known.detections.list.iter().filter(is_asked).collect();
    detections.sort_by(|one, two| one.id.cmp(&two.id));
    Ok(detections)
}

fn types<'k>(known: &'k Known, args: &CatalogueListArgs) -> Vec<&'k InfoType> {
    let country = args.country.as_ref().map(|it| it.to_ascii_uppercase());
    let is_asked = |it: &&InfoType| {
        let category = args.category.as_ref();
        category.is_none_or(|name| it.category.name() == name)
            && country.as_ref().is_none_or(|code| country_of(it) == *code)
    };
    let mut types: Vec<_> = known.types.types().iter().filter(is_asked).collect();
    types.sort_by(|one, two| one.id.cmp(&two.id));
    types
}

const DETECTION_HEADINGS: [&str; 7] = [
    "detection",
    "title",
    "class",
    "severity",
    "maturity",
    "rules",
    "owasp and mitre",
];

fn detection_row(known: &Known, detection: &Detection) -> [String; 7] {
    let (owasp, mitre) = marks(known, detection);
    let marks: Vec<&str> = owasp.into_iter().chain(mitre).collect();
    [
        detection.id.to_string(),
        detection.title.to_string(),
        detection.class.to_string(),
        detection.severity.name().to_owned(),
        detection.maturity.name().to_owned(),
        if detection.code {
            "code".to_owned()
        } else {
            detection.rules.len().to_string()
        },
        marks.join(" "),
    ]
}

const TYPE_HEADINGS: [&str; 7] = [
    "type", "title", "category", "severity", "country", "on", "check",
];

/// OWASP and MITRE of a detection, those of its class first.
pub fn marks<'k>(known: &'k Known, detection: &'k Detection) -> (Vec<&'k str>, Vec<&'k str>) {
    let class = known.detections.class(&detection.class);
    let both = |of_class: Option<&'k Vec<Box<str>>>, own: &'k [Box<str>]| {
        let all = of_class.into_iter().flatten().chain(own);
        all.map(|it| &**it).collect()
    };
    (
        both(class.map(|it| &it.owasp), &detection.owasp),
        both(class.map(|it| &it.mitre), &detection.mitre),
    )
}

fn type_row(info_type: &InfoType) -> [String; 7] {
    [
        info_type.id.to_string(),
        info_type.title.to_string(),
        info_type.category.name().to_owned(),
        info_type.severity.name().to_owned(),
        country_of(info_type),
        if info_type.on { "yes" } else { "no" }.to_owned(),
        checks(info_type).join(" "),
    ]
}

/// A row of cells.
type Row = [String; 7];

fn table(known: &Known, detections: &[&Detection], types: &[&InfoType]) -> String {
    if detections.is_empty() && types.is_empty() {
        return "nothing is of that kind; `gatewatch catalogue list` lists all\n".to_owned();
    }
    let mut text = String::new();
    if !detections.is_empty() {
        let rows: Vec<Row> = detections
            .iter()
            .map(|it| detection_row(known, it))
            .collect();
        grid(&mut text, DETECTION_HEADINGS, &rows);
        let rules: usize = detections.iter().map(|it| it.rules.len()).sum();
        let noun = if rows.len() == 1 {
            "detection"
        } else {
            "detections"
        };
        // Writing to a String cannot fail; so below.
        let _ = match rules {
            0 => writeln!(text, "\n{} {noun}", rows.len()),
            1 => writeln!(text, "\n{} {noun} with 1 rule", rows.len()),
            many => writeln!(text, "\n{} {noun} with {many} rules", rows.len()),
        };
    }
    if !types.is_empty() {
        if !text.is_empty() {
            text.push('\n');
        }
        let rows: Vec<Row> = types.iter().map(|it| type_row(it)).collect();
        grid(&mut text, TYPE_HEADINGS, &rows);
        let checked = types.iter().filter(|it| !checks(it).is_empty()).count();
        let noun = if rows.len() == 1 { "type" } else { "types" };
        let _ = writeln!(text, "\n{} {noun}, {checked} with a check", rows.len());
    }
    text
}

fn grid(text: &mut String, headings: [&str; 7], rows: &[Row]) {
    let widths = std::array::from_fn::<_, 7, _>(|at| {
        let cells = rows.iter().map(|it| measure_text_width(&it[at]));
        cells.max().unwrap_or(0).max(headings[at].len())
    });
    let mut line = |cells: [&str; 7]| {
        let padded = cells
            .iter()
            .zip(widths)
            .map(|(cell, width)| pad_str(cell, width, console::Alignment::Left, None));
        let joined = padded.collect::<Vec<_>>().join(GAP);
        let _ = writeln!(text, "{}", joined.trim_end());
    };
    line(headings);
    for row in rows {
        line(row.each_ref().map(String::as_str));
    }
}

/// One header for both; what a kind has not is empty.
fn csv(known: &Known, detections: &[&Detection], types: &[&InfoType]) -> String {
    let mut text =
        "id,kind,title,class or category,severity,maturity,on,rules,owasp and mitre,country,check\n"
            .to_owned();
    let mut line = |cells: [&str; 11]| {
        let cells = cells.map(quoted);
        text.push_str(&cells.join(","));
        text.push('\n');
    };
    let is_on = |on: bool| if on { "yes" } else { "no" };
    for it in detections {
        let [id, title, class, severity, maturity, rules, marks] = &detection_row(known, it);
        let on = is_on(it.maturity.is_on());
        line([
            id,
            "detection",
            title,
            class,
            severity,
            maturity,
            on,
            rules,
            marks,
            "",
            "",
        ]);
    }
    for it in types {
        let [id, title, category, severity, country, on, check] = &type_row(it);
        line([
            id,
            "info-type",
            title,
            category,
            severity,
            "",
            on,
            "",
            "",
            country,
            check,
        ]);
    }
    text
}

/// As RFC 4180 has it.
fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\n']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

fn detection_json(known: &Known, detection: &Detection) -> Value {
    let (owasp, mitre) = marks(known, detection);
    json!({
        "kind": "detection",
        "id": detection.id,
        "title": detection.title,
        "class": detection.class,
        "severity": detection.severity.name(),
        "maturity": detection.maturity.name(),
        "on": detection.maturity.is_on(),
        "owasp": owasp,
        "mitre": mitre,
        "code": detection.code,
        "rules": detection.rules.iter().map(|it| &it.id).collect::<Vec<_>>(),
        "references": detection.references,
    })
}

fn type_json(info_type: &InfoType) -> Value {
    json!({
        "kind": "info-type",
        "id": info_type.id,
        "title": info_type.title,
        "category": info_type.category.name(),
        "severity": info_type.severity.name(),
        "country": info_type.country.map(|_| country_of(info_type)),
        "on": info_type.on,
        "checks": checks(info_type),
        "references": info_type.references,
    })
}

/// Each check once, in the order of patterns.
pub fn checks(info_type: &InfoType) -> Vec<&'static str> {
    let mut names = Vec::new();
    for check in info_type.patterns.iter().filter_map(|it| it.check) {
        if !names.contains(&check.name) {
            names.push(check.name);
        }
    }
    names
}

pub fn country_of(info_type: &InfoType) -> String {
    let code = info_type.country.unwrap_or_default();
    code.iter()
        .filter(|it| **it != 0)
        .map(|it| char::from(*it))
        .collect()
}
