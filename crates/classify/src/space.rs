//! How many values a type can have, by its patterns: a token of a value is given only where nobody
//! can try them all, not even with the key.

use gatewatch_model::info_type::Category;
use regex_syntax::hir::{Class, Hir, HirKind};

use crate::form::parse;
use crate::info_type::InfoType;

/// Of a type with fewer values than two to this power a value can be found from its token by whoever
/// has the key. People's own types may say less of what they leave open.
const SECRET_BITS_MIN: f64 = 50.0;
const CUSTOM_BITS_MIN: f64 = 80.0;

/// Whether values of a type may have tokens: secrets that machines make, known by a form that leaves
/// so much open that nobody can try all. What people have (names, numbers of cards, cars and
/// citizens, passwords) can be tried.
pub fn is_beyond_guessing(info_type: &InfoType) -> bool {
    let least = match info_type.category {
        Category::Credentials => SECRET_BITS_MIN,
        Category::Custom => CUSTOM_BITS_MIN,
        Category::Finance | Category::Pii | Category::Other => return false,
    };
    let by_form = info_type.dictionary.is_none()
        && info_type.tokens.is_none()
        && info_type.by_name == 0
        && !info_type.patterns.is_empty();
    let mut patterns = info_type.patterns.iter();
    by_form && patterns.all(|it| parse(&it.regex).is_ok_and(|hir| bits(&hir) >= least))
}

/// What the shortest values of a pattern leave open. Letters count without case and only letters
/// and digits count, because people choose the rest. Patterns nest no deeper than their parser lets
/// them.
fn bits(hir: &Hir) -> f64 {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) | HirKind::Literal(_) => 0.0,
        HirKind::Class(class) => f64::from(signs(class).max(1)).log2(),
        HirKind::Repetition(it) => f64::from(it.min) * bits(&it.sub),
        HirKind::Capture(it) => bits(&it.sub),
        HirKind::Concat(parts) => parts.iter().map(bits).sum(),
        HirKind::Alternation(ways) => ways.iter().map(bits).fold(f64::INFINITY, f64::min),
    }
}

fn signs(class: &Class) -> u32 {
    let holds = |sign: u8| match class {
        Class::Unicode(it) => it
            .ranges()
            .iter()
            .any(|it| (it.start()..=it.end()).contains(&char::from(sign))),
        Class::Bytes(it) => it
            .ranges()
            .iter()
            .any(|it| (it.start()..=it.end()).contains(&sign)),
    };
    let signs = (b'0'..=b'9').chain(b'a'..=b'z');
    signs
        .filter(|it| holds(*it) || holds(it.to_ascii_uppercase()))
        .count() as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::SHIPPED;

    #[test]
    fn secrets_of_machines_are_beyond_guessing_and_what_people_have_is_not() {
        for (id, beyond) in [
            ("credit-card", false),
            ("us-ssn", false),
            ("iban", false),
            ("email", false),
            ("password", false),
            ("pin", false),
            ("otp-code", false),
            ("seed-phrase", true),
            ("passport-mrz", false),
            ("jwt", true),
            ("github-token", true),
            ("aws-access-key-id", true),
            ("session-cookie", true),
        ] {
            let info_type = SHIPPED.find(id).expect(id);
            assert_eq!(is_beyond_guessing(info_type), beyond, "{id}");
        }
    }
}
