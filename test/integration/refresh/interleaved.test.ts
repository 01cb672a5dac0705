import { expect, onTestFinished, test, vi } from 'vitest';
import { RowReader } from '../../../src/database/rows/row-reader.ts';
import { type Refresh, requestBytes, type Step } from '../../../src/records/operations.ts';
import { partsBeforeRefresh } from '../../../src/records/parts.ts';
import { refreshSteps } from '../../../src/records/refresh-message.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres.ts';
import { openRefresher } from './refresher-case.ts';

const ROWS = 400;
const BYTES_MAX = 200_000;
const tables = {
  'public.a': { index: 'a', objectID: ['id'] },
  'public.b': { index: 'b', objectID: ['id'] },
};

async function create({ client, publication }: TestDatabase): Promise<void> {
  await client.query(`CREATE TABLE a (id int PRIMARY KEY, note text); CREATE TABLE b (LIKE a INCLUDING ALL);
    INSERT INTO a SELECT n, repeat('a', 2000) FROM generate_series(1, ${ROWS}) n;
    INSERT INTO b SELECT n, repeat('b', 2000) FROM generate_series(1, ${ROWS}) n;
    CREATE PUBLICATION "${publication}" FOR TABLE a, b`);
}

type Resolved = { readonly parts: readonly (readonly Step[])[]; readonly rowsRead: number };

/** As the line does it: until nothing is left. */
async function resolved(database: TestDatabase, refreshes: readonly Step[]): Promise<Resolved> {
  const read = vi.spyOn(RowReader.prototype, 'read');
  onTestFinished(() => read.mockRestore());
  await using refresher = await openRefresher(database, tables, 10_000, BYTES_MAX);
  const parts: (readonly Step[])[] = [];
  for (let left = refreshes; left.length > 0; ) {
    const { part, rest } = partsBeforeRefresh(await refresher.resolve(left));
    parts.push(part);
    left = rest;
  }
  const results = await Promise.all(read.mock.results.map(({ value }) => value));
  const rowsRead = results.reduce((sum, { rows = [] }) => sum + rows.length, 0);
  return { parts, rowsRead };
}

const [a, b] = ['public.a', 'public.b'].map((table) =>
  refreshSteps(
    Array.from({ length: ROWS }, (_, at) => ({ table, objectID: String(at + 1) })),
    tables,
    10_000,
  ),
) as [readonly Refresh[], readonly Refresh[]];
const cases: Readonly<Record<string, readonly Refresh[]>> = {
  'two tables': a.flatMap((refresh, at) => [refresh, b[at] as Refresh]),
  'changes and wishes': a.map((refresh, at) => ({ ...refresh, isChange: at % 2 === 0 })),
};

test.each(Object.entries(cases))('%s that take turns are read together', async (_, refreshes) => {
  await using database = await createDatabase();
  await create(database);
  const { parts, rowsRead } = await resolved(database, refreshes);
  expect(parts.flat().map((step) => ('objectID' in step ? `${step.index} ${step.objectID}` : ''))).toEqual(
    refreshes.map(({ index, objectID }) => `${index} ${objectID}`),
  );
  const bytes = parts.map((part) => part.reduce((sum, step) => sum + requestBytes(step), 0));
  expect(Math.max(...bytes)).toBeLessThanOrEqual(BYTES_MAX);
  // Each row once, and once more what had no room in its part.
  expect(rowsRead).toBeLessThan(2 * refreshes.length);
  expect(parts.length).toBeLessThan((2 * bytes.reduce((sum, each) => sum + each)) / BYTES_MAX);
});
