-- What a preview runs, as it was when it was started (S4.14, F20). It goes with its session.
CREATE TABLE session_previews (
  session_id TEXT PRIMARY KEY NOT NULL REFERENCES conversation_sessions (id) ON DELETE CASCADE,
  preview TEXT NOT NULL CHECK (json_valid(preview))
) STRICT, WITHOUT ROWID;
