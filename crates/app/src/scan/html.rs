//! A report in one file that can be handed on: no resource from elsewhere, everything escaped,
//! readable on screens light and dark and on paper. Addresses and identities of callers are left out.

mod origins;

use std::fmt::Write as _;
use std::io::{self, Write};

use gatewatch_model::Timestamp;
use gatewatch_model::effects::EndpointRow;
use gatewatch_model::facts::SignalFacts;
use gatewatch_model::profile::{Drift, MemberRow, ProfileRow};

use super::report::{Listed, Report};
use super::{attacks, callers, words};

static STYLE: &str = include_str!("report.css");
static SCRIPT: &str = include_str!("report.js");
/// Members of an endpoint that are shown; the JSON has all.
const MEMBERS_SHOWN_MAX: usize = 60;

pub fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    write!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n<title>API inventory</title>\n\
         <style>\n{STYLE}</style>\n</head>\n<body>\n"
    )?;
    head(report, out)?;
    seen(report, out)?;
    origins::write(report.callers, out)?;
    for (number, listed) in listed(report) {
        collection(number, listed, out)?;
    }
    trouble(report, out)?;
    write!(
        out,
        "<footer>Written by gatewatch {}. An empty cell was not observed.</footer>\n\
         <script>\n{SCRIPT}</script>\n</body>\n</html>\n",
        env!("CARGO_PKG_VERSION")
    )
}

fn head(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<header><h1>API inventory</h1>")?;
    let spans: Vec<_> = report
        .collections
        .iter()
        // One that only a definition names was never seen.
        .filter(|it| it.row.calls > 0 && it.row.first_seen != Timestamp::ZERO)
        .map(|it| (it.row.first_seen, it.row.last_seen))
        .collect();
    let first = spans.iter().map(|it| it.0).min().and_then(words::time);
    let last = spans.iter().map(|it| it.1).max().and_then(words::time);
    if let (Some(first), Some(last)) = (first, last) {
        writeln!(out, "<p class=\"span\">{first} to {last} UTC</p>")?;
    }
    writeln!(out, "<dl class=\"cards\">")?;
    let all = || report.collections.iter().flat_map(|it| &it.endpoints);
    let count = |which: fn(&EndpointRow) -> bool| all().filter(|it| which(it)).count() as u64;
    let anonymous = report.callers.anonymous;
    let cards = [
        ("collections", report.collections.len() as u64, ""),
        ("endpoints", report.endpoints(), ""),
        ("exchanges", report.exchanges(), ""),
        (
            "answer without credentials",
            count(|it| it.facts.anonymous_answered.yes > 0),
            "warn",
        ),
        (
            "called from outside",
            count(|it| it.facts.external.yes > 0),
            "",
        ),
        (
            "over plain HTTP",
            count(|it| it.facts.encrypted.no > 0),
            "warn",
        ),
        ("attacks", attacked(report, |it| it.attacks), "warn"),
        (
            "attacks answered with success",
            attacked(report, |it| it.answered),
            "warn",
        ),
        ("through Tor, VPNs or proxies", anonymous, "warn"),
        ("differ from their definition", count(drifts), "warn"),
        ("places that could not be read", report.refused(), "warn"),
    ];
    for (what, number, class) in cards.into_iter().filter(|it| it.1 > 0) {
        writeln!(
            out,
            "<div class=\"{class}\"><dd>{}</dd><dt>{what}</dt></div>",
            words::count(number)
        )?;
    }
    writeln!(out, "</dl>\n<nav><ul>")?;
    for (number, listed) in listed(report) {
        let name = Escaped(&listed.row.name);
        let endpoints = words::count(listed.endpoints.len() as u64);
        writeln!(
            out,
            "<li><a href=\"#c{number}\">{name}</a> <span>{endpoints}</span></li>"
        )?;
    }
    writeln!(
        out,
        "</ul></nav>\n<p class=\"find\"><label>Find <input id=\"find\" type=\"search\" placeholder=\"method, path, word\"></label></p></header>"
    )
}

fn attacked(report: &Report<'_>, pick: fn(&SignalFacts) -> u64) -> u64 {
    let collections = report.collections.iter();
    collections.map(|it| pick(&it.row.signals)).sum()
}

/// Attacks by class, and where most of them went.
fn seen(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let classes = attacks::attacks(report);
    if classes.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "<section id=\"attacks\"><h2>Attacks</h2>\n<table>\n<thead><tr><th>class</th><th class=\"n\">attacks</th>\
         <th class=\"n\">answered with success</th><th class=\"n\">suspicious</th><th>most at</th></tr></thead>\n<tbody>"
    )?;
    for class in classes {
        let most = class.worst.map_or_else(String::new, |(name, row)| {
            format!("{} {} of {name}", row.method, row.template)
        });
        writeln!(
            out,
            "<tr><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td><code>{}</code></td></tr>",
            Escaped(class.class),
            words::count(class.attacks),
            words::count(class.answered),
            words::count(class.suspicious),
            Escaped(&most)
        )?;
    }
    writeln!(out, "</tbody>\n</table></section>")
}

