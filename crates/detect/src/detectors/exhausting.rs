//! Exchanges that take more work than one may: what was left out may be what matters.

use super::{CodeDetector, Marks, Sight};
use crate::seen::At;

pub static DETECTOR: CodeDetector = CodeDetector {
    id: "protocol.exhausting",
    see,
};

fn see(sight: &Sight<'_>, marks: &mut Marks<'_>) {
    if sight.exhausted {
        marks.add("left-out", 0.3, At::Request);
    }
}

#[cfg(test)]
mod tests {
    use crate::detectors::tests::marks;

    #[test]
    fn a_flood_of_marks_is_seen_though_not_all_of_it_is_looked_at() {
        let form = [("content-type", "application/x-www-form-urlencoded")];
        let flood = "a=%2b%27%7c%7c%28&".repeat(60_000);
        assert!(marks("POST", "/", &form, &flood).contains(&"left-out".to_owned()));
        assert!(!marks("POST", "/", &form, "a=1").contains(&"left-out".to_owned()));
    }
}
