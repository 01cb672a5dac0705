import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { isOperation } from '../../../src/records/operations.ts';
import { createSlot, takeSteps } from './slot-changes.ts';
import { database } from './value-case.ts';

beforeAll(() => createSlot(database));

test('any text, alone and in arrays of up to two dimensions, as Postgres prints it', async () => {
  const { client } = database;
  const texts = fc
    .oneof(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.string({ unit: fc.constantFrom(...'"\\{},;: NULL\n\t\u0001é') }),
    )
    .map((text) => text.replaceAll('\0', ''));
  const width = fc.integer({ min: 1, max: 4 });
  const row = fc.record({
    alone: texts,
    flat: fc.array(fc.option(texts), { maxLength: 6 }),
    grid: width.chain((count) =>
      fc.array(fc.array(texts, { minLength: count, maxLength: count }), { minLength: 1, maxLength: 3 }),
    ),
    at: fc.integer({ min: -200_000_000_000, max: 300_000_000_000 }),
    micros: fc.integer({ min: 0, max: 999_999 }),
  });
  const seed = Date.now() & 0x7fffffff;
  await client.query(
    `CREATE TABLE random_rows (id int PRIMARY KEY, alone text, flat text[], grid text[], at timestamptz)`,
  );
  for (const [id, { alone, flat, grid, at, micros }] of fc.sample(row, { seed, numRuns: 150 }).entries()) {
    await client.query(
      `INSERT INTO random_rows VALUES ($1, $2, $3, $4, to_timestamp(0) + $5 * interval '1 second' + $6 * interval '1 microsecond')`,
      [id, alone, flat, grid, at, micros],
    );
  }
  const steps = await takeSteps(database, { 'public.random_rows': { index: 'random', objectID: ['id'] } });
  const records = steps.flatMap((step) => {
    if (!isOperation(step)) return [];
    const { wal: _, ...mapped } = (
      JSON.parse(step.bytes.toString('utf8', step.start, step.end)) as { body: { wal: unknown } }
    ).body;
    return [mapped];
  });
  const { rows } = await client.query<{ record: unknown }>(
    `SELECT json_build_object('objectID', id::text, 'id', id, 'alone', alone, 'flat', flat, 'grid', grid,
              'at', iso(at AT TIME ZONE 'UTC') || 'Z', 'at_ms', floor(extract(epoch FROM at) * 1000),
              'source_table', 'public.random_rows') AS record
     FROM random_rows ORDER BY id`,
  );
  expect(records, `seed ${seed}`).toEqual(rows.map(({ record }) => record));
});
