//! The controls that stand in the golden file.

use gatewatch_model::control::Control;
use gatewatch_model::definition::{
    DefinedMember, DefinedResponse, Definition, Operation, Scheme, Security, Server, Subject,
};
use gatewatch_model::info_type::Category;
use gatewatch_model::own::OwnKind;
use gatewatch_model::sensitivity::{Home, Label, Sensitivity};
use gatewatch_model::signal::{Maturity, Vigilance};
use gatewatch_model::{CollectionId, EndpointId, Spot};

const COLLECTION: CollectionId = CollectionId(*b"a collection's i");

/// Each control with the name of its golden line.
pub fn controls(endpoint: EndpointId) -> Vec<(&'static str, Control)> {
    let collection = COLLECTION;
    let into = EndpointId([0xff; 16]);
    let known = Subject::Collection(collection);
    let split = Control::Split {
        endpoint,
        segment: 3,
    };
    vec![
        ("control-forget", Control::Forget { endpoint }),
        (
            "control-merge",
            Control::Merge {
                from: endpoint,
                into,
            },
        ),
        ("control-pin", pin("/users/me")),
        ("control-unpin", unpin("/users/{name}/photos")),
        ("control-split", split),
        ("control-define-collection", define(known, definition())),
        ("control-define-host", define(host(), bare_definition())),
        ("control-define-api", define(api(), bare_definition())),
        ("control-undefine", Control::Undefine { collection }),
        ("control-elsewhere", Control::Elsewhere),
        ("control-classify", classify()),
        (
            "control-classify-collection",
            classify_collection(collection),
        ),
        ("control-info-types", own(OwnKind::InfoTypes)),
        ("control-detections", own(OwnKind::Detections)),
        ("control-watch", watch()),
    ]
}

fn classify() -> Control {
    let sensitivity = Sensitivity {
        categories: vec![(Category::Other, false)],
        types: vec![("us-ssn".into(), true)],
        labels: vec![Label {
            name: "Confidential".into(),
            order: 2,
        }],
        category_labels: vec![(Category::Pii, "Confidential".into())],
        type_labels: vec![("email".into(), "Confidential".into())],
        threshold_order: Some(2),
        credentials_in_place: None,
        type_confidences: vec![],
    };
    Control::Classify {
        scope: "/tenant".into(),
        sensitivity: Box::new(sensitivity),
    }
}

fn classify_collection(collection: CollectionId) -> Control {
    let home = Home {
        scope: "/tenant",
        collection,
    };
    let sensitivity = Sensitivity {
        types: vec![("us-ssn".into(), false)],
        type_confidences: vec![("email".into(), 80)],
        ..Sensitivity::default()
    };
    Control::Classify {
        scope: home.place(),
        sensitivity: Box::new(sensitivity),
    }
}

fn watch() -> Control {
    let vigilance = Vigilance {
        suspicious: Some(60),
        attack: Some(90),
        maturity: Some(Maturity::Incubating),
        classes: vec![("scanner".into(), false)],
        detections: vec![("injection.sql".into(), true)],
    };
    Control::Watch {
        scope: "/tenant".into(),
        vigilance: Box::new(vigilance),
    }
}

fn own(kind: OwnKind) -> Control {
    Control::Bring {
        kind,
        files: vec![("badge.toml".into(), "id = \"badge\"".into())],
    }
}

fn pin(template: &str) -> Control {
    Control::Pin {
        collection: COLLECTION,
        template: template.into(),
    }
}

fn unpin(template: &str) -> Control {
    Control::Unpin {
        collection: COLLECTION,
        template: template.into(),
    }
}

fn define(subject: Subject, definition: Definition) -> Control {
    Control::Define {
        subject,
        definition: Box::new(definition),
    }
}

fn host() -> Subject {
    Subject::Host {
        scope: "/tenant".into(),
        host: "api.contoso.com".into(),
    }
}

fn api() -> Subject {
    Subject::Api {
        scope: "/tenant".into(),
        service: "apim-contoso".into(),
        workspace: "team".into(),
        api: "echo-api".into(),
    }
}

fn bare_definition() -> Definition {
    Definition {
        title: "Echo".into(),
        version: "1".into(),
        format: "openapi-3.1".into(),
        ..Definition::default()
    }
}

/// Every field filled.
fn definition() -> Definition {
    Definition {
        servers: vec![Server {
            host: "api.contoso.com:8443".into(),
            base_path: "/v1".into(),
            scheme: "https".into(),
        }],
        operations: vec![Operation {
            method: "PUT".into(),
            template: "/v1/orders/{orderId}".into(),
            id: "changeOrder".into(),
            summary: "Change an order".into(),
            deprecated: true,
            request: vec![member(Spot::RequestBody, "lines[].count")],
            request_types: vec!["application/json".into()],
            responses: vec![DefinedResponse {
                status: "2XX".into(),
                types: vec!["application/json".into()],
                members: vec![member(Spot::ResponseBody, "state")],
            }],
            security: Security {
                said: true,
                anonymous: true,
                schemes: vec![Scheme {
                    name: "key".into(),
                    kind: "api-key-header".into(),
                    carrier: "x-api-key".into(),
                }],
            },
        }],
        ..bare_definition()
    }
}

fn member(spot: Spot, path: &str) -> DefinedMember {
    DefinedMember {
        spot,
        path: path.into(),
        required: true,
        types: vec!["integer".into(), "null".into()],
        format: "int64".into(),
        values: vec!["1".into(), "2".into()],
        open: true,
    }
}
