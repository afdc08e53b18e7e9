-- Where events are sent (S1.65).
CREATE TABLE webhook_subscriptions (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 36),
  name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 255),
  url TEXT NOT NULL CHECK (length(url) BETWEEN 1 AND 500),
  -- Encrypted by the host; stores never see the key.
  secret BLOB,
  method TEXT NOT NULL CHECK (method IN ('POST', 'PUT')),
  headers TEXT NOT NULL CHECK (json_type(headers) = 'object'),
  timeout_seconds INTEGER NOT NULL CHECK (timeout_seconds BETWEEN 1 AND 60),
  max_retries INTEGER NOT NULL CHECK (max_retries BETWEEN 0 AND 10),
  -- Empty: every event.
  event_types TEXT NOT NULL CHECK (json_type(event_types) = 'array'),
  flow_id TEXT REFERENCES flow_definitions (id) ON DELETE CASCADE,
  school_id TEXT REFERENCES schools (wriveted_identifier) ON DELETE CASCADE,
  status TEXT NOT NULL CHECK (status IN ('active', 'paused', 'disabled')),
  consecutive_failures INTEGER NOT NULL CHECK (consecutive_failures >= 0),
  last_success_at TEXT,
  last_failure_at TEXT,
  last_error TEXT,
  -- Until when somebody is trying whether a failing receiver does well again (S6.46).
  probe_until TEXT,
  created_by TEXT,
  row_version INTEGER NOT NULL CHECK (row_version >= 1),
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL
) STRICT;
CREATE INDEX ix_webhook_subscriptions_status ON webhook_subscriptions (status);
CREATE INDEX ix_webhook_subscriptions_school ON webhook_subscriptions (school_id, id);
CREATE INDEX ix_webhook_subscriptions_flow ON webhook_subscriptions (flow_id) WHERE flow_id IS NOT NULL;

-- Events, written in the transaction of what they tell of (S1.64, S6.30). Nothing refers to other tables (F44).
CREATE TABLE event_outbox (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE CHECK (length(id) = 36),
  event_type TEXT NOT NULL CHECK (length(event_type) BETWEEN 1 AND 100),
  event_version TEXT NOT NULL CHECK (length(event_version) <= 20),
  source_service TEXT NOT NULL CHECK (length(source_service) <= 50),
  destination TEXT NOT NULL CHECK (length(destination) BETWEEN 1 AND 600),
  routing_key TEXT CHECK (length(routing_key) <= 100),
  payload TEXT NOT NULL CHECK (json_valid(payload)),
  headers TEXT CHECK (json_valid(headers)),
  subscription_id TEXT,
  status TEXT NOT NULL
    CHECK (status IN ('pending', 'processing', 'published', 'failed', 'dead_letter')),
  priority INTEGER NOT NULL CHECK (priority BETWEEN 0 AND 3),
  retry_count INTEGER NOT NULL CHECK (retry_count >= 0),
  max_retries INTEGER NOT NULL CHECK (max_retries >= 0),
  next_retry_at TEXT,
  locked_by TEXT CHECK (length(locked_by) <= 64),
  locked_until TEXT,
  last_error TEXT CHECK (length(last_error) <= 2000),
  error_details TEXT CHECK (json_valid(error_details)),
  correlation_id TEXT CHECK (length(correlation_id) <= 100),
  causation_id TEXT CHECK (length(causation_id) <= 100),
  user_id TEXT,
  session_id TEXT,
  flow_id TEXT,
  school_id TEXT,
  created_at TEXT NOT NULL,
  updated_at TEXT,
  processed_at TEXT
) STRICT;
-- What is to be delivered, the most urgent first.
CREATE INDEX ix_event_outbox_due ON event_outbox (priority DESC, seq)
  WHERE status IN ('pending', 'processing', 'failed');
-- Rows of one receiver and session go out in their order (S6.33).
CREATE INDEX ix_event_outbox_order ON event_outbox (subscription_id, session_id, seq)
  WHERE status IN ('pending', 'processing', 'failed') AND subscription_id IS NOT NULL;
-- The stream, in its order.
CREATE INDEX ix_event_outbox_stream ON event_outbox (seq) WHERE destination = 'stream';
CREATE INDEX ix_event_outbox_session ON event_outbox (session_id) WHERE session_id IS NOT NULL;
CREATE INDEX ix_event_outbox_user ON event_outbox (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX ix_event_outbox_done ON event_outbox (status, processed_at)
  WHERE status IN ('published', 'dead_letter');

-- One row for each attempt (S1.66).
CREATE TABLE webhook_deliveries (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 36),
  outbox_id TEXT NOT NULL,
  subscription_id TEXT NOT NULL REFERENCES webhook_subscriptions (id) ON DELETE CASCADE,
  attempt INTEGER NOT NULL CHECK (attempt >= 1),
  status_code INTEGER,
  duration_ms INTEGER NOT NULL CHECK (duration_ms >= 0),
  error TEXT,
  response_preview TEXT CHECK (length(response_preview) <= 500),
  created_at TEXT NOT NULL
) STRICT;
CREATE INDEX ix_webhook_deliveries_subscription
  ON webhook_deliveries (subscription_id, created_at DESC, id DESC);
CREATE INDEX ix_webhook_deliveries_created ON webhook_deliveries (created_at);

-- How often rows of a kind have changed, so that other processes drop their caches (S10.3).
CREATE TABLE cache_epoch (
  kind TEXT PRIMARY KEY NOT NULL,
  n INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
