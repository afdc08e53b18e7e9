-- What flows refer to (F43): by a node of the flow, or, with an empty node, by the flow itself. Whoever saves a flow says so.
CREATE TABLE flow_refs (
  flow_id TEXT NOT NULL REFERENCES flow_definitions (id) ON DELETE CASCADE,
  node_id TEXT NOT NULL CHECK (length(node_id) <= 255),
  kind TEXT NOT NULL CHECK (kind IN ('content', 'flow', 'theme')),
  -- An id, for flows `id:<uuid>` or `key:<seed key>`.
  ref_id TEXT NOT NULL CHECK (length(ref_id) BETWEEN 1 AND 260),
  in_draft INTEGER NOT NULL CHECK (in_draft IN (0, 1)),
  -- Whether the newest published version refers to it.
  in_version INTEGER NOT NULL CHECK (in_version IN (0, 1)),
  PRIMARY KEY (flow_id, node_id, kind, ref_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX ix_flow_refs_ref ON flow_refs (kind, ref_id, flow_id, node_id);

-- Flows that were saved before references were kept; SQL does not read their graphs.
CREATE TABLE flow_refs_unread (
  flow_id TEXT PRIMARY KEY NOT NULL REFERENCES flow_definitions (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
INSERT INTO flow_refs_unread (flow_id) SELECT id FROM flow_definitions;

-- Files of analytics that are made in the background (S1.67, S5.44).
CREATE TABLE analytics_exports (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) <= 40),
  kind TEXT NOT NULL CHECK (kind IN ('general', 'flow', 'content')),
  format TEXT NOT NULL CHECK (length(format) BETWEEN 1 AND 10),
  params TEXT NOT NULL CHECK (json_valid(params)),
  state TEXT NOT NULL CHECK (state IN (
    'preparing', 'processing', 'completed', 'failed', 'cancelled', 'expired')),
  progress INTEGER NOT NULL CHECK (progress BETWEEN 0 AND 100),
  records_count INTEGER,
  file_path TEXT,
  file_size INTEGER,
  sha256 TEXT CHECK (length(sha256) = 64),
  error TEXT,
  requested_by TEXT,
  service_account_id TEXT,
  school_id TEXT,
  created_at TEXT NOT NULL,
  started_at TEXT,
  completed_at TEXT,
  expires_at TEXT NOT NULL,
  locked_by TEXT,
  locked_until TEXT,
  -- How often it was taken up.
  attempts INTEGER NOT NULL CHECK (attempts >= 0)
) STRICT;
CREATE INDEX ix_analytics_exports_open ON analytics_exports (created_at, id)
  WHERE state IN ('preparing', 'processing');
CREATE INDEX ix_analytics_exports_created ON analytics_exports (created_at, id);
CREATE INDEX ix_analytics_exports_expires ON analytics_exports (expires_at, id);
