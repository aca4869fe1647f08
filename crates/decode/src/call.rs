//! What is called inside one URL: GraphQL operations, methods of JSON-RPC and MCP, SOAP actions,
//! gRPC methods, WebSocket handshakes.

use core::fmt::Write;

use gatewatch_model::caller::prefix;
use gatewatch_model::profile::Protocol;

use crate::limits::{CALLS_MAX, FIELDS_MAX, NAME_BYTES_MAX};

/// One call of a request.
#[derive(Clone, Copy, Debug)]
pub struct Call<'r> {
    calls: &'r Calls,
    pub protocol: Protocol,
    /// GraphQL: `query`, `mutation`, `subscription`, or `persisted` where the text is not sent.
    /// JSON-RPC: `call` or `notification`. MCP: the method, as `tools/call`. SOAP: the element in
    /// the body. gRPC: the service. WebSocket: the protocols asked for.
    pub kind: &'r str,
    /// GraphQL: of the operation; empty if it has none. JSON-RPC: the method. MCP: the tool or the
    /// prompt. SOAP: the action. gRPC: the method.
    pub name: &'r str,
    /// Which one it is of its batch, from 0.
    pub batch_index: u32,
    /// Of GraphQL: how deep the fields nest, fragments included.
    pub depth: u32,
    /// Of GraphQL: how many fields have another name in the answer.
    pub aliases: u32,
    /// Whether it asks GraphQL for its schema.
    pub introspection: bool,
    fields: (u32, u32),
}

impl<'r> Call<'r> {
    /// Top-level fields of GraphQL, each once, in the order of the text; at most `FIELDS_MAX`.
    pub fn fields(&self) -> impl ExactSizeIterator<Item = &'r str> {
        let calls = self.calls;
        let (from, to) = self.fields;
        calls.fields[from as usize..to as usize]
            .iter()
            .map(move |span| calls.slice(*span))
    }

    /// Appends what sets it apart from other calls of its URL: `query Orders`, `query {me,cart}`,
    /// `tools/call search`, `getBalance`.
    pub fn write_label(&self, label: &mut String) {
        match self.protocol {
            Protocol::GraphQl => self.write_operation(label),
            Protocol::Mcp if self.name.is_empty() => label.push_str(self.kind),
            Protocol::Mcp => {
                // Writing to a String cannot fail.
                let _ = write!(label, "{} {}", self.kind, self.name);
            }
            Protocol::Soap if self.kind.is_empty() => label.push_str(self.name),
            Protocol::Soap => label.push_str(self.kind),
            Protocol::JsonRpc | Protocol::Grpc => label.push_str(self.name),
            Protocol::Rest | Protocol::WebSocket => {}
        }
    }

    fn write_operation(&self, label: &mut String) {
        label.push_str(self.kind);
        if !self.name.is_empty() {
            label.push(' ');
            label.push_str(self.name);
            return;
        }
        let mut sign = " {";
        for field in self.fields() {
            label.push_str(sign);
            label.push_str(field);
            sign = ",";
        }
        if sign == "," {
            label.push('}');
        }
    }
}

/// The calls of one request, in memory that is used again and again.
#[derive(Debug, Default)]
pub(crate) struct Calls {
    text: String,
    rows: Vec<Row>,
    fields: Vec<Span>,
    lost: bool,
}

type Span = (u32, u32);

#[derive(Clone, Copy, Debug)]
struct Row {
    kind: Span,
    name: Span,
    facts: Facts,
    fields: (u32, u32),
}

/// What a call is besides its names.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Facts {
    pub protocol: Protocol,
    pub batch_index: u32,
    pub depth: u32,
    pub aliases: u32,
    pub introspection: bool,
}

impl Calls {
    pub fn clear(&mut self) {
        let Calls {
            text,
            rows,
            fields,
            lost,
        } = self;
        text.clear();
        rows.clear();
        fields.clear();
        *lost = false;
    }

    /// Adds one call with its top-level fields.
    pub fn push<'f>(
        &mut self,
        facts: Facts,
        kind: &str,
        name: &str,
        fields: impl IntoIterator<Item = &'f str>,
    ) {
        if self.rows.len() >= CALLS_MAX {
            self.lost = true;
            return;
        }
        let (kind, name) = (self.keep(kind), self.keep(name));
        let from = self.fields.len() as u32;
        for field in fields.into_iter().take(FIELDS_MAX) {
            let span = self.keep(field);
            self.fields.push(span);
        }
        self.rows.push(Row {
            kind,
            name,
            facts,
            fields: (from, self.fields.len() as u32),
        });
    }

    /// Whether there were more calls than are kept.
    pub fn lost(&self) -> bool {
        self.lost
    }

    pub fn protocol(&self) -> Option<Protocol> {
        self.rows.first().map(|it| it.facts.protocol)
    }

    pub fn iter(&self) -> impl ExactSizeIterator<Item = Call<'_>> {
        self.rows.iter().map(|row| Call {
            calls: self,
            protocol: row.facts.protocol,
            kind: self.slice(row.kind),
            name: self.slice(row.name),
            batch_index: row.facts.batch_index,
            depth: row.facts.depth,
            aliases: row.facts.aliases,
            introspection: row.facts.introspection,
            fields: row.fields,
        })
    }

    /// The bounds keep `text` far below what 32 bits can count.
    fn keep(&mut self, text: &str) -> Span {
        let from = self.text.len() as u32;
        self.text.push_str(prefix(text, NAME_BYTES_MAX));
        (from, self.text.len() as u32)
    }

    fn slice(&self, span: Span) -> &str {
        &self.text[span.0 as usize..span.1 as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(protocol: Protocol, kind: &str, name: &str, fields: &[&str]) -> String {
        let mut calls = Calls::default();
        let facts = Facts {
            protocol,
            ..Facts::default()
        };
        calls.push(facts, kind, name, fields.iter().copied());
        let mut label = String::new();
        calls.iter().next().unwrap().write_label(&mut label);
        label
    }

    #[test]
    fn a_label_sets_a_call_apart_from_others() {
        let graph = Protocol::GraphQl;
        assert_eq!(label(graph, "query", "Orders", &["orders"]), "query Orders");
        assert_eq!(
            label(graph, "mutation", "", &["pay", "ship"]),
            "mutation {pay,ship}"
        );
        assert_eq!(label(graph, "query", "", &[]), "query");
        assert_eq!(
            label(Protocol::Mcp, "tools/call", "search", &[]),
            "tools/call search"
        );
        assert_eq!(label(Protocol::Mcp, "tools/list", "", &[]), "tools/list");
        assert_eq!(
            label(Protocol::JsonRpc, "call", "getBalance", &[]),
            "getBalance"
        );
        assert_eq!(
            label(Protocol::Soap, "GetPrice", "urn:GetPrice", &[]),
            "GetPrice"
        );
    }

    #[test]
    fn calls_fields_and_names_are_cut_to_their_bounds() {
        let mut calls = Calls::default();
        let long = "x".repeat(1_000);
        for _ in 0..=CALLS_MAX {
            calls.push(
                Facts::default(),
                "",
                &long,
                core::iter::repeat_n("f", 1_000),
            );
        }
        assert!(calls.lost());
        assert_eq!(calls.iter().len(), CALLS_MAX);
        for call in calls.iter() {
            assert_eq!(
                (call.name.len(), call.fields().len()),
                (NAME_BYTES_MAX, FIELDS_MAX)
            );
        }
    }
}
