//! The data of each package as ranges with labels.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv6Addr;

use anyhow::{Context, ensure};
use gatewatch_intel::packed::Ranges;
use maxminddb::{Reader, WithinOptions};

/// What of `iporigin` has no licence that can be shown: kept out, Akamai too, because its ranges
/// are mixed with such.
static LEFT_OUT: &[&str] = &[
    "Akamai", "BunnyCDN", "BuyVM", "CDN77", "Cogent", "Contabo", "DataCamp", "GTHost", "GleSYS",
    "Melbicom", "Scalaxy", "Vercel",
];

/// Ranges before they have numbers.
#[derive(Default)]
struct Found {
    v4: Vec<(u32, u32, String)>,
    v6: Vec<(u64, u64, String)>,
}

/// Two databases, one of IPv4 and one of IPv6, each with a member `country_code`.
pub fn countries(v4: Vec<u8>, v6: Vec<u8>) -> anyhow::Result<Ranges> {
    #[derive(serde::Deserialize)]
    struct Row {
        country_code: String,
    }
    let mut found = Found::default();
    for database in [v4, v6] {
        let reader = Reader::from_source(database)?;
        for row in reader.networks(WithinOptions::default())? {
            let row = row?;
            let Some(Row { country_code }) = row.decode()? else {
                continue;
            };
            let network = row.network()?;
            match (network.network(), network.broadcast()) {
                (std::net::IpAddr::V4(start), std::net::IpAddr::V4(end)) => {
                    found.v4.push((start.into(), end.into(), country_code));
                }
                (std::net::IpAddr::V6(start), std::net::IpAddr::V6(end)) => {
                    found.v6.push((half(start), half(end), country_code));
                }
                _ => {}
            }
        }
    }
    Ok(found.numbered())
}

/// Lines of `start,end,number,organisation`, with addresses as numbers.
pub fn networks(v4: &[u8], v6: &[u8]) -> anyhow::Result<Ranges> {
    let mut found = Found::default();
    // One name for each network, the first, so that a name is not kept twice.
    let mut names = BTreeMap::<u32, String>::new();
    for (text, wide) in [(v4, false), (v6, true)] {
        for line in core::str::from_utf8(text)?.lines() {
            let mut rest = line.splitn(4, ',');
            let mut next = || {
                rest.next()
                    .with_context(|| format!("a line is short: {line}"))
            };
            let (start, end) = (next()?.parse::<u128>()?, next()?.parse::<u128>()?);
            let number = next()?.parse()?;
            let name = names.entry(number).or_insert(unquoted(next()?));
            let label = format!("{number}\t{name}");
            if wide {
                found
                    .v6
                    .push(((start >> 64) as u64, (end >> 64) as u64, label));
            } else {
                found
                    .v4
                    .push((u32::try_from(start)?, u32::try_from(end)?, label));
            }
        }
    }
    Ok(found.numbered())
}

