//! Measures the fold of one partition: nanoseconds per exchange, bytes per endpoint, what a
//! checkpoint and a snapshot cost, and what floods of made-up paths do to memory and templates.
//! `-- 200`, `-- 10000` and `-- floods` measure one of the three.
#![expect(clippy::print_stdout, reason = "an example that prints its figures")]

use std::hint::black_box;
use std::time::Duration;

use gatewatch_decode::Reading;
use gatewatch_inventory::{Digests, Inventory, Sighting};
use gatewatch_model::effects::Effects;
use gatewatch_model::exchange::{Body, Request, Response};
use gatewatch_model::info_type::NoTypes;
use gatewatch_model::{Blemishes, Caller, EndpointId, Exchange, Timestamp};

const ENDPOINTS: u64 = 10_000;
/// What a cache of a processor holds the profiles of.
const HOT_ENDPOINTS: u64 = 200;
const HOSTS: u64 = 2_000;
const CALLERS: u64 = 100_000;
const EXCHANGES: u64 = 2_000_000;
const FLOOD: u64 = 1_000_000;
/// As many exchanges as come in a quarter of a second at the budget's rate.
const CHECKPOINT: u64 = 20_000;
/// A shard folds an exchange while it is still in the cache, so these are read once before.
const WARM: usize = 16;

fn main() {
    let asked = std::env::args().nth(1);
    let is_asked = |part: &str| asked.as_deref().is_none_or(|it| it == part);
    if is_asked("200") {
        run(HOT_ENDPOINTS, EXCHANGES);
    }
    if is_asked("10000") {
        let fold = run(ENDPOINTS, EXCHANGES);
        snapshot(&fold.inventory);
    }
    if is_asked("floods") {
        let mut fold = run(ENDPOINTS, EXCHANGES / 4);
        for kind in FLOODS {
            flood(&mut fold.inventory, kind);
        }
    }
}

fn run(endpoints: u64, count: u64) -> Fold {
    println!("{endpoints} endpoints");
    let exchanges = (0..endpoints * 4).map(|it| exchange(it, endpoints));
    let exchanges = exchanges.collect::<Vec<_>>();
    let mut fold = Fold::default();
    // As every installation has one.
    fold.inventory.set_key(&[7; 32]);
    let before = resident_bytes();
    fold.run(&exchanges, count / 4);
    (fold.times, fold.rows, fold.profiles) = (Times::default(), 0, 0);
    fold.run(&exchanges, count);
    let times = &fold.times;
    println!(
        "decode                                  {:>8.0} ns",
        decode_only(&exchanges).as_nanos() as f64 / exchanges.len() as f64
    );
    println!(
        "decode, route and profile               {:>8.0} ns",
        times.observe.as_nanos() as f64 / count as f64
    );
    println!(
        "digest                                  {:>8.0} ns",
        times.digest.as_nanos() as f64 / count as f64
    );
    println!(
        "checkpoint, per exchange                {:>8.0} ns",
        times.drain.as_nanos() as f64 / count as f64
    );
    println!(
        "checkpoint, per row                     {:>8.0} ns",
        times.drain.as_nanos() as f64 / fold.rows as f64
    );
    println!(
        "profiles written, per endpoint row      {:>8.3}",
        fold.profiles as f64 / fold.rows as f64
    );
    let memory = fold.inventory.memory();
    println!(
        "endpoints                               {:>8}",
        memory.endpoints
    );
    println!(
        "bytes per endpoint, own account         {:>8}",
        memory.endpoints_bytes / memory.endpoints
    );
    println!(
        "bytes per endpoint, resident            {:>8}",
        (resident_bytes() - before) / memory.endpoints
    );
    println!(
        "largest profile                         {:>8} bytes",
        memory.profile_bytes_max
    );
    fold
}

#[derive(Default)]
struct Fold {
    inventory: Inventory,
    digests: Digests,
    reading: Reading,
    times: Times,
    rows: usize,
    profiles: usize,
    /// Where the made-up numbers stand.
    seed: u64,
}