/// Those with something to list, each with its number.
fn listed<'r>(report: &'r Report<'_>) -> impl Iterator<Item = (usize, &'r Listed<'r>)> {
    let all = report.collections.iter().enumerate();
    all.filter(|it| !it.1.endpoints.is_empty())
}

fn drifts(row: &EndpointRow) -> bool {
    row.facts.drift.is_some_and(|it| it != Drift::AsDocumented)
}

const HEADINGS: [(&str, bool); 8] = [
    ("method", false),
    ("endpoint", false),
    ("calls", true),
    ("statuses", false),
    ("callers", true),
    ("p95 ms", true),
    ("authentication", false),
    ("notes", false),
];

fn collection(number: usize, listed: &Listed<'_>, out: &mut dyn Write) -> io::Result<()> {
    let row = listed.row;
    writeln!(
        out,
        "<section id=\"c{number}\"><h2>{}</h2>",
        Escaped(&row.name)
    )?;
    write!(
        out,
        "<p class=\"about\">{}, {}",
        words::several(listed.endpoints.len() as u64, "endpoint"),
        words::several(row.calls, "call")
    )?;
    if let (Some(first), Some(last)) = (words::time(row.first_seen), words::time(row.last_seen)) {
        write!(out, ", {first} to {last} UTC")?;
    }
    if let Some((title, version)) = &row.definition {
        write!(
            out,
            ", documented as {} {}",
            Escaped(title),
            Escaped(version)
        )?;
    }
    let drift = listed.drift();
    if !drift.is_empty() {
        let said = words::drift(&drift);
        write!(
            out,
            "</p>\n<p class=\"drift\">Against the definition: {said}"
        )?;
    }
    writeln!(out, "</p>\n<table>\n<thead><tr>")?;
    for (name, number) in HEADINGS {
        let class = if number { " class=\"n\"" } else { "" };
        write!(out, "<th{class}><button>{name}</button></th>")?;
    }
    writeln!(out, "</tr></thead>\n<tbody>")?;
    for endpoint in &listed.endpoints {
        self::endpoint(endpoint, listed.profile(endpoint).as_ref(), out)?;
    }
    writeln!(out, "</tbody>\n</table>")?;
    if listed.misses > 0 {
        let paths = words::several(listed.misses, "path");
        writeln!(
            out,
            "<p class=\"about\">and {paths} that only ever answered 400, 404 or the like</p>"
        )?;
    }
    writeln!(out, "</section>")
}

fn endpoint(
    row: &EndpointRow,
    profile: Option<&ProfileRow>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let method = Escaped(&row.method);
    write!(out, "<tr><td class=\"m\">{method}</td><td class=\"t\">")?;
    let reasons = words::reasons(row);
    let carries = words::sensitive(&row.facts.sensitive);
    let called = words::sensitive(&row.facts.in_place);
    let attacks = attacks::of_endpoint(&row.facts.signals);
    let told = [&reasons, &carries, &called, &attacks];
    if told.iter().all(|it| it.is_empty()) && profile.is_none() {
        write!(out, "<code>{}</code>", Escaped(&row.template))?;
    } else {
        write!(
            out,
            "<details><summary><code>{}</code></summary>",
            Escaped(&row.template)
        )?;
        list("Attacks", &attacks, out)?;
        list("Sensitive data", &carries, out)?;
        list("Credentials where they belong", &called, out)?;
        list("Why these slots", &reasons, out)?;
        detail(profile, out)?;
        write!(out, "</details>")?;
    }
    let p95 = row.latency_micros;
    let latency = (p95.count > 0).then(|| format!("{:.1}", p95.p95 as f64 / 1_000.0));
    write!(
        out,
        "</td><td class=\"n\" data-n=\"{}\">{}</td><td class=\"s\">{}</td><td class=\"n\" data-n=\"{}\">{}</td><td class=\"n\" data-n=\"{}\">{}</td><td>{}</td><td>",
        row.calls,
        words::count(row.calls),
        statuses(row),
        row.callers_estimate,
        words::callers(row),
        p95.p95,
        latency.unwrap_or_default(),
        Escaped(&words::authentication(&row.facts)),
    )?;
    for note in words::notes(&row.facts) {
        write!(out, "<span class=\"tag\">{}</span> ", Escaped(&note))?;
    }
    writeln!(out, "</td></tr>")
}

/// Each status in the colour of its class.
fn statuses(row: &EndpointRow) -> String {
    let mut text = String::new();
    for (status, calls) in &row.statuses {
        let shown = if *status == 0 {
            "?".to_owned()
        } else {
            status.to_string()
        };
        let calls = words::count(*calls);
        // Writing to a String cannot fail; so below.
        let _ = write!(
            text,
            "<span class=\"s{}\" title=\"{calls} calls\">{shown}</span> ",
            status / 100
        );
    }
    text
}

