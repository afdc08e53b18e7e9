-- Rows enough that a planner chooses as in production.
CREATE TEMP TABLE some_flows AS SELECT n, gen_random_uuid() AS id FROM generate_series(0, 49) AS n;
INSERT INTO conversation_sessions (
  id, user_id, flow_id, flow_seq, session_token, token_hint, csrf_hash, school_id, trace_enabled,
  started_at, revision, history_seq, status, last_activity_at, ended_at, info, state, engine)
SELECT gen_random_uuid(), gen_random_uuid(), f.id, 1, repeat('d', 64), 'abcdef', repeat('c', 64), f.id,
  false, now() - n * interval '1 minute', 2, 6,
  CASE WHEN n % 10 = 0 THEN 'active' ELSE 'completed' END::enum_conversation_session_status, now(),
  CASE WHEN n % 10 > 0 THEN now() END, '{}', json_build_object('text', repeat('s', 1000)), '{}'
FROM generate_series(1, 4000) AS i (n) JOIN some_flows AS f (m, id) ON f.m = i.n % 50;

INSERT INTO conversation_history (
  session_id, seq, node_id, interaction_type, content, created_at)
SELECT s.id, seq, 'node', 'message', '{"text":"Hello there"}', now()
FROM conversation_sessions AS s CROSS JOIN generate_series(1, 6) AS seq;

INSERT INTO session_journal (session_id, revision, at, input, outcomes, turn_hash)
SELECT s.id, n, now(), '{"value":"b"}', '[]', repeat('h', 44)
FROM conversation_sessions AS s CROSS JOIN generate_series(1, 2) AS n;

INSERT INTO session_previews (session_id, preview)
SELECT s.id, '{}' FROM conversation_sessions AS s;

INSERT INTO content_events (
  id, event, content_id, variant_key, session_id, node_id, created_at, revision, ordinal, is_counted)
SELECT gen_random_uuid(), 'impression', gen_random_uuid(), 'b', s.id, 'node', now(), 2, n,
  s.status <> 'active'
FROM conversation_sessions AS s CROSS JOIN generate_series(1, 4) AS n;

INSERT INTO flow_execution_turns (
  session_id, revision, flow_id, at, step_count, error_count, duration_ms, steps)
SELECT s.id, n, s.flow_id, now(), 3, 0, 5, '[]'
FROM conversation_sessions AS s CROSS JOIN generate_series(1, 2) AS n;

INSERT INTO chat_request_log (
  session_id, request_key, body_hash, status, response, created_at, expires_at)
SELECT s.id, 'key ' || n, repeat('b', 64), 200, '{}', now(), now()
FROM conversation_sessions AS s CROSS JOIN generate_series(1, 2) AS n;

INSERT INTO trace_access_audit (id, session_id, actor_label, access_type, accessed_at)
SELECT gen_random_uuid(), s.id, 'somebody', 'view_trace', now() FROM conversation_sessions AS s;

INSERT INTO chat_themes (id, name, config, is_active, is_default, version, row_version, created_at, updated_at)
SELECT gen_random_uuid(), 'Theme ' || n, json_build_object('text', repeat('t', 500)), true, false, '1.0', 1, now(), now()
FROM generate_series(1, 2000) AS n;

INSERT INTO flow_definitions (
  seed_key, name, version, flow_data, info, allow_anonymous, is_published, is_active, visibility,
  retention_days, trace_enabled, trace_level, trace_sample_rate, graph_hash, row_version,
  created_at, updated_at)
SELECT 'flow-' || n, 'Flow ' || n, '1.0.0', json_build_object('text', repeat('f', 1000)), '{}', true,
  n % 2 = 0, true, 'public', 30, false, 'standard', 100, repeat('0', 64), 1, now(), now()
FROM generate_series(1, 2000) AS n;

INSERT INTO flow_versions (
  flow_id, seq, version, name, snapshot, graph_hash, visibility, allow_anonymous, published_at)
SELECT f.id, seq, '1.0.' || seq, f.name, json_build_object('text', repeat('v', 1000)),
  repeat('0', 64), 'public', true, now()
FROM flow_definitions AS f CROSS JOIN generate_series(1, 3) AS seq;

INSERT INTO flow_refs (flow_id, node_id, kind, ref_id, in_draft, in_version)
SELECT f.id, 'node ' || n, CASE WHEN n < 4 THEN 'content' ELSE 'flow' END, 'id:' || gen_random_uuid(), true, true
FROM flow_definitions AS f CROSS JOIN generate_series(1, 5) AS n;
INSERT INTO flow_refs_unread (flow_id) SELECT id FROM flow_definitions;

INSERT INTO analytics_exports (
  id, kind, format, params, state, progress, requested_by, school_id, created_at, expires_at, attempts)
SELECT 'export-' || lpad(n::text, 26, '0'), 'general', 'csv', '{}',
  CASE WHEN n % 50 = 0 THEN 'preparing' ELSE 'completed' END::enum_export_state, 0, gen_random_uuid(),
  gen_random_uuid(), now() - n * interval '1 minute', now() - n * interval '1 minute', 0
FROM generate_series(1, 4000) AS n;

INSERT INTO flow_version_links (flow_id, seq, ordinal, link)
SELECT v.flow_id, v.seq, ordinal, 'key:flow-' || ordinal
FROM flow_versions AS v CROSS JOIN generate_series(1, 2) AS ordinal;

INSERT INTO cms_content (
  type, content, info, tags, is_active, status, visibility, row_version, created_at, updated_at)
