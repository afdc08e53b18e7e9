CREATE TYPE enum_webhook_subscription_status AS ENUM ('active', 'paused', 'disabled');
CREATE TYPE enum_event_outbox_status AS ENUM (
  'pending', 'processing', 'published', 'failed', 'dead_letter');

-- Where events are sent (S1.65).
CREATE TABLE webhook_subscriptions (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  name varchar(255) COLLATE "C" NOT NULL CHECK (name <> ''),
  url varchar(500) COLLATE "C" NOT NULL CHECK (url <> ''),
  -- Encrypted by the host; stores never see the key.
  secret bytea,
  method varchar(10) COLLATE "C" NOT NULL CHECK (method IN ('POST', 'PUT')),
  headers json NOT NULL,
  timeout_seconds integer NOT NULL CHECK (timeout_seconds BETWEEN 1 AND 60),
  max_retries integer NOT NULL CHECK (max_retries BETWEEN 0 AND 10),
  -- Empty: every event.
  event_types text[] COLLATE "C" NOT NULL,
  flow_id uuid REFERENCES flow_definitions (id) ON DELETE CASCADE,
  school_id uuid REFERENCES schools (wriveted_identifier) ON DELETE CASCADE,
  status enum_webhook_subscription_status NOT NULL,
  consecutive_failures integer NOT NULL CHECK (consecutive_failures >= 0),
  last_success_at timestamptz,
  last_failure_at timestamptz,
  last_error text COLLATE "C",
  -- Until when somebody is trying whether a failing receiver does well again (S6.46).
  probe_until timestamptz,
  created_by uuid,
  row_version bigint NOT NULL CHECK (row_version >= 1),
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);
CREATE INDEX ix_webhook_subscriptions_status ON webhook_subscriptions (status);
CREATE INDEX ix_webhook_subscriptions_school ON webhook_subscriptions (school_id, id);
CREATE INDEX ix_webhook_subscriptions_flow ON webhook_subscriptions (flow_id) WHERE flow_id IS NOT NULL;

-- Events, written in the transaction of what they tell of (S1.64, S6.30). Nothing refers to other tables (F44).
CREATE TABLE event_outbox (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id uuid NOT NULL UNIQUE,
  -- Who wrote it: readers pass over rows whose neighbours may still be under way (F43).
  written_by xid8 NOT NULL DEFAULT pg_current_xact_id(),
  event_type varchar(100) COLLATE "C" NOT NULL CHECK (event_type <> ''),
  event_version varchar(20) COLLATE "C" NOT NULL,
  source_service varchar(50) COLLATE "C" NOT NULL,
  destination varchar(600) COLLATE "C" NOT NULL CHECK (destination <> ''),
  routing_key varchar(100) COLLATE "C",
  payload json NOT NULL,
  headers json,
  subscription_id uuid,
  status enum_event_outbox_status NOT NULL,
  priority smallint NOT NULL CHECK (priority BETWEEN 0 AND 3),
  retry_count integer NOT NULL CHECK (retry_count >= 0),
  max_retries integer NOT NULL CHECK (max_retries >= 0),
  next_retry_at timestamptz,
  locked_by varchar(64) COLLATE "C",
  locked_until timestamptz,
  last_error varchar(2000) COLLATE "C",
  error_details json,
  correlation_id varchar(100) COLLATE "C",
  causation_id varchar(100) COLLATE "C",
  user_id uuid,
  session_id uuid,
  flow_id uuid,
  school_id uuid,
  created_at timestamptz NOT NULL,
  updated_at timestamptz,
  processed_at timestamptz
);
-- What is to be delivered, the most urgent first.
CREATE INDEX ix_event_outbox_due ON event_outbox (priority DESC, seq)
  WHERE status IN ('pending', 'processing', 'failed');
-- Rows of one receiver and session go out in their order (S6.33).
CREATE INDEX ix_event_outbox_order ON event_outbox (subscription_id, session_id, seq)
  WHERE status IN ('pending', 'processing', 'failed') AND subscription_id IS NOT NULL;
-- The stream, in an order that is never entered behind a reader's back (F43).
CREATE INDEX ix_event_outbox_stream ON event_outbox (written_by, seq) WHERE destination = 'stream';
CREATE INDEX ix_event_outbox_session ON event_outbox (session_id) WHERE session_id IS NOT NULL;
CREATE INDEX ix_event_outbox_user ON event_outbox (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX ix_event_outbox_done ON event_outbox (status, processed_at)
  WHERE status IN ('published', 'dead_letter');

-- One row for each attempt (S1.66).
CREATE TABLE webhook_deliveries (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  outbox_id uuid NOT NULL,
  subscription_id uuid NOT NULL REFERENCES webhook_subscriptions (id) ON DELETE CASCADE,
  attempt integer NOT NULL CHECK (attempt >= 1),
  status_code integer,
  duration_ms bigint NOT NULL CHECK (duration_ms >= 0),
  error text COLLATE "C",
  response_preview varchar(500) COLLATE "C",
  created_at timestamptz NOT NULL
);
CREATE INDEX ix_webhook_deliveries_subscription
  ON webhook_deliveries (subscription_id, created_at DESC, id DESC);
CREATE INDEX ix_webhook_deliveries_created ON webhook_deliveries (created_at);
