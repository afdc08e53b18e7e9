-- Who signs in (S1.32, S1.33). Other tables name accounts without foreign keys: with identities from claims there are no rows
-- here (S1.34), and who created something stays known when the account is gone.
CREATE TABLE users (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 36),
  type TEXT NOT NULL CHECK (type IN
    ('wriveted', 'school_admin', 'educator', 'student', 'parent', 'supporter', 'public')),
  is_active INTEGER NOT NULL CHECK (is_active IN (0, 1)),
  -- Lower-cased by the port, so that two spellings of one address are one account.
  email TEXT UNIQUE CHECK (length(email) BETWEEN 1 AND 320),
  name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 256),
  school_id TEXT REFERENCES schools (wriveted_identifier) ON DELETE SET NULL,
  info TEXT NOT NULL CHECK (json_valid(info)),
  row_version INTEGER NOT NULL CHECK (row_version >= 1),
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  last_login_at TEXT
) STRICT;
CREATE INDEX ix_users_type ON users (type, id);
CREATE INDEX ix_users_school ON users (school_id, id) WHERE school_id IS NOT NULL;

CREATE TABLE service_accounts (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 36),
  name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 256),
  type TEXT NOT NULL CHECK (type IN ('backend', 'lms', 'school', 'kiosk')),
  is_active INTEGER NOT NULL CHECK (is_active IN (0, 1)),
  info TEXT NOT NULL CHECK (json_valid(info)),
  row_version INTEGER NOT NULL CHECK (row_version >= 1),
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL
) STRICT;
CREATE INDEX ix_service_accounts_type ON service_accounts (type, id);

CREATE TABLE service_account_schools (
  service_account_id TEXT NOT NULL REFERENCES service_accounts (id) ON DELETE CASCADE,
  school_id TEXT NOT NULL REFERENCES schools (wriveted_identifier) ON DELETE CASCADE,
  PRIMARY KEY (service_account_id, school_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX ix_service_account_schools_school ON service_account_schools (school_id);

-- What the installation settles once and keeps, e.g. the key of the masker (F33).
CREATE TABLE app_settings (
  key TEXT PRIMARY KEY NOT NULL CHECK (length(key) BETWEEN 1 AND 100),
  value TEXT NOT NULL CHECK (json_valid(value))
) STRICT, WITHOUT ROWID;
