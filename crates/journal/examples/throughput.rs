//! Measures the journal on this machine: durable appends from a few threads, then reading back.
//!
//! `cargo run --release -p gatewatch-journal --example throughput -- [seconds] [threads] [rate]`
//! writes into a folder beside the target folder and deletes it. `rate` is records a second at
//! most; without it, as many as it takes.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use gatewatch_journal::{Embedded, Options};
use gatewatch_model::{Partition, Position};
use gatewatch_ports::{Batch, Journal};

const RECORDS: u64 = 100;
const RECORD_BYTES: usize = 2_048;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut number = |default| arguments.next().map_or(Ok(default), |it| it.parse::<u64>());
    let seconds = number(10)?;
    let threads = number(4)?;
    let rate = number(u64::MAX)?;
    let folder = PathBuf::from(format!("throughput-{}", std::process::id()));
    let load = Load {
        seconds,
        threads,
        rate,
    };
    let measured = measure(&folder, load, &mut std::io::stdout());
    std::fs::remove_dir_all(&folder)?;
    measured
}

#[derive(Clone, Copy)]
struct Load {
    seconds: u64,
    threads: u64,
    /// Records a second at most.
    rate: u64,
}

fn measure(
    folder: &Path,
    load: Load,
    report: &mut impl Write,
) -> Result<(), Box<dyn std::error::Error>> {
    let options = Options {
        bytes_max: 64 << 30,
        ..Options::default()
    };
    let journal = Arc::new(Embedded::open(folder, options.clone())?);
    let latencies = write(&journal, load)?;
    let records = latencies.len() as u64 * RECORDS;
    let raw = records as f64 * RECORD_BYTES as f64 / 1e6;
    let taken = load.seconds as f64;
    let stored = journal.health().bytes as f64 / 1e6;
    let percentile = |of: usize| latencies[(latencies.len() - 1) * of / 1000].as_secs_f64() * 1e3;
    writeln!(
        report,
        "write: {:.0} records/s, {:.0} batches/s, {:.0} MB/s raw, {:.0} MB on disk ({:.1} : 1), \
         ack p50 {:.1} p99 {:.1} p99.9 {:.1} ms, {:.2} cores",
        records as f64 / taken,
        latencies.len() as f64 / taken,
        raw / taken,
        stored,
        raw / stored,
        percentile(500),
        percentile(990),
        percentile(999),
        cpu_seconds()? / taken,
    )?;
    let before = cpu_seconds()?;
    drop(journal);
    let start = Instant::now();
    let journal = Embedded::open(folder, options)?;
    writeln!(
        report,
        "open: {:.2} s, every checksum verified",
        start.elapsed().as_secs_f64()
    )?;
    for cursors in [1, 16] {
        let start = Instant::now();
        read(&journal, cursors, records)?;
        let taken = start.elapsed().as_secs_f64();
        writeln!(
            report,
            "read with {cursors} cursors: {:.0} records/s, {:.0} MB/s raw",
            records as f64 / taken,
            raw / taken,
        )?;
    }
    writeln!(
        report,
        "open and read took {:.1} core seconds",
        cpu_seconds()? - before
    )?;
    Ok(())
}

/// Returns how long each batch took to be acknowledged, sorted.
fn write(journal: &Arc<Embedded>, load: Load) -> Result<Vec<Duration>, Box<dyn std::error::Error>> {
    let start = Instant::now();
    let end = start + Duration::from_secs(load.seconds);
    let sequence = Arc::new(AtomicU64::new(0));
    let writers: Vec<_> = (0..load.threads)
        .map(|thread| {
            let journal = Arc::clone(journal);
            let sequence = Arc::clone(&sequence);
            std::thread::spawn(move || {
                let mut latencies = Vec::new();
                // Made once, so that making records is not what is measured.
                let records: Vec<String> = (0..10_000).map(|it| record(thread, it)).collect();
                while Instant::now() < end {
                    let number = sequence.fetch_add(1, Ordering::Relaxed);
                    let due = Duration::from_secs_f64((number * RECORDS) as f64 / load.rate as f64);
                    std::thread::sleep(due.saturating_sub(start.elapsed()));
                    let begun = Instant::now();
                    journal.append(batch(thread, number, &records)).wait()?;
                    latencies.push(begun.elapsed());
                }
                Ok::<_, gatewatch_ports::JournalError>(latencies)
            })
        })
        .collect();
    let mut latencies = Vec::new();
    for writer in writers {
        latencies.extend(writer.join().map_err(|_| "a writer failed")??);
    }
    latencies.sort();
    Ok(latencies)
}

