//! What the model looks at, what a file of it must be, and what the shipped one says.

use gatewatch_decode::Reading;
use gatewatch_model::Exchange;
use proptest::prelude::*;

use super::*;
use crate::Detector;

/// All features of a text, and in how many steps they came.
#[derive(Default, PartialEq, Debug)]
struct Heap(Vec<(Of, u32)>, usize);

impl Take for Heap {
    fn local(&mut self, feature: Feature) {
        self.0.push((feature.of, feature.key));
    }

    fn step(&mut self) {
        self.1 += 1;
    }

    fn whole(&mut self, feature: Feature) {
        self.local(feature);
    }
}

fn features(text: &str) -> Heap {
    let mut heap = Heap::default();
    walk(text.as_bytes(), &mut heap);
    heap
}

fn shipped() -> Model {
    (**SHIPPED.as_ref().unwrap()).clone()
}

#[test]
fn case_numbers_and_blanks_make_no_difference() {
    let expected = features("' or 1=1 -- select");
    assert_eq!(features("'  OR 42=7\t--\n\nSELECT"), expected);
    assert_ne!(features("' or 1=1 - select"), expected);
}

#[test]
fn unknown_words_are_told_apart_by_length_alone() {
    let words = |text: &str| -> Vec<(Of, u32)> {
        let all = features(text).0.into_iter();
        all.filter(|it| !matches!(it.0, Of::Signs(_))).collect()
    };
    assert_eq!(words("=hello; "), words("=fghij; "));
    assert_ne!(words("=hello; "), words("=select; "));
}

#[test]
fn a_cut_or_changed_file_is_refused() {
    let bytes = shipped().write();
    assert_eq!(Model::read(&bytes).unwrap(), shipped());
    assert!(bytes.len() <= 512 << 10);
    let cut = Model::read(&bytes[..bytes.len() - 1]);
    assert!(matches!(cut, Err(ModelError::Length(_))));
    let mut other = bytes.clone();
    other[0] ^= 1;
    assert_eq!(Model::read(&other), Err(ModelError::Magic));
    let mut changed = bytes.clone();
    changed[1000] ^= 1;
    assert_eq!(Model::read(&changed), Err(ModelError::Checksum));
    let mut wild = shipped();
    wild.blend.slope = f32::NAN;
    assert_eq!(Model::read(&wild.write()), Err(ModelError::Scale));
}

#[test]
fn an_attack_is_worse_than_what_looks_like_it() {
    let model = shipped();
    for (attack, benign) in [
        (
            "1' union select user,2 from users--",
            "union was a great select",
        ),
        ("<img src=x onerror=alert(1)>", "for x < 3 and y > 5"),
        ("../../../../etc/passwd", "see ... and so on/../"),
        ("' or '1'='1", "O'Brien or O'Neil"),
    ] {
        let (worse, better) = (
            model.logit(attack.as_bytes()),
            model.logit(benign.as_bytes()),
        );
        assert!(
            worse > 2.0 && better < 0.0,
            "{attack}: {worse}, {benign}: {better}"
        );
    }
}

#[test]
fn reasons_hold_no_more_than_a_few_signs() {
    let reasons = shipped().explain(b"id=secretvalue' union select pass from users--");
    assert_eq!(CLASSES[usize::from(reasons.class)], "injection.sql");
    let names: Vec<String> = reasons.top.iter().flatten().map(|it| it.name()).collect();
    assert_eq!(names.len(), REASONS_MAX);
    assert!(
        names.iter().all(|it| !it.contains("secretvalue")),
        "{names:?}"
    );
}

#[test]
fn a_long_text_is_no_attack_for_its_length_alone() {
    let model = shipped();
    let logit = model.logit(b"' or 1=1");
    assert!(model.alone(logit, 100_000) < model.alone(logit, 8));
}

#[test]
fn the_model_speaks_beside_the_rules_and_says_why() {
    let mut exchange = Exchange::default();
    exchange.request.method = "GET".into();
    exchange.request.url = "/x?q=1%27%20and%20(select%201%20from(select%20count(*),concat(user(),floor(rand(0)*2))x%20\
         from%20information_schema.tables%20group%20by%20x)a)--%20"
        .into();
    let (mut detector, mut reading) = (Detector::default(), Reading::default());
    reading.read(&exchange);
    let reasons: Vec<String> = {
        let seen = detector.see(&exchange, &reading);
        let signal = seen.signals().next().unwrap();
        assert!(signal.marks().any(|it| it == "model"));
        signal.reasons().collect()
    };
    assert!(!reasons.is_empty());
    let mut without = detector.clone().with_model(None);
    let seen = without.see(&exchange, &reading);
    assert!(seen.signals().all(|it| it.reasons().next().is_none()));
}

#[test]
fn a_word_without_end_is_read_to_its_end() {
    let model = shipped();
    let long = "a".repeat(1_000);
    assert!(model.logit(long.as_bytes()).is_finite());
    let attack = format!("{long}' union select password from users--");
    assert!(model.logit(attack.as_bytes()) > model.logit(long.as_bytes()));
}

proptest! {
    #[test]
    fn any_bytes_have_a_logit_and_reasons(text in prop::collection::vec(any::<u8>(), 0..6000)) {
        let model = shipped();
        prop_assert!(model.logit(&text).is_finite());
        let reasons = model.explain(&text);
        prop_assert!(usize::from(reasons.class) < CLASSES.len());
    }

    #[test]
    fn the_stretch_that_is_explained_is_the_one_that_is_scored(
        text in "[a-z0-9'\"<>=();./ -]{1,300}",
        seed in any::<u64>(),
    ) {
        let model = strange(seed);
        let stretch = model.stretch(text.as_bytes());
        let sum: i32 = stretch.iter().map(|it| model.weight(*it)).sum();
        // The sum is a whole number that a float holds.
        let logit = model.logit(text.as_bytes());
        prop_assert!((sum as f32 - logit).abs() < 0.5, "{sum} {logit}");
    }
}

/// A model of weights that mean nothing.
fn strange(seed: u64) -> Model {
    let weight = |at: usize| (at as u64).wrapping_mul(seed | 1).rotate_left(17) as i8;
    Model {
        worth: 1.0,
        bias: 0.0,
        blend: Blend::default(),
        weights: (0..CELLS).map(weight).collect(),
        class_worth: 1.0,
        class_weights: vec![0; CLASS_CELLS * CLASSES.len()],
    }
}
