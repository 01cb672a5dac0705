-- Where rows are kept that cannot be indexed, and why: what `wal2algolia setup` makes as well. Run by the owner of the database, or a role
-- with CREATE on it; the one that the pipeline runs as should not own it. Running it again changes nothing.

CREATE SCHEMA IF NOT EXISTS wal2algolia;

CREATE TABLE IF NOT EXISTS wal2algolia.dead_letter (
  -- By which the commands `wal2algolia dead-letters` know it.
  id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- Several pipelines may share the table.
  slot_name       text NOT NULL,
  table_name      text NOT NULL,
  index_name      text NOT NULL,
  -- NULL where the key itself is what is wrong; then lsn and place say which row it is.
  object_id       text,
  action          text NOT NULL,
  lsn             pg_lsn,
  committed_at    timestamptz,
  place           int,
  reason          text NOT NULL,
  message         text NOT NULL,
  http_status     int,
  attempts        int NOT NULL DEFAULT 1,
  first_failed_at timestamptz NOT NULL DEFAULT now(),
  last_failed_at  timestamptz NOT NULL DEFAULT now(),
  -- Text, since nothing about it may make the insert fail; record::jsonb is for people.
  record          text
);

-- By a digest: an objectID may be longer than an entry of a B-tree.
CREATE UNIQUE INDEX IF NOT EXISTS dead_letter_record_key
  ON wal2algolia.dead_letter (slot_name, index_name, md5(object_id)) WHERE object_id IS NOT NULL;
CREATE UNIQUE INDEX IF NOT EXISTS dead_letter_place_key
  ON wal2algolia.dead_letter (slot_name, table_name, lsn, place) WHERE object_id IS NULL;
