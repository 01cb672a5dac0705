import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createDeadLetterTable } from '../../support/dead-letter-table.ts';
import { drained, startIndex } from '../../support/line.ts';
import { createDatabase } from '../../support/postgres.ts';
import { listeningUrl, startProgram } from '../../support/program.ts';
import { pseudonymOf } from '../../support/pseudonym.ts';
import { scratchDirectory } from '../../support/scratch-directory.ts';
import { waitFor } from '../../support/wait-for.ts';

const KEY = 'the key of this test, which is a secret too';
const WHO = 'mallory@planted.example';
const BEFORE = ['was', 'planted'].join('-');
/** As they are, escaped as JSON escapes them, and in base64. */
const SECRETS = [WHO, 'planted', '\\u0070lanted', KEY, Buffer.from(WHO).toString('base64').slice(0, 24)];

const tables = {
  'public.t': {
    index: 't',
    objectID: ['code'],
    attributes: {
      id: 'id',
      who: { column: 'who', pseudonym: 'user', label: 'who_label' },
      padded: { column: 'padded', pseudonym: 'user' },
      many: { column: 'many', pseudonym: 'user', label: 'many_labels' },
      by: { column: 'data', path: 'by', pseudonym: 'user' },
      kind: { column: 'data', path: 'kind' },
      text: { template: '{who} by [{by}] of [{many}]' },
      filler: 'filler',
    },
  },
};

test('what has a pseudonym stands as it is in no record, dead letter, log line, answer or command', async () => {
  await using database = await createDatabase();
  await using server = await startIndex();
  await using directory = await scratchDirectory();
  const { client, publication, slot } = database;
  await client.query(
    `CREATE TABLE t (id int, code text UNIQUE, who text, padded char(40), many text[], data jsonb, filler text)`,
  );
  await client.query('ALTER TABLE t ALTER COLUMN data SET STORAGE EXTERNAL');
  await client.query('ALTER TABLE t REPLICA IDENTITY FULL');
  await client.query(`CREATE PUBLICATION "${publication}" FOR TABLE t`);
  await client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [slot]);
  await createDeadLetterTable(database);
  server.faults.add({ kind: 'poison', text: 'poison', names: 'message' });
  const file = join(directory.path, 'wal2algolia.config.json');
  await writeFile(join(directory.path, 'key'), `${KEY}\n`);
  await writeFile(file, JSON.stringify({ tables, pseudonyms: { keys: [{ id: 'only', file: 'key' }] } }));
  const env = {
    DATABASE_URL: database.url,
    ALGOLIA_APP_ID: server.appId,
    ALGOLIA_API_KEY: server.adminKey,
    ALGOLIA_HOSTS: server.url,
    WAL2ALGOLIA_SLOT: slot,
    WAL2ALGOLIA_PUBLICATION: publication,
    WAL2ALGOLIA_HTTP_PORT: '0',
    LOG_LEVEL: 'trace',
  };
  const start = (...args: string[]) =>
    startProgram([...args, '--config', file], { env, cwd: directory.path });
  await using run = start('run');
  const address = await listeningUrl(run);
  const insert = async (
    code: string | null,
    more: { data?: unknown; filler?: string; who?: string } = {},
  ) => {
    const { data = { by: WHO, kind: 'x', more: BEFORE }, filler = 'f', who = WHO } = more;
    await client.query('INSERT INTO t VALUES (1, $1, $2::text, $2::text, ARRAY[$2::text, $3], $4, $5)', [
      code,
      who,
      BEFORE,
      JSON.stringify(data),
      filler,
    ]);
  };
  await insert('whole');
  await insert('long', { data: { by: WHO, more: BEFORE.repeat(2_000) } });
  await client.query(`UPDATE t SET filler = 'read again' WHERE code = 'long'`);
  await insert(null);
  await insert('refused', { filler: 'poison' });
  await insert('document', { data: { by: { id: WHO } } });
  await insert('large', { filler: 'f'.repeat(20_000) });
  await insert('largest', { who: WHO.repeat(1), data: { by: WHO.repeat(1_000) } });
  await insert('overlong', { filler: 'g' });
  await client.query(`UPDATE t SET many = ARRAY[repeat($1, 2000)] WHERE code = 'overlong'`, [WHO]);
  await drained(database);
  const letters = await waitFor(
    async () => {
      const { rows } = await client.query(
        'SELECT * FROM wal2algolia.dead_letter ORDER BY object_id NULLS FIRST',
      );
      return rows.length < 5 ? undefined : rows;
    },
    { description: 'dead letters' },
  );
  expect(letters.map(({ object_id, reason }) => [object_id, reason])).toEqual([
    [null, 'no-object-id'],
    ['document', 'unreadable-value'],
    ['large', 'too-large'],
    ['overlong', 'too-large'],
    ['refused', 'refused'],
  ]);
  const seen: string[] = letters.map((letter) => JSON.stringify(letter));
  for (const path of ['healthz', 'readyz', 'status', 'metrics'])
    seen.push(await (await fetch(`${address}/${path}`)).text());
  for (const args of [
    ['status'],
    ['dead-letters', 'list'],
    ...letters.map(({ id }) => ['dead-letters', 'show', String(id)]),
  ]) {
    await using command = start(...args);
    expect(await command.ended, command.stderr()).toMatchObject({ code: 0 });
    seen.push(command.stdout(), command.stderr());
  }
  const records = ['whole', 'long', 'largest'].map((id) => server.record('t', id) ?? '');
  seen.push(...records, JSON.stringify(server.journal()));
  run.kill('SIGTERM');
  expect(await run.ended).toMatchObject({ code: 0 });
  seen.push(run.stdout(), run.stderr());
  for (const secret of SECRETS) for (const text of seen) expect(text).not.toContain(secret);
  const who = pseudonymOf(KEY, 'user', WHO);
  const was = pseudonymOf(KEY, 'user', BEFORE);
  expect(records.map((record) => JSON.parse(record))).toMatchObject([
    {
      who,
      by: who,
      many: [who, was],
      padded: pseudonymOf(KEY, 'user', WHO.padEnd(40)),
      text: `${who} by ${who} of ["${who}","${was}"]`,
    },
    { who, by: who, filler: 'read again' },
    { who, by: pseudonymOf(KEY, 'user', WHO.repeat(1_000)) },
  ]);
  expect(JSON.parse(letters[0].record)).toMatchObject({ who, many: [who, was] });
  expect(JSON.parse(letters[4].record)).toMatchObject({ who, many: [who, was] });
});
