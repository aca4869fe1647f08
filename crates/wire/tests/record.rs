//! Journal records: what is written is read, whatever it is, and hostile bytes are an error and
//! never a panic.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod arbitrary;
#[path = "arbitrary/controls.rs"]
mod controls;

use arbitrary::{exchange, text};
use gatewatch_model::control::{Control, NumberedControl};
use gatewatch_model::definition::Definition;
use gatewatch_model::exchange::Response;
use gatewatch_model::record::{Arrival, Digest, Stream};
use gatewatch_model::{Blemishes, Caller, EndpointId, Record, Timestamp};
use gatewatch_wire::record::{VERSION, WireError, decode, definition_bytes, encode};
use minicbor::Encoder;
use proptest::prelude::*;
use proptest::sample::Index;

fn record() -> impl Strategy<Value = Record<'static>> {
    let time = any::<i64>().prop_map(Timestamp);
    prop_oneof![
        4 => arrival().prop_map(Record::Arrival),
        1 => control().prop_map(Record::Control),
        1 => time.prop_map(Record::Tick),
        1 => digest().prop_map(Record::Digest),
    ]
}

fn arrival() -> impl Strategy<Value = Arrival<'static>> {
    let stamps = any::<(i64, Option<i64>, bool, Option<bool>, u32, u64)>();
    (stamps, text(), text(), exchange()).prop_map(|(stamps, source, scope, mut exchange)| {
        let (received, at, historical, external, blemishes, latency) = stamps;
        // A record takes more than a line can say.
        exchange.at = at.map(Timestamp);
        exchange.blemishes = Blemishes(blemishes);
        if let Some(response) = &mut exchange.response {
            response.latency_micros = Some(latency);
        }
        Arrival {
            received: Timestamp(received),
            stream: if historical {
                Stream::Historical
            } else {
                Stream::Live
            },
            source,
            scope,
            external,
            exchange,
        }
    })
}

fn control() -> impl Strategy<Value = NumberedControl> {
    (any::<(u64, i64)>(), controls::control()).prop_map(|((revision, at), control)| {
        NumberedControl {
            revision,
            at: Timestamp(at),
            control,
        }
    })
}

fn digest() -> impl Strategy<Value = Digest> {
    let caller = prop_oneof![
        Just(Caller::Unknown),
        text().prop_map(|it| Caller::Identity(it.into())),
        any::<std::net::IpAddr>().prop_map(Caller::Address),
    ];
    (caller, any::<([u8; 16], [i64; 3], [u64; 6])>()).prop_map(
        |(caller, (endpoint, times, statuses))| Digest {
            caller,
            endpoint: EndpointId(endpoint),
            window: Timestamp(times[0]),
            first_seen: Timestamp(times[1]),
            last_seen: Timestamp(times[2]),
            statuses,
        },
    )
}

fn encoded(record: &Record<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode(record, &mut bytes);
    bytes
}

proptest! {
    #[test]
    fn records_survive_the_round_trip(record in record()) {
        let bytes = encoded(&record);
        prop_assert_eq!(decode(&bytes).unwrap(), record);
    }

    #[test]
    fn encoding_appends(record in record(), before: Vec<u8>) {
        let mut bytes = before.clone();
        encode(&record, &mut bytes);
        prop_assert_eq!(&bytes[..before.len()], &before);
        prop_assert_eq!(&bytes[before.len()..], &encoded(&record));
    }

    #[test]
    fn a_definition_has_the_bytes_that_it_adds_to_its_record(control in controls::control()) {
        let numbered = |control| Record::Control(NumberedControl {
            revision: 1,
            at: Timestamp(2),
            control,
        });
        if let Control::Define { subject, definition } = control {
            let empty = Control::Define { subject: subject.clone(), definition: Box::default() };
            let more = definition_bytes(&definition) - definition_bytes(&Definition::default());
            let all = encoded(&numbered(Control::Define { subject, definition })).len();
            prop_assert_eq!(all - encoded(&numbered(empty)).len(), more);
        }
    }

    #[test]
    fn a_cut_record_is_an_error(record in record(), at: Index) {
        let bytes = encoded(&record);
        prop_assert!(decode(&bytes[..at.index(bytes.len())]).is_err());
    }

    #[test]
    fn hostile_bytes_never_panic(bytes: Vec<u8>, kind in 0..4_u8) {
        let _ = decode(&bytes);
        let _ = decode(&[&[VERSION, kind], bytes.as_slice()].concat());
    }

    #[test]
    fn damaged_records_never_panic(record in record(), damage: Vec<(Index, u8)>) {
        let mut bytes = encoded(&record);
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let _ = decode(&bytes);
    }
}

