-- When a slot was confirmed how far, for the day on which it is lost: what `wal2algolia setup` makes as well. Run by the owner of the database, or
-- a role with CREATE on it; the one that the pipeline runs as should not own it. Running it again changes nothing.

CREATE SCHEMA IF NOT EXISTS wal2algolia;

CREATE TABLE IF NOT EXISTS wal2algolia.slot_progress (
  slot_name     text NOT NULL,
  -- What began before this time, on the server's clock, lies before this position, as far as could be seen.
  confirmed_lsn pg_lsn NOT NULL,
  confirmed_at  timestamptz NOT NULL,
  noted_at      timestamptz NOT NULL DEFAULT now(),
  -- Index, prefix and columns of the objectID of each table, as whoever held the slot then was configured.
  tables        jsonb,
  -- Of which history of the server: positions of another one mean nothing.
  system_id     text,
  timeline      int,
  -- Since when `tables` holds: from the beginning of a session on, when nothing else may be known, and confirmed_at is -infinity.
  tables_at     timestamptz
);

CREATE UNIQUE INDEX IF NOT EXISTS slot_progress_key ON wal2algolia.slot_progress (slot_name);
