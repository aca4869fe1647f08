//! What nobody documents and everybody sees: scanners that try paths which do not exist, and
//! requests that are odd without meaning harm.

use super::chance::Chance;

/// Share of all traffic.
pub const SHARE: f64 = 0.015;

/// One odd request and how it was answered.
#[derive(Clone, Debug)]
pub struct Oddity {
    pub method: &'static str,
    pub url: String,
    pub status: u16,
    pub agent: &'static str,
    pub body: &'static str,
}

static SCANNED: &[&str] = &[
    "/.env",
    "/.git/config",
    "/wp-login.php",
    "/wp-admin/setup-config.php",
    "/admin",
    "/phpmyadmin/index.php",
    "/actuator/env",
    "/actuator/health",
    "/server-status",
    "/.aws/credentials",
    "/config.json",
    "/backup.zip",
    "/swagger.json",
    "/v1/api-docs",
    "/cgi-bin/luci",
    "/console",
    "/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php",
    "/robots.txt",
    "/sitemap.xml",
    "/favicon.ico",
];

static SCANNERS: &[&str] = &[
    "Mozilla/5.0 zgrab/0.x",
    "masscan/1.3",
    "Go-http-client/1.1",
    "curl/8.11.1",
    "",
];

pub fn oddity(host: &str, chance: &mut Chance) -> Oddity {
    let agent = chance.pick(SCANNERS).copied().unwrap_or_default();
    let path = chance.pick(SCANNED).copied().unwrap_or_default();
    let plain = Oddity {
        method: "GET",
        url: format!("https://{host}{path}"),
        status: 404,
        agent,
        body: "",
    };
    match chance.below(12) {
        // A made-up path, each time another.
        0 => Oddity {
            url: format!(
                "https://{host}/{:08x}/{:04x}.php",
                chance.number() as u32,
                chance.number() as u16
            ),
            ..plain
        },
        // A path that climbs, one with bytes that are no text, one that is too long.
        1 => Oddity {
            url: format!("https://{host}/static/..%2f..%2fetc/passwd"),
            status: 400,
            ..plain
        },
        2 => Oddity {
            url: format!("https://{host}/v2/%ff%fe/%00"),
            status: 400,
            ..plain
        },
        3 => Oddity {
            url: format!(
                "https://{host}/{}",
                "a/".repeat(60 + chance.below(200) as usize)
            ),
            status: 414,
            ..plain
        },
        // Methods that no API here knows.
        4 => Oddity {
            method: "PROPFIND",
            status: 405,
            ..plain
        },
        5 => Oddity {
            method: "OPTIONS",
            url: format!("https://{host}/"),
            status: 204,
            ..plain
        },
        // The address instead of the name, and a port.
        6 => Oddity {
            url: format!("http://198.51.100.{}:8080{path}", 1 + chance.below(4)),
            ..plain
        },
        // JSON that ends too early, where none is expected.
        7 => Oddity {
            method: "POST",
            url: format!("https://{host}/"),
            status: 400,
            body: "{\"a\":[1,2,{\"b\":",
            ..plain
        },
        _ => plain,
    }
}
