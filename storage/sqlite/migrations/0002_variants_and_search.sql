-- Other forms of content items (S1.41). The counters are raised by jobs and by hand, never by writing an item.
CREATE TABLE cms_content_variants (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 36),
  content_id TEXT NOT NULL REFERENCES cms_content (id) ON DELETE CASCADE,
  variant_key TEXT NOT NULL CHECK (length(variant_key) BETWEEN 1 AND 100),
  variant_data TEXT NOT NULL CHECK (json_valid(variant_data)),
  weight INTEGER NOT NULL CHECK (weight BETWEEN 0 AND 10000),
  conditions TEXT NOT NULL CHECK (json_valid(conditions)),
  performance_data TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(performance_data)),
  is_active INTEGER NOT NULL CHECK (is_active IN (0, 1)),
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  UNIQUE (content_id, variant_key)
) STRICT;

-- The words of an item, as the port makes them of its texts and tags, with a space between two (S1.37, S1.39). A table of
-- its own, because VACUUM may number the rows of `cms_content` anew, and the index goes by numbers.
CREATE TABLE cms_content_search (
  number INTEGER PRIMARY KEY,
  content_id TEXT NOT NULL UNIQUE REFERENCES cms_content (id) ON DELETE CASCADE,
  words TEXT NOT NULL
) STRICT;

-- Words are compared as they are: the tokenizer only parts them.
CREATE VIRTUAL TABLE cms_content_fts USING fts5 (
  words, content = 'cms_content_search', content_rowid = 'number', tokenize = 'ascii'
);
CREATE TRIGGER trg_cms_content_search_insert AFTER INSERT ON cms_content_search BEGIN
  INSERT INTO cms_content_fts (rowid, words) VALUES (new.number, new.words);
END;
CREATE TRIGGER trg_cms_content_search_delete AFTER DELETE ON cms_content_search BEGIN
  INSERT INTO cms_content_fts (cms_content_fts, rowid, words)
    VALUES ('delete', old.number, old.words);
END;
CREATE TRIGGER trg_cms_content_search_update AFTER UPDATE OF words ON cms_content_search
  WHEN old.words <> new.words BEGIN
  INSERT INTO cms_content_fts (cms_content_fts, rowid, words)
    VALUES ('delete', old.number, old.words);
  INSERT INTO cms_content_fts (rowid, words) VALUES (new.number, new.words);
END;
