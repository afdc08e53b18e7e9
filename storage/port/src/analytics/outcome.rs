//! How sessions came out: counted where histories are not needed (S5.13, S5.36, S5.38).

use chatflow::{FlowId, TenantId, Timestamp};

use super::facts::SessionOutcome;
use crate::session::SessionStatus;

/// Asks how the sessions of flows came out that started in a window.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OutcomeQuery {
    /// The flows.
    pub flows: Vec<FlowId>,
    /// Only sessions of this school.
    pub school: Option<TenantId>,
    /// Only those that started at this moment or later.
    pub from: Timestamp,
    /// Only those that started before this moment.
    pub to: Timestamp,
    /// Whether they are told by the hour in which they started.
    pub is_hourly: bool,
}

/// Sessions of a flow that stand alike.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OutcomeCount {
    /// The flow.
    pub flow: FlowId,
    /// The first moment of the hour, in UTC, in which they started; `None` unless asked for.
    pub hour: Option<Timestamp>,
    /// Where they stand.
    pub status: SessionStatus,
    /// Why they ended.
    pub ended_reason: Option<String>,
    /// How many there are.
    pub sessions: u64,
    /// How many of them have ended.
    pub ended: u64,
    /// How many milliseconds those took.
    pub duration_ms: u64,
}

impl OutcomeCount {
    /// How they came out.
    pub fn outcome(&self) -> SessionOutcome {
        SessionOutcome::of(self.status, self.ended_reason.as_deref())
    }
}

/// How many sessions of a flow go on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct OpenSessions {
    /// The flow.
    pub flow: FlowId,
    /// How many, whenever they started and however long nobody has said anything.
    pub count: u64,
}
