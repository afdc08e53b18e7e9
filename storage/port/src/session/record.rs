//! What is read and written of a session.

use chatflow::{FlowId, FlowRef, NodeId, Revision, SessionId, TenantId, Timestamp};

use crate::evidence::{AnsweredRequest, NewContentEvent};
use crate::id::{LeaseToken, ThemeId, UserId};
use crate::outbox::NewEvent;
use crate::text_enum::text_enum;
use crate::trace::TraceTurn;

text_enum! {
    /// Where a session stands (S1.18).
    SessionStatus {
        /// It goes on.
        Active = "active",
        /// It reached an end.
        Completed = "completed",
        /// Its visitor left.
        Abandoned = "abandoned",
    }
}

text_enum! {
    /// What a history row tells of (S1.19).
    InteractionType {
        /// Something was said.
        Message = "message",
        /// The visitor answered.
        Input = "input",
        /// Something was done.
        Action = "action",
    }
}

text_enum! {
    /// How much a trace holds (S1.24).
    TraceLevel {
        /// Path only.
        Minimal = "minimal",
        /// Path and state changes.
        Standard = "standard",
        /// All there is.
        Verbose = "verbose",
    }
}

/// What is fixed when a session starts.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SessionHead {
    /// The session.
    pub id: SessionId,
    /// Who talks, if somebody is signed in.
    pub user_id: Option<UserId>,
    /// The version its root flow is pinned to.
    pub flow: FlowRef,
    /// That version's label.
    pub flow_version: Option<String>,
    /// SHA-256 of the token in lower-case hex; the token itself is nowhere.
    pub token_digest: String,
    /// The first characters of the token, for support; at most 8.
    pub token_hint: String,
    /// SHA-256 of the CSRF token in lower-case hex.
    pub csrf_digest: String,
    /// The tenant whose school rows it may see.
    pub school_id: Option<TenantId>,
    /// The theme returned at start.
    pub theme_id: Option<ThemeId>,
    /// Whether its turns are traced.
    pub trace_enabled: bool,
    /// How much of them.
    pub trace_level: Option<TraceLevel>,
    /// When it started.
    pub started_at: Timestamp,
}

/// What every turn writes anew.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Snapshot {
    /// The node it stands at.
    pub current_node_id: Option<NodeId>,
    /// The flow of that node, when it is a sub-flow.
    pub current_flow_id: Option<FlowId>,
    /// The variables: a JSON object.
    pub state: String,
    /// The engine's own state: JSON, opaque (F3).
    pub engine: String,
    /// Free metadata: a JSON object.
    pub info: String,
    /// Where it stands.
    pub status: SessionStatus,
    /// Hash of `state` (S4.22).
    pub state_hash: Option<String>,
    /// The engine's chain over the journal (F3).
    pub turn_hash: Option<String>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Why it ended.
    pub ended_reason: Option<String>,
}

/// The rows a turn appends.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Turn {
    /// In order; the store numbers them.
    pub history: Vec<NewHistoryRow>,
    /// What is needed to replay the turn; `None` when no journal is kept.
    pub journal: Option<JournalEntry>,
    /// What was shown and taken up, in order (S5.21, S5.22).
    pub content_events: Vec<NewContentEvent>,
    /// Whether what the session was ever shown has led to its end: then the store writes a conversion
    /// for each distinct item and variant, tied to the last impression of that pair (S5.23).
    pub converts: bool,
    /// What a traced session did (F18).
    pub trace: Option<TraceTurn>,
    /// The answer to the request that made the turn, to be repeated when it comes again (S4.37).
    pub answered: Option<AnsweredRequest>,
    /// What others are told of (S6.30). Whatever they say, their session is the turn's.
    pub events: Vec<NewEvent>,
}

impl Turn {
    /// Whether there is anything beside history and journal. Most turns have nothing, and cost
    /// nothing for it.
    pub fn has_extras(&self) -> bool {
        !self.content_events.is_empty()
            || self.converts
            || self.trace.is_some()
            || self.answered.is_some()
            || !self.events.is_empty()
    }
}

/// A session and the rows of its first turn.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NewSession {
    /// What stays.
    pub head: SessionHead,
    /// What the first turn left.
    pub snapshot: Snapshot,
    /// Its rows, which belong to revision 1.
    pub turn: Turn,
    /// What a preview runs instead of published versions: JSON, opaque (S4.14, F20). It stays as it was
    /// when the session started, and goes with it.
    pub preview: Option<String>,
}

/// A session as stored.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StoredSession {
    /// What stays.
    pub head: SessionHead,
    /// What the last turn left.
    pub snapshot: Snapshot,
    /// The number of turns committed.
    pub revision: Revision,
    /// When the last turn was committed.
    pub last_activity_at: Timestamp,
    /// The lease, live or run out, of a turn that has not committed.
    pub lease: Option<LeaseMark>,
}

