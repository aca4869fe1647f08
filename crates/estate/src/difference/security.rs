//! What a definition asks for before it answers, against what callers showed and were given.

use gatewatch_model::definition::Definition;
use gatewatch_model::difference::DifferenceKind;
use gatewatch_model::profile::Credential;

use super::{Difference, Pair, calls_text};

pub(super) fn compare(defined: &Definition, pair: &Pair<'_>, found: &mut Vec<Difference>) {
    let encrypted = &pair.row.facts.encrypted;
    let tls = |it: &str| matches!(it, "https" | "wss");
    let servers = &defined.servers;
    let all_tls = !servers.is_empty() && servers.iter().all(|it| tls(&it.scheme));
    if all_tls && encrypted.no > 0 {
        let calls = calls_text(encrypted.no);
        pair.report(found, DifferenceKind::NotEncrypted, "", ("https", &calls));
    }
    let security = &pair.operation.security;
    if !security.said {
        return;
    }
    let names = security
        .schemes
        .iter()
        .map(|it| format!("{} ({})", it.name, it.kind));
    let names = names.collect::<Vec<_>>().join(", ");
    let answered = pair.row.facts.anonymous_answered.yes;
    if !security.anonymous && answered > 0 {
        let calls = calls_text(answered);
        let kind = DifferenceKind::AnonymousAnswered;
        pair.report(found, kind, "", (&names, &calls));
    }
    if security.schemes.iter().any(|it| &*it.kind == "unknown") {
        return;
    }
    let allowed = |it: &Credential| {
        // It says that the gateway checked something, not what.
        let unknown = *it == Credential::Gateway;
        unknown
            || security
                .schemes
                .iter()
                .any(|scheme| shows(*it, &scheme.kind))
    };
    let others = pair.row.facts.credentials.iter().filter(|it| !allowed(it));
    let others = others.map(Credential::name).collect::<Vec<_>>().join(", ");
    if !others.is_empty() {
        let documented = if names.is_empty() {
            "no credentials"
        } else {
            &names
        };
        let kind = DifferenceKind::OtherCredential;
        pair.report(found, kind, "", (documented, &others));
    }
}

/// Whether that kind of credential may be what a scheme asks for.
fn shows(credential: Credential, kind: &str) -> bool {
    let kinds: &[&str] = match credential {
        Credential::JwtBearer | Credential::OpaqueBearer => {
            &["http-bearer", "oauth2", "openid-connect"]
        }
        Credential::Basic => &["http-basic"],
        Credential::ApiKeyHeader | Credential::SubscriptionKey => &["api-key-header"],
        Credential::ApiKeyQuery => &["api-key-query"],
        Credential::ApiKeyCookie | Credential::SessionCookie => &["api-key-cookie"],
        Credential::ClientCertificate => &["mutual-tls"],
        Credential::Signature | Credential::OtherScheme => &["http-other"],
        Credential::Gateway => &[],
    };
    // A key in the header `authorization` looks like a bearer token or another scheme.
    let in_header = kind == "api-key-header"
        && matches!(
            credential,
            Credential::JwtBearer | Credential::OpaqueBearer | Credential::OtherScheme
        );
    kinds.contains(&kind) || in_header
}
