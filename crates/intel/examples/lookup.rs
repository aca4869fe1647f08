//! Measures questions about addresses and user agents, with the shipped data alone and with feeds of
//! a million networks: `cargo run --release -p gatewatch-intel --example lookup`. `lookup KIND COUNT`
//! asks so many questions of a kind (`shipped`, `one` feed, `many` feeds, `agents`) and nothing else, for
//! who counts instructions, as `perf stat` or `valgrind --tool=callgrind` do; once with 0 for what
//! setting up takes.

use std::fmt::Write as _;
use std::hint::black_box;
use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Instant;

use anyhow::Context;
use gatewatch_intel::{FeedFile, Feeds, Origins, bots};
use gatewatch_model::Timestamp;
use gatewatch_model::origin::Tags;

const BATCHES: usize = 1_000;
const QUESTIONS: u32 = 1_000;
const NETWORKS: u64 = 1_000_000;
const FEEDS: u64 = 64;
const BROWSER: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36";

fn main() -> anyhow::Result<()> {
    let mut args = std::env::args().skip(1);
    if let Some(kind) = args.next() {
        let count = args.next().context("how many questions?")?.parse()?;
        return ask_only(&kind, count);
    }
    let mut out = std::io::stdout().lock();
    let origins = Origins::default();
    let begun = Instant::now();
    black_box(origins.of(Ipv4Addr::new(8, 8, 8, 8).into()));
    writeln!(out, "unpacked in {:?}", begun.elapsed())?;
    measure("shipped data", &origins, &mut out)?;
    for feeds in [1, FEEDS] {
        let (begun, before) = (Instant::now(), resident_bytes()?);
        let origins = Origins::new(made(feeds)?);
        let name = format!("{feeds} feeds of {NETWORKS} networks together");
        let grown = resident_bytes()?.saturating_sub(before);
        writeln!(
            out,
            "{name}: read in {:?}, {grown} bytes more are resident",
            begun.elapsed()
        )?;
        measure(&name, &origins, &mut out)?;
    }
    for agent in [
        BROWSER,
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "python-requests/2.32.3",
    ] {
        let nanos = median(|| {
            black_box(bots::SHIPPED.find(black_box(agent)));
        });
        writeln!(out, "{nanos} ns: {agent}")?;
    }
    Ok(())
}

fn ask_only(kind: &str, count: u64) -> anyhow::Result<()> {
    let feeds = match kind {
        "shipped" | "agents" => Feeds::default(),
        "one" => made(1)?,
        "many" => made(FEEDS)?,
        _ => anyhow::bail!("no kind is named `{kind}`; there are: shipped, one, many, agents"),
    };
    let agent = (kind == "agents").then_some(BROWSER);
    let origins = Origins::new(feeds);
    let mut seed = 1;
    for _ in 0..=count {
        let address = v4(next(&mut seed));
        black_box(origins.of_call(Some(address), black_box(agent)));
    }
    Ok(())
}

fn measure(name: &str, origins: &Origins, out: &mut dyn Write) -> std::io::Result<()> {
    // Allocated space alone, where ranges lie close to one another.
    let dense = |it: u64| {
        IpAddr::V6(Ipv6Addr::from_bits(
            u128::from(0x2a00_u64 << 48 | it >> 12) << 64,
        ))
    };
    let v6 = |it: u64| IpAddr::V6(Ipv6Addr::from_bits(u128::from((it >> 3) | 1 << 61) << 64));
    let kinds: [(&str, &dyn Fn(u64) -> IpAddr); 3] =
        [("IPv4", &v4), ("IPv6", &v6), ("IPv6, dense", &dense)];
    for (kind, address) in kinds {
        let (mut seed, mut known) = (1, 0_u64);
        let nanos = median(|| {
            let origin = origins.of(address(next(&mut seed)));
            known += u64::from(black_box(origin).feed.is_some());
        });
        writeln!(
            out,
            "{name}: {kind}: {nanos} ns an address, {known} of a million in a feed"
        )?;
    }
    Ok(())
}

/// Feeds of a million networks together, three quarters of IPv4 and of 16 to 256 addresses each.
fn made(feeds: u64) -> anyhow::Result<Feeds> {
    let mut all = Feeds::default();
    let mut seed = 7;
    for feed in 0..feeds {
        let mut text = String::new();
        for number in 0..NETWORKS / feeds {
            let bits = next(&mut seed);
            let (v4, v6) = (
                Ipv4Addr::from_bits((bits >> 32) as u32),
                bits >> 3 | 1 << 61,
            );
            let v6 = Ipv6Addr::from_bits(u128::from(v6) << 64);
            match number % 4 {
                0 => writeln!(text, "{v6}/{}", 48 + bits % 17)?,
                _ => writeln!(text, "{v4}/{}", 24 + bits % 5)?,
            }
        }
        let file = FeedFile {
            name: "made.txt".into(),
            bytes: text.into_bytes(),
        };
        let name = format!("feed-{feed}");
        let tag = if feed % 2 == 0 {
            Tags::THREAT
        } else {
            Tags::TOR
        };
        all.add((&name, tag), vec![file], None, Timestamp::ZERO)?;
    }
    Ok(all)
}

fn v4(bits: u64) -> IpAddr {
    IpAddr::V4(Ipv4Addr::from_bits((bits >> 32) as u32))
}

fn next(seed: &mut u64) -> u64 {
    *seed = seed
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    *seed
}

fn resident_bytes() -> anyhow::Result<u64> {
    let all = std::fs::read_to_string("/proc/self/statm")?;
    let pages = all.split(' ').nth(1).context("no resident pages")?;
    Ok(pages.parse::<u64>()? * 4_096)
}

/// Of one question, by the batch in the middle: others may be at work on this machine.
fn median(mut ask: impl FnMut()) -> u128 {
    let mut batches = (0..BATCHES)
        .map(|_| {
            let begun = Instant::now();
            (0..QUESTIONS).for_each(|_| ask());
            begun.elapsed().as_nanos() / u128::from(QUESTIONS)
        })
        .collect::<Vec<_>>();
    batches.sort_unstable();
    batches[BATCHES / 2]
}
