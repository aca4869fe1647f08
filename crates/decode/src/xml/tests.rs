//! What reading XML promises.

use gatewatch_model::Spot;
use proptest::prelude::*;

use super::*;

fn read(text: &str, cut: bool) -> (Vec<String>, Blemishes, Extent, Option<String>) {
    let mut leaves = Leaves::default();
    leaves.begin(Spot::RequestBody);
    let mut blemishes = Blemishes::default();
    let mut xml = Xml::default();
    let extent = xml.read(text, cut, &mut leaves, &mut blemishes);
    let write = |leaf: crate::Leaf<'_>| {
        let mut place = String::new();
        leaf.write_place(&mut place);
        let Value::Text(value) = leaf.value else {
            unreachable!("XML has nothing but text")
        };
        format!("{} {value}", &place["$.request.body".len()..])
    };
    let places = leaves.iter().map(write).collect();
    (places, blemishes, extent, xml.called().map(str::to_owned))
}

fn check(text: &str, expected: &[&str]) {
    let (places, blemishes, extent, _) = read(text, false);
    assert_eq!(places, expected, "{text}");
    assert!(blemishes.is_empty(), "{text}");
    assert!(extent.whole);
}

#[test]
fn elements_below_the_root_have_places_by_name() {
    check(
        r#"<?xml version="1.0"?><order id="7"><card><number>4111</number></card><note/></order>"#,
        &[".@id 7", ".card.number 4111", ".note "],
    );
    check("<a>text</a>", &[" text"]);
    check("<a/>", &[" "]);
    check(
        "<soap:a><m:b xsi:nil='true'/></soap:a>",
        &[".m:b.@xsi:nil true"],
    );
}

#[test]
fn siblings_of_one_name_have_numbers() {
    check(
        "<r><i>1</i><k>x</k><i><j>2</j><j>3</j></i><l><i>4</i></l></r>",
        &[".i[0] 1", ".k x", ".i[1].j[0] 2", ".i[1].j[1] 3", ".l.i 4"],
    );
}

#[test]
fn text_is_unescaped_and_joined_and_blanks_between_elements_are_none() {
    check(
        "<r>\n <a>x &lt;&amp;&#233;&#x1F600;<![CDATA[<b>]]></a>\n <b a='&quot;'>  </b>\n</r>",
        &[".a x <&é😀<b>", ".b.@a \""],
    );
    check(
        "<r><a>one<b>two</b>three</a></r>",
        &[".a one", ".a.b two", ".a three"],
    );
    check("<r><!-- <x/> --><?p <y/>?><a>AT&T</a></r>", &[".a AT&T"]);
}

#[test]
fn entities_are_not_expanded_and_their_document_type_is_told() {
    let bomb = r#"<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;"><!ENTITY x SYSTEM "file:///etc/passwd">]><r c="&b;">&b;&x;</r>"#;
    let (places, blemishes, ..) = read(bomb, false);
    assert_eq!(blemishes, Blemishes::DTD);
    assert!(
        places[0].starts_with("['!DOCTYPE'] r [<!ENTITY a"),
        "{}",
        places[0]
    );
    assert_eq!(places[1..], [".@c &b;", " &b;&x;"]);
}

#[test]
fn what_is_broken_is_read_up_to_the_break() {
    for broken in ["<r><a>1</a></x>", "<r><a>1</a><b", "<r><a>1</a>"] {
        let (places, blemishes, extent, _) = read(broken, false);
        assert_eq!(places, [".a 1"], "{broken}");
        assert_eq!(
            (blemishes, extent.whole),
            (Blemishes::BAD_XML, false),
            "{broken}"
        );
    }
    let (places, blemishes, extent, _) = read("<r><a>1</a><b>beginni", true);
    assert_eq!(places, [".a 1", ".b beginni"]);
    assert_eq!((blemishes.is_empty(), extent.whole), (true, false));
    assert!(!read("no markup", false).2.whole);
}

#[test]
fn nesting_beyond_the_bound_is_skipped_and_what_follows_is_read() {
    let deep = format!(
        "<r>{}<x y='1'/>{}<b>1</b></r>",
        "<a>".repeat(1_000),
        "</a>".repeat(1_000)
    );
    let (places, blemishes, extent, _) = read(&deep, false);
    assert_eq!(places.len(), 2);
    assert_eq!(
        (places[1].as_str(), blemishes),
        (".b 1", Blemishes::TOO_DEEP)
    );
    assert!(extent.whole);
}

#[test]
fn an_envelope_names_what_it_calls() {
    let of = |text| read(text, false).3;
    let call = "<s:Envelope xmlns:s='x'><s:Header><a/></s:Header><s:Body><m:GetPrice><i/></m:GetPrice><m:Two/></s:Body></s:Envelope>";
    assert_eq!(of(call).as_deref(), Some("GetPrice"));
    assert_eq!(of("<Envelope><Body/></Envelope>").as_deref(), Some(""));
    assert_eq!(of("<order><Body><a/></Body></order>"), None);
}

#[test]
fn a_million_elements_take_time_in_proportion() {
    let many = format!("<r>{}</r>", "<a/>".repeat(1_000_000));
    let (places, blemishes, ..) = read(&many, false);
    assert!(places.len() <= crate::limits::BODY_LEAVES_MAX);
    assert!(blemishes.contains(Blemishes::LEAVES_LOST));
    let attributes = (0..100_000)
        .map(|it| format!(" a{it}='1'"))
        .collect::<Vec<_>>()
        .concat();
    assert!(
        read(&format!("<r{attributes}/>"), false)
            .1
            .contains(Blemishes::LEAVES_LOST)
    );
}

proptest! {
    #[test]
    fn anything_at_all_is_read(random: String, likely in "(<[a-c]>|</[a-c]>|<a b='&amp;'/>|<!DOCTYPE a>|&[a-c];|<!\\[CDATA\\[|\\]\\]>|[ <>&;a-c/'!-]){0,40}") {
        for text in [&random, &likely] {
            for cut in [false, true] {
                let once = read(text, cut);
                prop_assert!(text.is_char_boundary(once.2.end));
                prop_assert_eq!(&once, &read(text, cut));
            }
        }
    }
}
