//! GraphQL: what a document asks for, without a tree: operations with their kind, name, top-level
//! fields, depth and aliases. Fragments count where they are used.

mod lexer;
mod summary;

#[cfg(test)]
mod tests;

use gatewatch_model::Blemishes;
use gatewatch_model::profile::Protocol;

pub(crate) use self::summary::Documents;
use crate::call::{Calls, Facts};
use crate::leaves::{Leaves, Value};
use crate::members::{Member, members};

/// One request of GraphQL over HTTP, in a body, a batch or a query.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Asked<'t> {
    pub batch_index: u32,
    pub query: Option<&'t str>,
    pub operation: &'t str,
    /// The hash or the id of a query that the server knows already.
    pub persisted: bool,
}

/// Adds the operations that the members of a body ask for.
pub(crate) fn read(leaves: &Leaves, documents: &mut Documents, calls: &mut Calls) -> Blemishes {
    let mut asked = Asked::default();
    let mut blemishes = Blemishes::default();
    for (batch_index, member, value) in members(leaves) {
        if batch_index != asked.batch_index {
            blemishes.insert(add(&asked, documents, calls));
            asked = Asked {
                batch_index,
                ..Asked::default()
            };
        }
        match (member, value) {
            (Member::Query, Value::Text(text)) => asked.query = Some(text),
            (Member::OperationName, Value::Text(name)) => asked.operation = name,
            (Member::PersistedHash | Member::DocumentId, Value::Text(_)) => asked.persisted = true,
            _ => {}
        }
    }
    blemishes.insert(add(&asked, documents, calls));
    blemishes
}

/// Adds the operations of one request. A `query` that is none of GraphQL is no oddity: searches
/// have one too.
pub(crate) fn add(asked: &Asked<'_>, documents: &mut Documents, calls: &mut Calls) -> Blemishes {
    match asked.query.filter(|it| !it.is_empty()) {
        Some(text) => documents.add(text, asked, calls),
        None if asked.persisted => {
            let facts = Facts {
                protocol: Protocol::GraphQl,
                batch_index: asked.batch_index,
                ..Facts::default()
            };
            calls.push(facts, "persisted", asked.operation, []);
            Blemishes::default()
        }
        None => Blemishes::default(),
    }
}
