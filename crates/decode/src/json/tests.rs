//! What reading JSON promises.

use gatewatch_model::Spot;
use proptest::prelude::*;
use serde_json::Value as Tree;

use super::*;

type Places = Vec<(String, String)>;

fn read(text: &str, cut: bool) -> (Places, Blemishes, Extent) {
    let mut leaves = Leaves::default();
    leaves.begin(Spot::RequestBody);
    let mut blemishes = Blemishes::default();
    let extent = Json::default().read(text, cut, &mut leaves, &mut blemishes);
    (places(&leaves), blemishes, extent)
}

fn places(leaves: &Leaves) -> Places {
    leaves
        .iter()
        .map(|leaf| {
            let mut place = String::new();
            leaf.write_place(&mut place);
            let value = match leaf.value {
                Value::Text(text) => format!("{text:?}"),
                Value::Number(text) => text.to_owned(),
                Value::Bool(it) => it.to_string(),
                Value::Null => "null".to_owned(),
                Value::EmptyList => "[]".to_owned(),
                Value::EmptyObject => "{}".to_owned(),
            };
            (place["$.request.body".len()..].to_owned(), value)
        })
        .collect()
}

fn check(text: &str, expected: &[(&str, &str)], blemishes: Blemishes) {
    let (found, odd, _) = read(text, false);
    let found: Vec<_> = found
        .iter()
        .map(|(place, value)| (place.as_str(), value.as_str()))
        .collect();
    assert_eq!((found.as_slice(), odd), (expected, blemishes), "{text}");
}

const SOUND: Blemishes = Blemishes(0);
const BAD: Blemishes = Blemishes::BAD_JSON;

#[test]
fn every_kind_of_value_has_its_place() {
    check(
        r#" {"a": {"b c": [1, -2.5e+7, {"d": null}]}, "e": true, "f": false, "g": [], "h": {}, "i": ""} "#,
        &[
            (".a['b c'][0]", "1"),
            (".a['b c'][1]", "-2.5e+7"),
            (".a['b c'][2].d", "null"),
            (".e", "true"),
            (".f", "false"),
            (".g", "[]"),
            (".h", "{}"),
            (".i", "\"\""),
        ],
        SOUND,
    );
    check("7", &[("", "7")], SOUND);
    check("[[[]]]", &[("[0][0]", "[]")], SOUND);
}

#[test]
fn numbers_stay_as_they_were_written() {
    check(
        "[123456789012345678901234567890, 1E400, -0.0]",
        &[
            ("[0]", "123456789012345678901234567890"),
            ("[1]", "1E400"),
            ("[2]", "-0.0"),
        ],
        SOUND,
    );
    for bad in ["01", "+1", "1.", ".5", "1e", "-", "NaN"] {
        check(&format!("[{bad}]"), &[], BAD);
    }
}

