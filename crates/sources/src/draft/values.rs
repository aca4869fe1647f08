//! Single values as logs write them.

use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};

use gatewatch_model::exchange::{Body, Text};

/// 35 years.
const LATENCY_MICROS_MAX: f64 = (1_u64 << 50) as f64;

/// Method, URL and protocol; HTTP/0.9 has none.
pub fn split_line(line: &str) -> Option<[&str; 3]> {
    let (method, rest) = line.trim().split_once(' ')?;
    let token = |it: u8| it.is_ascii_alphanumeric() || b"-_".contains(&it);
    if !method.bytes().all(token) {
        return None;
    }
    Some(match rest.rsplit_once(' ') {
        Some((url, protocol)) if protocol.starts_with("HTTP/") => [method, url.trim(), protocol],
        _ => [method, rest.trim(), ""],
    })
}

pub fn status(text: &str) -> Option<u16> {
    let status = text.trim().split([' ', ',', '.']).next()?.parse().ok()?;
    (100..1_000).contains(&status).then_some(status)
}

/// An address with or without brackets and port; of several with commas the first.
pub fn address(text: &str) -> Option<IpAddr> {
    let text = text.split(',').next()?.trim();
    let with_port = || text.parse::<SocketAddr>().ok().map(|it| it.ip());
    let bare = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    text.parse().ok().or_else(with_port).or_else(bare)
}

/// A number of the given unit, in microseconds. nginx writes one for each upstream it tried, with
/// commas or colons between: they add up. A unit behind the number outranks the given one.
pub fn latency(text: &str, micros: f64) -> Option<u64> {
    let tries = text
        .split([',', ':'])
        .map(str::trim)
        .filter(|it| !it.is_empty() && *it != "-");
    let mut total = 0.0;
    let mut any = false;
    for one in tries {
        let digits = one
            .find(|it: char| it.is_ascii_alphabetic() || it == 'µ')
            .unwrap_or(one.len());
        let micros = match &one[digits..] {
            "" => micros,
            "s" => 1e6,
            "ms" => 1e3,
            "us" | "µs" => 1.0,
            "ns" => 1e-3,
            _ => return None,
        };
        total += one[..digits].trim().parse::<f64>().ok()? * micros;
        any = true;
    }
    (any && (0.0..=LATENCY_MICROS_MAX).contains(&total)).then_some(total.round() as u64)
}

pub fn whole(text: &str) -> Option<u64> {
    let text = text.trim();
    let number = || {
        text.parse::<f64>()
            .ok()
            .filter(|it| *it >= 0.0 && it.fract() == 0.0)
    };
    text.parse().ok().or_else(|| number().map(|it| it as u64))
}

pub fn body(text: Text<'_>) -> Body<'_> {
    let bytes: Cow<'_, [u8]> = match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    };
    let bytes_total = bytes.len() as u64;
    Body { bytes, bytes_total }
}

/// The host of a URL, or what stands where one was expected.
pub fn authority(text: Text<'_>) -> Text<'_> {
    let Some((_, rest)) = text.split_once("://") else {
        return text;
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    rest[..end].to_owned().into()
}
