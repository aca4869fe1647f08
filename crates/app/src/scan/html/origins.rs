//! Where callers are, as a section of the report.

use std::io::{self, Write};

use super::Escaped;
use crate::scan::callers::{Callers, Group};
use crate::scan::origins::attribution;
use crate::scan::words;

/// Where callers are, a small table for each group of places.
pub fn write(callers: &Callers, out: &mut dyn Write) -> io::Result<()> {
    if callers.exchanges == 0 {
        return Ok(());
    }
    writeln!(
        out,
        "<section id=\"callers\"><h2>Where callers are</h2>\n<p class=\"about\">{}</p>\n<div class=\"groups\">",
        callers.span()
    )?;
    for Group {
        heading,
        rows,
        more,
    } in callers.groups()
    {
        writeln!(
            out,
            "<table>\n<thead><tr><th>{heading}</th><th class=\"n\">exchanges</th><th class=\"n\">attacks</th></tr></thead>\n<tbody>"
        )?;
        for (name, count) in rows {
            writeln!(
                out,
                "<tr><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>",
                Escaped(&name),
                words::count(count.calls),
                words::count(count.attacks)
            )?;
        }
        if more > 0 {
            writeln!(
                out,
                "<tr><td colspan=\"3\">and {} more</td></tr>",
                words::count(more)
            )?;
        }
        writeln!(out, "</tbody>\n</table>")?;
    }
    writeln!(out, "</div>")?;
    let mut remarks = vec![callers.remark()];
    if !callers.networks.is_empty() {
        remarks.extend(attribution().into_iter().map(str::to_owned));
    }
    for remark in remarks.iter().filter(|it| !it.is_empty()) {
        writeln!(out, "<p class=\"about\">{}</p>", Escaped(remark))?;
    }
    writeln!(out, "</section>")
}
