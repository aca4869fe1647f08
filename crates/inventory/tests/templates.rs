//! Templates against a small set of URLs as real APIs have them. Words that are values cannot be
//! told from names by their looks alone: they are in the set, and in the floor.

use gatewatch_decode::Path;
use gatewatch_inventory::template;
use gatewatch_model::Exchange;

/// The share of templates that must be right, in per cent.
const FLOOR: usize = 90;

static SET: &[(&str, &str)] = &[
    ("/", "/"),
    ("/health", "/health"),
    (
        "/.well-known/openid-configuration",
        "/.well-known/openid-configuration",
    ),
    ("/favicon.ico", "/favicon.ico"),
    ("/assets/app.min.js", "/assets/app.min.js"),
    ("/api/v1/users", "/api/v1/users"),
    ("/api/v1/users/42", "/api/v1/users/{id}"),
    ("/api/v1/users/me", "/api/v1/users/me"),
    (
        "/api/v2/users/42/orders/1007",
        "/api/v2/users/{id}/orders/{id}",
    ),
    ("/API/Users(42)/Orders", "/API/Users({id})/Orders"),
    ("/api/1/accounts/77", "/api/1/accounts/{id}"),
    ("/3/movie/603/credits", "/3/movie/{id}/credits"),
    ("/rest/api/3/issue/10042", "/rest/api/3/issue/{id}"),
    ("/v1/customers/cus_9s6XKzkNRiz8i3", "/v1/customers/{id}"),
    (
        "/v1/charges/ch_3MmlLrLkdIwHu7ix0snN0B15/capture",
        "/v1/charges/{id}/capture",
    ),
    ("/orders/ord-000123/lines/2", "/orders/{id}/lines/{id}"),
    ("/orders/A1B2C3", "/orders/{id}"),
    ("/invoices/INV2024001.pdf", "/invoices/{id}.pdf"),
    ("/repos/octo/hello", "/repos/{id}/{id}"),
    (
        "/commits/da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "/commits/{hash}",
    ),
    (
        "/files/d41d8cd98f00b204e9800998ecf8427e/raw",
        "/files/{hash}/raw",
    ),
    (
        "/devices/507f1f77bcf86cd799439011/state",
        "/devices/{id}/state",
    ),
    ("/events/01ARZ3NDEKTSV4RRFFQ69G5FAV", "/events/{id}"),
    (
        "/tenants/3f2504e0-4f89-11d3-9a0c-0305e82c3301",
        "/tenants/{id}",
    ),
    (
        "/tenants/3F2504E0-4F89-11D3-9A0C-0305E82C3301/keys",
        "/tenants/{id}/keys",
    ),
    (
        "/jobs/3f2504e0-4f89-11d3-9a0c-0305e82c3301:cancel",
        "/jobs/{id}:cancel",
    ),
    ("/invite/anna%40example.com", "/invite/{email}"),
    (
        "/unsubscribe/anna@example.com/confirm",
        "/unsubscribe/{email}/confirm",
    ),
    ("/rates/2026-11-21", "/rates/{date}"),
    ("/reports/2026-11/summary", "/reports/{date}/summary"),
    ("/points/52.5200,13.4050", "/points/{id}"),
    ("/weather/52.52001/13.40495", "/weather/{number}/{number}"),
    ("/hosts/192.0.2.7/ports", "/hosts/{address}/ports"),
    (
        "/verify/eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
        "/verify/{token}",
    ),
    ("/reset/dGhpc0lzQmFzZTY0VG9rZW4xMjM", "/reset/{id}"),
    ("/watch/dQw4w9WgXcQ", "/watch/{id}"),
    ("/s/Xk9Pq2", "/s/{id}"),
    ("/oauth2/token", "/oauth2/token"),
    ("/oauth2callback", "/oauth2callback"),
    ("/login/2fa", "/login/2fa"),
    ("/music/mp3/list", "/music/mp3/list"),
    ("/certs/x509", "/certs/x509"),
    ("/standards/iso27001", "/standards/iso27001"),
    ("/digest/sha256", "/digest/sha256"),
    ("/encode/base64", "/encode/base64"),
    ("/nodes/ipv4", "/nodes/ipv4"),
    ("/locale/en-US/strings", "/locale/en-US/strings"),
    ("/charts/top-100", "/charts/top-100"),
    ("/services/UserServiceV2", "/services/UserServiceV2"),
    ("/users/anna", "/users/{id}"),
    ("/products/blue-shirt", "/products/{id}"),
    ("/currencies/EUR", "/currencies/{id}"),
    ("/batch/17,18,19", "/batch/{id}"),
    ("/cars;color=red/17", "/cars/{id}"),
    ("//double//slash/17/", "/double/slash/{id}"),
    ("/a/../b/17", "/b/{id}"),
    ("/search/it%27s%20here", "/search/{text}"),
    (
        "/projects/group%2Fproject/merge_requests/4",
        "/projects/{text}/merge_requests/{id}",
    ),
    ("/%3Cscript%3Ealert(1)%3C%2Fscript%3E", "/{text}"),
    ("/export/17.csv", "/export/{id}.csv"),
    ("/tickets/-5", "/tickets/{id}"),
    ("/phones/+15551234567", "/phones/{id}"),
];

#[test]
fn most_templates_are_as_their_authors_wrote_them() {
    let mut wrong = Vec::new();
    for (url, truth) in SET {
        let found = learned(url);
        if found != *truth {
            wrong.push(format!("{url}: {found} for {truth}"));
        }
    }
    let right = SET.len() - wrong.len();
    assert!(
        right * 100 >= SET.len() * FLOOR,
        "{right} of {}\n{}",
        SET.len(),
        wrong.join("\n")
    );
}

fn learned(url: &str) -> String {
    let mut exchange = Exchange::default();
    exchange.request.url = url.into();
    let mut path = Path::default();
    path.read(&exchange);
    let mut found = String::new();
    template::write(&path, &mut found);
    found
}
