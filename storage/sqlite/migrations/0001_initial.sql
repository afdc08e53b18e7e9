-- Conventions (S1.3): uuid = 36 lower-case characters; ts = YYYY-MM-DDTHH:MM:SS.ffffffZ, so that
-- comparing texts compares times; json = text that json_valid accepts; bool = 0 or 1.

CREATE TABLE schools (
  id INTEGER PRIMARY KEY,
  wriveted_identifier TEXT NOT NULL UNIQUE CHECK (length(wriveted_identifier) = 36),
  seed_key TEXT,
  name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 256),
  state TEXT NOT NULL CHECK (state IN ('active', 'inactive', 'pending')),
  -- Checked at commit: a school and its theme may come in one batch and point at each other.
  theme_id TEXT REFERENCES chat_themes (id) ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED,
  info TEXT NOT NULL CHECK (json_valid(info)),
  row_version INTEGER NOT NULL CHECK (row_version >= 1),
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL
) STRICT;
CREATE INDEX ix_schools_seed_key ON schools (seed_key) WHERE seed_key IS NOT NULL;
CREATE INDEX ix_schools_name ON schools (name);

CREATE TABLE chat_themes (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 36),
  seed_key TEXT,
  name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 255),
  description TEXT,
  school_id TEXT REFERENCES schools (wriveted_identifier) ON DELETE CASCADE,
  config TEXT NOT NULL CHECK (json_valid(config)),
  logo_url TEXT CHECK (length(logo_url) <= 512),
  avatar_url TEXT CHECK (length(avatar_url) <= 512),
  is_active INTEGER NOT NULL CHECK (is_active IN (0, 1)),
  is_default INTEGER NOT NULL CHECK (is_default IN (0, 1)),
  version TEXT NOT NULL CHECK (length(version) <= 50),
  created_by TEXT,
  row_version INTEGER NOT NULL CHECK (row_version >= 1),
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL
) STRICT;
CREATE INDEX ix_chat_themes_seed_key ON chat_themes (seed_key) WHERE seed_key IS NOT NULL;
CREATE INDEX ix_chat_themes_school ON chat_themes (school_id, name);
CREATE UNIQUE INDEX ux_chat_themes_default ON chat_themes (coalesce(school_id, ''))
  WHERE is_default AND is_active;

CREATE TABLE cms_content (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 36),
  seed_key TEXT,
  type TEXT NOT NULL
    CHECK (type IN ('joke', 'fact', 'question', 'quote', 'message', 'prompt')),
  content TEXT NOT NULL CHECK (json_valid(content)),
  info TEXT NOT NULL CHECK (json_valid(info)),
  tags TEXT NOT NULL CHECK (json_type(tags) = 'array'),
  is_active INTEGER NOT NULL CHECK (is_active IN (0, 1)),
  status TEXT NOT NULL
    CHECK (status IN ('draft', 'pending_review', 'approved', 'published', 'archived')),
  -- Rises when `content` differs; row_version rises with every change.
  version INTEGER NOT NULL DEFAULT 1 CHECK (version >= 1),
  visibility TEXT NOT NULL CHECK (visibility IN ('private', 'school', 'public', 'wriveted')),
  school_id TEXT REFERENCES schools (wriveted_identifier) ON DELETE CASCADE,
  created_by TEXT,
  row_version INTEGER NOT NULL CHECK (row_version >= 1),
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  CHECK (visibility <> 'school' OR school_id IS NOT NULL)
) STRICT;
CREATE INDEX ix_cms_content_seed_key ON cms_content (seed_key) WHERE seed_key IS NOT NULL;
CREATE INDEX ix_cms_content_school ON cms_content (school_id);
CREATE INDEX ix_cms_content_created ON cms_content (created_at DESC, id DESC);
-- Candidates of a draw, in the order in which they are listed.
CREATE INDEX ix_cms_content_candidates ON cms_content (type, id)
  WHERE is_active = 1 AND status = 'published';

