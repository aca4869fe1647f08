//! Methods that echo, tunnel or debug, and what is no method.

use gatewatch_model::Blemishes;

use super::{CodeDetector, Marks, Sight};
use crate::seen::At;

pub static DETECTOR: CodeDetector = CodeDetector {
    id: "probe.method",
    see,
};

static ODD: &[&str] = &[
    "TRACE",
    "TRACK",
    "DEBUG",
    "CONNECT",
    "MOVE",
    "COPY",
    "PROPPATCH",
];

fn see(sight: &Sight<'_>, marks: &mut Marks<'_>) {
    let method = sight.reading.method();
    if ODD.contains(&method) {
        marks.add("odd-method", 0.45, At::Request);
    }
    if sight.reading.blemishes().contains(Blemishes::BAD_METHOD)
        && !sight.exchange.request.method.is_empty()
    {
        marks.add("no-method", 0.6, At::Request);
    }
}

#[cfg(test)]
mod tests {
    use crate::detectors::tests::marks;

    #[test]
    fn methods_that_nobody_needs_are_noticed() {
        assert_eq!(marks("TRACE", "/", &[], ""), ["odd-method"]);
        assert_eq!(marks("GE T", "/", &[], ""), ["no-method"]);
        assert_eq!(marks("PATCH", "/", &[], ""), [""; 0]);
    }
}
