//! Every route against every kind of token: what the roll says is what happens.

use axum::body::Body;
use axum::http::StatusCode;
use gatewatch_model::EndpointId;
use gatewatch_model::effects::Effects;
use gatewatch_ports::store::Role;
use serde_json::{Value, json};

use super::definitions::SHOP;
use super::facts::profile;
use super::house::{House, Told, exchanges};
use crate::openapi;
use crate::routes::{self, Gate, Route, Scoped};

/// A house with things of scope `/shop` in it, and examples of every request.
struct Walk {
    house: House,
    collection: String,
    endpoint: String,
    count: usize,
    document: Value,
}

/// How a route is asked, and what it answers to whoever may.
const OWN: &str = r#"{"files":{}}"#;
const LIST: &str = r#"{"files":{"words.txt":"gold"}}"#;
const CLASS: &str = r#"{"files":{"classes.toml":"[[class]]\nid = 'fraud'\ntitle = 'Fraud'\nowasp = []\nmitre = []\n"}}"#;

struct Example {
    path: String,
    body: Body,
    status: u16,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_route_lets_in_whom_the_roll_says_and_nobody_else() {
    let mut walk = Walk::begin().await;
    for route in routes::all() {
        walk.without_valid_token(route).await;
        for role in Role::ALL {
            walk.with_role(route, role).await;
            walk.of_another_scope(route, role).await;
        }
    }
}

impl Walk {
    async fn begin() -> Walk {
        let house = House::open();
        let ingest = house.token(Role::Ingest, "/shop");
        house.bring(&ingest, &exchanges(&["GET /stable 200"])).await;
        let owner = house.token(Role::Owner, "/");
        let endpoint = &house.get("/api/v1/endpoints", &owner).await.json()["items"][0];
        assert_eq!(endpoint["scope"], "/shop", "{endpoint}");
        let (collection, endpoint) = (text(&endpoint["collection_id"]), text(&endpoint["id"]));
        house.learn(Effects {
            profiles: vec![profile(EndpointId::parse(&endpoint).unwrap())],
            ..Effects::default()
        });
        let body = forget(&house, "forgotten").await;
        let gone = house.post("/api/v1/controls", &owner, body).await;
        assert_eq!(gone.status, StatusCode::ACCEPTED, "{}", gone.text);
        Walk {
            house,
            collection,
            endpoint,
            count: 0,
            document: openapi::document(),
        }
    }

    async fn without_valid_token(&mut self, route: &Route) {
        let expired = self
            .house
            .token_until(Role::Owner, "/", Some(self.house.actor().at));
        let revoked = self.house.token(Role::Owner, "/");
        let id = self.house.token_id(&revoked);
        assert!(
            self.house
                .store
                .revoke_token(&id, &self.house.actor())
                .unwrap()
        );
        for token in [
            None,
            Some(expired.as_str()),
            Some(revoked.as_str()),
            Some("gw_o_made-up"),
        ] {
            let told = self.ask(route, token).await;
            let refused = told.status == StatusCode::UNAUTHORIZED;
            assert_eq!(
                refused,
                route.gate.asks_for_token(),
                "{} {token:?} {told:?}",
                route.path
            );
        }
    }

    async fn with_role(&mut self, route: &Route, role: Role) {
        let token = self.house.token(role, "/");
        let (status, told) = self.ask_knowing(route, Some(&token)).await;
        if route.gate.lets_in(role) {
            expect(route, status, &told);
            self.is_as_described(route, &told);
        } else {
            assert_eq!(
                told.status,
                StatusCode::FORBIDDEN,
                "{role:?} {} {told:?}",
                route.path
            );
        }
    }