-- A tag filter needs an index over the elements of `tags` (S1.40).
CREATE TABLE cms_content_tags (
  tag TEXT NOT NULL,
  content_id TEXT NOT NULL REFERENCES cms_content (id) ON DELETE CASCADE,
  PRIMARY KEY (tag, content_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX ix_cms_content_tags_content ON cms_content_tags (content_id);
CREATE TRIGGER trg_cms_content_tags_insert AFTER INSERT ON cms_content BEGIN
  INSERT OR IGNORE INTO cms_content_tags (tag, content_id)
    SELECT value, new.id FROM json_each(new.tags);
END;
CREATE TRIGGER trg_cms_content_tags_update AFTER UPDATE OF tags ON cms_content
  WHEN old.tags IS NOT new.tags BEGIN
  DELETE FROM cms_content_tags WHERE content_id = new.id;
  INSERT OR IGNORE INTO cms_content_tags (tag, content_id)
    SELECT value, new.id FROM json_each(new.tags);
END;

CREATE TABLE flow_definitions (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 36),
  seed_key TEXT,
  name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 255),
  description TEXT,
  version TEXT NOT NULL CHECK (length(version) <= 50),
  flow_data TEXT NOT NULL CHECK (json_valid(flow_data)),
  entry_node_id TEXT CHECK (length(entry_node_id) <= 255),
  info TEXT NOT NULL CHECK (json_valid(info)),
  -- info.allow_anonymous, as a column because it decides who may start the flow (S2.25).
  allow_anonymous INTEGER NOT NULL CHECK (allow_anonymous IN (0, 1)),
  is_published INTEGER NOT NULL CHECK (is_published IN (0, 1)),
  is_active INTEGER NOT NULL CHECK (is_active IN (0, 1)),
  published_at TEXT,
  created_by TEXT,
  published_by TEXT,
  school_id TEXT REFERENCES schools (wriveted_identifier) ON DELETE CASCADE,
  visibility TEXT NOT NULL CHECK (visibility IN ('private', 'school', 'public', 'wriveted')),
  theme_id TEXT REFERENCES chat_themes (id) ON DELETE SET NULL,
  retention_days INTEGER NOT NULL CHECK (retention_days BETWEEN 1 AND 3650),
  trace_enabled INTEGER NOT NULL CHECK (trace_enabled IN (0, 1)),
  trace_level TEXT NOT NULL CHECK (trace_level IN ('minimal', 'standard', 'verbose')),
  trace_sample_rate INTEGER NOT NULL CHECK (trace_sample_rate BETWEEN 0 AND 100),
  graph_hash TEXT NOT NULL CHECK (length(graph_hash) <= 64),
  row_version INTEGER NOT NULL CHECK (row_version >= 1),
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL
) STRICT;
CREATE INDEX ix_flow_definitions_seed_key ON flow_definitions (seed_key)
  WHERE seed_key IS NOT NULL;
CREATE INDEX ix_flow_definitions_school ON flow_definitions (school_id, name);
CREATE INDEX ix_flow_definitions_theme ON flow_definitions (theme_id) WHERE theme_id IS NOT NULL;
CREATE INDEX ix_flow_definitions_created ON flow_definitions (created_at DESC, id DESC);
CREATE INDEX ix_flow_definitions_startable ON flow_definitions (name, id)
  WHERE is_active = 1 AND is_published = 1;

-- `ordinal` is the order of the document (F2); nothing is ever ordered by created_at.
CREATE TABLE flow_nodes (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 36),
  flow_id TEXT NOT NULL REFERENCES flow_definitions (id) ON DELETE CASCADE,
  node_id TEXT NOT NULL CHECK (length(node_id) BETWEEN 1 AND 255),
  ordinal INTEGER NOT NULL CHECK (ordinal >= 0),
  node_type TEXT NOT NULL CHECK (length(node_type) <= 50),
  execution_context TEXT NOT NULL CHECK (execution_context IN ('frontend', 'backend', 'mixed')),
  template TEXT CHECK (length(template) <= 100),
  content TEXT NOT NULL CHECK (json_valid(content)),
  position TEXT NOT NULL CHECK (json_valid(position)),
  info TEXT NOT NULL CHECK (json_valid(info)),
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  UNIQUE (flow_id, node_id)
) STRICT;

-- Connection types are checked as F1 has it; the digits of `$n` are left to the adapter.
CREATE TABLE flow_connections (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 36),
  flow_id TEXT NOT NULL REFERENCES flow_definitions (id) ON DELETE CASCADE,
  source_node_id TEXT NOT NULL,
  target_node_id TEXT NOT NULL,
  ordinal INTEGER NOT NULL CHECK (ordinal >= 0),
  connection_type TEXT NOT NULL
    CHECK (length(connection_type) <= 50 AND connection_type GLOB '[$a-z]*'),
  conditions TEXT NOT NULL CHECK (json_valid(conditions)),
  info TEXT NOT NULL CHECK (json_valid(info)),
  created_at TEXT NOT NULL,
  UNIQUE (flow_id, source_node_id, target_node_id, connection_type),
  FOREIGN KEY (flow_id, source_node_id) REFERENCES flow_nodes (flow_id, node_id)
    ON DELETE CASCADE ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED,
  FOREIGN KEY (flow_id, target_node_id) REFERENCES flow_nodes (flow_id, node_id)
    ON DELETE CASCADE ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED
) STRICT;
CREATE INDEX ix_flow_connections_target ON flow_connections (flow_id, target_node_id);

