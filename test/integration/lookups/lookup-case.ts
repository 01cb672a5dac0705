import type { ConfigInput } from '../../../src/config/schema.ts';
import { compareIndex, expectEqual } from '../../support/index-comparison.ts';
import type { TestDatabase } from '../../support/postgres.ts';

type Server = Parameters<typeof compareIndex>[1];

export const lookups = {
  users: { table: 'public.users', value: 'name', cacheSeconds: 86_400 },
} satisfies ConfigInput['lookups'];

export const tables = {
  'public.log': {
    index: 'log',
    attributes: {
      id: 'id',
      actor_id: 'actor_id',
      data: 'data',
      actor: { column: 'actor_id', lookup: 'users' },
      owner: { column: 'data', path: 'owner.id', lookup: 'users' },
    },
  },
} satisfies ConfigInput['tables'];

/** A log, users, and a slot that has nothing before it; `published` are the tables of the publication. */
export async function createTables(
  { client, publication, slot }: TestDatabase,
  { keyType = 'bigint', published = 'log' }: { keyType?: string; published?: string } = {},
): Promise<void> {
  await client.query(`CREATE TABLE users (id ${keyType} PRIMARY KEY, name text, secret text);
    CREATE TABLE log (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, actor_id text, data jsonb);
    CREATE PUBLICATION "${publication}" FOR TABLE ${published}`);
  await client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [slot]);
}

/** The name that a user with this id has now, as SQL over an expression of a text. */
export function nameSql(id: string): string {
  return `(SELECT u.name FROM users u WHERE u.id::text = ${id})`;
}

/** What the records must be, with the names that stand in SQL expressions. */
export function expectedLog(
  actor = nameSql('l.actor_id'),
  owner = nameSql("l.data #>> '{owner,id}'"),
): string {
  return `SELECT l.id::text AS object_id, to_jsonb(l) || jsonb_build_object('objectID', l.id::text,
      'source_table', 'public.log', 'actor', ${actor}, 'owner', ${owner}) AS record FROM log l`;
}

/** Every record is as SQL says that it must be. */
export async function expectLog(
  { client }: TestDatabase,
  server: Server,
  expected = expectedLog(),
  rowsMin = 1,
): Promise<void> {
  expectEqual(await compareIndex(client, server, 'log', expected), rowsMin);
}
