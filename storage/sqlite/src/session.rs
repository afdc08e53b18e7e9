//! [`SessionStore`] on SQLite.

mod extras;
pub(crate) mod read;

use chatflow::{NodeId, Revision, SessionId, Timestamp};
use chatflow_storage::{
    ChangeNotice, Commit, CommitError, Committed, CreateError, HistoryPage, HistoryQuery,
    JournalRow, LeaseRequest, LeaseToken, NewSession, SessionStore, StoreError, StoredSession,
    TraceLevel, Turn, check_event,
};
use rusqlite::{Connection, ErrorCode, OptionalExtension, params};

use crate::column::{Id, Time, count, maybe_time, number};
use crate::fault::Doing;
use crate::pool::SqliteStore;

const CREATE: &str = "
INSERT INTO conversation_sessions (
  id, user_id, flow_id, flow_seq, flow_version, session_token, token_hint, csrf_hash, school_id,
  theme_id, trace_enabled, trace_level, started_at, revision, history_seq, status,
  last_activity_at, ended_at, ended_reason, current_node_id, current_flow_id, state_hash,
  turn_hash, info, state, engine)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, 1, ?14, ?15, ?13, ?16, ?17, ?18,
  ?19, ?20, ?21, ?22, ?23, ?24)";

/// The guard of F9: the revision that was read, and one's own lease or none that is live.
///
/// Answers with the number of the turn's last history row; with nothing if the guard refuses.
const COMMIT: &str = "
UPDATE conversation_sessions SET
  revision = revision + 1, history_seq = history_seq + ?5, last_activity_at = ?4,
  lease_token = NULL, lease_expires_at = NULL,
  status = ?6, ended_at = ?7, ended_reason = ?8, current_node_id = ?9, current_flow_id = ?10,
  state_hash = ?11, turn_hash = ?12, info = ?13, state = ?14, engine = ?15
WHERE id = ?1 AND revision = ?2
  AND (lease_token = ?3 OR lease_expires_at IS NULL OR lease_expires_at < ?4)
RETURNING history_seq";

const TAKE_LEASE: &str = "
UPDATE conversation_sessions SET lease_token = ?3, lease_expires_at = ?4
WHERE id = ?1 AND revision = ?2 AND (lease_expires_at IS NULL OR lease_expires_at < ?5)";

impl SessionStore for SqliteStore {
    fn create_session(&self, new: &NewSession) -> Result<(), CreateError> {
        check(&new.turn)?;
        self.write("create a session", |transaction| -> Result<(), CreateError> {
            let id = new.head.id;
            match insert(transaction, new) {
                Err(error) if is_taken(&error) => return Err(CreateError::Exists { session: id }),
                inserted => inserted.doing("create a session", transaction)?,
            }
            let last = number_of_rows(&new.turn);
            append(transaction, id, &new.turn, last)
                .and_then(|()| {
                    journal(transaction, id, Revision(1), new.head.started_at, &new.turn)
                })
                .and_then(|()| extras::append(transaction, new.into()))
                .and_then(|()| extras::preview(transaction, new))
                .doing("write the first rows of a session", transaction)?;
            Ok(())
        })?;
        self.tell_of(&new.turn);
        Ok(())
    }

    fn load_session(&self, id: SessionId) -> Result<Option<StoredSession>, StoreError> {
        self.read_newest("read a session", |connection| read::session(connection, id))
    }

    fn take_lease(&self, lease: &LeaseRequest) -> Result<(), CommitError> {
        self.write("take a lease", |transaction| take_lease(transaction, lease))
    }

    fn release_lease(&self, id: SessionId, token: LeaseToken) -> Result<(), StoreError> {
        self.write("give a lease back", |transaction| {
            transaction
                .prepare_cached(
                    "UPDATE conversation_sessions SET lease_token = NULL, lease_expires_at = NULL
                     WHERE id = ?1 AND lease_token = ?2",
                )
                .and_then(|mut statement| statement.execute([Id(id.0), Id(token.0)]))
                .doing("give a lease back", transaction)?;
            Ok(())
        })
    }

    fn commit(&self, commit: &Commit) -> Result<Committed, CommitError> {
        check(&commit.turn)?;
        let revision = self.write("commit a turn", |transaction| {
            if let Some(answered) = &commit.turn.answered
                && extras::is_answered(transaction, commit, &answered.request_key)
                    .doing("look for an answer", transaction)?
            {
                return Err(CommitError::Answered { session: commit.session });
            }
            let last = update(transaction, commit).doing("write a session", transaction)?;
            let Some(last) = last else {
                return Err(refusal(transaction, commit.session, commit.expected, commit.at)?);
            };
            let revision = commit.expected.next();
            append(transaction, commit.session, &commit.turn, last)
                .and_then(|()| {
                    journal(transaction, commit.session, revision, commit.at, &commit.turn)
                })
                .and_then(|()| extras::append(transaction, commit.into()))
                .doing("write the rows of a turn", transaction)?;
            Ok(revision)
        })?;
        self.tell_of(&commit.turn);
        // Reading is a look into the file: there is no need to keep anything.
        Ok(Committed { revision, mark: None })
    }

    fn history(&self, query: HistoryQuery) -> Result<HistoryPage, StoreError> {
        self.read_together("read a history", |connection| read::history(connection, query))
    }

    fn journal(&self, id: SessionId) -> Result<Vec<JournalRow>, StoreError> {
        self.read("read a journal", |connection| read::journal(connection, id))
    }

    fn preview(&self, id: SessionId) -> Result<Option<String>, StoreError> {
        self.read_newest("read a preview", |connection| read::preview(connection, id))
    }
}

