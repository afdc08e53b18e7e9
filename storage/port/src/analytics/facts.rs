//! What stores tell of sessions: rows as they are, and no numbers made of them.

use chatflow::{FlowId, FlowRef, NodeId, SessionId, TenantId, Timestamp};
use uuid::Uuid;

use crate::admin::SessionCursor;
use crate::id::UserId;
use crate::session::{InteractionType, SessionStatus};

/// A session, previews excepted, as analytics see it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SessionFacts {
    /// The session.
    pub id: SessionId,
    /// The version its root flow is pinned to. It belongs to the cohort of that flow (S5.2).
    pub flow: FlowRef,
    /// That version's label.
    pub flow_version: Option<String>,
    /// Its school.
    pub school_id: Option<TenantId>,
    /// Who talks, if somebody is signed in.
    pub user_id: Option<UserId>,
    /// Where it stands.
    pub status: SessionStatus,
    /// Why it ended.
    pub ended_reason: Option<String>,
    /// When it started.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// When its last turn was committed.
    pub last_activity_at: Timestamp,
    /// Its whole history, oldest first; empty unless asked for.
    pub rows: Vec<RowFacts>,
    /// Whom it talks to; `None` unless asked for.
    pub audience: Option<Audience>,
}

/// A history row without what was said.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RowFacts {
    /// The flow that owns the node; the root flow if there is none.
    pub flow_id: Option<FlowId>,
    /// The node.
    pub node_id: NodeId,
    /// What it tells of.
    pub kind: InteractionType,
    /// When it happened.
    pub created_at: Timestamp,
    /// JSON: where the turn went, on its first row (F45).
    pub path: Option<String>,
    /// JSON: what was answered, on rows of that kind only.
    pub content: Option<String>,
}

/// What is known of the visitor, for the segments of S5.33 and S5.39.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Audience {
    /// The variables as they stand: a JSON object.
    pub state: String,
    /// Whether the user had a session before this one.
    pub is_returning: bool,
}

/// How a session came out.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SessionOutcome {
    /// It goes on.
    Active,
    /// It reached the end of its flow: completed or a dead end (F50).
    Completed,
    /// Somebody ended it, or began anew.
    Terminated,
    /// A limit or an error ended it (F21).
    Failed,
    /// Its visitor left.
    Abandoned,
}

impl SessionOutcome {
    /// How a session came out that stands so. A status alone is no completion (F50).
    pub fn of(status: SessionStatus, ended_reason: Option<&str>) -> Self {
        match (status, ended_reason) {
            (SessionStatus::Active, _) => Self::Active,
            (SessionStatus::Abandoned, _) => Self::Abandoned,
            (SessionStatus::Completed, Some("completed" | "dead_end")) => Self::Completed,
            (SessionStatus::Completed, Some("error")) => Self::Failed,
            (SessionStatus::Completed, _) => Self::Terminated,
        }
    }
}

impl SessionFacts {
    /// How it came out.
    pub fn outcome(&self) -> SessionOutcome {
        SessionOutcome::of(self.status, self.ended_reason.as_deref())
    }

    /// How many milliseconds it took; `None` before it ended.
    pub fn duration_ms(&self) -> Option<u64> {
        self.ended_at.map(|ended_at| millis(self.started_at, ended_at))
    }

    /// Its place among the sessions of its flow.
    pub fn cursor(&self) -> SessionCursor {
        SessionCursor { started_at: self.started_at, id: self.id }
    }
}

/// Milliseconds from one moment to another; 0 if that is earlier.
pub(crate) fn millis(from: Timestamp, to: Timestamp) -> u64 {
    u64::try_from(to.as_millis().saturating_sub(from.as_millis())).unwrap_or_default()
}

/// Asks for a page of the sessions of a flow: those that started in a window (S5.2).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct FactQuery {
    /// The root flow.
    pub flow: FlowId,
    /// Only those of this school.
    pub school: Option<TenantId>,
    /// Only those that started at this moment or later.
    pub from: Timestamp,
    /// Only those that started before this moment.
    pub to: Timestamp,
    /// Only those behind this place.
    pub after: Option<SessionCursor>,
    /// How many to return at most.
    pub limit: u32,
    /// A page ends with the session that fills this many history rows, whether they are asked for or
    /// not, so that long conversations make pages of fewer sessions.
    pub max_rows: u64,
    /// Whether [`SessionFacts::rows`] are asked for.
    pub rows: bool,
    /// Whether [`SessionFacts::audience`] is asked for.
    pub audience: bool,
}

impl FactQuery {
    /// The first page of a window, with histories.
    pub const fn of(flow: FlowId, from: Timestamp, to: Timestamp) -> Self {
        let (limit, max_rows) = (500, 20_000);
        Self {
            flow,
            school: None,
            from,
            to,
            after: None,
            limit,
            max_rows,
            rows: true,
            audience: false,
        }
    }

    /// The page is behind this place, which is where an index is to be entered; a session at the
    /// begin of the window is behind it.
    pub fn begin(&self) -> SessionCursor {
        let first = SessionCursor { started_at: self.from, id: SessionId(Uuid::nil()) };
        self.after.map_or(first, |after| after.max(first))
    }
}
