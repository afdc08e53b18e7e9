-- Conventions (S1.3): texts compare by their bytes, as in every store; json keeps the text as it was
-- written, which jsonb does not (ADR 0016); labels are enumerations; times are timestamptz.

CREATE TYPE enum_school_state AS ENUM ('active', 'inactive', 'pending');
CREATE TYPE enum_cms_content_type AS ENUM (
  'joke', 'fact', 'question', 'quote', 'message', 'prompt');
CREATE TYPE enum_cms_content_status AS ENUM (
  'draft', 'pending_review', 'approved', 'published', 'archived');
CREATE TYPE enum_cms_content_visibility AS ENUM ('private', 'school', 'public', 'wriveted');
CREATE TYPE enum_execution_context AS ENUM ('frontend', 'backend', 'mixed');
CREATE TYPE enum_conversation_session_status AS ENUM ('active', 'completed', 'abandoned');
CREATE TYPE enum_interaction_type AS ENUM ('message', 'input', 'action');
CREATE TYPE enum_trace_level AS ENUM ('minimal', 'standard', 'verbose');

CREATE TABLE schools (
  id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  wriveted_identifier uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
  seed_key varchar(255) COLLATE "C",
  name varchar(256) COLLATE "C" NOT NULL CHECK (name <> ''),
  state enum_school_state NOT NULL,
  theme_id uuid,
  info json NOT NULL,
  row_version bigint NOT NULL CHECK (row_version >= 1),
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);
CREATE INDEX ix_schools_seed_key ON schools (seed_key) WHERE seed_key IS NOT NULL;
CREATE INDEX ix_schools_name ON schools (name);

CREATE TABLE chat_themes (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  seed_key varchar(255) COLLATE "C",
  name varchar(255) COLLATE "C" NOT NULL CHECK (name <> ''),
  description text COLLATE "C",
  school_id uuid CONSTRAINT fk_chat_themes_school
    REFERENCES schools (wriveted_identifier) ON DELETE CASCADE,
  config json NOT NULL,
  logo_url varchar(512) COLLATE "C",
  avatar_url varchar(512) COLLATE "C",
  is_active boolean NOT NULL,
  is_default boolean NOT NULL,
  version varchar(50) COLLATE "C" NOT NULL,
  created_by uuid,
  row_version bigint NOT NULL CHECK (row_version >= 1),
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);
CREATE INDEX ix_chat_themes_seed_key ON chat_themes (seed_key) WHERE seed_key IS NOT NULL;
CREATE INDEX ix_chat_themes_school ON chat_themes (school_id, name);
CREATE UNIQUE INDEX ux_chat_themes_default ON chat_themes (coalesce(school_id::text, ''))
  WHERE is_default AND is_active;
-- Checked at commit: a school and its theme may come in one batch and point at each other.
ALTER TABLE schools ADD CONSTRAINT fk_schools_theme FOREIGN KEY (theme_id)
  REFERENCES chat_themes (id) ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED;

CREATE TABLE cms_content (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  seed_key varchar(255) COLLATE "C",
  type enum_cms_content_type NOT NULL,
  content json NOT NULL,
  info json NOT NULL,
  tags text[] COLLATE "C" NOT NULL,
  is_active boolean NOT NULL,
  status enum_cms_content_status NOT NULL,
  -- Rises when `content` differs; row_version rises with every change.
  version integer NOT NULL DEFAULT 1 CHECK (version >= 1),
  visibility enum_cms_content_visibility NOT NULL,
  school_id uuid CONSTRAINT fk_cms_content_school
    REFERENCES schools (wriveted_identifier) ON DELETE CASCADE,
  created_by uuid,
  row_version bigint NOT NULL CHECK (row_version >= 1),
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  CHECK (visibility <> 'school' OR school_id IS NOT NULL)
);
CREATE INDEX ix_cms_content_seed_key ON cms_content (seed_key) WHERE seed_key IS NOT NULL;
CREATE INDEX ix_cms_content_school ON cms_content (school_id);
CREATE INDEX ix_cms_content_created ON cms_content (created_at DESC, id DESC);
CREATE INDEX ix_cms_content_tags ON cms_content USING gin (tags);
-- Candidates of a draw, in the order in which they are listed.
CREATE INDEX ix_cms_content_candidates ON cms_content (type, id)
  WHERE is_active AND status = 'published';

