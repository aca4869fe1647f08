//! JSON-RPC, and MCP upon it: known by the members of the request's body, alone or in a batch.

use gatewatch_model::profile::Protocol;

use crate::call::{Calls, Facts};
use crate::leaves::{Leaves, Value};
use crate::members::{Member, members};

/// What the members of one request say.
#[derive(Clone, Copy, Debug, Default)]
struct Request<'l> {
    batch_index: u32,
    version: bool,
    method: &'l str,
    /// `params.name`: of a tool or a prompt.
    name: &'l str,
    /// `params.protocolVersion`, which only MCP's first request has.
    mcp_version: bool,
    id: bool,
}

/// Adds the JSON-RPC requests of that body; `mcp` says that the head speaks of MCP.
pub(crate) fn read(leaves: &Leaves, mcp: bool, calls: &mut Calls) {
    let mut request = Request::default();
    for (batch_index, member, value) in members(leaves) {
        if batch_index != request.batch_index {
            add(request, mcp, calls);
            request = Request {
                batch_index,
                ..Request::default()
            };
        }
        match (member, value) {
            (Member::JsonRpc, Value::Text("2.0")) => request.version = true,
            (Member::Method, Value::Text(method)) => request.method = method,
            (Member::ParamsName, Value::Text(name)) => request.name = name,
            (Member::ProtocolVersion, _) => request.mcp_version = true,
            (Member::Id, _) => request.id = true,
            _ => {}
        }
    }
    add(request, mcp, calls);
}

fn add(request: Request<'_>, mcp: bool, calls: &mut Calls) {
    let Request {
        batch_index,
        version,
        method,
        name,
        mcp_version,
        id,
    } = request;
    if !version || method.is_empty() {
        return;
    }
    let is_mcp = mcp || mcp_version || MCP_METHODS.contains(&method);
    let facts = Facts {
        protocol: if is_mcp {
            Protocol::Mcp
        } else {
            Protocol::JsonRpc
        },
        batch_index,
        ..Facts::default()
    };
    if is_mcp {
        let named = matches!(method, "tools/call" | "prompts/get");
        calls.push(facts, method, if named { name } else { "" }, []);
    } else {
        let kind = if id { "call" } else { "notification" };
        calls.push(facts, kind, method, []);
    }
}

/// Methods by which MCP is known without its headers. `initialize` and `ping` are others' too.
static MCP_METHODS: &[&str] = &[
    "tools/list",
    "tools/call",
    "resources/list",
    "resources/read",
    "resources/templates/list",
    "resources/subscribe",
    "resources/unsubscribe",
    "prompts/list",
    "prompts/get",
    "completion/complete",
    "logging/setLevel",
    "sampling/createMessage",
    "elicitation/create",
    "roots/list",
    "notifications/initialized",
    "notifications/cancelled",
    "notifications/progress",
    "notifications/roots/list_changed",
];

#[cfg(test)]
mod tests {
    use gatewatch_model::{Blemishes, Spot};

    use super::*;
    use crate::json::Json;

    fn calls(body: &str, mcp: bool) -> Vec<(Protocol, String, String, u32)> {
        let mut leaves = Leaves::default();
        leaves.begin(Spot::RequestBody);
        Json::default().read(body, false, &mut leaves, &mut Blemishes::default());
        let mut calls = Calls::default();
        read(&leaves, mcp, &mut calls);
        let row = |it: crate::Call<'_>| {
            (
                it.protocol,
                it.kind.to_owned(),
                it.name.to_owned(),
                it.batch_index,
            )
        };
        calls.iter().map(row).collect()
    }

    fn row(protocol: Protocol, kind: &str, name: &str, at: u32) -> (Protocol, String, String, u32) {
        (protocol, kind.to_owned(), name.to_owned(), at)
    }

    #[test]
    fn methods_are_read_alone_and_in_batches() {
        assert_eq!(
            calls(
                r#"{"jsonrpc":"2.0","method":"getBalance","params":{"name":"x"},"id":1}"#,
                false
            ),
            [row(Protocol::JsonRpc, "call", "getBalance", 0)]
        );
        assert_eq!(
            calls(
                r#"[{"id":null,"method":"a","jsonrpc":"2.0"},{"jsonrpc":"2.0"},{"jsonrpc":"2.0","method":"b"}]"#,
                false
            ),
            [
                row(Protocol::JsonRpc, "call", "a", 0),
                row(Protocol::JsonRpc, "notification", "b", 2),
            ]
        );
    }

    #[test]
    fn mcp_is_known_by_its_methods_its_first_request_or_its_headers() {
        let tool = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"search","arguments":{"name":"other"}}}"#;
        assert_eq!(
            calls(tool, false),
            [row(Protocol::Mcp, "tools/call", "search", 0)]
        );
        let first = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","clientInfo":{"name":"c"}}}"#;
        assert_eq!(
            calls(first, false),
            [row(Protocol::Mcp, "initialize", "", 0)]
        );
        let ping = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
        assert_eq!(calls(ping, true), [row(Protocol::Mcp, "ping", "", 0)]);
        assert_eq!(
            calls(ping, false),
            [row(Protocol::JsonRpc, "call", "ping", 0)]
        );
    }

    #[test]
    fn what_only_has_such_members_is_no_call() {
        for body in [
            r#"{"method":"getBalance","id":1}"#,
            r#"{"jsonrpc":"2.0","result":{},"id":1}"#,
            r#"{"a":{"jsonrpc":"2.0","method":"x"}}"#,
            r#"{"jsonrpc":2.0,"method":"x"}"#,
            "[]",
        ] {
            assert_eq!(calls(body, false), [], "{body}");
        }
    }
}
