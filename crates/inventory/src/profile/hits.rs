//! What classification counted of a member, and what that makes of it. Cold: few members have any.

use gatewatch_model::Timestamp;
use gatewatch_model::info_type::{
    Counted, Fit, HitFact, InfoTypeId, SENSITIVE_CONFIDENCE_MIN, TYPES_PER_MEMBER_MAX, Verdict,
};
use gatewatch_model::sensitivity::MemberHit;
use minicbor::{Decode, Encode};

use super::Types;
use crate::state::list;

/// Facts are judged anew when a count reaches a power of two and after a merge, so that a verdict
/// is cheap, and steadier the more was seen.
#[derive(Clone, Debug, Default, PartialEq, Encode, Decode)]
#[cbor(map)]
pub(super) struct Hits {
    /// Sorted by type.
    #[n(0)]
    #[cbor(decode_with = "read_facts")]
    facts: Vec<HitFact>,
    /// The surest first.
    #[n(1)]
    #[cbor(decode_with = "read_verdicts")]
    verdicts: Vec<Verdict>,
    /// The type that it was told to be, until it is none any more.
    #[n(2)]
    told: Option<InfoTypeId>,
    /// Whether facts came together that were not judged together.
    #[n(3)]
    merged: bool,
}

impl Hits {
    /// Counts what one value fits; of several hits of one type the first, which is the surest.
    /// Answers whether it is time to judge.
    pub fn add(&mut self, fits: &[Fit], at: Timestamp) -> bool {
        let mut due = core::mem::take(&mut self.merged);
        for (number, fit) in fits.iter().enumerate() {
            if fits[..number]
                .iter()
                .any(|it| it.info_type == fit.info_type)
            {
                continue;
            }
            let fact = HitFact {
                info_type: fit.info_type,
                fits: 1,
                confidence_sum: u64::from(fit.confidence),
                grounds: fit.grounds,
                first_seen: at,
                last_seen: at,
            };
            due |= self.take_in(&fact).is_power_of_two();
        }
        due
    }

    /// Judges by all facts. Answers the verdict that makes the member sensitive, or something
    /// else than it was told to be before.
    pub fn judge(&mut self, types: Types<'_>, values: Counted) -> Option<Verdict> {
        self.verdicts.clear();
        types
            .judge
            .judge(&self.facts, values, self.told, &mut self.verdicts);
        self.verdicts.truncate(TYPES_PER_MEMBER_MAX);
        let first = self.verdicts.first().copied();
        let Some(first) = first.filter(|it| it.confidence >= SENSITIVE_CONFIDENCE_MIN) else {
            self.told = None;
            return None;
        };
        if first.confidence < types.judge.confidence_min(types.home, first.info_type) {
            return None;
        }
        let news = self.told != Some(first.info_type);
        self.told = Some(first.info_type);
        news.then_some(first)
    }

    pub fn merge(&mut self, other: &Hits) {
        let Hits {
            facts,
            verdicts: _,
            told,
            merged: _,
        } = other;
        self.told = self.told.max(*told);
        for fact in facts {
            self.take_in(fact);
        }
        self.merged = true;
    }

    /// Types as they are told of a scope.
    pub fn rows(&self, types: Types<'_>, values: Counted) -> Vec<MemberHit> {
        let verdicts = self.verdicts(types, values).into_iter();
        verdicts
            .filter_map(|it| self.row(it, types, values))
            .collect()
    }

    /// Those of them that the member counts as.
    pub fn sure_rows(&self, types: Types<'_>, values: Counted) -> Vec<MemberHit> {
        let least = |it: &Verdict| types.judge.confidence_min(types.home, it.info_type);
        let verdicts = self.verdicts(types, values).into_iter();
        verdicts
            .filter(|it| it.confidence >= least(it))
            .filter_map(|it| self.row(it, types, values))
            .collect()
    }

