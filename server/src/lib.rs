//! Chatflow's HTTP service and the `chatflow` command.

mod analytics;
mod app;
mod asset;
mod author;
mod authoring;
mod body;
mod cli;
mod config;
mod cookies;
mod cors;
mod delivery;
mod docs;
mod edge;
mod error;
mod events;
mod exports;
mod fixture;
mod flows;
mod host;
mod identity;
mod import;
mod input;
mod internal;
mod jobs;
mod kept;
mod limit;
mod listen;
mod metrics;
mod openapi;
mod outbound;
mod peer;
mod reading;
mod refused;
mod routes;
mod studio;
mod telemetry;
mod theme;
mod token;
mod trail;

pub use analytics::{AnalyticsOptions, EnglishWords, SentimentScorer};
pub use app::{AccessMode, InvalidTokens, ServiceOptions, router};
pub use cli::run;
pub use cookies::{Cookies, SameSite};
pub use cors::{NoOrigin, Origins};
pub use delivery::{
    DeliveryOptions, OutboxDelivery, Processed, SecretsKey, SecretsKeyError, deliver, deliver_batch,
};
pub use events::{SessionEvents, look_for_changes};
pub use exports::{ExportWorker, Exports, make_exports};
pub use fixture::{Content, Fixture, FixtureFlow, ReadError, School, ServiceAccount, Theme, User};
pub use identity::{
    Caller, CallerKind, ClaimNames, ClaimsIdentity, DatabaseIdentity, EveryoneIsPlatform,
    IdentityError, IdentityProvider, KeyError, NobodySignsIn, Principal, Role, Subject, TokenRules,
    sign,
};
pub use import::{Counts, ImportError, ImportReport, import};
pub use internal::{InternalApi, InternalApiError};
pub use jobs::{JOBS, Job, JobError, JobSettings, Jobs, Outcome, Period, Running};
pub use limit::{Rate, RateLimits};
pub use listen::{Entrance, ListenOptions, serve};
pub use outbound::{
    EgressRules, FetchError, NameLookup, NoSecrets, Outbound, OutboundError, Secret, SecretBook,
    SecretBookError, SecretError, SecretResolver, SystemNames,
};
pub use reading::{BookQuery, ReadingError, ReadingPlatform, Shelf, ShelfError};
pub use studio::{Studio, StudioError};
pub use telemetry::{Telemetry, TelemetryError};
