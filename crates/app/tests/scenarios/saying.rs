//! What people say of sensitive information, in the real binary: an owner switches types off and
//! on by scope, labels them, brings own ones, and all of it is told afterwards.

use serde_json::{Value, json};

use crate::running::{Running, until};
use crate::sensitive::{BADGE, lines, types};

const SENSITIVITY: &str = "/api/v1/sensitivity";
const OWN: &str = "/api/v1/info-types/own";

/// A server and the token of its owner.
struct Owned {
    server: Running,
    owner: String,
}

impl Owned {
    fn put(&self, path: &str, body: &Value) -> (u16, Value) {
        let said = body.to_string();
        let headers = [("content-type", "application/json")];
        let answer = self
            .server
            .request("PUT", path, &self.owner, &headers, &said);
        (answer.status, serde_json::from_str(&answer.body).unwrap())
    }

    /// Says it, and waits until all partitions have heard it.
    fn say(&self, path: &str, body: &Value) {
        let (status, sent) = self.put(path, body);
        assert_eq!(status, 202, "{sent}");
        self.applied(&sent);
    }

    fn applied(&self, sent: &Value) {
        assert_eq!(sent["actor"], "Ada");
        let path = format!("/api/v1/controls/{}", sent["revision"]);
        until("the control", || {
            (self.server.get(&path)["applied"] == true).then_some(())
        });
    }

    fn delete(&self, path: &str) -> (u16, Value) {
        let answer = self.server.request("DELETE", path, &self.owner, &[], "");
        (answer.status, serde_json::from_str(&answer.body).unwrap())
    }

    fn refused(&self, path: &str, body: &Value) -> String {
        let (status, problem) = self.put(path, body);
        assert_eq!(status, 400, "{problem}");
        problem["detail"].as_str().unwrap().to_owned()
    }

    fn ask(&self, path: &str) -> Value {
        let answer = self.server.request("GET", path, &self.owner, &[], "");
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        serde_json::from_str(&answer.body).unwrap()
    }

    /// A type as it is told in a scope.
    fn told(&self, scope: &str, id: &str) -> Value {
        let all = self.ask(&format!("/api/v1/info-types?limit=1000&scope={scope}"));
        let mut types = all["items"].as_array().unwrap().iter();
        types.find(|it| it["id"] == id).cloned().unwrap_or_default()
    }

    fn ingest_token(&self, name: &str) -> String {
        let headers = [("content-type", "application/json")];
        let body = json!({ "name": name, "role": "ingest", "scope": format!("/{name}") });
        let path = "/api/v1/tokens";
        let made = self
            .server
            .request("POST", path, &self.owner, &headers, &body.to_string());
        assert_eq!(made.status, 201, "{}", made.body);
        let made: Value = serde_json::from_str(&made.body).unwrap();
        made["token"].as_str().unwrap().to_owned()
    }

    fn actions(&self) -> Vec<(String, String)> {
        let audit = self.ask("/api/v1/audit?limit=100");
        let items = audit["items"].as_array().unwrap().iter();
        let adas = items.filter(|it| it["actor"] == "Ada" && it["address"] == "127.0.0.1");
        let text = |it: &Value| it.as_str().unwrap().to_owned();
        adas.map(|it| (text(&it["action"]), text(&it["subject"])))
            .collect()
    }
}

fn owned(folder: &std::path::Path) -> Owned {
    let server = Running::serve(folder);
    let owner = server.owner("Ada");
    Owned { server, owner }
}

#[test]
fn types_are_off_and_on_by_scope() {
    let folder = tempfile::tempdir().unwrap();
    let owned = owned(folder.path());
    let (shop, bank) = (owned.ingest_token("shop"), owned.ingest_token("bank"));
    let ingest = |token: &str, path: &str| {
        owned
            .server
            .ingest_as(token, &format!("edge-{}/1", &path[1..]), &lines(path));
        types(&owned.server, path)
    };
    assert_eq!(ingest(&shop, "/one"), ["credit-card"]);
    let in_shop = format!("{SENSITIVITY}?scope=/shop");
    owned.say(&in_shop, &json!({ "categories": { "finance": false } }));
    assert!(types(&owned.server, "/one").is_empty());
    assert!(ingest(&shop, "/two").is_empty());
    assert_eq!(ingest(&bank, "/three"), ["credit-card"]);
    assert_eq!(owned.told("/shop/till", "credit-card")["on"], false);
    assert_eq!(owned.told("/bank", "credit-card")["on"], true);
    // A type outranks its category.
    let said = json!({ "categories": { "finance": false }, "types": { "credit-card": true } });
    owned.say(&in_shop, &said);
    assert_eq!(types(&owned.server, "/one"), ["credit-card"]);
    assert_eq!(ingest(&shop, "/four"), ["credit-card"]);
    let listed = owned.ask(SENSITIVITY);
    assert_eq!(listed["items"][0]["said"]["types"]["credit-card"], true);
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    let said = owned.actions();
    let said = said.iter().filter(|it| it.0 == "control.classify");
    assert_eq!(said.count(), 2, "{:?}", owned.actions());
}

