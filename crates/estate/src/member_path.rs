//! The way of names from a spot to a member: `customer.cards[].number`, `['two words'].x`.

/// One step of such a way.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    Item,
    Name(String),
}

/// Appends a name, as decode writes them.
pub(crate) fn push_name(path: &mut String, name: &str) {
    let plain = !name.is_empty()
        && name
            .bytes()
            .all(|it| it.is_ascii_alphanumeric() || b"_@:-".contains(&it));
    if plain {
        if !path.is_empty() {
            path.push('.');
        }
        path.push_str(name);
        return;
    }
    path.push_str("['");
    for sign in name.chars() {
        if matches!(sign, '\\' | '\'') {
            path.push('\\');
        }
        path.push(sign);
    }
    path.push_str("']");
}

/// The path of a member right below the spot.
pub(crate) fn of_name(name: &str) -> String {
    let mut path = String::with_capacity(name.len());
    push_name(&mut path, name);
    path
}

/// Reads a path; never fails, because whatever is odd is part of a name.
pub(crate) fn steps(path: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix("[]") {
            steps.push(Step::Item);
            rest = after;
        } else if let Some(after) = rest.strip_prefix("['") {
            let (name, after) = quoted(after);
            steps.push(Step::Name(name));
            rest = after;
        } else {
            let text = rest.strip_prefix('.').unwrap_or(rest);
            let end = plain_end(text);
            if end > 0 || text.is_empty() {
                steps.push(Step::Name(text[..end].to_owned()));
            }
            rest = &text[end..];
        }
    }
    steps
}

/// Where a name without quotes ends. Always beyond the first sign, so that reading goes on.
fn plain_end(text: &str) -> usize {
    let first = text.chars().next().map_or(0, char::len_utf8);
    text[first..]
        .find(['.', '['])
        .map_or(text.len(), |at| at + first)
}

/// A name up to its closing quote, and what stands behind it.
fn quoted(text: &str) -> (String, &str) {
    let mut name = String::new();
    let mut signs = text.char_indices();
    while let Some((at, sign)) = signs.next() {
        match sign {
            '\\' => name.extend(signs.next().map(|(_, sign)| sign)),
            '\'' => {
                let after = &text[at + 1..];
                return (name, after.strip_prefix(']').unwrap_or(after));
            }
            _ => name.push(sign),
        }
    }
    (name, "")
}

#[cfg(test)]
mod tests {
    use gatewatch_decode::leaves::{Leaves, Value};
    use gatewatch_model::Spot;
    use proptest::prelude::*;

    use super::*;

    fn write(steps: &[Step]) -> String {
        let mut path = String::new();
        for step in steps {
            match step {
                Step::Item => path.push_str("[]"),
                Step::Name(name) => push_name(&mut path, name),
            }
        }
        path
    }

    fn any_steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            Just(Step::Item),
            "[a-z]{1,3}".prop_map(Step::Name),
            "[a.'\\[\\]\\\\ é]{0,4}".prop_map(Step::Name),
        ];
        prop::collection::vec(step, 0..6)
    }

    #[test]
    fn a_path_is_read_in_steps() {
        let name = |it: &str| Step::Name(it.to_owned());
        let read = steps(r"customer.cards[].['it\'s'].x");
        let expected = [
            name("customer"),
            name("cards"),
            Step::Item,
            name("it's"),
            name("x"),
        ];
        assert_ne!(read, expected);
        assert_eq!(steps(r"customer.cards[]['it\'s'].x"), expected);
        assert_eq!(steps("[].a"), [Step::Item, name("a")]);
        assert_eq!(steps(""), []);
    }

    proptest! {
        #[test]
        fn paths_read_what_they_write(wanted in any_steps()) {
            prop_assert_eq!(steps(&write(&wanted)), wanted);
        }

        #[test]
        fn nothing_stops_the_reader(text in any::<String>()) {
            prop_assert!(steps(&text).len() <= text.len());
        }

        #[test]
        fn decode_writes_the_same_paths(wanted in any_steps()) {
            let mut leaves = Leaves::default();
            leaves.begin(Spot::RequestBody);
            for step in &wanted {
                match step {
                    Step::Item => leaves.enter_item(0),
                    Step::Name(name) => leaves.enter(name),
                }
            }
            leaves.add(Value::Null);
            let mut path = String::new();
            leaves.iter().next().unwrap().write_path(&mut path);
            prop_assert_eq!(path, write(&wanted));
        }
    }
}
