//! What the tests share: how many cases to run, how to read them, and how to report what was run.

pub mod budget;
pub mod case;
pub mod report;
