//! How members come in, and who makes room when there is none.

use core::mem;

use gatewatch_decode::Leaf;
use gatewatch_model::Spot;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use super::path::{self, KEY, generalise};
use super::{MEMBERS_BYTES_MAX, MEMBERS_MAX, Member, Members, Round, SALTS};

/// An object with more names than this has none, only keys.
const NAMES_PER_OBJECT_MAX: usize = 48;
/// When the list is full, an object with so many is taken for one with keys.
const NAMES_WHEN_FULL_MAX: usize = 16;
pub(super) const WIDE_MAX: usize = 16;

impl Members {
    /// Finds a member by the path it has for people, and adds it if there is room.
    pub(super) fn find_or_add(
        &mut self,
        round: &mut Round<'_>,
        leaf: Leaf<'_>,
        key: u64,
    ) -> Option<u16> {
        let (spot, class) = (leaf.spot(), round.class_of(leaf.spot()));
        let (mut path, mut general) = (mem::take(&mut round.path), mem::take(&mut round.general));
        path.clear();
        leaf.write_path(&mut path);
        let wide = |it: &str| self.is_wide(path::object(spot, it));
        let changed = generalise(&path, wide, &mut general);
        let key = if changed {
            general_key(&general, spot, class)
        } else {
            key
        };
        let at = self.find(key);
        let at = at.or_else(|| self.add(round, key, spot, &general));
        (round.path, round.general) = (path, general);
        at
    }

    pub(super) fn add(
        &mut self,
        round: &mut Round<'_>,
        key: u64,
        spot: Spot,
        path: &str,
    ) -> Option<u16> {
        if !self.has_room(path) && !mem::replace(&mut self.own.made_room, true) {
            self.make_room();
            // Members stand elsewhere now.
            round.before = None;
        }
        if self.own.full || !self.has_room(path) {
            self.own.full = true;
            self.lost += 1;
            return None;
        }
        round.news = true;
        let class = round.class_of(spot);
        let at = self.push(key, Member::new(spot, class, path));
        if !self.widen(spot, path) {
            return Some(at as u16);
        }
        round.before = None;
        let mut general = String::new();
        let wide = |it: &str| self.is_wide(path::object(spot, it));
        generalise(path, wide, &mut general);
        self.find(general_key(&general, spot, class))
    }

    pub(super) fn add_wide(&mut self, object: u64) {
        if let Err(at) = self.wide.binary_search(&object)
            && self.wide.len() < WIDE_MAX
        {
            self.wide.insert(at, object);
        }
    }

    /// After a merge: what may not stand side by side becomes one, and what is too much goes.
    pub(super) fn settle(&mut self) {
        self.regroup();
        while self.list.len() > NAMES_PER_OBJECT_MAX
            && self.wide.len() < WIDE_MAX
            && let Some(object) = self.widest(NAMES_PER_OBJECT_MAX + 1)
        {
            self.add_wide(object);
            self.regroup();
        }
        while self.list.len() > MEMBERS_MAX || self.bytes() > MEMBERS_BYTES_MAX {
            let Some(least) = self.least(u64::MAX) else {
                break;
            };
            self.remove(least);
        }
        self.recount();
    }

    /// What is kept only in memory, from the rest.
    pub(super) fn recount(&mut self) {
        self.own.values = self.list.iter().map(Member::values).sum();
    }

    fn is_wide(&self, object: u64) -> bool {
        !self.wide.is_empty() && self.wide.binary_search(&object).is_ok()
    }

    fn has_room(&self, path: &str) -> bool {
        let bytes = size_of::<Member>() + path.len();
        self.list.len() < MEMBERS_MAX && self.bytes() + bytes <= MEMBERS_BYTES_MAX
    }

    /// By what is in the list, not by what memory happens to be reserved.
    fn bytes(&self) -> usize {
        let inner = self.list.iter().map(Member::bytes);
        self.list.len() * size_of::<Member>() + inner.sum::<usize>()
    }

    fn push(&mut self, key: u64, member: Member) -> usize {
        if self.list.len() == self.list.capacity() {
            self.list.reserve_exact(4);
            self.keys.reserve_exact(4);
        }
        self.list.push(member);
        self.keys.push(key);
        self.list.len() - 1
    }

