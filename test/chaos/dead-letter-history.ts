import type { Client } from 'pg';
import { parseLsn } from '../../src/lsn.ts';
import { createDeadLetterTable } from '../support/dead-letter-table.ts';
import type { SetAside } from './early-confirmations.ts';

/**
 * The table of dead letters as `setup` makes it, and beside it what has ever been in it. A second trigger, which is off, refuses letters as a
 * server does whose disk is full. https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
export async function createDeadLetters(client: Client): Promise<void> {
  await createDeadLetterTable({ client });
  await client.query(`
    CREATE TABLE letter_history (place bigint GENERATED ALWAYS AS IDENTITY, object_id text, lsn pg_lsn);
    CREATE FUNCTION remember_letter() RETURNS trigger LANGUAGE plpgsql SET search_path = public AS $$
      BEGIN INSERT INTO letter_history (object_id, lsn) VALUES (new.object_id, new.lsn); RETURN NULL; END $$;
    CREATE TRIGGER remembered AFTER INSERT OR UPDATE ON wal2algolia.dead_letter FOR EACH ROW EXECUTE FUNCTION remember_letter();
    CREATE FUNCTION refuse_letter() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN RAISE EXCEPTION USING ERRCODE = 'disk_full', MESSAGE = 'could not extend file: No space left on device'; END $$;
    CREATE TRIGGER disk_full BEFORE INSERT OR UPDATE ON wal2algolia.dead_letter FOR EACH ROW EXECUTE FUNCTION refuse_letter();
    ALTER TABLE wal2algolia.dead_letter DISABLE TRIGGER disk_full`);
}

export async function fillDisk(client: Client): Promise<void> {
  await client.query('ALTER TABLE wal2algolia.dead_letter ENABLE TRIGGER disk_full');
}

export async function makeRoom(client: Client): Promise<void> {
  await client.query('ALTER TABLE wal2algolia.dead_letter DISABLE TRIGGER disk_full');
}

/** How many letters there have ever been. */
export async function letterCount(client: Client): Promise<number> {
  const { rows } = await client.query<{ count: number }>('SELECT count(*)::int AS count FROM letter_history');
  return rows[0]?.count ?? 0;
}

/** In the order in which they were written; one that names no commit was read again, and says nothing of a change. */
export async function readLetters(client: Client): Promise<readonly SetAside[]> {
  const { rows } = await client.query<{ objectID: string; lsn: string | null }>(
    'SELECT object_id AS "objectID", lsn::text AS lsn FROM letter_history ORDER BY place',
  );
  return rows.map(({ objectID, lsn }) => ({ objectID, lsn: parseLsn(lsn ?? '0/0') }));
}