CREATE TABLE flow_definitions (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  seed_key varchar(255) COLLATE "C",
  name varchar(255) COLLATE "C" NOT NULL CHECK (name <> ''),
  description text COLLATE "C",
  version varchar(50) COLLATE "C" NOT NULL,
  flow_data json NOT NULL,
  entry_node_id varchar(255) COLLATE "C",
  info json NOT NULL,
  -- info.allow_anonymous, as a column because it decides who may start the flow (S2.25).
  allow_anonymous boolean NOT NULL,
  is_published boolean NOT NULL,
  is_active boolean NOT NULL,
  published_at timestamptz,
  created_by uuid,
  published_by uuid,
  school_id uuid CONSTRAINT fk_flow_definitions_school
    REFERENCES schools (wriveted_identifier) ON DELETE CASCADE,
  visibility enum_cms_content_visibility NOT NULL,
  theme_id uuid CONSTRAINT fk_flow_definitions_theme
    REFERENCES chat_themes (id) ON DELETE SET NULL,
  retention_days integer NOT NULL CHECK (retention_days BETWEEN 1 AND 3650),
  trace_enabled boolean NOT NULL,
  trace_level enum_trace_level NOT NULL,
  trace_sample_rate integer NOT NULL CHECK (trace_sample_rate BETWEEN 0 AND 100),
  graph_hash varchar(64) COLLATE "C" NOT NULL,
  row_version bigint NOT NULL CHECK (row_version >= 1),
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);
CREATE INDEX ix_flow_definitions_seed_key ON flow_definitions (seed_key)
  WHERE seed_key IS NOT NULL;
CREATE INDEX ix_flow_definitions_school ON flow_definitions (school_id, name);
CREATE INDEX ix_flow_definitions_theme ON flow_definitions (theme_id) WHERE theme_id IS NOT NULL;
CREATE INDEX ix_flow_definitions_created ON flow_definitions (created_at DESC, id DESC);
CREATE INDEX ix_flow_definitions_startable ON flow_definitions (name, id)
  WHERE is_active AND is_published;

-- `ordinal` is the order of the document (F2); nothing is ever ordered by created_at.
CREATE TABLE flow_nodes (
  id uuid PRIMARY KEY,
  flow_id uuid NOT NULL REFERENCES flow_definitions (id) ON DELETE CASCADE,
  node_id varchar(255) COLLATE "C" NOT NULL CHECK (node_id <> ''),
  ordinal integer NOT NULL CHECK (ordinal >= 0),
  node_type varchar(50) COLLATE "C" NOT NULL,
  execution_context enum_execution_context NOT NULL,
  template varchar(100) COLLATE "C",
  content json NOT NULL,
  position json NOT NULL,
  info json NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  UNIQUE (flow_id, node_id)
);

