-- Columns, indexes, constraints and labels of the current schema, as text that does not name the schema. Of a check only its
-- columns: Postgres words its expression otherwise after a dump and a restore.
WITH tables AS (
  SELECT c.oid, c.relname, n.nspname, c.relkind = 'p' AS is_partitioned
  FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
  WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p') AND NOT c.relispartition
), parts AS (
  SELECT 'column' AS kind, t.relname::text AS of, a.attname::text AS name,
    concat_ws(' ', format_type(a.atttypid, a.atttypmod), 'COLLATE ' || l.collname,
      CASE WHEN a.attnotnull THEN 'NOT NULL' END, 'DEFAULT ' || pg_get_expr(d.adbin, d.adrelid),
      CASE WHEN a.attidentity <> '' THEN 'IDENTITY' END) AS definition,
    t.is_partitioned
  FROM tables AS t
  JOIN pg_catalog.pg_attribute AS a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_catalog.pg_collation AS l ON l.oid = a.attcollation
  LEFT JOIN pg_catalog.pg_attrdef AS d ON d.adrelid = t.oid AND d.adnum = a.attnum
  UNION ALL
  SELECT 'index', t.relname::text, c.relname::text,
    replace(pg_get_indexdef(i.indexrelid), ' ON ' || quote_ident(t.nspname) || '.', ' ON '),
    t.is_partitioned
  FROM tables AS t
  JOIN pg_catalog.pg_index AS i ON i.indrelid = t.oid AND i.indisvalid
  JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
  UNION ALL
  SELECT 'constraint', t.relname::text, c.conname::text,
    CASE c.contype WHEN 'c' THEN 'CHECK of ' || (
      SELECT string_agg(a.attname::text, ', ' ORDER BY a.attnum) FROM pg_catalog.pg_attribute AS a
      WHERE a.attrelid = t.oid AND a.attnum = ANY (c.conkey)
    ) ELSE pg_get_constraintdef(c.oid) END,
    t.is_partitioned
  FROM tables AS t
  JOIN pg_catalog.pg_constraint AS c ON c.conrelid = t.oid AND c.contype IN ('c', 'f', 'p', 'u')
  UNION ALL
  SELECT 'type', y.typname::text, e.enumlabel::text, 'label ' || row_number() OVER (
      PARTITION BY y.oid ORDER BY e.enumsortorder), false
  FROM pg_catalog.pg_enum AS e
  JOIN pg_catalog.pg_type AS y ON y.oid = e.enumtypid
  JOIN pg_catalog.pg_namespace AS n ON n.oid = y.typnamespace AND n.nspname = current_schema()
)
SELECT kind, of, name, definition, is_partitioned FROM parts
ORDER BY kind COLLATE "C", of COLLATE "C", name COLLATE "C"