    /// Adds a member to the one of that key, or to the list.
    pub(super) fn take_in(&mut self, key: u64, member: Member) {
        match self.find(key) {
            Some(at) => self.list[usize::from(at)].merge(&member),
            None => drop(self.push(key, member)),
        }
    }

    fn remove(&mut self, at: usize) {
        let gone = self.list.remove(at);
        self.keys.remove(at);
        self.lost += gone.present(false) + gone.present(true);
        self.recount();
    }

    /// Makes one `{key}` of the widest object, else lets a member go that was seen once.
    fn make_room(&mut self) {
        if self.wide.len() < WIDE_MAX
            && let Some(object) = self.widest(NAMES_WHEN_FULL_MAX)
        {
            self.add_wide(object);
            self.regroup();
        } else if let Some(once) = self.least(1) {
            self.remove(once);
        }
    }

    /// The object with the most names, if they are so many and it is not wide yet. In one that is,
    /// names that proved themselves stay, however many they are.
    fn widest(&self, names_min: usize) -> Option<u64> {
        let mut names = Vec::new();
        for member in &self.list {
            for (object, name) in path::objects(&member.path).filter(|it| it.1 != KEY) {
                names.push((path::object(member.spot, object), xxh3_64(name.as_bytes())));
            }
        }
        names.sort_unstable();
        names.dedup();
        let counts = names.chunk_by(|one, two| one.0 == two.0);
        let counts = counts.filter(|it| !self.is_wide(it[0].0));
        let widest = counts.map(|it| (it.len(), it[0].0)).max()?;
        (widest.0 >= names_min).then_some(widest.1)
    }

    /// Whether an object on the way to that new member has more names than it may; then they
    /// are one `{key}` from now on.
    fn widen(&mut self, spot: Spot, path: &str) -> bool {
        if self.list.len() <= NAMES_PER_OBJECT_MAX || self.wide.len() >= WIDE_MAX {
            return false;
        }
        let too_many = |object: &str| {
            !self.is_wide(path::object(spot, object))
                && self.names(spot, object) > NAMES_PER_OBJECT_MAX
        };
        let Some((object, _)) = path::objects(path).find(|it| too_many(it.0)) else {
            return false;
        };
        self.add_wide(path::object(spot, object));
        self.regroup();
        true
    }

    /// How many names an object has.
    fn names(&self, spot: Spot, object: &str) -> usize {
        let members = self.list.iter().filter(|it| it.spot == spot);
        let below = members.filter(|it| it.path.starts_with(object));
        let mut names = below
            .filter_map(|it| path::objects(&it.path).find(|it| it.0 == object))
            .map(|it| it.1)
            .filter(|it| *it != KEY)
            .collect::<Vec<_>>();
        names.sort_unstable();
        names.dedup();
        names.len()
    }

    /// Whether it has come so often that it is a name, whatever made-up ones stand beside it.
    fn is_proved(&self, member: &Member) -> bool {
        let (present, observed) = self.presence(member);
        present >= 2 && present * 8 >= observed
    }

    /// Puts members together that have one path now.
    fn regroup(&mut self) {
        if self.wide.is_empty() {
            return;
        }
        let mut general = String::new();
        let keys = mem::take(&mut self.keys);
        for (mut key, mut member) in keys.into_iter().zip(mem::take(&mut self.list)) {
            let spot = member.spot;
            let wide = |it: &str| self.is_wide(path::object(spot, it));
            if !self.is_proved(&member) && generalise(&member.path, wide, &mut general) {
                key = general_key(&general, spot, member.class);
                member.path = general.as_str().into();
            }
            self.take_in(key, member);
        }
        self.list.shrink_to_fit();
        self.recount();
    }

    /// Who was seen no more than so often, and of those the one seen longest ago.
    fn least(&self, present_max: u64) -> Option<usize> {
        let seldom = |it: &Member| it.present(false) + it.present(true);
        let all = self.keys.iter().zip(&self.list).enumerate();
        let few = all.filter(|it| seldom(it.1.1) <= present_max);
        few.min_by_key(|(_, (key, it))| (seldom(it), it.last_seen(), **key))
            .map(|it| it.0)
    }
}

fn general_key(path: &str, spot: Spot, class: u8) -> u64 {
    xxh3_64_with_seed(path.as_bytes(), spot as u64) ^ SALTS[usize::from(class)]
}
