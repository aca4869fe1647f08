//! What a list of endpoints can be asked for.

use gatewatch_detect::SHIPPED;
use gatewatch_model::info_type::Category;
use gatewatch_model::origin::Tags;
use gatewatch_model::profile::{DecidedBy, Drift, EndpointRole, Protocol};
use gatewatch_model::{Spot, Timestamp};
use gatewatch_ports::facts::{FactQuery, Knowledge, Question, State, fresh_after};
use gatewatch_ports::store::{EndpointQuery, EndpointSort};

use crate::access::Grant;
use crate::asked::{Asked, Param, ParamKind};
use crate::csv;
use crate::shapes::{LIMIT, OFFSET};

pub(crate) const SEARCH_CHARACTERS_MAX: usize = 200;
/// Of the id of a type or the name of a label.
const ID_CHARACTERS_MAX: usize = 64;

pub(crate) const ORDER: Param = Param {
    name: "order",
    what: "Numbers and times begin with the highest unless asked otherwise, names with the lowest.",
    kind: ParamKind::Choice(|| vec!["asc", "desc"]),
};

static SORTS: &[(&str, EndpointSort)] = &[
    ("calls", EndpointSort::Calls),
    ("template", EndpointSort::Template),
    ("first_seen", EndpointSort::FirstSeen),
    ("last_seen", EndpointSort::LastSeen),
    ("errors", EndpointSort::Errors),
    ("callers", EndpointSort::Callers),
    ("latency_p95", EndpointSort::LatencyP95),
    ("external_last_seen", EndpointSort::External),
    ("confidence", EndpointSort::Confidence),
    ("drift", EndpointSort::Drift),
    ("protocol", EndpointSort::Protocol),
    ("role", EndpointSort::Role),
    ("attacks", EndpointSort::Attacks),
];

/// Names begin at a, and of confidence the least is what one looks for.
const RISING: &[EndpointSort] = &[
    EndpointSort::Template,
    EndpointSort::Confidence,
    EndpointSort::Drift,
    EndpointSort::Protocol,
    EndpointSort::Role,
];

