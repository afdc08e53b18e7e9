//! [`SessionAdminStore`] in memory.

use chatflow::{SessionId, TenantId, Timestamp};
use serde::Deserialize;
use serde_json::Value;

use super::{Conversation, MemoryStore, Tables};
use crate::admin::{
    Departure, Forgotten, SessionAdminStore, SessionCursor, SessionPage, SessionQuery,
    SessionSummary, Total,
};
use crate::changes::ChangeNotice;
use crate::error::StoreError;
use crate::id::UserId;
use crate::scope::AccessScope;
use crate::session::{SessionStatus, StoredSession};

impl SessionAdminStore for MemoryStore {
    fn list_sessions(
        &self,
        scope: &AccessScope,
        query: &SessionQuery,
    ) -> Result<SessionPage, StoreError> {
        let tables = self.tables();
        let schools = query.schools(scope);
        let sessions = tables.sessions.values().map(|conversation| &conversation.session);
        let mut asked: Vec<_> =
            sessions.filter(|session| is_asked(session, query, schools.as_deref())).collect();
        asked.sort_unstable_by_key(|session| std::cmp::Reverse(place(session)));
        let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
        let page = asked.iter().filter(|session| place(session) < query.page_begin());
        Ok(SessionPage {
            sessions: page.take(limit).map(|session| summary(session)).collect(),
            total: Total::of(u64::try_from(asked.len()).unwrap_or(u64::MAX)),
        })
    }

    fn idle_sessions(
        &self,
        scope: &AccessScope,
        since: Timestamp,
        at: Timestamp,
        limit: u32,
    ) -> Result<Vec<SessionSummary>, StoreError> {
        let tables = self.tables();
        let ids = tables.oldest(limit, |conversation| {
            let session = &conversation.session;
            runs(scope, conversation) && is_free(session, at) && session.last_activity_at < since
        });
        Ok(tables.summaries(&ids))
    }

    fn ended_sessions(
        &self,
        scope: &AccessScope,
        before: Timestamp,
        limit: u32,
    ) -> Result<Vec<SessionSummary>, StoreError> {
        let tables = self.tables();
        let ids = tables.oldest(limit, |conversation| {
            let ended_at = conversation.session.snapshot.ended_at;
            runs(scope, conversation) && ended_at.is_some_and(|ended_at| ended_at < before)
        });
        Ok(tables.summaries(&ids))
    }

    fn abandon_sessions(
        &self,
        scope: &AccessScope,
        departures: &[Departure],
        at: Timestamp,
    ) -> Result<Vec<SessionId>, StoreError> {
        let is_meant = |session: &StoredSession| is_free(session, at);
        self.depart(scope, departures, is_meant, |tables, id| {
            let Some(Conversation { session, .. }) = tables.sessions.get_mut(&id) else { return };
            session.snapshot.status = SessionStatus::Abandoned;
            session.snapshot.ended_at = Some(session.last_activity_at);
            session.snapshot.ended_reason = Some("abandoned".to_owned());
            session.lease = None;
        })
    }

    fn delete_sessions(
        &self,
        scope: &AccessScope,
        departures: &[Departure],
    ) -> Result<Vec<SessionId>, StoreError> {
        self.depart(scope, departures, |_| true, Tables::delete)
    }

    fn forget_user(&self, scope: &AccessScope, user: UserId) -> Result<Forgotten, StoreError> {
        let mut tables = self.tables();
        let ids = tables.oldest(u32::MAX, |conversation| {
            runs(scope, conversation) && conversation.session.head.user_id == Some(user)
        });
        for id in &ids {
            tables.forget(|session, _, _| session == Some(*id));
            tables.delete(*id);
        }
        // Of sessions that went before.
        tables.forget(|_, named, school| {
            let is_own = school.is_some_and(|id| scope.administers().contains(&id));
            named == Some(user) && (scope.is_system() || is_own)
        });
        Ok(Forgotten { sessions: u64::try_from(ids.len()).unwrap_or(u64::MAX) })
    }
}

impl MemoryStore {
    /// Lets the sessions go that are as they were seen and as is meant, and tells of them.
    fn depart(
        &self,
        scope: &AccessScope,
        departures: &[Departure],
        is_meant: impl Fn(&StoredSession) -> bool,
        go: impl Fn(&mut Tables, SessionId),
    ) -> Result<Vec<SessionId>, StoreError> {
        Departure::check(departures)?;
        let mut tables = self.tables();
        let goes = |departure: &&Departure| {
            tables.sessions.get(&departure.session).is_some_and(|conversation| {
                let session = &conversation.session;
                let is_as_seen = departure.expected.is_none_or(|seen| seen == session.revision);
                runs(scope, conversation) && is_as_seen && is_meant(session)
            })
        };
        let gone = departures.iter().filter(goes).map(|departure| departure.session);
        let mut gone: Vec<_> = gone.collect();
        gone.sort_unstable();
        let events = Departure::told(departures, &gone);
        // The last thing that may fail.
        tables.append_events(&events)?;
        for id in &gone {
            go(&mut tables, *id);
        }
        drop(tables);
        if !events.is_empty() {
            self.observers.tell(&[ChangeNotice::Outbox]);
        }
        Ok(gone)
    }
}

