//! A sender that never stops repeating itself.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use gatewatch_journal::Embedded;
use gatewatch_model::record::{Arrival, Stream};
use gatewatch_model::{Exchange, Record};
use gatewatch_pipeline::marker::MarkFile;
use gatewatch_pipeline::{Clock, Options, Parts, Pipeline, Roles, SystemClock};
use gatewatch_ports::store::{EndpointQuery, Reading};
use gatewatch_ports::{Appended, Batch, Journal, Store};
use gatewatch_sources::partition_of;
use gatewatch_store::SqliteStore;
use gatewatch_testkit::traffic;
use gatewatch_wire::record;

const TIMES: u64 = 10_000;
const EXCHANGES: usize = 100;
/// Kept each time, the batches would take hundreds of megabytes.
const GROWTH_BYTES_MAX: u64 = 8 << 20;

#[test]
fn a_batch_sent_ten_thousand_times_counts_once_and_takes_no_memory() {
    let folder = tempfile::tempdir().unwrap();
    let journal = |name: &str| {
        let opened = Embedded::open(
            &folder.path().join(name),
            gatewatch_journal::Options::default(),
        );
        Arc::new(opened.unwrap()) as Arc<dyn Journal>
    };
    let (first, second) = (journal("journal"), journal("digests"));
    let store = Arc::new(SqliteStore::open(folder.path()).unwrap());
    let pipeline = start(folder.path(), &first, second, store.clone());
    let batch = batch(&first);
    let send = || {
        let appended = pipeline.intake().append_wait(batch.clone());
        appended.unwrap()
    };
    assert!(matches!(send(), Appended::Written(_)));
    (0..TIMES / 10).for_each(|_| assert_eq!(send(), Appended::Duplicate));
    let (memory, disk) = (resident_bytes(), first.health().bytes);
    (0..TIMES).for_each(|_| assert_eq!(send(), Appended::Duplicate));
    let growth = resident_bytes().saturating_sub(memory);
    assert!(growth < GROWTH_BYTES_MAX, "{growth} bytes more");
    // Ticks only.
    assert!(first.health().bytes < disk + batch.bytes() as u64);
    assert_eq!(first.health().senders, 1);
    let live = pipeline.live();
    pipeline.shutdown();
    assert_eq!(
        live.exchanges_accepted.load(Ordering::Relaxed),
        EXCHANGES as u64
    );
    assert_eq!(calls(&store), EXCHANGES as u64);
}

fn start(
    folder: &std::path::Path,
    journal: &Arc<dyn Journal>,
    digests: Arc<dyn Journal>,
    store: Arc<dyn Store>,
) -> Pipeline {
    let parts = Parts {
        journal: journal.clone(),
        digests,
        store,
        key: None,
        clock: Arc::new(SystemClock),
        marks: Box::new(MarkFile::new(folder)),
        free_space: Box::new(|| Ok(u64::MAX)),
    };
    let options = Options {
        roles: Roles {
            ingest: true,
            fold: true,
        },
        shards: 2,
        disk_free_bytes_min: 0,
    };
    Pipeline::start(parts, options).unwrap()
}

/// The same exchanges again and again, each with a long path.
fn batch(journal: &Arc<dyn Journal>) -> Batch {
    let lines: Vec<_> = (0..EXCHANGES)
        .map(|it| format!("+0 203.0.113.7 GET /orders/{it:0>500} 200"))
        .collect();
    let mut batch = Batch::from_sender("tireless", 1);
    for exchange in traffic(&lines.join("\n")) {
        push(&mut batch, exchange, journal.partitions());
    }
    batch
}

fn push(batch: &mut Batch, exchange: Exchange<'static>, partitions: u16) {
    let partition = partition_of("/", &exchange, partitions);
    let arrival = Record::Arrival(Arrival {
        received: SystemClock.now(),
        stream: Stream::Live,
        source: "test".into(),
        scope: "/".into(),
        external: None,
        exchange,
    });
    batch.push(partition, |bytes| record::encode(&arrival, bytes));
}

fn calls(store: &SqliteStore) -> u64 {
    let everything = EndpointQuery {
        scope: "/".into(),
        limit: 1_000,
        ..EndpointQuery::default()
    };
    let page = store.endpoints(&everything).unwrap();
    page.items.iter().map(|it| it.row.calls).sum()
}

fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|it| it.starts_with("VmRSS:")).unwrap();
    let kilobytes = line.split_whitespace().nth(1).unwrap();
    kilobytes.parse::<u64>().unwrap() * 1_024
}
