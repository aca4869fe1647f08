//! Stands before every route: who asks, may they, and is the query one that the route knows.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::time::Instant;

use crate::access::Grant;
use crate::asked::Asked;
use crate::problem::{NOT_ALLOWED, Problem, UNAVAILABLE};
use crate::routes::{Route, Scoped};
use crate::shared::{Shared, address};

/// Longer than the longest wait that a route allows itself.
const ANSWER_SECONDS_MAX: u64 = 90;

/// One guard's place.
#[derive(Clone)]
pub(crate) struct Post {
    pub shared: Arc<Shared>,
    pub route: &'static Route,
    /// Of the route on the roll.
    pub number: usize,
}

pub(crate) async fn guard(State(post): State<Post>, mut request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let response = match post.admit(&mut request).await {
        Ok(()) => post.answer(request, next).await,
        Err(problem) => problem.into_response(),
    };
    post.shared
        .requests
        .count(post.number, response.status(), begun.elapsed());
    response
}

impl Post {
    async fn admit(&self, request: &mut Request) -> Result<(), Problem> {
        if self.route.gate.asks_for_token() {
            // Taken out first: a body cannot be lent to another thread while this waits.
            let authorization = request.headers().get(AUTHORIZATION).cloned();
            let grant = self
                .grant(authorization, address(request.extensions()))
                .await?;
            self.allow(&grant)?;
            request.extensions_mut().insert(grant);
        }
        let asked = Asked::read(
            request.uri().query().unwrap_or_default(),
            self.route.operation.params,
        )?;
        request.extensions_mut().insert(asked);
        Ok(())
    }

    async fn grant(
        &self,
        authorization: Option<HeaderValue>,
        peer: IpAddr,
    ) -> Result<Grant, Problem> {
        let text = authorization.as_ref().and_then(|it| it.to_str().ok());
        self.shared
            .access
            .admit(text, peer, &self.shared.blocking)
            .await
    }

    fn allow(&self, grant: &Grant) -> Result<(), Problem> {
        if !self.route.gate.lets_in(grant.role) {
            let detail = format!(
                "this needs a token of role {}; this one is of role {}",
                self.route.gate.roles().join(" or "),
                grant.role.name()
            );
            return Err(Problem::new(&NOT_ALLOWED, detail));
        }
        if self.route.scope == Scoped::Whole && &*grant.scope != "/" {
            let detail = "this shows things of all scopes, so it needs a token of scope `/`";
            return Err(Problem::new(&NOT_ALLOWED, detail));
        }
        Ok(())
    }

    async fn answer(&self, request: Request, next: Next) -> Response {
        let limit = Duration::from_secs(ANSWER_SECONDS_MAX);
        tokio::time::timeout(limit, next.run(request))
            .await
            .unwrap_or_else(|_| {
                Problem::new(
                    &UNAVAILABLE,
                    "the answer took too long; ask again, or for less",
                )
                .retry(1)
                .into_response()
            })
    }
}