-- Connection types are checked as F1 has it.
CREATE TABLE flow_connections (
  id uuid PRIMARY KEY,
  flow_id uuid NOT NULL REFERENCES flow_definitions (id) ON DELETE CASCADE,
  source_node_id varchar(255) COLLATE "C" NOT NULL,
  target_node_id varchar(255) COLLATE "C" NOT NULL,
  ordinal integer NOT NULL CHECK (ordinal >= 0),
  connection_type varchar(50) COLLATE "C" NOT NULL
    CHECK (connection_type ~ '^(\$[0-9]{1,2}|[a-z][a-z0-9_-]{0,49})$'),
  conditions json NOT NULL,
  info json NOT NULL,
  created_at timestamptz NOT NULL,
  UNIQUE (flow_id, source_node_id, target_node_id, connection_type),
  FOREIGN KEY (flow_id, source_node_id) REFERENCES flow_nodes (flow_id, node_id)
    ON DELETE CASCADE ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED,
  FOREIGN KEY (flow_id, target_node_id) REFERENCES flow_nodes (flow_id, node_id)
    ON DELETE CASCADE ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX ix_flow_connections_target ON flow_connections (flow_id, target_node_id);

-- Immutable, never deleted (F20): a flow that was ever published cannot be deleted either.
CREATE TABLE flow_versions (
  flow_id uuid NOT NULL REFERENCES flow_definitions (id),
  seq bigint NOT NULL CHECK (seq >= 1),
  version varchar(50) COLLATE "C" NOT NULL,
  name varchar(255) COLLATE "C" NOT NULL,
  snapshot json NOT NULL,
  graph_hash varchar(64) COLLATE "C" NOT NULL,
  theme_id uuid,
  school_id uuid,
  visibility enum_cms_content_visibility NOT NULL,
  allow_anonymous boolean NOT NULL,
  published_at timestamptz NOT NULL,
  published_by uuid,
  note text COLLATE "C",
  PRIMARY KEY (flow_id, seq)
);

-- What a version refers to: `id:<uuid>` or `key:<seed_key>`.
CREATE TABLE flow_version_links (
  flow_id uuid NOT NULL,
  seq bigint NOT NULL,
  ordinal integer NOT NULL,
  link text COLLATE "C" NOT NULL,
  PRIMARY KEY (flow_id, seq, ordinal),
  FOREIGN KEY (flow_id, seq) REFERENCES flow_versions (flow_id, seq)
);

-- From here on nothing refers to the tables above (F44).
CREATE TABLE conversation_sessions (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  user_id uuid,
  flow_id uuid NOT NULL,
  flow_seq bigint NOT NULL,
  flow_version text COLLATE "C",
  -- SHA-256 of the token in hex; not unique and not indexed, the token names the session itself.
  session_token text COLLATE "C" NOT NULL,
  token_hint text COLLATE "C" NOT NULL,
  csrf_hash text COLLATE "C" NOT NULL,
  school_id uuid,
  theme_id uuid,
  trace_enabled boolean NOT NULL,
  trace_level enum_trace_level,
  started_at timestamptz NOT NULL,
  revision bigint NOT NULL CHECK (revision >= 1),
  -- The number of the last history row, so that a commit needs no look-up to go on from it.
  history_seq bigint NOT NULL,
  status enum_conversation_session_status NOT NULL,
  last_activity_at timestamptz NOT NULL,
  ended_at timestamptz,
  ended_reason text COLLATE "C",
  lease_token uuid,
  lease_expires_at timestamptz,
  current_node_id text COLLATE "C",
  current_flow_id uuid,
  state_hash text COLLATE "C",
  turn_hash text COLLATE "C",
  info json NOT NULL,
  state json NOT NULL,
  engine json NOT NULL
) WITH (fillfactor = 75);
-- A turn changes no column of these indexes, and finds room on its page: no index is written (F17).
CREATE INDEX ix_conversation_sessions_user ON conversation_sessions (user_id)
  WHERE user_id IS NOT NULL;
CREATE INDEX ix_conversation_sessions_flow ON conversation_sessions (flow_id, started_at);
CREATE INDEX ix_conversation_sessions_school ON conversation_sessions (school_id, started_at)
  WHERE school_id IS NOT NULL;
CREATE INDEX ix_conversation_sessions_active ON conversation_sessions (started_at)
  WHERE status = 'active';

CREATE TABLE conversation_history (
  session_id uuid NOT NULL REFERENCES conversation_sessions (id) ON DELETE CASCADE,
  seq bigint NOT NULL,
  flow_id uuid,
  node_id text COLLATE "C" NOT NULL,
  interaction_type enum_interaction_type NOT NULL,
  content json NOT NULL,
  created_at timestamptz NOT NULL,
  -- The nodes and edges of a whole turn, on its first row (F45).
  path json,
  PRIMARY KEY (session_id, seq)
);

-- What it takes to replay a session (F3).
CREATE TABLE session_journal (
  session_id uuid NOT NULL REFERENCES conversation_sessions (id) ON DELETE CASCADE,
  revision bigint NOT NULL,
  at timestamptz NOT NULL,
  input json NOT NULL,
  outcomes json NOT NULL,
  turn_hash text COLLATE "C" NOT NULL,
  PRIMARY KEY (session_id, revision)
);
