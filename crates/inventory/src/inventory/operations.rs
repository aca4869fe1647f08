//! What a request asks for below its path, where that is an endpoint of its own.

use gatewatch_decode::Reading;
use gatewatch_model::profile::Protocol;

/// Writes `query.hero`, `eth_getBalance`, `tools/call.search_docs` or `GetWeather`; false where
/// the path alone says what is called. Of a batch, the first call gives the name.
pub(super) fn write(reading: &Reading, operation: &mut String) -> bool {
    operation.clear();
    let Some(call) = reading.calls().next() else {
        return false;
    };
    let name = call.name;
    match call.protocol {
        Protocol::GraphQl => {
            let field = || call.fields().next().unwrap_or_default();
            let name = if name.is_empty() { field() } else { name };
            operation.extend([call.kind, ".", name]);
        }
        Protocol::JsonRpc => operation.push_str(name),
        Protocol::Mcp if name.is_empty() => operation.push_str(call.kind),
        Protocol::Mcp => operation.extend([call.kind, ".", name]),
        Protocol::Soap => {
            // An action is often a URL that ends in the name.
            let last = name.trim_matches('"').rsplit(['/', '#', ':']).next();
            let last = last.filter(|it| !it.is_empty());
            operation.push_str(last.unwrap_or(call.kind));
        }
        Protocol::Rest | Protocol::Grpc | Protocol::WebSocket => return false,
    }
    !operation.is_empty()
}
