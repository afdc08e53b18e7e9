//! [`AsyncSessionStore`] on Postgres.
//!
//! Each call of a turn is one statement, and so one round trip and one transaction. Every
//! statement names the session by one parameter wherever it reads or writes a row, so that a
//! database that spreads sessions over machines knows at once where to go (docs/scaling.md).

mod read;
mod rows;

use chatflow::{NodeId, Revision, SessionId, Timestamp};
use chatflow_storage::{
    AsyncSessionStore, Commit, CommitError, CreateError, HistoryPage, HistoryQuery, JournalRow,
    LeaseRequest, LeaseToken, NewSession, StoreError, StoredSession, TraceLevel,
};
use sqlx::{PgConnection, Row};

use crate::column::{Json, Time, count, maybe_time, number};
use crate::pool::PostgresStore;

/// The session, its first history rows and its first journal entry. Answers with nothing if the
/// id is taken.
const CREATE: &str = "
WITH session AS (
  INSERT INTO conversation_sessions (
    id, user_id, flow_id, flow_seq, flow_version, session_token, token_hint, csrf_hash, school_id,
    theme_id, trace_enabled, trace_level, started_at, revision, history_seq, status,
    last_activity_at, ended_at, ended_reason, current_node_id, current_flow_id, state_hash,
    turn_hash, info, state, engine)
  VALUES ($10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21::enum_trace_level, $22, 1,
    cardinality($2), $23::enum_conversation_session_status, $22, $24, $25, $26, $27, $28, $29, $30,
    $31, $32)
  ON CONFLICT (id) DO NOTHING
  RETURNING id
), history AS (
  INSERT INTO conversation_history (
    session_id, seq, flow_id, node_id, interaction_type, content, created_at, path)
  SELECT $10, r.ordinal, r.flow_id, r.node_id, r.kind::enum_interaction_type, r.content,
    r.created_at, r.path
  FROM session AS s
  CROSS JOIN unnest($1, $2, $3, $4, $5, $6)
    WITH ORDINALITY AS r (flow_id, node_id, kind, content, created_at, path, ordinal)
), journal AS (
  INSERT INTO session_journal (session_id, revision, at, input, outcomes, turn_hash)
  SELECT $10, 1, $22, $7, $8, $9 FROM session AS s WHERE $9 IS NOT NULL
)
SELECT s.id FROM session AS s";

/// The guard of F9: the revision that was read, and one's own lease or none that is live. With it
/// the rows of the turn; if it refuses there are none, and the answer is empty.
const COMMIT: &str = "
WITH session AS (
  UPDATE conversation_sessions SET
    revision = revision + 1, history_seq = history_seq + cardinality($2), last_activity_at = $13,
    lease_token = NULL, lease_expires_at = NULL,
    status = $14::enum_conversation_session_status, ended_at = $15, ended_reason = $16,
    current_node_id = $17, current_flow_id = $18, state_hash = $19, turn_hash = $20, info = $21,
    state = $22, engine = $23
  WHERE id = $10 AND revision = $11
    AND (lease_token = $12 OR lease_expires_at IS NULL OR lease_expires_at < $13)
  RETURNING id, revision, history_seq - cardinality($2) AS last
), history AS (
  INSERT INTO conversation_history (
    session_id, seq, flow_id, node_id, interaction_type, content, created_at, path)
  SELECT $10, s.last + r.ordinal, r.flow_id, r.node_id, r.kind::enum_interaction_type, r.content,
    r.created_at, r.path
  FROM session AS s
  CROSS JOIN unnest($1, $2, $3, $4, $5, $6)
    WITH ORDINALITY AS r (flow_id, node_id, kind, content, created_at, path, ordinal)
), journal AS (
  INSERT INTO session_journal (session_id, revision, at, input, outcomes, turn_hash)
  SELECT $10, s.revision, $13, $7, $8, $9 FROM session AS s WHERE $9 IS NOT NULL
)
SELECT s.revision FROM session AS s";

const TAKE_LEASE: &str = "
UPDATE conversation_sessions SET lease_token = $3, lease_expires_at = $4
WHERE id = $1 AND revision = $2 AND (lease_expires_at IS NULL OR lease_expires_at < $5)";

const RELEASE_LEASE: &str = "
UPDATE conversation_sessions SET lease_token = NULL, lease_expires_at = NULL
WHERE id = $1 AND lease_token = $2";

const GUARD: &str = "SELECT revision, lease_expires_at FROM conversation_sessions WHERE id = $1";

impl AsyncSessionStore for PostgresStore {
    async fn create_session(&self, new: &NewSession) -> Result<(), CreateError> {
        let mut lent = self.lend("create a session").await?;
        let created = insert(lent.connection(), new).await;
        if lent.wrote(created)? {
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
            .execute(lent.connection())
            .await;
        if lent.wrote(taken)?.rows_affected() > 0 {
            return Ok(());
        }
        Err(self.refusal(lease.session, lease.expected, lease.at).await?)
    }

    async fn release_lease(&self, id: SessionId, token: LeaseToken) -> Result<(), StoreError> {
        let mut lent = self.lend("give a lease back").await?;
        let released =
            sqlx::query(RELEASE_LEASE).bind(id.0).bind(token.0).execute(lent.connection()).await;
        lent.wrote(released.map(drop))
    }

    async fn commit(&self, commit: &Commit) -> Result<Revision, CommitError> {
        let mut lent = self.lend("commit a turn").await?;
        let revision = update(lent.connection(), commit).await;
        match lent.wrote(revision)? {
            Some(revision) => Ok(revision),
            None => Err(self.refusal(commit.session, commit.expected, commit.at).await?),
        }
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
}

impl PostgresStore {
    /// Why the guard refused.
    pub(crate) async fn refusal(
        &self,
        session: SessionId,
        expected: Revision,
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
            // The lease may have been given back since.
            Some((_, until)) => CommitError::Busy { until: until.unwrap_or(at) },
        })
    }
}

/// Whether the session is new.
async fn insert(connection: &mut PgConnection, new: &NewSession) -> sqlx::Result<bool> {
    let (head, snapshot) = (&new.head, &new.snapshot);
    let created = rows::bind(sqlx::query(CREATE), &new.turn)
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
        .bind(Json(snapshot.engine.as_str()))
        .fetch_optional(connection)
        .await?;
    Ok(created.is_some())
}

/// The new revision, unless the guard refuses.
async fn update(connection: &mut PgConnection, commit: &Commit) -> sqlx::Result<Option<Revision>> {
    let snapshot = &commit.snapshot;
    let row = rows::bind(sqlx::query(COMMIT), &commit.turn)
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
        .bind(Json(snapshot.engine.as_str()))
        .fetch_optional(connection)
        .await?;
    row.map(|row| row.try_get::<i64, _>("revision").map(|n| Revision(n.unsigned_abs()))).transpose()
}