/// An answer with the word that asks for it; `None` is *not observed*.
type Word = (&'static str, Option<bool>);

static ANSWERS: &[Word] = &[
    ("yes", Some(true)),
    ("no", Some(false)),
    ("not-observed", None),
];
static AUTHENTICATION: &[Word] = &[
    ("authenticated", Some(true)),
    ("unauthenticated", Some(false)),
    ("awaiting", None),
];

static QUESTIONS: &[(&str, Question, &[Word])] = &[
    ("authentication", Question::Authenticated, AUTHENTICATION),
    ("anonymous", Question::AnonymousAnswered, ANSWERS),
    ("external", Question::External, ANSWERS),
    ("encrypted", Question::Encrypted, ANSWERS),
    ("deprecated", Question::Deprecated, ANSWERS),
];

pub(crate) static PARAMS: &[Param] = &[
    Param {
        name: "collection",
        what: "Only endpoints of this collection.",
        kind: ParamKind::Collection,
    },
    Param {
        name: "method",
        what: "Only endpoints of this method.",
        kind: ParamKind::Text { characters_max: 32 },
    },
    Param {
        name: "search",
        what: "A part of method and template, or of the collection's name, whatever its case.",
        kind: ParamKind::Text {
            characters_max: SEARCH_CHARACTERS_MAX,
        },
    },
    Param {
        name: "status",
        what: "Only endpoints that answered at least once with this status or class: `404`, `5xx`.",
        kind: ParamKind::Status,
    },
    Param {
        name: "seen_after",
        what: "Only endpoints whose latest exchange is after this time.",
        kind: ParamKind::Time,
    },
    Param {
        name: "seen_before",
        what: "Only endpoints whose latest exchange is before this time.",
        kind: ParamKind::Time,
    },
    Param {
        name: "state",
        what: "`active` endpoints were called in the last 30 days, `inactive` ones before that, `awaiting` ones never.",
        kind: ParamKind::Choice(|| State::ALL.map(State::name).to_vec()),
    },
    Param {
        name: "authentication",
        what: "Whether calls carried credentials; `awaiting` where that was not observed in the last 30 days.",
        kind: ParamKind::Choice(|| words(AUTHENTICATION)),
    },
    Param {
        name: "anonymous",
        what: "Whether calls without credentials were answered 2xx in the last 30 days.",
        kind: ParamKind::Choice(|| words(ANSWERS)),
    },
    Param {
        name: "external",
        what: "Whether calls came from outside in the last 30 days.",
        kind: ParamKind::Choice(|| words(ANSWERS)),
    },
    Param {
        name: "encrypted",
        what: "Whether calls travelled under TLS in the last 30 days.",
        kind: ParamKind::Choice(|| words(ANSWERS)),
    },
    Param {
        name: "deprecated",
        what: "Whether answers or the definition say that it is deprecated.",
        kind: ParamKind::Choice(|| words(ANSWERS)),
    },
    Param {
        name: "drift",
        what: "How it stands to the definition of its collection.",
        kind: ParamKind::Choice(|| Drift::ALL.iter().map(|it| it.name()).collect()),
    },
    Param {
        name: "protocol",
        what: "What is spoken there.",
        kind: ParamKind::Choice(|| Protocol::ALL.iter().map(|it| it.name()).collect()),
    },
    Param {
        name: "role",
        what: "What it is for, as far as its template and its answers tell.",
        kind: ParamKind::Choice(|| EndpointRole::ALL.iter().map(|it| it.name()).collect()),
    },
    Param {
        name: "known_by",
        what: "Where the knowledge of it comes from; it may be known by several.",
        kind: ParamKind::Choice(|| Knowledge::ALL.map(Knowledge::name).to_vec()),
    },
    Param {
        name: "decided_by",
        what: "How a segment of its template was decided.",
        kind: ParamKind::Choice(|| DecidedBy::ALL.iter().map(|it| it.name()).collect()),
    },
    Param {
        name: "missed",
        what: "Endpoints whose every answer was 400, 404 or the like, as scanners make them up: `no` \
            leaves them out, `yes` lists them alone. When not given they are left out unless `status`, \
            `search`, `attacked` or `attack_class` is.",
        kind: ParamKind::Choice(|| vec!["no", "yes", "any"]),
    },
    Param {
        name: "sensitive",
        what: "Whether it carries what counts as sensitive.",
        kind: ParamKind::Choice(|| vec!["yes", "no"]),
    },
    Param {
        name: "info_type",
        what: "Only endpoints that carry this type: `credit-card`.",
        kind: ParamKind::Text {
            characters_max: ID_CHARACTERS_MAX,
        },
    },
    Param {
        name: "category",
        what: "Only endpoints that carry a type of this category.",
        kind: ParamKind::Choice(|| Category::ALL.map(Category::name).to_vec()),
    },
    Param {
        name: "label",
        what: "Only endpoints that carry a type of this label.",
        kind: ParamKind::Text {
            characters_max: ID_CHARACTERS_MAX,
        },
    },
    Param {
        name: "spot",
        what: "Where they carry it.",
        kind: ParamKind::Choice(|| Spot::ALL.map(spot_name).to_vec()),
    },
    Param {
        name: "attacked",
        what: "Whether it was ever attacked.",
        kind: ParamKind::Choice(|| vec!["yes", "no"]),
    },
    Param {
        name: "attack_class",
        what: "Only endpoints with signals of this class of attack.",
        kind: ParamKind::Choice(|| SHIPPED.classes.iter().map(|it| &*it.id).collect()),
    },
    Param {
        name: "from",
        what: "Only endpoints that were ever called from addresses of this kind, or by such a bot.",
        kind: ParamKind::Choice(|| Tags::ROLL.iter().map(|it| it.1).collect()),
    },
    Param {
        name: "from_country",
        what: "Only endpoints that were ever called from this country: `DE`.",
        kind: ParamKind::Country,
    },
    Param {
        name: "sort",
        what: "What the list is sorted by, `calls` when not given; `errors` is the share of 5xx answers, \
            `confidence` that of the decision on its template that is least sure.",
        kind: ParamKind::Choice(|| SORTS.iter().map(|it| it.0).collect()),
    },
    ORDER,
    csv::FORMAT,
    LIMIT,
    OFFSET,
];

/// `request.body`: a spot without what begins every place.
pub(crate) fn spot_name(spot: Spot) -> &'static str {
    spot.prefix().trim_start_matches("$.")
}

pub(crate) fn read(grant: Grant, asked: &Asked, now: Timestamp) -> EndpointQuery {
    let sort = pick(asked, SORTS);
    EndpointQuery {
        scope: grant.scope,
        collection: asked.collection("collection"),
        method: asked.text("method").map(|it| it.to_uppercase().into()),
        search: asked.text("search"),
        status: asked.status("status"),
        seen_after: asked.time("seen_after"),
        seen_before: asked.time("seen_before"),
        facts: facts(asked, now),
        sort,
        descending: is_descending(asked, RISING.contains(&sort)),
        offset: asked.whole("offset"),
        limit: asked.whole("limit"),
    }
}

