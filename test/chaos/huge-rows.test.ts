import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { createDeadLetterTable } from '../support/dead-letter-table.ts';
import { drained, startIndex } from '../support/line.ts';
import { waitFor } from '../support/wait-for.ts';
import { startOwnCluster } from './own-cluster.ts';
import { startRun } from './run-process.ts';

/** More than a JavaScript string can have. */
const HUGE = 600_000_000;
/** Postgres itself takes half a minute for it, on a quiet machine. */
const PATIENCE = { timeoutMs: 600_000 };

const megabytes = async (pid: number, field: 'VmRSS' | 'VmHWM'): Promise<number> =>
  Number(
    new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(await readFile(`/proc/${pid}/status`, 'latin1'))?.[1],
  ) / 1e3;

test('a column of 600 MB costs its size for a moment, once: it is cut, one beside it set aside, and all others go on', async (context) => {
  context.skip(process.platform !== 'linux', 'memory is read from /proc');
  // Of its own: slots that others make in the same one meanwhile would wait for these transactions.
  await using database = await startOwnCluster();
  const { client, publication, slot } = database;
  await createDeadLetterTable(database);
  for (const name of ['cut', 'aside'])
    await client.query(`CREATE TABLE ${name} (id int PRIMARY KEY, note text, big text)`);
  await client.query(`CREATE PUBLICATION "${publication}" FOR TABLE cut, aside`);
  await client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [slot]);
  await using server = await startIndex();
  const tables = {
    'public.cut': { index: 'cut', oversize: 'cut' as const },
    'public.aside': { index: 'aside' },
  };
  await using run = await startRun({ database, server, config: { tables } });
  await run.streaming();
  await client.query(`INSERT INTO cut VALUES (1, 'before', 'small');
    INSERT INTO cut VALUES (2, 'first', repeat('x', ${HUGE}));
    INSERT INTO aside VALUES (1, 'before', 'small'),
      (2, 'set aside', (SELECT string_agg(md5(n::text), '') FROM generate_series(1, 625000) n)), (3, 'behind', 'small')`);
  await waitFor(() => server.record('aside', '3'), {
    description: 'the row behind the huge one',
    ...PATIENCE,
  });
  await drained(database);
  const peakMb = await megabytes(run.pid, 'VmHWM');

  const record = (index: string, id: string) => JSON.parse(server.record(index, id) ?? 'null');
  const { big, wal: _, ...rest } = record('cut', '2');
  expect(rest).toEqual({ objectID: '2', id: 2, note: 'first', source_table: 'public.cut', _cut: ['big'] });
  expect(big).toMatch(/^x{9000,10000}$/);
  expect([record('cut', '1').note, record('aside', '1').note, record('aside', '2')]).toEqual([
    'before',
    'before',
    null,
  ]);
  const { rows: letters } = await client.query(
    'SELECT object_id, reason, message, record FROM wal2algolia.dead_letter',
  );
  expect(letters).toMatchObject([{ object_id: '2', reason: 'too-large', record: null }]);
  expect(letters[0].message).toContain('"big" 20000000');
  expect(peakMb).toBeLessThan(HUGE / 1e6 + 300);

  // Neither value travels with these, and neither needs to be read whole.
  await client.query(
    `UPDATE cut SET note = 'again' WHERE id = 2; UPDATE aside SET note = 'second' WHERE id = 2`,
  );
  await drained(database);
  const { wal: __, ...again } = record('cut', '2');
  expect(again).toEqual({ ...rest, big, note: 'again' });
  expect(record('aside', '2')).toBeNull();
  expect(await megabytes(run.pid, 'VmHWM')).toBeLessThan(peakMb + 50);

  let id = 10;
  await waitFor(
    async () => {
      await client.query(`INSERT INTO aside SELECT n, 'more' FROM generate_series(${id}, ${id + 4_999}) n`);
      id += 5_000;
      await drained(database);
      return (await megabytes(run.pid, 'VmRSS')) < 500;
    },
    { description: 'its memory to be given back under ordinary traffic', ...PATIENCE },
  );
  run.signal('SIGTERM');
  expect(await run.ended).toMatchObject({ code: 0 });
}, 1_200_000);
