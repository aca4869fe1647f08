//! Heads of which two servers would not agree where the body ends.

use super::{CodeDetector, Marks, Sight};
use crate::seen::At;

pub static DETECTOR: CodeDetector = CodeDetector {
    id: "protocol.smuggling",
    see,
};

static CODINGS: &[&str] = &[
    "chunked", "gzip", "deflate", "compress", "identity", "br", "zstd",
];

fn see(sight: &Sight<'_>, marks: &mut Marks<'_>) {
    let mut length: Option<&str> = None;
    let mut coding = false;
    for (name, value) in sight.exchange.request.headers.iter().flatten() {
        // Most names are neither; the letter tells without more ado.
        let name = name.as_ref();
        if name.eq_ignore_ascii_case("content-length") {
            let two = length.is_some_and(|it| it != value);
            let odd = value.is_empty() || !value.trim().bytes().all(|it| it.is_ascii_digit());
            if two {
                marks.add("two-lengths", 0.9, At::Request);
            } else if odd {
                marks.add("odd-length", 0.6, At::Request);
            }
            length = Some(value);
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            coding = true;
            let known = |it: &str| {
                CODINGS
                    .iter()
                    .any(|one| one.eq_ignore_ascii_case(it.trim()))
            };
            let mut parts = value.split(',');
            let chunked_last = value.trim().to_ascii_lowercase().ends_with("chunked");
            if !parts.all(known) || !chunked_last && value.to_ascii_lowercase().contains("chunked")
            {
                marks.add("odd-coding", 0.85, At::Request);
            }
        } else if is_disguised(name) {
            marks.add("disguised-header", 0.9, At::Request);
        }
    }
    if coding && length.is_some() {
        marks.add("length-and-coding", 0.84, At::Request);
    }
}

/// `Transfer-Encoding ` or `\x0btransfer_encoding`: what one server passes over and another takes.
fn is_disguised(name: &str) -> bool {
    let letters = || name.bytes().filter(u8::is_ascii_alphabetic);
    // As long as the longer of both and a few signs more.
    if !(13..=24).contains(&name.len()) {
        return false;
    }
    let same = |known: &str| {
        let known = known.bytes().filter(u8::is_ascii_alphabetic);
        letters().map(|it| it.to_ascii_lowercase()).eq(known)
    };
    same("transfer-encoding") || same("content-length")
}

#[cfg(test)]
mod tests {
    use crate::detectors::tests::marks;

    fn check(headers: &[(&str, &str)], expected: &[&str]) {
        assert_eq!(marks("POST", "/", headers, "x"), expected);
    }

    #[test]
    fn two_ways_to_tell_the_length_are_seen() {
        let (length, chunked) = (("Content-Length", "6"), ("Transfer-Encoding", "chunked"));
        check(&[length, chunked], &["length-and-coding"]);
        check(&[length, ("content-length", "7")], &["two-lengths"]);
        check(&[("Transfer-Encoding", "xchunked")], &["odd-coding"]);
        check(&[("Transfer_Encoding", "chunked")], &["disguised-header"]);
        check(&[length], &[]);
        check(&[chunked], &[]);
        check(&[("Transfer-Encoding", "gzip, chunked")], &[]);
    }
}
