//! What the tests share: conversations on every kind of host, generated flows, how many cases to
//! run, how to read them, and how to report what was run.

pub mod budget;
pub mod case;
pub mod conversation;
pub mod fuzzed;
pub mod report;
pub mod strategies;
