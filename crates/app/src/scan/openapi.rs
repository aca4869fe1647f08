//! One OpenAPI 3.1 document for each collection, with what was learned of it.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Context;
use gatewatch_estate::{LearnedApi, openapi};

use super::report::{Listed, Report};

/// What is left of a collection's name in the name of its file.
const NAME_CHARS_MAX: usize = 100;

/// Writes all of them into `folder`.
pub fn write(report: &Report<'_>, folder: &Path) -> anyhow::Result<()> {
    let mut taken = BTreeSet::new();
    for listed in report
        .collections
        .iter()
        .filter(|it| !it.endpoints.is_empty())
    {
        let path = folder.join(file_name(&listed.row.name, &mut taken));
        let document = openapi::write(&learned(listed), None);
        std::fs::write(&path, openapi::text(&document))
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

fn learned(listed: &Listed<'_>) -> LearnedApi {
    let endpoints = listed.endpoints.iter();
    LearnedApi {
        collection: listed.row.clone(),
        endpoints: endpoints
            .map(|it| ((*it).clone(), listed.profile(it)))
            .collect(),
    }
}

/// Letters, digits, dots and dashes; a number is added where two would be alike.
fn file_name(name: &str, taken: &mut BTreeSet<String>) -> String {
    let plain = |it: char| {
        let kept = it.is_ascii_alphanumeric() || it == '.' || it == '_';
        if kept { it.to_ascii_lowercase() } else { '-' }
    };
    let stem: String = name.chars().take(NAME_CHARS_MAX).map(plain).collect();
    let stem = stem.trim_start_matches(['.', '-']);
    let stem = if stem.is_empty() { "collection" } else { stem };
    let numbered = (2..).map(|it| format!("{stem}-{it}.openapi.json"));
    let mut names = [format!("{stem}.openapi.json")].into_iter().chain(numbered);
    // There is always a number that is free.
    let free = names.find(|it| !taken.contains(it)).unwrap_or_default();
    taken.insert(free.clone());
    free
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_in_its_folder_and_is_taken_once() {
        let mut taken = BTreeSet::new();
        for (name, expected) in [
            ("apim/Echo API", "apim-echo-api.openapi.json"),
            ("apim/echo-api", "apim-echo-api-2.openapi.json"),
            ("../../etc/passwd", "etc-passwd.openapi.json"),
            ("/", "collection.openapi.json"),
            ("api.example.com:8080", "api.example.com-8080.openapi.json"),
        ] {
            assert_eq!(file_name(name, &mut taken), expected, "{name}");
        }
    }
}
