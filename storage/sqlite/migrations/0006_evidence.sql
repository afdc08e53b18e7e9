-- What was shown, taken up and led to an end (S1.58). Without references to content or flows, so that it survives them (F44).
CREATE TABLE content_events (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 36),
  event TEXT NOT NULL CHECK (event IN ('impression', 'interaction', 'conversion')),
  content_id TEXT NOT NULL,
  variant_key TEXT CHECK (length(variant_key) <= 100),
  session_id TEXT REFERENCES conversation_sessions (id) ON DELETE SET NULL,
  flow_id TEXT,
  node_id TEXT CHECK (length(node_id) <= 255),
  school_id TEXT,
  user_id TEXT,
  impression_id TEXT,
  -- Masked (S7.13).
  value TEXT CHECK (json_valid(value)),
  created_at TEXT NOT NULL,
  -- Which turn, and its place among the rows of that turn: what came last is known for certain.
  revision INTEGER NOT NULL,
  ordinal INTEGER NOT NULL,
  -- Whether counters and days have it (F17).
  is_counted INTEGER NOT NULL DEFAULT 0 CHECK (is_counted IN (0, 1)),
  UNIQUE (impression_id, event)
) STRICT, WITHOUT ROWID;
CREATE INDEX ix_content_events_content ON content_events (content_id, event, created_at);
CREATE INDEX ix_content_events_session ON content_events (session_id) WHERE session_id IS NOT NULL;
CREATE INDEX ix_content_events_user ON content_events (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX ix_content_events_flow ON content_events (flow_id, created_at) WHERE flow_id IS NOT NULL;
CREATE INDEX ix_content_events_created ON content_events (created_at);
CREATE INDEX ix_content_events_uncounted ON content_events (is_counted) WHERE is_counted = 0;

-- The events that are counted and what was added by hand (S1.41, S3.59); variant `''` is an item shown without one. Of a
-- key, not of a row: a variant that is taken out and put back has its counters still.
CREATE TABLE content_counters (
  content_id TEXT NOT NULL,
  variant_key TEXT NOT NULL,
  impressions INTEGER NOT NULL,
  engagements INTEGER NOT NULL,
  conversions INTEGER NOT NULL,
  PRIMARY KEY (content_id, variant_key)
) STRICT, WITHOUT ROWID;

-- The events that are counted, by day; `''` stands for none.
CREATE TABLE content_daily (
  content_id TEXT NOT NULL,
  variant_key TEXT NOT NULL,
  flow_id TEXT NOT NULL,
  school_id TEXT NOT NULL,
  date TEXT NOT NULL,
  impressions INTEGER NOT NULL,
  interactions INTEGER NOT NULL,
  conversions INTEGER NOT NULL,
  PRIMARY KEY (content_id, date, variant_key, flow_id, school_id)
) STRICT, WITHOUT ROWID;

-- Daily numbers of flows, and of their nodes; node `''` is the flow itself (S1.57).
CREATE TABLE conversation_analytics (
  flow_id TEXT NOT NULL,
  node_id TEXT NOT NULL,
  date TEXT NOT NULL,
  metrics TEXT NOT NULL CHECK (json_valid(metrics)),
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  PRIMARY KEY (flow_id, node_id, date)
) STRICT, WITHOUT ROWID;
CREATE INDEX ix_conversation_analytics_date ON conversation_analytics (date);

-- One row for each turn of a traced session (F18); masked before it comes here.
CREATE TABLE flow_execution_turns (
  session_id TEXT NOT NULL REFERENCES conversation_sessions (id) ON DELETE CASCADE,
  revision INTEGER NOT NULL,
  flow_id TEXT NOT NULL,
  at TEXT NOT NULL,
  step_count INTEGER NOT NULL,
  error_count INTEGER NOT NULL,
  duration_ms INTEGER NOT NULL,
  steps TEXT NOT NULL CHECK (json_type(steps) = 'array'),
  -- The whole state before the turn, in the first row and every twentieth.
  state TEXT CHECK (json_type(state) = 'object'),
  PRIMARY KEY (session_id, revision)
) STRICT;
CREATE INDEX ix_flow_execution_turns_flow ON flow_execution_turns (flow_id, at);

-- Who looked at traces (S1.62); the row survives the session.
CREATE TABLE trace_access_audit (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 36),
  session_id TEXT REFERENCES conversation_sessions (id) ON DELETE SET NULL,
  flow_id TEXT,
  accessed_by TEXT,
  service_account_id TEXT,
  -- Names the reader when the account is gone (F67).
  actor_label TEXT NOT NULL,
  access_type TEXT NOT NULL CHECK (access_type IN ('view_trace', 'export', 'list')),
  accessed_at TEXT NOT NULL,
  ip_address TEXT CHECK (length(ip_address) <= 45),
  user_agent TEXT CHECK (length(user_agent) <= 512),
  data_accessed TEXT CHECK (json_valid(data_accessed))
) STRICT;
CREATE INDEX ix_trace_access_audit_session ON trace_access_audit (session_id) WHERE session_id IS NOT NULL;
CREATE INDEX ix_trace_access_audit_at ON trace_access_audit (accessed_at);

-- Who changed what (S1.68).
CREATE TABLE audit_log (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 36),
  at TEXT NOT NULL,
  actor_type TEXT NOT NULL CHECK (length(actor_type) <= 20),
  actor_id TEXT,
  action TEXT NOT NULL CHECK (length(action) BETWEEN 1 AND 60),
  resource_type TEXT NOT NULL CHECK (length(resource_type) <= 30),
  resource_id TEXT NOT NULL CHECK (length(resource_id) <= 64),
  school_id TEXT,
  changes TEXT NOT NULL CHECK (json_valid(changes)),
  request_id TEXT CHECK (length(request_id) <= 64),
  ip TEXT CHECK (length(ip) <= 45)
) STRICT;
CREATE INDEX ix_audit_log_at ON audit_log (at, id);
CREATE INDEX ix_audit_log_school ON audit_log (school_id, at, id) WHERE school_id IS NOT NULL;
CREATE INDEX ix_audit_log_resource ON audit_log (resource_type, resource_id, at, id);
