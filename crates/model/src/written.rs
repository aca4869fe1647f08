//! Where something stands in a file of TOML, to say which key is wrong.

/// The key whose value begins at that byte; the one that the byte stands in, if the value is a part
/// of a list. Empty if there is none.
pub fn key_at(text: &str, at: usize) -> &str {
    let before = text.get(..at).unwrap_or(text);
    let beside = before.trim_end().strip_suffix('=').map(last_word);
    if let Some(key) = beside.filter(|it| !it.is_empty()) {
        return key;
    }
    let begun = before.lines().count().max(1);
    let whole = if before.ends_with('\n') {
        begun + 1
    } else {
        begun
    };
    let keys = text.lines().take(whole).filter_map(|line| {
        let (name, _) = line.split_once('=')?;
        let key = last_word(name);
        (!key.is_empty() && key == name.trim()).then_some(key)
    });
    keys.last().unwrap_or_default()
}

/// The bare key that a text ends with.
fn last_word(text: &str) -> &str {
    let text = text.trim_end();
    let is_sign = |it: char| it.is_ascii_alphanumeric() || it == '_' || it == '-';
    &text[text.trim_end_matches(is_sign).len()..]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TEXT: &str =
        "id = \"a\"\n[[purview]]\nname = { guid = 5 }\nnear = [\n  'x=1',\n  5,\n]\n";

    #[test]
    fn a_value_has_the_key_before_it_and_a_part_of_a_list_that_of_the_list() {
        let key = |value: &str| key_at(TEXT, TEXT.find(value).unwrap());
        assert_eq!(key("\"a\""), "id");
        assert_eq!(key("id"), "id");
        assert_eq!(key("{ guid"), "name");
        assert_eq!(key("5 }"), "guid");
        assert_eq!(key("5,"), "near");
    }

    proptest! {
        #[test]
        fn any_text_has_a_key_or_none(text in "[a=\n \"é]{0,40}", at in 0_usize..60) {
            prop_assert!(text.contains(key_at(&text, at)));
        }
    }
}