fn list(heading: &str, texts: &[String], out: &mut dyn Write) -> io::Result<()> {
    if texts.is_empty() {
        return Ok(());
    }
    write!(out, "<p>{heading}</p><ul>")?;
    for text in texts {
        write!(out, "<li>{}</li>", Escaped(text))?;
    }
    write!(out, "</ul>")
}

fn detail(profile: Option<&ProfileRow>, out: &mut dyn Write) -> io::Result<()> {
    let Some(profile) = profile else {
        return Ok(());
    };
    if !profile.differences.is_empty() {
        write!(out, "<p>Other than documented</p><ul>")?;
        for difference in &profile.differences {
            write!(out, "<li>{}</li>", Escaped(difference))?;
        }
        write!(out, "</ul>")?;
    }
    tokens(profile, out)?;
    let from = profile.origins.as_ref().map(callers::of_endpoint);
    list("Where its callers are", &from.unwrap_or_default(), out)?;
    if profile.members.is_empty() {
        return Ok(());
    }
    write!(
        out,
        "<table class=\"members\"><thead><tr><th>where</th><th>what</th><th>in</th><th>type</th><th>length or range</th></tr></thead><tbody>"
    )?;
    for member in profile.members.iter().take(MEMBERS_SHOWN_MAX) {
        self::member(member, out)?;
    }
    write!(out, "</tbody></table>")?;
    let more =
        profile.members.len().saturating_sub(MEMBERS_SHOWN_MAX) as u64 + profile.members_lost;
    if more > 0 {
        write!(out, "<p>and {} more</p>", words::count(more))?;
    }
    Ok(())
}

fn tokens(profile: &ProfileRow, out: &mut dyn Write) -> io::Result<()> {
    let Some(tokens) = &profile.tokens else {
        return Ok(());
    };
    let (algorithms, issuers) = (names(&tokens.algorithms), names(&tokens.issuers));
    write!(
        out,
        "<p>Tokens: {} by {}",
        Escaped(&algorithms),
        Escaped(&issuers)
    )?;
    if tokens.expired_answered.yes > 0 {
        let count = words::count(tokens.expired_answered.yes);
        write!(out, "; <b>{count} past their time were answered</b>")?;
    }
    write!(out, "</p>")
}

fn member(member: &MemberRow, out: &mut dyn Write) -> io::Result<()> {
    let mut kind = names(&member.types);
    if !member.formats.is_empty() {
        let _ = write!(kind, " ({})", names(&member.formats));
    }
    let extent = match (member.range, member.length) {
        (Some((low, high)), _) => span(low, high),
        (None, Some((low, high))) => span(low, high) + " characters",
        (None, None) => String::new(),
    };
    let share = if member.observed == 0 {
        String::new()
    } else {
        format!(
            "{:.0}%",
            member.present as f64 * 100.0 / member.observed as f64
        )
    };
    let spot = member
        .spot
        .prefix()
        .trim_start_matches("$.")
        .replace('.', " ");
    let class = match member.status_class {
        0 => String::new(),
        class => format!(" {class}xx"),
    };
    write!(
        out,
        "<tr><td>{spot}{class}</td><td><code>{}</code></td><td class=\"n\">{share}</td><td>{}</td><td>{}</td></tr>",
        Escaped(&member.path),
        Escaped(&kind),
        Escaped(&extent)
    )
}

/// `3 to 9`, or the one number where they are alike.
fn span<T: PartialEq + std::fmt::Display>(low: T, high: T) -> String {
    if low == high {
        low.to_string()
    } else {
        format!("{low} to {high}")
    }
}

fn names(list: &[(Box<str>, u64)]) -> String {
    let all: Vec<&str> = list.iter().map(|it| &*it.0).collect();
    all.join(", ")
}

fn trouble(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "<section class=\"files\"><h2>Files</h2>\n<table>\n<thead><tr><th>file</th><th class=\"n\">exchanges</th><th class=\"n\">not read</th><th>first places</th><th>odd, and kept</th></tr></thead>\n<tbody>"
    )?;
    for file in report.files {
        let learned = if file.learned { " (learned from)" } else { "" };
        write!(
            out,
            "<tr><td>{}{learned}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td>",
            Escaped(&file.name),
            words::count(file.exchanges),
            words::count(file.trouble.total)
        )?;
        for (line, why) in &file.trouble.first {
            write!(out, "{line}: {}<br>", Escaped(why))?;
        }
        let odd = words::blemishes(&file.blemishes);
        writeln!(out, "</td><td>{odd}</td></tr>")?;
    }
    writeln!(out, "</tbody>\n</table></section>")
}

/// Text as markup may hold it, in content and in attributes.
struct Escaped<'t>(&'t str);

impl std::fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for it in self.0.chars() {
            match it {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                it if it.is_control() => f.write_str("\u{fffd}")?,
                it => write!(f, "{it}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_gets_out_of_its_place() {
        let text = Escaped("<script>\"'&\u{0}").to_string();
        assert_eq!(text, "&lt;script&gt;&quot;&#39;&amp;\u{fffd}");
    }
}
