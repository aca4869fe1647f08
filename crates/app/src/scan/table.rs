//! The summary for people at a terminal: each collection with its endpoints, as wide as there is
//! room, in colours where they are wanted.

use std::fmt::Write as _;
use std::io::Write;

use console::{Alignment, measure_text_width, pad_str, truncate_str};
use gatewatch_model::effects::EndpointRow;

use super::origins::attribution;
use super::report::{Listed, Report};
use super::{attacks, words};

/// Wider templates stand out over their column, or are cut at a terminal.
const TEMPLATE_WIDTH_MAX: usize = 64;
/// At a terminal no column is cut to less.
const TEMPLATE_WIDTH_MIN: usize = 24;
const GAP: &str = "  ";

/// How it may look.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// Columns of the terminal; `None` when it is none.
    pub width: Option<usize>,
    pub colours: bool,
}

const HEADINGS: [&str; 9] = [
    "method",
    "endpoint",
    "calls",
    "statuses",
    "callers",
    "attacks",
    "authentication",
    "notes",
    "why",
];
const TEMPLATE: usize = 1;
/// Numbers stand at the right.
const RIGHT: [usize; 3] = [2, 4, 5];

pub fn write(report: &Report<'_>, look: Look, out: &mut dyn Write) -> std::io::Result<()> {
    writeln!(
        out,
        "{}, {}, {}",
        words::several(report.collections.len() as u64, "collection"),
        words::several(report.endpoints(), "endpoint"),
        words::several(report.exchanges(), "exchange"),
    )?;
    seen(report, look, out)?;
    callers(report, look, out)?;
    for listed in &report.collections {
        writeln!(out)?;
        collection(listed, look, out)?;
    }
    coverage(report, out)
}

/// Attacks by class, and where most of them went.
fn seen(report: &Report<'_>, look: Look, out: &mut dyn Write) -> std::io::Result<()> {
    let classes = attacks::attacks(report);
    if classes.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{}", paint(look, "attacks by class", "1"))?;
    let widest = classes.iter().map(|it| it.class.len()).max().unwrap_or(0);
    for class in classes {
        let said = format!("{:widest$}  {}", class.class, class.in_words());
        writeln!(out, "{}", cut(words::plain(&said), look))?;
    }
    Ok(())
}

/// Where callers are, a line for each group of places.
fn callers(report: &Report<'_>, look: Look, out: &mut dyn Write) -> std::io::Result<()> {
    let callers = report.callers;
    if callers.exchanges == 0 {
        return Ok(());
    }
    writeln!(out, "\n{}", paint(look, "where callers are", "1"))?;
    let groups = callers.groups();
    let widest = groups.iter().map(|it| it.heading.len()).max().unwrap_or(0);
    for group in &groups {
        let said = format!("{:widest$}  {}", group.heading, group.in_words());
        writeln!(out, "{}", cut(words::plain(&said), look))?;
    }
    let mut remarks = vec![callers.remark()];
    if 0 < callers.addressed && callers.addressed < callers.exchanges {
        remarks.push(callers.span());
    }
    if !callers.networks.is_empty() {
        remarks.extend(attribution().into_iter().map(str::to_owned));
    }
    for remark in remarks.iter().filter(|it| !it.is_empty()) {
        writeln!(out, "{}", paint(look, &cut(remark.clone(), look), "2"))?;
    }
    Ok(())
}

fn collection(listed: &Listed<'_>, look: Look, out: &mut dyn Write) -> std::io::Result<()> {
    let row = listed.row;
    let mut heading = format!(
        "{} ({}), {}, {}",
        words::plain(&row.name),
        row.kind.name(),
        words::several(listed.endpoints.len() as u64, "endpoint"),
        words::several(row.calls, "call"),
    );
    if let (Some(first), Some(last)) = (words::time(row.first_seen), words::time(row.last_seen)) {
        // Writing to a String cannot fail.
        let _ = write!(heading, ", {first} to {last} UTC");
    }
    if let Some((title, version)) = &row.definition {
        heading.push_str(&words::plain(&format!(", documented as {title} {version}")));
    }
    writeln!(out, "{}", paint(look, &cut(heading, look), "1"))?;
    drift(listed, look, out)?;
    if listed.endpoints.is_empty() {
        return misses(listed, look, out);
    }
    let rows: Vec<[String; 9]> = listed.endpoints.iter().map(|it| cells(it)).collect();
    let widths = widths(&rows, look);
    writeln!(
        out,
        "{}",
        paint(
            look,
            &line(&HEADINGS.map(ToOwned::to_owned), &widths, look),
            "2"
        )
    )?;
    for (cells, row) in rows.iter().zip(&listed.endpoints) {
        writeln!(out, "{}", line(cells, &widths, look))?;
        sensitive(row, look, out)?;
        differences(listed, row, look, out)?;
    }
    misses(listed, look, out)
}

/// How it stands to its definition, where it has one.
fn drift(listed: &Listed<'_>, look: Look, out: &mut dyn Write) -> std::io::Result<()> {
    let counts = listed.drift();
    if counts.is_empty() {
        return Ok(());
    }
    let said = format!("against the definition: {}", words::drift(&counts));
    writeln!(out, "{}", cut(said, look))
}

