CREATE TYPE enum_content_event AS ENUM ('impression', 'interaction', 'conversion');

-- What was shown, taken up and led to an end (S1.58). Without references to content or flows, so that it survives them (F44).
CREATE TABLE content_events (
  id uuid PRIMARY KEY,
  event enum_content_event NOT NULL,
  content_id uuid NOT NULL,
  variant_key varchar(100) COLLATE "C",
  session_id uuid REFERENCES conversation_sessions (id) ON DELETE SET NULL,
  flow_id uuid,
  node_id varchar(255) COLLATE "C",
  school_id uuid,
  user_id uuid,
  impression_id uuid,
  -- Masked (S7.13).
  value json,
  created_at timestamptz NOT NULL,
  -- Which turn, and its place among the rows of that turn: what came last is known for certain.
  revision bigint NOT NULL,
  ordinal integer NOT NULL,
  -- Whether counters and days have it (F17).
  is_counted boolean NOT NULL DEFAULT false,
  UNIQUE (impression_id, event)
);
CREATE INDEX ix_content_events_content ON content_events (content_id, event, created_at);
CREATE INDEX ix_content_events_session ON content_events (session_id) WHERE session_id IS NOT NULL;
CREATE INDEX ix_content_events_user ON content_events (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX ix_content_events_flow ON content_events (flow_id, created_at) WHERE flow_id IS NOT NULL;
CREATE INDEX ix_content_events_created ON content_events (created_at);
CREATE INDEX ix_content_events_uncounted ON content_events (id) WHERE NOT is_counted;

-- The events that are counted and what was added by hand (S1.41, S3.59); variant `''` is an item shown without one. Of a
-- key, not of a row: a variant that is taken out and put back has its counters still.
CREATE TABLE content_counters (
  content_id uuid NOT NULL,
  variant_key varchar(100) COLLATE "C" NOT NULL,
  impressions bigint NOT NULL,
  engagements bigint NOT NULL,
  conversions bigint NOT NULL,
  PRIMARY KEY (content_id, variant_key)
);

-- The events that are counted, by day; `''` and the nil id stand for none.
CREATE TABLE content_daily (
  content_id uuid NOT NULL,
  variant_key varchar(100) COLLATE "C" NOT NULL,
  flow_id uuid NOT NULL,
  school_id uuid NOT NULL,
  date date NOT NULL,
  impressions bigint NOT NULL,
  interactions bigint NOT NULL,
  conversions bigint NOT NULL,
  PRIMARY KEY (content_id, date, variant_key, flow_id, school_id)
);

-- Daily numbers of flows, and of their nodes; node `''` is the flow itself (S1.57).
CREATE TABLE conversation_analytics (
  flow_id uuid NOT NULL,
  node_id varchar(255) COLLATE "C" NOT NULL,
  date date NOT NULL,
  metrics json NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (flow_id, node_id, date)
);
CREATE INDEX ix_conversation_analytics_date ON conversation_analytics (date);

-- One row for each turn of a traced session (F18); masked before it comes here.
CREATE TABLE flow_execution_turns (
  session_id uuid NOT NULL REFERENCES conversation_sessions (id) ON DELETE CASCADE,
  revision bigint NOT NULL,
  flow_id uuid NOT NULL,
  at timestamptz NOT NULL,
  step_count integer NOT NULL,
  error_count integer NOT NULL,
  duration_ms bigint NOT NULL,
  steps json NOT NULL,
  -- The whole state before the turn, in the first row and every twentieth.
  state json,
  PRIMARY KEY (session_id, revision)
);
CREATE INDEX ix_flow_execution_turns_flow ON flow_execution_turns (flow_id, at);

-- Who looked at traces (S1.62); the row survives the session.
CREATE TABLE trace_access_audit (
  id uuid PRIMARY KEY,
  session_id uuid REFERENCES conversation_sessions (id) ON DELETE SET NULL,
  flow_id uuid,
  accessed_by uuid,
  service_account_id uuid,
  -- Names the reader when the account is gone (F67).
  actor_label text COLLATE "C" NOT NULL,
  access_type varchar(50) COLLATE "C" NOT NULL
    CHECK (access_type IN ('view_trace', 'export', 'list')),
  accessed_at timestamptz NOT NULL,
  ip_address varchar(45) COLLATE "C",
  user_agent varchar(512) COLLATE "C",
  data_accessed json
);
CREATE INDEX ix_trace_access_audit_session ON trace_access_audit (session_id) WHERE session_id IS NOT NULL;
CREATE INDEX ix_trace_access_audit_at ON trace_access_audit (accessed_at);

-- Who changed what (S1.68).
CREATE TABLE audit_log (
  id uuid PRIMARY KEY,
  at timestamptz NOT NULL,
  actor_type varchar(20) COLLATE "C" NOT NULL,
  actor_id uuid,
  action varchar(60) COLLATE "C" NOT NULL CHECK (action <> ''),
  resource_type varchar(30) COLLATE "C" NOT NULL,
  resource_id varchar(64) COLLATE "C" NOT NULL,
  school_id uuid,
  changes json NOT NULL,
  request_id varchar(64) COLLATE "C",
  ip varchar(45) COLLATE "C"
);
CREATE INDEX ix_audit_log_at ON audit_log (at, id);
CREATE INDEX ix_audit_log_school ON audit_log (school_id, at, id) WHERE school_id IS NOT NULL;
CREATE INDEX ix_audit_log_resource ON audit_log (resource_type, resource_id, at, id);
