//! What is written and read of traces.

use chatflow::{FlowId, FlowRef, Revision, SessionId, Timestamp};
use uuid::Uuid;

use crate::id::UserId;
use crate::session::SessionStatus;
use crate::text_enum::text_enum;

text_enum! {
    /// How traces were looked at (S1.62).
    AccessType {
        /// One trace.
        View = "view_trace",
        /// Taken away.
        Export = "export",
        /// The list of a flow's sessions.
        List = "list",
    }
}

/// The trace of one turn (F18). Everything in it is masked before it comes here.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TraceTurn {
    /// The session's root flow.
    pub flow_id: FlowId,
    /// How many steps there are.
    pub steps_taken: u32,
    /// How many of them failed.
    pub errors: u32,
    /// How long they took together, in milliseconds.
    pub duration_ms: u64,
    /// The steps: a JSON array, opaque.
    pub steps: String,
    /// The whole state before the turn, a JSON object, on a session's first row and every 20th.
    pub state: Option<String>,
}

/// The trace of a turn as stored.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TraceRow {
    /// The revision that the turn made.
    pub revision: Revision,
    /// When it happened.
    pub at: Timestamp,
    /// The rest.
    pub turn: TraceTurn,
}

/// Asks for traced turns of a session.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TraceQuery {
    /// The session.
    pub session: SessionId,
    /// Only turns that made this revision or a later one.
    pub from: Revision,
    /// How many to return at most.
    pub limit: u64,
}

/// Traced turns of a session.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct TracePage {
    /// The turns that were asked for.
    pub rows: Vec<TraceRow>,
    /// Of all turns of the session.
    pub totals: TraceTotals,
}

/// Sums over traced turns.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct TraceTotals {
    /// The turns.
    pub turns: u64,
    /// Their steps.
    pub steps: u64,
    /// The steps that failed.
    pub errors: u64,
    /// How long they took, in milliseconds.
    pub duration_ms: u64,
}

/// Asks for the sessions of a flow (S7.20).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FlowSessionQuery {
    /// The root flow.
    pub flow: FlowId,
    /// Only of this status.
    pub status: Option<SessionStatus>,
    /// Only of this visitor.
    pub user_id: Option<UserId>,
    /// Only what started then or later.
    pub from: Option<Timestamp>,
    /// Only what started then or before.
    pub to: Option<Timestamp>,
    /// Only those with, or without, a step that failed.
    pub has_errors: Option<bool>,
    /// Only of the version with this label.
    pub version: Option<String>,
    /// Only those that are traced, or are not.
    pub traced: Option<bool>,
    /// How many to pass over.
    pub skip: u64,
    /// How many to return at most.
    pub limit: u64,
}

impl FlowSessionQuery {
    /// All sessions of a flow, the first 100 of them.
    pub fn of(flow: FlowId) -> Self {
        Self {
            flow,
            status: None,
            user_id: None,
            from: None,
            to: None,
            has_errors: None,
            version: None,
            traced: None,
            skip: 0,
            limit: 100,
        }
    }
}

/// A session of a flow.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FlowSession {
    /// The session.
    pub id: SessionId,
    /// The first characters of its token.
    pub token_hint: String,
    /// Who talks, if somebody is signed in.
    pub user_id: Option<UserId>,
    /// The version it runs.
    pub flow: FlowRef,
    /// That version's label.
    pub flow_version: Option<String>,
    /// Where it stands.
    pub status: SessionStatus,
    /// When it started.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Whether its turns are traced.
    pub trace_enabled: bool,
    /// Of its traced turns.
    pub totals: TraceTotals,
    /// The [`path`](crate::NewHistoryRow::path)s of its first turns, at most ten.
    pub paths: Vec<String>,
}

/// A page of sessions.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct FlowSessionPage {
    /// The sessions.
    pub rows: Vec<FlowSession>,
    /// How many there are in all.
    pub total: u64,
}

/// What there is of traces of a flow's sessions (S7.23).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct TraceStats {
    /// How many sessions have a trace.
    pub sessions: u64,
    /// Of all their turns.
    pub totals: TraceTotals,
    /// The time of the first turn.
    pub oldest: Option<Timestamp>,
    /// The time of the last turn.
    pub newest: Option<Timestamp>,
}

/// How much room traces take (S7.24).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct TraceUsage {
    /// How many turns are traced.
    pub turns: u64,
    /// How many bytes their table takes with its indexes.
    pub bytes: u64,
    /// The time of the first turn.
    pub oldest: Option<Timestamp>,
    /// The time of the last turn.
    pub newest: Option<Timestamp>,
}

/// One look at traces (S1.62). The host sees to it that one of the two accounts is named.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TraceAccess {
    /// Names the row.
    pub id: Uuid,
    /// The session; `None` for a list, and once the session is gone.
    pub session_id: Option<SessionId>,
    /// The flow whose sessions were listed.
    pub flow_id: Option<FlowId>,
    /// Who looked.
    pub accessed_by: Option<UserId>,
    /// Which program looked.
    pub service_account_id: Option<Uuid>,
    /// Names the one who looked even when the account is gone (F67).
    pub actor_label: String,
    /// How.
    pub access_type: AccessType,
    /// When.
    pub accessed_at: Timestamp,
    /// From where.
    pub ip_address: Option<String>,
    /// With what; at most 512 characters.
    pub user_agent: Option<String>,
    /// What was seen: JSON.
    pub data_accessed: Option<String>,
}

/// Asks who looked at traces.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct AccessQuery {
    /// Only at those of this session.
    pub session: Option<SessionId>,
    /// How many to pass over.
    pub skip: u64,
    /// How many to return at most.
    pub limit: u64,
}

/// A page of accesses.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct AccessPage {
    /// The accesses.
    pub rows: Vec<TraceAccess>,
    /// How many there are in all.
    pub total: u64,
}
