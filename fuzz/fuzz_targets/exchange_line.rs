//! Lines of exchange files, on their whole way into the journal: what is read is written and read
//! the same, and what is admitted stays in its bounds and fits a record.

#![no_main]

use gatewatch_model::record::{Arrival, Stream};
use gatewatch_model::{Blemishes, Exchange, Record, Timestamp};
use gatewatch_ports::journal::RECORD_BYTES_MAX;
use gatewatch_sources::limits::{HEADERS_MAX, URL_BYTES_MAX};
use gatewatch_sources::{admit, partition_of};
use gatewatch_wire::{exchange_file, record};
use libfuzzer_sys::fuzz_target;

const PARTITIONS: u16 = 16;

fuzz_target!(|line: &[u8]| {
    let Ok(mut exchange) = exchange_file::read(line) else {
        return;
    };
    check_round_trip(&exchange);
    admit(&mut exchange);
    let once = exchange.clone();
    admit(&mut exchange);
    assert_eq!(once, exchange, "admission is done after once");
    check_bounds(exchange);
});

fn check_round_trip(exchange: &Exchange<'_>) {
    let expected = Exchange {
        blemishes: Blemishes::default(),
        ..exchange.clone()
    };
    let mut written = Vec::new();
    exchange_file::write(exchange, &mut written);
    let read = exchange_file::read(&written).expect("what was written is read");
    assert_eq!(read, expected);
}

fn check_bounds(exchange: Exchange<'_>) {
    assert!(exchange.request.url.len() <= URL_BYTES_MAX);
    let headers = exchange.request.headers.as_ref();
    assert!(headers.is_none_or(|it| it.len() <= HEADERS_MAX));
    assert!(partition_of("/tenant", &exchange, PARTITIONS).0 < PARTITIONS);
    let arrival = Record::Arrival(Arrival {
        received: Timestamp::ZERO,
        stream: Stream::Live,
        source: "fuzz".into(),
        scope: "/tenant".into(),
        external: None,
        exchange,
    });
    let mut bytes = Vec::new();
    record::encode(&arrival, &mut bytes);
    assert!(bytes.len() <= RECORD_BYTES_MAX);
    assert_eq!(record::decode(&bytes).expect("a record"), arrival);
}
