//! Chatflow's HTTP service and the `chatflow` command.

mod app;
mod authoring;
mod body;
mod cli;
mod config;
mod cors;
mod edge;
mod error;
mod fixture;
mod flows;
mod host;
mod identity;
mod import;
mod input;
mod limit;
mod listen;
mod metrics;
mod openapi;
mod routes;
mod token;
mod told;

pub use app::{AccessMode, ServiceOptions, router};
pub use cli::run;
pub use cors::{NoOrigin, Origins};
pub use fixture::{Content, Fixture, FixtureFlow, ReadError, School, ServiceAccount, Theme, User};
pub use identity::{
    Caller, CallerKind, ClaimNames, ClaimsIdentity, DatabaseIdentity, EveryoneIsPlatform,
    IdentityError, IdentityProvider, KeyError, NobodySignsIn, Principal, Role, Subject, TokenRules,
    sign,
};
pub use import::{Counts, ImportError, ImportReport, import};
pub use limit::{Rate, RateLimits};
pub use listen::serve;
