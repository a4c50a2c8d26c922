//! Servers that speak on standard input and output: one child per session.