/// Whether nobody holds it and it goes on.
fn is_free(session: &StoredSession, at: Timestamp) -> bool {
    session.snapshot.status == SessionStatus::Active
        && session.lease.is_none_or(|lease| lease.until < at)
}

impl Tables {
    fn summaries(&self, ids: &[SessionId]) -> Vec<SessionSummary> {
        let found = ids.iter().filter_map(|id| self.sessions.get(id));
        found.map(|conversation| summary(&conversation.session)).collect()
    }

    fn delete(&mut self, id: SessionId) {
        self.sessions.remove(&id);
        self.effects.retain(|_, effect| effect.session != id);
        for event in &mut self.content_events {
            event.session_id = event.session_id.filter(|session| *session != id);
        }
        for access in &mut self.accesses {
            access.session_id = access.session_id.filter(|session| *session != id);
        }
    }

    /// What was shown stays counted; who saw it, and what they answered, goes. `is_meant` is asked with
    /// the session, the user and the school.
    fn forget(
        &mut self,
        is_meant: impl Fn(Option<SessionId>, Option<UserId>, Option<TenantId>) -> bool,
    ) {
        for event in &mut self.content_events {
            if is_meant(event.session_id, event.user_id, event.school_id) {
                (event.user_id, event.event.value) = (None, None);
            }
        }
        self.events.retain(|_, stored| {
            let event = &stored.event;
            !is_meant(event.session_id, event.user_id, event.school_id)
        });
    }

    /// The ids of the sessions that fit, in the order in which they started.
    fn oldest(&self, limit: u32, fits: impl Fn(&Conversation) -> bool) -> Vec<SessionId> {
        let fitting = self.sessions.values().filter(|conversation| fits(conversation));
        let mut places: Vec<_> = fitting.map(|conversation| place(&conversation.session)).collect();
        places.sort_unstable();
        places.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        places.into_iter().map(|place| place.id).collect()
    }
}

/// All that is looked at of a session's `info`.
#[derive(Deserialize)]
struct Info {
    #[serde(default)]
    preview: Value,
}

pub(super) fn place(session: &StoredSession) -> SessionCursor {
    SessionCursor { started_at: session.head.started_at, id: session.head.id }
}

fn runs(scope: &AccessScope, conversation: &Conversation) -> bool {
    let school = conversation.session.head.school_id;
    scope.is_system() || school.is_some_and(|school| scope.administers().contains(&school))
}

fn is_asked(session: &StoredSession, query: &SessionQuery, schools: Option<&[TenantId]>) -> bool {
    let (head, snapshot) = (&session.head, &session.snapshot);
    place(session) < query.begin()
        && head.started_at >= query.end()
        && query.user.is_none_or(|user| head.user_id == Some(user))
        && query.flow.is_none_or(|flow| head.flow.id == flow)
        && query.status.is_none_or(|status| snapshot.status == status)
        && schools.is_none_or(|of| head.school_id.is_some_and(|school| of.contains(&school)))
        && query.preview.is_none_or(|preview| preview == is_preview(session))
}

/// Whether its `info.preview` is `true`.
pub(super) fn is_preview(session: &StoredSession) -> bool {
    serde_json::from_str(&session.snapshot.info).is_ok_and(|info: Info| info.preview == true)
}

fn summary(session: &StoredSession) -> SessionSummary {
    let (head, snapshot) = (session.head.clone(), session.snapshot.clone());
    SessionSummary {
        id: head.id,
        user_id: head.user_id,
        flow: head.flow,
        flow_version: head.flow_version,
        token_hint: head.token_hint,
        school_id: head.school_id,
        theme_id: head.theme_id,
        trace_enabled: head.trace_enabled,
        trace_level: head.trace_level,
        started_at: head.started_at,
        revision: session.revision,
        last_activity_at: session.last_activity_at,
        current_node_id: snapshot.current_node_id,
        current_flow_id: snapshot.current_flow_id,
        info: snapshot.info,
        status: snapshot.status,
        state_hash: snapshot.state_hash,
        ended_at: snapshot.ended_at,
        ended_reason: snapshot.ended_reason,
    }
}
