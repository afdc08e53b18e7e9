//! [`SessionStore`] in memory.

use std::collections::BTreeMap;

use chatflow::{Revision, SessionId, Timestamp};
use serde::de::IgnoredAny;

use super::evidence::record_content;
use super::{Conversation, MemoryStore, Tables};
use crate::changes::ChangeNotice;
use crate::error::StoreError;
use crate::evidence::RecalledRequest;
use crate::id::LeaseToken;
use crate::outbox::{NewEvent, check_event};
use crate::session::{
    Commit, CommitError, Committed, CreateError, HistoryPage, HistoryQuery, HistoryRow, JournalRow,
    LeaseMark, LeaseRequest, NewSession, SessionStore, Snapshot, StoredSession, Turn,
};
use crate::trace::TraceRow;

impl SessionStore for MemoryStore {
    fn create_session(&self, new: &NewSession) -> Result<(), CreateError> {
        check_turn(&new.snapshot, &new.turn)?;
        new.preview.iter().try_for_each(|text| check(text))?;
        let mut tables = self.tables();
        let id = new.head.id;
        if tables.sessions.contains_key(&id) {
            return Err(CreateError::Exists { session: id });
        }
        let session = StoredSession {
            head: new.head.clone(),
            snapshot: new.snapshot.clone(),
            revision: Revision(1),
            last_activity_at: new.head.started_at,
            lease: None,
        };
        let mut conversation = Conversation {
            session,
            history: Vec::new(),
            journal: Vec::new(),
            traces: Vec::new(),
            answered: BTreeMap::new(),
            preview: new.preview.clone(),
        };
        append_events(&mut tables, id, &new.turn)?;
        conversation.append(&new.turn, new.head.started_at);
        record_content(&mut tables.content_events, &conversation.session, &new.turn);
        tables.sessions.insert(id, conversation);
        drop(tables);
        self.told(&new.turn);
        Ok(())
    }

    fn load_session(&self, id: SessionId) -> Result<Option<StoredSession>, StoreError> {
        Ok(self.tables().sessions.get(&id).map(|conversation| conversation.session.clone()))
    }

    fn take_lease(&self, lease: &LeaseRequest) -> Result<(), CommitError> {
        take_lease(&mut self.tables(), lease)
    }

    fn release_lease(&self, id: SessionId, token: LeaseToken) -> Result<(), StoreError> {
        if let Some(conversation) = self.tables().sessions.get_mut(&id) {
            let lease = &mut conversation.session.lease;
            *lease = lease.filter(|lease| lease.token != token);
        }
        Ok(())
    }

    fn commit(&self, commit: &Commit) -> Result<Committed, CommitError> {
        check_turn(&commit.snapshot, &commit.turn)?;
        let mut tables = self.tables();
        let conversation = tables
            .sessions
            .get_mut(&commit.session)
            .ok_or(CommitError::NotFound { session: commit.session })?;
        conversation.guard_request(&commit.turn, commit.at)?;
        conversation.guard(commit.expected, commit.lease, commit.at)?;
        if commit.turn.has_extras() {
            append_events(&mut tables, commit.session, &commit.turn)?;
        }
        let Tables { sessions, content_events, .. } = &mut *tables;
        let conversation = sessions
            .get_mut(&commit.session)
            .ok_or(CommitError::NotFound { session: commit.session })?;
        let session = &mut conversation.session;
        session.revision = commit.expected.next();
        session.snapshot = commit.snapshot.clone();
        session.last_activity_at = commit.at;
        session.lease = None;
        conversation.append(&commit.turn, commit.at);
        record_content(content_events, &conversation.session, &commit.turn);
        drop(tables);
        self.told(&commit.turn);
        Ok(Committed { revision: commit.expected.next(), mark: None })
    }

    fn history(&self, query: HistoryQuery) -> Result<HistoryPage, StoreError> {
        let tables = self.tables();
        let Some(conversation) = tables.sessions.get(&query.session) else {
            return Ok(HistoryPage::default());
        };
        let is_meant = |row: &&HistoryRow| {
            row.seq > query.after_seq && query.kinds.is_none_or(|kinds| kinds.has(row.row.kind))
        };
        let all = || conversation.history.iter().filter(is_meant);
        let skip = usize::try_from(query.skip).unwrap_or(usize::MAX);
        let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
        Ok(HistoryPage {
            rows: all().skip(skip).take(limit).cloned().collect(),
            total: all().fold(0, |total: u64, _| total.saturating_add(1)),
        })
    }

    fn journal(&self, id: SessionId) -> Result<Vec<JournalRow>, StoreError> {
        let tables = self.tables();
        Ok(tables.sessions.get(&id).map(|c| c.journal.clone()).unwrap_or_default())
    }

