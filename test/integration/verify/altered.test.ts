import { Client } from 'pg';
import { expect, onTestFinished, test, vi } from 'vitest';
import { drained, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { createDatabase } from '../../support/postgres.ts';
import { createLog, facts, insertRows, TABLES, verified } from './verify-case.ts';

const limits = { rowsPerWindow: 20 };

async function scene() {
  const database = await createDatabase();
  onTestFinished(() => database[Symbol.asyncDispose]());
  await createLog(database);
  const server = await startIndex();
  onTestFinished(() => server[Symbol.asyncDispose]());
  const config = lineConfig(database, server, { tables: TABLES });
  const line = startLine(config);
  await insertRows(database, 1, 60);
  await drained(database);
  await line.stop();
  return { database, config };
}

test('a table that is dropped while it is compared: that is said, with what to do', async () => {
  const { database, config } = await scene();
  const passed = async () => void (await database.client.query('DROP TABLE IF EXISTS t'));
  await expect(verified(database, config, { limits, passed })).rejects.toMatchObject({
    exitCode: 78,
    message: 'public.t is not there, or not published',
    remedy: expect.stringContaining('wal2algolia setup'),
  });
});

test('one that is renamed meanwhile is compared to its end', async () => {
  const { database, config } = await scene();
  const passed = async () => void (await database.client.query('ALTER TABLE IF EXISTS t RENAME TO other'));
  // Whoever streams keeps it under its name until the configuration is another.
  expect(facts(await verified(database, config, { limits, passed }))).toMatchObject({
    rows: 60,
    records: 60,
    counts: [0, 0, 0, 0],
  });
});

test.each([['DECLARE rows'], ['WHERE EXISTS']])(
  'a schema that is renamed beneath "%s" is no defect: it is to be run again',
  async (statement) => {
    const { database, config } = await scene();
    const { client } = database;
    await client.query(`UPDATE t SET v = 'altered' WHERE id = 7`);
    const query = Client.prototype.query;
    const spy = vi.spyOn(Client.prototype, 'query');
    onTestFinished(() => spy.mockRestore());
    let isDone = false;
    spy.mockImplementation(async function (this: Client, ...given: unknown[]) {
      const [first] = given as [string | { readonly text: string }];
      const text = typeof first === 'string' ? first : first.text;
      if (!isDone && text.includes(statement)) {
        isDone = true;
        await Reflect.apply(query, client, ['ALTER SCHEMA public RENAME TO other']);
      }
      return await Reflect.apply(query, this, given);
    } as never);
    const passed = async () => undefined;
    await expect(verified(database, config, { limits, passed })).rejects.toMatchObject({
      exitCode: 69,
      message: 'table public.t was renamed, altered or dropped while it was read',
      remedy: expect.stringContaining('again'),
    });
  },
);
