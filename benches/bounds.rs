//! The bounds.
fn main() {}
