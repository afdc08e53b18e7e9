//! Chatflow's HTTP service and the `chatflow` command.

mod app;
mod body;
mod cli;
mod error;
mod fixture;
mod flows;
mod host;
mod import;
mod routes;
mod token;

pub use app::{ServiceOptions, router};
pub use cli::run;
pub use fixture::{Content, Fixture, FixtureFlow, ReadError, School, Theme};
pub use import::{Counts, ImportError, ImportReport, import};
