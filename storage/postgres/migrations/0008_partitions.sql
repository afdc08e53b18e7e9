-- Rows that are only added and that no conversation waits for lie in partitions of a month (F43): a month is dropped, not
-- deleted row by row. The time joins the keys, because Postgres wants it there. What has no partition lies in `…_rest`; the
-- program makes the coming months' and moves there what is theirs.
DROP INDEX ix_audit_log_at, ix_audit_log_school, ix_audit_log_resource;
DROP INDEX ix_trace_access_audit_session, ix_trace_access_audit_at;
DROP INDEX ix_webhook_deliveries_subscription, ix_webhook_deliveries_created;
ALTER TABLE audit_log RENAME TO audit_log_before;
ALTER TABLE audit_log_before DROP CONSTRAINT audit_log_pkey;
ALTER TABLE trace_access_audit RENAME TO trace_access_audit_before;
ALTER TABLE trace_access_audit_before DROP CONSTRAINT trace_access_audit_pkey;
ALTER TABLE webhook_deliveries RENAME TO webhook_deliveries_before;
ALTER TABLE webhook_deliveries_before DROP CONSTRAINT webhook_deliveries_pkey;

CREATE TABLE audit_log (
  LIKE audit_log_before INCLUDING DEFAULTS INCLUDING CONSTRAINTS,
  CONSTRAINT audit_log_pkey PRIMARY KEY (id, at)
) PARTITION BY RANGE (at);
CREATE TABLE trace_access_audit (
  LIKE trace_access_audit_before INCLUDING DEFAULTS INCLUDING CONSTRAINTS,
  CONSTRAINT trace_access_audit_pkey PRIMARY KEY (id, accessed_at),
  CONSTRAINT trace_access_audit_session_id_fkey FOREIGN KEY (session_id)
    REFERENCES conversation_sessions (id) ON DELETE SET NULL
) PARTITION BY RANGE (accessed_at);
CREATE TABLE webhook_deliveries (
  LIKE webhook_deliveries_before INCLUDING DEFAULTS INCLUDING CONSTRAINTS,
  CONSTRAINT webhook_deliveries_pkey PRIMARY KEY (id, created_at),
  CONSTRAINT webhook_deliveries_subscription_id_fkey FOREIGN KEY (subscription_id)
    REFERENCES webhook_subscriptions (id) ON DELETE CASCADE
) PARTITION BY RANGE (created_at);

CREATE INDEX ix_audit_log_at ON audit_log (at, id);
CREATE INDEX ix_audit_log_school ON audit_log (school_id, at, id) WHERE school_id IS NOT NULL;
CREATE INDEX ix_audit_log_resource ON audit_log (resource_type, resource_id, at, id);
CREATE INDEX ix_trace_access_audit_session ON trace_access_audit (session_id) WHERE session_id IS NOT NULL;
CREATE INDEX ix_trace_access_audit_at ON trace_access_audit (accessed_at);
CREATE INDEX ix_webhook_deliveries_subscription
  ON webhook_deliveries (subscription_id, created_at DESC, id DESC);
CREATE INDEX ix_webhook_deliveries_created ON webhook_deliveries (created_at);

CREATE TABLE audit_log_rest PARTITION OF audit_log DEFAULT;
CREATE TABLE trace_access_audit_rest PARTITION OF trace_access_audit DEFAULT;
CREATE TABLE webhook_deliveries_rest PARTITION OF webhook_deliveries DEFAULT;

INSERT INTO audit_log TABLE audit_log_before;
INSERT INTO trace_access_audit TABLE trace_access_audit_before;
INSERT INTO webhook_deliveries TABLE webhook_deliveries_before;
DROP TABLE audit_log_before, trace_access_audit_before, webhook_deliveries_before;
