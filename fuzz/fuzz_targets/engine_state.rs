//! Saved state of the engines: what is read is written in one form, and that form reads the
//! same. Half of the inputs are changes to a real state, for few others get far.

#![no_main]

use std::sync::LazyLock;

use gatewatch_decode::Reading;
use gatewatch_inventory::{Callers, Digests, Inventory, Sighting, StateError};
use gatewatch_model::exchange::{Request, Response};
use gatewatch_model::info_type::NoTypes;
use gatewatch_model::signal::Judged;
use gatewatch_model::{Blemishes, Caller, EndpointId, Exchange, Timestamp};
use libfuzzer_sys::fuzz_target;

static REAL: LazyLock<[Vec<u8>; 3]> = LazyLock::new(real);

fuzz_target!(|bytes: &[u8]| {
    let [choice, bytes @ ..] = bytes else { return };
    let engine = usize::from(choice >> 1) % REAL.len();
    let state = if choice & 1 == 0 {
        bytes.to_vec()
    } else {
        changed(&REAL[engine], bytes)
    };
    match engine {
        0 => check(&state, Inventory::decode, Inventory::encode),
        1 => check(&state, Callers::decode, Callers::encode),
        _ => check(&state, Digests::decode, Digests::encode),
    }
});

fn check<T>(
    bytes: &[u8],
    decode: fn(&[u8]) -> Result<T, StateError>,
    encode: fn(&T, &mut Vec<u8>),
) {
    let Ok(engine) = decode(bytes) else { return };
    let mut once = Vec::new();
    encode(&engine, &mut once);
    let again = decode(&once).expect("what was written is read");
    let mut twice = Vec::new();
    encode(&again, &mut twice);
    assert!(once == twice, "state has one form");
}

/// Each three bytes are a place and what stands there instead.
fn changed(state: &[u8], changes: &[u8]) -> Vec<u8> {
    let mut state = state.to_vec();
    for change in changes.chunks_exact(3) {
        let at = usize::from(u16::from_le_bytes([change[0], change[1]])) % state.len();
        state[at] = change[2];
    }
    state
}

fn real() -> [Vec<u8>; 3] {
    let (mut inventory, mut digests) = (Inventory::default(), Digests::default());
    let mut reading = Reading::default();
    for number in 0..16 {
        let exchange = exchange(number);
        reading.read(&exchange);
        let caller = Caller::new(None, Some([203, 0, 113, number % 4].into()));
        let at = Timestamp::from_seconds(1_000 + i64::from(number));
        let placed = inventory.observe(&Sighting {
            exchange: &exchange,
            reading: &reading,
            scope: "/",
            caller: &caller,
            external: None,
            at,
            blemishes: Blemishes::default(),
            fits: &[],
            judge: &NoTypes,
            judged: Judged::default(),
        });
        let endpoint = placed.endpoint.unwrap_or(EndpointId([7; 16]));
        // Far fewer than come back at once.
        drop(digests.add(&caller, endpoint, at, Some(200)));
    }
    let mut states = [Vec::new(), Vec::new(), Vec::new()];
    digests.encode(&mut states[2]);
    let mut callers = Callers::default();
    digests.take().iter().for_each(|it| callers.fold(it));
    inventory.encode(&mut states[0]);
    callers.encode(&mut states[1]);
    states
}

fn exchange(number: u8) -> Exchange<'static> {
    let resource = ["orders", "users", "a/b", ""][usize::from(number % 4)];
    Exchange {
        request: Request {
            method: ["GET", "POST"][usize::from(number / 4 % 2)].into(),
            url: format!("https://shop.example/{resource}/{number}").into(),
            ..Request::default()
        },
        response: Some(Response {
            status: Some([200, 404][usize::from(number / 8 % 2)]),
            latency_micros: Some(1_000 * u64::from(number)),
            ..Response::default()
        }),
        ..Exchange::default()
    }
}