/// What it carries, and with which credentials it is called, below it:
/// `credit-card in $.response.body.card (2xx), 99 %`.
fn sensitive(row: &EndpointRow, look: Look, out: &mut dyn Write) -> std::io::Result<()> {
    let carries = words::sensitive(&row.facts.sensitive).into_iter();
    let called = words::sensitive(&row.facts.in_place).into_iter();
    let all = carries.map(|it| ("carries", it));
    for (verb, text) in all.chain(called.map(|it| ("called with", it))) {
        let said = format!("         {verb}: {}", words::plain(&text));
        writeln!(out, "{}", paint(look, &cut(said, look), "2"))?;
    }
    Ok(())
}

/// Below its endpoint, each in a line.
fn differences(
    listed: &Listed<'_>,
    row: &EndpointRow,
    look: Look,
    out: &mut dyn Write,
) -> std::io::Result<()> {
    for difference in listed.differences(row) {
        let said = format!("         differs: {}", words::plain(&difference));
        writeln!(out, "{}", paint(look, &cut(said, look), "2"))?;
    }
    Ok(())
}

fn misses(listed: &Listed<'_>, look: Look, out: &mut dyn Write) -> std::io::Result<()> {
    if listed.misses == 0 {
        return Ok(());
    }
    let paths = words::several(listed.misses, "path");
    let said =
        format!("and {paths} that only ever answered 400, 404 or the like (--all lists them)");
    writeln!(out, "{}", paint(look, &said, "2"))
}

fn cells(row: &EndpointRow) -> [String; 9] {
    let cells = [
        row.method.to_string(),
        row.template.to_string(),
        words::count(row.calls),
        words::statuses(row),
        words::callers(row),
        attacked(row),
        words::authentication(&row.facts),
        words::notes(&row.facts).join(", "),
        words::reasons(row).join("; "),
    ];
    cells.map(|it| words::plain(&it))
}

/// Nothing where there were none.
fn attacked(row: &EndpointRow) -> String {
    let attacks = row.facts.signals.attacks;
    Some(attacks)
        .filter(|it| *it > 0)
        .map_or_else(String::new, words::count)
}

/// A column that is empty everywhere has no width and is left out.
fn widths(rows: &[[String; 9]], look: Look) -> [usize; 9] {
    let mut widths = [0; 9];
    for (at, heading) in HEADINGS.iter().enumerate() {
        let widest = rows
            .iter()
            .map(|it| measure_text_width(&it[at]))
            .max()
            .unwrap_or(0);
        widths[at] = if widest == 0 {
            0
        } else {
            widest.max(heading.len())
        };
    }
    widths[TEMPLATE] = widths[TEMPLATE].min(TEMPLATE_WIDTH_MAX);
    if let Some(room) = look.width {
        let all = widths
            .iter()
            .filter(|it| **it > 0)
            .map(|it| it + GAP.len())
            .sum::<usize>();
        let over = all.saturating_sub(GAP.len() + room);
        let spare = widths[TEMPLATE].saturating_sub(TEMPLATE_WIDTH_MIN);
        widths[TEMPLATE] -= over.min(spare);
    }
    widths
}

fn line(cells: &[String; 9], widths: &[usize; 9], look: Look) -> String {
    let mut line = String::new();
    for (at, (cell, width)) in cells
        .iter()
        .zip(widths)
        .enumerate()
        .filter(|it| *it.1.1 > 0)
    {
        if !line.is_empty() {
            line.push_str(GAP);
        }
        let side = if RIGHT.contains(&at) {
            Alignment::Right
        } else {
            Alignment::Left
        };
        let tail = look.width.map(|_| "…");
        line.push_str(&pad_str(cell, *width, side, tail));
    }
    cut(line.trim_end().to_owned(), look)
}

fn cut(line: String, look: Look) -> String {
    match look.width {
        Some(width) => truncate_str(&line, width, "…").into_owned(),
        None => line,
    }
}

fn coverage(report: &Report<'_>, out: &mut dyn Write) -> std::io::Result<()> {
    let odd = words::blemishes(&report.blemishes());
    if !odd.is_empty() {
        writeln!(out, "\nodd, and kept all the same: {odd}")?;
    }
    let coverage = &report.coverage;
    if coverage.endpoints_evicted > 0 {
        writeln!(
            out,
            "\n{} let go to make room: seen a few times only, and more than are kept",
            words::several(coverage.endpoints_evicted, "endpoint")
        )?;
    }
    if coverage.exchanges_unplaced > 0 {
        writeln!(
            out,
            "\n{} found no room for an endpoint of their own",
            words::several(coverage.exchanges_unplaced, "exchange")
        )?;
    }
    if coverage.paths_lost > 0 {
        writeln!(
            out,
            "\n{} could not be learned from: more of them than templates are learned from",
            words::several(coverage.paths_lost, "path")
        )?;
    }
    if coverage.exchanges_unprofiled > 0 {
        writeln!(
            out,
            "\n{} counted and not profiled: of endpoints seen a few times only, and more of those than have profiles",
            words::several(coverage.exchanges_unprofiled, "exchange")
        )?;
    }
    Ok(())
}

fn paint(look: Look, text: &str, code: &str) -> String {
    if look.colours {
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    } else {
        text.to_owned()
    }
}
