//! Who asks: a token becomes a grant (role and scope), or the request goes no further.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gatewatch_model::Timestamp;
use gatewatch_pipeline::Clock;
use gatewatch_ports::store::{Actor, Role, TokenRow};

use crate::attempts::Attempts;
use crate::blocking::Blocking;
use crate::problem::{NO_TOKEN, Problem, TOO_MANY};
use crate::secrets::{Hash, Redacted, is_token};

const GRANTS_MAX: usize = 10_000;
const GRANT_SECONDS: i64 = 30;
const FAILURES_PER_MINUTE_MAX: u32 = 30;

/// Tokens that were looked up lately, and addresses that were wrong lately.
#[derive(Clone)]
pub struct Access {
    inner: Arc<Inner>,
}

struct Inner {
    clock: Arc<dyn Clock>,
    known: Mutex<Known>,
    failures: Attempts,
    /// Held over every change of tokens that depends on which others there are.
    changing: Mutex<()>,
}

#[derive(Default)]
struct Known {
    grants: HashMap<Hash, (Grant, Timestamp)>,
    /// Counts revocations, so that a look-up that began before one is not remembered after it.
    revocations: u64,
}

/// What a token allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Grant {
    pub token_id: Box<str>,
    /// The token's name; also the name of the source when it ingests.
    pub name: Box<str>,
    pub role: Role,
    pub scope: Box<str>,
    pub expires: Option<Timestamp>,
    pub hash: Hash,
}

impl Access {
    pub fn new(clock: Arc<dyn Clock>) -> Access {
        Access {
            inner: Arc::new(Inner {
                clock,
                known: Mutex::default(),
                failures: Attempts::new(FAILURES_PER_MINUTE_MAX),
                changing: Mutex::new(()),
            }),
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    /// An address that was wrong too often is refused before the store is asked; tokens in use
    /// are known and go on even then.
    pub(crate) async fn admit(
        &self,
        authorization: Option<&str>,
        peer: IpAddr,
        blocking: &Blocking,
    ) -> Result<Grant, Problem> {
        let Some(text) = authorization.and_then(bearer) else {
            return Err(refused("send a token as `Authorization: Bearer gw_…`"));
        };
        let now = self.now();
        let hash = Redacted::new(text).hash();
        if let Some(grant) = self.recall(&hash, now) {
            return Ok(grant);
        }
        if !self.was_good(&hash)
            && let Some(seconds) = self.inner.failures.spent(peer, now)
        {
            let detail = "too many tokens from this address were not valid; try again later";
            return Err(Problem::new(&TOO_MANY, detail).retry(seconds));
        }
        let grant = if is_token(text) {
            self.look_up(hash, blocking).await?
        } else {
            None
        };
        grant.ok_or_else(|| {
            self.inner.failures.count(peer, now);
            refused("this token is unknown, revoked or past its time; ask an owner for a new one")
        })
    }

    /// Whether a grant that was given some time ago would be given still.
    pub(crate) async fn holds(&self, grant: &Grant, blocking: &Blocking) -> Result<bool, Problem> {
        if self.recall(&grant.hash, self.now()).is_some() {
            return Ok(true);
        }
        Ok(self.look_up(grant.hash, blocking).await?.is_some())
    }

    pub(crate) fn forget(&self, token_id: &str) {
        let mut known = self.known();
        known.revocations += 1;
        known
            .grants
            .retain(|_, (grant, _)| &*grant.token_id != token_id);
    }

    pub(crate) fn changing(&self) -> MutexGuard<'_, ()> {
        self.inner
            .changing
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn recall(&self, hash: &Hash, now: Timestamp) -> Option<Grant> {
        let known = self.known();
        let (grant, read) = known.grants.get(hash)?;
        (is_fresh(*read, now) && !is_over(grant.expires, now)).then(|| grant.clone())
    }

    /// Whether the store knew it when it was asked last, however long ago.
    fn was_good(&self, hash: &Hash) -> bool {
        self.known().grants.contains_key(hash)
    }

    async fn look_up(&self, hash: Hash, blocking: &Blocking) -> Result<Option<Grant>, Problem> {
        let revocations = self.known().revocations;
        let row = blocking
            .ask(move |store| store.token_by_hash(&hash))
            .await?;
        let now = self.now();
        let grant = row.filter(|it| is_live(it, now)).map(|it| grant(it, hash));
        match &grant {
            Some(grant) => self.remember(grant, now, revocations),
            None => drop(self.known().grants.remove(&hash)),
        }
        Ok(grant)
    }

    fn remember(&self, grant: &Grant, now: Timestamp, revocations: u64) {
        let mut known = self.known();
        if known.revocations != revocations {
            return;
        }
        if known.grants.len() >= GRANTS_MAX {
            known.grants.retain(|_, (_, read)| is_fresh(*read, now));
        }
        if known.grants.len() < GRANTS_MAX {
            known.grants.insert(grant.hash, (grant.clone(), now));
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.inner
            .known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Grant {
    pub fn actor(&self, peer: IpAddr, at: Timestamp) -> Actor {
        Actor {
            name: self.name.clone(),
            address: peer.to_string().into(),
            at,
        }
    }
}

/// Neither revoked nor past its time.
pub(crate) fn is_live(token: &TokenRow, now: Timestamp) -> bool {
    token.revoked.is_none() && !is_over(token.expires, now)
}

fn is_over(expires: Option<Timestamp>, now: Timestamp) -> bool {
    expires.is_some_and(|it| it <= now)
}

fn is_fresh(read: Timestamp, now: Timestamp) -> bool {
    (0..GRANT_SECONDS).contains(&(now.seconds() - read.seconds()))
}

fn grant(row: TokenRow, hash: Hash) -> Grant {
    let TokenRow {
        id,
        name,
        role,
        scope,
        created: _,
        expires,
        revoked: _,
    } = row;
    Grant {
        token_id: id,
        name,
        role,
        scope,
        expires,
        hash,
    }
}

fn bearer(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn refused(detail: &str) -> Problem {
    Problem::new(&NO_TOKEN, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_bearer_credentials_are_read() {
        assert_eq!(bearer("Bearer abc"), Some("abc"));
        assert_eq!(bearer("bearer  abc "), Some("abc"));
        assert_eq!(bearer("Basic abc"), None);
        assert_eq!(bearer("abc"), None);
    }

    #[test]
    fn a_grant_is_fresh_for_thirty_seconds_and_never_in_the_past() {
        let at = Timestamp::from_seconds;
        assert!(is_fresh(at(100), at(129)));
        assert!(!is_fresh(at(100), at(130)));
        assert!(!is_fresh(at(100), at(99)));
    }

    #[test]
    fn a_token_ends_when_its_time_comes() {
        let at = Timestamp::from_seconds;
        assert!(!is_over(None, at(9)));
        assert!(!is_over(Some(at(10)), at(9)));
        assert!(is_over(Some(at(10)), at(10)));
    }

    #[test]
    fn a_look_up_that_began_before_a_revocation_is_not_remembered() {
        let access = Access::new(Arc::new(gatewatch_pipeline::SystemClock));
        let grant = Grant {
            token_id: "1".into(),
            name: "edge".into(),
            role: Role::Reader,
            scope: "/".into(),
            expires: None,
            hash: [7; 32],
        };
        let now = access.now();
        let begun = access.known().revocations;
        access.remember(&grant, now, begun);
        assert_eq!(access.recall(&grant.hash, now), Some(grant.clone()));
        access.forget("1");
        access.remember(&grant, now, begun);
        assert_eq!(access.recall(&grant.hash, now), None);
    }
}
