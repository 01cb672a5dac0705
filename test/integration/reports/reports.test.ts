import { expect, test } from 'vitest';
import { createAuditLog } from '../../support/audit-log.ts';
import { createDeadLetterTable } from '../../support/dead-letter-table.ts';
import { drained, startIndex, startLine } from '../../support/line.ts';
import { connect, createDatabase } from '../../support/postgres.ts';
import { createCase, serverTime, statusConfig, statusOnce } from '../completeness/status-case.ts';
import { auditor, differences, report, runCommand, setUp } from './report-case.ts';

const SETTINGS = { tables: { 'public.audit_log': { index: 'audit_log', settings: {} } } };
const DAY = '2026-11-23T14:00:00Z';
/** In one millisecond, more than a search shows; each with a microsecond of its own, some of them the same. */
const BURST = '2026-11-23T14:30:00.5Z';

const EVENTS = `INSERT INTO audit_log (occurred_at, actor_id, action, target_type, target_id, before, metadata)
  SELECT timestamptz '${DAY}' + g * interval '700 milliseconds 3 microseconds', 'usr_' || g % 3, 'report.renamed',
         CASE WHEN g % 5 > 0 THEN 'report' END, CASE WHEN g % 7 > 0 THEN 'r' || g % 2 END,
         CASE WHEN g % 4 = 0 THEN '{"sum": 12345678901234567890.10, "name": "Grüße \\"=1+1\\""}'::jsonb END, jsonb_build_object('g', g)
  FROM generate_series(1, 5200) g`;
const BURST_EVENTS = `INSERT INTO audit_log (occurred_at, actor_id, action, target_type, target_id)
  SELECT timestamptz '${BURST}' + (g % 1000) * interval '1 microsecond', 'usr_1', 'report.opened', 'report', 'r1' FROM generate_series(1, 1500) g`;

test('5,000 events over several pages and 1,500 in one millisecond: every report has whole rows, as SQL has them', async () => {
  await using database = await createDatabase();
  const { client } = database;
  await createCase(database);
  await using server = await startIndex();
  const config = statusConfig(database, server, SETTINGS);
  await setUp(config);
  await using _line = startLine(config);
  await client.query(EVENTS);
  await client.query(BURST_EVENTS);
  await client.query(`INSERT INTO audit_log (action, target_type, target_id, actor_id) VALUES
    ('item.created', 'item:odd', '-it''s "x"\\', '日本'), ('item.deleted', 'item:odd', '-it''s "x"\\', '日本'), ('item.created', 'ITEM:ODD', '-it''s "x"\\', 'u')`);
  await drained(database);

  const day = await report(server, 'window', '2026-11-23T14:00:00Z', '2026-11-23T16:00:00Z');
  const within = `occurred_at >= '2026-11-23T14:00:00Z' AND occurred_at < '2026-11-23T16:00:00Z'`;
  expect(await differences(database, day.text, within)).toEqual({ rows: 6_700, differing: 0 });
  expect(day.count).toBe(6_700);
  const times = day.events.map((event) => Number(event['occurred_at_ms']));
  expect(times).toEqual(times.toSorted((one, other) => other - one));

  const record = await report(server, 'record', 'report', 'r1');
  expect(await differences(database, record.text, `target_type = 'report' AND target_id = 'r1'`)).toEqual({
    rows: expect.toSatisfy((rows: number) => rows > 3_000),
    differing: 0,
  });
  const actor = await report(server, 'actor', 'usr_2');
  expect(await differences(database, actor.text, `actor_id = 'usr_2'`)).toMatchObject({
    rows: 1_733,
    differing: 0,
  });

  // Behind --, since it begins with a minus.
  const life = await report(server, 'record', '--', 'item:odd', '-it\'s "x"\\');
  expect(await differences(database, life.text, `target_type = 'item:odd'`)).toEqual({
    rows: 2,
    differing: 0,
  });
  expect(life.events.map((event) => event['action'])).toEqual(['item.deleted', 'item.created']);
  expect(life.notes).toEqual(['1 records were left out whose ids differ in case alone.']);
  const unicode = await report(server, 'actor', '日本');
  expect(await differences(database, unicode.text, `actor_id = '日本'`)).toEqual({ rows: 2, differing: 0 });
});

