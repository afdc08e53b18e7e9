//! The HTTP service: the real program on a real file, and a client that knows only the wire.

mod accounts;
mod administration;
mod bodies;
pub(crate) mod content;
pub(crate) mod demo;
mod description;
mod edge;
mod envelopes;
mod evidence;
mod faults;
pub(crate) mod flows;
pub(crate) mod huey;
pub(crate) mod jobs;
mod keys;
mod native;
mod outgoing;
mod pictures;
pub(crate) mod races;
mod repeats;
mod replaced;
mod scripts;
mod secrets;
mod sessions;
mod starts;
pub(crate) mod themes;
mod tokens;
pub(crate) mod traces;
