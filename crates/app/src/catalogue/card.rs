//! One detection or one type of information in full, for people.

use std::fmt::Write as _;

use anyhow::bail;
use console::measure_text_width;
use gatewatch_classify::{InfoType, Mask};
use gatewatch_detect::{Detection, Rule};

use super::Known;
use super::listing::{country_of, marks};
use crate::shown::{WIDTH, paragraph, printable};

/// By its id, else a detection by its title in small letters with dashes: `sql-injection`.
pub fn show(known: &Known, id: &str) -> anyhow::Result<String> {
    if let Some(info_type) = known.types.find(id) {
        return Ok(of_type(info_type));
    }
    let list = &known.detections.list;
    let titled = list.iter().find(|it| dashed(&it.title) == id);
    if let Some(detection) = known.detections.find(id).or(titled) {
        return Ok(of_detection(known, detection));
    }
    let ids = list.iter().map(|it| &*it.id);
    let ids = ids.chain(known.types.types().iter().map(|it| &*it.id));
    let titles: Vec<String> = list.iter().map(|it| dashed(&it.title)).collect();
    let names = ids.chain(titles.iter().map(String::as_str));
    bail!("there is no `{id}`; {}", near(id, names))
}

/// `did you mean …`, or how to see them all.
pub fn near<'k>(name: &str, known: impl Iterator<Item = &'k str>) -> String {
    let near = known
        .map(|it| (strsim::normalized_damerau_levenshtein(name, it), it))
        .filter(|it| it.0 >= 0.5)
        .max_by(|one, two| one.0.total_cmp(&two.0));
    match near {
        Some((_, near)) => format!("did you mean `{near}`?"),
        None => "`gatewatch catalogue list` lists them all".to_owned(),
    }
}

/// `Path traversal and file inclusion` as `path-traversal-and-file-inclusion`.
fn dashed(title: &str) -> String {
    let words = title.split(|it: char| !it.is_ascii_alphanumeric());
    let words: Vec<&str> = words.filter(|it| !it.is_empty()).collect();
    words.join("-").to_ascii_lowercase()
}

fn of_detection(known: &Known, detection: &Detection) -> String {
    let mut text = format!("{} ({})\n\n", detection.title, detection.id);
    paragraph(&mut text, "", &detection.why);
    text.push('\n');
    let class = known.detections.class(&detection.class);
    let class_title = class.map_or("", |it| &it.title);
    let (owasp, mitre) = marks(known, detection);
    let maturity = detection.maturity;
    let facts = [
        ("class", format!("{} ({class_title})", detection.class)),
        ("severity", detection.severity.name().to_owned()),
        (
            "maturity",
            format!("{}: {}", maturity.name(), maturity.meaning()),
        ),
        ("owasp", owasp.join(", ")),
        ("mitre", mitre.join(", ")),
        ("worse after", detection.proved_by.join(", ")),
    ];
    for (name, value) in facts.iter().filter(|it| !it.1.is_empty()) {
        // Writing to a String cannot fail; so below.
        let _ = writeln!(text, "{name:<12}{value}");
    }
    if detection.code {
        text.push_str("\nWritten in code; it has no rules.\n");
    }
    for rule in &detection.rules {
        of_rule(&mut text, rule);
    }
    lines(&mut text, "what to do", &detection.respond);
    lines(&mut text, "references", &detection.references);
    text
}

fn of_rule(text: &mut String, rule: &Rule) {
    let on: Vec<&str> = rule.on.iter().map(|it| it.name()).collect();
    let on = if on.is_empty() {
        "everywhere in the request".to_owned()
    } else {
        on.join(", ")
    };
    let _ = writeln!(
        text,
        "\nrule        {}, {} % on its own",
        rule.id, rule.confidence
    );
    let _ = writeln!(text, "pattern     {}", rule.pattern);
    let _ = writeln!(text, "looks at    {on}, read as {}", rule.view.name());
    for (heading, examples) in [("fires on", &rule.fires), ("quiet on", &rule.quiet)] {
        for (at, example) in examples.iter().enumerate() {
            let heading = if at == 0 { heading } else { "" };
            let _ = writeln!(text, "{heading:<12}{}", printable(example));
        }
    }
}

/// All that is known of one type, for people.
fn of_type(info_type: &InfoType) -> String {
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

fn mask(mask: Mask) -> &'static str {
    match mask {
        Mask::Hidden => "its length alone",
        Mask::LastFour => "its last four signs",
        Mask::Prefix => "the prefix that says what it is",
        Mask::Domain => "its domain, or the first half of an address",
    }
}