test('a window holds what happened at its beginning and not what happened at its end, to the microsecond', async () => {
  await using database = await createDatabase();
  await createCase(database);
  await using server = await startIndex();
  const config = statusConfig(database, server, SETTINGS);
  await setUp(config);
  await using _line = startLine(config);
  await database.client.query(`INSERT INTO audit_log (occurred_at, action)
    SELECT timestamptz '2026-11-23T14:00:00.000123Z' + g * interval '1 microsecond', 'report.renamed' FROM generate_series(-5, 5) g`);
  await drained(database);
  for (const [from, to, rows] of [
    ['2026-11-23T14:00:00.000123Z', '2026-11-23T14:00:00.000126Z', 3],
    ['2026-11-23T14:00:00.000122Z', '2026-11-23T14:00:00.000123Z', 1],
    ['2026-11-23T14:00:00Z', '2026-11-23T14:00:00.000118Z', 0],
    ['2026-11-23T15:00:00.000128+01:00', '2026-11-23T15:00:00+00:00', 1],
    ['2026-11-23', '2026-11-24', 11],
  ] as const) {
    const { text } = await report(server, 'window', from, to);
    const within = `occurred_at >= '${from}' AND occurred_at < '${to}'`;
    expect(await differences(database, text, within)).toEqual({ rows, differing: 0 });
  }
});

test('says that a window is open while a transaction is that began in it, and then that it is complete', async () => {
  await using database = await createDatabase();
  await createCase(database);
  await using server = await startIndex();
  const config = statusConfig(database, server, SETTINGS);
  await setUp(config);
  await using _line = startLine(config);
  await statusOnce(database, server, 'closed at all', (each) => each.closedThrough !== null);
  const from = await serverTime(database);
  const other = await connect(database.url);
  try {
    await other.query('BEGIN');
    await other.query('SELECT 1');
    await database.client.query(`INSERT INTO audit_log (action) VALUES ('report.renamed')`);
    const to = await serverTime(database);
    await drained(database);
    await statusOnce(
      database,
      server,
      'written behind the window',
      (each) => each.writtenAt > to && each.openSince !== null,
    );
    const open = await report(server, 'window', from, to);
    expect(open.completeness).toMatchObject({
      state: 'open',
      notes: [expect.stringContaining('a transaction has been open since')],
    });
    expect(open.count).toBe(1);
    // Its time is that of the window, though it comes long after it.
    await other.query(`INSERT INTO audit_log (action, occurred_at) VALUES ('report.shared', now())`);
    await other.query('COMMIT');
    await statusOnce(
      database,
      server,
      'closed behind the window',
      (each) => (each.closedThrough ?? '') >= to,
    );
    const closed = await report(server, 'window', from, to);
    expect(closed.completeness).toMatchObject({
      state: 'complete',
      notes: [],
      deadLetters: { inWindow: 0, mayBeInWindow: 0 },
    });
    expect(
      await differences(database, closed.text, `occurred_at >= '${from}' AND occurred_at < '${to}'`),
    ).toEqual({ rows: 2, differing: 0 });
    const before = await report(server, 'window', '2020-01-01', '2020-02-01');
    expect(before.completeness.state).toBe('incomplete');
  } finally {
    await other.end();
  }
});

test('counts the dead letters of a window', async () => {
  await using database = await createDatabase();
  await createCase(database);
  await using server = await startIndex({ recordBytesMax: 2_000 });
  const config = statusConfig(database, server, SETTINGS);
  await setUp(config);
  await using line = startLine(config);
  await database.client.query(`INSERT INTO audit_log (occurred_at, action, metadata) VALUES
    ('2026-11-23T14:00:00Z', 'report.renamed', to_jsonb(repeat('x', 3000))),
    ('2026-11-23T15:00:00Z', 'report.renamed', to_jsonb(repeat('x', 3000))),
    ('2026-11-23T14:00:01Z', 'report.renamed', to_jsonb(repeat('x', 30000)))`);
  await database.client.query(
    `INSERT INTO audit_log (occurred_at, action) VALUES ('2026-11-23T14:00:02Z', 'report.opened')`,
  );
  await drained(database);
  expect(line.status().records.deadLetters).toBe(3);
  await statusOnce(database, server, 'with letters', (each) => each.deadLetters === 3);
  const { completeness, count } = await report(
    server,
    'window',
    '2026-11-23T14:00:00Z',
    '2026-11-23T15:00:00Z',
  );
  expect({ count, letters: completeness.deadLetters }).toEqual({
    count: 1,
    letters: { inWindow: 1, mayBeInWindow: 1 },
  });
});

