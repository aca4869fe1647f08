//! Reads a configuration file into keys, texts and lines. What a key means is the roll's business.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{KEYS, unknown};

/// One key that the file sets.
#[derive(Debug, PartialEq, Eq)]
pub struct FileEntry {
    pub key: String,
    pub value: String,
    /// Counted from one.
    pub line: usize,
}

/// What a file says: the keys that it sets, and the lines that are wrong with the reason.
#[derive(Debug, Default)]
pub struct FileRead {
    pub entries: Vec<FileEntry>,
    pub wrong: Vec<(usize, String)>,
}

pub fn read(text: &str) -> FileRead {
    let table = match DeTable::parse(text) {
        Ok(table) => table.into_inner(),
        Err(error) => {
            let line = error.span().map_or(1, |it| line_of(text, it.start));
            let wrong = vec![(line, error.message().replace('\n', ", "))];
            return FileRead {
                wrong,
                ..FileRead::default()
            };
        }
    };
    let mut reader = Reader {
        text,
        read: FileRead::default(),
    };
    reader.table("", &table);
    reader.read
}

struct Reader<'t> {
    text: &'t str,
    read: FileRead,
}

impl Reader<'_> {
    fn table(&mut self, above: &str, table: &DeTable<'_>) {
        for (key, value) in table {
            let name = format!("{above}{}", key.get_ref());
            let line = line_of(self.text, key.span().start);
            if KEYS.iter().any(|it| it.name == name) {
                self.value(name, line, value);
                continue;
            }
            let below = format!("{name}.");
            match value.get_ref() {
                DeValue::Table(inner) if KEYS.iter().any(|it| it.name.starts_with(&below)) => {
                    self.table(&below, inner);
                }
                _ => self.read.wrong.push((line, unknown(&name))),
            }
        }
    }

    fn value(&mut self, key: String, line: usize, value: &Spanned<DeValue<'_>>) {
        match as_text(value.get_ref()) {
            Some(value) => self.read.entries.push(FileEntry { key, value, line }),
            None => self
                .read
                .wrong
                .push((line, format!("{key}: a text or a number is wanted here"))),
        }
    }
}

/// Lists are read as their members with commas between.
fn as_text(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .ok()
            .map(|it| it.to_string()),
        DeValue::Array(members) => {
            let texts: Option<Vec<String>> =
                members.iter().map(|it| as_text(it.get_ref())).collect();
            texts.map(|it| it.join(","))
        }
        DeValue::Boolean(_) | DeValue::Float(_) | DeValue::Datetime(_) | DeValue::Table(_) => None,
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    1 + text
        .as_bytes()
        .iter()
        .take(offset)
        .filter(|it| **it == b'\n')
        .count()
}