/// A tick as a later release may write it: with fields this one has never heard of.
fn tick_of_tomorrow() -> Vec<u8> {
    let mut bytes = vec![VERSION, 2];
    let mut encoder = Encoder::new(&mut bytes);
    encoder.map(4).unwrap();
    encoder.u16(900).unwrap().array(2).unwrap().u8(1).unwrap();
    encoder.map(1).unwrap().str("deep").unwrap().null().unwrap();
    encoder.u8(0).unwrap().i64(-5).unwrap();
    encoder.u8(7).unwrap().str("news").unwrap();
    encoder.u64(u64::MAX).unwrap().bytes(b"more").unwrap();
    bytes
}

#[test]
fn fields_of_a_later_release_are_read_past() {
    assert_eq!(
        decode(&tick_of_tomorrow()).unwrap(),
        Record::Tick(Timestamp(-5))
    );
}

#[test]
fn an_arrival_of_a_later_release_is_read_past_its_news() {
    let mut bytes = vec![VERSION, 0];
    let mut encoder = Encoder::new(&mut bytes);
    let news = |encoder: &mut Encoder<&mut Vec<u8>>| {
        encoder
            .u8(200)
            .unwrap()
            .array(1)
            .unwrap()
            .bool(true)
            .unwrap();
    };
    encoder.map(5).unwrap().u8(0).unwrap().i64(1).unwrap();
    encoder.u8(2).unwrap().str("source").unwrap();
    encoder.u8(3).unwrap().str("/").unwrap();
    news(&mut encoder);
    encoder.u8(4).unwrap().map(3).unwrap();
    news(&mut encoder);
    encoder.u8(12).unwrap().map(1).unwrap();
    news(&mut encoder);
    encoder.u8(11).unwrap().map(3).unwrap();
    encoder.u8(1).unwrap().str("/a").unwrap();
    news(&mut encoder);
    encoder.u8(0).unwrap().str("GET").unwrap();
    let Record::Arrival(arrival) = decode(&bytes).unwrap() else {
        panic!("no arrival");
    };
    assert_eq!(arrival.exchange.request.url, "/a");
    assert_eq!(arrival.exchange.response, Some(Response::default()));
}

#[test]
fn what_is_required_is_named_when_it_is_missing() {
    let empty = |kind| decode(&[VERSION, kind, 0xa0]).unwrap_err().to_string();
    assert_eq!(empty(0), "the record lacks its `received`");
    assert_eq!(empty(1), "the record lacks its `control`");
    assert_eq!(empty(2), "the record lacks its `at`");
    assert_eq!(empty(3), "the record lacks its `endpoint`");
}

#[test]
fn another_version_and_another_kind_are_told_apart() {
    assert!(matches!(decode(&[]), Err(WireError::Short(0))));
    assert!(matches!(
        decode(&[VERSION + 1, 0, 0xa0]),
        Err(WireError::OtherVersion { found }) if found == VERSION + 1
    ));
    assert!(matches!(
        decode(&[VERSION, 77, 0xa0]),
        Err(WireError::UnknownKind {
            what: "record",
            found: 77
        })
    ));
    let mut bytes = tick_of_tomorrow();
    bytes.push(0);
    assert!(matches!(decode(&bytes), Err(WireError::Trailing(1))));
}

/// Counts that lie must cost an error, not memory.
#[test]
fn lying_counts_do_not_allocate() {
    let count = u64::MAX.to_be_bytes();
    for lie in [0x9b, 0xbb, 0x5b, 0x7b] {
        let list = [&[VERSION, 0, 0xa1, 4, 0xa1, 15, lie], count.as_slice()].concat();
        assert!(decode(&list).is_err());
        let skipped = [&[VERSION, 2, 0xa1, 0x18, 77, lie], count.as_slice()].concat();
        assert!(decode(&skipped).is_err());
    }
}

#[test]
fn a_depth_bomb_is_skipped_without_a_stack() {
    let nested = vec![0x81; 1 << 20];
    for end in [[0x80].as_slice(), &[]] {
        let bytes = [&[VERSION, 2, 0xa2, 0, 1, 0x18, 77], nested.as_slice(), end].concat();
        assert_eq!(decode(&bytes).is_ok(), !end.is_empty());
    }
}
