-- What lists of versions show (S3.99), so that no document is read for it.
ALTER TABLE flow_versions
  ADD COLUMN entry_node_id varchar(255) COLLATE "C",
  ADD COLUMN nodes_count integer NOT NULL DEFAULT 0,
  ADD COLUMN connections_count integer NOT NULL DEFAULT 0;
UPDATE flow_versions SET
  entry_node_id = left(snapshot ->> 'entry_node_id', 255),
  nodes_count = CASE WHEN json_typeof(snapshot #> '{flow_data,nodes}') = 'array'
    THEN json_array_length(snapshot #> '{flow_data,nodes}') ELSE 0 END,
  connections_count = CASE WHEN json_typeof(snapshot #> '{flow_data,connections}') = 'array'
    THEN json_array_length(snapshot #> '{flow_data,connections}') ELSE 0 END;

-- Which versions refer to a flow, by its id or key (S3.92).
CREATE INDEX ix_flow_version_links_name
  ON flow_version_links (substr(link, strpos(link, ':') + 1));
