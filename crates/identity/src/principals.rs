//! From verified claims to a principal, with facts of the directory.
