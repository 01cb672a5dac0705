-- Which rows and columns of the audit log may leave the database: the outermost filter, before any configuration of the pipeline.
-- Run by the owner of the table, who also needs CREATE on the database. Running it again changes nothing: a publication
-- that exists is left alone, since the pipeline stops and reports a gap when one is altered under it.
-- https://www.postgresql.org/docs/current/sql-createpublication.html

DO $$
DECLARE
  -- A list rather than all columns, so that one that is added later is not published unasked.
  columns text := '(id, occurred_at, actor_type, actor_id, action, target_type, target_id, outcome, request_id, source, tenant,'
               || ' before, after, metadata, tx_id)';
BEGIN
  IF EXISTS (SELECT FROM pg_publication WHERE pubname = 'wal2algolia') THEN
    IF NOT EXISTS (SELECT FROM pg_publication_tables
                   WHERE pubname = 'wal2algolia' AND schemaname = 'public' AND tablename = 'audit_log') THEN
      RAISE WARNING 'publication "wal2algolia" exists without public.audit_log'
        USING HINT = 'ALTER PUBLICATION wal2algolia ADD TABLE public.audit_log ' || columns;
    END IF;
    RETURN;
  END IF;
  -- Column lists came with Postgres 15; before it, the pipeline's mapping alone decides what is kept.
  IF current_setting('server_version_num')::int < 150000 THEN
    columns := '';
  END IF;
  -- Inserts only: an audit log is appended to, and purging old rows must not empty the index. Nor can publishing inserts
  -- ever make an application's statement fail, which updates and deletes without a replica identity do.
  EXECUTE format('CREATE PUBLICATION wal2algolia FOR TABLE public.audit_log %s WITH (publish = %L)', columns, 'insert');
END
$$;
