//! Older stores are brought to this release's schema, newer ones are refused.

use gatewatch_model::info_type::Category;
use gatewatch_model::origin::{Country, Tags};
use gatewatch_model::own::OwnKind;
use gatewatch_model::profile::{Credential, Drift, EndpointRole};
use gatewatch_model::signal::Severity;
use gatewatch_model::{EndpointId, Spot};
use gatewatch_ports::sensitive::DiscoveryQuery;
use gatewatch_ports::signals::SignalQuery;

use super::*;

/// A made-up next step, so that the way from one version to the next is walked before there is
/// one to walk.
static NEXT: Migration = Migration {
    version: 7,
    statements: &[
        "ALTER TABLE collections ADD COLUMN owner {text} NOT NULL DEFAULT ''",
        "UPDATE collections SET owner = name",
    ],
};

static BROKEN: Migration = Migration {
    version: 8,
    statements: &[
        "ALTER TABLE collections ADD COLUMN broken BIGINT",
        "ALTER TABLE no_such_table ADD COLUMN x BIGINT",
    ],
};

const VERSION_1: &str = include_str!("../../../tests/fixtures/version-1.sql");
const VERSION_2: &str = include_str!("../../../tests/fixtures/version-2.sql");
const VERSION_3: &str = include_str!("../../../tests/fixtures/version-3.sql");
const VERSION_4: &str = include_str!("../../../tests/fixtures/version-4.sql");
const VERSION_5: &str = include_str!("../../../tests/fixtures/version-5.sql");
const VERSION_6: &str = include_str!("../../../tests/fixtures/version-6.sql");

/// A store as the release that wrote it left it.
fn fixture(folder: &Path, text: &str) -> std::path::PathBuf {
    let file = folder.join(FILE_NAME);
    let store = Connection::open(&file).unwrap();
    store.execute_batch(text).unwrap();
    file
}

fn version_1(folder: &Path) -> std::path::PathBuf {
    fixture(folder, VERSION_1)
}

