//! What of a value may be shown.

use crate::find::Hit;
use crate::info_type::{InfoType, Mask};

/// Of a value with fewer letters and digits nothing is shown.
const SHOWN_SIGNS_MIN: usize = 9;
/// A longer mask says no more.
const MASK_SIGNS_MAX: usize = 64;
const LAST: usize = 4;
/// A prefix is at most so long, and at most a fourth of the value.
const PREFIX_BYTES_MAX: usize = 8;
const PREFIX_SHARE: usize = 4;
const DOT: char = '•';
const HIDDEN: &str = "•••";

/// The value as it may be shown, by the rule of its type.
pub fn mask(info_type: &InfoType, value: &str) -> String {
    let value = value.trim();
    let shown = match info_type.mask {
        Mask::Hidden => None,
        Mask::LastFour => last_four(value),
        Mask::Prefix => prefix(value),
        Mask::Domain => domain(value),
    };
    shown.unwrap_or_else(|| hidden(value))
}

/// A text in which each hit is replaced by its mask. `type_of` knows the types of the hits.
pub fn redact<'t>(
    text: &str,
    hits: &[Hit],
    type_of: impl Fn(&Hit) -> Option<&'t InfoType>,
) -> String {
    let mut spans = hits
        .iter()
        .map(|it| (it.from as usize, (it.to as usize).min(text.len()), it))
        .collect::<Vec<_>>();
    spans.sort_unstable_by_key(|(from, to, _)| (*from, core::cmp::Reverse(*to)));
    let mut redacted = String::with_capacity(text.len());
    let mut at = 0;
    for (from, to, hit) in spans {
        if to <= at {
            continue;
        }
        let start = from.max(at);
        let (Some(before), Some(value)) = (text.get(at..start), text.get(start..to)) else {
            // Not the text that the hits are of: nothing of it can be trusted.
            return HIDDEN.to_owned();
        };
        redacted.push_str(before);
        // A hit that overlaps another shows nothing of its rest.
        match type_of(hit).filter(|_| start == from) {
            Some(info_type) => redacted.push_str(&mask(info_type, value)),
            None => redacted.push_str(&hidden(value)),
        }
        at = to;
    }
    redacted.push_str(text.get(at..).unwrap_or(HIDDEN));
    redacted
}

/// `<16 characters>`: its length and nothing more.
fn hidden(value: &str) -> String {
    match value.chars().count() {
        1 => "<1 character>".to_owned(),
        count => format!("<{count} characters>"),
    }
}

/// `•••• •••• •••• 1111`.
fn last_four(value: &str) -> Option<String> {
    let signs = value.chars().filter(|it| it.is_alphanumeric()).count();
    if signs < SHOWN_SIGNS_MIN || value.chars().count() > MASK_SIGNS_MAX {
        return None;
    }
    let mut left = signs;
    let masked = value.chars().map(|sign| {
        if !sign.is_alphanumeric() {
            return sign;
        }
        left -= 1;
        if left >= LAST { DOT } else { sign }
    });
    Some(masked.collect())
}

/// `ghp_•••`: up to the last mark among the first letters, which is not part of the secret.
fn prefix(value: &str) -> Option<String> {
    let most = PREFIX_BYTES_MAX.min(value.len() / PREFIX_SHARE);
    let head = value.get(..most)?;
    let shown = match head.rfind(['_', '-', '.', ':']) {
        Some(at) => &head[..=at],
        None => value.get(..LAST.min(most))?,
    };
    let plain = shown.bytes().all(|it| it.is_ascii_graphic());
    (plain && !shown.is_empty()).then(|| format!("{shown}{HIDDEN}"))
}

/// `•••@example.com`, `203.0.•.•`.
fn domain(value: &str) -> Option<String> {
    if let Some((_, domain)) = value.rsplit_once('@') {
        return Some(format!("{HIDDEN}@{domain}"));
    }
    if let [one, two, _, _] = *value.split('.').collect::<Vec<_>>() {
        return Some(format!("{one}.{two}.{DOT}.{DOT}"));
    }
    let groups = value.split(':').take(2).collect::<Vec<_>>();
    match *groups {
        [one, two] if value.matches(':').count() >= 2 => Some(format!("{one}:{two}:{HIDDEN}")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use gatewatch_model::info_type::Grounds;
    use proptest::prelude::*;

    use super::*;
    use crate::catalogue::SHIPPED;

    fn masked(rule: Mask, value: &str) -> String {
        let card = SHIPPED.find("credit-card").unwrap();
        mask(
            &InfoType {
                mask: rule,
                ..card.clone()
            },
            value,
        )
    }

    #[test]
    fn each_rule_shows_what_it_says() {
        assert_eq!(masked(Mask::Hidden, "hunter2"), "<7 characters>");
        assert_eq!(
            masked(Mask::LastFour, "4111 1111 1111 1111"),
            "•••• •••• •••• 1111"
        );
        assert_eq!(masked(Mask::LastFour, "12345678"), "<8 characters>");
        assert_eq!(
            masked(Mask::Prefix, "ghp_0123456789abcdef0123456789abcdef0123"),
            "ghp_•••"
        );
        assert_eq!(masked(Mask::Prefix, "AKIA0123456789ABCDEF"), "AKIA•••");
        assert_eq!(masked(Mask::Domain, "ada@example.com"), "•••@example.com");
        assert_eq!(masked(Mask::Domain, "203.0.113.9"), "203.0.•.•");
        assert_eq!(masked(Mask::Domain, "2001:db8::9"), "2001:db8:•••");
    }

    #[test]
    fn a_redacted_text_keeps_only_what_lies_between_its_hits() {
        let card = SHIPPED.find("credit-card").unwrap();
        let text = "pay 4111111111111111 now";
        let hit = |from, to| Hit {
            leaf: 0,
            info_type: card.key,
            confidence: 99,
            grounds: Grounds::default(),
            from,
            to,
        };
        let redacted = redact(text, &[hit(4, 20)], |_| Some(card));
        assert_eq!(redacted, "pay ••••••••••••1111 now");
        let redacted = redact(text, &[hit(4, 12), hit(8, 20)], |_| None);
        assert_eq!(redacted, "pay <8 characters><8 characters> now");
    }

    proptest! {
        #[test]
        fn no_mask_shows_more_than_its_rule(value in "[0-9A-Za-z]{1,40}") {
            prop_assert!(!masked(Mask::Hidden, &value).contains(&value) || value.len() <= 2);
            let shown = |masked: &str| masked.chars().filter(char::is_ascii_alphanumeric).count();
            let last = masked(Mask::LastFour, &value);
            prop_assert!(last.starts_with('<') || shown(&last) == LAST);
            let first = masked(Mask::Prefix, &value);
            prop_assert!(first.starts_with('<') || shown(&first) * PREFIX_SHARE <= value.len());
        }

        #[test]
        fn no_redacted_text_holds_a_value(before in "[a-z ]{0,9}", value in "[0-9]{5,8}", after in "[a-z ]{0,9}") {
            let text = format!("{before}{value}{after}");
            let from = before.len() as u32;
            let card = SHIPPED.find("credit-card").unwrap();
            let hit = Hit {
                leaf: 0,
                info_type: card.key,
                confidence: 60,
                grounds: Grounds::default(),
                from,
                to: from + value.len() as u32,
            };
            prop_assert!(!redact(&text, &[hit], |_| Some(card)).contains(&value));
        }
    }
}
