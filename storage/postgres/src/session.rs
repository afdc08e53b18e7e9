//! [`AsyncSessionStore`] on Postgres.
//!
//! Each call of a turn is one statement, and so one round trip and one transaction. Every
//! statement names the session by one parameter wherever it reads or writes a row, so that a
//! database that spreads sessions over machines knows at once where to go (docs/scaling.md).

mod extras;
pub(crate) mod read;
mod rows;
mod statement;

use chatflow::{NodeId, Revision, SessionId, Timestamp};
use chatflow_storage::{
    AsyncSessionStore, ChangeNotice, Commit, CommitError, Committed, CreateError, HistoryPage,
    HistoryQuery, JournalRow, LeaseRequest, LeaseToken, NewSession, SessionMark, StoreError,
    StoredSession, TraceLevel, Turn, check_event,
};
use sqlx::{PgConnection, Row};

use self::statement::{COMMIT, COMMIT_ALL, CREATE, CREATE_ALL};
use crate::column::{Json, Time, count, maybe_time, number};
use crate::pool::PostgresStore;

const TAKE_LEASE: &str = "
UPDATE conversation_sessions SET lease_token = $3, lease_expires_at = $4
WHERE id = $1 AND revision = $2 AND (lease_expires_at IS NULL OR lease_expires_at < $5)
  AND ($6::bigint IS NULL OR xmin::text::bigint = $6)";

const RELEASE_LEASE: &str = "
UPDATE conversation_sessions SET lease_token = NULL, lease_expires_at = NULL
WHERE id = $1 AND lease_token = $2";

const IS_ANSWERED: &str = "
SELECT EXISTS (
  SELECT 1 FROM chat_request_log
  WHERE session_id = $1 AND request_key = $2 AND expires_at > $3) AS is_answered";

const GUARD: &str = "SELECT revision, lease_expires_at FROM conversation_sessions WHERE id = $1";

impl AsyncSessionStore for PostgresStore {
    async fn create_session(&self, new: &NewSession) -> Result<(), CreateError> {
        check(&new.turn)?;
        let mut lent = self.lend("create a session").await?;
        let created = insert(lent.connection(), new).await;
        if lent.wrote(created)? {
            self.tell_of(&new.turn);
            return Ok(());
        }
        Err(CreateError::Exists { session: new.head.id })
    }

    async fn load_session(&self, id: SessionId) -> Result<Option<StoredSession>, StoreError> {
        let mut lent = self.lend("read a session").await?;
        let stored = read::session(lent.connection(), id).await;
        lent.read(stored)
    }

    async fn take_lease(&self, lease: &LeaseRequest) -> Result<(), CommitError> {
        let mut lent = self.lend("take a lease").await?;
        let taken = sqlx::query(TAKE_LEASE)
            .bind(lease.session.0)
            .bind(number(lease.expected.0))
            .bind(lease.token.0)
            .bind(Time(lease.until))
            .bind(Time(lease.at))
            .bind(lease.mark.map(|mark| mark.0))
            .execute(lent.connection())
            .await;
        if lent.wrote(taken)?.rows_affected() > 0 {
            return Ok(());
        }
        Err(self.refusal((lease.session, lease.expected, lease.mark), lease.at).await?)
    }

    async fn release_lease(&self, id: SessionId, token: LeaseToken) -> Result<(), StoreError> {
        let mut lent = self.lend("give a lease back").await?;
        let released =
            sqlx::query(RELEASE_LEASE).bind(id.0).bind(token.0).execute(lent.connection()).await;
        lent.wrote(released.map(drop))
    }

    async fn commit(&self, commit: &Commit) -> Result<Committed, CommitError> {
        check(&commit.turn)?;
        let mut lent = self.lend("commit a turn").await?;
        let committed = update(lent.connection(), commit).await;
        if let Some(committed) = lent.wrote(committed)? {
            self.tell_of(&commit.turn);
            return Ok(committed);
        }
        if let Some(answered) = &commit.turn.answered
            && self.is_answered(commit, &answered.request_key).await?
        {
            return Err(CommitError::Answered { session: commit.session });
        }
        Err(self.refusal((commit.session, commit.expected, commit.mark), commit.at).await?)
    }

    async fn history(&self, query: HistoryQuery) -> Result<HistoryPage, StoreError> {
        let mut lent = self.lend("read a history").await?;
        let page = read::history(lent.connection(), query).await;
        lent.read(page)
    }

    async fn journal(&self, id: SessionId) -> Result<Vec<JournalRow>, StoreError> {
        let mut lent = self.lend("read a journal").await?;
        let rows = read::journal(lent.connection(), id).await;
        lent.read(rows)
    }

    async fn preview(&self, id: SessionId) -> Result<Option<String>, StoreError> {
        let mut lent = self.lend("read a preview").await?;
        let found = read::preview(lent.connection(), id).await;
        lent.read(found)
    }
}

impl PostgresStore {
    /// Wakes those of this process who deliver events.
    fn tell_of(&self, turn: &Turn) {
        if !turn.events.is_empty() {
            self.wire.observers.tell(&[ChangeNotice::Outbox]);
        }
    }

