//! Headers: each becomes a leaf under its name in lower case, and the few that say how the rest
//! is to be read are remembered.

use gatewatch_model::Exchange;
use gatewatch_model::exchange::Headers;

use crate::credentials::Shown;
use crate::json::Json;
use crate::leaves::{Leaves, Value};

/// What one head says of the rest of its message.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Head<'e> {
    pub content_type: &'e str,
    pub content_encoding: &'e str,
    pub content_length: &'e str,
    /// Whether it came in chunks, so that a length beside it says nothing.
    pub chunked: bool,
    /// Whether cookies come with it, or are set.
    pub cookies: bool,
    pub soap_action: Option<&'e str>,
    /// Whether a header of MCP is there.
    pub mcp: bool,
    pub upgrade: &'e str,
    /// The protocols that a WebSocket handshake asks for.
    pub subprotocols: &'e str,
}

impl<'e> Head<'e> {
    pub fn of_request(
        exchange: &'e Exchange<'_>,
        leaves: &mut Leaves,
        shown: &mut Shown,
        json: &mut Json,
    ) -> Self {
        let mut head = Head::default();
        head.read(exchange.request.headers.as_ref(), leaves, |name, value| {
            shown.see_header(name, value, json);
        });
        head
    }

    pub fn of_response(headers: Option<&'e Headers<'_>>, leaves: &mut Leaves) -> Self {
        let mut head = Head::default();
        head.read(headers, leaves, |_, _| {});
        head
    }

    fn read(
        &mut self,
        headers: Option<&'e Headers<'_>>,
        leaves: &mut Leaves,
        mut see: impl FnMut(&str, &str),
    ) {
        for (name, value) in headers.into_iter().flatten() {
            let lower = leaves.enter_lower(name);
            if lower.is_empty() && !name.is_empty() {
                // No room: what matters is still looked at, at most once for each header.
                let mut lower = name.to_string();
                lower.make_ascii_lowercase();
                self.see(&lower, value);
                see(&lower, value);
            } else {
                self.see(lower, value);
                see(lower, value);
            }
            leaves.add(Value::Text(value));
            leaves.leave();
        }
    }

    fn see(&mut self, name: &str, value: &'e str) {
        match name {
            "content-type" if self.content_type.is_empty() => self.content_type = value.trim(),
            "content-encoding" if self.content_encoding.is_empty() => self.content_encoding = value,
            "content-length" if self.content_length.is_empty() => {
                self.content_length = value.trim();
            }
            "transfer-encoding" => self.chunked = true,
            "cookie" | "set-cookie" => self.cookies = true,
            "soapaction" => self.soap_action = Some(value.trim().trim_matches('"')),
            "mcp-session-id" | "mcp-protocol-version" | "mcp-method" => self.mcp = true,
            "upgrade" | ":protocol" if self.upgrade.is_empty() => self.upgrade = value.trim(),
            "sec-websocket-protocol" => self.subprotocols = value.trim(),
            _ => {}
        }
    }

    /// Whether it asks to go on as a WebSocket.
    pub fn is_websocket(&self) -> bool {
        self.upgrade
            .split(',')
            .any(|it| it.trim().eq_ignore_ascii_case("websocket"))
    }
}

/// The values of all headers of that name.
pub(crate) fn all<'e>(
    headers: Option<&'e Headers<'_>>,
    name: &'static str,
) -> impl Iterator<Item = &'e str> {
    headers
        .into_iter()
        .flatten()
        .filter(move |it| it.0.eq_ignore_ascii_case(name))
        .map(|it| it.1.as_ref())
}
