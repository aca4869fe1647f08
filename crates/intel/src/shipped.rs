//! The data in the binary, unpacked once when it is first asked for and shared from then on.

use std::sync::LazyLock;

use gatewatch_model::origin::{Country, Tags};

use crate::manifest::{Manifest, Source};
use crate::packed::{self, Tables};

/// Of each address its country as a number; a test reads each file, so none is ever empty here.
pub static COUNTRIES: LazyLock<Tables> = LazyLock::new(|| {
    let mut tables = read(include_bytes!("../../../catalogue/intel/countries.bin"));
    tables.map(|label| Country::parse(label).map_or(0, Country::number));
    tables
});
/// Of each address the number of its autonomous system.
pub static NETWORKS: LazyLock<Tables> = LazyLock::new(|| {
    let mut tables = read(include_bytes!("../../../catalogue/intel/networks.bin"));
    tables.map(|label| network(label).map_or(0, |it| it.0));
    tables
});
/// Of each address its place in `LABELS`, counted from 1.
pub static PROVIDERS: LazyLock<Tables> =
    LazyLock::new(|| read(include_bytes!("../../../catalogue/intel/providers.bin")));
pub static LABELS: LazyLock<Vec<(Tags, &str)>> = LazyLock::new(|| {
    let labels = PROVIDERS
        .labels()
        .map(|it| it.split_once('\t').unwrap_or(("", it)));
    labels
        .map(|it| (Tags::parse(it.0).unwrap_or_default(), it.1))
        .collect()
});
/// Who has which network, by its number.
pub static ORGANISATIONS: LazyLock<Vec<(u32, &str)>> = LazyLock::new(|| {
    let mut all = NETWORKS.labels().filter_map(network).collect::<Vec<_>>();
    all.sort_unstable_by_key(|it| it.0);
    all
});

static MANIFEST: LazyLock<Manifest> = LazyLock::new(|| {
    let text = include_str!("../../../catalogue/intel/manifest.toml");
    toml::from_str(text).unwrap_or_default()
});

/// What the shipped data is made of, of what day, under which licence.
pub fn sources() -> &'static [Source] {
    &MANIFEST.sources
}

fn network(label: &str) -> Option<(u32, &str)> {
    let (number, name) = label.split_once('\t')?;
    Some((number.parse().ok()?, name))
}

fn read(file: &[u8]) -> Tables {
    packed::read(file).unwrap_or_else(|_| Tables::empty())
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha512};

    use super::*;

    static FILES: &[(&str, &[u8])] = &[
        (
            "countries.bin",
            include_bytes!("../../../catalogue/intel/countries.bin"),
        ),
        (
            "networks.bin",
            include_bytes!("../../../catalogue/intel/networks.bin"),
        ),
        (
            "providers.bin",
            include_bytes!("../../../catalogue/intel/providers.bin"),
        ),
        (
            "bots.tsv",
            include_bytes!("../../../catalogue/intel/bots.tsv"),
        ),
    ];

    #[test]
    fn each_file_is_the_one_that_the_manifest_names() {
        for (name, bytes) in FILES {
            let source = sources().iter().find(|it| &*it.file == *name).unwrap();
            let digits = Sha512::digest(bytes);
            let digits = digits
                .iter()
                .fold(String::new(), |all, it| format!("{all}{it:02x}"));
            assert_eq!(&*source.file_sha512, digits, "{name}");
            assert!(!source.licence.is_empty() && source.sha512.len() == 128);
        }
        let total = FILES.iter().map(|it| it.1.len()).sum::<usize>();
        assert!(total <= 8 << 20, "{total} bytes in the binary");
    }

    #[test]
    fn unpacked_it_is_a_few_megabytes() {
        for (name, bytes) in FILES.iter().take(3) {
            packed::read(bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        }
        let all = [&COUNTRIES, &NETWORKS, &PROVIDERS];
        let bytes = all.iter().map(|it| it.heap_bytes()).sum::<usize>();
        assert!(bytes <= 40 << 20, "{bytes} bytes");
    }

    #[test]
    fn what_was_given_without_a_licence_is_not_in() {
        let labels = PROVIDERS.labels().collect::<Vec<_>>();
        assert!(labels.contains(&"tor\tTor") && labels.contains(&"hosting\tAmazon AWS"));
        for name in [
            "Akamai", "Cogent", "DataCamp", "Contabo", "Vercel", "CDN77", "BunnyCDN", "BuyVM",
        ] {
            assert!(!labels.iter().any(|it| it.ends_with(name)), "{name}");
        }
    }
}
