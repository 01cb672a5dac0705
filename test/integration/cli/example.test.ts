import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { createAuditLog } from '../../support/audit-log.ts';
import { compareIndex, expectEqual, expectedAuditLog } from '../../support/index-comparison.ts';
import { drained, startIndex } from '../../support/line.ts';
import { createDatabase } from '../../support/postgres.ts';
import { startProgram } from '../../support/program.ts';
import { waitFor } from '../../support/wait-for.ts';

const EXAMPLE = fileURLToPath(new URL('../../../examples/own-process.js', import.meta.url));

test('the example of the README is the file, and it works: rows arrive, positions are told, SIGTERM drains', async () => {
  expect(await readFile('README.md', 'utf8')).toContain(`\`\`\`js\n${await readFile(EXAMPLE, 'utf8')}\`\`\``);
  // The example uses the default names, of which a cluster has one slot.
  await using database = await createDatabase();
  const named = { ...database, slot: 'wal2algolia', publication: 'wal2algolia' };
  await createAuditLog(named);
  await using server = await startIndex();
  await using program = startProgram([], {
    main: EXAMPLE,
    env: {
      DATABASE_URL: database.url,
      ALGOLIA_APP_ID: server.appId,
      ALGOLIA_API_KEY: server.adminKey,
      ALGOLIA_HOSTS: server.url,
    },
  });
  await database.client.query(
    `INSERT INTO audit_log (action, after) SELECT 'report.renamed', jsonb_build_object('n', g) FROM generate_series(1, 100) g`,
  );
  await drained(named);
  expectEqual(await compareIndex(database.client, server, 'audit_log', expectedAuditLog()), 100);
  const records = await waitFor(
    () => {
      const counts = [...program.stdout().matchAll(/records: (\d+)/g)].map(([, count]) => Number(count));
      const sum = counts.reduce((total, count) => total + count, 0);
      return sum >= 100 && sum;
    },
    { description: 'the example to tell of all records' },
  );
  expect(records).toBe(100);
  program.kill('SIGTERM');
  expect(await program.ended).toEqual({ code: 0, signal: null });
  expect(program.stdout()).toMatch(/drained\n$/);
  expect(program.stderr()).toBe('');
});