#[test]
fn a_threshold_changes_what_counts() {
    let folder = tempfile::tempdir().unwrap();
    let owned = owned(folder.path());
    owned.server.ingest("edge/1", &lines("/one"));
    let sensitive = || owned.ask("/api/v1/endpoints?sensitive=yes")["total"].clone();
    assert_eq!(sensitive(), 1);
    let said = |threshold: u32| {
        json!({
            "labels": { "General": 1, "Secret": 3 },
            "category_labels": { "finance": "General" },
            "threshold_order": threshold,
        })
    };
    for (threshold, counts) in [(2, false), (1, true)] {
        owned.say(SENSITIVITY, &said(threshold));
        assert_eq!(sensitive(), u32::from(counts));
        let card = owned.told("/", "credit-card");
        assert_eq!(
            (&card["counts"], &card["label"]),
            (&json!(counts), &json!("General"))
        );
        let data = owned.ask("/api/v1/sensitive-data");
        assert_eq!(data["items"][0]["counts"], counts, "{data}");
    }
    assert_eq!(owned.ask("/api/v1/endpoints?label=General")["total"], 1);
    assert_eq!(owned.ask("/api/v1/endpoints?label=Secret")["total"], 0);
}

#[test]
fn what_is_wrong_is_refused_with_its_place_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let owned = owned(folder.path());
    let why = owned.refused(SENSITIVITY, &json!({ "types": { "credit-crad": false } }));
    assert!(why.contains("`credit-card`"), "{why}");
    let below = format!("{SENSITIVITY}?scope=/shop");
    let why = owned.refused(&below, &json!({ "threshold_order": 1 }));
    assert!(why.contains("said of `/`"), "{why}");
    let wrong = BADGE.replace("category = 'custom'", "category = 'costum'");
    let why = owned.refused(OWN, &json!({ "files": { "badge.toml": wrong } }));
    assert!(
        why.starts_with("badge.toml:3: category: no category is named `costum`"),
        "{why}"
    );
    let wrong = BADGE.replace("pattern", "patern");
    let why = owned.refused(OWN, &json!({ "files": { "badge.toml": wrong } }));
    assert!(
        why.starts_with("badge.toml:5: patern: ") && why.ends_with("`pattern`?"),
        "{why}"
    );
    assert!(
        owned
            .actions()
            .iter()
            .all(|it| !it.0.starts_with("control"))
    );
    let reader = owned.server.token("read-token");
    for path in [SENSITIVITY, OWN] {
        assert_eq!(
            owned.server.request("PUT", path, &reader, &[], "{}").status,
            403
        );
    }
}

