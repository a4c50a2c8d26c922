//! Finds personal data in text and JSON, and masks it. Pure: no sockets, no clock, no HTTP.
//!
//! ```text
//! scanner ─┬─ JSON: json/walk, value by value; suspects pass over what is harmless ─┐
//!          └─ text, tables, logs ───────────────────────────────────────────────────┴─→ engine
//! Both take off a disguise first: full-width letters, digits of other scripts, escapes, invisible characters.
//! engine: prefilter (where anything could begin) → chain_table (who can use it) → recognizers: validate, ask the context
//!         → of what overlaps the surest stays → findings
//! ```
//!
//! # What is found
//!
//! | kind | without a label | behind a label, key or head of a column |
//! |---|---|---|
//! | e-mail address | every mailbox whose top-level domain exists, also of other scripts | |
//! | telephone number | `+` and a number of any country; North America with separators | bare digits, `00`, the national forms of all countries |
//! | US social security number | with dashes | digits alone, blanks, dots |
//! | payment card | range and length of an issuer, Luhn | Maestro |
//! | IP address | v4 and v6; not loopback, netmasks and blocks | |
//! | street address | with town and postcode or state: US, UK, IE, CA, AU, NZ, IN and most of Europe, BR, MX, AR; a known sort of street | the line alone |
//! | passport | the second line of a machine-readable zone | the shapes of the countries |
//! | IBAN, keys and tokens | by check digits; by the mark of the issuer, private keys, passwords in URLs | a random word behind "secret"; what stands behind "password" |
//! | date of birth, national identity | French, Spanish and Italian numbers by their check | any date; the others |
//!
//! A label is a word in the line or sentence before the value, the key in JSON, YAML, XML and forms, the keys above it,
//! a sibling such as `"type": "passport"`, the head of a column (CSV, Markdown, psql, HTML, SQL), or the line above.
//!
//! # What is not found
//!
//! Names of people. Streets without a number. Addresses of Colombia, Chile, Greece, Japan, China and Korea, and post
//! boxes. Numbers spelled out or cut by words. Values inside images and other encodings.
//! A key or token without a digit, other than a password behind its label.
//! A number of seven digits behind "my number is" and the like. And a label in a language that `context/words.rs` does not
//! have.
//!
//! `tests/unseen` writes documents from templates that no recognizer was made for and holds the figures to floors.

mod chain;
mod chain_table;
mod chars;
pub mod config;
mod context;
mod disguise;
mod dull;
mod engine;
pub mod explain;
pub mod finding;
mod json;
pub mod kind;
mod letters;
mod look;
pub mod mask;
pub mod predict;
mod prefilter;
mod reading;
mod recognizers;
pub mod scanner;
mod simd;
pub mod stream;
mod suspects;
mod words;

pub use config::{Config, Rule, Sensitivity};
pub use finding::{Finding, Site};
pub use json::{Form, Paths, Shape, Way};
pub use kind::Kind;
pub use mask::{Action, Blocked, Counts, Found, HashKey, Masker, Naming, Pseudonyms, Screened};
pub use recognizers::names as recognizers;
pub use scanner::Scanner;
pub use stream::{JsonStream, SseStream, StreamError};
