//! One exchange, read once: every engine asks this instead of parsing again. It owns its memory
//! and is read into again and again; soon it allocates nothing.

use core::fmt;

use gatewatch_model::profile::{Credentials, Protocol};
use gatewatch_model::{Blemishes, Exchange, Spot};

use crate::body::Bodies;
use crate::call::{Call, Calls, Facts};
use crate::credentials::Shown;
use crate::graphql::{self, Asked, Documents};
use crate::heads::{Head, all};
use crate::jwt::Token;
use crate::leaves::{Leaf, Leaves, Value};
use crate::members::has_calls;
use crate::message::{BodyKind, Message};
use crate::target::{METHOD_OTHER, Path, method, split};
use crate::{cookies, grpc, length, rpc, soap, urls};

/// What was read of the last exchange.
#[derive(Default)]
pub struct Reading {
    path: Path,
    method: String,
    leaves: Leaves,
    request: Message,
    response: Message,
    calls: Calls,
    shown: Shown,
    blemishes: Blemishes,
    bodies: Bodies,
    documents: Documents,
    bytes: Vec<u8>,
}

impl Reading {
    /// Takes in that exchange and forgets the one before.
    pub fn read(&mut self, exchange: &Exchange<'_>) {
        self.clear();
        let (method, odd) = method(exchange);
        self.method.push_str(&method);
        self.blemishes = odd;
        self.blemishes.insert(self.path.read(exchange));
        let head = self.read_request(exchange);
        self.read_calls(&head);
        self.read_response(exchange);
        if self.leaves.lost() || self.calls.lost() {
            self.blemishes.insert(Blemishes::LEAVES_LOST);
        }
        if self.shown.token().is_some_and(|it| it.malformed) {
            self.blemishes.insert(Blemishes::BAD_TOKEN);
        }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// In upper case; `OTHER` for what is no method.
    pub fn method(&self) -> &str {
        if self.method.is_empty() {
            METHOD_OTHER
        } else {
            &self.method
        }
    }

    /// What was odd, beside what its source already said.
    pub fn blemishes(&self) -> Blemishes {
        self.blemishes
    }

    /// All values, in the order of the spots.
    pub fn leaves(&self) -> &Leaves {
        &self.leaves
    }

    pub fn request(&self) -> &Message {
        &self.request
    }

    pub fn response(&self) -> &Message {
        &self.response
    }

    /// What is called inside the URL; empty for plain REST.
    pub fn calls(&self) -> impl ExactSizeIterator<Item = Call<'_>> {
        self.calls.iter()
    }

    pub fn protocol(&self) -> Protocol {
        self.calls.protocol().unwrap_or_default()
    }

    pub fn credentials(&self) -> Credentials {
        self.shown.kinds()
    }

    /// The credentials with what they say of themselves.
    pub fn shown(&self) -> &Shown {
        &self.shown
    }

    /// The facts of the first JSON web token of the request.
    pub fn token(&self) -> Option<&Token> {
        self.shown.token()
    }

    fn clear(&mut self) {
        self.method.clear();
        self.leaves.clear();
        self.request.clear();
        self.response.clear();
        self.calls.clear();
        self.shown.clear();
        self.bodies.readers.xml.clear();
    }

    fn read_request<'e>(&mut self, exchange: &'e Exchange<'_>) -> Head<'e> {
        let url = exchange.request.url.as_ref();
        let connect = exchange.request.method.eq_ignore_ascii_case("connect");
        let path = split(url, connect).path;
        let Reading {
            leaves,
            shown,
            bodies,
            ..
        } = self;
        if !path.is_empty() && path != "*" {
            self.blemishes
                .insert(urls::read_path(path, &mut self.bytes, leaves));
        }
        leaves.begin(Spot::RequestQuery);
        let json = &mut bodies.readers.json;
        let see = |name: &str, value: &str| shown.see_parameter(name, value, json);
        let odd = bodies
            .readers
            .pairs
            .read(urls::query_of(url), false, leaves, see);
        self.blemishes.insert(odd);
        leaves.begin(Spot::RequestHeaders);
        let head = Head::of_request(exchange, leaves, shown, json);
        leaves.begin(Spot::RequestCookies);
        if head.cookies {
            for header in all(exchange.request.headers.as_ref(), "cookie") {
                cookies::read(header, leaves, |name, value| {
                    shown.see_cookie(name, value, json);
                });
            }
        }
        shown.see_source(exchange);
        leaves.begin(Spot::RequestBody);
        let odd = bodies.read(
            exchange.request.body.as_ref(),
            &head,
            &mut self.request,
            leaves,
        );
        self.blemishes.insert(odd);
        self.blemishes.insert(length::of_request(exchange, &head));
        head
    }

