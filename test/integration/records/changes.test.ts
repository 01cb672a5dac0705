import { afterEach, beforeEach, expect, test } from 'vitest';
import type { TableConfig } from '../../../src/config/schema.ts';
import { isOperation } from '../../../src/records/operations.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres.ts';
import { createSlot, pinOutput, takeSteps } from './slot-changes.ts';

const table: TableConfig = { index: 'audit_log', objectID: ['id'] };
const tables = { 'public.audit_log': table };
/** Larger than what Postgres keeps within a row, and does not compress well. */
const TOASTED = `(SELECT string_agg(md5(n::text), '') FROM generate_series(1, 400) n)`;

let database: TestDatabase;

beforeEach(async () => {
  database = await createDatabase();
  await pinOutput(database.client);
});

afterEach(async () => database[Symbol.asyncDispose]());

const sql = async (text: string) => (await database.client.query<Record<string, unknown>>(text)).rows;

type Written = { readonly action: string; readonly body: Readonly<Record<string, unknown>> };

async function take(options: Readonly<Record<string, TableConfig>> = tables): Promise<readonly Written[]> {
  return (await takeSteps(database, options))
    .filter(isOperation)
    .map(({ bytes, start, end, objectID, kind }) => {
      const written = JSON.parse(bytes.toString('utf8', start, end)) as Written;
      expect([written.action, written.body['objectID']]).toEqual([`${kind}Object`, objectID]);
      return written;
    });
}

/** Applied in order, as the index will: what remains, by objectID. */
function apply(operations: readonly Written[]): Readonly<Record<string, unknown>> {
  const index = new Map<unknown, unknown>();
  for (const { action, body } of operations) {
    const { wal: _, ...mapped } = body;
    if (action === 'deleteObject') index.delete(body['objectID']);
    else index.set(body['objectID'], mapped);
  }
  return Object.fromEntries(index);
}

async function expected(key = 'id::text'): Promise<Readonly<Record<string, unknown>>> {
  const rows =
    await sql(`SELECT ${key} AS key, to_jsonb(t) || jsonb_build_object('objectID', ${key}, 'source_table', 'public.audit_log') AS row
                          FROM audit_log t`);
  return Object.fromEntries(rows.map(({ key, row }) => [key, row]));
}

test('inserts, updates, deletes and moved keys leave what the table holds', async () => {
  await sql('CREATE TABLE audit_log (id bigint PRIMARY KEY, actor text, after jsonb)');
  await createSlot(database);
  await sql(
    `INSERT INTO audit_log SELECT n, 'user ' || n, jsonb_build_object('n', n) FROM generate_series(1, 50) n`,
  );
  await sql(`UPDATE audit_log SET actor = 'changed', after = NULL WHERE id % 3 = 0`);
  await sql('UPDATE audit_log SET id = id + 1000 WHERE id % 4 = 0');
  await sql('DELETE FROM audit_log WHERE id % 5 = 0');
  await sql(
    `BEGIN; UPDATE audit_log SET id = 2000 WHERE id = 1; INSERT INTO audit_log VALUES (1, 'again', '{}'); COMMIT`,
  );
  const operations = await take();
  expect(apply(operations)).toEqual(await expected());
  expect(
    operations.filter(({ action }) => action === 'deleteObject').map(({ body }) => Object.keys(body)),
  ).toContainEqual(['objectID']);
});

test('each record names its own commit', async () => {
  await sql('CREATE TABLE audit_log (id int PRIMARY KEY)');
  await createSlot(database);
  const [before] = await sql(
    'SELECT extract(epoch FROM clock_timestamp()) * 1000 AS ms, pg_current_wal_lsn() AS lsn',
  );
  const [transaction] = await sql(
    `WITH row AS (INSERT INTO audit_log VALUES (1)) SELECT pg_current_xact_id()::text AS xid`,
  );
  const [after] = await sql(
    'SELECT extract(epoch FROM clock_timestamp()) * 1000 AS ms, pg_current_wal_lsn() AS lsn',
  );
  const steps = await takeSteps(database, tables);
  const [operation] = steps.filter(isOperation);
  const text = operation?.bytes.toString('utf8', operation.start, operation.end) ?? '';
  const { wal } = (JSON.parse(text) as { body: { wal: Record<string, string | number> } }).body;
  expect(Object.keys(wal)).toEqual(['lsn', 'xid', 'committed_at', 'committed_at_ms']);
  expect(wal['xid']).toBe(Number(transaction?.['xid']));
  expect(wal['committed_at_ms']).toBeGreaterThanOrEqual(Math.floor(Number(before?.['ms'])));
  expect(wal['committed_at_ms']).toBeLessThanOrEqual(Number(after?.['ms']));
  expect(Date.parse(String(wal['committed_at']))).toBe(wal['committed_at_ms']);
  const [within] = await sql(
    `SELECT '${wal['lsn']}'::pg_lsn BETWEEN '${before?.['lsn']}' AND '${after?.['lsn']}' AS yes`,
  );
  expect(within).toEqual({ yes: true });
  expect(steps.at(-1)).toMatchObject({ kind: 'position' });
});