    /// Whether it is sensitive, whatever else somebody may ask for before it counts.
    pub fn is_sure(&self) -> bool {
        let first = self.verdicts.first();
        first.is_some_and(|it| it.confidence >= SENSITIVE_CONFIDENCE_MIN)
    }

    fn verdicts(&self, types: Types<'_>, values: Counted) -> Vec<Verdict> {
        let mut verdicts = Vec::new();
        if self.merged {
            let judge = types.judge;
            judge.judge(&self.facts, values, self.told, &mut verdicts);
        } else {
            verdicts.extend_from_slice(&self.verdicts);
        }
        verdicts
    }

    fn row(&self, verdict: Verdict, types: Types<'_>, values: Counted) -> Option<MemberHit> {
        let (info_type, category) = types.judge.type_of(types.home, verdict.info_type)?;
        let mut facts = self.facts.iter();
        let fact = facts.find(|it| it.info_type == verdict.info_type)?;
        Some(MemberHit {
            info_type: info_type.into(),
            category,
            confidence: verdict.confidence,
            hits: fact.fits,
            values: values.values.max(fact.fits),
            grounds: verdict.grounds,
            first_seen: fact.first_seen,
            last_seen: fact.last_seen,
        })
    }

    pub fn bytes(&self) -> usize {
        size_of::<Hits>() + size_of_val(&*self.facts) + size_of_val(&*self.verdicts)
    }

    /// Answers how often its type has fitted by now. When there is no room, what fitted once goes.
    fn take_in(&mut self, fact: &HitFact) -> u64 {
        let at = match self
            .facts
            .binary_search_by_key(&fact.info_type, |it| it.info_type)
        {
            Ok(at) => {
                self.facts[at].merge(fact);
                return self.facts[at].fits;
            }
            Err(at) => at,
        };
        if self.facts.len() == self.facts.capacity() {
            self.facts.reserve_exact(1);
        }
        self.facts.insert(at, *fact);
        if self.facts.len() > TYPES_PER_MEMBER_MAX {
            let all = self.facts.iter().enumerate();
            let all = all.filter(|it| self.told != Some(it.1.info_type));
            let least = all.min_by_key(|(_, it)| (it.fits, it.last_seen, it.info_type));
            if let Some((least, _)) = least {
                self.facts.remove(least);
            }
        }
        fact.fits
    }
}

fn read_facts<C>(
    d: &mut minicbor::Decoder<'_>,
    _: &mut C,
) -> Result<Vec<HitFact>, minicbor::decode::Error> {
    let facts = list::<HitFact>(d, TYPES_PER_MEMBER_MAX)?;
    let sorted = facts.windows(2).all(|it| it[0].info_type < it[1].info_type);
    if sorted {
        return Ok(facts);
    }
    Err(minicbor::decode::Error::message("facts that cannot be"))
}

fn read_verdicts<C>(
    d: &mut minicbor::Decoder<'_>,
    _: &mut C,
) -> Result<Vec<Verdict>, minicbor::decode::Error> {
    list(d, TYPES_PER_MEMBER_MAX)
}

#[cfg(test)]
mod tests {
    use gatewatch_model::CollectionId;
    use gatewatch_model::info_type::{Category, Grounds, Judge};
    use gatewatch_model::sensitivity::Home;

    use super::*;

    /// Takes what nearly always fits for what it fits.
    #[derive(Debug)]
    struct Share;

    impl Judge for Share {
        fn judge(
            &self,
            facts: &[HitFact],
            values: Counted,
            _: Option<InfoTypeId>,
            verdicts: &mut Vec<Verdict>,
        ) {
            let verdict = |it: &HitFact| Verdict {
                info_type: it.info_type,
                confidence: (it.fits * 99 / values.values.max(it.fits)) as u8,
                grounds: it.grounds,
            };
            verdicts.extend(facts.iter().map(verdict));
            verdicts.sort_by_key(|it| core::cmp::Reverse(it.confidence));
        }

        fn type_of(&self, home: Home<'_>, info_type: InfoTypeId) -> Option<(&str, Category)> {
            (home.scope == "/" && info_type == CARD).then_some(("credit-card", Category::Finance))
        }

