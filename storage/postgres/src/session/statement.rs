//! The statements that write a session and the rows of a turn.
//!
//! A turn that has nothing beside history and journal, as most have, is written by a statement that
//! knows of nothing else; a turn that has, by one that begins with the same parameters and goes on.

/// Opens the session's row; `$1` to `$9` are the rows of the turn.
macro_rules! create {
    ($returning:literal) => {
        concat!(
            "WITH session AS (
  INSERT INTO conversation_sessions (
    id, user_id, flow_id, flow_seq, flow_version, session_token, token_hint, csrf_hash, school_id,
    theme_id, trace_enabled, trace_level, started_at, revision, history_seq, status,
    last_activity_at, ended_at, ended_reason, current_node_id, current_flow_id, state_hash,
    turn_hash, info, state, engine)
  VALUES ($10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21::enum_trace_level, $22, 1,
    cardinality($2), $23::enum_conversation_session_status, $22, $24, $25, $26, $27, $28, $29, $30,
    $31, $32)
  ON CONFLICT (id) DO NOTHING
  RETURNING ",
            $returning,
            "
), history AS (
  INSERT INTO conversation_history (
    session_id, seq, flow_id, node_id, interaction_type, content, created_at, path)
  SELECT $10, r.ordinal, r.flow_id, r.node_id, r.kind::enum_interaction_type, r.content,
    r.created_at, r.path
  FROM session AS s
  CROSS JOIN unnest($1, $2, $3, $4, $5, $6)
    WITH ORDINALITY AS r (flow_id, node_id, kind, content, created_at, path, ordinal)
), journal AS (
  INSERT INTO session_journal (session_id, revision, at, input, outcomes, turn_hash)
  SELECT $10, 1, $22, $7, $8, $9 FROM session AS s WHERE $9 IS NOT NULL
)"
        )
    };
}

/// Rewrites the session's row under the guard of F9: the revision that was read, and one's own lease
/// or none that is live; of a session that was kept, the row as it was left as well: every writing of a
/// row changes its `xmin`. With it the rows of the turn; if it refuses there are none.
macro_rules! commit {
    ($guard:literal, $returning:literal) => {
        concat!(
            "WITH session AS (
  UPDATE conversation_sessions SET
    revision = revision + 1, history_seq = history_seq + cardinality($2), last_activity_at = $13,
    lease_token = NULL, lease_expires_at = NULL,
    status = $14::enum_conversation_session_status, ended_at = $15, ended_reason = $16,
    current_node_id = $17, current_flow_id = $18, state_hash = $19, turn_hash = $20, info = $21,
    state = $22, engine = $23
  WHERE id = $10 AND revision = $11
    AND (lease_token = $12 OR lease_expires_at IS NULL OR lease_expires_at < $13)",
            $guard,
            "
  RETURNING id, revision, xmin::text::bigint AS mark, history_seq - cardinality($2) AS last",
            $returning,
            "
), history AS (
  INSERT INTO conversation_history (
    session_id, seq, flow_id, node_id, interaction_type, content, created_at, path)
  SELECT $10, s.last + r.ordinal, r.flow_id, r.node_id, r.kind::enum_interaction_type, r.content,
    r.created_at, r.path
  FROM session AS s
  CROSS JOIN unnest($1, $2, $3, $4, $5, $6)
    WITH ORDINALITY AS r (flow_id, node_id, kind, content, created_at, path, ordinal)
), journal AS (
  INSERT INTO session_journal (session_id, revision, at, input, outcomes, turn_hash)
  SELECT $10, s.revision, $13, $7, $8, $9 FROM session AS s WHERE $9 IS NOT NULL
)"
        )
    };
}

