//! What is asked and told of sessions.

use chatflow::{FlowId, FlowRef, NodeId, Revision, SessionId, TenantId, Timestamp};
use uuid::Uuid;

use crate::account::within;
use crate::error::StoreError;
use crate::id::{ThemeId, UserId};
use crate::outbox::{NewEvent, check_event};
use crate::scope::AccessScope;
use crate::session::{SessionStatus, TraceLevel};

/// A session that is to be abandoned or deleted, and what tells of it (S6.6).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Departure {
    /// The session.
    pub session: SessionId,
    /// The revision at which it was seen; `None` takes it as it is.
    pub expected: Option<Revision>,
    /// Written only if the session goes; whatever they say, their session is this one.
    pub events: Vec<NewEvent>,
}

impl Departure {
    /// Of a session as it is, which nobody is told of.
    pub const fn of(session: SessionId) -> Self {
        Self { session, expected: None, events: Vec::new() }
    }

    /// The events of those among `departures` that went, as they are written.
    pub fn told(departures: &[Self], gone: &[SessionId]) -> Vec<NewEvent> {
        let went = departures.iter().filter(|departure| gone.contains(&departure.session));
        let own = |departure: &Self| {
            let session_id = Some(departure.session);
            let own = move |event: &NewEvent| NewEvent { session_id, ..event.clone() };
            departure.events.iter().map(own).collect::<Vec<_>>()
        };
        went.flat_map(own).collect()
    }

    /// Refuses events that no outbox takes.
    ///
    /// # Errors
    /// [`StoreError`] for the first rule that is broken.
    pub fn check(departures: &[Self]) -> Result<(), StoreError> {
        let mut events = departures.iter().flat_map(|departure| &departure.events);
        events.try_for_each(check_event).map_err(|error| StoreError::Store(error.into()))
    }
}

/// A session without what was said, and without digests.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SessionSummary {
    /// The session.
    pub id: SessionId,
    /// Who talks, if somebody is signed in.
    pub user_id: Option<UserId>,
    /// The version its root flow is pinned to.
    pub flow: FlowRef,
    /// That version's label.
    pub flow_version: Option<String>,
    /// The first characters of the token.
    pub token_hint: String,
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
    /// The number of turns committed.
    pub revision: Revision,
    /// When the last one was.
    pub last_activity_at: Timestamp,
    /// The node it stands at.
    pub current_node_id: Option<NodeId>,
    /// The flow of that node, when it is a sub-flow.
    pub current_flow_id: Option<FlowId>,
    /// Free metadata: a JSON object.
    pub info: String,
    /// Where it stands.
    pub status: SessionStatus,
    /// Hash of its state.
    pub state_hash: Option<String>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Why it ended.
    pub ended_reason: Option<String>,
}

/// A place in the list of sessions: behind this one.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct SessionCursor {
    /// When the session started.
    pub started_at: Timestamp,
    /// The session.
    pub id: SessionId,
}

/// Asks for a page of sessions.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct SessionQuery {
    /// Only those of this user.
    pub user: Option<UserId>,
    /// Only those that stand so.
    pub status: Option<SessionStatus>,
    /// Only those of this root flow.
    pub flow: Option<FlowId>,
    /// Only those of this school.
    pub school: Option<TenantId>,
    /// Only those that started at this moment or later.
    pub from: Option<Timestamp>,
    /// Only those that started before this moment.
    pub to: Option<Timestamp>,
    /// Only those whose `info.preview` is `true`, or only the others (S4.14).
    pub preview: Option<bool>,
    /// Only those behind this place.
    pub after: Option<SessionCursor>,
    /// How many to return at most.
    pub limit: u32,
}

/// How many rows there are in all, counted so far as counting is cheap (F43).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Total {
    /// How many; no more than [`Total::MOST`].
    pub count: u64,
    /// Whether there are more.
    pub is_capped: bool,
}

/// A page of sessions.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct SessionPage {
    /// The newest first; those that started together in descending order of ids.
    pub sessions: Vec<SessionSummary>,
    /// How many are asked for, on this page, before or after it.
    pub total: Total,
}

/// What was deleted with a user's sessions.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Forgotten {
    /// How many sessions.
    pub sessions: u64,
}

impl Total {
    /// Up to here a total is exact.
    pub const MOST: u64 = 10_000;

    /// The total where `found` rows were found by a count that stops one behind [`Total::MOST`].
    pub fn of(found: u64) -> Self {
        Self { count: found.min(Self::MOST), is_capped: found > Self::MOST }
    }
}

impl SessionCursor {
    /// Before every session.
    fn first() -> Self {
        Self { started_at: Timestamp::from_millis(i64::MAX), id: SessionId(Uuid::max()) }
    }

    /// Before every session that started earlier than `moment`.
    const fn before(moment: Timestamp) -> Self {
        Self { started_at: moment, id: SessionId(Uuid::nil()) }
    }
}

impl SessionQuery {
    /// The schools whose sessions are asked for and visible; `None` for all, and for those of none.
    pub fn schools(&self, scope: &AccessScope) -> Option<Vec<TenantId>> {
        let visible = (!scope.is_system()).then(|| scope.oversees());
        within(visible, self.school)
    }

    /// Everything that counts is behind this place, on whatever page.
    pub fn begin(&self) -> SessionCursor {
        self.to.map_or_else(SessionCursor::first, SessionCursor::before)
    }

    /// The page is behind this place.
    pub fn page_begin(&self) -> SessionCursor {
        self.after.map_or_else(|| self.begin(), |after| after.min(self.begin()))
    }

    /// Nothing counts that started before this moment.
    pub fn end(&self) -> Timestamp {
        self.from.unwrap_or_else(|| Timestamp::from_millis(i64::MIN))
    }
}
