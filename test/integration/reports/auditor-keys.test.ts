import { expect, test } from 'vitest';
import { drained, startIndex, startLine } from '../../support/line.ts';
import { createDatabase } from '../../support/postgres.ts';
import { createCase, statusConfig, statusOnce } from '../completeness/status-case.ts';
import { auditor, type Report, runCommand, setUp } from './report-case.ts';

const tables = { 'public.audit_log': { index: 'audit_log', settings: {} } };

test('a key for one tenant and one for the status: the report has the rows of the tenant, and says whether all are there', async () => {
  await using database = await createDatabase();
  await createCase(database);
  await using server = await startIndex();
  const config = statusConfig(database, server, { tables });
  await setUp(config);
  await using _line = startLine(config);
  await database.client.query(`INSERT INTO audit_log (action, actor_id, tenant)
    SELECT 'report.renamed', 'usr_1', CASE WHEN g % 2 = 0 THEN 'acme' ELSE 'globex' END FROM generate_series(1, 10) g`);
  await drained(database);
  await statusOnce(database, server, 'closed', (each) => each.closedThrough !== null);

  const parent: Record<string, string> = { ...auditor(server), ALGOLIA_ADMIN_KEY: server.adminKey };
  const tenantKey = await runCommand(['keys', 'mint', '--tenant', 'acme'], parent);
  const statusKey = await runCommand(['keys', 'mint', '--status'], parent);
  expect([tenantKey.code, statusKey.code]).toEqual([0, 0]);
  expect(statusKey.stderr).not.toContain('Nothing narrows it');

  const narrow = { ...auditor(server), ALGOLIA_SEARCH_KEY: tenantKey.stdout.trim() };
  const asked = ['report', 'actor', 'usr_1', '--json'];
  const blind = JSON.parse((await runCommand(asked, narrow)).stdout) as Report;
  expect(blind.completeness.state).toBe('unknown');
  expect(blind.count).toBe(5);
  const seeing = { ...narrow, ALGOLIA_STATUS_KEY: statusKey.stdout.trim() };
  const whole = JSON.parse((await runCommand(asked, seeing)).stdout) as Report;
  expect(whole.events.map((event) => event['tenant'])).toEqual(Array.from({ length: 5 }, () => 'acme'));
  expect(whole.completeness.state).toBe('complete');

  const trespass = await runCommand(asked, {
    ...auditor(server),
    ALGOLIA_SEARCH_KEY: statusKey.stdout.trim(),
  });
  expect(trespass.code).toBe(78);
  expect(trespass.stderr).toContain('ALGOLIA_SEARCH_KEY');
  expect(trespass.stderr).not.toContain(statusKey.stdout.trim());
  expect((await runCommand(['keys', 'mint', '--status', '--tenant', 'acme'], parent)).code).toBe(64);
  const { ALGOLIA_STATUS_INDEX: _status, ...without } = parent;
  expect((await runCommand(['keys', 'mint', '--status'], without)).code).toBe(64);
});

test('out of reach is 69, without an application or a key 78, and no window 64', async () => {
  const nowhere = {
    ALGOLIA_APP_ID: 'app',
    ALGOLIA_SEARCH_KEY: 'hunter2',
    ALGOLIA_HOSTS: 'http://127.0.0.1:1',
  };
  const { code, stderr } = await runCommand(['report', 'actor', 'usr_1'], nowhere);
  expect(code).toBe(69);
  expect(stderr).not.toContain('hunter2');
  const { ALGOLIA_SEARCH_KEY: _, ...keyless } = nowhere;
  const lacking = await runCommand(['report', 'actor', 'usr_1'], keyless);
  expect(lacking.code).toBe(78);
  expect(lacking.stderr).toContain('set ALGOLIA_SEARCH_KEY');
  for (const args of [
    ['window', '2026-11-24', '2026-11-23'],
    ['window', '2026-11-23', '2026-11-23'],
    ['window', '2026-11-23T14:00', '2026-11-24'],
    ['actor', ''],
    ['record', 'report'],
  ])
    expect((await runCommand(['report', ...args], nowhere)).code, args.join(' ')).toBe(64);
});
