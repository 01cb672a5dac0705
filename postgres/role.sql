-- The role that the pipeline runs as, with no more than it needs. Run by a superuser (or, since Postgres 16, a role with
-- CREATEROLE and REPLICATION), in the database of the audit log. Running it again changes nothing.
-- It has no password yet, so nobody can log in with one until it is given by hand, where it ends up in no file:
--   psql:      \password wal2algolia
--   elsewhere: ALTER ROLE wal2algolia PASSWORD '...'
-- Mind that REPLICATION lets a role read every publication of every database that pg_hba.conf admits it to, and drop any slot.

DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'wal2algolia') THEN
    -- A process keeps its replication connection and up to five ordinary ones, and has some ten more while it loads and compares by
    -- itself; another one that waits, and commands, need a few.
    CREATE ROLE wal2algolia LOGIN REPLICATION NOSUPERUSER NOCREATEDB NOCREATEROLE CONNECTION LIMIT 50;
  END IF;
EXCEPTION
  -- Roles belong to the whole cluster: another database's run of this file may have come first.
  WHEN duplicate_object OR unique_violation THEN NULL;
END
$$;

DO $$
BEGIN
  EXECUTE format('GRANT CONNECT ON DATABASE %I TO wal2algolia', current_database());
  -- The lag of a walsender, and which transactions are open, are shown only to those who may read all statistics.
  IF NOT pg_has_role('wal2algolia', 'pg_read_all_stats', 'MEMBER') THEN
    GRANT pg_read_all_stats TO wal2algolia;
  END IF;
END
$$;

GRANT USAGE ON SCHEMA public TO wal2algolia;

-- Streaming needs no right to the table. Reading rows again does: backfill, verify, and changes that did not travel in full.
-- The same columns as in publication.sql.
GRANT SELECT (id, occurred_at, actor_type, actor_id, action, target_type, target_id, outcome, request_id, source, tenant,
              before, after, metadata, tx_id)
  ON public.audit_log TO wal2algolia;

-- Our own tables (dead-letters.sql, erasures.sql, retention.sql, bookmarks.sql, backfill.sql, verification.sql, slot-progress.sql, recovery.sql).
-- Where `wal2algolia setup` makes them, it grants this as well.
DO $$
BEGIN
  IF to_regclass('wal2algolia.dead_letter') IS NOT NULL THEN
    GRANT USAGE ON SCHEMA wal2algolia TO wal2algolia;
    GRANT SELECT, INSERT, UPDATE, DELETE ON wal2algolia.dead_letter TO wal2algolia;
  END IF;
  IF to_regclass('wal2algolia.erased_actor') IS NOT NULL THEN
    GRANT USAGE ON SCHEMA wal2algolia TO wal2algolia;
    GRANT SELECT, INSERT, UPDATE ON wal2algolia.erased_actor TO wal2algolia;
  END IF;
  IF to_regclass('wal2algolia.retention_floor') IS NOT NULL THEN
    GRANT USAGE ON SCHEMA wal2algolia TO wal2algolia;
    GRANT SELECT, INSERT, UPDATE ON wal2algolia.retention_floor TO wal2algolia;
  END IF;
  IF to_regclass('wal2algolia.bookmark') IS NOT NULL THEN
    GRANT USAGE ON SCHEMA wal2algolia TO wal2algolia;
    GRANT SELECT, INSERT, DELETE ON wal2algolia.bookmark TO wal2algolia;
  END IF;
  IF to_regclass('wal2algolia.backfill') IS NOT NULL THEN
    GRANT USAGE ON SCHEMA wal2algolia TO wal2algolia;
    GRANT SELECT, INSERT, UPDATE ON wal2algolia.backfill TO wal2algolia;
  END IF;
  IF to_regclass('wal2algolia.verification') IS NOT NULL THEN
    GRANT USAGE ON SCHEMA wal2algolia TO wal2algolia;
    GRANT SELECT, INSERT, UPDATE ON wal2algolia.verification TO wal2algolia;
  END IF;
  IF to_regclass('wal2algolia.slot_progress') IS NOT NULL THEN
    GRANT USAGE ON SCHEMA wal2algolia TO wal2algolia;
    GRANT SELECT, INSERT, UPDATE ON wal2algolia.slot_progress TO wal2algolia;
  END IF;
  IF to_regclass('wal2algolia.recovery') IS NOT NULL THEN
    GRANT USAGE ON SCHEMA wal2algolia TO wal2algolia;
    GRANT SELECT, INSERT, UPDATE ON wal2algolia.recovery TO wal2algolia;
  END IF;
  IF to_regclass('wal2algolia.coverage') IS NOT NULL THEN
    GRANT SELECT, INSERT, UPDATE ON wal2algolia.coverage TO wal2algolia;
  END IF;
END
$$;
