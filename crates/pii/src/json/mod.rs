//! JSON as it lies on the wire: findings keep their place in the raw text.

mod charset;
mod decode;
pub(crate) mod encoded;
mod form;
mod fragment;
mod lexer;
mod machine;
mod paths;
mod walk;

pub(crate) use decode::{Decoded, code_point};
pub(crate) use fragment::site;
pub(crate) use lexer::{Lexer, MARK, NotJson, Token};
pub(crate) use machine::{LOOKAHEAD, Leaf, Machine, Took};
pub use paths::{Paths, Treatment};
pub(crate) use walk::{MIN_STRING, Origin, looks_like_json, walk, walk_alone};