#[test]
fn a_type_is_off_for_one_collection_and_stays_so() {
    let folder = tempfile::tempdir().unwrap();
    let owned = owned(folder.path());
    let bank = lines("/two").replace("shop.example", "bank.example");
    owned.server.ingest("edge/1", &(lines("/one") + &bank));
    let told = || (types(&owned.server, "/one"), types(&owned.server, "/two"));
    let card = || vec!["credit-card".to_owned()];
    assert_eq!(told(), (card(), card()));
    let shop = owned.ask("/api/v1/collections?search=shop")["items"][0]["id"].clone();
    let shop = shop.as_str().unwrap();
    let of_shop = format!("{SENSITIVITY}?collection={shop}");
    owned.say(
        &of_shop,
        &json!({ "type_confidences": { "credit-card": 55 } }),
    );
    assert_eq!(told(), (card(), card()), "it is surer than that");
    let off = json!({ "types": { "credit-card": false } });
    owned.say(&of_shop, &off);
    assert_eq!(told(), (vec![], card()));
    let listed = owned.ask(SENSITIVITY);
    let listed = listed["items"].as_array().unwrap();
    let places = listed.iter().map(|it| (&it["scope"], &it["collection_id"]));
    assert_eq!(places.collect::<Vec<_>>(), [(&json!("/"), &json!(shop))]);
    let of = |query: &str| {
        let all = owned.ask(&format!("/api/v1/info-types?limit=1000{query}"));
        let mut all = all["items"].as_array().unwrap().iter();
        let card = all.find(|it| it["id"] == "credit-card");
        card.map(|it| (it["on"] == true, it["confidence_min"].clone()))
    };
    assert_eq!(of(&format!("&collection={shop}")), Some((false, json!(50))));
    assert_eq!(of(""), Some((true, json!(50))));
    let both = owned.refused(&format!("{of_shop}&scope=/a"), &off);
    assert!(both.contains("one of `scope` and `collection`"), "{both}");
    let nobodys = format!("{SENSITIVITY}?collection={}", "0".repeat(32));
    assert_eq!(owned.put(&nobodys, &off).0, 404);
    owned.server.terminate();
    let server = Running::serve(folder.path());
    server.ingest("edge/2", &(lines("/one") + &bank));
    assert!(types(&server, "/one").is_empty());
    assert_eq!(types(&server, "/two"), card());
}

#[test]
fn own_types_come_and_go() {
    let folder = tempfile::tempdir().unwrap();
    let owned = owned(folder.path());
    owned.say(OWN, &json!({ "files": { "badge.toml": BADGE } }));
    owned.server.ingest("edge/1", &lines("/one"));
    assert_eq!(types(&owned.server, "/one"), ["badge", "credit-card"]);
    let kept = owned.ask(OWN);
    assert_eq!(kept["files"]["badge.toml"], BADGE);
    assert_eq!(kept["actor"], "Ada");
    let badge = owned.told("/", "badge");
    assert_eq!(
        (&badge["own"], &badge["category"]),
        (&json!(true), &json!("custom"))
    );
    // The same by a list of words.
    let listed = BADGE.replace("pattern = 'BDG-\\d{6}'", "words_file = 'badges.txt'");
    let words = json!({ "badge.toml": listed, "badges.txt": "BDG-123456\nBDG-481516\n" });
    owned.say(OWN, &json!({ "files": words }));
    owned.server.ingest("edge/2", &lines("/two"));
    assert_eq!(types(&owned.server, "/two"), ["badge", "credit-card"]);
    let tokens = json!({ "badge.toml": listed, "badges.txt": "gatewatch-tokens 1\n" });
    let why = owned.refused(OWN, &json!({ "files": tokens }));
    assert!(
        why.starts_with("badges.txt: ") && why.contains("scan --catalogue"),
        "{why}"
    );
    owned.say(OWN, &json!({ "files": {} }));
    assert_eq!(types(&owned.server, "/one"), ["credit-card"]);
    assert_eq!(owned.told("/", "badge"), Value::Null);
    let brought = owned.actions();
    let brought = brought.iter().filter(|it| it.0 == "control.info-types");
    assert_eq!(brought.count(), 3, "{:?}", owned.actions());
}

const OWN_DETECTIONS: &str = "/api/v1/detections/own";

const TESTING: &str = "id = 'own.card-testing'\nclass = 'fraud'\ntitle = 'Card testing'\n\
    severity = 'medium'\nwhy = 'Somebody tries stolen cards.'\nrespond = []\n\
    [[rules]]\nid = 'test-page'\npattern = '/try-card/\\d+'\non = ['path']\nconfidence = 85\n\
    fires = ['/try-card/1']\nquiet = ['/cards/1']\n";

const FRAUD: &str = "[[class]]\nid = 'fraud'\ntitle = 'Fraud'\nowasp = []\nmitre = []\n";

/// How many attacks the detection has seen.
fn seen(server: &Running, detection: &str) -> u64 {
    let told = server.get("/api/v1/signals");
    let classes = told["items"].as_array().unwrap().iter();
    let detections = classes.flat_map(|it| it["detections"].as_array().unwrap());
    let of = detections.filter(|it| it["detection"] == detection);
    of.map(|it| it["exchanges"].as_u64().unwrap()).sum()
}