    fn preview(&self, id: SessionId) -> Result<Option<String>, StoreError> {
        Ok(self.tables().sessions.get(&id).and_then(|c| c.preview.clone()))
    }
}

impl Conversation {
    /// The guard of every write (F9): the revision, and no live lease but one's own.
    fn guard(
        &self,
        expected: Revision,
        own: Option<LeaseToken>,
        at: Timestamp,
    ) -> Result<(), CommitError> {
        let actual = self.session.revision;
        if actual != expected {
            return Err(CommitError::Conflict { expected, actual });
        }
        let live = self.session.lease.filter(|lease| lease.until >= at);
        match live.filter(|lease| Some(lease.token) != own) {
            Some(lease) => Err(CommitError::Busy { until: lease.until }),
            None => Ok(()),
        }
    }

    /// A request is answered once, until its answer expires (S4.37).
    fn guard_request(&self, turn: &Turn, at: Timestamp) -> Result<(), CommitError> {
        let key = turn.answered.as_ref().map(|answered| &answered.request_key);
        match key.and_then(|key| self.answered.get(key)) {
            Some(stored) if stored.answered.expires_at > at => {
                Err(CommitError::Answered { session: self.session.head.id })
            }
            _ => Ok(()),
        }
    }

    fn append(&mut self, turn: &Turn, at: Timestamp) {
        let mut seq = self.history.last().map_or(0, |row| row.seq);
        for row in &turn.history {
            seq = seq.saturating_add(1);
            self.history.push(HistoryRow { seq, row: row.clone() });
        }
        if let Some(entry) = turn.journal.clone() {
            self.journal.push(JournalRow { revision: self.session.revision, at, entry });
        }
        if let Some(turn) = turn.trace.clone() {
            self.traces.push(TraceRow { revision: self.session.revision, at, turn });
        }
        if let Some(answered) = turn.answered.clone() {
            let key = answered.request_key.clone();
            self.answered.insert(key, RecalledRequest { answered, created_at: at });
        }
    }
}

/// Takes a lease, or stores nothing.
pub(super) fn take_lease(tables: &mut Tables, lease: &LeaseRequest) -> Result<(), CommitError> {
    let conversation = tables
        .sessions
        .get_mut(&lease.session)
        .ok_or(CommitError::NotFound { session: lease.session })?;
    conversation.guard(lease.expected, None, lease.at)?;
    conversation.session.lease = Some(LeaseMark { token: lease.token, until: lease.until });
    Ok(())
}

impl MemoryStore {
    /// Wakes those who deliver events.
    fn told(&self, turn: &Turn) {
        if !turn.events.is_empty() {
            self.observers.tell(&[ChangeNotice::Outbox]);
        }
    }
}

/// Writes the events of a turn, which are its session's (S6.30), or none of them.
fn append_events(tables: &mut Tables, session: SessionId, turn: &Turn) -> Result<(), StoreError> {
    let own = |event: &NewEvent| NewEvent { session_id: Some(session), ..event.clone() };
    let events: Vec<_> = turn.events.iter().map(own).collect();
    if tables.events.values().any(|known| events.iter().any(|new| new.id == known.event.id)) {
        return Err(StoreError::Store("there is an event with this id".into()));
    }
    tables.append_events(&events)
}

/// The columns that hold JSON hold JSON (S1.3), and events keep their rules.
fn check_turn(snapshot: &Snapshot, turn: &Turn) -> Result<(), StoreError> {
    for event in &turn.events {
        check_event(event).map_err(|error| StoreError::Store(error.into()))?;
    }
    let rows = turn.history.iter().flat_map(|row| [Some(&row.content), row.path.as_ref()]);
    let entries = turn.journal.iter().flat_map(|entry| [Some(&entry.input), Some(&entry.outcomes)]);
    let values = turn.content_events.iter().map(|event| event.value.as_ref());
    let steps = turn.trace.iter().flat_map(|trace| [Some(&trace.steps), trace.state.as_ref()]);
    let answers = turn.answered.iter().map(|answered| Some(&answered.response));
    let extras = values.chain(steps).chain(answers);
    let own = [&snapshot.state, &snapshot.engine, &snapshot.info].map(Some);
    let texts = own.into_iter().chain(rows).chain(entries).chain(extras);
    texts.flatten().try_for_each(|text| check(text))
}

/// Refuses what is not JSON.
pub(super) fn check(text: &str) -> Result<(), StoreError> {
    let read = serde_json::from_str::<IgnoredAny>(text);
    read.map(drop).map_err(|error| StoreError::Store(error.into()))
}
