-- Who signs in (S1.32, S1.33). Other tables name accounts without foreign keys: with identities from claims there are no rows
-- here (S1.34), and who created something stays known when the account is gone.
CREATE TYPE enum_user_type AS ENUM (
  'wriveted', 'school_admin', 'educator', 'student', 'parent', 'supporter', 'public');
CREATE TYPE enum_service_account_type AS ENUM ('backend', 'lms', 'school', 'kiosk');

CREATE TABLE users (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  type enum_user_type NOT NULL,
  is_active boolean NOT NULL,
  -- Lower-cased by the port, so that two spellings of one address are one account.
  email varchar(320) COLLATE "C" UNIQUE CHECK (email <> ''),
  name varchar(256) COLLATE "C" NOT NULL CHECK (name <> ''),
  school_id uuid REFERENCES schools (wriveted_identifier) ON DELETE SET NULL,
  info json NOT NULL,
  row_version bigint NOT NULL CHECK (row_version >= 1),
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  last_login_at timestamptz
);
CREATE INDEX ix_users_type ON users (type, id);
CREATE INDEX ix_users_school ON users (school_id, id) WHERE school_id IS NOT NULL;

CREATE TABLE service_accounts (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  name varchar(256) COLLATE "C" NOT NULL CHECK (name <> ''),
  type enum_service_account_type NOT NULL,
  is_active boolean NOT NULL,
  info json NOT NULL,
  row_version bigint NOT NULL CHECK (row_version >= 1),
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);
CREATE INDEX ix_service_accounts_type ON service_accounts (type, id);

CREATE TABLE service_account_schools (
  service_account_id uuid NOT NULL REFERENCES service_accounts (id) ON DELETE CASCADE,
  school_id uuid NOT NULL REFERENCES schools (wriveted_identifier) ON DELETE CASCADE,
  PRIMARY KEY (service_account_id, school_id)
);
CREATE INDEX ix_service_account_schools_school ON service_account_schools (school_id);

-- What the installation settles once and keeps, e.g. the key of the masker (F33).
CREATE TABLE app_settings (
  key varchar(100) COLLATE "C" PRIMARY KEY CHECK (key <> ''),
  value json NOT NULL
);