/// What may come with a turn at the time `$at`. The parameters are bound by `extras::bind`, in this
/// order.
///
/// - Content: what is there already is left alone (S5.22).
/// - Conversions: for each item and variant that was shown, the last impression, unless the pair has
///   converted (S5.23); the id is that of the impression as of version 8. What this statement
///   writes it does not see, so the impressions of this turn are taken from the parameter.
/// - Answers: one that has expired is replaced; any other made the guard refuse.
/// - Events: what the stream is to have is published by being written (S6.30). Other processes are not
///   told here: a notice in a turn's transaction would make turns wait for each other (F17).
macro_rules! extras {
    (
        $at:literal, $content:literal, $converts:literal,
        [$flow:literal, $taken:literal, $errors:literal, $duration:literal, $steps:literal,
         $state:literal],
        [$key:literal, $hash:literal, $status:literal, $response:literal, $expires:literal],
        $events:literal, $times:literal
    ) => {
        concat!(
            ", told AS (
  SELECT r.id, r.kind::enum_content_event AS event, r.content_id,
    r.variant_key COLLATE \"C\" AS variant_key, r.flow_id, r.node_id COLLATE \"C\" AS node_id,
    r.impression_id, r.value::json AS value, r.ordinal
  FROM ROWS FROM (json_to_recordset(", $content, ") AS (
    id uuid, kind text, content_id uuid, variant_key text, flow_id uuid, node_id text,
    impression_id uuid, value text)) WITH ORDINALITY AS r (
    id, kind, content_id, variant_key, flow_id, node_id, impression_id, value, ordinal)
), content AS (
  INSERT INTO content_events (
    session_id, id, event, content_id, variant_key, flow_id, node_id, school_id, user_id,
    impression_id, value, created_at, revision, ordinal)
  SELECT $10, t.id, t.event, t.content_id, t.variant_key, t.flow_id, t.node_id, s.school_id,
    s.user_id, t.impression_id, t.value, ", $at, ", s.revision, t.ordinal
  FROM session AS s CROSS JOIN told AS t
  ON CONFLICT DO NOTHING
), conversions AS (
  INSERT INTO content_events (
    session_id, id, event, content_id, variant_key, flow_id, node_id, school_id, user_id,
    impression_id, created_at, revision, ordinal)
  SELECT $10, overlay(n.id::text PLACING '8' FROM 15)::uuid, 'conversion', n.content_id,
    n.variant_key, n.flow_id, n.node_id, n.school_id, n.user_id, n.id, ", $at, ", n.revision,
    json_array_length(", $content, ") + n.place
  FROM (
   SELECT l.id, l.content_id, l.variant_key, l.flow_id, l.node_id, s.school_id, s.user_id,
     s.revision, row_number() OVER (ORDER BY l.content_id, l.variant_key NULLS LAST) AS place
   FROM session AS s
   CROSS JOIN LATERAL (
    SELECT DISTINCT ON (i.content_id, i.variant_key) i.id, i.content_id, i.variant_key, i.flow_id,
      i.node_id
    FROM (
      SELECT e.id, e.content_id, e.variant_key, e.flow_id, e.node_id, e.revision, e.ordinal
      FROM content_events AS e WHERE e.session_id = $10 AND e.event = 'impression'
      UNION ALL
      SELECT t.id, t.content_id, t.variant_key, t.flow_id, t.node_id, s.revision, t.ordinal
      FROM told AS t WHERE t.event = 'impression'
    ) AS i
    ORDER BY i.content_id, i.variant_key, i.revision DESC, i.ordinal DESC
   ) AS l
   WHERE ", $converts, " AND NOT EXISTS (
    SELECT 1 FROM content_events AS c
    WHERE c.session_id = $10 AND c.event = 'conversion' AND c.content_id = l.content_id
      AND c.variant_key IS NOT DISTINCT FROM l.variant_key)
  ) AS n
  ON CONFLICT DO NOTHING
), trace AS (
  INSERT INTO flow_execution_turns (
    session_id, revision, flow_id, at, step_count, error_count, duration_ms, steps, state)
  SELECT $10, s.revision, ", $flow, ", ", $at, ", ", $taken, ", ", $errors, ", ", $duration, ",
    ", $steps, ", ", $state, "
  FROM session AS s WHERE ", $flow, " IS NOT NULL
), answered AS (
  INSERT INTO chat_request_log (
    session_id, request_key, body_hash, status, response, created_at, expires_at)
  SELECT $10, ", $key, ", ", $hash, ", ", $status, ", ", $response, ", ", $at, ", ", $expires, "
  FROM session AS s WHERE ", $key, " IS NOT NULL
  ON CONFLICT (session_id, request_key) DO UPDATE SET
    body_hash = excluded.body_hash, status = excluded.status, response = excluded.response,
    created_at = excluded.created_at, expires_at = excluded.expires_at
), events AS (
  INSERT INTO event_outbox (
    session_id, id, event_type, event_version, source_service, destination, routing_key, payload,
    headers, subscription_id, status, priority, retry_count, max_retries, correlation_id,
    causation_id, user_id, flow_id, school_id, created_at, processed_at)
  SELECT $10, r.id, r.event_type, r.event_version, r.source_service, r.destination, r.routing_key,
    r.payload::json, r.headers::json, r.subscription_id,
    CASE WHEN r.is_stream THEN 'published' ELSE 'pending' END::enum_event_outbox_status,
    r.priority, 0, r.max_retries, r.correlation_id, r.causation_id, r.user_id, r.flow_id,
    r.school_id, r.created_at, CASE WHEN r.is_stream THEN r.created_at END
  FROM (
   SELECT e.id, e.event_type, e.event_version, e.source_service, e.destination, e.is_stream,
     e.routing_key, e.payload, e.headers, e.subscription_id, e.priority, e.max_retries,
     e.correlation_id, e.causation_id, e.user_id, e.flow_id, e.school_id, e.created_at
   FROM session AS s
   CROSS JOIN ROWS FROM (
    json_to_recordset(", $events, ") AS (
      id uuid, event_type text, event_version text, source_service text, destination text,
      is_stream boolean, routing_key text, payload text, headers text, subscription_id uuid,
      priority smallint, max_retries integer, correlation_id text, causation_id text,
      user_id uuid, flow_id uuid, school_id uuid),
    unnest(", $times, ")) WITH ORDINALITY AS e (
    id, event_type, event_version, source_service, destination, is_stream, routing_key, payload,
    headers, subscription_id, priority, max_retries, correlation_id, causation_id, user_id,
    flow_id, school_id, created_at, ordinal)
   ORDER BY e.ordinal
  ) AS r
)"
        )
    };
}

