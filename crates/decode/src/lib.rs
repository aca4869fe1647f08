//! Bytes to heads, URLs and tokens: the hostile-input boundary. Nothing here fails or panics;
//! what is odd is cut to its bound and named as a blemish.

pub mod api;
pub mod host;
pub mod leaves;
pub mod limits;
pub mod target;

pub use api::{Api, api, caller};
pub use host::host;
pub use leaves::{Leaf, Leaves, Value};
pub use target::{Path, method};
