//! What one leaf tells of itself.

use core::fmt::Write;

use gatewatch_model::Spot;

use super::{Leaf, Step, Trail};

impl<'l> Leaf<'l> {
    pub fn spot(&self) -> Spot {
        self.trail().spot
    }

    /// A hash of spot and names, the same for all items of a list: what a profile keeps a member
    /// under.
    pub fn shape(&self) -> u64 {
        self.trail().shape
    }

    /// The last name on the way, or nothing for a value that is a whole body.
    pub fn name(&self) -> &'l str {
        let mut at = self.trail;
        while let Some(here) = self.leaves.trails.get(at as usize) {
            if let Step::Name(from, to) = here.step {
                return self.leaves.slice(from, to);
            }
            at = here.before;
        }
        ""
    }

    /// The names on the way, the last one first.
    pub fn names(&self) -> impl Iterator<Item = &'l str> + use<'l> {
        let leaves = self.leaves;
        let mut at = self.trail;
        core::iter::from_fn(move || {
            loop {
                let here = leaves.trails.get(at as usize)?;
                at = here.before;
                if let Step::Name(from, to) = here.step {
                    return Some(leaves.slice(from, to));
                }
            }
        })
    }

    /// A number for what holds the last name on the way: one for all members of an object of
    /// this exchange.
    pub fn holder(&self) -> u32 {
        let mut at = self.trail;
        while let Some(here) = self.leaves.trails.get(at as usize) {
            at = here.before;
            if matches!(here.step, Step::Name(..)) {
                break;
            }
        }
        at
    }

    /// The item of the list that the whole body is, if it is one.
    pub fn item(&self) -> Option<u32> {
        let mut item = None;
        let mut at = self.trail;
        while let Some(here) = self.leaves.trails.get(at as usize) {
            match here.step {
                Step::Item(index) => item = Some(index),
                Step::Root => return item,
                Step::Name(..) | Step::Twin(_) => item = None,
            }
            at = here.before;
        }
        None
    }

    /// The first name on the way, if only items of lists come after it.
    pub(crate) fn top_name(&self) -> Option<&'l str> {
        let mut at = self.trail;
        loop {
            let here = self.leaves.trails.get(at as usize)?;
            match here.step {
                Step::Name(from, to) => {
                    let before = self.leaves.trails.get(here.before as usize)?;
                    let is_top = matches!(before.step, Step::Root);
                    return is_top.then(|| self.leaves.slice(from, to));
                }
                Step::Item(_) | Step::Twin(_) => at = here.before,
                Step::Root => return None,
            }
        }
    }

    /// Appends the whole address: `$.request.body.customer.cards[0].number`.
    pub fn write_place(&self, place: &mut String) {
        place.push_str(self.spot().prefix());
        for step in self.leaves.steps(self.trail) {
            match step {
                Step::Root => {}
                Step::Name(from, to) => write_name(self.leaves.slice(from, to), place),
                Step::Item(index) | Step::Twin(index) => {
                    // Writing to a String cannot fail.
                    let _ = write!(place, "[{index}]");
                }
            }
        }
    }

    /// Appends the way below the spot, the same for all items of a list:
    /// `customer.cards[].number`.
    pub fn write_path(&self, path: &mut String) {
        let start = path.len();
        for step in self.leaves.steps(self.trail) {
            match step {
                Step::Root | Step::Twin(_) => {}
                Step::Name(from, to) => write_name(self.leaves.slice(from, to), path),
                Step::Item(_) => path.push_str("[]"),
            }
        }
        if path[start..].starts_with('.') {
            path.remove(start);
        }
    }

    fn trail(&self) -> Trail {
        self.leaves.trails[self.trail as usize]
    }
}

/// A name as it stands in a place: `.card`, or `['two words']`.
fn write_name(name: &str, out: &mut String) {
    let plain = !name.is_empty()
        && name
            .bytes()
            .all(|it| it.is_ascii_alphanumeric() || b"_@:-".contains(&it));
    if plain {
        out.push('.');
        out.push_str(name);
        return;
    }
    out.push_str("['");
    for sign in name.chars() {
        if matches!(sign, '\\' | '\'') {
            out.push('\\');
        }
        out.push(sign);
    }
    out.push_str("']");
}
