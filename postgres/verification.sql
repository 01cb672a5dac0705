-- What came of comparing tables with their indices for the last time: what `wal2algolia setup` makes as well. Run by the owner of the database,
-- or a role with CREATE on it; the one that the pipeline runs as should not own it. Running it again changes nothing.

CREATE SCHEMA IF NOT EXISTS wal2algolia;

CREATE TABLE IF NOT EXISTS wal2algolia.verification (
  -- Whose index it was, and which of its tables, as `schema.table`.
  slot_name   text NOT NULL,
  table_name  text NOT NULL,
  finished_at timestamptz NOT NULL,
  -- Numbers of rows and records by class; nothing of what stands in them.
  counts      jsonb NOT NULL
);

CREATE UNIQUE INDEX IF NOT EXISTS verification_key ON wal2algolia.verification (slot_name, table_name);
