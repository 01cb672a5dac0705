-- How far rows from before the slot are loaded: what `wal2algolia setup` makes as well. Run by the owner of the database, or a role with
-- CREATE on it; the one that the pipeline runs as should not own it. Running it again changes nothing.

CREATE SCHEMA IF NOT EXISTS wal2algolia;

CREATE TABLE IF NOT EXISTS wal2algolia.backfill (
  -- Whose pipeline writes them, which table, as `schema.table`, and which of its rows; empty for all.
  slot_name      text NOT NULL,
  table_name     text NOT NULL,
  scope          text NOT NULL DEFAULT '',
  -- Into what; another index, prefix or order of the objectID's columns is another backfill.
  index_name     text NOT NULL,
  id_prefix      text NOT NULL DEFAULT '',
  object_id      text[] NOT NULL,
  -- Everything up to this key is in the index, in the order of these columns, which is that of their types and collations.
  key_columns    text[] NOT NULL,
  key_types      text[] NOT NULL,
  through_key    text[],
  rows_done      bigint NOT NULL DEFAULT 0,
  -- Rows without an objectID.
  rows_unnamable bigint NOT NULL DEFAULT 0,
  started_at     timestamptz NOT NULL DEFAULT now(),
  updated_at     timestamptz NOT NULL DEFAULT now(),
  -- NULL until then.
  finished_at    timestamptz
);

CREATE UNIQUE INDEX IF NOT EXISTS backfill_key ON wal2algolia.backfill (slot_name, table_name, md5(scope));
