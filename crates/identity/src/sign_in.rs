//! The steps of a sign-in.
