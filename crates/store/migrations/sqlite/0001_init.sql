-- Ids are TEXT, times are milliseconds since the Unix epoch, digests are 32 bytes, JSON is TEXT.
-- Rows that others refer to are never deleted while they may still be asked about; ids are never reused.

CREATE TABLE orgs (
  id         TEXT PRIMARY KEY,
  created_at INTEGER NOT NULL
) STRICT;

-- email_key is the canonical e-mail; NULL once the user is deleted. record holds the directory facts.
CREATE TABLE users (
  id         TEXT PRIMARY KEY,
  org_id     TEXT NOT NULL REFERENCES orgs (id),
  email_key  TEXT UNIQUE,
  record     TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  deleted_at INTEGER
) STRICT;

-- Kept apart, so that nothing which reads the directory ever reads a password hash.
CREATE TABLE passwords (
  user_id    TEXT PRIMARY KEY REFERENCES users (id),
  phc        TEXT NOT NULL,
  changed_at INTEGER NOT NULL
) STRICT;

CREATE TABLE factors (
  id           TEXT PRIMARY KEY,
  user_id      TEXT NOT NULL REFERENCES users (id),
  kind         TEXT NOT NULL,
  label        TEXT NOT NULL,
  secret       BLOB NOT NULL,
  last_step    INTEGER,
  created_at   INTEGER NOT NULL,
  confirmed_at INTEGER,
  last_used_at INTEGER
) STRICT;
CREATE INDEX factors_by_user ON factors (user_id);

CREATE TABLE backup_codes (
  user_id TEXT NOT NULL REFERENCES users (id),
  digest  BLOB NOT NULL,
  used_at INTEGER,
  PRIMARY KEY (user_id, digest)
) STRICT, WITHOUT ROWID;

-- digest is that of the cookie; it changes at every change of privilege.
CREATE TABLE sessions (
  id              TEXT PRIMARY KEY,
  user_id         TEXT NOT NULL REFERENCES users (id),
  org_id          TEXT NOT NULL,
  digest          BLOB NOT NULL UNIQUE,
  authentication  TEXT NOT NULL,
  created_at      INTEGER NOT NULL,
  last_seen_at    INTEGER NOT NULL,
  idle_expires_at INTEGER NOT NULL,
  expires_at      INTEGER NOT NULL,
  address         TEXT,
  user_agent      TEXT,
  ended_at        INTEGER
) STRICT;
CREATE INDEX sessions_by_user ON sessions (user_id);

-- record holds the metadata; disabled and expires_at here are the ones that count.
CREATE TABLE clients (
  id         TEXT PRIMARY KEY,
  kind       TEXT NOT NULL,
  record     TEXT NOT NULL,
  disabled   INTEGER NOT NULL,
  expires_at INTEGER,
  created_at INTEGER NOT NULL,
  deleted_at INTEGER
) STRICT;
CREATE INDEX clients_by_kind ON clients (kind);
CREATE INDEX clients_by_end ON clients (expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE client_secrets (
  client_id  TEXT NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
  digest     BLOB NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (client_id, digest)
) STRICT, WITHOUT ROWID;

CREATE TABLE grants (
  id              TEXT PRIMARY KEY,
  org_id          TEXT NOT NULL,
  user_id         TEXT,
  client_id       TEXT NOT NULL,
  resource        TEXT NOT NULL,
  scopes          TEXT NOT NULL,
  authentication  TEXT NOT NULL,
  session_id      TEXT,
  redirect_host   TEXT,
  created_at      INTEGER NOT NULL,
  expires_at      INTEGER NOT NULL,
  last_used_at    INTEGER,
  revoked_at      INTEGER,
  revoked_because TEXT
) STRICT;
CREATE INDEX grants_by_user ON grants (user_id);
CREATE INDEX grants_by_client ON grants (client_id);

-- UNIQUE (parent): the database itself says that a refresh token has one successor. A token is consumed when it has
-- one. answer is what the client was told with this token; it may be told again until retry_until. All tokens of a
-- family have the same expires_at, so no successor is swept away before its parent.
CREATE TABLE refresh_tokens (
  digest          BLOB PRIMARY KEY,
  family          TEXT NOT NULL,
  parent          BLOB UNIQUE,
  grant_id        TEXT NOT NULL REFERENCES grants (id),
  client_id       TEXT NOT NULL,
  issued_at       INTEGER NOT NULL,
  idle_expires_at INTEGER NOT NULL,
  expires_at      INTEGER NOT NULL,
  answer          BLOB,
  retry_until     INTEGER
) STRICT;
CREATE INDEX refresh_by_end ON refresh_tokens (expires_at);
CREATE INDEX refresh_by_retry ON refresh_tokens (retry_until) WHERE answer IS NOT NULL;

-- Access tokens revoked one by one, until they would have ended anyway.
CREATE TABLE revoked_tokens (
  jti        TEXT PRIMARY KEY,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Everything that may be used once. Consumed rows stay until keep_until, so that a reuse is seen as one.
CREATE TABLE once (
  kind        TEXT NOT NULL,
  digest      BLOB NOT NULL,
  subject     TEXT NOT NULL,
  expires_at  INTEGER NOT NULL,
  keep_until  INTEGER NOT NULL,
  consumed_at INTEGER,
  data        BLOB NOT NULL,
  PRIMARY KEY (kind, digest)
) STRICT, WITHOUT ROWID;
CREATE INDEX once_by_end ON once (keep_until);

CREATE TABLE consents (
  user_id          TEXT NOT NULL,
  client_id        TEXT NOT NULL,
  redirect_host    TEXT NOT NULL,
  resource         TEXT NOT NULL,
  requested        TEXT NOT NULL,
  granted          TEXT NOT NULL,
  metadata         BLOB NOT NULL,
  lifetime_seconds INTEGER NOT NULL,
  given_at         INTEGER NOT NULL,
  expires_at       INTEGER NOT NULL,
  PRIMARY KEY (user_id, client_id, redirect_host, resource)
) STRICT, WITHOUT ROWID;

-- subject is a digest: people type passwords into the wrong field.
CREATE TABLE lockouts (
  kind          TEXT NOT NULL,
  subject       BLOB NOT NULL,
  fails         INTEGER NOT NULL,
  blocked_until INTEGER,
  last_at       INTEGER NOT NULL,
  PRIMARY KEY (kind, subject)
) STRICT, WITHOUT ROWID;

CREATE TABLE signing_keys (
  id           TEXT PRIMARY KEY,
  algorithm    TEXT NOT NULL,
  public_jwk   TEXT NOT NULL,
  private      BLOB,
  publish_at   INTEGER NOT NULL,
  sign_from    INTEGER NOT NULL,
  sign_until   INTEGER NOT NULL,
  verify_until INTEGER NOT NULL,
  revoked_at   INTEGER
) STRICT;

-- The change feed. AUTOINCREMENT: a number is never used twice and no number is left out.
CREATE TABLE changes (
  seq  INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  key  TEXT NOT NULL,
  at   INTEGER NOT NULL
) STRICT;
