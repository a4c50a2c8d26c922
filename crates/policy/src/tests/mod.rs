//! What the engine as a whole decides.

mod attacks;
mod caching;
mod cedar;
mod explaining;
mod permission_table;
mod resources;
mod rights;
mod subjects;
