//! What floods of made-up paths cost and leave behind.

use gatewatch_decode::Reading;
use gatewatch_inventory::{Inventory, Sighting};
use gatewatch_model::effects::Effects;
use gatewatch_model::exchange::Response;
use gatewatch_model::info_type::NoTypes;
use gatewatch_model::signal::Judged;
use gatewatch_model::{Blemishes, Caller, Exchange, Timestamp};

use crate::{Cpu, ENDPOINTS, HOSTS, HOT_ENDPOINTS, exchange, mixed, resident_bytes};

const FLOOD: u64 = 1_000_000;

/// Paths that somebody makes up.
pub struct Flood {
    name: &'static str,
    status: u16,
    words: usize,
    tail: &'static str,
}

pub static FLOODS: &[Flood] = &[
    Flood {
        name: "that are missed",
        status: 404,
        words: 1,
        tail: ".php",
    },
    Flood {
        name: "that are answered",
        status: 200,
        words: 1,
        tail: "",
    },
    Flood {
        name: "24 deep, answered",
        status: 200,
        words: 24,
        tail: "",
    },
];

/// What the paths that came before the flood are called by now.
fn known(inventory: &mut Inventory) -> Vec<Box<str>> {
    let mut reading = Reading::default();
    let known = (0..HOT_ENDPOINTS).map(|it| {
        // All of the host that is flooded, and some of the others.
        let number = if it % 2 == 0 {
            it / 2 * HOSTS % ENDPOINTS
        } else {
            it
        };
        let exchange = exchange(number, ENDPOINTS);
        reading.read(&exchange);
        inventory.template_of(&exchange, &reading, "/")
    });
    known.collect()
}

pub fn flood(inventory: &mut Inventory, kind: &Flood) {
    let (mut measures, mut reading) = (Vec::new(), Reading::default());
    let before = known(inventory);
    let start = Cpu::now();
    for number in 0..FLOOD {
        let mut exchange = Exchange::default();
        let mut url = "https://api0.contoso.example".to_owned();
        for word in 0..kind.words as u64 {
            let mut letters = mixed(number * 64 + word);
            url.push('/');
            for _ in 0..9 {
                url.push(char::from(b'a' + (letters % 26) as u8));
                letters /= 26;
            }
        }
        url.push_str(kind.tail);
        exchange.request.url = url.into();
        exchange.response = Some(Response {
            status: Some(kind.status),
            ..Response::default()
        });
        reading.read(&exchange);
        inventory.observe(&Sighting {
            exchange: &exchange,
            reading: &reading,
            scope: "/",
            caller: &Caller::Unknown,
            external: None,
            at: Timestamp::ZERO,
            blemishes: Blemishes::default(),
            fits: &[],
            judge: &NoTypes,
            judged: Judged::default(),
        });
        if number % (FLOOD / 10) == FLOOD / 20 {
            inventory.drain(&mut Effects::default(), &NoTypes);
            measures.push(resident_bytes());
        }
    }
    println!(
        "{FLOOD} made-up paths {:<18} {:>7.0} ns each",
        kind.name,
        start.elapsed().as_nanos() as f64 / FLOOD as f64
    );
    let (first, last) = (measures[0], measures[measures.len() - 1]);
    println!(
        "  resident growth first to last         {:>8.1} %",
        (last as f64 / first as f64 - 1.0) * 100.0
    );
    let after = known(inventory);
    let other = before.iter().zip(&after).filter(|(one, two)| one != two);
    println!(
        "  templates of before that are others   {:>8}",
        other.count()
    );
}
