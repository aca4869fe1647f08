//! Engines keep no clock, touch no disk, no net and no thread, and draw no lots: the same
//! exchanges give the same answer on every machine, in every order of batches, for ever.

use super::Complaint;
use super::layers;
use super::paths::{self, Named};
use super::rust::{Rust, test_lines};
use super::tree::{File, Tree};

/// The crates that must be pure.
const PURE: &[&str] = &[
    "model",
    "decode",
    "intel",
    "inventory",
    "classify",
    "detect",
    "estate",
    "posture",
    "graph",
];

/// Crates that a pure crate does not link.
const IMPURE_CRATES: &[&str] = &[
    "fastrand",
    "getrandom",
    "hyper",
    "mio",
    "rand",
    "rand_core",
    "rusqlite",
    "rustix",
    "tempfile",
    "tokio",
];

/// What of `std` a pure crate does not name, and what it does instead.
const IMPURE_PATHS: &[(&[&str], &str)] = &[
    (
        &["std", "fs"],
        "take the bytes as an argument; reading them is an edge's work",
    ),
    (
        &["std", "env"],
        "take the setting as an argument; `app` reads the environment",
    ),
    (
        &["std", "thread"],
        "stay on the caller's thread; `pipeline` decides how many there are",
    ),
    (
        &["std", "process"],
        "return an error; only `app` ends a process or starts one",
    ),
    (&["std", "io", "stdin"], "take the bytes as an argument"),
    (&["std", "io", "stdout"], "return what there is to say"),
    (&["std", "io", "stderr"], "return what there is to say"),
];

/// The types of `std::net` that open nothing.
const NET_TYPES: &[&str] = &[
    "AddrParseError",
    "IpAddr",
    "Ipv4Addr",
    "Ipv6Addr",
    "SocketAddr",
    "SocketAddrV4",
    "SocketAddrV6",
];

/// Functions that read a clock, whatever the type is called here.
const CLOCKS: &[&str] = &["now", "now_utc", "now_local"];

const RANDOM_ORDER: &[&str] = &[
    "HashMap",
    "HashSet",
    "HashTable",
    "RandomState",
    "hash_map",
    "hash_set",
    "hash_table",
];

/// The comment that a reason must follow.
const ORDER_MARK: &str = "// order never observed:";

pub fn look(tree: &Tree, complaints: &mut Vec<Complaint>) {
    for file in &tree.files {
        if layers::member(&file.path).is_some_and(|folder| PURE.contains(&folder)) {
            look_at_manifest(file, complaints);
        }
    }
    for (file, rust) in tree.rust() {
        if is_pure(&file.path) {
            look_at_code(file, rust, complaints);
        }
    }
}

/// Whether this file is the code of a pure crate, not its tests.
fn is_pure(path: &str) -> bool {
    let inside = path
        .strip_prefix("crates/")
        .and_then(|rest| rest.split_once("/src/"));
    let Some((folder, file)) = inside else {
        return false;
    };
    let tests = file
        .split('/')
        .any(|part| part == "tests" || part == "tests.rs");
    PURE.contains(&folder) && !tests
}

fn look_at_manifest(file: &File, complaints: &mut Vec<Complaint>) {
    for dependency in layers::dependencies(&file.text) {
        if IMPURE_CRATES.contains(&dependency.name) {
            complaints.push(file.complaint(
                dependency.line,
                format!("a pure crate links `{}`", dependency.name),
                "do this work in an edge crate and pass its result in",
            ));
        }
    }
}

fn look_at_code(file: &File, rust: &Rust, complaints: &mut Vec<Complaint>) {
    let tests = test_lines(&rust.code);
    let comments: Vec<&str> = rust.comments.lines().collect();
    for named in paths::named(&rust.code) {
        if tests.get(named.line - 1) == Some(&true) {
            continue;
        }
        let parts: Vec<&str> = named.parts.iter().map(String::as_str).collect();
        if let Some(instead) = impure(&parts) {
            complaints.push(said_of(file, &named, instead));
        } else if is_of_random_order(&parts) && !is_order_excused(&comments, named.line) {
            let instead = "use BTreeMap, BTreeSet or a sorted Vec, or say on this line or the one \
                above `// order never observed: <reason>`";
            complaints.push(said_of(file, &named, instead));
        }
    }
}

fn said_of(file: &File, named: &Named, instead: &str) -> Complaint {
    let path = named.parts.join("::");
    file.complaint(named.line, format!("a pure crate names `{path}`"), instead)
}

