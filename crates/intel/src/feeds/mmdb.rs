//! MaxMind databases: country, city, network and anonymous addresses, of whoever writes the format.

use std::net::IpAddr;

use gatewatch_model::origin::{Country, Tags};
use maxminddb::Reader;
use serde::Deserialize;

use super::LookedUp;

/// It stands before the description at the end of each database.
const MARK: &[u8] = b"\xab\xcd\xefMaxMind.com";
/// No description is longer.
const MARK_AT_MAX: usize = 128 * 1024;

pub struct Database {
    reader: Reader<Vec<u8>>,
}

/// All members that are looked for; a database has some of them.
#[derive(Default, Deserialize)]
struct Row<'a> {
    #[serde(borrow)]
    country: Option<Place<'a>>,
    #[serde(borrow)]
    registered_country: Option<Place<'a>>,
    #[serde(borrow)]
    country_code: Option<&'a str>,
    #[serde(borrow)]
    city: Option<City<'a>>,
    autonomous_system_number: Option<u32>,
    #[serde(borrow)]
    autonomous_system_organization: Option<&'a str>,
    #[serde(default)]
    is_anonymous_vpn: bool,
    #[serde(default)]
    is_hosting_provider: bool,
    #[serde(default)]
    is_public_proxy: bool,
    #[serde(default)]
    is_residential_proxy: bool,
    #[serde(default)]
    is_tor_exit_node: bool,
}

/// An object, or the code alone.
#[derive(Deserialize)]
#[serde(untagged)]
enum Place<'a> {
    Full {
        #[serde(borrow)]
        iso_code: Option<&'a str>,
    },
    Code(&'a str),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum City<'a> {
    Full {
        #[serde(borrow)]
        names: Option<Names<'a>>,
    },
    Name(&'a str),
}

#[derive(Deserialize)]
struct Names<'a> {
    en: Option<&'a str>,
}

pub fn is_one(bytes: &[u8]) -> bool {
    let tail = &bytes[bytes.len().saturating_sub(MARK_AT_MAX)..];
    tail.windows(MARK.len()).any(|it| it == MARK)
}

impl Database {
    /// With the number of nodes of its tree, which stands for how much it knows.
    pub fn read(bytes: Vec<u8>) -> Result<(Database, u64), String> {
        let reader = Reader::from_source(bytes)
            .map_err(|error| format!("this database cannot be read: {error}"))?;
        let nodes = u64::from(reader.metadata().node_count);
        Ok((Database { reader }, nodes))
    }

    /// What it knows of an address; a damaged row is like none.
    pub fn find(&self, address: IpAddr) -> Option<LookedUp<'_>> {
        let row = self
            .reader
            .lookup(address)
            .ok()?
            .decode::<Row<'_>>()
            .ok()??;
        let code = [row.country, row.registered_country].into_iter().flatten();
        let code = code.filter_map(|it| match it {
            Place::Full { iso_code } => iso_code,
            Place::Code(code) => Some(code),
        });
        let mut tags = Tags::default();
        for (yes, tag) in [
            (row.is_anonymous_vpn, Tags::VPN),
            (row.is_hosting_provider, Tags::HOSTING),
            (row.is_public_proxy || row.is_residential_proxy, Tags::PROXY),
            (row.is_tor_exit_node, Tags::TOR),
        ] {
            if yes {
                tags.insert(tag);
            }
        }
        Some(LookedUp {
            country: code.chain(row.country_code).find_map(Country::parse),
            network: row.autonomous_system_number,
            organisation: row.autonomous_system_organization,
            city: row.city.and_then(|it| match it {
                City::Full { names } => names?.en,
                City::Name(name) => Some(name),
            }),
            tags,
        })
    }
}

impl core::fmt::Debug for Database {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&self.reader.metadata().database_type)
    }
}
