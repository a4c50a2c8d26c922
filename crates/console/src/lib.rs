//! The pages and the API of administrators.
