//! The types that are known as a table, as JSON, as CSV, and one of them in full.

use std::fmt::Write as _;

use console::{measure_text_width, pad_str};
use gatewatch_classify::{InfoType, Mask, SHIPPED};
use serde_json::json;

use crate::command::{CatalogueFormat, CatalogueListArgs};

const GAP: &str = "  ";
/// Lines of words are as wide.
const WIDTH: usize = 92;

pub fn list(args: &CatalogueListArgs) -> anyhow::Result<String> {
    let country = args.country.as_ref().map(|it| it.to_ascii_uppercase());
    let mut types = SHIPPED
        .types()
        .iter()
        .filter(|it| {
            let category = args.category.as_ref();
            category.is_none_or(|name| it.category.name() == name)
                && country.as_ref().is_none_or(|code| country_of(it) == *code)
        })
        .collect::<Vec<_>>();
    types.sort_by(|one, two| one.id.cmp(&two.id));
    Ok(match args.format {
        CatalogueFormat::Table => table(&types),
        CatalogueFormat::Json => {
            let rows = types.iter().map(|it| row_json(it)).collect::<Vec<_>>();
            let mut text = serde_json::to_string_pretty(&rows)?;
            text.push('\n');
            text
        }
        CatalogueFormat::Csv => csv(&types),
    })
}

const HEADINGS: [&str; 7] = [
    "id", "title", "category", "severity", "country", "on", "check",
];

fn row(info_type: &InfoType) -> [String; 7] {
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

fn table(types: &[&InfoType]) -> String {
    if types.is_empty() {
        return "no type is of that kind; `gatewatch catalogue list` lists them all\n".to_owned();
    }
    let rows = types.iter().map(|it| row(it)).collect::<Vec<_>>();
    let widths = std::array::from_fn::<_, 7, _>(|at| {
        let cells = rows.iter().map(|it| measure_text_width(&it[at]));
        cells.max().unwrap_or(0).max(HEADINGS[at].len())
    });
    let mut text = String::new();
    let mut line = |cells: [&str; 7]| {
        let padded = cells
            .iter()
            .zip(widths)
            .map(|(cell, width)| pad_str(cell, width, console::Alignment::Left, None));
        let joined = padded.collect::<Vec<_>>().join(GAP);
        // Writing to a String cannot fail; so below.
        let _ = writeln!(text, "{}", joined.trim_end());
    };
    line(HEADINGS);
    for row in &rows {
        line(row.each_ref().map(String::as_str));
    }
    let checked = types.iter().filter(|it| !checks(it).is_empty()).count();
    let noun = if types.len() == 1 { "type" } else { "types" };
    let _ = writeln!(text, "\n{} {noun}, {checked} with a check", types.len());
    text
}

fn csv(types: &[&InfoType]) -> String {
    let mut text = HEADINGS.join(",");
    text.push('\n');
    for info_type in types {
        let cells = row(info_type).map(|it| quoted(&it));
        text.push_str(&cells.join(","));
        text.push('\n');
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

fn row_json(info_type: &InfoType) -> serde_json::Value {
    json!({
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

/// All that is known of one type, for people.
pub fn show(info_type: &InfoType) -> String {
    let mut text = format!("{} ({})\n\n", info_type.title, info_type.id);
    let country = country_of(info_type);
    let facts = [
        ("category", info_type.category.name()),
        ("severity", info_type.severity.name()),
        ("country", if country.is_empty() { "any" } else { &country }),
        (
            "looked for",
            if info_type.on {
                "yes"
            } else {
                "only when switched on"
            },
        ),
        ("shown as", mask(info_type.mask)),
    ];
    for (name, value) in facts {
        let _ = writeln!(text, "{name:<12}{value}");
    }
    for pattern in &info_type.patterns {
        let _ = writeln!(text, "\npattern     {}", pattern.regex);
        if let Some(check) = pattern.check {
            let one_in = match check.one_in {
                0 | 1 => "structure".to_owned(),
                u32::MAX => "chance all but never passes".to_owned(),
                many => format!("one of {many} made by chance passes"),
            };
            let _ = writeln!(text, "check       {} ({one_in})", check.name);
        }
        let alone = match pattern.alone {
            0 => "never without a name".to_owned(),
            percent => format!("{percent} % without a name"),
        };
        let _ = writeln!(text, "confidence  {alone}, {} % with one", pattern.named);
    }
    words(
        &mut text,
        "names and words that speak for it",
        &info_type.near,
    );
    words(&mut text, "that speak against it", &info_type.far);
    lines(&mut text, "found", &info_type.examples);
    lines(&mut text, "not found", &info_type.counter_examples);
    lines(&mut text, "references", &info_type.references);
    let names = info_type.purview.iter().map(|it| it.name.clone());
    lines(
        &mut text,
        "in Microsoft Purview",
        &names.collect::<Vec<_>>(),
    );
    text
}

fn words(text: &mut String, heading: &str, words: &[Box<str>]) {
    if words.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n{heading}:");
    let mut line = String::new();
    for (at, word) in words.iter().enumerate() {
        let last = at + 1 == words.len();
        let piece = format!("{word}{}", if last { "" } else { ", " });
        if !line.is_empty() && measure_text_width(&line) + measure_text_width(&piece) > WIDTH {
            let _ = writeln!(text, "  {}", line.trim_end());
            line.clear();
        }
        line.push_str(&piece);
    }
    let _ = writeln!(text, "  {line}");
}

fn lines(text: &mut String, heading: &str, items: &[Box<str>]) {
    if items.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n{heading}:");
    for item in items {
        let _ = writeln!(text, "  {item}");
    }
}

/// Each check once, in the order of patterns.
fn checks(info_type: &InfoType) -> Vec<&'static str> {
    let mut names = Vec::new();
    for check in info_type.patterns.iter().filter_map(|it| it.check) {
        if !names.contains(&check.name) {
            names.push(check.name);
        }
    }
    names
}

fn country_of(info_type: &InfoType) -> String {
    let code = info_type.country.unwrap_or_default();
    code.iter()
        .filter(|it| **it != 0)
        .map(|it| char::from(*it))
        .collect()
}

fn mask(mask: Mask) -> &'static str {
    match mask {
        Mask::Hidden => "its length alone",
        Mask::LastFour => "its last four signs",
        Mask::Prefix => "the prefix that says what it is",
        Mask::Domain => "its domain, or the first half of an address",
    }
}
