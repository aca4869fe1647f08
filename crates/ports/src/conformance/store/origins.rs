//! Endpoints by where their callers are.

use gatewatch_model::effects::{Effects, EndpointRow};
use gatewatch_model::origin::{Country, OriginFacts, Tags};
use gatewatch_model::profile::EndpointFacts;

use super::Maker;
use super::samples::{all_endpoints, collection, endpoint, templates, write};
use crate::facts::FactQuery;
use crate::store::EndpointQuery;

fn called(number: u8, tags: Tags, countries: &[&str]) -> EndpointRow {
    let countries = countries.iter().filter_map(|it| Country::parse(it));
    EndpointRow {
        facts: EndpointFacts {
            origins: OriginFacts {
                tags,
                countries: countries.collect(),
            },
            ..EndpointFacts::default()
        },
        ..endpoint(number, &format!("/{number}"))
    }
}

pub fn called_from(maker: &mut dyn Maker) {
    let store = maker.make();
    let both = Tags(Tags::BOT_FALSE.0 | Tags::TOR.0);
    let effects = Effects {
        collections: vec![collection(1, "/", "api.example")],
        endpoints: vec![
            called(1, both, &["DE", "US"]),
            called(2, Tags::BOT, &["US"]),
            called(3, Tags::default(), &[]),
        ],
        ..Effects::default()
    };
    write(&*store, effects);
    for (from, country, expected) in [
        (Tags::TOR, None, &["/1"][..]),
        (Tags::BOT, None, &["/2"]),
        (both, None, &["/1"]),
        (Tags::VPN, None, &[]),
        (Tags::default(), Some("US"), &["/1", "/2"]),
        (Tags::TOR, Some("DE"), &["/1"]),
        (Tags::BOT, Some("DE"), &[]),
        (Tags::default(), Some("FR"), &[]),
    ] {
        let query = EndpointQuery {
            facts: FactQuery {
                from,
                from_country: country.and_then(Country::parse),
                ..FactQuery::default()
            },
            ..all_endpoints()
        };
        let mut found = templates(&*store, &query);
        found.sort_unstable();
        assert_eq!(found, expected, "{from:?} {country:?}");
    }
}