fn unquoted(text: &str) -> String {
    let inner = text.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
    let plain = inner.map_or(text.to_owned(), |it| it.replace("\"\"", "\""));
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The binary table of `iporigin`, and the day on which it was made, in seconds since 1970.
pub fn providers(bytes: &[u8]) -> anyhow::Result<(Ranges, i64)> {
    let mut rest = bytes;
    let mut take = |count: usize| -> anyhow::Result<&[u8]> {
        let (head, after) = rest.split_at_checked(count).context("the table is cut")?;
        rest = after;
        Ok(head)
    };
    ensure!(
        take(8)? == b"IPORIGIN" && take(2)? == [1, 0],
        "this is no table of iporigin, version 1"
    );
    let made = u64::from_le_bytes(take(8)?.try_into()?);
    let labels = u16::from_le_bytes(take(2)?.try_into()?);
    let v4 = u32::from_le_bytes(take(4)?.try_into()?);
    let v6 = u32::from_le_bytes(take(4)?.try_into()?);
    let mut names = Vec::new();
    for _ in 0..labels {
        let length = u16::from_le_bytes(take(2)?.try_into()?);
        let text = core::str::from_utf8(take(length.into())?)?;
        let (name, kind) = text.split_once('\t').context("a label has no kind")?;
        let kind = if kind == "bot" { "crawler" } else { kind };
        names.push((!LEFT_OUT.contains(&name)).then(|| format!("{kind}\t{name}")));
    }
    let mut found = Found::default();
    let name = |at: &[u8]| {
        names
            .get(usize::from(u16::from_le_bytes([at[0], at[1]])))
            .cloned()
            .flatten()
    };
    for _ in 0..v4 {
        let row = take(10)?;
        if let Some(name) = name(&row[8..]) {
            let number =
                |at: usize| u32::from_le_bytes([row[at], row[at + 1], row[at + 2], row[at + 3]]);
            found.v4.push((number(0), number(4), name));
        }
    }
    for _ in 0..v6 {
        let row = take(34)?;
        if let Some(name) = name(&row[32..]) {
            let half = |at: usize| row[at..at + 8].try_into().map(u64::from_be_bytes);
            found.v6.push((half(0)?, half(16)?, name));
        }
    }
    Ok((found.numbered(), i64::try_from(made)?))
}

/// Of bots: the pattern, its name, and what kind it is, a line each. Libraries that any program
/// may call with are no bots.
pub fn bots(json: &[u8]) -> anyhow::Result<String> {
    #[derive(serde::Deserialize)]
    struct Row {
        pattern: String,
        tags: Vec<String>,
    }
    let rows = serde_json::from_slice::<Vec<Row>>(json)?;
    let mut lines = BTreeSet::new();
    for Row { pattern, tags } in rows {
        let library = tags.iter().any(|it| it == "http-library");
        if !library && !pattern.contains(['\t', '\n']) {
            let kind = tags.first().map_or("other", String::as_str);
            lines.insert(format!("{pattern}\t{kind}\n"));
        }
    }
    Ok(lines.into_iter().collect())
}

fn half(address: Ipv6Addr) -> u64 {
    (address.to_bits() >> 64) as u64
}

impl Found {
    /// Labels in their order; ranges sorted, apart, and joined where they touch.
    fn numbered(self) -> Ranges {
        let Found { v4, v6 } = self;
        let names = v4.iter().map(|it| &it.2).chain(v6.iter().map(|it| &it.2));
        let names = names.collect::<BTreeSet<_>>();
        let numbers = (1_u32..).zip(&names).map(|(at, name)| (name.as_str(), at));
        let numbers = numbers.collect::<BTreeMap<_, _>>();
        let number = |name: &str| numbers.get(name).copied().unwrap_or(0);
        let wide = v4
            .iter()
            .map(|(start, end, name)| (u64::from(*start), u64::from(*end), number(name)));
        let v4 = apart(wide.collect());
        let v4 = v4
            .into_iter()
            .map(|it| (it.0 as u32, it.1 as u32, it.2))
            .collect();
        let v6 = apart(v6.iter().map(|it| (it.0, it.1, number(&it.2))).collect());
        let labels = names.iter().map(|it| it.as_str().into()).collect();
        Ranges { labels, v4, v6 }
    }
}

/// Where two overlap, the one that begins first has what they share.
fn apart(mut ranges: Vec<(u64, u64, u32)>) -> Vec<(u64, u64, u32)> {
    ranges.sort_unstable();
    let mut out = Vec::<(u64, u64, u32)>::new();
    for (mut start, end, number) in ranges {
        if let Some(last) = out.last_mut() {
            if end <= last.1 {
                continue;
            }
            start = start.max(last.1 + 1);
            if start == last.1 + 1 && number == last.2 {
                last.1 = end;
                continue;
            }
        }
        out.push((start, end, number));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_commas_and_quotes_are_read() {
        let v4 =
            b"16,31,13335,\"Cloudflare, Inc.\"\n32,47,13335,Cloudflare\n64,64,7,\"a \"\"b\"\"\"\n";
        let ranges = networks(v4, b"").unwrap();
        assert_eq!(
            ranges.labels,
            ["13335\tCloudflare, Inc.".into(), "7\ta \"b\"".into()]
        );
        assert_eq!(ranges.v4, [(16, 47, 1), (64, 64, 2)]);
    }

    #[test]
    fn ranges_that_overlap_are_parted() {
        assert_eq!(
            apart(vec![(5, 9, 2), (0, 6, 1), (1, 2, 3), (10, 12, 2)]),
            [(0, 6, 1), (7, 12, 2)]
        );
    }

    #[test]
    fn libraries_are_no_bots() {
        let json = br#"[{"pattern":"Googlebot","tags":["search-engine"]},{"pattern":"^curl","tags":["http-library"]}]"#;
        assert_eq!(bots(json).unwrap(), "Googlebot\tsearch-engine\n");
    }
}
