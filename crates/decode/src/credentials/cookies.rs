//! Credentials in cookies.

use gatewatch_model::profile::Credential;

use super::Shown;
use crate::json::Json;

impl Shown {
    /// Takes in one cookie that was sent.
    pub(crate) fn see_cookie(&mut self, name: &str, value: &str, json: &mut Json) {
        if value.is_empty() {
            return;
        }
        let own = ["__Host-", "__Secure-"]
            .iter()
            .find_map(|it| name.strip_prefix(it))
            .unwrap_or(name);
        if API_KEYS.iter().any(|it| it.eq_ignore_ascii_case(own)) {
            self.carry(Credential::ApiKeyCookie, name);
        } else if is_session(own) || crate::jwt::looks_like(value) {
            self.see_token(value, json);
            self.carry(Credential::SessionCookie, name);
        }
    }
}

fn is_session(name: &str) -> bool {
    SESSIONS.iter().any(|it| it.eq_ignore_ascii_case(name))
        || BEGINNINGS.iter().any(|it| starts_with(name, it))
        || ENDINGS.iter().any(|it| ends_with(name, it))
}

fn starts_with(name: &str, beginning: &str) -> bool {
    name.get(..beginning.len())
        .is_some_and(|it| it.eq_ignore_ascii_case(beginning))
}

fn ends_with(name: &str, ending: &str) -> bool {
    name.len()
        .checked_sub(ending.len())
        .and_then(|at| name.get(at..))
        .is_some_and(|it| it.eq_ignore_ascii_case(ending))
}

static API_KEYS: &[&str] = &["api_key", "api-key", "apikey", "x-api-key"];

static SESSIONS: &[&str] = &[
    "session",
    "sessionid",
    "session_id",
    "sessid",
    "sid",
    "jsessionid",
    "phpsessid",
    "connect.sid",
    "asp.net_sessionid",
    "ci_session",
    "auth",
    "auth_token",
    "access_token",
    "id_token",
    "token",
    "jwt",
    "remember_token",
    "appservice-auth-session",
];

static BEGINNINGS: &[&str] = &[".aspnetcore.", ".aspxauth", "wordpress_logged_in", "sess_"];

static ENDINGS: &[&str] = &[
    "_session",
    "-session",
    ".session",
    "session-token",
    ".sid",
    "_sid",
];
