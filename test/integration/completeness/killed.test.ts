import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startIndex } from '../../support/line.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres.ts';
import { startProgram } from '../../support/program.ts';
import { scratchDirectory } from '../../support/scratch-directory.ts';
import { waitFor } from '../../support/wait-for.ts';
import { createCase, readRecord, statusConfig, statusOnce } from './status-case.ts';

const KILLS = 4;

type Index = { readonly url: string; readonly appId: string; readonly searchKey: string };

/** Rows that have to be in the index by what the status says, which was read before; and those of them that are not. */
async function look(
  { client }: TestDatabase,
  server: Index,
  closedThrough: string,
): Promise<{ rows: number; missing: number }> {
  const { rows } = await client.query<{ id: string }>(
    'SELECT id::text FROM audit_log WHERE occurred_at < $1',
    [closedThrough],
  );
  const answer = await fetch(`${server.url}/1/indexes/*/objects`, {
    method: 'POST',
    headers: { 'x-algolia-application-id': server.appId, 'x-algolia-api-key': server.searchKey },
    body: JSON.stringify({ requests: rows.map(({ id }) => ({ indexName: 'audit_log', objectID: id })) }),
  });
  const { results = [] } = (await answer.json()) as { results?: readonly unknown[] };
  return { rows: rows.length, missing: rows.length - results.filter((record) => record !== null).length };
}

test('killed again and again while rows come, the status is never ahead of the index, and goes on behind it', async () => {
  await using database = await createDatabase();
  await createCase(database);
  await using server = await startIndex();
  server.faults.add({ kind: 'late', index: 'audit_log', path: '/batch', applyAfter: 1_500, times: 100_000 });
  await using directory = await scratchDirectory();
  const file = join(directory.path, 'wal2algolia.config.json');
  await writeFile(file, JSON.stringify(statusConfig(database, server, { http: { port: 0 } })));
  let checked = 0;
  let ahead = 0;
  for (let kill = 0; kill < KILLS; kill += 1) {
    const before = await readRecord(server, database.slot);
    await using program = startProgram(['run', '--config', file]);
    await waitFor(
      async () => {
        await database.client.query(`INSERT INTO audit_log (action) VALUES ('report.renamed')`);
        const status = await readRecord(server, database.slot);
        if (typeof status?.closedThrough === 'string')
          ahead += (await look(database, server, status.closedThrough)).missing;
        return (status?.closedThrough ?? '') > (before?.closedThrough ?? '');
      },
      { description: 'the status to go on' },
    );
    program.kill('SIGKILL');
    await program.ended;
    const status = await statusOnce(database, server, 'there', (each) => each.closedThrough !== null);
    const { rows, missing } = await look(database, server, status.closedThrough ?? '');
    checked += rows;
    ahead += missing;
  }
  expect(ahead).toBe(0);
  expect(checked).toBeGreaterThan(KILLS);
});
