//! What an endpoint is for, told by the words of its template, its method and what it answers: a
//! table, of which the first row that fits decides.

use gatewatch_model::profile::EndpointRole;

struct Row {
    role: EndpointRole,
    /// Any of these as a word of the template.
    words: &'static [&'static str],
    /// Only with one of these methods; with any when empty.
    methods: &'static [&'static str],
    /// Only as the last word of a template without slots.
    last: bool,
}

#[rustfmt::skip]
static ROLL: &[Row] = &[
    Row { role: EndpointRole::Health, last: true, methods: &["GET", "HEAD"], words: &[
        "health", "healthz", "healthcheck", "health-check", "livez", "readyz", "live", "ready",
        "liveness", "readiness", "ping", "heartbeat", "alive", "status", "up", "_health", "isalive"] },
    Row { role: EndpointRole::Metrics, last: true, methods: &["GET"], words: &[
        "metrics", "prometheus", "stats", "statsz", "_metrics", "telemetry"] },
    Row { role: EndpointRole::Login, last: false, methods: &["POST", "GET", "PUT"], words: &[
        "login", "log-in", "signin", "sign-in", "logon", "authenticate", "oauth", "oauth2", "token",
        "sso", "saml", "signup", "sign-up", "register", "password-reset", "forgot-password",
        "reset-password", "mfa", "otp", "2fa", "userinfo", "introspect"] },
    Row { role: EndpointRole::Docs, last: false, methods: &["GET", "HEAD"], words: &[
        "swagger", "swagger-ui", "swagger.json", "swagger.yaml", "openapi", "openapi.json",
        "openapi.yaml", "api-docs", "apidocs", "redoc", "docs", "documentation", "graphiql",
        "playground", "wsdl", ".well-known"] },
    Row { role: EndpointRole::Admin, last: false, methods: &[], words: &[
        "admin", "administrator", "administration", "_admin", "actuator", "management", "manage",
        "console", "internal", "superuser", "backoffice", "debug"] },
    Row { role: EndpointRole::Webhook, last: false, methods: &["POST", "PUT"], words: &[
        "webhook", "webhooks", "hook", "hooks", "callback", "callbacks"] },
    Row { role: EndpointRole::Upload, last: false, methods: &["POST", "PUT", "PATCH"], words: &[
        "upload", "uploads", "import", "attachments", "attachment"] },
    Row { role: EndpointRole::Search, last: true, methods: &[], words: &[
        "search", "_search", "query", "find", "lookup", "suggest", "autocomplete", "typeahead"] },
    Row { role: EndpointRole::Static, last: false, methods: &["GET", "HEAD"], words: &[
        "static", "assets", "favicon.ico", "robots.txt", "sitemap.xml", "css", "js", "images",
        "img", "fonts", "public"] },
];

/// Types of answers that only static files have.
static STATIC_TYPES: &[&str] = &[
    "image/",
    "font/",
    "video/",
    "audio/",
    "text/css",
    "text/javascript",
    "application/javascript",
];

/// What method and template alone say, if anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Named(Option<EndpointRole>);

impl Named {
    pub fn of(method: &str, template: &str) -> Named {
        let words = template
            .split(['/', '#'])
            .filter(|it| !it.is_empty() && !it.starts_with('{'));
        let words = words.map(str::to_ascii_lowercase).collect::<Vec<_>>();
        let slots = template.contains('{');
        let named = ROLL.iter().find(|row| {
            let looked = if !row.last {
                &words[..]
            } else if slots {
                &[]
            } else {
                words.last().map(core::slice::from_ref).unwrap_or_default()
            };
            (row.methods.is_empty() || row.methods.contains(&method))
                && looked.iter().any(|it| row.words.contains(&it.as_str()))
        });
        Named(named.map(|it| it.role))
    }
}

pub(super) fn role<'t>(
    method: &str,
    named: Named,
    request_types: impl Iterator<Item = (&'t str, u64)>,
    response_types: impl Iterator<Item = (&'t str, u64)>,
) -> EndpointRole {
    if let Named(Some(role)) = named {
        return role;
    }
    let mostly = |types: &mut dyn Iterator<Item = (&'t str, u64)>, fits: &dyn Fn(&str) -> bool| {
        let (mut yes, mut all) = (0, 0);
        for (name, count) in types {
            all += count;
            yes += if fits(name) { count } else { 0 };
        }
        yes * 2 > all
    };
    if mostly(&mut { request_types }, &|it| {
        it == "multipart/form-data" || it == "application/octet-stream"
    }) {
        return EndpointRole::Upload;
    }
    let is_static = |it: &str| STATIC_TYPES.iter().any(|prefix| it.starts_with(prefix));
    if method == "GET" && mostly(&mut { response_types }, &is_static) {
        return EndpointRole::Static;
    }
    EndpointRole::Business
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(key: &str, types: [&str; 2], expected: EndpointRole) {
        let (method, template) = key.split_once(' ').unwrap();
        let [request, response] = types.map(|it| (!it.is_empty()).then_some((it, 3)).into_iter());
        let named = Named::of(method, template);
        assert_eq!(role(method, named, request, response), expected, "{key}");
    }

    #[test]
    fn words_and_types_tell_the_role() {
        use EndpointRole as Role;
        for (key, role) in [
            ("GET /healthz", Role::Health),
            ("GET /v1/status", Role::Health),
            ("GET /orders/{id}/status", Role::Business),
            ("POST /orders/{id}/status", Role::Business),
            ("GET /metrics", Role::Metrics),
            ("POST /v1/auth/login", Role::Login),
            ("GET /v2/Swagger.json", Role::Docs),
            ("DELETE /admin/users/{id}", Role::Admin),
            ("POST /webhooks/stripe", Role::Webhook),
            ("GET /products/search", Role::Search),
            ("GET /search/{id}/items", Role::Business),
            ("GET /assets/{file}", Role::Static),
            ("GET /orders/{id}", Role::Business),
        ] {
            check(key, ["", ""], role);
        }
        check("POST /files", ["multipart/form-data", ""], Role::Upload);
        check("GET /pictures/{id}", ["", "image/png"], Role::Static);
        check(
            "POST /files",
            ["application/json", "image/png"],
            Role::Business,
        );
    }
}
