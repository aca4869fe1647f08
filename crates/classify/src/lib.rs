//! Sensitive information in exchanges: which types there are, where a value is one, how sure that
//! is and why. Values are looked at and never kept.

mod catalogue;
mod checks;
mod info_type;
mod tokens;

pub use catalogue::{Catalogue, CatalogueError, SHIPPED};
pub use checks::{Check, ROLL};
pub use info_type::{Dictionary, InfoType, Mask, Pattern, Purview, Severity};
pub use tokens::{TokenKey, TokenList, write_list};
