-- What a slot has followed, and what it has missed: what `wal2algolia setup` makes as well where `algolia.statusIndex` is set, and needed only
-- there. Run by the owner of the database behind dead-letters.sql. Running it again changes nothing.

CREATE TABLE IF NOT EXISTS wal2algolia.coverage (
  slot_name   text PRIMARY KEY,
  -- Since when rows are followed, on the server's clock.
  from_lsn    pg_lsn NOT NULL,
  from_at     timestamptz NOT NULL,
  -- How far the index was complete when it was last kept: where a later gap begins.
  through_lsn pg_lsn,
  through_at  timestamptz,
  -- Since when each configured table.
  tables      jsonb NOT NULL DEFAULT '{}',
  -- What was not read.
  gaps        jsonb NOT NULL DEFAULT '[]'
);
