//! What leaves the service: one client for the requests of flows, for subscriptions and for keys
//! (S12.4, F48).
//!
//! An address is checked as it is written, then the host is looked up once, every address that
//! comes of it is checked, and the connection goes to one of those.

mod call;
mod client;
mod names;
#[cfg(test)]
pub(crate) mod receiver;
mod redirect;
mod rules;
mod secret;
#[cfg(test)]
mod tests;

#[cfg(test)]
pub(crate) use client::SendError;
pub(crate) use client::{Excess, Outgoing};
pub use client::{FetchError, Outbound, OutboundError};
pub use names::{NameLookup, SystemNames};
pub use rules::EgressRules;
pub(crate) use secret::gather;
pub use secret::{NoSecrets, Secret, SecretBook, SecretBookError, SecretError, SecretResolver};
