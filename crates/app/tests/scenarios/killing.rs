//! SIGKILL under load, twenty times: whatever was acknowledged counts exactly once with the
//! batch header, and at least once without.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use gatewatch_testkit::Rng;

use crate::running::{Running, lines};

const KILLS: u64 = 20;
const SENDERS: u64 = 3;
const LINES: u64 = 20;

/// Where the server listens now, and who may send there.
#[derive(Default)]
struct Target {
    address: Mutex<String>,
    token: Mutex<String>,
    ended: AtomicBool,
}

/// What a sender did: exchanges acknowledged, and exchanges that went out at least once.
#[derive(Default)]
struct Sent {
    acknowledged: AtomicU64,
    out: AtomicU64,
}

#[test]
fn twenty_kills_under_load_lose_and_double_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let target = Arc::new(Target::default());
    let mut server = restart(folder.path(), &target);
    let named: Vec<_> = (0..SENDERS).map(|it| sender(&target, Some(it))).collect();
    let (plain, plain_thread) = sender(&target, None);
    let mut random = Rng::new(20);
    for _ in 0..KILLS {
        std::thread::sleep(Duration::from_millis(30 + random.below(900)));
        // Dropping it kills it: SIGKILL.
        drop(server);
        server = restart(folder.path(), &target);
    }
    target.ended.store(true, Ordering::Release);
    let named: Vec<_> = named
        .into_iter()
        .map(|(sent, thread)| {
            thread.join().unwrap();
            sent
        })
        .collect();
    plain_thread.join().unwrap();

    let expected: Vec<_> = named
        .iter()
        .map(|it| it.acknowledged.load(Ordering::Acquire))
        .collect();
    assert!(
        expected.iter().all(|it| *it > 0),
        "nothing got through: {expected:?}"
    );
    // One host is one partition: when the last batch is visible, all before it are.
    server.ingest("last/1", &lines("GET", "/last", 1));
    let counted: BTreeMap<_, _> = server.calls().into_iter().collect();
    for (number, expected) in expected.iter().enumerate() {
        assert_eq!(
            counted[&format!("GET /named-{}/{{id}}", ["a", "b", "c"][number])],
            *expected,
            "{counted:?}"
        );
    }
    let plain_counted = counted["GET /plain/{id}"];
    let (least, most) = (
        plain.acknowledged.load(Ordering::Acquire),
        plain.out.load(Ordering::Acquire),
    );
    assert!(
        least <= plain_counted && plain_counted <= most,
        "{plain_counted} is not in {least}..={most}"
    );
    assert_eq!(
        server.get("/api/v1/set-aside")["items"],
        serde_json::json!([])
    );
    assert!(server.terminate().success());
}

fn restart(folder: &Path, target: &Target) -> Running {
    let server = Running::serve(folder);
    *target.token.lock().unwrap() = server.token("ingest-token");
    target.address.lock().unwrap().clone_from(&server.address);
    server
}

/// Sends batch after batch, each until it is acknowledged.
fn sender(target: &Arc<Target>, number: Option<u64>) -> (Arc<Sent>, JoinHandle<()>) {
    let (target, sent) = (Arc::clone(target), Arc::new(Sent::default()));
    let counts = Arc::clone(&sent);
    let thread = std::thread::spawn(move || {
        let path = number.map_or("/plain".to_owned(), |it| {
            format!("/named-{}", ["a", "b", "c"][it as usize])
        });
        let body = lines("GET", &path, LINES as usize);
        let mut sequence = 1;
        while !target.ended.load(Ordering::Acquire) {
            let header = number.map(|it| format!("sender-{it}/{sequence}"));
            while !post(&target, header.as_deref(), &body, &counts) {
                std::thread::sleep(Duration::from_millis(5));
            }
            counts.acknowledged.fetch_add(LINES, Ordering::AcqRel);
            sequence += 1;
        }
    });
    (sent, thread)
}

/// True when the batch was acknowledged.
fn post(target: &Target, batch: Option<&str>, body: &str, sent: &Sent) -> bool {
    let address = target.address.lock().unwrap().clone();
    let Ok(mut stream) = TcpStream::connect(&address) else {
        return false;
    };
    sent.out.fetch_add(LINES, Ordering::AcqRel);
    let token = target.token.lock().unwrap().clone();
    let batch = batch
        .map(|it| format!("gatewatch-batch: {it}\r\n"))
        .unwrap_or_default();
    let request = format!(
        "POST /ingest/v1/exchanges HTTP/1.0\r\nauthorization: Bearer {token}\r\n{batch}content-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut answer = String::new();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .is_ok()
        && stream.write_all(request.as_bytes()).is_ok()
        && stream.read_to_string(&mut answer).is_ok()
        && answer.split(' ').nth(1) == Some("200")
}