test('without settings, or by an attribute that is no facet, it says so rather than that nothing happened', async () => {
  await using database = await createDatabase();
  await createAuditLog(database);
  await createDeadLetterTable(database);
  await using server = await startIndex();
  const config = statusConfig(database, server, { algolia: { statusIndex: 'unused' } as never });
  await using _line = startLine(config);
  await database.client.query(`INSERT INTO audit_log (action, actor_id) VALUES ('report.renamed', 'usr_1')`);
  await drained(database);
  const { code, stderr } = await runCommand(['report', 'actor', 'usr_1'], auditor(server));
  expect(code).toBe(78);
  expect(stderr).toContain('index audit_log cannot be filtered by "actor_id"');
  expect(stderr).toContain('attributesForFaceting');
  const lacking = await runCommand(['report', 'record', 'a', 'b'], auditor(server));
  expect(lacking.code).toBe(78);
  expect(lacking.stderr).toContain(
    'none of the first 1000 records of index audit_log has the attribute "target_type"',
  );
  const elsewhere = await runCommand(['report', 'actor', 'usr_1', '--index', 'nothing'], auditor(server));
  expect(elsewhere.code).toBe(78);
  expect(elsewhere.stderr).toContain('there is no index nothing');
  await database.client.query(
    `INSERT INTO audit_log (action) SELECT 'report.renamed' FROM generate_series(1, 1100)`,
  );
  await drained(database);
  const unsorted = await runCommand(
    ['report', 'window', '2020-01-01', '2100-01-01', '--csv'],
    auditor(server),
  );
  expect(unsorted.code).toBe(78);
  expect(unsorted.stderr).toContain('does not give back the highest');
});

test('as CSV and as a table, with what it is complete through; unknown without a status', async () => {
  await using database = await createDatabase();
  await createCase(database);
  await using server = await startIndex();
  const config = statusConfig(database, server, SETTINGS);
  await setUp(config);
  await using _line = startLine(config);
  await database.client.query(`INSERT INTO audit_log (occurred_at, action, actor_id, target_type, target_id) VALUES
    ('2026-11-23T14:00:00.000001Z', 'report.renamed', '=cmd', 'report', 'r,1')`);
  await drained(database);
  await statusOnce(database, server, 'closed', (each) => each.closedThrough !== null);
  const csv = await runCommand(['report', 'actor', '=cmd', '--csv'], auditor(server));
  expect(csv.code).toBe(0);
  const [header = '', line = '', ...rest] = csv.stdout.split('\r\n');
  expect(header.startsWith('occurred_at_utc,objectID,')).toBe(true);
  expect(line.startsWith('2026-11-23T14:00:00.000001Z,1,')).toBe(true);
  expect(line).toContain(`,'=cmd,`);
  expect(line).toContain(',"r,1",');
  expect(rest).toEqual(['']);
  expect(csv.stderr).toMatch(/1 event of index audit_log\ncompleteness: complete\ncomplete through \d{4}-/);
  const table = await runCommand(['report', 'actor', '=cmd'], auditor(server));
  expect(table.stdout).toMatch(/^occurred_at_utc .*\n2026-11-23T14:00:00\.000001Z .*=cmd/);
  expect(table.stdout).toContain('dead letters: 0');
  const { ALGOLIA_STATUS_INDEX: _, ...without } = auditor(server);
  const unknown = await runCommand(['report', 'actor', '=cmd'], without);
  expect(unknown.stdout).toContain('completeness: unknown');
  expect(unknown.stdout).toContain('ALGOLIA_STATUS_INDEX');
  const none = await runCommand(['report', 'window', '2020-01-01', '2020-01-02', '--csv'], auditor(server));
  expect(none.stdout).toBe('occurred_at_utc,wal.committed_at_utc,wal.lsn,wal.xid,more\r\n');
  const both = await runCommand(
    ['report', 'window', '2020-01-01', '2020-01-02', '--csv', '--json'],
    auditor(server),
  );
  expect(both.code).toBe(64);
});
