//! Where traffic differs from a definition: the kinds, and the one wording that whoever compares
//! uses. What any server may answer, whatever its definition says, is no difference.

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident $text:literal $says:literal,)*) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum DifferenceKind {
            $($(#[$doc])* $variant,)*
        }

        impl DifferenceKind {
            pub const ALL: &'static [DifferenceKind] = &[$(DifferenceKind::$variant,)*];

            pub fn name(self) -> &'static str {
                match self {
                    $(DifferenceKind::$variant => $text,)*
                }
            }

            /// What is to say of an endpoint or a place in it: what is documented, what was seen.
            pub fn says(self, defined: &str, seen: &str) -> String {
                let text = match self {
                    $(DifferenceKind::$variant => $says,)*
                };
                // No text holds both marks after the first is filled, so the second is its own.
                let (before, after) = text.split_once("[seen]").unwrap_or((text, ""));
                let fill = |it: &str| it.replace("[defined]", defined);
                let seen = if before.len() == text.len() { "" } else { seen };
                [&fill(before), seen, &fill(after)].concat()
            }
        }
    };
}

kinds! {
    NeverSeen "never-seen" "is documented and was never seen",
    /// Seen and not documented.
    Shadow "shadow" "is not documented and was called [seen]",
    /// Removed from a newer definition and called after that.
    Zombie "zombie" "was removed from a newer definition and is still called, [seen]",
    /// Removed from a newer definition and not called after that.
    Removed "removed" "was removed from a newer definition; before that it was called [seen]",
    /// Not documented itself, but calls of it fit a documented template that has a slot where
    /// this has a word, or the other way round.
    Overlap "overlap" "was called [seen] and is not documented itself; `[defined]` is, and one of both has a slot where the other has a word",
    DeprecatedCalled "deprecated-called" "is documented as deprecated and was called [seen]",
    /// Calls without credentials were answered where the definition asks for some.
    AnonymousAnswered "anonymous-answered" "is documented to ask for [defined] and answered [seen] without",
    /// Credentials of a kind that the definition does not ask for.
    OtherCredential "other-credential" "is documented to ask for [defined]; callers showed [seen]",
    /// Plain HTTP where all documented servers have TLS.
    NotEncrypted "not-encrypted" "is documented under [defined] alone; [seen] came without TLS",
    UndocumentedParameter "undocumented-parameter" "is not documented and was there in [seen] exchanges",
    UndocumentedMember "undocumented-member" "is not documented and was there in [seen] exchanges",
    MissingRequired "missing-required" "is documented as required and was missing in [seen] exchanges",
    OtherType "other-type" "is documented as [defined] and was [seen]",
    OtherFormat "other-format" "is documented as [defined] and was never so: [seen]",
    OtherValue "other-value" "was [seen]; documented are [defined]",
    UndocumentedStatus "undocumented-status" "answered [seen]; documented are [defined]",
    UndocumentedMediaType "undocumented-media-type" "came as [seen]; documented are [defined]",
}

/// What any server may answer, whatever its definition says.
const ANYWHERE: [u16; 9] = [401, 403, 404, 405, 406, 408, 413, 415, 429];

/// Whether a status must be documented: not what any server may answer, nor a failure.
pub fn must_be_documented(status: u16) -> bool {
    (200..500).contains(&status) && !ANYWHERE.contains(&status)
}

/// Formats that documents and traffic know by one name.
const FORMATS: [&str; 7] = ["date", "date-time", "email", "ipv4", "ipv6", "uri", "uuid"];
/// So many texts of no known format say that a documented one is not kept to.
const PLAIN_TEXTS_MIN: u64 = 10;

/// What all texts were, as in `integer 12 times`, where none was of the documented format.
pub fn other_format(documented: &str, texts: u64, formats: &[(Box<str>, u64)]) -> Option<String> {
    let is_known = FORMATS.contains(&documented);
    let fits = formats.iter().any(|it| *it.0 == *documented && it.1 > 0);
    let told = formats.iter().map(|it| it.1).sum::<u64>();
    if !is_known || fits || texts == 0 || told < texts && texts < PLAIN_TEXTS_MIN {
        return None;
    }
    let seen = formats.iter().map(|it| format!("{} {}", it.0, times(it.1)));
    let plain = texts.saturating_sub(told);
    let plain = (plain > 0).then(|| format!("no known format {}", times(plain)));
    Some(seen.chain(plain).collect::<Vec<_>>().join(", "))
}

pub fn times(count: u64) -> String {
    match count {
        1 => "once".to_owned(),
        count => format!("{count} times"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_in_what_was_seen_are_text() {
        let says = DifferenceKind::OtherValue.says("a, [seen]", "`[defined]`");
        assert_eq!(says, "was `[defined]`; documented are a, [seen]");
        let says = DifferenceKind::NeverSeen.says("a", "b");
        assert_eq!(says, "is documented and was never seen");
        let says = DifferenceKind::OtherType.says("integer", "string once");
        assert_eq!(says, "is documented as integer and was string once");
    }

    #[test]
    fn a_format_is_contradicted_by_another_at_once_and_by_none_in_time() {
        let seen = |it: &[(&str, u64)]| {
            let all = it.iter().map(|it| (it.0.into(), it.1));
            all.collect::<Vec<(Box<str>, u64)>>()
        };
        let other = |texts, formats| other_format("uuid", texts, &seen(formats));
        assert_eq!(
            other(2, &[("integer", 2)]).as_deref(),
            Some("integer 2 times")
        );
        assert_eq!(other(2, &[("integer", 1)]), None);
        assert_eq!(
            other(10, &[("integer", 1)]).as_deref(),
            Some("integer once, no known format 9 times")
        );
        assert_eq!(other(10, &[("integer", 9), ("uuid", 1)]), None);
        assert_eq!(other(0, &[]), None);
        assert_eq!(other_format("pet-name", 10, &[]), None);
    }
}
