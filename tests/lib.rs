//! What the tests share: conversations on every kind of host, generated flows, how many cases to
//! run, and how to report what was run.

pub mod budget;
pub mod conversation;
pub mod report;
pub mod strategies;
