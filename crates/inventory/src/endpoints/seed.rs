//! An endpoint that nobody can tell yet from a scanner's guess, in as little memory as will do:
//! its facts as bytes, made again for each call. It has no profile. How endpoints of either kind
//! are saved stands here too.

use gatewatch_model::facts::{Facts, Hll, Observation, Quantiles};
use gatewatch_model::{CollectionId, Timestamp};
use minicbor::decode::Error as DecodeError;
use minicbor::encode::{Error as EncodeError, Write};
use minicbor::{Decode, Decoder, Encode, Encoder};

use super::{Body, Endpoint, Full, Own};
use crate::limits::SEED_FACTS_BYTES_MAX;
use crate::profile::Profile;

/// Facts as [`pack`] writes them; empty as long as there are none.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Seed(Box<[u8]>);

impl Seed {
    /// Keeps of facts what finds room: counts always, of distributions those that fit.
    pub fn of(mut facts: Facts) -> Seed {
        let mut bytes = pack(&facts);
        let drop: [fn(&mut Facts); 4] = [
            |it| it.latency_micros = Quantiles::default(),
            |it| it.response_bytes = Quantiles::default(),
            |it| it.request_bytes = Quantiles::default(),
            |it| it.callers = Hll::default(),
        ];
        for drop in drop {
            if bytes.len() > SEED_FACTS_BYTES_MAX {
                drop(&mut facts);
                bytes = pack(&facts);
            }
        }
        Seed(bytes.into())
    }

    pub fn facts(&self) -> Facts {
        // It was written here and never came from outside.
        unpack(&mut Decoder::new(&self.0)).unwrap_or_default()
    }

    pub fn calls(&self) -> u64 {
        let mut decoder = Decoder::new(&self.0);
        decoder.u64().unwrap_or(0)
    }

    pub fn observe(&mut self, seen: &Observation) {
        let mut facts = self.facts();
        facts.observe(seen);
        *self = Seed::of(facts);
    }

    pub fn merge(&mut self, other: &Facts) {
        let mut facts = self.facts();
        facts.merge(other);
        *self = Seed::of(facts);
    }

    pub fn touch(&self) -> u64 {
        self.0.first().copied().map_or(0, u64::from)
    }

    pub fn heap_bytes(&self) -> usize {
        self.0.len()
    }
}

/// In a row, without names or lengths of the whole.
fn pack(facts: &Facts) -> Vec<u8> {
    let Facts {
        calls,
        first_seen,
        last_seen,
        statuses,
        callers,
        request_bytes,
        response_bytes,
        latency_micros,
        blemished,
    } = facts;
    let mut encoder = Encoder::new(Vec::with_capacity(SEED_FACTS_BYTES_MAX));
    // Writing to a Vec cannot fail.
    let _ = encoder
        .u64(*calls)
        .and_then(|it| it.encode(first_seen))
        .and_then(|it| it.i64(last_seen.0.wrapping_sub(first_seen.0)))
        .and_then(|it| it.u64(*blemished))
        .and_then(|it| it.encode(statuses))
        .and_then(|it| it.encode(callers))
        .and_then(|it| it.encode(request_bytes))
        .and_then(|it| it.encode(response_bytes))
        .and_then(|it| it.encode(latency_micros));
    encoder.into_writer()
}

fn unpack(d: &mut Decoder<'_>) -> Result<Facts, DecodeError> {
    let (calls, first_seen) = (d.u64()?, d.decode::<Timestamp>()?);
    Ok(Facts {
        calls,
        first_seen,
        last_seen: Timestamp(first_seen.0.wrapping_add(d.i64()?)),
        blemished: d.u64()?,
        statuses: d.decode()?,
        callers: d.decode()?,
        request_bytes: d.decode()?,
        response_bytes: d.decode()?,
        latency_micros: d.decode()?,
    })
}

