-- What is kept of a flow's day (S1.57, S5.8); nothing was ever written to the table that it replaces. School nil is all
-- sessions, node `''` the flow itself. In `metrics`, sums of times are in milliseconds and `avg_time` in seconds.
DROP TABLE conversation_analytics;
CREATE TABLE conversation_analytics (
  flow_id uuid NOT NULL,
  node_id text COLLATE "C" NOT NULL,
  date date NOT NULL,
  school_id uuid NOT NULL,
  metrics json NOT NULL CHECK (json_typeof(metrics) = 'object'),
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (flow_id, node_id, date, school_id)
);
CREATE INDEX ix_conversation_analytics_date ON conversation_analytics (date, flow_id);

-- With the id, so that a page of a flow's sessions ends where it is full instead of after a sort of all of them. No turn
-- changes any of the three.
DROP INDEX ix_conversation_sessions_flow;
CREATE INDEX ix_conversation_sessions_flow ON conversation_sessions (flow_id, started_at, id);
