import { expect, test } from 'vitest';
import { drained, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { createDatabase } from '../../support/postgres.ts';
import { createLog, facts, intruder, TABLES, verified } from './verify-case.ts';

test('a part of the table that begins or ends in an hour that comes twice, or not at all', async () => {
  await using database = await createDatabase();
  const { client } = database;
  await createLog(database, {
    sql: 'CREATE TABLE t (id int PRIMARY KEY, occurred_at timestamp, v text); CREATE INDEX ON t (occurred_at)',
  });
  await using server = await startIndex();
  const attributes = { occurred_at: { column: 'occurred_at', timeZone: 'Europe/Berlin' }, v: 'v' };
  const tables = { 'public.t': { index: 't', objectID: ['id'], attributes } };
  const config = lineConfig(database, server, { tables });
  await using line = startLine(config);
  await client.query(`INSERT INTO t SELECT i, timestamp '2024-10-27 00:30' + i * interval '5 minutes', 'v' FROM generate_series(1, 60) i;
    INSERT INTO t SELECT i, timestamp '2024-03-31 00:30' + (i - 100) * interval '5 minutes', 'v' FROM generate_series(101, 160) i`);
  await drained(database);
  using index = intruder(server);
  for (const edge of ['2024-10-27T00:15Z', '2024-10-27T01:15Z', '2024-03-31T00:59Z', '2024-03-31T01:20Z']) {
    const at = Date.parse(edge);
    for (const scope of [
      { by: 'time', from: at, to: undefined },
      { by: 'time', from: undefined, to: at },
    ] as const) {
      const within = `(extract(epoch FROM occurred_at AT TIME ZONE 'Europe/Berlin') * 1000 ${scope.from === undefined ? '<' : '>='} ${at})`;
      const { rows } = await client.query<{ id: string }>(
        `SELECT id::text FROM t WHERE ${within} ORDER BY abs(extract(epoch FROM occurred_at AT TIME ZONE 'Europe/Berlin') * 1000 - ${at}), occurred_at`,
      );
      const nearest = rows[0]?.id ?? '';
      const record = JSON.parse(server.record('t', nearest) ?? '') as object;
      await index.remove(nearest);
      expect(facts(await verified(database, config, { scope })), `${edge} ${JSON.stringify(scope)}`).toEqual({
        rows: rows.length,
        records: rows.length - 1,
        counts: [1, 0, 0, 0],
        excused: {},
        listed: [`missing ${nearest}`],
      });
      await index.put(record);
    }
  }
  await line.stop();
});

test.each([['id'], ['equalOnly(occurred_at_ms)']])(
  'an index whose settings keep numbers from being compared is read all at once, also for a part of the table: %s',
  async (filtered) => {
    await using database = await createDatabase();
    await createLog(database);
    await using server = await startIndex();
    const config = lineConfig(database, server, { tables: TABLES });
    await using line = startLine(config);
    await database.client.query(
      `INSERT INTO t SELECT i, timestamptz '2024-01-01' + i * interval '1 day' FROM generate_series(1, 60) i`,
    );
    await drained(database);
    await fetch(`${server.url}/1/indexes/t/settings`, {
      method: 'PUT',
      headers: { 'x-algolia-application-id': server.appId, 'x-algolia-api-key': server.adminKey },
      body: JSON.stringify({
        numericAttributesForFiltering: [filtered],
        unretrievableAttributes: ['v'],
        attributesToRetrieve: ['id'],
      }),
    });
    using index = intruder(server);
    await index.remove('4', '50');
    const [january = 0, february = 0] = [Date.parse('2024-01-01'), Date.parse('2024-02-01')];
    await index.put(
      { objectID: '600' },
      { objectID: '601', occurred_at_ms: february - 1 },
      { objectID: '602', occurred_at_ms: february },
    );
    const found = await verified(database, config, { limits: { rowsPerWindow: 10 } });
    expect(facts(found).listed).toEqual(['extra 600', 'extra 601', 'extra 602', 'missing 4', 'missing 50']);
    expect(found.windows).toBe(1);
    const scope = { by: 'time', from: january, to: february } as const;
    for (const limits of [{ rowsPerWindow: 10 }, { leavesMax: 8 }])
      expect(facts(await verified(database, config, { limits, scope }))).toMatchObject({
        rows: 30,
        records: 30,
        listed: ['extra 601', 'missing 4'],
      });
    await line.stop();
  },
);
