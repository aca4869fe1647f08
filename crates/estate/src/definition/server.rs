//! Where a definition says its API lives.

use gatewatch_model::caller::prefix;
use gatewatch_model::definition::Server;

use super::document::Document;
use crate::limits::{SERVERS_MAX, TEXT_BYTES_MAX};
use crate::templates;
use crate::tree::Node;

/// Of OpenAPI 2.0: `host`, `basePath` and `schemes`.
pub(super) fn of_swagger(root: &Node) -> Vec<Server> {
    let schemes = root.get("schemes").map(Node::items).unwrap_or_default();
    let schemes = schemes.iter().filter_map(Node::text).collect::<Vec<_>>();
    let (host, base) = (root.text_of("host"), root.text_of("basePath"));
    if host.is_empty() && base.is_empty() {
        return Vec::new();
    }
    let schemes = if schemes.is_empty() {
        vec![""]
    } else {
        schemes
    };
    schemes
        .into_iter()
        .take(SERVERS_MAX)
        .map(|scheme| Server {
            host: plain_host(host, scheme),
            base_path: base_path(base),
            scheme: scheme.to_ascii_lowercase().into(),
        })
        .collect()
}

/// Of OpenAPI 3: the list below `servers` of a document, a path or an operation.
pub(super) fn of_list<'d>(document: &mut Document<'d>, list: Option<&'d Node>) -> Vec<Server> {
    let items = list.map(Node::items).unwrap_or_default();
    if let Some(beyond) = items.get(SERVERS_MAX) {
        let text = format!("only the first {SERVERS_MAX} servers are read");
        document.notes.add(beyond, text);
    }
    items
        .iter()
        .take(SERVERS_MAX)
        .map(|it| of_url(&filled_in(document, it)))
        .collect()
}

/// The base path that templates are given with: of the first server.
pub(super) fn base_of<'d>(
    document: &mut Document<'d>,
    servers: &[Server],
    list: Option<&'d Node>,
) -> Box<str> {
    let Some(first) = servers.first() else {
        return "".into();
    };
    let different = servers.iter().find(|it| it.base_path != first.base_path);
    if let Some((different, list)) = different.zip(list) {
        let text = format!(
            "the servers have different base paths, `{}` and `{}`; templates are given with the first",
            first.base_path, different.base_path
        );
        document.notes.add(list, text);
    }
    first.base_path.clone()
}

/// The URL of a server with its variables at their defaults.
fn filled_in<'d>(document: &mut Document<'d>, server: &'d Node) -> String {
    let url = prefix(server.text_of("url"), TEXT_BYTES_MAX);
    let mut text = String::new();
    for part in templates::parts(url) {
        match part {
            templates::Part::Word(word) => text.push_str(word),
            templates::Part::Slot(name) => {
                let variable = server.get("variables").and_then(|it| it.get(name));
                let default = variable.and_then(|it| it.get("default")?.scalar());
                if let Some(value) = default {
                    text.push_str(prefix(value, TEXT_BYTES_MAX));
                } else {
                    let note = format!("the variable `{name}` of this server has no default");
                    document.notes.add(server, note);
                    text.extend(["{", name, "}"]);
                }
            }
        }
    }
    text
}

/// `https://api.example.com:8443/v1`, `//host/v1`, `/v1`, `v1`.
pub(super) fn of_url(url: &str) -> Server {
    let url = url.trim();
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let authority_given = !scheme.is_empty() || url.starts_with("//");
    let rest = if scheme.is_empty() && authority_given {
        &rest[2..]
    } else {
        rest
    };
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let (host, path) = if authority_given {
        rest.split_at(rest.find('/').unwrap_or(rest.len()))
    } else {
        ("", rest)
    };
    let scheme = scheme.to_ascii_lowercase();
    Server {
        host: plain_host(host, &scheme),
        base_path: base_path(path),
        scheme: scheme.into(),
    }
}

/// In lower case, without user and default port.
fn plain_host(host: &str, scheme: &str) -> Box<str> {
    let host = prefix(host.rsplit('@').next().unwrap_or_default(), TEXT_BYTES_MAX);
    let host = host.to_ascii_lowercase();
    let default = match scheme {
        "https" | "wss" => ":443",
        "http" | "ws" => ":80",
        _ => "",
    };
    let plain = host.strip_suffix(default).unwrap_or(&host);
    plain.into()
}

/// Without a slash at its end; empty for the root.
fn base_path(path: &str) -> Box<str> {
    let mut tidy = String::new();
    for segment in templates::segments(prefix(path, TEXT_BYTES_MAX)) {
        if segment != "." {
            tidy.push('/');
            tidy.push_str(segment);
        }
    }
    tidy.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_of_servers_come_apart() {
        for (url, scheme, host, base) in [
            (
                "https://API.example.com/v1/",
                "https",
                "api.example.com",
                "/v1",
            ),
            (
                "https://api.example.com:443",
                "https",
                "api.example.com",
                "",
            ),
            (
                "http://u:p@localhost:8080/a//b?x",
                "http",
                "localhost:8080",
                "/a/b",
            ),
            ("//example.com/x", "", "example.com", "/x"),
            ("/v2", "", "", "/v2"),
            ("./v2", "", "", "/v2"),
            ("/", "", "", ""),
            ("", "", "", ""),
            ("://", "", "", ""),
        ] {
            let server = of_url(url);
            let seen = (&*server.scheme, &*server.host, &*server.base_path);
            assert_eq!(seen, (scheme, host, base), "{url}");
        }
    }
}
