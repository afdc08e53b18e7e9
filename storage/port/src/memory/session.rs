//! [`SessionStore`] in memory.

use chatflow::{Revision, SessionId, Timestamp};
use serde::de::IgnoredAny;

use super::{Conversation, MemoryStore, Tables};
use crate::error::StoreError;
use crate::id::LeaseToken;
use crate::session::{
    Commit, CommitError, CreateError, HistoryPage, HistoryQuery, HistoryRow, JournalRow, LeaseMark,
    LeaseRequest, NewSession, SessionStore, Snapshot, StoredSession, Turn,
};

impl SessionStore for MemoryStore {
    fn create_session(&self, new: &NewSession) -> Result<(), CreateError> {
        check_json(&new.snapshot, &new.turn)?;
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
        let mut conversation = Conversation { session, history: Vec::new(), journal: Vec::new() };
        conversation.append(&new.turn, new.head.started_at);
        tables.sessions.insert(id, conversation);
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

    fn commit(&self, commit: &Commit) -> Result<Revision, CommitError> {
        check_json(&commit.snapshot, &commit.turn)?;
        let mut tables = self.tables();
        let conversation = tables
            .sessions
            .get_mut(&commit.session)
            .ok_or(CommitError::NotFound { session: commit.session })?;
        conversation.guard(commit.expected, commit.lease, commit.at)?;
        let session = &mut conversation.session;
        session.revision = commit.expected.next();
        session.snapshot = commit.snapshot.clone();
        session.last_activity_at = commit.at;
        session.lease = None;
        conversation.append(&commit.turn, commit.at);
        Ok(commit.expected.next())
    }

    fn history(&self, query: HistoryQuery) -> Result<HistoryPage, StoreError> {
        let tables = self.tables();
        let Some(conversation) = tables.sessions.get(&query.session) else {
            return Ok(HistoryPage::default());
        };
        let all = || conversation.history.iter().filter(|row| row.seq > query.after_seq);
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

    fn append(&mut self, turn: &Turn, at: Timestamp) {
        let mut seq = self.history.last().map_or(0, |row| row.seq);
        for row in &turn.history {
            seq = seq.saturating_add(1);
            self.history.push(HistoryRow { seq, row: row.clone() });
        }
        if let Some(entry) = turn.journal.clone() {
            self.journal.push(JournalRow { revision: self.session.revision, at, entry });
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

/// The columns that hold JSON hold JSON (S1.3).
fn check_json(snapshot: &Snapshot, turn: &Turn) -> Result<(), StoreError> {
    let rows = turn.history.iter().flat_map(|row| [Some(&row.content), row.path.as_ref()]);
    let entries = turn.journal.iter().flat_map(|entry| [Some(&entry.input), Some(&entry.outcomes)]);
    let own = [&snapshot.state, &snapshot.engine, &snapshot.info].map(Some);
    own.into_iter().chain(rows).chain(entries).flatten().try_for_each(|text| check(text))
}

/// Refuses what is not JSON.
pub(super) fn check(text: &str) -> Result<(), StoreError> {
    let read = serde_json::from_str::<IgnoredAny>(text);
    read.map(drop).map_err(|error| StoreError::Store(error.into()))
}