    async fn of_another_scope(&mut self, route: &Route, role: Role) {
        // Nothing is ever sent to the scope that reads.
        let scope = if route.scope == Scoped::Stamp {
            "/sends"
        } else {
            "/empty"
        };
        let token = self.house.token(role, scope);
        let (status, told) = self.ask_knowing(route, Some(&token)).await;
        let place = format!("{role:?} of {scope} {} {told:?}", route.path);
        if !route.gate.lets_in(role) {
            assert_eq!(told.status, StatusCode::FORBIDDEN, "{place}");
            return;
        }
        match route.scope {
            Scoped::Nothing | Scoped::Stamp => expect(route, status, &told),
            Scoped::Whole => assert_eq!(told.status, StatusCode::FORBIDDEN, "{place}"),
            Scoped::Item => assert_eq!(told.status, StatusCode::NOT_FOUND, "{place}"),
            Scoped::List => {
                assert_eq!(told.status, StatusCode::OK, "{place}");
                // A type that everybody is told of is named like what only some are.
                let text = told.text.replace("shopify-token", "");
                assert!(!text.contains("shop"), "{place}");
            }
        }
    }

    async fn ask(&mut self, route: &Route, token: Option<&str>) -> Told {
        self.ask_knowing(route, token).await.1
    }

    async fn ask_knowing(&mut self, route: &Route, token: Option<&str>) -> (u16, Told) {
        let Example { path, body, status } = self.example(route).await;
        let method = route.verb.name().to_uppercase();
        (status, self.house.ask(&method, &path, token, body).await)
    }

    async fn example(&mut self, route: &Route) -> Example {
        self.count += 1;
        if let Some(special) = self.special(route).await {
            return special;
        }
        let Walk {
            house,
            collection,
            endpoint,
            count,
            ..
        } = self;
        let plain = |path: &str| Example {
            path: path.to_owned(),
            body: Body::empty(),
            status: 200,
        };
        match route.operation.id {
            "showSetup" => Example {
                status: 403,
                ..plain("/setup?code=wrong")
            },
            "makeOwner" => Example {
                body: "code=wrong&name=me".into(),
                status: 403,
                ..plain("/setup")
            },
            "sendExchanges" => Example {
                body: exchanges(&["GET /sent 200"]).into(),
                ..plain(route.path)
            },
            "sendControl" => {
                let body = forget(house, &format!("fresh-{count}")).await;
                Example {
                    body: body.into(),
                    status: 202,
                    ..plain(route.path)
                }
            }
            "addToken" => {
                let body =
                    json!({ "name": format!("made {count}"), "role": "reader", "scope": "/shop" });
                Example {
                    body: body.to_string().into(),
                    status: 201,
                    ..plain(route.path)
                }
            }
            "revokeToken" => {
                let id = house.token_id(&house.token(Role::Reader, "/shop"));
                Example {
                    status: 204,
                    ..plain(&route.path.replace("{id}", &id))
                }
            }
            _ => {
                let path = route
                    .path
                    .replace("collections/{id}", &format!("collections/{collection}"))
                    .replace("endpoints/{id}", &format!("endpoints/{endpoint}"))
                    .replace("controls/{revision}", "controls/1");
                let known = !path.contains('{');
                assert!(known, "{} needs an example", route.operation.id);
                plain(&path)
            }
        }
    }

    async fn special(&self, route: &Route) -> Option<Example> {
        match self.upload(route).await {
            Some(upload) => Some(upload),
            None => self.said(route).await,
        }
    }

    /// Of routes about definitions.
    async fn upload(&self, route: &Route) -> Option<Example> {
        let (path, status) = match route.operation.id {
            "addDefinition" => ("/api/v1/definitions?host=uploaded.example".to_owned(), 202),
            "putDefinition" => (route.path.replace("{id}", &self.collection), 202),
            "compareDefinition" => (route.path.replace("{id}", &self.collection), 200),
            "getDifference" => {
                let admin = self.house.token(Role::SecurityAdmin, "/shop");
                let uri = format!("/api/v1/collections/{}/definition", self.collection);
                let told = self.house.ask("PUT", &uri, Some(&admin), SHOP.into()).await;
                assert_eq!(told.status, StatusCode::ACCEPTED, "{}", told.text);
                (route.path.replace("{id}", &self.collection), 200)
            }
            "getDefinition" => (route.path.replace("{id}", &define(&self.house).await), 200),
            "dropDefinition" => (route.path.replace("{id}", &define(&self.house).await), 202),
            _ => return None,
        };
        Some(Example {
            path,
            body: SHOP.into(),
            status,
        })
    }