/// As traffic is: most records of a batch belong to few partitions.
fn batch(thread: u64, number: u64, records: &[String]) -> Batch {
    let mut batch = Batch::from_sender(&format!("sender-{thread}"), number);
    for n in 0..RECORDS {
        let at = mix(number * RECORDS + n) % records.len() as u64;
        let partition = (mix(number) + n * n / 2_000) % 16;
        batch.push(Partition(partition as u16), |it| {
            it.extend_from_slice(records[at as usize].as_bytes());
        });
    }
    batch
}

/// An exchange of 2 KB: heads, a small body and a larger one, with values that differ.
fn record(thread: u64, number: u64) -> String {
    let id = |salt| format!("{:016x}", mix(thread << 40 ^ number << 8 ^ salt));
    let mut text = format!(
        r#"{{"at":"2026-11-21T08:{:02}:{:02}.{:03}Z","caller":{{"ip":"203.0.113.{}"}},"request":{{"#,
        number / 60 % 60,
        number % 60,
        number % 1000,
        number % 250,
    );
    let url = format!("https://api.contoso.com/orders/{}?trace={}", id(1), id(2));
    text += r#""method":"POST","url":""#;
    text += &url;
    text += r#"","headers":{"user-agent":"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36","#;
    text += r#""content-type":"application/json","authorization":"Bearer "#;
    text += &(id(3) + &id(4) + &id(5));
    text += r#""}},"response":{"status":200,"body":["#;
    let mut item = 10;
    while text.len() < RECORD_BYTES - 120 {
        text += r#"{"id":""#;
        text += &id(item);
        text += r#"","name":"Article "#;
        text += &(mix(item ^ number) % 5_000).to_string();
        text += r#"","price":"#;
        text += &(mix(item + number) % 90_000).to_string();
        text += r#","stock":"#;
        text += &(mix(number * item) % 10_000).to_string();
        text += r#","active":true},"#;
        item += 1;
    }
    text += "null]}}";
    text.extend(std::iter::repeat_n(
        ' ',
        RECORD_BYTES.saturating_sub(text.len()),
    ));
    text
}

/// Each cursor reads its share of the partitions, all at once.
fn read(journal: &Embedded, cursors: u16, records: u64) -> Result<(), Box<dyn std::error::Error>> {
    let counted = std::thread::scope(|scope| {
        let readers: Vec<_> = (0..cursors)
            .map(|cursor| {
                scope.spawn(move || {
                    let mine = (0..16).filter(|it| it % cursors == cursor);
                    let from: Vec<_> = mine.map(|it| (Partition(it), Position::START)).collect();
                    let mut cursor = journal.cursor(&from)?;
                    let mut count = 0;
                    while let Some(chunk) = cursor.next(Duration::ZERO)? {
                        count += chunk
                            .records()
                            .filter(|it| it.1.len() == RECORD_BYTES)
                            .count();
                    }
                    Ok::<_, gatewatch_ports::JournalError>(count as u64)
                })
            })
            .collect();
        let mut sum = 0;
        for reader in readers {
            sum += reader.join().map_err(|_| "a reader failed")??;
        }
        Ok::<_, Box<dyn std::error::Error>>(sum)
    })?;
    if counted == records {
        Ok(())
    } else {
        Err(format!("{counted} of {records} records came back").into())
    }
}

/// What this process has used so far, in all its threads.
fn cpu_seconds() -> Result<f64, Box<dyn std::error::Error>> {
    const TICKS_PER_SECOND: f64 = 100.0;
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let after = stat.rsplit(')').next().unwrap_or_default();
    let fields: Vec<&str> = after.split_whitespace().collect();
    let ticks: f64 = fields[11].parse::<f64>()? + fields[12].parse::<f64>()?;
    Ok(ticks / TICKS_PER_SECOND)
}

/// splitmix64
fn mix(seed: u64) -> u64 {
    let z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
