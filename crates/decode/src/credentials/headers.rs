//! Credentials in headers.

use gatewatch_model::profile::Credential;

use super::Shown;
use crate::json::Json;

/// Whether a header, by its name in lower case, was made for credentials.
pub fn is_for_credentials(name: &str) -> bool {
    matches!(name, "authorization" | "proxy-authorization")
        || NAMES.iter().any(|it| it.0 == name)
        || ENDINGS.iter().any(|it| name.ends_with(it.0))
}

impl Shown {
    /// Takes in one header, by its name in lower case.
    pub(crate) fn see_header(&mut self, name: &str, value: &str, json: &mut Json) {
        let value = value.trim();
        if value.is_empty() {
            return;
        }
        if name == "authorization" {
            self.see_authorization(value, json);
        } else if let Some((_, kind)) = NAMES.iter().find(|it| it.0 == name) {
            let refused = name.ends_with("-verify") && !value.eq_ignore_ascii_case("success");
            if !refused {
                self.see_named(*kind, name, value, json);
            }
        } else if let Some((_, kind)) = ENDINGS.iter().find(|it| name.ends_with(it.0)) {
            self.see_named(*kind, name, value, json);
        }
    }

    fn see_named(&mut self, kind: Credential, name: &str, value: &str, json: &mut Json) {
        match kind {
            Credential::OpaqueBearer => self.see_bearer(value, json),
            Credential::ApiKeyHeader | Credential::SubscriptionKey => self.carry(kind, name),
            _ => self.kinds.insert(kind),
        }
    }

    fn see_authorization(&mut self, value: &str, json: &mut Json) {
        let Some((scheme, rest)) = value.split_once(' ') else {
            // Some send the token or the key without a scheme.
            if crate::jwt::looks_like(value) {
                self.see_bearer(value, json);
            } else if !SCHEMES.iter().any(|it| it.0.eq_ignore_ascii_case(value)) {
                self.carry(Credential::ApiKeyHeader, "authorization");
            }
            return;
        };
        let known = SCHEMES.iter().find(|it| it.0.eq_ignore_ascii_case(scheme));
        let kind = known.map_or(Credential::OtherScheme, |it| it.1);
        self.see_named(kind, "authorization", rest.trim_start(), json);
    }
}

/// What stands before the first blank of an `authorization` header.
static SCHEMES: &[(&str, Credential)] = &[
    ("bearer", Credential::OpaqueBearer),
    ("dpop", Credential::OpaqueBearer),
    ("jwt", Credential::OpaqueBearer),
    ("basic", Credential::Basic),
    ("digest", Credential::Signature),
    ("signature", Credential::Signature),
    ("aws4-hmac-sha256", Credential::Signature),
    ("aws4-ecdsa-p256-sha256", Credential::Signature),
    ("aws", Credential::Signature),
    ("goog4-hmac-sha256", Credential::Signature),
    ("hmac", Credential::Signature),
    ("hmac-sha256", Credential::Signature),
    ("hmac-sha1", Credential::Signature),
    ("hawk", Credential::Signature),
    ("oauth", Credential::Signature),
    ("sharedkey", Credential::Signature),
    ("sharedkeylite", Credential::Signature),
    ("sharedaccesssignature", Credential::Signature),
    ("token", Credential::ApiKeyHeader),
    ("apikey", Credential::ApiKeyHeader),
    ("api-key", Credential::ApiKeyHeader),
    ("key", Credential::ApiKeyHeader),
];

static NAMES: &[(&str, Credential)] = &[
    ("ocp-apim-subscription-key", Credential::SubscriptionKey),
    ("subscription-key", Credential::SubscriptionKey),
    ("x-api-key", Credential::ApiKeyHeader),
    ("api-key", Credential::ApiKeyHeader),
    ("api_key", Credential::ApiKeyHeader),
    ("apikey", Credential::ApiKeyHeader),
    ("x-apikey", Credential::ApiKeyHeader),
    ("x-functions-key", Credential::ApiKeyHeader),
    ("x-rapidapi-key", Credential::ApiKeyHeader),
    ("x-api-token", Credential::ApiKeyHeader),
    ("x-auth-key", Credential::ApiKeyHeader),
    ("private-token", Credential::ApiKeyHeader),
    ("x-vault-token", Credential::ApiKeyHeader),
    ("x-auth-token", Credential::OpaqueBearer),
    ("x-access-token", Credential::OpaqueBearer),
    ("x-forwarded-access-token", Credential::OpaqueBearer),
    ("x-ms-token-aad-id-token", Credential::OpaqueBearer),
    ("x-ms-token-aad-access-token", Credential::OpaqueBearer),
    ("x-forwarded-client-cert", Credential::ClientCertificate),
    ("x-arr-clientcert", Credential::ClientCertificate),
    ("client-cert", Credential::ClientCertificate),
    ("x-client-cert", Credential::ClientCertificate),
    ("ssl-client-cert", Credential::ClientCertificate),
    ("ssl-client-subject-dn", Credential::ClientCertificate),
    ("ssl-client-verify", Credential::ClientCertificate),
    ("x-ssl-cert", Credential::ClientCertificate),
    ("x-ssl-client-cert", Credential::ClientCertificate),
    ("x-ssl-client-s-dn", Credential::ClientCertificate),
    ("x-ssl-client-verify", Credential::ClientCertificate),
    ("x-tls-client-cert", Credential::ClientCertificate),
    ("x-amzn-mtls-clientcert", Credential::ClientCertificate),
    ("x-amzn-mtls-clientcert-leaf", Credential::ClientCertificate),
    ("signature", Credential::Signature),
    ("x-hub-signature-256", Credential::Signature),
    ("x-shopify-hmac-sha256", Credential::Signature),
];

/// Of names that each company makes for itself: `x-contoso-api-key`, `stripe-signature`.
static ENDINGS: &[(&str, Credential)] = &[
    ("-api-key", Credential::ApiKeyHeader),
    ("-apikey", Credential::ApiKeyHeader),
    ("-subscription-key", Credential::SubscriptionKey),
    ("-signature", Credential::Signature),
    ("-access-token", Credential::OpaqueBearer),
];
