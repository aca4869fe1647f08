//! Each check with values that pass and values that do not: published examples where there are
//! any, else made up by the published rule.

use super::*;

/// A check, what passes, what does not.
fn rows() -> Vec<(&'static str, Vec<&'static str>, Vec<&'static str>)> {
    let lines = include_str!("vectors.txt").lines();
    lines
        .filter(|it| !it.starts_with('#'))
        .map(|line| {
            let mut parts = line.split(" | ");
            let name = parts.next().unwrap();
            let mut values = || parts.next().unwrap().split("; ").collect();
            (name, values(), values())
        })
        .collect()
}

#[test]
fn checks_take_what_is_right_and_refuse_what_is_wrong() {
    for (name, valid, invalid) in rows() {
        let check = find(name).unwrap_or_else(|| panic!("no check `{name}`"));
        for value in valid {
            assert!((check.passes)(value.as_bytes()), "{name} refuses {value}");
        }
        for value in invalid {
            assert!(!(check.passes)(value.as_bytes()), "{name} takes {value}");
        }
    }
}

#[test]
fn every_check_has_its_examples_and_the_roll_is_in_order() {
    let rows = rows();
    for check in ROLL {
        let known = rows.iter().any(|it| it.0 == check.name);
        assert!(known, "`{}` has no examples", check.name);
    }
    assert!(ROLL.is_sorted_by(|one, two| one.name < two.name));
}

proptest::proptest! {
    #[test]
    fn no_check_panics_on_any_bytes(value in proptest::collection::vec(0_u8.., 0..80)) {
        for check in ROLL {
            let _ = (check.passes)(&value);
        }
    }

    #[test]
    fn no_check_panics_on_letters_and_digits(value in "[0-9A-Za-z./ -]{0,40}") {
        for check in ROLL {
            let _ = (check.passes)(value.as_bytes());
        }
    }
}
