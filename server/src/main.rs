//! The `chatflow` command.
fn main() {}
