//! JSON-RPC, MCP and GraphQL in JSON, alone and in batches.

#![no_main]

use gatewatch_fuzz::{check, posted};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let [cut, rest @ ..] = bytes else { return };
    let json = [
        ("content-type", "application/json"),
        ("mcp-session-id", "1"),
    ];
    check(&posted(&json[..1 + usize::from(cut & 2 != 0)], rest, *cut));
    let text = String::from_utf8_lossy(rest);
    let quoted = format!("{text:?}");
    for body in [
        format!("[{{\"jsonrpc\":\"2.0\",\"method\":{quoted},\"params\":{{\"name\":{quoted}}}}}]"),
        format!("{{\"query\":{quoted},\"operationName\":\"a\"}}"),
    ] {
        check(&posted(&json, body.as_bytes(), 0));
    }
});