test('an unchanged TOASTed column comes from the old image of REPLICA IDENTITY FULL, else the row is read again', async () => {
  await sql('CREATE TABLE audit_log (id int PRIMARY KEY, note text, large text)');
  await sql(`ALTER TABLE audit_log ALTER large SET STORAGE EXTERNAL`);
  await sql('ALTER TABLE audit_log REPLICA IDENTITY FULL');
  await createSlot(database);
  await sql(`INSERT INTO audit_log SELECT 1, 'new', ${TOASTED}`);
  await sql(`UPDATE audit_log SET note = 'changed'`);
  expect(apply(await take())).toEqual(await expected());
  await sql('ALTER TABLE audit_log REPLICA IDENTITY DEFAULT');
  await sql(`UPDATE audit_log SET note = 'again'`);
  const changes = (await takeSteps(database, tables)).filter(({ kind }) => kind !== 'position');
  expect(changes).toMatchObject([{ kind: 'refresh', objectID: '1', isRemoval: false }]);
});

test('with REPLICA IDENTITY FULL a key that is left is read again', async () => {
  await sql('CREATE TABLE audit_log (id int PRIMARY KEY DEFERRABLE INITIALLY DEFERRED, note text)');
  await sql('ALTER TABLE audit_log REPLICA IDENTITY FULL');
  await createSlot(database);
  await sql(`INSERT INTO audit_log VALUES (1, 'a'), (2, 'b')`);
  await sql(`UPDATE audit_log SET id = 3 - id; DELETE FROM audit_log WHERE id = 1`);
  const changes = (await takeSteps(database, tables)).filter(({ kind }) => kind !== 'position').slice(2);
  expect(changes).toMatchObject([
    { kind: 'refresh', objectID: '1', isRemoval: true },
    { kind: 'update', objectID: '2' },
    { kind: 'refresh', objectID: '2', isRemoval: true },
    { kind: 'update', objectID: '1' },
    { kind: 'refresh', objectID: '1', isRemoval: true },
  ]);
});

test('a TOASTed key that did not change is still known', async () => {
  await sql('CREATE TABLE audit_log (id text PRIMARY KEY, note text)');
  await sql('ALTER TABLE audit_log ALTER id SET STORAGE EXTERNAL');
  await createSlot(database);
  await sql(`INSERT INTO audit_log SELECT left(${TOASTED}, 2500), 'new'`);
  await sql(`UPDATE audit_log SET note = 'changed'`);
  expect(apply(await take())).toEqual(await expected('id'));
});

test('columns of several types make an objectID as SQL prints and encodes them', async () => {
  await sql('CREATE TABLE audit_log (id int, kind text, day date, PRIMARY KEY (kind, day, id))');
  await createSlot(database);
  await sql(
    `INSERT INTO audit_log VALUES (1, 'a:b', '2026-11-23'), (2, '100%', '0044-03-15 BC'), (3, '%3A', 'infinity')`,
  );
  await sql(`UPDATE audit_log SET kind = kind || ':' WHERE id = 3`);
  await sql('DELETE FROM audit_log WHERE id = 2');
  const part = (column: string) => `replace(replace(${column}::text, '%', '%25'), ':', '%3A')`;
  const keys = await sql(
    `SELECT ${part('kind')} || ':' || ${part('day')} || ':' || ${part('id')} AS key FROM audit_log ORDER BY id`,
  );
  const options = { 'public.audit_log': { ...table, objectID: ['kind', 'day', 'id'] } };
  expect(Object.keys(apply(await take(options)))).toEqual(keys.map(({ key }) => key));
});

