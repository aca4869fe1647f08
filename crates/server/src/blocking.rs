//! Store calls block, so they run on threads for that, a bounded number at once.

use std::sync::Arc;
use std::time::Duration;

use gatewatch_ports::{Store, StoreError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::problem::{BROKEN, Problem, UNAVAILABLE};

const CALLS_MAX: usize = 32;
const WAIT_SECONDS_MAX: u64 = 5;

#[derive(Clone)]
pub(crate) struct Blocking {
    store: Arc<dyn Store>,
    permits: Arc<Semaphore>,
}

impl Blocking {
    pub fn new(store: Arc<dyn Store>) -> Blocking {
        Blocking {
            store,
            permits: Arc::new(Semaphore::new(CALLS_MAX)),
        }
    }

    pub async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&dyn Store) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Problem> {
        let store = self.store.clone();
        Ok(self.run(move || question(&*store)).await??)
    }

    /// Runs whatever blocks. Work that has begun goes on when nobody waits for it any more, and
    /// keeps its permit until it ends.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let permit = tokio::time::timeout(
            Duration::from_secs(WAIT_SECONDS_MAX),
            self.permits.clone().acquire_owned(),
        );
        let Ok(Ok(permit)) = permit.await else {
            return Err(Problem::new(
                &UNAVAILABLE,
                "too many requests wait for the store; ask again",
            )
            .retry(1));
        };
        run(permit, work).await
    }
}

/// Runs what blocks, by leave that was got elsewhere. The leave lasts until the work ends, though
/// nobody may wait for it any more.
pub(crate) async fn run<T: Send + 'static>(
    leave: OwnedSemaphorePermit,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    let worked = tokio::task::spawn_blocking(move || {
        let done = work();
        drop(leave);
        done
    });
    worked.await.map_err(|error| {
        tracing::error!(%error, "blocking work broke");
        Problem::new(&BROKEN, "this is a defect of gatewatch; its log says more")
    })
}
