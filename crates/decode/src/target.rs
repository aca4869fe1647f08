//! What a request asks for: its method and the segments of its path, in one spelling.

use std::borrow::Cow;

use gatewatch_model::caller::prefix;
use gatewatch_model::{Blemishes, Exchange};

use crate::escapes::percent_decode;
use crate::limits::{METHOD_BYTES_MAX, SEGMENT_BYTES_MAX, SEGMENTS_MAX};

/// What stands for a method that is none.
pub const METHOD_OTHER: &str = "OTHER";

/// The methods that need no copy, whatever their case.
static METHODS: &[&str] = &[
    "GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "CONNECT", "TRACE",
];

/// The method in upper case. What is no token of at most 16 letters is `OTHER` and a blemish.
pub fn method<'e>(exchange: &'e Exchange<'_>) -> (Cow<'e, str>, Blemishes) {
    let text = exchange.request.method.as_ref();
    if let Some(known) = METHODS.iter().find(|it| it.eq_ignore_ascii_case(text)) {
        return (Cow::Borrowed(known), Blemishes::default());
    }
    let token = !text.is_empty()
        && text.len() <= METHOD_BYTES_MAX
        && text
            .bytes()
            .all(|it| it.is_ascii_alphanumeric() || b"-_".contains(&it));
    if token {
        (Cow::Owned(text.to_ascii_uppercase()), Blemishes::default())
    } else {
        (Cow::Borrowed(METHOD_OTHER), Blemishes::BAD_METHOD)
    }
}

/// The path of a request as gateways route it: query, fragment and matrix parameters cut, each
/// segment percent-decoded once, empty and dot segments resolved. Made once and read into again
/// and again, it soon allocates nothing.
#[derive(Clone, Debug, Default)]
pub struct Path {
    text: String,
    /// Where each segment ends in `text`.
    ends: Vec<usize>,
    decoded: Vec<u8>,
    asterisk: bool,
}

impl Path {
    /// Takes in the path of that exchange; says what was odd about it.
    pub fn read(&mut self, exchange: &Exchange<'_>) -> Blemishes {
        let connect = exchange.request.method.eq_ignore_ascii_case("connect");
        let parts = split(&exchange.request.url, connect);
        self.text.clear();
        self.ends.clear();
        self.asterisk = parts.path == "*";
        let mut sound = parts.sound;
        if !self.asterisk {
            sound &= self.read_segments(parts.path);
        }
        if sound {
            Blemishes::default()
        } else {
            Blemishes::BAD_URL
        }
    }

    pub fn segments(&self) -> impl ExactSizeIterator<Item = &str> {
        (0..self.ends.len()).map(|at| &self.text[self.start(at)..self.ends[at]])
    }

    /// Whether the whole server is meant, as in `OPTIONS *`.
    pub fn is_asterisk(&self) -> bool {
        self.asterisk
    }

    fn read_segments(&mut self, path: &str) -> bool {
        let mut sound = true;
        for raw in path.split('/') {
            let raw = raw.split_once(';').map_or(raw, |it| it.0);
            if raw.is_empty() {
                continue;
            }
            if self.ends.len() == SEGMENTS_MAX {
                return false;
            }
            sound &= self.push(raw);
            sound &= self.resolve_dots();
        }
        sound
    }

    /// Adds one segment, decoded and cut to its bound.
    fn push(&mut self, raw: &str) -> bool {
        let within = prefix(raw, 3 * SEGMENT_BYTES_MAX);
        let mut sound = within.len() == raw.len();
        let segment = if within.contains('%') {
            sound &= percent_decode(within, &mut self.decoded);
            // A segment that decodes to no text stays as it was written.
            let text = core::str::from_utf8(&self.decoded);
            sound &= text.is_ok();
            text.unwrap_or(within)
        } else {
            within
        };
        let kept = prefix(segment, SEGMENT_BYTES_MAX);
        sound &= kept.len() == segment.len();
        self.text.push_str(kept);
        self.ends.push(self.text.len());
        sound
    }

    /// Takes `.` and `..` back out; false if the path climbs above its root.
    fn resolve_dots(&mut self) -> bool {
        let last = self.ends.len().saturating_sub(1);
        let dots = match &self.text[self.start(last)..] {
            "." => 1,
            ".." => 2,
            _ => return true,
        };
        let kept = self.ends.len().saturating_sub(dots);
        let inside = self.ends.len() >= dots;
        self.text.truncate(self.start(kept));
        self.ends.truncate(kept);
        inside
    }

    fn start(&self, at: usize) -> usize {
        at.checked_sub(1).map_or(0, |before| self.ends[before])
    }
}

/// Authority and path of a request target.
pub(crate) struct Parts<'u> {
    pub authority: Option<&'u str>,
    pub path: &'u str,
    /// False for a target of none of the four forms.
    pub sound: bool,
}

pub(crate) fn split(url: &str, connect: bool) -> Parts<'_> {
    let (authority, rest, sound) = if url.starts_with('/') {
        (None, url, true)
    } else if let Some(rest) = after_scheme(url) {
        let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
        (Some(&rest[..end]), &rest[end..], true)
    } else if connect {
        (Some(url), "", true)
    } else {
        (None, url, url == "*")
    };
    let end = rest.find(['?', '#']).unwrap_or(rest.len());
    Parts {
        authority,
        path: &rest[..end],
        sound,
    }
}

