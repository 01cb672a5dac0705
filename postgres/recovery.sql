-- The roads back after lost slots: what `wal2algolia setup` makes as well. Run by the owner of the database, or a role with CREATE on it; the one
-- that the pipeline runs as should not own it. Running it again changes nothing.

CREATE SCHEMA IF NOT EXISTS wal2algolia;

CREATE TABLE IF NOT EXISTS wal2algolia.recovery (
  id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  slot_name     text NOT NULL,
  reason        text NOT NULL,
  -- Where the old slot stood; NULL where nobody knows.
  confirmed_lsn pg_lsn,
  confirmed_at  timestamptz,
  -- From when on rows are loaded again; NULL for all.
  since         timestamptz,
  -- Where the new one began.
  new_lsn       pg_lsn,
  new_at        timestamptz,
  -- What comes next: slot, backfill, repair or verify.
  step          text NOT NULL DEFAULT 'slot',
  tables_begun  text[] NOT NULL DEFAULT '{}',
  tables_done   text[] NOT NULL DEFAULT '{}',
  started_at    timestamptz NOT NULL DEFAULT now(),
  started_by    text NOT NULL DEFAULT session_user,
  -- NULL until table and index were found to agree.
  finished_at   timestamptz
);

CREATE UNIQUE INDEX IF NOT EXISTS recovery_open_key ON wal2algolia.recovery (slot_name) WHERE finished_at IS NULL;