        fn confidence_min(&self, home: Home<'_>, _: InfoTypeId) -> u8 {
            if home.collection == STRICT { 80 } else { 50 }
        }
    }

    const STRICT: CollectionId = CollectionId([9; 16]);

    fn at(scope: &'static str, collection: CollectionId) -> Types<'static> {
        Types {
            judge: &Share,
            home: Home { scope, collection },
        }
    }

    fn root() -> Types<'static> {
        at("/", CollectionId([0; 16]))
    }

    const CARD: InfoTypeId = InfoTypeId(7);

    fn all(values: u64) -> Counted {
        Counted {
            values,
            distinct: values,
        }
    }

    fn fit(info_type: u32) -> Fit {
        Fit {
            leaf: 0,
            info_type: InfoTypeId(info_type),
            confidence: 80,
            grounds: Grounds(1),
        }
    }

    #[test]
    fn a_member_is_told_once_to_be_sensitive() {
        let mut hits = Hits::default();
        let mut told = 0;
        for value in 1..=100_u64 {
            if hits.add(&[fit(7), fit(7)], Timestamp(value.cast_signed())) {
                told += u32::from(hits.judge(root(), all(value)).is_some());
            }
        }
        assert_eq!(told, 1);
        let rows = hits.rows(root(), all(100));
        assert_eq!((rows[0].hits, rows[0].values), (100, 100));
        assert_eq!(rows[0].first_seen, Timestamp(1));
        assert!(hits.rows(at("/off", STRICT), all(100)).is_empty());
    }

    #[test]
    fn where_more_is_asked_for_it_is_told_when_it_is_that_sure() {
        let strict = at("/", STRICT);
        let mut hits = Hits::default();
        assert!(hits.add(&[fit(7)], Timestamp(1)));
        assert_eq!(hits.judge(strict, all(2)), None, "half of them fit");
        hits.add(&[fit(7)], Timestamp(2));
        hits.judge(root(), all(3));
        assert!(hits.is_sure() && hits.sure_rows(strict, all(3)).is_empty());
        assert_eq!(hits.rows(strict, all(3))[0].confidence, 66, "it may be one");
        assert_eq!(hits.sure_rows(root(), all(3)).len(), 1);
        let mut hits = Hits::default();
        hits.add(&[fit(7)], Timestamp(1));
        assert_eq!(hits.judge(strict, all(2)), None);
        hits.add(&[fit(7)], Timestamp(2));
        assert!(hits.judge(strict, all(2)).is_some(), "now they all do");
    }

    #[test]
    fn what_fits_seldom_is_nothing() {
        let mut hits = Hits::default();
        assert!(hits.add(&[fit(7)], Timestamp(1)));
        assert_eq!(hits.judge(root(), all(10)), None);
    }

    #[test]
    fn halves_come_together_as_the_whole() {
        let (mut one, mut two, mut whole) = (Hits::default(), Hits::default(), Hits::default());
        for value in 0..20 {
            let half = if value % 3 == 0 { &mut one } else { &mut two };
            half.add(&[fit(value % 4)], Timestamp(value.into()));
            whole.add(&[fit(value % 4)], Timestamp(value.into()));
        }
        let mut back = two.clone();
        back.merge(&one);
        one.merge(&two);
        assert_eq!(one.facts, back.facts);
        assert_eq!(one.facts, whole.facts);
    }

    #[test]
    fn those_with_the_fewest_fits_give_way() {
        let mut hits = Hits::default();
        for value in 0..200_u32 {
            hits.add(&[fit(7), fit(1_000 + value)], Timestamp(value.into()));
        }
        assert_eq!(hits.facts.len(), TYPES_PER_MEMBER_MAX);
        assert_eq!(hits.facts[0].fits, 200);
        let bytes = minicbor::to_vec(&hits).unwrap();
        assert_eq!(minicbor::decode::<Hits>(&bytes).unwrap(), hits);
    }
}
