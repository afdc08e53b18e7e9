-- What is kept of a flow's day (S1.57, S5.8); nothing was ever written to the table that it replaces. School `''` is all
-- sessions, node `''` the flow itself. In `metrics`, sums of times are in milliseconds and `avg_time` in seconds.
DROP TABLE conversation_analytics;
CREATE TABLE conversation_analytics (
  flow_id TEXT NOT NULL,
  node_id TEXT NOT NULL,
  date TEXT NOT NULL,
  school_id TEXT NOT NULL,
  metrics TEXT NOT NULL CHECK (json_type(metrics) = 'object'),
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  PRIMARY KEY (flow_id, node_id, date, school_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX ix_conversation_analytics_date ON conversation_analytics (date);