#[test]
fn own_detections_come_and_go() {
    let folder = tempfile::tempdir().unwrap();
    let mut owned = owned(folder.path());
    let files = json!({ "fraud/testing.toml": TESTING, "classes.toml": FRAUD });
    owned.server.ingest("edge/1", &lines("/try-card/1"));
    assert_eq!(seen(&owned.server, "own.card-testing"), 0);
    owned.say(OWN_DETECTIONS, &json!({ "files": files }));
    owned.server.ingest("edge/2", &lines("/try-card/1"));
    assert_eq!(seen(&owned.server, "own.card-testing"), 8);
    let card = owned.ask("/api/v1/detections/own.card-testing");
    assert_eq!(
        (&card["own"], &card["on"], &card["class_title"]),
        (&json!(true), &json!(true), &json!("Fraud"))
    );
    assert_eq!(owned.ask("/api/v1/detections?class=fraud")["total"], 1);

    // They are state: a restart looks with them.
    assert!(owned.server.terminate().success());
    owned.server = Running::serve(folder.path());
    owned.server.ingest("edge/3", &lines("/try-card/1"));
    assert_eq!(seen(&owned.server, "own.card-testing"), 16);
    let kept = owned.ask(OWN_DETECTIONS);
    assert_eq!((&kept["files"], &kept["actor"]), (&files, &json!("Ada")));
    // What is said of scopes may name them.
    let off = json!({ "detections": { "own.card-testing": false } });
    owned.say("/api/v1/vigilance", &off);
    owned.server.ingest("edge/4", &lines("/try-card/1"));
    assert_eq!(seen(&owned.server, "own.card-testing"), 16);
    owned.say("/api/v1/vigilance", &json!({}));

    let answer = owned.delete(OWN_DETECTIONS);
    assert_eq!(answer.0, 202, "{answer:?}");
    owned.applied(&answer.1);
    owned.server.ingest("edge/5", &lines("/try-card/1"));
    assert_eq!(seen(&owned.server, "own.card-testing"), 16);
    assert_eq!(owned.delete(OWN_DETECTIONS).0, 404);
    assert_eq!(owned.ask(OWN_DETECTIONS)["files"], json!({}));
    assert_eq!(owned.ask("/api/v1/detections?class=fraud")["total"], 0);
    let brought = owned.actions();
    let brought = brought.iter().filter(|it| it.0 == "control.detections");
    assert_eq!(brought.count(), 2, "{:?}", owned.actions());
}

#[test]
fn own_detections_that_are_wrong_are_refused_with_their_place() {
    let folder = tempfile::tempdir().unwrap();
    let owned = owned(folder.path());
    for (from, to, why) in [
        (
            "class = 'fraud'",
            "class = 'fraudd'",
            "testing.toml:2: class: `fraudd` is not in classes.toml; did you mean `fraud`?",
        ),
        ("pattern", "patern", "did you mean `pattern`?"),
        ("/cards/1", "/try-card/1", "testing.toml:13: quiet: "),
        (
            "own.card-testing",
            "injection.sql",
            "testing.toml:1: id: another",
        ),
    ] {
        let wrong = TESTING.replacen(from, to, 1);
        let files = json!({ "testing.toml": wrong, "classes.toml": FRAUD });
        let told = owned.refused(OWN_DETECTIONS, &json!({ "files": files }));
        assert!(told.contains(why), "{told}");
    }
    assert_eq!(owned.delete(OWN_DETECTIONS).0, 404);
}

#[test]
fn a_folder_brings_detections_and_types() {
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join("own");
    std::fs::create_dir_all(own.join("detections")).unwrap();
    std::fs::create_dir_all(own.join("info-types")).unwrap();
    std::fs::write(own.join("info-types/badge.toml"), BADGE).unwrap();
    std::fs::write(own.join("detections/classes.toml"), FRAUD).unwrap();
    std::fs::write(own.join("detections/testing.toml"), TESTING).unwrap();
    let key = format!("catalogue={}", own.display());
    let args = ["serve", "--listen", "127.0.0.1:0", "--set", &key];
    for batch in 1..=2 {
        let server = Running::start(folder.path(), &args);
        server.ingest(&format!("edge/{batch}"), &lines("/try-card/1"));
        assert_eq!(seen(&server, "own.card-testing"), 8 * batch);
        let controls = server.get("/api/v1/controls");
        assert_eq!(controls["items"].as_array().unwrap().len(), 2, "{controls}");
        assert!(server.terminate().success());
    }
}
