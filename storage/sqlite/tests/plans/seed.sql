-- Rows enough that a planner has a choice. No ANALYZE: the store does not run it either, so production plans without
-- statistics, too.
BEGIN;
CREATE TEMP TABLE n (n INTEGER PRIMARY KEY, id TEXT NOT NULL);
INSERT INTO n
WITH RECURSIVE count (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM count WHERE n < 4000)
SELECT n, printf('%08x-0000-4000-8000-%012x', n * 40503 % 65536, n) FROM count;

INSERT INTO conversation_sessions (
  id, flow_id, flow_seq, session_token, token_hint, csrf_hash, trace_enabled, started_at, revision,
  history_seq, status, last_activity_at, info, state, engine)
SELECT id, id, 1, id, 'abcdef', id, 0, '2026-01-01T00:00:00.000Z', 2, 6, 'active',
  '2026-01-01T00:00:00.000Z', '{}', json_object('text', hex(zeroblob(500))), '{}'
FROM n;

INSERT INTO conversation_history (
  session_id, seq, node_id, interaction_type, content, created_at)
SELECT n.id, seq.value, 'node', 'message', '{"text":"Hello there"}', '2026-01-01T00:00:00.000Z'
FROM n CROSS JOIN json_each('[1,2,3,4,5,6]') AS seq;

INSERT INTO session_journal (session_id, revision, at, input, outcomes, turn_hash)
SELECT n.id, seq.value, '2026-01-01T00:00:00.000Z', '{"value":"b"}', '[]', 'h'
FROM n CROSS JOIN json_each('[1,2]') AS seq;

INSERT INTO content_events (
  id, event, content_id, variant_key, session_id, node_id, created_at, revision, ordinal)
SELECT substr(n.id, 1, 35) || seq.value, 'impression', n.id, 'b', n.id, 'node', '2026-01-01T00:00:00.000Z', 2, seq.value
FROM n CROSS JOIN json_each('[1,2]') AS seq WHERE n.n % 16 = 0;

INSERT INTO flow_execution_turns (
  session_id, revision, flow_id, at, step_count, error_count, duration_ms, steps)
SELECT n.id, seq.value, n.id, '2026-01-01T00:00:00.000Z', 3, 0, 5, '[]'
FROM n CROSS JOIN json_each('[1,2]') AS seq;

INSERT INTO chat_request_log (
  session_id, request_key, body_hash, status, response, created_at, expires_at)
SELECT n.id, 'key', 'b', 200, '{}', '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z' FROM n;

INSERT INTO webhook_subscriptions (
  id, name, url, method, headers, timeout_seconds, max_retries, event_types, status,
  consecutive_failures, row_version, created_at, updated_at)
SELECT id, 'Hook', 'https://hooks.example', 'POST', '{}', 30, 3, '[]', 'active', 0, 1,
  '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z'
FROM n;

INSERT INTO event_outbox (
  id, event_type, event_version, source_service, destination, payload, subscription_id, status,
  priority, retry_count, max_retries, session_id, created_at, processed_at)
SELECT id, 'node_changed', '1.0', 'chatflow', iif(n % 2, 'stream', 'webhook'), '{}',
  iif(n % 2, NULL, id), iif(n % 10, 'published', 'pending'), 1, 0, 3, id,
  '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z'
FROM n;

INSERT INTO conversation_analytics (
  flow_id, node_id, date, school_id, metrics, created_at, updated_at)
SELECT n.id, node.value, '2026-01-01', '', '{}', '2026-01-01T00:00:00.000Z',
  '2026-01-01T00:00:00.000Z'
FROM n CROSS JOIN json_each('["","a","b"]') AS node;
COMMIT;
