//! Logistic regression on the worst stretch of each text, of each request its worst text; weights
//! follow each example with steps that shrink (AdaGrad). Same seed, same rows: same weights.

use gatewatch_detect::payload::{
    CELLS, CLASS_CELLS, CLASSES, Feature, Take, WINDOW_SIGNS, doublings, sigmoid, walk,
};

/// Passes over all examples.
const PASSES: usize = 8;
const CLASS_PASSES: usize = 3;
const STEP: f32 = 0.08;
/// How strongly weights are drawn to nought whenever they are used.
const DRAW: f32 = 2e-5;

/// The features of one text: cells in the order of its signs.
#[derive(Clone, Debug, Default)]
pub struct Cells {
    local: Vec<u16>,
    /// How many of them there are after each sign.
    ends: Vec<u32>,
    whole: Vec<u16>,
    doublings: f32,
}

impl Cells {
    pub fn of(text: &[u8]) -> Cells {
        let mut cells = Cells {
            doublings: doublings(text.len()),
            ..Cells::default()
        };
        walk(text, &mut cells);
        cells
    }

    /// The same for texts that the model cannot tell apart.
    pub fn key(&self) -> u64 {
        let all = self.local.iter().chain(&self.whole);
        all.fold(0xcbf2_9ce4_8422_2325, |hash, cell| {
            (hash ^ u64::from(*cell)).wrapping_mul(0x0100_0000_01b3)
        })
    }

    pub fn signs(&self) -> usize {
        self.ends.len()
    }

    fn start(&self, sign: usize) -> usize {
        match sign.checked_sub(1) {
            Some(before) => self.ends[before] as usize,
            None => 0,
        }
    }

    /// The worst stretch and its score.
    pub fn worst(&self, weights: &[f32]) -> (f32, &[u16]) {
        let (mut worst, mut found, mut sum) = (f32::MIN, 0, 0.0);
        let of = |sign: usize| -> f32 {
            let cells = &self.local[self.start(sign)..self.ends[sign] as usize];
            cells.iter().map(|it| weights[usize::from(*it)]).sum()
        };
        for sign in 0..self.signs() {
            sum += of(sign);
            if let Some(gone) = sign.checked_sub(WINDOW_SIGNS) {
                sum -= of(gone);
            }
            if sum > worst {
                (worst, found) = (sum, sign);
            }
        }
        let from = self.start((found + 1).saturating_sub(WINDOW_SIGNS));
        let whole: f32 = self.whole.iter().map(|it| weights[usize::from(*it)]).sum();
        let end = self.ends.get(found).map_or(0, |it| *it as usize);
        (worst + whole, &self.local[from..end])
    }

    pub fn whole(&self) -> &[u16] {
        &self.whole
    }
}

impl Take for Cells {
    fn local(&mut self, feature: Feature) {
        self.local.push(feature.cell() as u16);
    }

    fn step(&mut self) {
        self.ends.push(self.local.len() as u32);
    }

    fn whole(&mut self, feature: Feature) {
        self.whole.push(feature.cell() as u16);
    }
}

/// Texts of which at least one is what the label says.
pub struct Example {
    pub texts: Vec<usize>,
    pub attack: bool,
    pub weight: f32,
}

#[derive(Clone)]
pub struct Weights {
    pub bias: f32,
    pub cells: Vec<f32>,
}

/// What each doubling of the length of a text takes off its logit. Chosen by hand: the worst of many
/// stretches is worse by chance.
pub const PER_DOUBLING: f32 = 3.0;

impl Weights {
    pub fn logit(&self, cells: &Cells) -> f32 {
        self.bias + cells.worst(&self.cells).0 - PER_DOUBLING * cells.doublings
    }

    /// As whole numbers, and what one of them is worth.
    pub fn whole(&self) -> (Vec<i8>, f32) {
        whole(&self.cells)
    }
}

pub fn whole(weights: &[f32]) -> (Vec<i8>, f32) {
    let most = weights.iter().fold(1e-6_f32, |most, it| most.max(it.abs()));
    let worth = most / 127.0;
    let list = weights.iter().map(|it| (it / worth).round() as i8);
    (list.collect(), worth)
}

/// Of each class a weight for each cell: one against all others, on the worst stretches.
pub fn learn_classes(texts: &[Cells], weights: &Weights, examples: &[(usize, usize)]) -> Vec<f32> {
    let count = CLASSES.len();
    let mut learned = vec![0.0_f32; CLASS_CELLS * count];
    let mut squares = vec![1e-2_f32; CLASS_CELLS * count];
    let mut order: Vec<usize> = (0..examples.len()).collect();
    let mut dice = Dice(1);
    for _ in 0..CLASS_PASSES {
        shuffle(&mut order, &mut dice);
        for at in &order {
            let (text, wanted) = examples[*at];
            let cells = &texts[text];
            let stretch = cells.worst(&weights.cells).1;
            for class in 0..count {
                let place = |cell: &u16| usize::from(*cell) % CLASS_CELLS * count + class;
                let score: f32 = stretch.iter().map(|it| learned[place(it)]).sum();
                let slope = sigmoid(score) - if class == wanted { 1.0 } else { 0.0 };
                if slope.abs() < 1e-3 {
                    continue;
                }
                for cell in stretch {
                    let place = place(cell);
                    squares[place] += slope * slope;
                    learned[place] -= STEP * slope / squares[place].sqrt();
                }
            }
        }
    }
    learned
}

