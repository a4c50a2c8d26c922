//! JSON as it lies on the wire: findings keep their place in the raw text.

mod decode;
mod lexer;
mod walk;

pub(crate) use decode::Decoded;
pub(crate) use lexer::{Bracket, Lexer, NotJson, Token};
pub(crate) use walk::{Origin, Walker, looks_like_json};
