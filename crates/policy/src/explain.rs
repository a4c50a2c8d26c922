//! Why, for `policy explain` and the console.
