//! What digests promise.

use proptest::prelude::*;

use super::*;

fn caller(number: u32) -> Caller {
    Caller::new(None, Some(std::net::Ipv4Addr::from(number).into()))
}

fn endpoint(number: u8) -> EndpointId {
    EndpointId([number; 16])
}

fn seconds(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds)
}

#[test]
fn a_digest_counts_one_caller_at_one_endpoint_for_ten_seconds() {
    let mut digests = Digests::default();
    for (number, at, status) in [
        (1, 19, Some(200)),
        (1, 12, Some(401)),
        (1, 20, None),
        (2, 12, Some(200)),
        (1, 11, Some(403)),
    ] {
        assert_eq!(
            digests.add(&caller(number), endpoint(7), seconds(at), status),
            None
        );
    }
    let closed = digests.take();
    let found = closed.iter().map(|it| {
        (
            it.window.seconds(),
            it.first_seen.seconds(),
            it.last_seen.seconds(),
            it.statuses,
        )
    });
    assert_eq!(
        found.collect::<Vec<_>>(),
        [
            (10, 11, 19, [0, 0, 1, 0, 2, 0]),
            (20, 20, 20, [1, 0, 0, 0, 0, 0]),
            (10, 12, 12, [0, 0, 1, 0, 0, 0])
        ]
    );
    assert!(digests.is_empty());
}

#[test]
fn windows_before_1970_start_where_they_should() {
    let mut digests = Digests::default();
    assert_eq!(
        digests.add(&Caller::Unknown, endpoint(1), Timestamp(-1), None),
        None
    );
    assert_eq!(digests.take()[0].window, seconds(-10));
}

#[test]
fn as_many_as_may_be_open_come_back_at_once() {
    let mut digests = Digests::default();
    let last = u32::try_from(DIGESTS_MAX).unwrap() - 1;
    for number in 0..last {
        assert_eq!(
            digests.add(&caller(number), endpoint(1), seconds(0), None),
            None
        );
    }
    let all = digests
        .add(&caller(last), endpoint(1), seconds(0), None)
        .unwrap();
    assert_eq!(all.len(), DIGESTS_MAX);
    assert_eq!(
        (&all[0].caller, &all[DIGESTS_MAX - 1].caller),
        (&caller(0), &caller(last))
    );
    assert!(digests.is_empty());
}

proptest! {
    #[test]
    fn loaded_digests_go_on_as_the_original(
        seen in proptest::collection::vec((0..5_u32, 0..3_u8, 0..40_i64, 100..600_u16), 0..100), cut in any::<prop::sample::Index>(),
    ) {
        let add = |digests: &mut Digests, seen: &[(u32, u8, i64, u16)]| {
            for (number, at_endpoint, at, status) in seen {
                let name = format!("id-{number}");
                let caller = if number % 2 == 0 { caller(*number) } else { Caller::new(Some(&name), None) };
                assert_eq!(digests.add(&caller, endpoint(*at_endpoint), seconds(*at), Some(*status)), None);
            }
        };
        let (before, after) = seen.split_at(cut.index(seen.len() + 1));
        let mut original = Digests::default();
        add(&mut original, before);
        let mut bytes = Vec::new();
        original.encode(&mut bytes);
        let mut copy = Digests::decode(&bytes).unwrap();
        add(&mut original, after);
        add(&mut copy, after);
        prop_assert_eq!(original.len(), copy.len());
        prop_assert_eq!(original.take(), copy.take());
    }
}