#[derive(Default)]
struct Times {
    observe: Duration,
    digest: Duration,
    drain: Duration,
}

impl Fold {
    fn run(&mut self, exchanges: &[Exchange<'_>], count: u64) {
        for checkpoint in 0..count / CHECKPOINT {
            let picked = (0..CHECKPOINT)
                .map(|_| self.pick(exchanges))
                .collect::<Vec<_>>();
            let at = Timestamp::from_seconds((checkpoint / 4).cast_signed());
            let mut placed = Vec::with_capacity(picked.len());
            for few in picked.chunks(WARM) {
                few.iter().for_each(|it| self.reading.read(it.0));
                self.observe(few, at, &mut placed);
            }
            let start = Cpu::now();
            for ((exchange, caller), endpoint) in picked.iter().zip(placed) {
                if let Some(endpoint) = endpoint {
                    black_box(self.digests.add(caller, endpoint, at, exchange.status()));
                }
            }
            self.times.digest += start.elapsed();
            if checkpoint % 5 == 4 {
                self.digests.take();
                self.inventory.tick(at);
            }
            let start = Cpu::now();
            let mut effects = Effects::default();
            self.inventory.drain(&mut effects, &NoTypes);
            self.times.drain += start.elapsed();
            self.rows += effects.endpoints.len();
            self.profiles += effects.profiles.len();
        }
    }

    fn observe(
        &mut self,
        picked: &[(&Exchange<'_>, Caller)],
        at: Timestamp,
        placed: &mut Vec<Option<EndpointId>>,
    ) {
        let start = Cpu::now();
        for (exchange, caller) in picked {
            self.reading.read(exchange);
            let sighting = Sighting {
                exchange,
                reading: &self.reading,
                scope: "/",
                caller,
                external: Some(true),
                at,
                blemishes: Blemishes::default(),
                fits: &[],
                judge: &NoTypes,
            };
            placed.push(self.inventory.observe(&sighting).endpoint);
        }
        self.times.observe += start.elapsed();
    }

    /// Few endpoints get most of the traffic, as everywhere.
    fn pick<'e>(&mut self, exchanges: &'e [Exchange<'e>]) -> (&'e Exchange<'e>, Caller) {
        let share = (self.next() % 1_000_000) as f64 / 1e6;
        let index = (share * share * share * exchanges.len() as f64) as usize;
        let address = std::net::Ipv4Addr::from((self.next() % CALLERS) as u32);
        (&exchanges[index], Caller::new(None, Some(address.into())))
    }

    fn next(&mut self) -> u64 {
        self.seed += 1;
        mixed(self.seed)
    }
}

/// 0.5 KB of heads, 0.5 KB of request body, 1 KB of response body.
fn exchange(number: u64, endpoints: u64) -> Exchange<'static> {
    let endpoint = number % endpoints;
    let headers = [
        ("Host", format!("api{}.contoso.example", endpoint % HOSTS)),
        ("Content-Type", "application/json".into()),
        (
            "User-Agent",
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36".into(),
        ),
        ("Accept", "application/json, text/plain, */*".into()),
        ("Accept-Encoding", "gzip, deflate, br, zstd".into()),
        ("Authorization", format!("Bearer {}", "x".repeat(200))),
        ("X-Request-Id", format!("{:032x}", mixed(number))),
    ];
    // Words that no learner takes for values of one slot, because other things lie below each.
    let (word, part) = [
        ("orders", "items"),
        ("invoices", "lines"),
        ("customers", "contacts"),
        ("articles", "images"),
        ("shipments", "parcels"),
    ][(endpoint / HOSTS % 5) as usize];
    let body = |text: String| {
        let bytes_total = text.len() as u64;
        let bytes = text.into_bytes().into();
        Some(Body { bytes, bytes_total })
    };
    let status = [200, 200, 200, 201, 404, 500][(mixed(number) % 6) as usize];
    Exchange {
        request: Request {
            method: ["GET", "POST", "PUT"][(endpoint % 3) as usize].into(),
            url: format!(
                "/v1/{word}/{}/{part}/{:08x}-4f89-11d3-9a0c-0305e82c3301?page=2&q=name",
                mixed(number) % 100_000,
                number
            )
            .into(),
            headers: Some(
                headers
                    .into_iter()
                    .map(|(name, value)| (name.into(), value.into()))
                    .collect(),
            ),
            body: body(order(number)),
        },
        response: Some(Response {
            status: Some(status),
            headers: Some(vec![("Content-Type".into(), "application/json".into())]),
            body: body(answer(number, status)),
            latency_micros: Some(mixed(number) % 80_000),
        }),
        ..Exchange::default()
    }
}

/// Some 0.5 KB with thirteen values.
fn order(number: u64) -> String {
    let mixed = mixed(number);
    let (id, state) = (
        mixed >> 20,
        ["open", "paid", "sent", "closed"][(mixed % 4) as usize],
    );
    format!(
        r#"{{"id":{id},"reference":"{mixed:016x}-4f89-11d3","state":"{state}","created":"2026-11-21T08:{:02}:00Z","customer":{{"email":"customer{}@mail.example","name":"Somebody With A Name","tier":"gold","since":"2019-04-01"}},"lines":[{{"sku":"SKU-{}","quantity":{},"price":{}.95}}],"note":"please leave the parcel with the neighbours, thank you very much","paid":true,"tags":["web","returning"]}}"#,
        mixed % 60,
        mixed % 99_999,
        mixed % 9_999,
        mixed % 9,
        mixed % 500,
    )
}

/// Two orders, or why there are none.
fn answer(number: u64, status: u16) -> String {
    let (one, two) = (order(number), order(number + 1));
    if status < 400 {
        return format!(
            r#"{{"data":[{one},{two}],"next":null,"total":{}}}"#,
            number % 999
        );
    }
    let trace = "at contoso.orders.Reader.read(Reader.java:17) ".repeat(18);
    format!(r#"{{"status":{status},"error":{{"code":"order-missing","message":"{trace}"}}}}"#)
}

fn decode_only(exchanges: &[Exchange<'_>]) -> Duration {
    let mut reading = Reading::default();
    let start = Cpu::now();
    for exchange in exchanges {
        reading.read(exchange);
        black_box((gatewatch_decode::api(exchange), &reading));
    }
    start.elapsed()
}

fn snapshot(inventory: &Inventory) {
    let start = Cpu::now();
    let mut bytes = Vec::new();
    inventory.encode(&mut bytes);
    println!(
        "snapshot                                {:>8.1} ms, {} bytes",
        start.elapsed().as_secs_f64() * 1e3,
        bytes.len()
    );
    let start = Cpu::now();
    black_box(Inventory::decode(&bytes).map(|it| it.memory()).ok());
    println!(
        "loading it                              {:>8.1} ms",
        start.elapsed().as_secs_f64() * 1e3
    );
}

/// Paths that somebody makes up.
struct Flood {
    name: &'static str,
    status: u16,
    words: usize,
    tail: &'static str,
}

static FLOODS: &[Flood] = &[
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

fn flood(inventory: &mut Inventory, kind: &Flood) {
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

/// Time on the processor, so that neighbours on the machine do not count.
struct Cpu(u64);

impl Cpu {
    fn now() -> Cpu {
        let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
        Cpu(text
            .and_then(|it| it.split(' ').next()?.parse().ok())
            .unwrap_or(0))
    }

    fn elapsed(&self) -> Duration {
        Duration::from_nanos(Cpu::now().0 - self.0)
    }
}

fn resident_bytes() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").ok();
    let pages = pages.and_then(|it| it.split(' ').nth(1)?.parse::<usize>().ok());
    pages.unwrap_or(0) * 4_096
}

fn mixed(mut z: u64) -> u64 {
    z = z.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
