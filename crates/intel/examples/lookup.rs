//! Measures questions about addresses and user agents: `cargo run --release -p gatewatch-intel
//! --example lookup`.

use std::hint::black_box;
use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Instant;

use gatewatch_intel::{Origins, bots};

const BATCHES: usize = 1_000;
const QUESTIONS: u32 = 1_000;

fn main() -> std::io::Result<()> {
    let origins = Origins::default();
    let mut out = std::io::stdout().lock();
    let begun = Instant::now();
    black_box(origins.of(Ipv4Addr::new(8, 8, 8, 8).into()));
    writeln!(out, "unpacked in {:?}", begun.elapsed())?;
    let v4 = |it: u64| IpAddr::V4(Ipv4Addr::from_bits((it >> 32) as u32));
    let v6 = |it: u64| IpAddr::V6(Ipv6Addr::from_bits(u128::from((it >> 3) | 1 << 61) << 64));
    // Allocated space alone, where ranges lie close to one another.
    let dense = |it: u64| {
        IpAddr::V6(Ipv6Addr::from_bits(
            u128::from(0x2a00_u64 << 48 | it >> 12) << 64,
        ))
    };
    let kinds: [(&str, &dyn Fn(u64) -> IpAddr); 3] =
        [("IPv4", &v4), ("IPv6", &v6), ("IPv6, dense", &dense)];
    for (name, address) in kinds {
        let (mut seed, mut known) = (1_u64, 0_u64);
        let nanos = median(|| {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            known += u64::from(black_box(origins.of(address(seed))).network != 0);
        });
        writeln!(
            out,
            "{name}: {nanos} ns an address, {known} of a million with a network"
        )?;
    }
    for agent in [
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
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