    /// Whether the session has answered a request of this name, and the answer has not expired.
    async fn is_answered(&self, commit: &Commit, request_key: &str) -> Result<bool, StoreError> {
        let mut lent = self.lend("look for an answer").await?;
        let row = sqlx::query(IS_ANSWERED)
            .bind(commit.session.0)
            .bind(request_key)
            .bind(Time(commit.at))
            .fetch_one(lent.connection())
            .await;
        lent.read(row.and_then(|row| row.try_get("is_answered")))
    }

    /// Why the guard refused.
    pub(crate) async fn refusal(
        &self,
        (session, expected, mark): (SessionId, Revision, Option<SessionMark>),
        at: Timestamp,
    ) -> Result<CommitError, StoreError> {
        let mut lent = self.lend("read a session's guard").await?;
        let row = sqlx::query(GUARD).bind(session.0).fetch_optional(lent.connection()).await;
        let guard = row.and_then(|row| {
            let read = |row| {
                Ok((Revision(count(&row, "revision")?), maybe_time(&row, "lease_expires_at")?))
            };
            row.map(read).transpose()
        });
        Ok(match lent.read(guard)? {
            None => CommitError::NotFound { session },
            Some((actual, _)) if actual != expected => CommitError::Conflict { expected, actual },
            Some((_, until)) if mark.is_some() && until.is_none_or(|until| until < at) => {
                CommitError::Changed { session }
            }
            // The lease may have been given back since.
            Some((_, until)) => CommitError::Busy { until: until.unwrap_or(at) },
        })
    }
}

/// The events of a turn are refused as every store refuses them.
fn check(turn: &Turn) -> Result<(), StoreError> {
    turn.events.iter().try_for_each(check_event).map_err(|error| StoreError::Store(error.into()))
}

/// Whether the session is new.
async fn insert(connection: &mut PgConnection, new: &NewSession) -> sqlx::Result<bool> {
    let (head, snapshot) = (&new.head, &new.snapshot);
    let has_extras = new.turn.has_extras() || new.preview.is_some();
    let query = sqlx::query(if has_extras { CREATE_ALL } else { CREATE });
    let query = rows::bind(query, &new.turn)
        .bind(head.id.0)
        .bind(head.user_id.map(|id| id.0))
        .bind(head.flow.id.0)
        .bind(i64::from(head.flow.seq))
        .bind(head.flow_version.as_deref())
        .bind(&head.token_digest)
        .bind(&head.token_hint)
        .bind(&head.csrf_digest)
        .bind(head.school_id.map(|id| id.0))
        .bind(head.theme_id.map(|id| id.0))
        .bind(head.trace_enabled)
        .bind(head.trace_level.map(TraceLevel::as_str))
        .bind(Time(head.started_at))
        .bind(snapshot.status.as_str())
        .bind(snapshot.ended_at.map(Time))
        .bind(snapshot.ended_reason.as_deref())
        .bind(snapshot.current_node_id.as_ref().map(NodeId::as_str))
        .bind(snapshot.current_flow_id.map(|id| id.0))
        .bind(snapshot.state_hash.as_deref())
        .bind(snapshot.turn_hash.as_deref())
        .bind(Json(snapshot.info.as_str()))
        .bind(Json(snapshot.state.as_str()))
        .bind(Json(snapshot.engine.as_str()));
    let query = if has_extras {
        extras::bind(query, &new.turn).bind(new.preview.as_deref().map(Json))
    } else {
        query
    };
    Ok(query.fetch_optional(connection).await?.is_some())
}

/// What the turn came to, unless the guard refuses.
async fn update(connection: &mut PgConnection, commit: &Commit) -> sqlx::Result<Option<Committed>> {
    let snapshot = &commit.snapshot;
    let has_extras = commit.turn.has_extras();
    let query = sqlx::query(if has_extras { COMMIT_ALL } else { COMMIT });
    let query = rows::bind(query, &commit.turn)
        .bind(commit.session.0)
        .bind(number(commit.expected.0))
        .bind(commit.lease.map(|token| token.0))
        .bind(Time(commit.at))
        .bind(snapshot.status.as_str())
        .bind(snapshot.ended_at.map(Time))
        .bind(snapshot.ended_reason.as_deref())
        .bind(snapshot.current_node_id.as_ref().map(NodeId::as_str))
        .bind(snapshot.current_flow_id.map(|id| id.0))
        .bind(snapshot.state_hash.as_deref())
        .bind(snapshot.turn_hash.as_deref())
        .bind(Json(snapshot.info.as_str()))
        .bind(Json(snapshot.state.as_str()))
        .bind(Json(snapshot.engine.as_str()));
    let query = if has_extras { extras::bind(query, &commit.turn) } else { query };
    let query = query.bind(commit.mark.map(|mark| mark.0));
    let Some(row) = query.fetch_optional(connection).await? else { return Ok(None) };
    let mark = row.try_get("mark").map(SessionMark)?;
    Ok(Some(Committed { revision: Revision(count(&row, "revision")?), mark: Some(mark) }))
}
