//! Attacks by class over all that is printed, and where most of them went.

use std::collections::BTreeMap;

use gatewatch_model::effects::EndpointRow;
use gatewatch_model::facts::{ClassFacts, SignalFacts};

use super::report::Report;
use super::words;

/// One class of attack.
pub struct Attacked<'r> {
    pub class: &'r str,
    pub attacks: u64,
    pub suspicious: u64,
    /// Of the attacks: those that were answered with success.
    pub answered: u64,
    /// The endpoint with most of them, and its collection. `None` where all went to paths that
    /// are no endpoints.
    pub worst: Option<(&'r str, &'r EndpointRow)>,
}

/// All classes, the one with most attacks first.
pub fn attacks<'r>(report: &'r Report<'_>) -> Vec<Attacked<'r>> {
    let mut classes = BTreeMap::<&str, Attacked<'r>>::new();
    for listed in &report.collections {
        for facts in &listed.row.signals.classes {
            let sum = classes.entry(&facts.class).or_insert_with(|| Attacked {
                class: &facts.class,
                attacks: 0,
                suspicious: 0,
                answered: 0,
                worst: None,
            });
            sum.attacks += facts.attacks;
            sum.suspicious += facts.suspicious;
            sum.answered += facts.answered;
        }
        for row in &listed.endpoints {
            for facts in &row.facts.signals.classes {
                if let Some(sum) = classes.get_mut(&*facts.class)
                    && rank(row, sum.class) > sum.worst.map_or((0, 0), |it| rank(it.1, sum.class))
                {
                    sum.worst = Some((&listed.row.name, row));
                }
            }
        }
    }
    let mut classes = classes.into_values().collect::<Vec<_>>();
    classes.sort_by(|one, two| {
        let rank = |it: &Attacked<'_>| (it.attacks, it.suspicious);
        rank(two).cmp(&rank(one))
    });
    classes
}

fn rank(row: &EndpointRow, class: &str) -> (u64, u64) {
    let own = row.facts.signals.classes.iter();
    let own = own.filter(|it| *it.class == *class);
    own.map(|it| (it.attacks, it.suspicious))
        .max()
        .unwrap_or_default()
}

impl Attacked<'_> {
    /// `12 attacks, 3 answered with success, 1 suspicious; most at GET /orders/{id} of shop.example`.
    pub fn in_words(&self) -> String {
        let counts = counts(self.attacks, self.answered, self.suspicious);
        let Some((collection, row)) = self.worst else {
            return counts;
        };
        let (method, template) = (&row.method, &row.template);
        format!("{counts}; most at {method} {template} of {collection}")
    }
}

/// What was wrong at an endpoint, by class: `sqli: 12 attacks, 3 answered with success`.
pub fn of_endpoint(signals: &SignalFacts) -> Vec<String> {
    let told = signals.classes.iter().map(|it: &ClassFacts| {
        let counts = counts(it.attacks, it.answered, it.suspicious);
        format!("{}: {counts}", it.class)
    });
    told.collect()
}

fn counts(attacks: u64, answered: u64, suspicious: u64) -> String {
    let mut parts = Vec::new();
    if attacks > 0 {
        parts.push(words::several(attacks, "attack"));
    }
    if answered > 0 {
        parts.push(format!("{} answered with success", words::count(answered)));
    }
    if suspicious > 0 {
        parts.push(format!("{} suspicious", words::count(suspicious)));
    }
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_there_is_none_of_is_not_told() {
        assert_eq!(counts(1, 0, 0), "1 attack");
        assert_eq!(counts(0, 0, 2), "2 suspicious");
        let all = counts(12, 3, 1);
        assert_eq!(all, "12 attacks, 3 answered with success, 1 suspicious");
    }
}
