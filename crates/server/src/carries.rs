//! What a list of endpoints is asked for in terms of what they carry: types of the store that have
//! the category, the label and the weight that are asked for.

use gatewatch_model::Spot;
use gatewatch_model::info_type::Category;
use gatewatch_model::sensitivity::Sensitivity;
use gatewatch_ports::sensitive::{Carries, TypeCount, TypeQuery};

use crate::asked::{Asked, refuse};
use crate::endpoint_query::spot_name;
use crate::problem::Problem;
use crate::sensitive::said;
use crate::sensitivity;
use crate::shared::Shared;

/// The conditions that a query asks for.
pub(crate) async fn asked(
    shared: &Shared,
    scope: &str,
    asked: &Asked,
) -> Result<Vec<Carries>, Problem> {
    let wanted = Wanted::read(asked);
    if wanted == Wanted::default() {
        return Ok(Vec::new());
    }
    let query = TypeQuery {
        scope: scope.into(),
        ..TypeQuery::default()
    };
    let asked_type = wanted.info_type.clone();
    let known = shared.blocking.ask(move |store| {
        let types = store.info_types(&query)?;
        // A type that is carried is known, even if nobody looks for it any more.
        let is_carried = |id: &str| types.iter().any(|it| *it.info_type == *id);
        let unknown_type = match asked_type.as_deref().filter(|id| !is_carried(id)) {
            Some(id) => sensitivity::known(id, &sensitivity::catalogue(store)?).err(),
            None => None,
        };
        Ok((types, said(store)?, unknown_type))
    });
    let (types, said, unknown_type) = known.await?;
    if let Some(why) = unknown_type {
        return Err(refuse(format!("`info_type`: {why}")));
    }
    if let Some(why) = wanted.unknown_label(&said) {
        return Err(refuse(format!("`label`: {why}")));
    }
    Ok(wanted.carries(&types, &said))
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Wanted {
    sensitive: Option<bool>,
    info_type: Option<Box<str>>,
    category: Option<Category>,
    label: Option<Box<str>>,
    spot: Option<Spot>,
}

impl Wanted {
    fn read(asked: &Asked) -> Wanted {
        let spot = asked.choice("spot");
        Wanted {
            sensitive: asked.choice("sensitive").map(|it| it == "yes"),
            info_type: asked.text("info_type"),
            category: asked.choice("category").and_then(Category::parse),
            label: asked.text("label"),
            spot: Spot::ALL
                .into_iter()
                .find(|it| Some(spot_name(*it)) == spot),
        }
    }

    /// What is wrong with the label.
    fn unknown_label(&self, said: &Sensitivity) -> Option<String> {
        let labels = || said.labels.iter().map(|it| &*it.name);
        let name = self.label.as_ref()?;
        let is_known = labels().any(|it| *it == **name);
        (!is_known).then(|| sensitivity::unknown("label", name, labels()))
    }

    /// One type has to have all that is asked for; `sensitive=no` is a condition of its own.
    fn carries(&self, types: &[TypeCount], said: &Sensitivity) -> Vec<Carries> {
        let counts = |it: &&TypeCount| said.counts(&it.info_type, it.category);
        let fits = |it: &&TypeCount| {
            let label = said.label(&it.info_type, it.category);
            self.info_type.as_ref().is_none_or(|id| *id == it.info_type)
                && self.category.is_none_or(|category| category == it.category)
                && self
                    .label
                    .as_ref()
                    .is_none_or(|name| label.is_some_and(|it| it.name == *name))
                && (self.sensitive != Some(true) || counts(it))
        };
        let of = |types: Vec<&TypeCount>, yes| Carries {
            types: types.iter().map(|it| it.info_type.clone()).collect(),
            spot: self.spot,
            yes,
        };
        let mut carries = Vec::new();
        let narrows = self.info_type.is_some() || self.category.is_some() || self.label.is_some();
        if narrows || self.sensitive == Some(true) || self.sensitive.is_none() {
            carries.push(of(types.iter().filter(fits).collect(), true));
        }
        if self.sensitive == Some(false) {
            carries.push(of(types.iter().filter(counts).collect(), false));
        }
        carries
    }
}

#[cfg(test)]
mod tests {
    use gatewatch_model::Timestamp;
    use gatewatch_model::sensitivity::Label;

    use super::*;

    fn known() -> (Vec<TypeCount>, Sensitivity) {
        let count = |id: &str, category| TypeCount {
            info_type: id.into(),
            category,
            endpoints: 1,
            hits: 1,
            confidence: 90,
            spots: Vec::new(),
            first_seen: Timestamp::ZERO,
            last_seen: Timestamp::ZERO,
        };
        let types = vec![
            count("credit-card", Category::Finance),
            count("email", Category::Pii),
        ];
        let said = Sensitivity {
            labels: vec![Label {
                name: "General".into(),
                order: 1,
            }],
            category_labels: vec![(Category::Pii, "General".into())],
            threshold_order: Some(2),
            ..Sensitivity::default()
        };
        (types, said)
    }

    fn check(wanted: &Wanted, expected: &[(&[&str], bool)]) {
        let (types, said) = known();
        let carries = wanted.carries(&types, &said);
        let told = carries.iter().map(|it| {
            let types = it.types.iter().map(|it| &**it).collect::<Vec<_>>();
            (types, it.yes)
        });
        let expected = expected.iter().map(|it| (it.0.to_vec(), it.1));
        assert_eq!(
            told.collect::<Vec<_>>(),
            expected.collect::<Vec<_>>(),
            "{wanted:?}"
        );
    }

    #[test]
    fn what_is_below_the_threshold_is_not_sensitive() {
        let wanted = |sensitive| Wanted {
            sensitive,
            ..Wanted::default()
        };
        check(&wanted(Some(true)), &[(&["credit-card"], true)]);
        check(&wanted(Some(false)), &[(&["credit-card"], false)]);
    }

    #[test]
    fn a_label_that_nobody_made_is_told_with_the_nearest() {
        let unknown = |name: &str| {
            let label = Some(name.into());
            let wanted = Wanted {
                label,
                ..Wanted::default()
            };
            wanted.unknown_label(&known().1)
        };
        assert_eq!(unknown("General"), None);
        let said = "there is no label `Genral`; the nearest is `General`";
        assert_eq!(unknown("Genral").as_deref(), Some(said));
    }

    #[test]
    fn one_type_has_all_that_is_asked_for() {
        let mut wanted = Wanted {
            category: Some(Category::Pii),
            ..Wanted::default()
        };
        check(&wanted, &[(&["email"], true)]);
        wanted.info_type = Some("credit-card".into());
        check(&wanted, &[(&[], true)]);
        let labelled = Wanted {
            label: Some("General".into()),
            ..Wanted::default()
        };
        check(&labelled, &[(&["email"], true)]);
        let somewhere = Wanted {
            spot: Some(Spot::RequestBody),
            ..Wanted::default()
        };
        check(&somewhere, &[(&["credit-card", "email"], true)]);
    }
}
