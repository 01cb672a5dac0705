-- From when on rows have records in the index: what `wal2algolia setup` makes as well. Run by the owner of the database, or a role with
-- CREATE on it; the one that the pipeline runs as should not own it. Running it again changes nothing.

CREATE SCHEMA IF NOT EXISTS wal2algolia;

CREATE TABLE IF NOT EXISTS wal2algolia.retention_floor (
  -- Whose index it holds for, and which of its tables, as `schema.table`.
  slot_name  text NOT NULL,
  table_name text NOT NULL,
  -- Only rises, unless somebody lowers it here.
  floor      timestamptz NOT NULL,
  set_at     timestamptz NOT NULL DEFAULT now()
);

CREATE UNIQUE INDEX IF NOT EXISTS retention_floor_key ON wal2algolia.retention_floor (slot_name, table_name);
