//! What a traced session did, step by step (R11.50 to R11.56, S7.1 to S7.12).
//!
//! Tracing is decided once, at a session's start. A traced session's turns hold more events
//! ([`Traced`](crate::Traced)); [`Turn::trace`](crate::Turn::trace) makes the steps of them. Nothing
//! else of the turn, the state or the journal differs (R11.51).

mod build;
mod changes;
mod details;
mod secrets;
mod state;
mod step;
#[cfg(test)]
mod tests;

pub(crate) use changes::path_segments;
pub use step::{StepStates, TraceStep, TraceWarning, trace_states};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::from_json::FromJson;
use crate::id::SessionId;

/// How much of a session is traced (R11.52, S7.2).
#[derive(
    Clone, Copy, Debug, Default, Deserialize, Eq, FromJson, Ord, PartialEq, PartialOrd, Serialize,
)]
#[serde(rename_all = "lowercase")]
pub enum TraceLevel {
    /// Nothing.
    #[default]
    Off,
    /// The path, with times and errors.
    Minimal,
    /// As well what changed, and what each node did, cut short.
    Standard,
    /// Everything.
    Verbose,
}

impl TraceLevel {
    /// The name on the wire, e.g. `standard`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Minimal => "minimal",
            Self::Standard => "standard",
            Self::Verbose => "verbose",
        }
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
    pub(crate) fn is_off(&self) -> bool {
        *self == Self::Off
    }
}

/// What a flow says of tracing (R1.1).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tracing {
    /// Whether its sessions are traced at all.
    pub enabled: bool,
    /// How much; never [`TraceLevel::Off`].
    pub level: TraceLevel,
    /// Of a hundred sessions, how many; 0 to 100.
    pub sample_rate: f64,
    /// How long traces are kept, in days; at least 1.
    pub retention_days: u32,
}

impl Tracing {
    /// How much of a session that starts now is traced; the same for a session each time (S7.1).
    pub fn of_session(&self, session: SessionId) -> TraceLevel {
        if self.enabled && is_traced(session, self.sample_rate) {
            self.level
        } else {
            TraceLevel::Off
        }
    }
}

/// Whether a session is among the `percent` (0 to 100) of sessions that are traced (R11.53).
///
/// ```
/// use chatflow::{SessionId, is_traced};
///
/// let session = SessionId("00000000-0000-4000-8000-000000000001".parse()?);
/// assert!(is_traced(session, 43.95) && !is_traced(session, 43.94));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Source: the bucket is the first 8 bytes, big-endian, of SHA-256 over `trace:` and the id, modulo
/// 10,000; a session is traced if it is below a hundred times the percentage.
pub fn is_traced(session: SessionId, percent: f64) -> bool {
    if percent >= 100.0 {
        return true;
    }
    percent > 0.0 && f64::from(bucket(session)) < (percent * 100.0).round()
}

fn bucket(session: SessionId) -> u32 {
    let mut hash = Sha256::new();
    hash.update("trace:");
    hash.update(session.to_string());
    let digest = hash.finalize();
    let first = digest.iter().take(8).fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte));
    u32::try_from(first % 10_000).unwrap_or(0)
}