/// That of this release with more at the end.
fn roll(more: &[&'static Migration]) -> Vec<&'static Migration> {
    ROLL.iter().chain(more).copied().collect()
}

fn version(engine: &Sqlite) -> u32 {
    engine.read(schema::version).unwrap()
}

#[test]
fn steps_are_as_they_were_released() {
    let tables = |engine: &Sqlite| {
        let sql = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name";
        let texts = |session: &dyn crate::Session| {
            crate::engine::all(session, sql, &[], |row| row.text(0).map(str::to_owned))
        };
        engine.read(texts).unwrap()
    };
    let released = [
        VERSION_1, VERSION_2, VERSION_3, VERSION_4, VERSION_5, VERSION_6,
    ];
    for (steps, text) in (1..).zip(released) {
        let folder = TempDir::new().unwrap();
        let released = Sqlite::open(&fixture(folder.path(), text)).unwrap();
        let today = Sqlite::open(&folder.path().join("today.db")).unwrap();
        schema::migrate(&today, &ROLL[..steps]).unwrap();
        assert_eq!(tables(&released), tables(&today), "version {steps}");
    }
}

#[test]
fn a_store_of_version_1_is_read() {
    let folder = TempDir::new().unwrap();
    version_1(folder.path());
    let store = SqliteStore::open(folder.path()).unwrap();
    assert_eq!(version(&store.engine), schema::known(ROLL));
    let all = EndpointQuery {
        descending: true,
        limit: 10,
        ..EndpointQuery::default()
    };
    let page = store.endpoints(&all).unwrap();
    assert_eq!(page.total, 2);
    assert_eq!(&*page.items[0].row.template, "/orders/{id}");
    assert_eq!(page.items[0].row.statuses, [(200, 41), (404, 1)]);
    assert_eq!(page.items[0].row.latency_micros.p95, 12_500);
    let loaded = store.load(Stage::Exchanges, Partition(3)).unwrap();
    assert_eq!(loaded.effects_position, Position(43));
    assert_eq!(loaded.snapshot.unwrap().bytes, b"state");
    assert_eq!(store.controls(10).unwrap().len(), 1);
    let everything = gatewatch_ports::store::RollupQuery {
        scope: "/".into(),
        collection: None,
        endpoint: None,
        from: Timestamp::ZERO,
        to: Timestamp::parse("2026-11-22T00:00:00Z").unwrap(),
        step: gatewatch_model::rollup::Step::Day,
    };
    let days = store.rollup(&everything).unwrap();
    assert_eq!(
        days.iter().map(|it| it.1.calls()).collect::<Vec<_>>(),
        [5, 42]
    );
}

#[test]
fn an_older_store_is_kept_and_moved() {
    let folder = TempDir::new().unwrap();
    let file = version_1(folder.path());
    let engine = Sqlite::open(&file).unwrap();
    schema::migrate(&engine, &roll(&[&NEXT])).unwrap();
    assert_eq!(version(&engine), 7);
    let owners = engine.read(|session| {
        crate::engine::all(session, "SELECT owner FROM collections", &[], |row| {
            row.text(0).map(str::to_owned)
        })
    });
    assert_eq!(owners.unwrap(), ["contoso/orders"]);
    let kept = folder.path().join("gatewatch.db.before-7");
    assert_eq!(SqliteStore::verify(&kept).unwrap().schema, 1);
}

#[test]
fn a_step_that_fails_leaves_the_store_as_it_was() {
    let folder = TempDir::new().unwrap();
    let engine = Sqlite::open(&version_1(folder.path())).unwrap();
    assert!(schema::migrate(&engine, &roll(&[&NEXT, &BROKEN])).is_err());
    assert_eq!(version(&engine), 1);
    drop(engine);
    // The copy of the first try does not stop the second.
    let engine = Sqlite::open(&folder.path().join(FILE_NAME)).unwrap();
    assert!(schema::migrate(&engine, &roll(&[&NEXT, &BROKEN])).is_err());
    schema::migrate(&engine, &roll(&[&NEXT])).unwrap();
    assert_eq!(version(&engine), 7);
}

#[test]
fn a_newer_store_is_refused_untouched() {
    let folder = TempDir::new().unwrap();
    let file = version_1(folder.path());
    let engine = Sqlite::open(&file).unwrap();
    schema::migrate(&engine, &roll(&[&NEXT])).unwrap();
    drop(engine);
    let expected = |error| {
        let StoreError::TooNew { found, known } = error else {
            panic!("{error}");
        };
        assert_eq!((found, known), (7, 6));
    };
    expected(SqliteStore::open(folder.path()).map(drop).unwrap_err());
    expected(SqliteStore::verify(&file).map(drop).unwrap_err());
}

#[test]
fn a_store_of_today_is_not_copied() {
    let folder = TempDir::new().unwrap();
    for _ in 0..2 {
        drop(SqliteStore::open(folder.path()).unwrap());
    }
    let names = fs::read_dir(folder.path()).unwrap();
    assert_eq!(names.count(), 1, "the store alone");
}

#[test]
fn a_store_of_version_2_is_read() {
    let folder = TempDir::new().unwrap();
    fixture(folder.path(), VERSION_2);
    let store = SqliteStore::open(folder.path()).unwrap();
    let item = store.endpoint(EndpointId([1; 16])).unwrap().unwrap();
    let facts = &item.row.facts;
    assert_eq!(
        (facts.drift, facts.role),
        (Some(Drift::Different), EndpointRole::Admin)
    );
    assert_eq!(facts.decisions[0].confidence, 95);
    assert!(facts.credentials.contains(Credential::Basic));
    assert_eq!(facts.external.yes, 1);
    // A row that version 1 wrote and version 2 did not touch.
    let older = store.endpoint(EndpointId([2; 16])).unwrap().unwrap();
    assert!(older.row.facts.known_by.traffic);
    let profile = store.profile(item.row.id).unwrap().unwrap();
    assert_eq!(&*profile.members[0].path, "cards[].number");
    assert_eq!(profile.members[0].range, Some((-0.5, 1e9)));
    let collection = store.collection(item.row.collection).unwrap().unwrap();
    assert_eq!(collection.definition, Some(("Orders".into(), "1.2".into())));
    let home = store.collection_home(collection.id).unwrap();
    assert_eq!(home, Some(Partition(3)));
    let document = store.document(collection.id).unwrap().unwrap();
    assert_eq!(document, b"{\"openapi\":\"3.1.0\"}");
    let definition = store.definition(collection.id).unwrap().unwrap();
    assert_eq!((&*definition.title, definition.operations), ("Orders", 1));
    assert_eq!(
        &*store.pins(collection.id).unwrap()[0].template,
        "/orders/latest"
    );
    assert_eq!(store.controls(10).unwrap().len(), 3);
}

#[test]
fn a_store_of_version_3_is_read() {
    let folder = TempDir::new().unwrap();
    fixture(folder.path(), VERSION_3);
    let store = SqliteStore::open(folder.path()).unwrap();
    let item = store.endpoint(EndpointId([1; 16])).unwrap().unwrap();
    let carried = &item.row.facts.sensitive[0];
    assert_eq!(
        (&*carried.info_type, carried.spot, carried.hits),
        ("credit-card", Spot::ResponseBody, 41)
    );
    assert_eq!(&*carried.places[0], "cards[].number");
    let profile = store.profile(item.row.id).unwrap().unwrap();
    let hit = &profile.members[0].hits[0];
    assert_eq!((hit.category, hit.values), (Category::Finance, 42));
    // A row that version 2 wrote and version 3 did not touch.
    let older = store.endpoint(EndpointId([2; 16])).unwrap().unwrap();
    assert!(older.row.facts.sensitive.is_empty());
    let query = DiscoveryQuery {
        limit: 10,
        ..DiscoveryQuery::default()
    };
    let page = store.discoveries(&query).unwrap();
    let discovery = &page.items[0].discovery;
    assert_eq!((page.total, &*discovery.path), (1, "cards[].number"));
    assert_eq!((discovery.confidence, discovery.grounds.0), (99, 3));
    let said = store.sensitivity().unwrap();
    assert_eq!((&*said[0].scope, said[0].revision), ("/", 4));
    assert_eq!(said[0].sensitivity.labels[0].order, 3);
    assert_eq!(
        said[0].sensitivity.switch("phone", Category::Pii),
        Some(false)
    );
    let own = store.own(OwnKind::InfoTypes).unwrap().unwrap();
    assert_eq!((&*own.files[0].0, own.revision), ("badge.toml", 5));
    assert_eq!(store.controls(10).unwrap().len(), 5);
}

#[test]
fn a_store_of_version_4_is_read() {
    let folder = TempDir::new().unwrap();
    fixture(folder.path(), VERSION_4);
    let store = SqliteStore::open(folder.path()).unwrap();
    let item = store.endpoint(EndpointId([1; 16])).unwrap().unwrap();
    let signals = &item.row.facts.signals;
    assert_eq!((signals.attacks, signals.answered), (3, 1));
    let sqli = &signals.classes[0];
    assert_eq!((&*sqli.class, sqli.severity), ("sqli", Severity::High));
    assert_eq!(sqli.detections, [("injection.sql".into(), 3)]);
    // A row that version 3 wrote and version 4 did not touch.
    let older = store.endpoint(EndpointId([2; 16])).unwrap().unwrap();
    assert!(older.row.facts.signals.is_empty());
    let collection = store.collection(item.row.collection).unwrap().unwrap();
    assert_eq!(collection.signals, *signals);
    let sums = store.signals(&SignalQuery::default()).unwrap();
    assert_eq!((sums.attacks, sums.classes[0].endpoints), (3, 1));
    let said = store.vigilance().unwrap();
    assert_eq!((&*said[0].scope, said[0].revision), ("/contoso", 6));
    assert_eq!(said[0].vigilance.attack, Some(90));
    assert_eq!(
        said[0].vigilance.switch("probe.agent", "user-agent"),
        Some(false)
    );
    assert_eq!(store.controls(10).unwrap().len(), 6);
}

#[test]
fn a_store_of_version_5_is_read() {
    let folder = TempDir::new().unwrap();
    fixture(folder.path(), VERSION_5);
    let store = SqliteStore::open(folder.path()).unwrap();
    for (kind, revision) in OwnKind::ALL.into_iter().zip([5, 7]) {
        let own = store.own(kind).unwrap().unwrap();
        assert_eq!((&*own.files[0].0, own.revision), ("badge.toml", revision));
    }
}

#[test]
fn a_store_of_version_6_is_read() {
    let folder = TempDir::new().unwrap();
    fixture(folder.path(), VERSION_6);
    let store = SqliteStore::open(folder.path()).unwrap();
    let item = store.endpoint(EndpointId([1; 16])).unwrap().unwrap();
    let origins = &item.row.facts.origins;
    assert_eq!(origins.tags, Tags::TOR);
    let countries = origins.countries.iter().map(Country::code);
    assert_eq!(countries.collect::<Vec<_>>(), ["DE", "US"]);
    // A row that version 5 wrote and version 6 did not touch.
    let older = store.endpoint(EndpointId([2; 16])).unwrap().unwrap();
    assert!(older.row.facts.origins.countries.is_empty());
    let mut from = EndpointQuery {
        limit: 10,
        ..EndpointQuery::default()
    };
    from.facts.from_country = Country::parse("US");
    assert_eq!(store.endpoints(&from).unwrap().total, 1);
}
