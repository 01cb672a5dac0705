import { expect, test } from 'vitest';
import { createAlgolia } from '../../../src/algolia/client.ts';
import type { AlgoliaServer } from '../../../src/local/algolia/server.ts';
import type { ReadAlgolia } from '../../../src/verify/index-reader.ts';
import { drained, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { createDatabase } from '../../support/postgres.ts';
import { createLog, facts, intruder, TABLES, verified } from './verify-case.ts';

/** Documented for filters: https://www.algolia.com/doc/api-reference/api-parameters/numericFilters */
const COMPARED_MAX = 4_611_686_018_427_387;
const LARGE = 5_000_000_000_000_000;

/** An index that refuses larger numbers in filters, and takes those of records for the largest, or finds them by no filter. */
function limited(
  { appId, adminKey, url }: AlgoliaServer,
  how: 'clamps' | 'drops',
): ReadAlgolia & { readonly [Symbol.dispose]: () => void } {
  const algolia = createAlgolia({ appId, apiKey: adminKey, hosts: [url], compression: 'none' });
  const browseRecords: ReadAlgolia['browseRecords'] = async (index, from) => {
    if (typeof from === 'string' || from.filters === undefined)
      return await algolia.browseRecords(index, from);
    const bounds = [...String(from.filters).matchAll(/id (>=|<) (-?\d+)/g)].map(([, sign, bound]) => ({
      sign,
      bound: Number(bound),
    }));
    expect(bounds).not.toEqual([]);
    for (const { bound } of bounds) expect(Math.abs(bound)).toBeLessThanOrEqual(COMPARED_MAX);
    const { hits } = await algolia.browseRecords(index, { hitsPerPage: 1_000, attributesToRetrieve: ['*'] });
    const passing = hits.filter((hit) => {
      const { id } = JSON.parse(hit) as { id?: unknown };
      if (typeof id !== 'number' || (how === 'drops' && Math.abs(id) > COMPARED_MAX)) return false;
      const value = Math.max(-COMPARED_MAX, Math.min(COMPARED_MAX, id));
      return bounds.every(({ sign, bound }) => (sign === '<' ? value < bound : value >= bound));
    });
    return { hits: passing, cursor: undefined };
  };
  const { getRecords, search, batch, isPublished, keyRights, getSettings } = algolia;
  return {
    browseRecords,
    getRecords,
    search,
    batch,
    isPublished,
    keyRights,
    getSettings,
    [Symbol.dispose]: () => algolia.close(),
  };
}

test('keys beyond what filters compare: whatever the index does with them, no difference is missed, and none is invented', async () => {
  await using database = await createDatabase();
  const { client } = database;
  await createLog(database, { sql: 'CREATE TABLE t (id int8 PRIMARY KEY, v text)' });
  await using server = await startIndex();
  const config = lineConfig(database, server, { tables: TABLES });
  await using line = startLine(config);
  await client.query(`INSERT INTO t SELECT i, 'v' FROM generate_series(1, 60) i;
    INSERT INTO t SELECT ${LARGE} + i, 'v' FROM generate_series(1, 40) i; INSERT INTO t SELECT -${LARGE} - i, 'v' FROM generate_series(1, 20) i`);
  await drained(database);
  const limits = { rowsPerWindow: 20 };
  const agrees = { counts: [0, 0, 0, 0], excused: {}, listed: [] };
  using clamping = limited(server, 'clamps');
  using dropping = limited(server, 'drops');
  for (const algolia of [clamping, dropping, undefined]) {
    const found = await verified(database, config, { limits, ...(algolia && { algolia }) });
    expect(facts(found)).toEqual({ rows: 120, records: 120, ...agrees });
    expect(found.windowsBy).toBe('id');
  }
  using index = intruder(server);
  await index.remove('7', `${LARGE + 7}`);
  await index.alter('8', { v: 'altered' });
  await index.alter(`${LARGE + 8}`, { v: 'altered' });
  for (const id of [999, LARGE + 999, -LARGE - 999]) await index.put({ objectID: `${id}`, id });
  const near = ['differing 8 v', 'extra 999', 'missing 7'];
  const far = [`differing ${LARGE + 8} v`, `extra ${LARGE + 999}`, `missing ${LARGE + 7}`];
  const below = [`extra -${LARGE + 999}`];
  for (const algolia of [clamping, dropping]) {
    const listed = async (from?: number, to?: number) => {
      const scope = from === undefined && to === undefined ? undefined : ({ by: 'key', from, to } as const);
      const found = await verified(database, config, { limits, scope, algolia });
      return facts(found).listed;
    };
    expect(await listed()).toEqual([...near, ...far, ...below].sort());
    expect(await listed(1)).toEqual([...near, ...far].sort());
    expect(await listed(undefined, 1)).toEqual(below);
    expect(await listed(LARGE, LARGE + 1_000)).toEqual(far);
    expect(await listed(1, 1_000)).toEqual(near);
  }
  await line.stop();
});
