//! What the made-up companies say of their own APIs, brought in as a person would upload it: an
//! older definition of the shop, then the one that is in force.

use anyhow::Context;
use gatewatch_estate::definition;
use gatewatch_model::Timestamp;
use gatewatch_pipeline::Intake;
use gatewatch_pipeline::subject::{self, Foreseen};
use gatewatch_ports::Store;
use gatewatch_ports::definitions::NewDefinition;
use gatewatch_ports::store::Actor;

use super::companies::companies;

/// The company that has them.
const COMPANY: &str = "shop";
/// Where the traffic of the demo lies in the tree of scopes: its token's scope.
const SCOPE: &str = "/";
const MEDIA_TYPE: &str = "application/yaml";

/// In the order in which they came out.
static DOCUMENTS: &[&str] = &[
    include_str!("companies/storefront-1.openapi.yaml"),
    include_str!("companies/storefront-2.openapi.yaml"),
];

/// Uploads them unless the folder knows them from an earlier run; answers for which collection.
pub fn upload(intake: &Intake, store: &dyn Store, at: Timestamp) -> anyhow::Result<Box<str>> {
    let Foreseen {
        id,
        scope,
        name,
        subject,
    } = collection()?;
    if store.definition(id)?.is_some() {
        return Ok(name);
    }
    let actor = Actor {
        name: "demo".into(),
        address: "".into(),
        at,
    };
    for text in DOCUMENTS {
        let (definition, _) = definition::read(text.as_bytes(), None)?;
        let new = NewDefinition {
            collection: id,
            subject: subject.clone(),
            scope: scope.clone(),
            name: name.clone(),
            definition,
            document: text.as_bytes().to_vec(),
            media_type: MEDIA_TYPE.into(),
        };
        intake
            .define(&new, &actor)
            .context("a definition of the demo is not taken in")?;
    }
    Ok(name)
}

/// As the gateway of the company names it.
fn collection() -> anyhow::Result<Foreseen> {
    let companies = companies()?;
    let company = companies.iter().find(|it| it.key == COMPANY);
    let (service, api) = company
        .and_then(|it| it.service.as_ref().zip(it.api.as_ref()))
        .context("the company with a definition has no gateway")?;
    subject::of_api(SCOPE, service, "", api).context("the gateway of the demo can be none")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_sound_and_of_one_api() {
        let read: Vec<_> = DOCUMENTS
            .iter()
            .map(|it| definition::read(it.as_bytes(), None).unwrap())
            .collect();
        for (definition, warnings) in &read {
            assert_eq!(warnings, &[]);
            assert_eq!(definition.title, read[0].0.title);
            assert!(!definition.operations.is_empty());
        }
        assert_eq!(&*collection().unwrap().name, "apim-lanternloom/storefront");
    }
}
