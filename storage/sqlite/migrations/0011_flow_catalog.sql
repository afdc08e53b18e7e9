-- What lists of versions show (S3.99), so that no document is read for it.
ALTER TABLE flow_versions ADD COLUMN entry_node_id TEXT;
ALTER TABLE flow_versions ADD COLUMN nodes_count INTEGER NOT NULL DEFAULT 0;
ALTER TABLE flow_versions ADD COLUMN connections_count INTEGER NOT NULL DEFAULT 0;
UPDATE flow_versions SET
  entry_node_id = json_extract(snapshot, '$.entry_node_id'),
  nodes_count = coalesce(json_array_length(snapshot, '$.flow_data.nodes'), 0),
  connections_count = coalesce(json_array_length(snapshot, '$.flow_data.connections'), 0);

-- Which versions refer to a flow, by its id or key (S3.92).
CREATE INDEX ix_flow_version_links_name
  ON flow_version_links (substr(link, instr(link, ':') + 1));
