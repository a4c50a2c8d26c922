-- Tool definitions as they were first seen or approved. digest and definition are NULL for a tool that was held at
-- first sight. state: pinned, held (the candidate waits), rejected (the candidate was refused). style and look are the
-- foldings of the name by which look-alikes are found.
CREATE TABLE pins (
  server         TEXT NOT NULL,
  tool           TEXT NOT NULL,
  style          TEXT NOT NULL,
  look           TEXT NOT NULL,
  state          TEXT NOT NULL,
  digest         BLOB,
  definition     TEXT,
  first_seen_at  INTEGER NOT NULL,
  approved_at    INTEGER,
  approved_by    TEXT,
  new_digest     BLOB,
  new_definition TEXT,
  new_since      INTEGER,
  like_server    TEXT,
  like_tool      TEXT,
  PRIMARY KEY (server, tool)
) STRICT, WITHOUT ROWID;
CREATE INDEX pins_by_look ON pins (look);