/// An endpoint as it is read back.
#[derive(Decode)]
#[cbor(map)]
struct Saved {
    #[n(0)]
    collection: CollectionId,
    #[n(1)]
    key: Box<str>,
    #[n(2)]
    facts: Facts,
    #[n(3)]
    answered: bool,
    #[n(4)]
    kept: bool,
    #[n(5)]
    grown: bool,
    #[n(6)]
    #[cbor(default)]
    profile: Profile,
    /// Whether it is one; written only then, and without a profile.
    #[n(7)]
    seed: Option<bool>,
}

impl<C> Encode<C> for Endpoint {
    fn encode<W: Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), EncodeError<W::Error>> {
        e.map(7)?.u8(0)?.encode(self.collection)?;
        e.u8(1)?.str(&self.key)?;
        e.u8(2)?.encode(&*self.facts())?;
        e.u8(3)?.bool(self.answered)?;
        e.u8(4)?.bool(self.kept)?;
        e.u8(5)?.bool(self.grown)?;
        match &self.body {
            Body::Seed(_) => e.u8(7)?.bool(true)?.ok(),
            Body::Full(full) => e.u8(6)?.encode(&full.profile)?.ok(),
        }
    }
}

impl<'b, C> Decode<'b, C> for Endpoint {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, DecodeError> {
        let saved = d.decode::<Saved>()?;
        let (facts, profile) = (saved.facts, saved.profile);
        let is_seed = saved.seed == Some(true) && !saved.grown;
        Ok(Endpoint {
            collection: saved.collection,
            key: saved.key,
            body: if is_seed {
                Body::Seed(Seed::of(facts))
            } else {
                Body::Full(Box::new(Full { facts, profile }))
            },
            answered: saved.answered,
            kept: saved.kept,
            grown: saved.grown,
            own: Own::default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::limits::GROWN_CALLS;

    fn observation() -> impl Strategy<Value = Observation> {
        let size = || proptest::option::of(0..2_000_000_u64);
        let times = prop_oneof![0..2_000_000_000_000_000_i64, any::<i64>()];
        (
            times,
            100..600_u16,
            (size(), size(), size()),
            any::<Option<u64>>(),
        )
            .prop_map(
                |(at, status, (request, response, latency), caller)| Observation {
                    at: Timestamp(at),
                    status,
                    request_bytes: request,
                    response_bytes: response,
                    latency_micros: latency,
                    caller,
                    ..Observation::default()
                },
            )
    }

    proptest! {
        #[test]
        fn a_seed_knows_all_facts_of_its_few_calls(
            all in proptest::collection::vec(observation(), 0..4),
        ) {
            let (mut seed, mut facts) = (Seed::default(), Facts::default());
            for one in all {
                seed.observe(&one);
                facts.observe(&one);
            }
            prop_assert_eq!((seed.calls(), &seed.facts()), (facts.calls, &facts));
        }

        #[test]
        fn a_seed_has_a_bound_and_counts_beyond_it(
            all in proptest::collection::vec(observation(), 0..60),
        ) {
            let mut seed = Seed::default();
            let count = all.len() as u64;
            // What answers otherwise grows before it has come so often.
            let statuses = all.iter().enumerate().map(|(at, it)| match at as u64 {
                early if early < GROWN_CALLS => it.status,
                _ => 404,
            });
            for (one, status) in all.iter().zip(statuses) {
                seed.observe(&Observation { status, ..*one });
            }
            let facts = seed.facts();
            prop_assert_eq!(facts.statuses.iter().map(|it| it.1).sum::<u64>(), count);
            prop_assert_eq!((facts.calls, seed.calls()), (count, count));
            prop_assert!(seed.heap_bytes() <= SEED_FACTS_BYTES_MAX, "{}", seed.heap_bytes());
        }
    }

    #[test]
    fn a_seed_takes_256_bytes_at_most_beside_its_name() {
        assert!(size_of::<Option<Endpoint>>() + SEED_FACTS_BYTES_MAX <= 256);
    }
}
