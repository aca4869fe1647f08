//! Measures the fold of one partition: nanoseconds per exchange, bytes per endpoint, what a
//! checkpoint and a snapshot cost, what floods of made-up paths do to memory and templates, and
//! whether learning costs the same for many hosts as for few. `-- 200`, `-- 10000`, `-- floods`
//! and `-- hosts` measure one of the four; a number behind it is how many exchanges are folded.
#![expect(clippy::print_stdout, reason = "an example that prints its figures")]

mod floods;
mod hosts;

use std::hint::black_box;
use std::time::Duration;

use gatewatch_decode::Reading;
use gatewatch_inventory::{Digests, Inventory, Sighting};
use gatewatch_model::effects::Effects;
use gatewatch_model::exchange::{Body, Request, Response};
use gatewatch_model::info_type::NoTypes;
use gatewatch_model::signal::Judged;
use gatewatch_model::{Blemishes, Caller, EndpointId, Exchange, Timestamp};

/// As in the binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ENDPOINTS: u64 = 10_000;
/// What a cache of a processor holds the profiles of.
const HOT_ENDPOINTS: u64 = 200;
const HOSTS: u64 = 2_000;
const CALLERS: u64 = 100_000;
const EXCHANGES: u64 = 2_000_000;
/// Until every endpoint has proved itself.
const WARM_UP: u64 = 500_000;
/// As many exchanges as come in a quarter of a second at the budget's rate.
const CHECKPOINT: u64 = 20_000;
/// A shard folds an exchange while it is still in the cache, so these are read once before.
const WARM: usize = 16;

fn main() {
    let asked = std::env::args().nth(1);
    let count = std::env::args().nth(2);
    let count = count.and_then(|it| it.parse().ok()).unwrap_or(EXCHANGES);
    let is_asked = |part: &str| asked.as_deref().is_none_or(|it| it == part);
    if is_asked("200") {
        run(HOT_ENDPOINTS, count);
    }
    if is_asked("10000") {
        let fold = run(ENDPOINTS, count);
        snapshot(&fold.inventory);
    }
    if is_asked("floods") {
        let mut fold = run(ENDPOINTS, WARM_UP);
        for kind in floods::FLOODS {
            floods::flood(&mut fold.inventory, kind);
        }
    }
    if is_asked("hosts") {
        hosts::compare();
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
    fold.run(&exchanges, WARM_UP);
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
                self.inventory.decide_due();
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
                judged: Judged::default(),
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
