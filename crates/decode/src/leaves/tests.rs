//! What the table of leaves promises.

use super::*;
use crate::limits::PARAMETERS_MAX;

/// `{"customer": {"cards": [{"number": 1}, {"number": 2}]}, "two words": "x"}`.
fn sample() -> Leaves {
    let mut leaves = Leaves::default();
    leaves.begin(Spot::RequestBody);
    leaves.enter("customer");
    leaves.enter("cards");
    for (index, number) in ["1", "2"].into_iter().enumerate() {
        leaves.enter_item(index as u32);
        leaves.add_named("number", Value::Number(number));
        leaves.leave();
    }
    leaves.leave();
    leaves.leave();
    leaves.add_named("it's", Value::Text("x"));
    leaves
}

#[test]
fn a_leaf_knows_its_place_its_path_and_its_name() {
    let leaves = sample();
    let seen = leaves.iter().map(|leaf| {
        let (mut place, mut path) = (String::new(), String::new());
        leaf.write_place(&mut place);
        leaf.write_path(&mut path);
        (place, path, leaf.name())
    });
    let expected = [
        (
            "$.request.body.customer.cards[0].number",
            "customer.cards[].number",
            "number",
        ),
        (
            "$.request.body.customer.cards[1].number",
            "customer.cards[].number",
            "number",
        ),
        (r"$.request.body['it\'s']", r"['it\'s']", "it's"),
    ];
    let expected = expected.map(|(place, path, name)| (place.to_owned(), path.to_owned(), name));
    assert_eq!(seen.collect::<Vec<_>>(), expected);
}

#[test]
fn items_of_a_list_share_a_shape_and_nothing_else_does() {
    let leaves = sample();
    let shapes = leaves.iter().map(|it| it.shape()).collect::<Vec<_>>();
    assert_eq!(shapes[0], shapes[1]);
    assert_ne!(shapes[1], shapes[2]);
    let mut other = Leaves::default();
    other.begin(Spot::ResponseBody);
    other.add_named("it's", Value::Text("x"));
    assert_ne!(other.iter().next().unwrap().shape(), shapes[2]);
}

#[test]
fn a_way_of_names_is_not_the_same_backwards() {
    let shape = |names: [&str; 2]| {
        let mut leaves = Leaves::default();
        leaves.begin(Spot::RequestBody);
        names.iter().for_each(|it| leaves.enter(it));
        leaves.add(Value::Null);
        leaves.iter().next().unwrap().shape()
    };
    assert_ne!(shape(["a", "b"]), shape(["b", "a"]));
}

#[test]
fn bounds_hold_and_are_told() {
    let mut leaves = Leaves::default();
    leaves.begin(Spot::RequestQuery);
    assert!(leaves.add_named("long", Value::Text(&"é".repeat(LEAF_BYTES_MAX))));
    assert!(leaves.lost());
    leaves.clear();
    leaves.begin(Spot::RequestQuery);
    assert!(!leaves.lost());
    for _ in 0..PARAMETERS_MAX {
        assert!(leaves.add_named("a", Value::Null));
    }
    assert!(leaves.is_full());
    assert!(!leaves.add_named("a", Value::Null));
    assert!(leaves.lost());
    assert_eq!(leaves.len(), PARAMETERS_MAX);
}

#[test]
fn a_full_spot_leaves_the_next_its_share() {
    let mut leaves = Leaves::default();
    leaves.begin(Spot::RequestBody);
    while leaves.add_named(&"n".repeat(100), Value::Text(&"v".repeat(1_000))) {}
    assert!(leaves.heap_bytes() < 4 << 20);
    leaves.begin(Spot::ResponseBody);
    assert!(leaves.add_named("a", Value::Null));
    let last = leaves.iter().last().unwrap();
    assert_eq!((last.name(), last.spot()), ("a", Spot::ResponseBody));
}

#[test]
fn steps_beyond_the_room_are_left_as_they_were_entered() {
    let mut leaves = Leaves::default();
    leaves.begin(Spot::RequestCookies);
    let steps = 1_000_000;
    (0..steps).for_each(|it| leaves.enter_item(it));
    assert!(!leaves.add(Value::Null));
    (0..steps).for_each(|_| leaves.leave());
    assert_eq!(leaves.len(), 0);
    assert!(leaves.heap_bytes() < 1 << 20);
}

#[test]
fn twins_have_a_number_in_their_place_and_one_shape() {
    let mut leaves = Leaves::default();
    leaves.begin(Spot::RequestBody);
    leaves.enter("card");
    leaves.add(Value::Null);
    leaves.enter_twin(1);
    leaves.add(Value::Null);
    let both = leaves.iter().collect::<Vec<_>>();
    let (mut place, mut path) = (String::new(), String::new());
    both[1].write_place(&mut place);
    both[1].write_path(&mut path);
    assert_eq!(
        (place.as_str(), path.as_str()),
        ("$.request.body.card[1]", "card")
    );
    assert_eq!(both[0].shape(), both[1].shape());
}

#[test]
fn the_item_of_a_batch_is_known_to_its_leaves() {
    let leaves = sample();
    assert!(leaves.iter().all(|it| it.item().is_none()));
    let mut batch = Leaves::default();
    batch.begin(Spot::RequestBody);
    batch.enter_item(7);
    batch.enter("ids");
    batch.enter_item(2);
    batch.add(Value::Null);
    assert_eq!(batch.iter().next().unwrap().item(), Some(7));
}
