//! Templates that are given: a tree that finds the one a path fits, words before slots.

use crate::paths::{Label, Labels, Masks, Sort};
use crate::places::Places;

#[derive(Default)]
pub(super) struct Fixed {
    nodes: Vec<Node>,
    places: Places,
    /// The same words by their tokens, where they have one.
    masked: Places,
    templates: Vec<Box<str>>,
}

struct Node {
    parent: u32,
    text: Box<str>,
    token: Box<str>,
    /// The slot below, and segments with a slot within: what stands before and after it.
    slot: Option<u32>,
    affixed: Vec<(Box<str>, Box<str>, u32)>,
    template: Option<u32>,
}

/// Nodes that one path may look at; words and slots that lie side by side make it try again.
const STEPS_MAX: u32 = 512;
/// Segments with a slot within, below one node.
const AFFIXED_MAX: usize = 32;

impl Fixed {
    pub fn of<'t>(templates: impl Iterator<Item = &'t str>, masks: &Masks) -> Fixed {
        let mut fixed = Fixed::default();
        let mut labels = Labels::default();
        for template in templates {
            labels.read_template(template, masks);
            fixed.add(template, &labels);
        }
        fixed
    }

    pub fn find(&self, labels: &Labels) -> Option<&str> {
        if self.nodes.is_empty() || labels.is_asterisk() {
            return None;
        }
        let mut steps = 0;
        // What is still to be tried: node, and how many labels are behind it. The last goes first.
        let mut open = vec![(0_u32, 0_usize)];
        while let Some((at, depth)) = open.pop() {
            steps += 1;
            if steps > STEPS_MAX {
                return None;
            }
            let node = &self.nodes[at as usize];
            let Some(label) = labels.get(depth) else {
                match node.template {
                    Some(template) => return Some(&self.templates[template as usize]),
                    None => continue,
                }
            };
            let below = |it: Option<u32>| it.map(|it| (it, depth + 1));
            if label.sort != Sort::Operation {
                open.extend(below(node.slot));
                open.extend(below(node.affix(label)));
            }
            open.extend(below(self.word(at, label)));
        }
        None
    }

    pub fn heap_bytes(&self) -> usize {
        let texts = self.templates.iter().map(|it| it.len() + 16);
        let nodes = self.nodes.iter().map(|it| it.text.len());
        self.nodes.capacity() * size_of::<Node>()
            + self.places.heap_bytes()
            + self.masked.heap_bytes()
            + texts.sum::<usize>()
            + nodes.sum::<usize>()
    }

    fn add(&mut self, template: &str, labels: &Labels) {
        if self.nodes.is_empty() {
            self.push(0, "");
        }
        let mut at = 0;
        for label in labels.iter() {
            at = match label.sort {
                Sort::Name | Sort::Operation => self.word(at, label).unwrap_or_else(|| {
                    let child = self.push(at, label.shown);
                    if label.shown != label.text {
                        self.nodes[child as usize].token = label.text.into();
                    }
                    let nodes = &self.nodes;
                    self.places.insert(child, |it| {
                        nodes.get(it as usize).map(|it| (it.parent, &*it.text))
                    });
                    if label.shown != label.text {
                        self.masked.insert(child, |it| {
                            nodes.get(it as usize).map(|it| (it.parent, &*it.token))
                        });
                    }
                    child
                }),
                Sort::Slot => self.nodes[at as usize].slot.unwrap_or_else(|| {
                    let slot = self.push(at, "");
                    self.nodes[at as usize].slot = Some(slot);
                    slot
                }),
                Sort::Affixed => self.add_affixed(at, label.shown),
            };
        }
        if self.nodes[at as usize].template.is_none() {
            self.nodes[at as usize].template = Some(self.templates.len() as u32);
            self.templates.push(template.into());
        }
    }

    fn add_affixed(&mut self, at: u32, text: &str) -> u32 {
        let before = text.split('{').next().unwrap_or_default();
        let after = text.rsplit('}').next().unwrap_or_default();
        let node = &self.nodes[at as usize];
        let known = node
            .affixed
            .iter()
            .find(|it| *it.0 == *before && *it.1 == *after);
        if let Some((_, _, child)) = known {
            return *child;
        }
        if node.affixed.len() >= AFFIXED_MAX {
            return at;
        }
        let child = self.push(at, "");
        let affix = (before.into(), after.into(), child);
        self.nodes[at as usize].affixed.push(affix);
        child
    }

    fn push(&mut self, parent: u32, text: &str) -> u32 {
        self.nodes.push(Node {
            parent,
            text: text.into(),
            token: "".into(),
            slot: None,
            affixed: Vec::new(),
            template: None,
        });
        self.nodes.len() as u32 - 1
    }

    fn word(&self, parent: u32, label: Label<'_>) -> Option<u32> {
        let find = |text: &str| {
            self.places.find((parent, text), |at| {
                let node = self.nodes.get(at as usize);
                node.is_some_and(|it| it.parent == parent && *it.text == *text)
            })
        };
        let masked = || {
            self.masked.find((parent, label.text), |at| {
                let node = self.nodes.get(at as usize);
                node.is_some_and(|it| it.parent == parent && *it.token == *label.text)
            })
        };
        find(label.raw).or_else(|| find(label.text)).or_else(masked)
    }
}

impl Node {
    fn affix(&self, label: Label<'_>) -> Option<u32> {
        let fits = |(before, after, _): &&(Box<str>, Box<str>, u32)| {
            label.raw.len() > before.len() + after.len()
                && label.raw.starts_with(&**before)
                && label.raw.ends_with(&**after)
        };
        self.affixed.iter().find(fits).map(|it| it.2)
    }
}
