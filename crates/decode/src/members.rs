//! The few members of a request's body by which calls are known, found by their shape, so that
//! telling an ordinary body from a call costs next to nothing.

use std::sync::LazyLock;

use gatewatch_model::Spot;

use crate::leaves::{Leaves, Value};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Member {
    JsonRpc,
    Method,
    ParamsName,
    ProtocolVersion,
    Id,
    Query,
    OperationName,
    PersistedHash,
    DocumentId,
}

/// The members that there are, each with the index of the item it is in if the body is a list,
/// else 0.
pub(crate) fn members(leaves: &Leaves) -> impl Iterator<Item = (u32, Member, Value<'_>)> {
    let Shapes { bits, shapes } = &*SHAPES;
    leaves.iter_body().filter_map(move |leaf| {
        let shape = leaf.shape();
        // Most have none of the last bits that these have.
        if bits & bit(shape) == 0 {
            return None;
        }
        let (_, member) = shapes.iter().find(|it| it.0 == shape)?;
        Some((leaf.item().unwrap_or(0), *member, leaf.value))
    })
}

/// Each way with its shape, alone and in a batch.
struct Shapes {
    /// One bit for the last six of each shape.
    bits: u64,
    shapes: Vec<(u64, Member)>,
}

fn bit(shape: u64) -> u64 {
    1 << (shape & 63)
}

/// Whether there may be a call: one of the members is there that every call has.
pub(crate) fn has_calls(leaves: &Leaves) -> bool {
    members(leaves).any(|it| !matches!(it.1, Member::Id | Member::Method | Member::ParamsName))
}

static WAYS: &[(&[&str], Member)] = &[
    (&["jsonrpc"], Member::JsonRpc),
    (&["method"], Member::Method),
    (&["params", "name"], Member::ParamsName),
    (&["params", "protocolVersion"], Member::ProtocolVersion),
    (&["id"], Member::Id),
    (&["query"], Member::Query),
    (&["operationName"], Member::OperationName),
    (
        &["extensions", "persistedQuery", "sha256Hash"],
        Member::PersistedHash,
    ),
    (&["documentId"], Member::DocumentId),
    (&["doc_id"], Member::DocumentId),
];

static SHAPES: LazyLock<Shapes> = LazyLock::new(|| {
    let mut shapes = Vec::new();
    for (names, member) in WAYS {
        for batch in [false, true] {
            let mut leaves = Leaves::default();
            leaves.begin(Spot::RequestBody);
            if batch {
                leaves.enter_item(0);
            }
            for name in *names {
                leaves.enter(name);
            }
            leaves.add(Value::Null);
            shapes.extend(leaves.iter().map(|it| (it.shape(), *member)));
        }
    }
    Shapes {
        bits: shapes.iter().fold(0, |bits, it| bits | bit(it.0)),
        shapes,
    }
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_found_alone_and_in_a_batch_and_nowhere_else() {
        let mut leaves = Leaves::default();
        leaves.begin(Spot::RequestQuery);
        leaves.add_named("query", Value::Null);
        leaves.begin(Spot::RequestBody);
        leaves.add_named("query", Value::Bool(true));
        leaves.enter_item(3);
        leaves.add_named("query", Value::Bool(false));
        leaves.enter("a");
        leaves.add_named("query", Value::Null);
        leaves.begin(Spot::ResponseBody);
        leaves.add_named("query", Value::Null);
        let found: Vec<_> = members(&leaves).collect();
        assert_eq!(
            found,
            [
                (0, Member::Query, Value::Bool(true)),
                (3, Member::Query, Value::Bool(false))
            ]
        );
    }
}
