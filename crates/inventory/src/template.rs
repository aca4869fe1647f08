//! How the path of a request becomes the template of its endpoint.

use gatewatch_decode::Path;

use crate::limits::TEMPLATE_BYTES_MAX;
use crate::segment;

/// What stands for the end of a path whose template would be too long.
const REST: &str = "/{rest}";

/// Appends the template of `path`: `/orders/{id}`.
pub fn write(path: &Path, template: &mut String) {
    if path.is_asterisk() {
        template.push('*');
        return;
    }
    let start = template.len();
    let mut before_it = "api";
    for text in path.segments() {
        let before = template.len();
        template.push('/');
        if is_version(before_it, text) {
            template.push_str(text);
        } else {
            segment::write(text, template);
        }
        before_it = text;
        if template.len() - start > TEMPLATE_BYTES_MAX - REST.len() {
            template.truncate(before);
            template.push_str(REST);
            return;
        }
    }
    if template.len() == start {
        template.push('/');
    }
}

/// A single digit at the start of an API is its version: `/3/movies`, `/rest/api/2/issue`.
pub(crate) fn is_version(before: &str, text: &str) -> bool {
    matches!(text.as_bytes(), [b'0'..=b'9'])
        && ["api", "rest"]
            .iter()
            .any(|it| it.eq_ignore_ascii_case(before))
}

#[cfg(test)]
mod tests {
    use gatewatch_model::Exchange;
    use proptest::prelude::*;

    use super::*;

    fn template(url: &str) -> String {
        let mut exchange = Exchange::default();
        exchange.request.url = url.to_owned().into();
        let mut path = Path::default();
        path.read(&exchange);
        let mut template = String::new();
        write(&path, &mut template);
        template
    }

    #[test]
    fn variable_segments_become_slots() {
        for (url, expected) in [
            ("/", "/"),
            ("*", "*"),
            ("/orders/17/items/4", "/orders/{id}/items/{id}"),
            ("/orders/17/", "/orders/{id}"),
            ("/3/movies/3", "/3/movies/{id}"),
            ("/rest/API/2/issue/2", "/rest/API/2/issue/{id}"),
            ("/a%2Fb/a", "/{text}/a"),
            ("/%7Bid%7D", "/{text}"),
        ] {
            assert_eq!(template(url), expected);
        }
    }

    #[test]
    fn a_long_template_ends_in_rest() {
        let found = template(&"/word".repeat(64).replace("word", "wordwordwordword"));
        assert!(
            found.len() <= TEMPLATE_BYTES_MAX && found.ends_with("/wordwordwordword/{rest}"),
            "{found}"
        );
    }

    proptest! {
        #[test]
        fn a_template_is_short_and_printable(url in any::<String>(), likely in "[a-zA-Z0-9/%{}<>._-]{0,900}") {
            for url in [&url, &likely] {
                let found = template(url);
                prop_assert!(found.len() <= TEMPLATE_BYTES_MAX);
                prop_assert!(found == "*" || found.starts_with('/'));
                prop_assert!(!found.chars().any(|it| it.is_control() || "<>\"'`\\ ".contains(it)), "{found}");
            }
        }
    }
}
