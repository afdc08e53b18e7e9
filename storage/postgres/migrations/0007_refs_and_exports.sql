-- What flows refer to (F43): by a node of the flow, or, with an empty node, by the flow itself. Whoever saves a flow says so.
CREATE TABLE flow_refs (
  flow_id uuid NOT NULL REFERENCES flow_definitions (id) ON DELETE CASCADE,
  node_id varchar(255) COLLATE "C" NOT NULL,
  kind varchar(20) COLLATE "C" NOT NULL CHECK (kind IN ('content', 'flow', 'theme')),
  -- An id, for flows `id:<uuid>` or `key:<seed key>`.
  ref_id varchar(260) COLLATE "C" NOT NULL CHECK (ref_id <> ''),
  in_draft boolean NOT NULL,
  -- Whether the newest published version refers to it.
  in_version boolean NOT NULL,
  PRIMARY KEY (flow_id, node_id, kind, ref_id)
);
CREATE INDEX ix_flow_refs_ref ON flow_refs (kind, ref_id, flow_id, node_id);

-- Flows that were saved before references were kept; SQL does not read their graphs.
CREATE TABLE flow_refs_unread (
  flow_id uuid PRIMARY KEY REFERENCES flow_definitions (id) ON DELETE CASCADE
);
INSERT INTO flow_refs_unread (flow_id) SELECT id FROM flow_definitions;

-- Files of analytics that are made in the background (S1.67, S5.44).
CREATE TYPE enum_export_state AS ENUM (
  'preparing', 'processing', 'completed', 'failed', 'cancelled', 'expired');
CREATE TABLE analytics_exports (
  id varchar(40) COLLATE "C" PRIMARY KEY,
  kind varchar(20) COLLATE "C" NOT NULL CHECK (kind IN ('general', 'flow', 'content')),
  format varchar(10) COLLATE "C" NOT NULL CHECK (format <> ''),
  params json NOT NULL,
  state enum_export_state NOT NULL,
  progress integer NOT NULL CHECK (progress BETWEEN 0 AND 100),
  records_count bigint,
  file_path text COLLATE "C",
  file_size bigint,
  sha256 varchar(64) COLLATE "C" CHECK (length(sha256) = 64),
  error text COLLATE "C",
  requested_by uuid,
  service_account_id uuid,
  school_id uuid,
  created_at timestamptz NOT NULL,
  started_at timestamptz,
  completed_at timestamptz,
  expires_at timestamptz NOT NULL,
  locked_by text COLLATE "C",
  locked_until timestamptz,
  -- How often it was taken up.
  attempts integer NOT NULL CHECK (attempts >= 0)
);
CREATE INDEX ix_analytics_exports_open ON analytics_exports (created_at, id)
  WHERE state IN ('preparing', 'processing');
CREATE INDEX ix_analytics_exports_created ON analytics_exports (created_at, id);
CREATE INDEX ix_analytics_exports_expires ON analytics_exports (expires_at, id);
