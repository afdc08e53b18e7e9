-- Outside effects that have begun or ended, so that none is repeated (S1.59, F11).
CREATE TABLE task_idempotency_records (
  idempotency_key TEXT PRIMARY KEY NOT NULL CHECK (length(idempotency_key) BETWEEN 1 AND 255),
  -- SHA-256 of the request in hex, placeholders of secrets unresolved.
  request_hash TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('processing', 'completed', 'failed')),
  session_id TEXT NOT NULL,
  node_id TEXT NOT NULL,
  session_revision INTEGER NOT NULL,
  result_data TEXT CHECK (json_valid(result_data)),
  error_message TEXT,
  created_at TEXT NOT NULL,
  completed_at TEXT,
  expires_at TEXT NOT NULL,
  lease_expires_at TEXT,
  attempts INTEGER NOT NULL CHECK (attempts >= 1)
) STRICT, WITHOUT ROWID;
CREATE INDEX ix_task_idempotency_records_session ON task_idempotency_records (session_id);
CREATE INDEX ix_task_idempotency_records_expires ON task_idempotency_records (expires_at);

-- Answers to requests that may be repeated (S1.56, F15); written in the commit of their turn. Never a token.
CREATE TABLE chat_request_log (
  session_id TEXT NOT NULL REFERENCES conversation_sessions (id) ON DELETE CASCADE,
  request_key TEXT NOT NULL CHECK (length(request_key) BETWEEN 1 AND 128),
  body_hash TEXT NOT NULL CHECK (length(body_hash) <= 64),
  status INTEGER NOT NULL,
  response TEXT NOT NULL CHECK (json_valid(response)),
  created_at TEXT NOT NULL,
  expires_at TEXT NOT NULL,
  PRIMARY KEY (session_id, request_key)
) STRICT;
CREATE INDEX ix_chat_request_log_expires ON chat_request_log (expires_at);

-- Each periodic job runs in one process at a time (S1.69).
CREATE TABLE job_leases (
  job TEXT PRIMARY KEY NOT NULL CHECK (length(job) BETWEEN 1 AND 60),
  owner TEXT NOT NULL CHECK (length(owner) BETWEEN 1 AND 64),
  lease_until TEXT NOT NULL,
  last_started_at TEXT,
  last_finished_at TEXT,
  last_result TEXT CHECK (json_valid(last_result))
) STRICT, WITHOUT ROWID;

-- Lists of sessions, the newest first, and those that are old enough to go (S4.41, S4.44). A turn changes neither column.
CREATE INDEX ix_conversation_sessions_started ON conversation_sessions (started_at, id);
