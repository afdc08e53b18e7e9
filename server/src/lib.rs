//! Chatflow's HTTP service and the `chatflow` command.

mod cli;
mod fixture;

pub use cli::run;
pub use fixture::{Content, Fixture, FixtureFlow, ReadError, School, Theme};
