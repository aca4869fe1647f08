//! Credentials in the query.

use gatewatch_model::profile::Credential;

use super::Shown;
use crate::json::Json;

/// Keys of Azure Functions have 40 random bytes in base64, with a mark at their end.
const FUNCTION_KEY_BYTES_MIN: usize = 54;
/// A `key` that is shorter is one of a map or of a page.
const KEY_BYTES_MIN: usize = 20;

impl Shown {
    /// Takes in one parameter of the query.
    pub(crate) fn see_parameter(&mut self, name: &str, value: &str, json: &mut Json) {
        let known = NAMES.iter().find(|it| it.0.eq_ignore_ascii_case(name));
        let Some((_, kind)) = known.filter(|_| !value.is_empty()) else {
            return;
        };
        match kind {
            Credential::OpaqueBearer => {
                self.see_bearer(value, json);
                self.token_in_url = true;
            }
            Credential::ApiKeyQuery if !is_key(name, value) => {}
            Credential::ApiKeyQuery | Credential::SubscriptionKey => self.carry(*kind, name),
            _ => self.kinds.insert(*kind),
        }
    }
}

/// Names that also mean other things want a value that looks like a key.
fn is_key(name: &str, value: &str) -> bool {
    if name.eq_ignore_ascii_case("code") {
        value.len() >= FUNCTION_KEY_BYTES_MIN && value.ends_with('=')
    } else if name.eq_ignore_ascii_case("key") {
        let has = |class: fn(&u8) -> bool| value.as_bytes().iter().any(class);
        value.len() >= KEY_BYTES_MIN && has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic)
    } else {
        true
    }
}

static NAMES: &[(&str, Credential)] = &[
    ("subscription-key", Credential::SubscriptionKey),
    ("ocp-apim-subscription-key", Credential::SubscriptionKey),
    ("api_key", Credential::ApiKeyQuery),
    ("api-key", Credential::ApiKeyQuery),
    ("apikey", Credential::ApiKeyQuery),
    ("x-api-key", Credential::ApiKeyQuery),
    ("app_key", Credential::ApiKeyQuery),
    ("key", Credential::ApiKeyQuery),
    ("code", Credential::ApiKeyQuery),
    ("access_token", Credential::OpaqueBearer),
    ("id_token", Credential::OpaqueBearer),
    ("auth_token", Credential::OpaqueBearer),
    ("jwt", Credential::OpaqueBearer),
    ("sig", Credential::Signature),
    ("signature", Credential::Signature),
    ("x-amz-signature", Credential::Signature),
    ("x-goog-signature", Credential::Signature),
    ("hmac", Credential::Signature),
];
