-- What a preview runs, as it was when it was started (S4.14, F20). It goes with its session.
CREATE TABLE session_previews (
  session_id uuid PRIMARY KEY REFERENCES conversation_sessions (id) ON DELETE CASCADE,
  preview json NOT NULL
);

-- Candidates of a draw in a preview, which shows what is not published yet (R4.8).
CREATE INDEX ix_cms_content_tried ON cms_content (type, id)
  WHERE is_active AND status <> 'archived';
