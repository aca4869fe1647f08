//! Bytes to heads, bodies, calls and tokens: the hostile-input boundary. Nothing here fails or
//! panics; what is odd is cut to its bound and named as a blemish.

pub mod api;
mod base64;
mod body;
pub mod call;
pub mod charset;
mod cookies;
pub mod credentials;
pub mod encoding;
mod escapes;
pub mod graphql;
pub mod grpc;
mod heads;
pub mod host;
mod json;
pub mod jwt;
pub mod leaves;
mod length;
pub mod limits;
mod members;
pub mod message;
mod multipart;
mod query;
pub mod reading;
mod rpc;
mod soap;
pub mod target;
mod urls;
mod xml;

pub use api::{Api, api, caller, caller_of};
pub use call::Call;
pub use host::host;
pub use jwt::Token;
pub use leaves::{Leaf, Leaves, Value};
pub use message::{BodyKind, Charset, Coding, Message};
pub use reading::Reading;
pub use target::{Path, method};