fn shuffle(order: &mut [usize], dice: &mut Dice) {
    for at in (1..order.len()).rev() {
        order.swap(at, dice.below(at + 1));
    }
}

pub fn learn(texts: &[Cells], examples: &[Example], seed: u64) -> Weights {
    let mut weights = Weights {
        bias: 0.0,
        cells: vec![0.0; CELLS],
    };
    let mut squares = vec![1e-2_f32; CELLS + 1];
    let mut order: Vec<usize> = (0..examples.len()).collect();
    let mut dice = Dice(seed);
    for _ in 0..PASSES {
        shuffle(&mut order, &mut dice);
        for at in &order {
            follow(&mut weights, &mut squares, texts, &examples[*at]);
        }
    }
    weights
}

fn follow(weights: &mut Weights, squares: &mut [f32], texts: &[Cells], example: &Example) {
    let mut best: Option<(f32, &[u16], &[u16])> = None;
    for text in &example.texts {
        let cells = &texts[*text];
        let (score, local) = cells.worst(&weights.cells);
        if best.is_none_or(|it| score > it.0) {
            best = Some((score, local, cells.whole()));
        }
    }
    let Some((score, local, whole)) = best else {
        return;
    };
    let said = sigmoid(score + weights.bias);
    let wanted = if example.attack { 1.0 } else { 0.0 };
    let slope = (said - wanted) * example.weight;
    if slope.abs() < 1e-4 {
        return;
    }
    let step = |weight: &mut f32, square: &mut f32, draw: f32| {
        let slope = slope + draw * *weight;
        *square += slope * slope;
        *weight -= STEP * slope / square.sqrt();
    };
    for cell in local.iter().chain(whole) {
        let cell = usize::from(*cell);
        step(&mut weights.cells[cell], &mut squares[cell], DRAW);
    }
    step(&mut weights.bias, &mut squares[CELLS], 0.0);
}

/// Numbers that look random and are the same each time (SplitMix64).
pub struct Dice(pub u64);

impl Dice {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    pub fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }

    pub fn pick<'a, T: ?Sized>(&mut self, list: &[&'a T]) -> &'a T {
        list[self.below(list.len())]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static ATTACKS: &[&str] = &[
        "1' or 1=1--",
        "' union select a,b from c--",
        "<script>alert(1)</script>",
        "../../../../etc/passwd",
    ];
    static BENIGN: &[&str] = &[
        "O'Brien and sons",
        "a (very) fine house",
        "{\"a\":[1,2]}",
        "https://example.com/a?b=c",
    ];

    /// Learns from a few texts, each its own example.
    fn learned(seed: u64) -> (Vec<Cells>, Weights) {
        let both = ATTACKS.iter().chain(BENIGN);
        let texts: Vec<Cells> = both.map(|it| Cells::of(it.as_bytes())).collect();
        let examples: Vec<Example> = (0..texts.len())
            .map(|text| Example {
                texts: vec![text],
                attack: text < ATTACKS.len(),
                weight: 1.0,
            })
            .collect();
        let weights = learn(&texts, &examples, seed);
        (texts, weights)
    }

    #[test]
    fn the_same_seed_gives_the_same_bytes() {
        let bytes = |seed| learned(seed).1.whole();
        assert_eq!(bytes(1), bytes(1));
        assert_ne!(bytes(1), bytes(2));
    }

    #[test]
    fn what_was_learned_tells_attacks_from_others() {
        let (texts, weights) = learned(1);
        for (at, cells) in texts.iter().enumerate() {
            assert_eq!(weights.logit(cells) > 0.0, at < ATTACKS.len(), "{at}");
        }
    }

    #[test]
    fn the_stretch_that_is_learned_is_the_one_that_is_scored() {
        let padding = "a (very) fine house, ".repeat(20);
        let padded = Cells::of(format!("{padding}<script>alert(1)</script>").as_bytes());
        let (_, weights) = learned(1);
        let (score, stretch) = padded.worst(&weights.cells);
        let cells = stretch.iter().chain(padded.whole());
        let sum: f32 = cells.map(|it| weights.cells[usize::from(*it)]).sum();
        assert!((score - sum).abs() < 1e-3, "{score} {sum}");
    }
}
