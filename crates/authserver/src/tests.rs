//! The endpoints together, over HTTP: what trusted servers got wrong, each as a test.

mod authorize;
mod codes;
mod documents;
mod evidence;
mod metadata;
mod race;
mod refresh;
mod register;
mod revoke;
mod service;
