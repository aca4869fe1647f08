//! Questions that cost a GraphQL server much: deep ones, ones that ask the same many times over,
//! and many at once.

use gatewatch_model::Spot;
use gatewatch_model::profile::Protocol;

use super::{CodeDetector, Marks, Sight};
use crate::seen::At;

pub static DETECTOR: CodeDetector = CodeDetector {
    id: "graphql.abuse",
    see,
};

/// From which count on, and how sure; the first that fits counts.
type Steps = &'static [(u32, f32)];

const DEPTH: Steps = &[(24, 0.85), (15, 0.6)];
const ALIASES: Steps = &[(100, 0.85), (40, 0.6)];
const BATCH: Steps = &[(64, 0.82), (20, 0.55)];

fn see(sight: &Sight<'_>, marks: &mut Marks<'_>) {
    let at = At::Spot(Spot::RequestBody);
    let mut count = 0;
    let (mut depth, mut aliases) = (0, 0);
    for call in sight.reading.calls() {
        if call.protocol == Protocol::GraphQl {
            count += 1;
            depth = depth.max(call.depth);
            aliases = aliases.max(call.aliases);
        }
    }
    for (name, value, steps) in [
        ("deep", depth, DEPTH),
        ("aliases", aliases, ALIASES),
        ("batch", count, BATCH),
    ] {
        if let Some((_, confidence)) = steps.iter().find(|it| value >= it.0) {
            marks.add(name, *confidence, at);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::detectors::tests::marks;

    fn asked(query: &str) -> Vec<String> {
        let body = format!("{{\"query\":\"{query}\"}}");
        marks(
            "POST",
            "/graphql",
            &[("content-type", "application/json")],
            &body,
        )
    }

    #[test]
    fn deep_and_repeated_questions_are_seen() {
        let deep = format!("{{{} id {}}}", "a {".repeat(30), "}".repeat(30));
        assert_eq!(asked(&deep), ["deep"]);
        let many: Vec<_> = (0..120).map(|it| format!("a{it}: me {{ id }}")).collect();
        let many = many.join(" ");
        assert_eq!(asked(&format!("{{{many}}}")), ["aliases"]);
        assert_eq!(asked("{ me { id orders { id } } }"), [""; 0]);
    }
}
