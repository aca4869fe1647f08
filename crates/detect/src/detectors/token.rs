//! JSON web tokens that somebody made up: unsigned ones, ones that bring their own key, ones whose
//! key's name is an attack, and expired ones that were taken all the same.

use gatewatch_decode::Value;
use gatewatch_model::Spot;

use super::{CodeDetector, Marks, Sight};
use crate::seen::At;
use crate::views::Packed;

pub static DETECTOR: CodeDetector = CodeDetector {
    id: "token.abuse",
    see,
};

/// In the name of a key: what climbs, breaks out or runs.
static IN_KEY_NAME: &[&str] = &[
    "../",
    "..\\",
    "'",
    ";",
    "|",
    "$(",
    "`",
    "/dev/null",
    "/etc/",
    "/proc/",
    "union ",
    "select ",
    "http://",
    "https://",
    "\\u00",
];

fn see(sight: &Sight<'_>, marks: &mut Marks<'_>) {
    let Some(token) = sight.reading.token() else {
        return;
    };
    let (at, header) = header(sight);
    if token.algorithm.eq_ignore_ascii_case("none") {
        marks.add("no-algorithm", 0.92, at);
    } else if !token.signed && !token.encrypted && !token.malformed {
        marks.add("no-signature", 0.85, at);
    }
    let expired = token.expires_at.zip(sight.exchange.at);
    if expired.is_some_and(|(until, now)| until < now)
        && matches!(sight.exchange.status(), Some(200..=299))
    {
        marks.add("expired-but-taken", 0.6, at);
    }
    let header = String::from_utf8_lossy(&header);
    for (member, name, confidence) in [
        ("\"jku\"", "key-by-address", 0.6),
        ("\"x5u\"", "key-by-address", 0.6),
        ("\"jwk\"", "key-inside", 0.7),
    ] {
        if header.contains(member) {
            marks.add(name, confidence, at);
        }
    }
    if let Some((_, rest)) = header.split_once("\"kid\"") {
        let rest = rest.trim_start_matches([' ', ':', '"']);
        let name = rest.split("\",").next().unwrap_or_default();
        if IN_KEY_NAME.iter().any(|it| name.contains(it)) {
            marks.add("attack-in-key-name", 0.93, at);
        }
    }
}

/// Where the token stands, and what its header says; as far as it can be found.
fn header(sight: &Sight<'_>) -> (At, Vec<u8>) {
    let mut header = Vec::new();
    for (index, leaf) in sight.reading.leaves().iter().enumerate() {
        if leaf.spot() > Spot::RequestCookies {
            break;
        }
        let Value::Text(text) = leaf.value else {
            continue;
        };
        let text = text.as_bytes();
        let find = |two| text.windows(2).position(|it| it == two);
        let start = find(b"ey").or_else(|| find(b"ew"));
        let token = start.map(|it| &text[it..]);
        let first = token.and_then(|it| Some(&it[..memchr::memchr(b'.', it)?]));
        if first.is_some_and(|it| Packed::new(it).next(&mut header)) {
            return (At::Leaf(index as u32), header);
        }
    }
    (At::Request, Vec::new())
}

#[cfg(test)]
mod tests {
    use crate::detectors::tests::marks;

    fn check(token: &str, expected: &[&str]) {
        let bearer = format!("Bearer {token}");
        assert_eq!(
            marks("GET", "/a", &[("authorization", &bearer)], ""),
            expected
        );
    }

    #[test]
    fn made_up_tokens_are_seen() {
        const CLAIMS: &str = "eyJzdWIiOiJib2IifQ";
        // {"alg":"none"}, {"alg":"HS256"}, {"alg":"HS256","kid":"../../dev/null"}
        check(&format!("eyJhbGciOiJub25lIn0.{CLAIMS}."), &["no-algorithm"]);
        check(
            &format!("eyJhbGciOiJIUzI1NiJ9.{CLAIMS}."),
            &["no-signature"],
        );
        check(&format!("eyJhbGciOiJIUzI1NiJ9.{CLAIMS}.c2ln"), &[]);
        let climbs = "eyJhbGciOiJIUzI1NiIsImtpZCI6Ii4uLy4uL2Rldi9udWxsIn0";
        assert!(
            marks(
                "GET",
                "/a",
                &[("authorization", &format!("Bearer {climbs}.{CLAIMS}.c2ln"))],
                ""
            )
            .contains(&"attack-in-key-name".to_owned())
        );
    }
}
