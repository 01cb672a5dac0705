import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { drained, startIndex, startLine } from '../../support/line.ts';
import { createDatabase } from '../../support/postgres.ts';
import { scratchDirectory } from '../../support/scratch-directory.ts';
import { createCase, statusConfig } from '../completeness/status-case.ts';
import { auditor, type Report, report, runCommand, setUp } from './report-case.ts';

const tables = { 'public.audit_log': { index: 'audit_log', attributes: 'audit' as const, settings: {} } };

/** Created, renamed and renamed back by turns, deleted: 41 events, one a second. */
const LIFE = `INSERT INTO audit_log (occurred_at, actor_id, action, target_type, target_id, before, after)
  SELECT timestamptz '2026-11-23T14:00:00.000001Z' + g * interval '1 s', 'usr_1',
         CASE g WHEN 0 THEN 'report.created' WHEN 40 THEN 'report.deleted' ELSE 'report.renamed' END, 'report', 'r1',
         CASE WHEN g > 0 THEN jsonb_build_object('name', CASE WHEN g % 2 = 1 THEN 'A' ELSE 'B' END) END,
         CASE WHEN g < 40 THEN jsonb_build_object('name', CASE WHEN g % 2 = 0 THEN 'A' ELSE 'B' END) END
  FROM generate_series(0, 40) g`;

test('the life of an item, from its creation through every change and back to its deletion', async () => {
  await using database = await createDatabase();
  await createCase(database);
  await using server = await startIndex();
  const config = statusConfig(database, server, { tables });
  await setUp(config);
  await using _line = startLine(config);
  await database.client.query(LIFE);
  await database.client.query(`INSERT INTO audit_log (action, target_type, target_id)
    VALUES ('report.created', 'report', 'r2'), ('user.created', 'user', 'r1')`);
  await drained(database);

  const life = await report(server, 'record', 'report', 'r1');
  const oldestFirst = life.events.toReversed();
  expect(oldestFirst.map(({ op }) => op).join('')).toBe(`c${'u'.repeat(39)}d`);
  expect(oldestFirst.map(({ seq }) => seq)).toEqual(Array.from({ length: 41 }, (_, at) => at + 1));
  const renamed = (before: string, after: string) => [{ path: 'name', op: 'changed', before, after }];
  expect(oldestFirst.map(({ changes }) => changes)).toEqual([
    [{ path: 'name', op: 'added', after: 'A' }],
    ...Array.from({ length: 39 }, (_, at) => (at % 2 === 0 ? renamed('A', 'B') : renamed('B', 'A'))),
    [{ path: 'name', op: 'removed', before: 'B' }],
  ]);

  // A window in which the item is what it was at its end as well: both changes are there, and neither border's event is.
  const window = await report(server, 'window', '2026-11-23T14:00:02Z', '2026-11-23T14:00:04.000001Z');
  expect(window.events.map(({ changes }) => changes)).toEqual([renamed('A', 'B'), renamed('B', 'A')]);
  // Created and deleted within it: nothing of the item is left, and all of its life is in the report.
  const whole = await report(server, 'window', '2026-11-23T14:00:00.000001Z', '2026-11-23T14:00:40.000002Z');
  expect(whole.count).toBe(41);
});

test('more events of one moment than a search shows are told apart by the number that the standard mapping has', async () => {
  await using database = await createDatabase();
  await createCase(database);
  await using server = await startIndex();
  const config = statusConfig(database, server, { tables });
  await setUp(config);
  await using _line = startLine(config);
  await database.client.query(`INSERT INTO audit_log (occurred_at, action)
    SELECT '2026-11-23T14:00:00.5Z', 'report.opened' FROM generate_series(1, 1200)`);
  await drained(database);
  await using directory = await scratchDirectory();
  const file = join(directory.path, 'reader.json');
  await writeFile(file, JSON.stringify({ tables }));
  const asked = ['report', 'window', '--json', '--config', file, '2026-11-23', '2026-11-24'];
  const { code, stdout, stderr } = await runCommand(asked, auditor(server));
  expect(code, stderr).toBe(0);
  const { events } = JSON.parse(stdout) as Report;
  expect(events.map(({ seq }) => seq)).toEqual(Array.from({ length: 1_200 }, (_, at) => 1_200 - at));
});
