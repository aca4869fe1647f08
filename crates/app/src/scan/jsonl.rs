//! One line for each exchange, in the order of the input, with the endpoint as it is known after
//! everything was read. This format is a contract.

use std::io::Write;

use serde::Serialize;

use super::folding::{Known, Lines};
use super::hits::Told;
use super::reading::FileRead;
use super::spill::Provisional;

/// Attacks are looked for by a part that does not stand here yet, so `signals` are empty and the
/// verdict is `clean`: nothing was found, because nothing looks.
#[derive(Serialize)]
struct Line<'l> {
    id: &'l str,
    collection: &'l str,
    endpoint: &'l str,
    hits: &'l [Told<'l>],
    signals: [(); 0],
    verdict: &'static str,
}

pub fn write(
    lines: Lines,
    known: &Known,
    files: &[FileRead],
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let mut place = String::new();
    lines.each(known, &mut |line, ended| {
        let line = Line {
            id: id(line, files, &mut place),
            collection: ended.collection,
            endpoint: ended.endpoint,
            hits: &ended.hits,
            signals: [],
            verdict: "clean",
        };
        serde_json::to_writer(&mut *out, &line)?;
        Ok(out.write_all(b"\n")?)
    })
}

/// Its own, else where it stands.
fn id<'l>(line: &'l Provisional<'_>, files: &[FileRead], place: &'l mut String) -> &'l str {
    if let Some(id) = &line.id {
        return id;
    }
    let file = files
        .get(line.file as usize)
        .map_or("", |it| it.name.as_str());
    *place = format!("{file}:{}", line.line);
    place
}