/// The session, its first history rows and its first journal entry. Answers with nothing if the
/// id is taken.
pub(super) const CREATE: &str = concat!(create!("id"), "\nSELECT s.id FROM session AS s");

/// As [`CREATE`], with whatever else there may be.
pub(super) const CREATE_ALL: &str = concat!(
    create!("id, revision, school_id, user_id"),
    extras!(
        "$22",
        "$33",
        "$34",
        ["$35", "$36", "$37", "$38", "$39", "$40"],
        ["$41", "$42", "$43", "$44", "$45"],
        "$46",
        "$47"
    ),
    ", preview AS (
  INSERT INTO session_previews (session_id, preview)
  SELECT $10, $48 FROM session AS s WHERE $48 IS NOT NULL
)
SELECT s.id FROM session AS s"
);

/// The turn; the answer is empty if the guard refuses.
pub(super) const COMMIT: &str = concat!(
    commit!("\n    AND ($24::bigint IS NULL OR xmin::text::bigint = $24)", ""),
    "\nSELECT s.revision, s.mark FROM session AS s"
);

/// As [`COMMIT`], with whatever else there may be. It refuses to answer a request again as well.
pub(super) const COMMIT_ALL: &str = concat!(
    commit!(
        "
    AND ($39::bigint IS NULL OR xmin::text::bigint = $39)
    AND NOT EXISTS (
      SELECT 1 FROM chat_request_log AS l
      WHERE l.session_id = $10 AND l.request_key = $32 AND l.expires_at > $13)",
        ", school_id, user_id"
    ),
    extras!(
        "$13",
        "$24",
        "$25",
        ["$26", "$27", "$28", "$29", "$30", "$31"],
        ["$32", "$33", "$34", "$35", "$36"],
        "$37",
        "$38"
    ),
    "\nSELECT s.revision, s.mark FROM session AS s"
);
