-- Where positions of a slot are kept under a name: what `wal2algolia setup` makes as well. Run by the owner of the database, or a role with
-- CREATE on it; the one that the pipeline runs as should not own it. Running it again changes nothing.

CREATE SCHEMA IF NOT EXISTS wal2algolia;

CREATE TABLE IF NOT EXISTS wal2algolia.bookmark (
  -- Whose position it is, and under which name.
  slot_name     text NOT NULL,
  name          text NOT NULL,
  -- The copy of the slot, which keeps the WAL from there on.
  bookmark_slot text NOT NULL,
  position      pg_lsn NOT NULL,
  created_at    timestamptz NOT NULL,
  -- When the running pipeline drops it, or earlier, once more WAL than this is kept for it.
  expires_at    timestamptz NOT NULL,
  wal_max_bytes bigint NOT NULL
);

CREATE UNIQUE INDEX IF NOT EXISTS bookmark_key ON wal2algolia.bookmark (slot_name, name);
