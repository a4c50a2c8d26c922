//! JSON as it lies on the wire: findings keep their place in the raw text.

mod decode;
mod lexer;
mod machine;
mod walk;

pub(crate) use decode::Decoded;
pub(crate) use lexer::{Lexer, NotJson, Token};
pub(crate) use machine::{LOOKAHEAD, Machine};
pub(crate) use walk::{Origin, looks_like_json, walk};
