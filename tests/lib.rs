//! What the tests share: how many cases to run, and how to report what was run.

pub mod budget;
pub mod report;
