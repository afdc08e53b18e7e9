-- Other forms of content items (S1.41). The counters are raised by jobs and by hand, never by writing an item.
CREATE TABLE cms_content_variants (
  id uuid PRIMARY KEY,
  content_id uuid NOT NULL REFERENCES cms_content (id) ON DELETE CASCADE,
  variant_key varchar(100) COLLATE "C" NOT NULL CHECK (variant_key <> ''),
  variant_data json NOT NULL,
  weight integer NOT NULL CHECK (weight BETWEEN 0 AND 10000),
  conditions json NOT NULL,
  performance_data json NOT NULL DEFAULT '{}',
  is_active boolean NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  UNIQUE (content_id, variant_key)
);

-- The words of an item, as the port makes them of its texts and tags (S1.37, S1.39): each once for the index, and all in
-- their order, with a space on either side of each, for phrases.
CREATE TABLE cms_content_search (
  content_id uuid PRIMARY KEY REFERENCES cms_content (id) ON DELETE CASCADE,
  lexemes text[] COLLATE "C" NOT NULL,
  words text COLLATE "C" NOT NULL
);
CREATE INDEX ix_cms_content_search_lexemes ON cms_content_search USING gin (lexemes);