SELECT (enum_range(NULL::enum_cms_content_type))[1 + n % 6], json_build_object('text', repeat('c', 500)),
  '{}', ARRAY['tag-' || n % 50], true, 'published', 'public', 1, now(), now()
FROM generate_series(1, 6000) AS n;

INSERT INTO cms_content (
  id, type, content, info, tags, is_active, status, visibility, row_version, created_at, updated_at)
SELECT '00000000-0000-0000-0000-000000000007', 'joke', '{}', '{}', '{}', true, 'published', 'public', 1,
  now(), now();

INSERT INTO cms_content_variants (
  id, content_id, variant_key, variant_data, weight, conditions, is_active, created_at, updated_at)
SELECT gen_random_uuid(), c.id, key, json_build_object('text', repeat('v', 200)), 100, '{}', true, now(), now()
FROM cms_content AS c CROSS JOIN unnest(ARRAY['a', 'b']) AS key;

INSERT INTO content_counters (content_id, variant_key, impressions, engagements, conversions)
SELECT v.content_id, v.variant_key, 1, 1, 0 FROM cms_content_variants AS v;

INSERT INTO content_daily (
  content_id, variant_key, flow_id, school_id, date, impressions, interactions, conversions)
SELECT v.content_id, v.variant_key, gen_random_uuid(), gen_random_uuid(), current_date - n, 1, 1, 0
FROM cms_content_variants AS v CROSS JOIN generate_series(0, 1) AS n;

INSERT INTO audit_log (
  id, at, actor_type, action, resource_type, resource_id, school_id, changes)
SELECT gen_random_uuid(), now() - n * interval '1 minute', 'user', 'flow.publish', 'flow', n % 500,
  gen_random_uuid(), '{}'
FROM generate_series(1, 10000) AS n;

INSERT INTO webhook_subscriptions (
  name, url, method, headers, timeout_seconds, max_retries, event_types, status,
  consecutive_failures, row_version, created_at, updated_at)
SELECT 'Hook ' || n, 'https://hooks.example', 'POST', '{}', 30, 3, '{}', 'active', 0, 1, now(), now()
FROM generate_series(1, 2000) AS n;

INSERT INTO event_outbox (
  id, event_type, event_version, source_service, destination, payload, subscription_id, status,
  priority, retry_count, max_retries, session_id, created_at, processed_at)
SELECT gen_random_uuid(), 'node_changed', '1.0', 'chatflow',
  CASE WHEN n % 2 = 0 THEN 'stream' ELSE 'webhook' END, json_build_object('text', repeat('e', 300)),
  CASE WHEN n % 2 = 0 THEN NULL ELSE gen_random_uuid() END,
  (CASE WHEN n % 20 = 1 THEN 'pending' WHEN n % 20 = 3 THEN 'dead_letter' ELSE 'published' END)
    ::enum_event_outbox_status,
  1, 0, 3, gen_random_uuid(), now(), now()
FROM generate_series(1, 20000) AS n;

INSERT INTO webhook_deliveries (outbox_id, subscription_id, attempt, duration_ms, created_at)
SELECT gen_random_uuid(), s.id, n, 1, now()
FROM webhook_subscriptions AS s CROSS JOIN generate_series(1, 5) AS n;
INSERT INTO task_idempotency_records (
  idempotency_key, request_hash, status, session_id, node_id, session_revision, created_at,
  expires_at, attempts)
SELECT s.id || ':node:1', repeat('a', 64), 'completed', s.id, 'node', 1, now(), now(), 1
FROM conversation_sessions AS s;

INSERT INTO schools (wriveted_identifier, name, state, info, row_version, created_at, updated_at)
SELECT gen_random_uuid(), 'School ' || n, 'active', '{}', 1, now(), now()
FROM generate_series(1, 1000) AS n;

INSERT INTO users (
  type, is_active, email, name, school_id, info, row_version, created_at, updated_at)
SELECT (enum_range(NULL::enum_user_type))[1 + n % 7], true, n || '@example.org', 'User ' || n,
  s.wriveted_identifier, '{}', 1, now(), now()
FROM schools AS s CROSS JOIN generate_series(1, 1) AS m
CROSS JOIN LATERAL (SELECT s.id * 10 + m AS n) AS numbers;

INSERT INTO service_accounts (type, is_active, name, info, row_version, created_at, updated_at)
SELECT (enum_range(NULL::enum_service_account_type))[1 + n % 4], true, 'Service ' || n, '{}', 1,
  now(), now()
FROM generate_series(1, 1000) AS n;

INSERT INTO service_account_schools (service_account_id, school_id)
SELECT a.id, s.wriveted_identifier
FROM (SELECT id, row_number() OVER () AS n FROM service_accounts) AS a
JOIN (SELECT wriveted_identifier, row_number() OVER () AS n FROM schools) AS s USING (n);

INSERT INTO conversation_analytics (
  flow_id, node_id, date, school_id, metrics, created_at, updated_at)
SELECT f.id, node, current_date - past, school, '{}', now(), now()
FROM some_flows AS f CROSS JOIN generate_series(0, 30) AS past
CROSS JOIN unnest(ARRAY['', 'a', 'b', 'c', 'd', 'e']) AS node
CROSS JOIN unnest(ARRAY['00000000-0000-0000-0000-000000000000', f.id]) AS school;
-- More schools, of which no account is.
INSERT INTO schools (wriveted_identifier, name, state, info, row_version, created_at, updated_at)
SELECT gen_random_uuid(), 'School ' || n, 'active', '{}', 1, now(), now()
FROM generate_series(1001, 10000) AS n;

ANALYZE;
