//! What goes on at this moment (S5.36, S5.37).

use chatflow::{FlowId, TenantId, Timestamp};

/// Asks what goes on in flows.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LiveQuery {
    /// The flows.
    pub flows: Vec<FlowId>,
    /// Only sessions of this school.
    pub school: Option<TenantId>,
    /// Sessions that started then or later are looked at, whatever became of them; of older ones those that
    /// go on. The cost is theirs.
    pub from: Timestamp,
    /// Since when a session must have been active to count as such.
    pub active_since: Timestamp,
    /// Since when answers are counted.
    pub inputs_since: Timestamp,
    /// Since when sessions that started are counted.
    pub started_since: Timestamp,
}

/// What goes on in a flow.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct LiveFlow {
    /// The flow.
    pub flow: FlowId,
    /// Sessions that go on and were active lately.
    pub active: u64,
    /// Answers, accepted or not.
    pub inputs: u64,
    /// Sessions that started lately.
    pub started: u64,
}
