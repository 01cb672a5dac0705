import { expect, test } from 'vitest';
import { EXIT } from '../../../src/errors.ts';
import { compareIndex, expectEqual } from '../../support/index-comparison.ts';
import { drained, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { createDatabase } from '../../support/postgres.ts';
import { setUpFilters } from './filter-setup.ts';
import { configured, failure, records, rows, TABLES } from './tenants.ts';

test.each(['ALL TABLES', 'TABLES IN SCHEMA public', 'TABLES IN SCHEMA public, TABLE t'])(
  'a publication FOR %s has no filter for one table: refused by setup and run',
  async (objects) => {
    await using database = await createDatabase();
    await using server = await startIndex();
    const { client, publication, slot } = database;
    await client.query(`${TABLES}; DROP TABLE u; CREATE PUBLICATION "${publication}" FOR ${objects}`);
    await client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [slot]);
    await expect(setUpFilters(database, { t: { filter: 'id > 1' } })).rejects.toMatchObject({
      exitCode: EXIT.configuration,
      message: expect.stringMatching(/^public\.t: `filter` cannot be published by publication/),
    });
    await using refused = startLine(lineConfig(database, server, { tables: configured('id > 1') }));
    expect(await failure(refused)).toMatchObject({
      message: expect.stringContaining('without a row filter'),
    });
  },
);

test('of several publications each that sends rows needs the filter', async () => {
  await using database = await createDatabase();
  await using server = await startIndex();
  const { client, publication, slot } = database;
  const [a, b, c] = ['a', 'b', 'c'].map((end) => `${publication}_${end}`);
  await client.query(`${TABLES}; CREATE PUBLICATION "${a}" FOR TABLE t WHERE (tenant <> 'internal') WITH (publish = 'insert');
    CREATE PUBLICATION "${b}" FOR TABLE t WITH (publish = 'update'); CREATE PUBLICATION "${c}" FOR TABLE t WITH (publish = 'delete, truncate')`);
  await client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [slot]);
  const filter = `'internal' <> tenant`;
  const options = { publications: [a, b, c].map(String) };
  const config = lineConfig(database, server, {
    tables: configured(`tenant <> 'internal'`),
    replication: { slot, publication: options.publications },
  });
  const refused = expect.stringMatching(
    new RegExp(`^public\\.t: publication "${b}" publishes it without a row filter`),
  );
  await expect(
    setUpFilters(database, { t: { filter: `tenant <> 'internal'` } }, options),
  ).rejects.toMatchObject({
    exitCode: EXIT.configuration,
    message: refused,
  });
  {
    await using line = startLine(config);
    expect(await failure(line)).toMatchObject({ exitCode: EXIT.configuration, message: refused });
  }
  await client.query(`ALTER PUBLICATION "${b}" SET TABLE t WHERE (tenant <> 'internal')`);
  await expect(setUpFilters(database, { t: { filter } }, options)).rejects.toThrow(/with another row filter/);
  await setUpFilters(database, { t: { filter: `tenant <> 'internal'` } }, options);
  await using line = startLine(config);
  await client.query(
    `${rows(1)}; UPDATE t SET note = 'changed' WHERE id < 4; UPDATE t SET tenant = 'acme' WHERE id = 6; DELETE FROM t WHERE id > 7`,
  );
  await Promise.race([drained(database), line.ended]);
  expectEqual(await compareIndex(client, server, 't', records(`tenant <> 'internal'`)), 6);
});