pub(crate) fn pick<T: Copy + Default>(asked: &Asked, sorts: &[(&'static str, T)]) -> T {
    let name = asked.choice("sort");
    sorts
        .iter()
        .find(|it| Some(it.0) == name)
        .map_or_else(T::default, |it| it.1)
}

pub(crate) fn is_descending(asked: &Asked, rises: bool) -> bool {
    asked.choice("order").map_or(!rises, |it| it == "desc")
}

fn facts(asked: &Asked, now: Timestamp) -> FactQuery {
    let answers = QUESTIONS.iter().filter_map(|(name, question, words)| {
        let word = asked.choice(name)?;
        let answer = words.iter().find(|it| it.0 == word)?;
        Some((*question, answer.1))
    });
    let state = asked.choice("state");
    let known = asked.choice("known_by");
    FactQuery {
        fresh_after: fresh_after(now),
        state: State::ALL.into_iter().find(|it| Some(it.name()) == state),
        answers: answers.collect(),
        drift: asked.choice("drift").and_then(Drift::parse),
        drifting: false,
        protocol: asked.choice("protocol").and_then(Protocol::parse),
        role: asked.choice("role").and_then(EndpointRole::parse),
        known_by: Knowledge::ALL
            .into_iter()
            .find(|it| Some(it.name()) == known),
        missed: match asked.choice("missed") {
            None if MISSED_WITH.iter().any(|it| asked.is_given(it)) => None,
            None | Some("no") => Some(false),
            Some("yes") => Some(true),
            Some(_) => None,
        },
        decided_by: asked.choice("decided_by").and_then(DecidedBy::parse),
        // Asked of what endpoints carry, which the store knows.
        carries: Vec::new(),
        attacked: asked.choice("attacked").map(|it| it == "yes"),
        class: asked.choice("attack_class").map(Box::from),
        from: asked
            .choice("from")
            .and_then(Tags::parse)
            .unwrap_or_default(),
        from_country: asked.country("from_country"),
    }
}

/// Who asks for these looks for something that may be there no more, or never was.
const MISSED_WITH: [&str; 4] = ["status", "search", "attacked", "attack_class"];

fn words(answers: &[Word]) -> Vec<&'static str> {
    answers.iter().map(|it| it.0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_sort_is_the_default_one() {
        assert_eq!(SORTS[0].1, EndpointSort::default());
    }

    #[test]
    fn names_begin_at_a_and_numbers_at_the_highest() {
        let asked = Asked::default();
        assert!(!is_descending(&asked, true));
        assert!(is_descending(&asked, false));
    }

    #[test]
    fn every_question_can_be_asked() {
        let text = "authentication=awaiting&anonymous=yes&external=no&encrypted=yes&deprecated=no";
        let asked = Asked::read(text, PARAMS).unwrap();
        let facts = facts(&asked, Timestamp::from_seconds(0));
        let expected = [
            (Question::Authenticated, None),
            (Question::AnonymousAnswered, Some(true)),
            (Question::External, Some(false)),
            (Question::Encrypted, Some(true)),
            (Question::Deprecated, Some(false)),
        ];
        assert_eq!(facts.answers, expected);
    }

    #[test]
    fn every_kind_of_caller_can_be_asked_for() {
        for (tag, name) in Tags::ROLL {
            let asked = Asked::read(&format!("from={name}"), PARAMS).unwrap();
            assert_eq!(facts(&asked, Timestamp::from_seconds(0)).from, *tag);
        }
        let why = Asked::read("from=tro", PARAMS).unwrap_err().detail;
        assert!(why.contains("is one of tor, hosting, vpn"), "{why}");
    }

    #[test]
    fn every_word_of_a_choice_is_understood() {
        let ask = |name: &str, word: &str| {
            let asked = Asked::read(&format!("{name}={word}"), PARAMS).unwrap();
            facts(&asked, Timestamp::from_seconds(0))
        };
        let none = ask("method", "GET");
        for param in PARAMS.iter().skip(6).take(11) {
            let ParamKind::Choice(names) = param.kind else {
                panic!("{} is no choice", param.name);
            };
            for word in names() {
                assert_ne!(ask(param.name, word), none, "{}={word}", param.name);
            }
        }
    }
}
