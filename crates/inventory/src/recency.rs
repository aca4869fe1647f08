//! Which of the places of a slab was touched longest ago: a list whose links stand side by side,
//! so that touching and removing cost the same however long it is.

const NONE: u32 = u32::MAX;

#[derive(Clone, Copy)]
struct Link {
    older: u32,
    newer: u32,
}

const LOOSE: Link = Link {
    older: NONE,
    newer: NONE,
};

pub(crate) struct Recency {
    links: Vec<Link>,
    oldest: u32,
    newest: u32,
    len: usize,
}

impl Default for Recency {
    fn default() -> Self {
        Recency {
            links: Vec::new(),
            oldest: NONE,
            newest: NONE,
            len: 0,
        }
    }
}

impl Recency {
    pub fn len(&self) -> usize {
        self.len
    }

    pub fn oldest(&self) -> Option<u32> {
        (self.oldest != NONE).then_some(self.oldest)
    }

    /// Adds what is not in the list yet.
    pub fn add(&mut self, at: u32) {
        if self.links.len() <= at as usize {
            self.links.resize(at as usize + 1, LOOSE);
        }
        self.links[at as usize] = Link {
            older: self.newest,
            newer: NONE,
        };
        match self.newest {
            NONE => self.oldest = at,
            newest => self.links[newest as usize].newer = at,
        }
        self.newest = at;
        self.len += 1;
    }

    /// Takes out what is in the list.
    pub fn remove(&mut self, at: u32) {
        let Link { older, newer } = core::mem::replace(&mut self.links[at as usize], LOOSE);
        match older {
            NONE => self.oldest = newer,
            older => self.links[older as usize].newer = newer,
        }
        match newer {
            NONE => self.newest = older,
            newer => self.links[newer as usize].older = older,
        }
        self.len -= 1;
    }

    /// Makes what is in the list its newest.
    pub fn touch(&mut self, at: u32) {
        if self.newest != at {
            self.remove(at);
            self.add(at);
        }
    }

    pub fn oldest_first(&self) -> impl Iterator<Item = u32> {
        core::iter::successors(self.oldest(), |at| {
            let newer = self.links[*at as usize].newer;
            (newer != NONE).then_some(newer)
        })
    }

    pub fn heap_bytes(&self) -> usize {
        self.links.capacity() * size_of::<Link>()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_list_of_links_is_as_good_as_a_list(steps in proptest::collection::vec((0..3_u8, 0..12_u32), 0..200)) {
            let (mut recency, mut plain) = (Recency::default(), Vec::new());
            for (step, at) in steps {
                let place = plain.iter().position(|it| *it == at);
                match (step, place) {
                    (0 | 1, None) => recency.add(at),
                    (0 | 1, Some(_)) => recency.touch(at),
                    (_, Some(_)) => recency.remove(at),
                    (_, None) => continue,
                }
                if let Some(place) = place {
                    plain.remove(place);
                }
                if step < 2 {
                    plain.push(at);
                }
                prop_assert_eq!(recency.oldest_first().collect::<Vec<_>>(), plain.clone());
                prop_assert_eq!((recency.len(), recency.oldest()), (plain.len(), plain.first().copied()));
            }
        }
    }
}