/// What to do instead, if the path leads out of the pure world.
fn impure(parts: &[&str]) -> Option<&'static str> {
    if parts.last().is_some_and(|last| CLOCKS.contains(last)) {
        return Some("take the time as an argument: a `Timestamp` of an exchange or a tick");
    }
    if parts
        .first()
        .is_some_and(|first| IMPURE_CRATES.contains(first))
    {
        return Some("do this work in an edge crate and pass its result in");
    }
    if parts.starts_with(&["std", "net"]) {
        let opens_nothing = parts.get(2).is_some_and(|name| NET_TYPES.contains(name));
        return (!opens_nothing)
            .then_some("name the address types one by one; sockets are an edge's");
    }
    let row = IMPURE_PATHS
        .iter()
        .find(|(path, _)| parts.starts_with(path));
    row.map(|(_, instead)| *instead)
}

/// Whether this names a collection whose order is that of its hasher or its history.
fn is_of_random_order(parts: &[&str]) -> bool {
    let home = parts.contains(&"collections")
        || parts.starts_with(&["std", "hash"])
        || parts.starts_with(&["hashbrown"]);
    // Importing all of them imports these too.
    home && parts
        .iter()
        .any(|part| *part == "*" || RANDOM_ORDER.contains(part))
}

fn is_order_excused(comments: &[&str], line: usize) -> bool {
    let above = line.saturating_sub(2);
    let around = comments.get(above..line).unwrap_or_default();
    around.iter().any(|comment| {
        let reason = comment
            .split_once(ORDER_MARK)
            .map(|(_, reason)| reason.trim());
        reason.is_some_and(|reason| !reason.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::super::said;
    use super::*;

    fn said_in(path: &str, code: &str) -> Vec<String> {
        said(look, &[(path, code)])
    }

    fn said_of_engine(code: &str) -> Vec<String> {
        said_in("crates/inventory/src/lib.rs", code)
    }

    #[test]
    fn an_engine_names_nothing_outside_itself() {
        for code in [
            "let x = SystemTime::now();",
            "let x = std::time::Instant::now();",
            "let x = OffsetDateTime::now_utc();",
            "use std::fs;",
            "use std::{collections::BTreeMap, env};",
            "use std::net::{IpAddr, TcpStream};",
            "use std::net;",
            "fn f() { std::thread::sleep(x) }",
            "use tokio::sync::mpsc;",
            "let x = rand::random();",
            "getrandom::fill(&mut bytes);",
            "std::process::exit(1)",
            "let x = std::io::stdin();",
        ] {
            let said = said_of_engine(code);
            assert_eq!(said.len(), 1, "{code}: {said:?}");
            assert!(said[0].starts_with("crates/inventory/src/lib.rs:1: a pure crate names"));
        }
    }

    #[test]
    fn addresses_durations_and_readers_are_pure() {
        let code = "use std::net::{IpAddr, Ipv4Addr};\nuse std::time::Duration;\n\
            use std::io::Read;\n// std::fs\nlet x = \"std::fs\";\nlet y = exchange.now;\n";
        assert_eq!(said_of_engine(code), [""; 0]);
    }

    #[test]
    fn random_order_needs_a_reason() {
        for code in [
            "use std::collections::HashMap;",
            "use std::collections::{BTreeMap, HashSet};",
            "let x = std::collections::HashMap::new();",
            "use std::collections::hash_map::Entry;",
            "use std::collections::*;",
            "use hashbrown::HashTable;",
            "use std::collections::HashMap; // order never observed:",
            "// order never observed: sorted before use\n\nuse std::collections::HashMap;",
        ] {
            assert_eq!(said_of_engine(code).len(), 1, "{code}");
        }
        for code in [
            "use std::collections::HashMap; // order never observed: only looked up by key\n",
            "// order never observed: sorted before use\nuse std::collections::HashMap;",
            "use std::collections::{\n    BTreeMap,\n    HashMap, // order never observed: counted\n};",
            "use std::collections::{BTreeMap, VecDeque};",
        ] {
            assert_eq!(said_of_engine(code), [""; 0], "{code}");
        }
    }

    #[test]
    fn tests_and_edges_are_free() {
        let code = "#[cfg(test)]\nmod tests {\n    use std::fs;\n}\n";
        assert_eq!(said_of_engine(code), [""; 0]);
        let free = "use std::fs;\nuse std::collections::HashMap;\n";
        for path in [
            "crates/store/src/lib.rs",
            "crates/decode/tests/all.rs",
            "crates/decode/src/url/tests.rs",
            "xtask/src/main.rs",
        ] {
            assert_eq!(said_in(path, free), [""; 0], "{path}");
        }
        for path in ["crates/model/src/a.rs", "crates/decode/src/url/mod.rs"] {
            assert_eq!(said_in(path, free).len(), 2, "{path}");
        }
    }

    #[test]
    fn an_engine_links_no_runtime() {
        let manifest = "[dependencies]\ntokio.workspace = true\ntime.workspace = true\n\
            [dev-dependencies]\ntempfile.workspace = true\n";
        let said = said_in("crates/model/Cargo.toml", manifest);
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(said[0].starts_with("crates/model/Cargo.toml:2: a pure crate links `tokio`"));
        assert_eq!(said_in("crates/store/Cargo.toml", manifest), [""; 0]);
    }
}