test('an objectID outside the replica identity stops the first update, not the inserts', async () => {
  await sql('CREATE TABLE audit_log (id int PRIMARY KEY, request text UNIQUE NOT NULL)');
  await createSlot(database);
  const options = { 'public.audit_log': { ...table, objectID: ['request'] } };
  await sql(`INSERT INTO audit_log VALUES (1, 'r-1')`);
  expect(Object.keys(apply(await take(options)))).toEqual(['r-1']);
  await sql(`UPDATE audit_log SET request = 'r-2'`);
  await expect(take(options)).rejects.toMatchObject({
    code: 'PRECONDITION',
    remedy: expect.stringContaining('USING INDEX'),
  });
});

test('USING INDEX makes those columns the key', async () => {
  await sql('CREATE TABLE audit_log (id int PRIMARY KEY, request text NOT NULL)');
  await sql('CREATE UNIQUE INDEX by_request ON audit_log (request)');
  await sql('ALTER TABLE audit_log REPLICA IDENTITY USING INDEX by_request');
  await createSlot(database);
  await sql(`INSERT INTO audit_log VALUES (1, 'r-1'), (2, 'r-2')`);
  await sql(`UPDATE audit_log SET request = 'r-3' WHERE id = 1`);
  await sql(`DELETE FROM audit_log WHERE request = 'r-2'`);
  expect(Object.keys(apply(await take({ 'public.audit_log': { ...table, objectID: ['request'] } })))).toEqual(
    ['r-3'],
  );
});

test('partitions published by their root are the root; their own descriptions are passed over', async () => {
  await sql(
    `CREATE TABLE audit_log (id int, at timestamptz, note text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at)`,
  );
  await sql(`CREATE TABLE old PARTITION OF audit_log FOR VALUES FROM (MINVALUE) TO ('2026-01-01')`);
  await sql(`CREATE TABLE fresh (note text, at timestamptz NOT NULL, id int NOT NULL, PRIMARY KEY (id, at))`);
  await sql(`ALTER TABLE audit_log ATTACH PARTITION fresh FOR VALUES FROM ('2026-01-01') TO (MAXVALUE)`);
  await createSlot(database, 'WITH (publish_via_partition_root = true)');
  await sql(`INSERT INTO audit_log VALUES (1, '2025-06-01', 'old'), (2, '2026-06-01', 'fresh')`);
  await sql(`INSERT INTO fresh (id, at, note) VALUES (3, '2026-07-01', 'direct')`);
  await sql(`UPDATE audit_log SET at = '2026-08-01' WHERE id = 1`);
  const rows = Object.values(apply(await take())) as { id: number; note: string }[];
  expect(rows.map(({ id, note }) => [id, note]).sort()).toEqual([
    [1, 'old'],
    [2, 'fresh'],
    [3, 'direct'],
  ]);
});

test('ALTER TABLE between changes, renaming included', async () => {
  await sql('CREATE TABLE audit_log (id int PRIMARY KEY, note text)');
  await createSlot(database);
  await sql(`INSERT INTO audit_log VALUES (1, 'first')`);
  await sql('ALTER TABLE audit_log ADD extra jsonb, DROP note');
  await sql(`INSERT INTO audit_log VALUES (2, '{"n": 1.10}')`);
  await sql('ALTER TABLE audit_log RENAME TO audit_log_2');
  await sql(`INSERT INTO audit_log_2 VALUES (3, NULL)`);
  expect(Object.values(apply(await take()))).toEqual([
    { objectID: '1', id: 1, note: 'first', source_table: 'public.audit_log' },
    { objectID: '2', id: 2, extra: { n: 1.1 }, source_table: 'public.audit_log' },
    { objectID: '3', id: 3, extra: null, source_table: 'public.audit_log' },
  ]);
});

test('a table that is published but not configured stops', async () => {
  await sql('CREATE TABLE audit_log (id int PRIMARY KEY); CREATE TABLE other (id int PRIMARY KEY)');
  await createSlot(database);
  await sql('INSERT INTO other VALUES (1)');
  const stops = { code: 'CONFIG', message: expect.stringContaining('public.other') };
  await expect(take()).rejects.toMatchObject(stops);
  await sql('TRUNCATE audit_log, other');
  await expect(take()).rejects.toMatchObject(stops);
});

test('TRUNCATE is a step of its table, between the changes before and behind it', async () => {
  await sql('CREATE TABLE audit_log (id int PRIMARY KEY)');
  await createSlot(database);
  await sql(
    'BEGIN; INSERT INTO audit_log VALUES (1); TRUNCATE audit_log; INSERT INTO audit_log VALUES (2); COMMIT',
  );
  const kinds = (await takeSteps(database, tables)).map(({ kind }) => kind);
  expect(kinds).toEqual(['update', 'truncate', 'update', 'position']);
});