/// A lease as stored.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct LeaseMark {
    /// Who holds it.
    pub token: LeaseToken,
    /// It is live up to and including this moment.
    pub until: Timestamp,
}

/// Asks for a session's lease.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct LeaseRequest {
    /// The session.
    pub session: SessionId,
    /// The revision the caller read.
    pub expected: Revision,
    /// Who wants it.
    pub token: LeaseToken,
    /// For how long: the turn's remaining effect budget and a margin (F9).
    pub until: Timestamp,
    /// The present; decides whether an older lease is live.
    pub at: Timestamp,
    /// If the caller has not read the session but kept it: as [`Committed::mark`] was.
    pub mark: Option<SessionMark>,
}

/// One turn of an existing session.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Commit {
    /// The session.
    pub session: SessionId,
    /// The revision the caller read.
    pub expected: Revision,
    /// The lease it holds, if it took one.
    pub lease: Option<LeaseToken>,
    /// The present: when the turn happened, and whether another's lease is live.
    pub at: Timestamp,
    /// What the turn left.
    pub snapshot: Snapshot,
    /// Its rows.
    pub turn: Turn,
    /// If the caller has not read the session but kept it: as [`Committed::mark`] was. With a lease
    /// there is none, because the lease was taken with it.
    pub mark: Option<SessionMark>,
}

/// What a store says of a turn that it has written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Committed {
    /// The session's revision now.
    pub revision: Revision,
    /// Tells whether the session is still as this turn left it: a caller that kept it may commit the
    /// next turn without reading it again. `None` where reading costs next to nothing.
    pub mark: Option<SessionMark>,
}

/// One writing of a session, of whatever kind. A store gives it out and takes it back; it means nothing else.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SessionMark(pub i64);

/// A history row that has no number yet.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NewHistoryRow {
    /// The flow that owns the node.
    pub flow_id: Option<FlowId>,
    /// The node.
    pub node_id: NodeId,
    /// What it tells of.
    pub kind: InteractionType,
    /// A JSON object.
    pub content: String,
    /// When it happened.
    pub created_at: Timestamp,
    /// JSON: the visited `[flow, node, edge]`s, on a turn's first row (F45).
    pub path: Option<String>,
}

/// A history row. Its wire id is [`history_row_id`](crate::history_row_id).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HistoryRow {
    /// Its number in the session: 1, 2, 3, … without gaps.
    pub seq: u64,
    /// The rest.
    pub row: NewHistoryRow,
}

/// Asks for a page of history.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct HistoryQuery {
    /// The session.
    pub session: SessionId,
    /// Only rows with a greater number; 0 for all.
    pub after_seq: u64,
    /// Only rows of these kinds; `None` for all.
    pub kinds: Option<InteractionTypes>,
    /// How many of those to pass over.
    pub skip: u64,
    /// How many to return at most.
    pub limit: u64,
}

/// Some kinds of history rows (S4.24).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct InteractionTypes {
    /// Whether what was said is among them.
    pub message: bool,
    /// Whether what the visitor answered is.
    pub input: bool,
    /// Whether what was done is.
    pub action: bool,
}

impl InteractionTypes {
    /// Whether a kind is among them.
    pub const fn has(self, kind: InteractionType) -> bool {
        match kind {
            InteractionType::Message => self.message,
            InteractionType::Input => self.input,
            InteractionType::Action => self.action,
        }
    }

    /// Their labels.
    pub fn labels(self) -> Vec<&'static str> {
        let all = [InteractionType::Message, InteractionType::Input, InteractionType::Action];
        all.into_iter().filter(|kind| self.has(*kind)).map(InteractionType::as_str).collect()
    }
}

impl FromIterator<InteractionType> for InteractionTypes {
    fn from_iter<I: IntoIterator<Item = InteractionType>>(kinds: I) -> Self {
        let mut all = Self::default();
        for kind in kinds {
            match kind {
                InteractionType::Message => all.message = true,
                InteractionType::Input => all.input = true,
                InteractionType::Action => all.action = true,
            }
        }
        all
    }
}

/// A page of history.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct HistoryPage {
    /// The rows, oldest first.
    pub rows: Vec<HistoryRow>,
    /// How many rows of those kinds there are after `after_seq` in all, on this page or not.
    pub total: u64,
}

/// What is needed to replay a turn.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct JournalEntry {
    /// The visitor's input: JSON, opaque.
    pub input: String,
    /// What the turn's effects came to: JSON, opaque.
    pub outcomes: String,
    /// The chain after this turn.
    pub turn_hash: String,
}

/// A journal row.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct JournalRow {
    /// The revision that the turn made.
    pub revision: Revision,
    /// When it happened.
    pub at: Timestamp,
    /// The rest.
    pub entry: JournalEntry,
}
