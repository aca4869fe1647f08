//! Arbitrary controls, definitions among them.

use gatewatch_model::control::Control;
use gatewatch_model::definition::{
    DefinedMember, DefinedResponse, Definition, Operation, Scheme, Security, Server, Subject,
};
use gatewatch_model::info_type::Category;
use gatewatch_model::own::OwnKind;
use gatewatch_model::sensitivity::{Label, Sensitivity};
use gatewatch_model::signal::{Maturity, Vigilance};
use gatewatch_model::{CollectionId, EndpointId, Spot};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::arbitrary::text;

pub fn control() -> impl Strategy<Value = Control> {
    let endpoint = || any::<[u8; 16]>().prop_map(EndpointId);
    let collection = || any::<[u8; 16]>().prop_map(CollectionId);
    prop_oneof![
        endpoint().prop_map(|endpoint| Control::Forget { endpoint }),
        (endpoint(), endpoint()).prop_map(|(from, into)| Control::Merge { from, into }),
        (collection(), word()).prop_map(|(collection, template)| Control::Pin {
            collection,
            template
        }),
        (collection(), word()).prop_map(|(collection, template)| Control::Unpin {
            collection,
            template
        }),
        (endpoint(), any::<u16>())
            .prop_map(|(endpoint, segment)| Control::Split { endpoint, segment }),
        (subject(), definition()).prop_map(|(subject, definition)| Control::Define {
            subject,
            definition: Box::new(definition),
        }),
        collection().prop_map(|collection| Control::Undefine { collection }),
        Just(Control::Elsewhere),
        (word(), sensitivity()).prop_map(|(scope, sensitivity)| Control::Classify {
            scope,
            sensitivity: Box::new(sensitivity),
        }),
        (select(OwnKind::ALL.as_slice()), vec((word(), word()), 0..3))
            .prop_map(|(kind, files)| Control::Bring { kind, files }),
        (word(), vigilance()).prop_map(|(scope, vigilance)| Control::Watch {
            scope,
            vigilance: Box::new(vigilance),
        }),
    ]
}

fn sensitivity() -> impl Strategy<Value = Sensitivity> {
    let category = || select(Category::ALL.as_slice());
    let label = (word(), any::<u32>()).prop_map(|(name, order)| Label { name, order });
    (
        vec((category(), any::<bool>()), 0..3),
        vec((word(), any::<bool>()), 0..3),
        vec(label, 0..3),
        vec((category(), word()), 0..3),
        vec((word(), word()), 0..3),
        (
            any::<(Option<u32>, Option<bool>)>(),
            vec((word(), any::<u8>()), 0..3),
        ),
    )
        .prop_map(
            |(categories, types, labels, category_labels, type_labels, counting)| Sensitivity {
                categories,
                types,
                labels,
                category_labels,
                type_labels,
                threshold_order: counting.0.0,
                credentials_in_place: counting.0.1,
                type_confidences: counting.1,
            },
        )
}

fn vigilance() -> impl Strategy<Value = Vigilance> {
    let switches = || vec((word(), any::<bool>()), 0..3);
    let maturity = proptest::option::of(select(Maturity::ALL.as_slice()));
    let percents = any::<(Option<u8>, Option<u8>)>();
    (percents, maturity, switches(), switches()).prop_map(
        |((suspicious, attack), maturity, classes, detections)| Vigilance {
            suspicious,
            attack,
            maturity,
            classes,
            detections,
        },
    )
}

fn subject() -> impl Strategy<Value = Subject> {
    prop_oneof![
        any::<[u8; 16]>().prop_map(|it| Subject::Collection(CollectionId(it))),
        (word(), word()).prop_map(|(scope, host)| Subject::Host { scope, host }),
        (word(), word(), word(), word()).prop_map(|(scope, service, workspace, api)| {
            Subject::Api {
                scope,
                service,
                workspace,
                api,
            }
        }),
    ]
}

fn definition() -> impl Strategy<Value = Definition> {
    let server = (word(), word(), word()).prop_map(|(host, base_path, scheme)| Server {
        host,
        base_path,
        scheme,
    });
    let lists = (vec(server, 0..3), vec(operation(), 0..3));
    (word(), word(), word(), lists).prop_map(|(title, version, format, (servers, operations))| {
        Definition {
            title,
            version,
            format,
            servers,
            operations,
        }
    })
}

fn operation() -> impl Strategy<Value = Operation> {
    let words = (word(), word(), word(), word());
    let response =
        (word(), words_of(), vec(member(), 0..3)).prop_map(|(status, types, members)| {
            DefinedResponse {
                status,
                types,
                members,
            }
        });
    let security = any::<(bool, bool)>().prop_flat_map(|(said, anonymous)| {
        let scheme = (word(), word(), word());
        let scheme = scheme.prop_map(|(name, kind, carrier)| Scheme {
            name,
            kind,
            carrier,
        });
        vec(scheme, 0..3).prop_map(move |schemes| Security {
            said,
            anonymous,
            schemes,
        })
    });
    let lists = (vec(member(), 0..3), words_of(), vec(response, 0..3));
    (words, any::<bool>(), lists, security).prop_map(
        |((method, template, id, summary), deprecated, lists, security)| {
            let (request, request_types, responses) = lists;
            Operation {
                method,
                template,
                id,
                summary,
                deprecated,
                request,
                request_types,
                responses,
                security,
            }
        },
    )
}

fn member() -> impl Strategy<Value = DefinedMember> {
    let flags = any::<(bool, bool)>();
    (
        select(&Spot::ALL[..]),
        word(),
        flags,
        words_of(),
        word(),
        words_of(),
    )
        .prop_map(
            |(spot, path, (required, open), types, format, values)| DefinedMember {
                spot,
                path,
                required,
                types,
                format,
                values,
                open,
            },
        )
}

fn word() -> impl Strategy<Value = Box<str>> {
    text().prop_map(Into::into)
}

fn words_of() -> impl Strategy<Value = Vec<Box<str>>> {
    vec(word(), 0..3)
}