#[test]
fn escapes_are_undone_and_odd_ones_told() {
    check(
        r#""\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00""#,
        &[("", r#""\"\\/\u{8}\u{c}\n\r\té😀""#)],
        SOUND,
    );
    check(r#""a\xb\é\u00zz""#, &[("", "\"axbéu00zz\"")], BAD);
    let odd = Blemishes::BAD_CHARSET;
    for lone in [r"\ud83d", r"\ude00"] {
        check(&format!("\"{lone}.\""), &[("", "\"\u{fffd}.\"")], odd);
    }
    check(r#""\ud83d\u0041""#, &[("", "\"\u{fffd}A\"")], odd);
    check("\"a\tb\"", &[("", r#""a\tb""#)], BAD);
}

#[test]
fn two_members_of_one_name_are_told_and_both_kept() {
    let twice = [(".a", "1"), (".a", "2")];
    check(r#"{"a":1,"a":2}"#, &twice, Blemishes::DUPLICATE_NAMES);
    check(r#"{"a":1,"\u0061":2}"#, &twice, Blemishes::DUPLICATE_NAMES);
    check(
        r#"[{"a":1},{"a":2}]"#,
        &[("[0].a", "1"), ("[1].a", "2")],
        SOUND,
    );
    let many: Vec<_> = (0..100).map(|it| format!("\"n{}\":1", it % 99)).collect();
    assert_eq!(
        read(&format!("{{{}}}", many.join(",")), false).1,
        Blemishes::DUPLICATE_NAMES
    );
}

#[test]
fn what_is_broken_is_read_up_to_the_break() {
    for broken in [
        r#"{"a":1,}"#,
        r#"{"a":1 "b":2}"#,
        r#"{"a":1]"#,
        r#"{"a":1,b:2}"#,
        r#"{"a":1,"b"}"#,
        r#"{"a":1,"b":truE}"#,
        r#"{"a":1"#,
        r#"{"a":1,"b":tru"#,
    ] {
        check(broken, &[(".a", "1")], BAD);
    }
    assert_eq!(
        read(r"{} x", false).2,
        Extent {
            end: 2,
            whole: true
        }
    );
    assert_eq!(read("{\"a\": !}", false).2.end, 6);
}

#[test]
fn nesting_beyond_the_bound_is_skipped_and_what_follows_is_read() {
    let deep = |depth: usize| {
        let text = format!("[{}\"]}}\\\"\"{},1]", "[".repeat(depth), "]".repeat(depth));
        read(&text, false)
    };
    let (places, blemishes, _) = deep(DEPTH_MAX - 1);
    assert_eq!((places.len(), blemishes), (2, SOUND));
    let (places, blemishes, _) = deep(DEPTH_MAX);
    assert_eq!(places, [("[1]".to_owned(), "1".to_owned())]);
    assert_eq!(blemishes, Blemishes::TOO_DEEP);
    let (places, blemishes, extent) = read(&"[".repeat(1_000_000), true);
    assert_eq!((places.len(), blemishes), (0, Blemishes::TOO_DEEP));
    assert!(!extent.whole);
}

#[test]
fn a_text_that_is_cut_shows_its_beginning() {
    for (text, value) in [
        ("[\"ab", "\"ab\""),
        (r#"["ab\"#, "\"ab\""),
        (r#"["ab\n\u00"#, "\"ab\\n\""),
        (r#"["ab\ud83d"#, "\"ab\""),
        (r#"["ab\ud83d\ude"#, "\"ab\""),
    ] {
        let (places, blemishes, extent) = read(text, true);
        assert_eq!(places, [("[0]".to_owned(), value.to_owned())], "{text}");
        assert_eq!((blemishes, extent.whole), (SOUND, false), "{text}");
    }
}

fn walk(tree: &Tree, place: &str, out: &mut Places) {
    let mut leaf = |value: String| out.push((place.to_owned(), value));
    match tree {
        Tree::Null => leaf("null".to_owned()),
        Tree::Bool(it) => leaf(it.to_string()),
        Tree::Number(it) => leaf(it.to_string()),
        Tree::String(it) => leaf(format!("{it:?}")),
        Tree::Array(items) if items.is_empty() => leaf("[]".to_owned()),
        Tree::Object(members) if members.is_empty() => leaf("{}".to_owned()),
        Tree::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                walk(item, &format!("{place}[{index}]"), out);
            }
        }
        Tree::Object(members) => {
            for (name, member) in members {
                walk(member, &format!("{place}.{name}"), out);
            }
        }
    }
}

fn trees() -> impl Strategy<Value = Tree> {
    let scalar = prop_oneof![
        Just(Tree::Null),
        any::<bool>().prop_map(Tree::from),
        any::<i64>().prop_map(Tree::from),
        (-1e9..1e9_f64).prop_map(Tree::from),
        any::<String>().prop_map(Tree::from),
        "[ -~é😀\"\\\\]{0,30}".prop_map(Tree::from),
    ];
    scalar.prop_recursive(5, 60, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Tree::from),
            prop::collection::btree_map("[a-z]{1,6}", inner, 0..6)
                .prop_map(|it| Tree::Object(it.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn leaves_are_what_a_tree_has(tree in trees(), pretty in any::<bool>()) {
        let text = if pretty { serde_json::to_string_pretty(&tree) } else { serde_json::to_string(&tree) };
        let text = text.unwrap();
        let mut expected = Places::new();
        walk(&tree, "", &mut expected);
        let (found, blemishes, extent) = read(&text, false);
        prop_assert_eq!(found, expected);
        prop_assert_eq!((blemishes, extent.end, extent.whole), (SOUND, text.len(), true));
    }

    #[test]
    fn a_cut_document_has_a_prefix_of_the_leaves(tree in trees(), share in 0.0..1.0_f64) {
        let text = tree.to_string();
        let mut end = (text.len() as f64 * share) as usize;
        while !text.is_char_boundary(end) { end -= 1; }
        let (whole, ..) = read(&text, false);
        let (mut part, blemishes, _) = read(&text[..end], true);
        prop_assert_eq!(blemishes, SOUND);
        prop_assert!(part.len() <= whole.len());
        if let Some((place, value)) = part.pop() {
            // The last text may be cut itself.
            let (full_place, full_value) = &whole[part.len()];
            prop_assert_eq!(&place, full_place);
            let open = value.strip_suffix('"').unwrap_or(&value);
            prop_assert!(full_value.starts_with(open), "{} {}", value, full_value);
        }
        prop_assert_eq!(&part[..], &whole[..part.len()]);
    }

    #[test]
    fn anything_at_all_is_read_and_read_the_same_again(random in any::<String>(), likely in r#"[\[\]{}",:0-9a-f\\u \-.e]{0,200}"#) {
        for text in [random, likely] {
            for cut in [false, true] {
                let (leaves, blemishes, extent) = read(&text, cut);
                prop_assert!(text.is_char_boundary(extent.end));
                prop_assert_eq!((leaves, blemishes, extent), read(&text, cut));
            }
        }
    }

    #[test]
    fn whatever_serde_takes_is_sound(text in r#"[\[\]{}",:0-9 \-.e]{0,12}"#) {
        let (_, blemishes, extent) = read(&text, false);
        let taken = serde_json::from_str::<&serde_json::value::RawValue>(&text).is_ok();
        let rest_is_blank = text[extent.end..].trim().is_empty();
        let ours = extent.whole && rest_is_blank && !blemishes.contains(BAD);
        prop_assert_eq!(ours, taken, "{}", text);
    }
}
