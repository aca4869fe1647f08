//! How fast files are read: `cargo run --release -p gatewatch-sources --example reading -- FILE…`

use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::time::Instant;

use gatewatch_sources::files::{Options, Outcome, Reader};

#[expect(clippy::print_stdout, reason = "printing is what this program is for")]
fn main() -> Result<(), Box<dyn core::error::Error>> {
    for path in std::env::args().skip(1) {
        let mut reader = Reader::open(&[PathBuf::from(&path)], Options::default())?;
        let began = Instant::now();
        let (mut exchanges, mut passed_over, mut refused) = (0_u64, 0_u64, 0_u64);
        let mut first = None;
        while let Some(item) = reader.next() {
            match item.outcome {
                Outcome::Exchange(_) => exchanges += 1,
                Outcome::PassedOver => passed_over += 1,
                Outcome::Refused(why) => {
                    refused += 1;
                    first.get_or_insert_with(|| format!("{}: {why}", item.place));
                }
            }
        }
        let seconds = began.elapsed().as_secs_f64();
        let bytes = reader.bytes_read().load(Ordering::Relaxed) as f64;
        println!(
            "{path}: {exchanges} exchanges, {passed_over} passed over, {refused} refused, \
             {:.0}/s, {:.0} MB/s, {:.2} µs each",
            exchanges as f64 / seconds,
            bytes / 1e6 / seconds,
            seconds * 1e6 / exchanges.max(1) as f64
        );
        if let Some(first) = first {
            println!("  first refused: {first}");
        }
    }
    Ok(())
}
