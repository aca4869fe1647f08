//! How a profile is shown.

use gatewatch_model::EndpointId;
use gatewatch_model::definition::Operation;
use gatewatch_model::facts::Facts;
use gatewatch_model::profile::{EndpointFacts, EndpointRole, KnownBy, ProfileRow};

use super::differences::differences;
use super::origins::Origins;
use super::role::{Named, role};
use super::{Profile, Types};

impl Profile {
    /// The facts of lists and checks; what a definition or a person says is not among them.
    pub fn facts(
        &self,
        (method, named): (&str, Named),
        calls: u64,
        types: Types<'_>,
    ) -> EndpointFacts {
        let role = self.role(method, named);
        let (sensitive, in_place) = self.sensitive(role, types);
        EndpointFacts {
            known_by: KnownBy {
                traffic: calls > 0,
                ..KnownBy::default()
            },
            decisions: Vec::new(),
            drift: None,
            protocol: self.protocol,
            role,
            credentials: self.credentials.kinds(),
            authenticated: self.authenticated,
            anonymous_answered: self.anonymous_answered,
            external: self.external,
            encrypted: self.encrypted,
            introspection: self.introspection,
            deprecated: self.deprecated,
            sunset: self.sunset,
            sensitive,
            in_place,
            signals: self.signals.as_deref().cloned().unwrap_or_default(),
            origins: self
                .origins
                .as_deref()
                .map(Origins::facts)
                .unwrap_or_default(),
        }
    }

    /// What the endpoint is for, as far as that can be told by now.
    pub fn role(&self, method: &str, named: Named) -> EndpointRole {
        role(
            method,
            named,
            self.request_types.iter(),
            self.response_types.iter(),
        )
    }

    pub fn differs(&self, facts: &Facts, operation: &Operation) -> bool {
        !differences(operation, self, facts).is_empty()
    }

    /// With the differences to its documented operation, where there is one.
    pub fn row(
        &self,
        endpoint: EndpointId,
        facts: &Facts,
        operation: Option<&Operation>,
        types: Types<'_>,
    ) -> ProfileRow {
        ProfileRow {
            endpoint,
            calls: facts.calls,
            at: facts.last_seen,
            credentials: self.credentials.rows(self.authenticated.yes),
            tokens: self.tokens.as_ref().map(|it| it.row()),
            request_types: self.request_types.rows(),
            response_types: self.response_types.rows(),
            protocols: self.protocols.rows(),
            callers_top: self.callers.rows(),
            members: self.members.rows(types),
            members_lost: self.members.lost(),
            query_depth_max: self.query_depth_max,
            query_aliases_max: self.query_aliases_max,
            batch_max: self.batch_max,
            origins: self.origins.as_ref().map(|it| it.row()),
            differences: operation
                .map(|it| differences(it, self, facts))
                .unwrap_or_default(),
        }
    }
}