fn after_scheme(url: &str) -> Option<&str> {
    let (scheme, rest) = url.split_once("://")?;
    let spelled = scheme.starts_with(|it: char| it.is_ascii_alphabetic())
        && scheme
            .bytes()
            .all(|it| it.is_ascii_alphanumeric() || b"+-.".contains(&it));
    spelled.then_some(rest)
}

#[cfg(test)]
mod tests {
    use gatewatch_model::exchange::Request;
    use proptest::prelude::*;

    use super::*;

    fn request<'a>(method: &'a str, url: &'a str) -> Exchange<'a> {
        Exchange {
            request: Request {
                method: method.into(),
                url: url.into(),
                ..Request::default()
            },
            ..Exchange::default()
        }
    }

    fn check(url: &str, segments: &[&str], blemishes: Blemishes) {
        let mut path = Path::default();
        let found = path.read(&request("GET", url));
        assert_eq!(path.segments().collect::<Vec<_>>(), segments, "{url}");
        assert_eq!(found, blemishes, "{url}");
    }

    const SOUND: Blemishes = Blemishes(0);
    const BAD: Blemishes = Blemishes::BAD_URL;

    #[test]
    fn all_forms_of_a_target_have_the_same_path() {
        for url in [
            "/a/b",
            "https://api.contoso.com/a/b",
            "/a/b/",
            "//a///b",
            "/a/b?c=/d",
            "/a/b#c?d",
            "/%61/b",
        ] {
            check(url, &["a", "b"], SOUND);
        }
        check("a/b", &["a", "b"], BAD);
        check("", &[], BAD);
        check("https://api.contoso.com?a=b", &[], SOUND);
        check("/", &[], SOUND);
    }

    #[test]
    fn connect_and_asterisk_have_no_path() {
        let mut path = Path::default();
        assert_eq!(path.read(&request("CONNECT", "db.contoso.com:5432")), SOUND);
        assert_eq!((path.segments().len(), path.is_asterisk()), (0, false));
        assert_eq!(path.read(&request("OPTIONS", "*")), SOUND);
        assert_eq!((path.segments().len(), path.is_asterisk()), (0, true));
        path.read(&request("GET", "/a"));
        assert!(!path.is_asterisk());
    }

    #[test]
    fn escapes_are_decoded_once_and_bad_ones_stay() {
        check("/caf%C3%A9/a%20b/%252e", &["café", "a b", "%2e"], SOUND);
        check("/group%2Fproject", &["group/project"], SOUND);
        check("/100%/%zz/%4", &["100%", "%zz", "%4"], BAD);
        check("/%ff%fe", &["%ff%fe"], BAD);
    }

    #[test]
    fn dots_are_resolved_as_gateways_do() {
        check("/a/./b/../c", &["a", "c"], SOUND);
        check("/a/%2e%2E/c", &["c"], SOUND);
        check("/a/..;/c", &["c"], SOUND);
        check("/a/.../..b", &["a", "...", "..b"], SOUND);
        check("/../etc/passwd", &["etc", "passwd"], BAD);
        check("/a/../../..", &[], BAD);
    }

    #[test]
    fn matrix_parameters_do_not_route() {
        check("/cars;color=red/42;v=1;w=2", &["cars", "42"], SOUND);
        check("/cars%3Bcolor", &["cars;color"], SOUND);
    }

    #[test]
    fn long_paths_are_cut() {
        let mut path = Path::default();
        let url = "/a".repeat(SEGMENTS_MAX + 1);
        assert_eq!(path.read(&request("GET", &url)), BAD);
        assert_eq!(path.segments().len(), SEGMENTS_MAX);
        let long = "é".repeat(SEGMENT_BYTES_MAX);
        check(
            &format!("/{long}/b"),
            &[&"é".repeat(SEGMENT_BYTES_MAX / 2), "b"],
            BAD,
        );
    }

    #[test]
    fn methods_are_short_upper_case_tokens() {
        let of = |text| {
            let exchange = request(text, "/");
            let (name, blemishes) = method(&exchange);
            (name.into_owned(), blemishes.is_empty())
        };
        assert_eq!(of("get"), ("GET".into(), true));
        assert_eq!(of("m-search"), ("M-SEARCH".into(), true));
        for text in [
            "",
            "GET /",
            "<x>",
            "ABCDEFGHIJKLMNOPQ",
            "G\u{0}T",
            "\u{17f}ET",
        ] {
            assert_eq!(of(text), ("OTHER".into(), false), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_target_is_read_within_bounds(
            method_text in any::<String>(), random in any::<String>(), likely in "[a-z/%.;?0-9A-F:#]{0,400}",
        ) {
            for url in [&random, &likely] {
                let exchange = request(&method_text, url);
                let mut path = Path::default();
                path.read(&exchange);
                prop_assert!(path.segments().len() <= SEGMENTS_MAX);
                for segment in path.segments() {
                    prop_assert!(!segment.is_empty() && segment.len() <= SEGMENT_BYTES_MAX);
                    prop_assert!(segment != "." && segment != "..");
                }
                prop_assert!(method(&exchange).0.len() <= METHOD_BYTES_MAX);
                crate::host(&exchange);
            }
        }

        #[test]
        fn reading_again_forgets_what_was_before(one in "[a-z/%.;0-9]{0,80}", two in "[a-z/%.;0-9]{0,80}") {
            let (mut fresh, mut used) = (Path::default(), Path::default());
            used.read(&request("GET", &one));
            used.read(&request("GET", &two));
            fresh.read(&request("GET", &two));
            prop_assert_eq!(fresh.segments().collect::<Vec<_>>(), used.segments().collect::<Vec<_>>());
        }
    }
}
