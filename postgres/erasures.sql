-- Who was erased: what `wal2algolia setup` makes as well. Run by the owner of the database, or a role with CREATE on it; the one that the
-- pipeline runs as should not own it. Running it again changes nothing.

CREATE SCHEMA IF NOT EXISTS wal2algolia;

CREATE TABLE IF NOT EXISTS wal2algolia.erased_actor (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- Whose index was swept; the list holds for every pipeline of the database.
  slot_name    text NOT NULL,
  -- Of the id as it stands in rows, and of what stands for it in records. The id itself is nowhere.
  digest       text NOT NULL,
  more_digests text[] NOT NULL DEFAULT '{}',
  erased_at    timestamptz NOT NULL DEFAULT now(),
  erased_by    text NOT NULL DEFAULT session_user,
  -- What went, and out of which tables' records.
  tables       text[] NOT NULL DEFAULT '{}',
  records      bigint NOT NULL DEFAULT 0,
  dead_letters bigint NOT NULL DEFAULT 0,
  asked_at     timestamptz NOT NULL DEFAULT now(),
  -- NULL while records are being removed.
  finished_at  timestamptz
);

CREATE UNIQUE INDEX IF NOT EXISTS erased_actor_key ON wal2algolia.erased_actor (slot_name, digest);