/// Takes a lease, or says why not; then nothing is changed.
pub(crate) fn take_lease(connection: &Connection, lease: &LeaseRequest) -> Result<(), CommitError> {
    let taken = connection
        .prepare_cached(TAKE_LEASE)
        .and_then(|mut statement| {
            statement.execute(params![
                Id(lease.session.0),
                number(lease.expected.0),
                Id(lease.token.0),
                Time(lease.until),
                Time(lease.at),
            ])
        })
        .doing("take a lease", connection)?;
    if taken == 0 {
        return Err(refusal(connection, lease.session, lease.expected, lease.at)?);
    }
    Ok(())
}

impl SqliteStore {
    /// Wakes those who deliver events.
    fn tell_of(&self, turn: &Turn) {
        if !turn.events.is_empty() {
            self.observers.tell(&[ChangeNotice::Outbox]);
        }
    }
}

/// The events of a turn are refused as every store refuses them.
fn check(turn: &Turn) -> Result<(), StoreError> {
    turn.events.iter().try_for_each(check_event).map_err(|error| StoreError::Store(error.into()))
}

fn is_taken(error: &rusqlite::Error) -> bool {
    // The only unique column of the table is its id.
    let code = error.sqlite_error().map(|error| error.extended_code);
    error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation)
        && code == Some(rusqlite::ffi::SQLITE_CONSTRAINT_PRIMARYKEY)
}

fn insert(connection: &Connection, new: &NewSession) -> rusqlite::Result<()> {
    let (head, snapshot) = (&new.head, &new.snapshot);
    connection.prepare_cached(CREATE)?.execute(params![
        Id(head.id.0),
        head.user_id.map(|id| Id(id.0)),
        Id(head.flow.id.0),
        head.flow.seq,
        head.flow_version,
        head.token_digest,
        head.token_hint,
        head.csrf_digest,
        head.school_id.map(|id| Id(id.0)),
        head.theme_id.map(|id| Id(id.0)),
        head.trace_enabled,
        head.trace_level.map(TraceLevel::as_str),
        Time(head.started_at),
        number_of_rows(&new.turn),
        snapshot.status.as_str(),
        snapshot.ended_at.map(Time),
        snapshot.ended_reason,
        snapshot.current_node_id.as_ref().map(NodeId::as_str),
        snapshot.current_flow_id.map(|id| Id(id.0)),
        snapshot.state_hash,
        snapshot.turn_hash,
        snapshot.info,
        snapshot.state,
        snapshot.engine,
    ])?;
    Ok(())
}

fn update(connection: &Connection, commit: &Commit) -> rusqlite::Result<Option<i64>> {
    let snapshot = &commit.snapshot;
    let mut statement = connection.prepare_cached(COMMIT)?;
    let params = params![
        Id(commit.session.0),
        number(commit.expected.0),
        commit.lease.map(|token| Id(token.0)),
        Time(commit.at),
        number_of_rows(&commit.turn),
        snapshot.status.as_str(),
        snapshot.ended_at.map(Time),
        snapshot.ended_reason,
        snapshot.current_node_id.as_ref().map(NodeId::as_str),
        snapshot.current_flow_id.map(|id| Id(id.0)),
        snapshot.state_hash,
        snapshot.turn_hash,
        snapshot.info,
        snapshot.state,
        snapshot.engine,
    ];
    statement.query_row(params, |row| row.get(0)).optional()
}

/// Why the guard refused.
fn refusal(
    connection: &Connection,
    session: SessionId,
    expected: Revision,
    at: Timestamp,
) -> Result<CommitError, StoreError> {
    let read = || {
        let sql = "SELECT revision, lease_expires_at FROM conversation_sessions WHERE id = ?1";
        let mut statement = connection.prepare_cached(sql)?;
        let guard = |row: &rusqlite::Row<'_>| {
            Ok((Revision(count(row, "revision")?), maybe_time(row, "lease_expires_at")?))
        };
        statement.query_row([Id(session.0)], guard).optional()
    };
    Ok(match read().doing("read a session's guard", connection)? {
        None => CommitError::NotFound { session },
        Some((actual, _)) if actual != expected => CommitError::Conflict { expected, actual },
        Some((_, until)) => CommitError::Busy { until: until.unwrap_or(at) },
    })
}

fn number_of_rows(turn: &Turn) -> i64 {
    i64::try_from(turn.history.len()).unwrap_or(i64::MAX)
}

/// Appends the turn's history; `last` is the number of its last row.
fn append(
    connection: &Connection,
    session: SessionId,
    turn: &Turn,
    last: i64,
) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO conversation_history (
           session_id, seq, flow_id, node_id, interaction_type, content, created_at, path)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?;
    let before = last.saturating_sub(number_of_rows(turn));
    for (row, seq) in turn.history.iter().zip(before.saturating_add(1)..) {
        statement.execute(params![
            Id(session.0),
            seq,
            row.flow_id.map(|id| Id(id.0)),
            row.node_id.as_str(),
            row.kind.as_str(),
            row.content,
            Time(row.created_at),
            row.path,
        ])?;
    }
    Ok(())
}

fn journal(
    connection: &Connection,
    session: SessionId,
    revision: Revision,
    at: Timestamp,
    turn: &Turn,
) -> rusqlite::Result<()> {
    let Some(entry) = &turn.journal else {
        return Ok(());
    };
    let mut statement = connection.prepare_cached(
        "INSERT INTO session_journal (session_id, revision, at, input, outcomes, turn_hash)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    statement.execute(params![
        Id(session.0),
        number(revision.0),
        Time(at),
        entry.input,
        entry.outcomes,
        entry.turn_hash,
    ])?;
    Ok(())
}
