//! Sensitive information in exchanges: which types there are, where a value is one, how sure that
//! is and why. Values are looked at and never kept.

mod catalogue;
mod checks;
mod compiled;
mod confidence;
mod context;
mod example;
mod find;
mod form;
mod gate;
mod hint;
mod info_type;
mod judge;
mod mask;
mod names;
mod needle;
mod placeholder;
mod sieve;
mod space;
mod switches;
mod text;
mod tokens;
mod vocabulary;

pub use catalogue::{Catalogue, CatalogueError, SHIPPED};
pub use checks::{Check, ROLL};
pub use example::Surprise;
pub use find::{Classifier, Hit};
pub use info_type::{Dictionary, InfoType, Mask, Pattern, Purview};
pub use judge::{finish, judge, judge_all};
pub use mask::{mask, redact};
pub use space::is_beyond_guessing;
pub use switches::Switches;
pub use tokens::{
    ListKey, TOKENS_MAX, TokenKey, TokenList, derive, is_of_installation, is_token_list,
    write_list, write_list_of_installation,
};
