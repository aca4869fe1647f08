//! The columns of types and of discoveries, as comma-separated values.

use std::sync::Arc;

use axum::response::Response;
use gatewatch_ports::sensitive::{DiscoveryQuery, TypeQuery};
use gatewatch_ports::store::Page;

use super::{CarriedType, Discovered, carried_types, discovered};
use crate::csv::{Sheet, line, write};
use crate::problem::Problem;
use crate::shapes::List;
use crate::shared::Shared;

const OF_TYPES: &str =
    "info_type,category,label,counts,endpoints,hits,confidence,spots,first_seen,last_seen";
const OF_DISCOVERIES: &str = "number,at,endpoint_id,method,template,collection_id,collection,scope,\
    place,status_class,info_type,category,label,confidence,grounds";

pub(super) async fn types(
    shared: Arc<Shared>,
    query: TypeQuery,
    offset: u64,
    limit: u64,
) -> Result<Response, Problem> {
    let sheet = Sheet {
        name: "sensitive-data",
        columns: OF_TYPES,
        offset,
        limit,
    };
    write(sheet, move |offset, limit| {
        let (shared, query) = (shared.clone(), query.clone());
        async move {
            let list = carried_types(&shared, query, offset, limit).await?;
            Ok(lines(list, type_line))
        }
    })
    .await
}

pub(super) async fn discoveries(
    shared: Arc<Shared>,
    query: DiscoveryQuery,
) -> Result<Response, Problem> {
    let sheet = Sheet {
        name: "discoveries",
        columns: OF_DISCOVERIES,
        offset: query.offset,
        limit: query.limit,
    };
    write(sheet, move |offset, limit| {
        let (shared, query) = (shared.clone(), query.clone());
        async move {
            let asked = DiscoveryQuery {
                offset,
                limit,
                ..query
            };
            Ok(lines(discovered(&shared, asked).await?, discovery_line))
        }
    })
    .await
}

fn lines<T>(list: List<T>, line: fn(T) -> String) -> Page<String> {
    Page {
        total: list.total,
        items: list.items.into_iter().map(line).collect(),
    }
}

fn type_line(it: CarriedType) -> String {
    let CarriedType {
        info_type,
        category,
        label,
        counts,
        endpoints,
        hits,
        confidence,
        spots,
        first_seen,
        last_seen,
    } = it;
    line([
        info_type.into(),
        category.to_owned(),
        label.unwrap_or_default().into(),
        yes_or_no(counts),
        endpoints.to_string(),
        hits.to_string(),
        confidence.to_string(),
        spots.join(" "),
        first_seen,
        last_seen,
    ])
}

fn discovery_line(it: Discovered) -> String {
    let Discovered {
        number,
        at,
        endpoint_id,
        method,
        template,
        collection_id,
        collection,
        scope,
        place,
        status_class,
        info_type,
        category,
        label,
        confidence,
        grounds,
    } = it;
    line([
        number.to_string(),
        at,
        endpoint_id,
        method.into(),
        template.into(),
        collection_id,
        collection.into(),
        scope.into(),
        place,
        status_class.map_or_else(String::new, |it| it.to_string()),
        info_type.into(),
        category.to_owned(),
        label.unwrap_or_default().into(),
        confidence.to_string(),
        grounds.join("; "),
    ])
}

fn yes_or_no(answer: bool) -> String {
    if answer { "yes" } else { "no" }.to_owned()
}
