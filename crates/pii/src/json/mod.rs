//! JSON as it lies on the wire: findings keep their place in the raw text.

mod charset;
mod decode;
pub(crate) mod encoded;
mod form;
mod fragment;
mod lexer;
mod machine;
mod paths;
mod shape;
mod walk;

pub(crate) use charset::{Charset, byte_of};
pub(crate) use decode::{Decoded, code_point};
pub(crate) use fragment::site;
pub(crate) use lexer::{Lexer, MARK, NotJson, Token};
pub(crate) use machine::{LOOKAHEAD, Leaf, Machine, Took};
pub(crate) use paths::Treatment;
pub use paths::{Form, Paths, Way};
pub use shape::Shape;
pub(crate) use walk::{MAX_NESTED, Origin, is_too_short, looks_like_json, walk, walk_alone};