    /// Of routes about sensitive information.
    async fn said(&self, route: &Route) -> Option<Example> {
        let (body, status) = match route.operation.id {
            "putSensitivity" => (r#"{"categories":{"other":false}}"#, 202),
            "putVigilance" => (r#"{"attack":90}"#, 202),
            "getDetection" => {
                let path = route.path.replace("{id}", "injection.sql");
                return Some(Example {
                    path,
                    body: "".into(),
                    status: 200,
                });
            }
            "putOwnInfoTypes" | "putOwnDetections" => (OWN, 202),
            "getOwnInfoTypes" | "getOwnDetections" => {
                self.bring(route.path, OWN).await;
                ("", 200)
            }
            "dropOwnInfoTypes" => {
                self.bring(route.path, LIST).await;
                ("", 202)
            }
            "dropOwnDetections" => {
                self.bring(route.path, CLASS).await;
                ("", 202)
            }
            _ => return None,
        };
        Some(Example {
            path: route.path.to_owned(),
            body: body.into(),
            status,
        })
    }

    async fn bring(&self, path: &str, files: &'static str) {
        let admin = self.house.token(Role::SecurityAdmin, "/");
        let told = self
            .house
            .ask("PUT", path, Some(&admin), files.into())
            .await;
        assert_eq!(told.status, StatusCode::ACCEPTED, "{}", told.text);
    }

    /// The members of what came are those that the description names.
    fn is_as_described(&self, route: &Route, told: &Told) {
        let operation = &self.document["paths"][route.path][route.verb.name()];
        let answer = &operation["responses"][told.status.as_str()];
        assert!(
            answer.is_object(),
            "{} {} is not described",
            route.path,
            told.status
        );
        let schema = &answer["content"]["application/json"]["schema"];
        if let Some(reference) = schema["$ref"].as_str() {
            self.fits(&told.json(), reference, route.path);
        }
    }

    fn fits(&self, value: &Value, reference: &str, place: &str) {
        let schema = self
            .document
            .pointer(reference.trim_start_matches('#'))
            .unwrap();
        let properties = schema["properties"].as_object().unwrap();
        let members = value
            .as_object()
            .unwrap_or_else(|| panic!("{place}: {value} is no object"));
        for (name, member) in members {
            let described = properties
                .get(name)
                .unwrap_or_else(|| panic!("{place}: {name} is not described"));
            let item = &described["items"]["$ref"];
            if let (Some(reference), Some(items)) = (item.as_str(), member.as_array()) {
                items.iter().for_each(|it| self.fits(it, reference, place));
            }
        }
        for name in schema["required"].as_array().into_iter().flatten() {
            assert!(
                members.contains_key(name.as_str().unwrap()),
                "{place}: {name} is missing"
            );
        }
    }
}

fn expect(route: &Route, status: u16, told: &Told) {
    let got = told.status.as_u16();
    // Whoever tries codes that are wrong is slowed down; both say no.
    let fits = got == status || (route.gate == Gate::SetupCode && got == 429);
    assert!(fits, "{} answers {got}, not {status}: {told:?}", route.path);
}

/// Uploads a definition of scope `/shop`, and answers with its collection.
async fn define(house: &House) -> String {
    let admin = house.token(Role::SecurityAdmin, "/shop");
    let uri = "/api/v1/definitions?host=defined.example";
    let told = house.post(uri, &admin, SHOP).await;
    assert_eq!(told.status, StatusCode::ACCEPTED, "{}", told.text);
    text(&told.json()["collection_id"])
}

/// Makes an endpoint, and the body of a control that forgets it.
/// Each name has a host of its own: many words below one would become a slot.
async fn forget(house: &House, name: &str) -> String {
    let ingest = house.token(Role::Ingest, "/shop");
    let line = exchanges(&["GET /here 200"]);
    let line = line.replace("https://", &format!("https://{name}."));
    house.bring(&ingest, &line).await;
    let reader = house.token(Role::Reader, "/");
    let found = house
        .get(&format!("/api/v1/endpoints?search={name}."), &reader)
        .await
        .json();
    json!({ "kind": "forget", "endpoint": found["items"][0]["id"] }).to_string()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}
