CREATE TYPE enum_task_execution_status AS ENUM ('processing', 'completed', 'failed');

-- Outside effects that have begun or ended, so that none is repeated (S1.59, F11).
CREATE TABLE task_idempotency_records (
  idempotency_key varchar(255) COLLATE "C" PRIMARY KEY CHECK (idempotency_key <> ''),
  -- SHA-256 of the request in hex, placeholders of secrets unresolved.
  request_hash text COLLATE "C" NOT NULL,
  status enum_task_execution_status NOT NULL,
  session_id uuid NOT NULL,
  node_id text COLLATE "C" NOT NULL,
  session_revision bigint NOT NULL,
  result_data json,
  error_message text COLLATE "C",
  created_at timestamptz NOT NULL,
  completed_at timestamptz,
  expires_at timestamptz NOT NULL,
  lease_expires_at timestamptz,
  attempts integer NOT NULL CHECK (attempts >= 1)
);
CREATE INDEX ix_task_idempotency_records_session ON task_idempotency_records (session_id);
CREATE INDEX ix_task_idempotency_records_expires ON task_idempotency_records (expires_at);

-- Answers to requests that may be repeated (S1.56, F15); written in the commit of their turn. Never a token.
CREATE TABLE chat_request_log (
  session_id uuid NOT NULL REFERENCES conversation_sessions (id) ON DELETE CASCADE,
  request_key varchar(128) COLLATE "C" NOT NULL CHECK (request_key <> ''),
  body_hash varchar(64) COLLATE "C" NOT NULL,
  status integer NOT NULL,
  response json NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (session_id, request_key)
);
CREATE INDEX ix_chat_request_log_expires ON chat_request_log (expires_at);

-- Each periodic job runs in one process at a time (S1.69).
CREATE TABLE job_leases (
  job varchar(60) COLLATE "C" PRIMARY KEY CHECK (job <> ''),
  owner varchar(64) COLLATE "C" NOT NULL CHECK (owner <> ''),
  lease_until timestamptz NOT NULL,
  last_started_at timestamptz,
  last_finished_at timestamptz,
  last_result json
);

-- Lists of sessions, the newest first, and those that are old enough to go (S4.41, S4.44). A turn changes neither column.
CREATE INDEX ix_conversation_sessions_started ON conversation_sessions (started_at, id);
