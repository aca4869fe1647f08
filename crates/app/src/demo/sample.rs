//! Prints the demo's traffic as an exchange file, to try things with. The same seed, rate and
//! count give the same bytes on any machine and on any day.

use std::io::{self, BufWriter, ErrorKind, Write};

use gatewatch_model::Timestamp;
use gatewatch_wire::exchange_file;

use super::attacks::Attacks;
use super::traffic::Traffic;

/// Friday, 20 November 2026, 08:00 UTC.
const BEGAN: Timestamp = Timestamp(1_795_161_600_000_000);

/// Writes `count` exchanges that come `rate` a second on average, with the attacks among them.
pub fn print(seed: u64, rate: u32, count: u64) -> anyhow::Result<()> {
    let out = BufWriter::with_capacity(1 << 20, io::stdout().lock());
    match write(seed, rate, count, out) {
        // Whoever read has seen enough.
        Err(error) if error.downcast_ref().is_some_and(closed) => Ok(()),
        ended => ended,
    }
}

fn closed(error: &io::Error) -> bool {
    error.kind() == ErrorKind::BrokenPipe
}

fn write(seed: u64, rate: u32, count: u64, mut out: impl Write) -> anyhow::Result<()> {
    let mut traffic = Traffic::new(seed)?;
    let attacks = Attacks::new(seed, BEGAN)?;
    let (mut line, mut left, mut at) = (Vec::new(), count, BEGAN);
    while left > 0 {
        let before = at;
        let gap = 1e6 / f64::from(rate.max(1)) / traffic.daily(at);
        at = at.plus_micros((gap as i64).max(1));
        let ordinary = traffic.exchange(at);
        for exchange in attacks.due(before, at).iter().chain([&ordinary]) {
            if left == 0 {
                break;
            }
            line.clear();
            exchange_file::write(exchange, &mut line);
            out.write_all(&line)?;
            left -= 1;
        }
    }
    Ok(out.flush()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_the_same_each_time_and_as_long_as_asked() {
        let sample = |seed| {
            let mut out = Vec::new();
            write(seed, 200, 4_000, &mut out).unwrap();
            String::from_utf8(out).unwrap()
        };
        let one = sample(1);
        assert_eq!(one, sample(1));
        assert_eq!(one.lines().count(), 4_000);
        assert!(one.contains("UNION%20SELECT"), "no attack");
        assert!(
            one.starts_with("{\"at\":\"2026-11-20T08:00:00."),
            "{}",
            &one[..80]
        );
        assert_ne!(one, sample(2));
    }
}