-- Immutable, never deleted (F20): a flow that was ever published cannot be deleted either.
CREATE TABLE flow_versions (
  flow_id TEXT NOT NULL REFERENCES flow_definitions (id),
  seq INTEGER NOT NULL CHECK (seq >= 1),
  version TEXT NOT NULL CHECK (length(version) <= 50),
  name TEXT NOT NULL,
  snapshot TEXT NOT NULL CHECK (json_valid(snapshot)),
  graph_hash TEXT NOT NULL,
  theme_id TEXT,
  school_id TEXT,
  visibility TEXT NOT NULL CHECK (visibility IN ('private', 'school', 'public', 'wriveted')),
  allow_anonymous INTEGER NOT NULL CHECK (allow_anonymous IN (0, 1)),
  published_at TEXT NOT NULL,
  published_by TEXT,
  note TEXT,
  PRIMARY KEY (flow_id, seq)
) STRICT;

-- What a version refers to: `id:<uuid>` or `key:<seed_key>`.
CREATE TABLE flow_version_links (
  flow_id TEXT NOT NULL,
  seq INTEGER NOT NULL,
  ordinal INTEGER NOT NULL,
  link TEXT NOT NULL,
  PRIMARY KEY (flow_id, seq, ordinal),
  FOREIGN KEY (flow_id, seq) REFERENCES flow_versions (flow_id, seq)
) STRICT, WITHOUT ROWID;

-- From here on nothing refers to the tables above (F44).
CREATE TABLE conversation_sessions (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 36),
  user_id TEXT,
  flow_id TEXT NOT NULL,
  flow_seq INTEGER NOT NULL,
  flow_version TEXT,
  -- SHA-256 of the token in hex; not unique and not indexed, the token names the session itself.
  session_token TEXT NOT NULL,
  token_hint TEXT NOT NULL,
  csrf_hash TEXT NOT NULL,
  school_id TEXT,
  theme_id TEXT,
  trace_enabled INTEGER NOT NULL CHECK (trace_enabled IN (0, 1)),
  trace_level TEXT CHECK (trace_level IN ('minimal', 'standard', 'verbose')),
  started_at TEXT NOT NULL,
  revision INTEGER NOT NULL CHECK (revision >= 1),
  -- The number of the last history row, so that a commit needs no look-up to go on from it.
  history_seq INTEGER NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('active', 'completed', 'abandoned')),
  last_activity_at TEXT NOT NULL,
  ended_at TEXT,
  ended_reason TEXT,
  lease_token TEXT,
  lease_expires_at TEXT,
  current_node_id TEXT,
  current_flow_id TEXT,
  state_hash TEXT,
  turn_hash TEXT,
  info TEXT NOT NULL CHECK (json_valid(info)),
  state TEXT NOT NULL CHECK (json_valid(state)),
  engine TEXT NOT NULL CHECK (json_valid(engine))
) STRICT;
CREATE INDEX ix_conversation_sessions_user ON conversation_sessions (user_id)
  WHERE user_id IS NOT NULL;
CREATE INDEX ix_conversation_sessions_flow ON conversation_sessions (flow_id, started_at);
CREATE INDEX ix_conversation_sessions_school ON conversation_sessions (school_id, started_at)
  WHERE school_id IS NOT NULL;
CREATE INDEX ix_conversation_sessions_active ON conversation_sessions (started_at)
  WHERE status = 'active';

CREATE TABLE conversation_history (
  session_id TEXT NOT NULL REFERENCES conversation_sessions (id) ON DELETE CASCADE,
  seq INTEGER NOT NULL,
  flow_id TEXT,
  node_id TEXT NOT NULL,
  interaction_type TEXT NOT NULL CHECK (interaction_type IN ('message', 'input', 'action')),
  content TEXT NOT NULL CHECK (json_valid(content)),
  created_at TEXT NOT NULL,
  -- The nodes and edges of a whole turn, on its first row (F45).
  path TEXT CHECK (json_valid(path)),
  PRIMARY KEY (session_id, seq)
) STRICT;

-- What it takes to replay a session (F3).
CREATE TABLE session_journal (
  session_id TEXT NOT NULL REFERENCES conversation_sessions (id) ON DELETE CASCADE,
  revision INTEGER NOT NULL,
  at TEXT NOT NULL,
  input TEXT NOT NULL CHECK (json_valid(input)),
  outcomes TEXT NOT NULL CHECK (json_valid(outcomes)),
  turn_hash TEXT NOT NULL,
  PRIMARY KEY (session_id, revision)
) STRICT;