    fn read_calls(&mut self, head: &Head<'_>) {
        let Reading {
            leaves,
            calls,
            documents,
            ..
        } = self;
        if head.is_websocket() {
            let facts = Facts {
                protocol: Protocol::WebSocket,
                ..Facts::default()
            };
            calls.push(facts, head.subprotocols, "", []);
            return;
        }
        let odd = match self.request.kind {
            BodyKind::Json if !has_calls(leaves) => Blemishes::default(),
            BodyKind::Json => {
                rpc::read(leaves, head.mcp, calls);
                graphql::read(leaves, documents, calls)
            }
            BodyKind::GraphQl => {
                let asked = Asked {
                    query: leaves.iter_body().find_map(text_of),
                    ..Asked::default()
                };
                graphql::add(&asked, documents, calls)
            }
            BodyKind::Xml | BodyKind::Multipart => {
                soap::read(head, self.bodies.readers.xml.called(), calls);
                Blemishes::default()
            }
            BodyKind::None | BodyKind::NotObserved if is_grpc(&self.request) => {
                grpc::read_path(self.path.segments(), calls)
            }
            BodyKind::Grpc => grpc::read_path(self.path.segments(), calls),
            BodyKind::None | BodyKind::NotObserved => {
                graphql::add(&asked_by_query(leaves), documents, calls)
            }
            _ => Blemishes::default(),
        };
        self.blemishes.insert(odd);
    }

    fn read_response(&mut self, exchange: &Exchange<'_>) {
        let Some(response) = &exchange.response else {
            return;
        };
        let headers = response.headers.as_ref();
        let Reading { leaves, bodies, .. } = self;
        leaves.begin(Spot::ResponseHeaders);
        let head = Head::of_response(headers, leaves);
        leaves.begin(Spot::ResponseCookies);
        if head.cookies {
            all(headers, "set-cookie").for_each(|it| cookies::read_set(it, leaves));
        }
        leaves.begin(Spot::ResponseBody);
        let odd = bodies.read(response.body.as_ref(), &head, &mut self.response, leaves);
        self.blemishes.insert(odd);
        self.blemishes.insert(length::of_response(exchange, &head));
    }
}

/// Values may be secrets, so only their number is shown.
impl fmt::Debug for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reading")
            .field("method", &self.method)
            .field("leaves", &self.leaves)
            .field("blemishes", &self.blemishes)
            .finish_non_exhaustive()
    }
}

/// GraphQL over GET: the members of a body as parameters.
fn asked_by_query(leaves: &Leaves) -> Asked<'_> {
    let mut asked = Asked::default();
    for leaf in leaves.iter() {
        let (Some(text), Spot::RequestQuery) = (text_of(leaf), leaf.spot()) else {
            if leaf.spot() > Spot::RequestQuery {
                break;
            }
            continue;
        };
        match leaf.name() {
            "query" => asked.query = Some(text),
            "operationName" => asked.operation = text,
            "extensions" => asked.persisted = text.contains("persistedQuery"),
            _ => {}
        }
    }
    asked
}

fn text_of(leaf: Leaf<'_>) -> Option<&str> {
    match leaf.value {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

/// A source that sees no bodies still sees what they would be.
fn is_grpc(message: &Message) -> bool {
    message.essence().starts_with("application/grpc")
}

#[cfg(test)]
mod tests;
