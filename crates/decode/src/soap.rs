//! SOAP: which action a request asks for, by its header, its content type, or the first element
//! in the body of its envelope.

use gatewatch_model::profile::Protocol;

use crate::call::{Calls, Facts};
use crate::heads::Head;
use crate::message::parameter;

/// Adds the action. `called` is the first element in the envelope's body, if there is an envelope.
pub(crate) fn read(head: &Head<'_>, called: Option<&str>, calls: &mut Calls) {
    let action = head
        .soap_action
        .filter(|it| !it.is_empty())
        .or_else(|| {
            let soap = head.content_type.get(.."application/soap+xml".len());
            soap.filter(|it| it.eq_ignore_ascii_case("application/soap+xml"))
                .and_then(|_| parameter(head.content_type, "action"))
        })
        .unwrap_or_default();
    if called.is_none() && action.is_empty() {
        return;
    }
    let facts = Facts {
        protocol: Protocol::Soap,
        ..Facts::default()
    };
    let element = called.unwrap_or_default();
    calls.push(
        facts,
        element,
        if action.is_empty() { element } else { action },
        [],
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(
        action: Option<&str>,
        content_type: &str,
        called: Option<&str>,
    ) -> Option<(String, String)> {
        let head = Head {
            soap_action: action,
            content_type,
            ..Head::default()
        };
        let mut calls = Calls::default();
        read(&head, called, &mut calls);
        calls
            .iter()
            .next()
            .map(|it| (it.kind.to_owned(), it.name.to_owned()))
    }

    #[test]
    fn an_action_is_named_by_head_or_envelope() {
        let pair = |kind: &str, name: &str| Some((kind.to_owned(), name.to_owned()));
        let twelve = "application/soap+xml; charset=utf-8; action=\"urn:GetPrice\"";
        assert_eq!(
            call(Some("urn:GetPrice"), "text/xml", Some("Get")),
            pair("Get", "urn:GetPrice")
        );
        assert_eq!(call(None, twelve, Some("Get")), pair("Get", "urn:GetPrice"));
        assert_eq!(call(Some(""), "text/xml", Some("Get")), pair("Get", "Get"));
        assert_eq!(
            call(Some("urn:GetPrice"), "text/xml", None),
            pair("", "urn:GetPrice")
        );
        assert_eq!(call(None, "text/xml; action=x", None), None);
        assert_eq!(call(Some(""), "", None), None);
    }
}
