//! Places in the tree of scopes: `/`, or `/tenant/subscription/…`.

const SCOPE_BYTES_MAX: usize = 256;

/// Whether `inner` lies at or below `outer`.
pub(crate) fn covers(outer: &str, inner: &str) -> bool {
    outer == "/"
        || inner
            .strip_prefix(outer)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// `/`, or segments of letters, digits, `.`, `_` and `-`, each after a slash.
pub(crate) fn is_scope(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('/') else {
        return false;
    };
    let is_plain = |it: u8| it.is_ascii_alphanumeric() || b"._-".contains(&it);
    text.len() <= SCOPE_BYTES_MAX
        && (rest.is_empty()
            || rest
                .split('/')
                .all(|it| !it.is_empty() && it.bytes().all(is_plain)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_covers_itself_and_what_is_below() {
        for (outer, inner, covered) in [
            ("/", "/", true),
            ("/", "/a", true),
            ("/a", "/a", true),
            ("/a", "/a/b", true),
            ("/a", "/ab", false),
            ("/a", "/", false),
            ("/a/b", "/a", false),
        ] {
            assert_eq!(covers(outer, inner), covered, "{outer} {inner}");
        }
    }

    #[test]
    fn only_plain_segments_make_a_scope() {
        for good in ["/", "/a", "/contoso/prod-1/eu.west_2"] {
            assert!(is_scope(good), "{good}");
        }
        for bad in [
            "",
            "a",
            "//",
            "/a/",
            "/a//b",
            "/a b",
            "/é",
            &format!("/{}", "a".repeat(256)),
        ] {
            assert!(!is_scope(bad), "{bad}");
        }
    }
}
