-- What a preview runs, as it was when it was started (S4.14, F20). It goes with its session.
CREATE TABLE session_previews (
  session_id TEXT PRIMARY KEY NOT NULL REFERENCES conversation_sessions (id) ON DELETE CASCADE,
  preview TEXT NOT NULL CHECK (json_valid(preview))
) STRICT, WITHOUT ROWID;

-- Candidates of a draw in a preview, which shows what is not published yet (R4.8).
CREATE INDEX ix_cms_content_tried ON cms_content (type, id)
  WHERE is_active = 1 AND status <> 'archived';
