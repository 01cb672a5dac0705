import { describe, expect, test } from 'vitest';
import { waitFor } from '../../support/wait-for.ts';
import { client, database, plugin, quiet, service, subscribed } from './contract-case.ts';

describe('its parser', () => {
  test('H7 and H8: damages values, leaves out what did not travel, keeps a changed key aside', async () => {
    await client.query(`CREATE TYPE mood AS ENUM ('create', 'delete');
      CREATE TABLE v (id int PRIMARY KEY, at timestamptz, doc jsonb, moods mood[], big text);
      ALTER TABLE v ALTER big SET STORAGE EXTERNAL;
      ALTER PUBLICATION "${database.publication}" ADD TABLE v`);
    await client.query(`INSERT INTO v VALUES (1, '2026-01-02 03:04:05.123456+00', '{"n": 12345678901234567890, "m": 1.10}',
      '{create}', repeat('x', 20000))`);
    await client.query('UPDATE v SET id = 2');
    const logs: { tag: string; new: Record<string, unknown>; key?: Record<string, unknown> }[] = [];
    const made = service(quiet);
    made.on('data', (_lsn: string, log) => void logs.push(log));
    await subscribed(made);
    await waitFor(() => logs.some(({ tag }) => tag === 'update'), { description: 'the update' });
    const inserted = logs.find(({ tag }) => tag === 'insert')?.new;
    expect((inserted?.['at'] as Date | undefined)?.toISOString()).toBe('2026-01-02T03:04:05.123Z');
    expect(JSON.stringify(inserted?.['doc'])).toBe('{"m":1.1,"n":12345678901234567000}');
    expect(inserted?.['moods']).toBe('{create}');
    const updated = logs.find(({ tag }) => tag === 'update');
    expect(updated?.new).toHaveProperty('big', undefined);
    expect(updated?.key).toMatchObject({ id: 1 });
  });

  test('publication names are not quoted: one with capitals is not found', async () => {
    await client.query('CREATE PUBLICATION "Pub-1" FOR TABLE t');
    const server = Number((await client.query('SHOW server_version_num')).rows[0].server_version_num);
    await client.query(`SELECT pg_drop_replication_slot('${database.slot}')`);
    await client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [database.slot]);
    await client.query('INSERT INTO t VALUES (1)');
    const made = service(quiet);
    const seen: unknown[] = [];
    let keepalives = 0;
    made.on('data', (_lsn: string, log) => void seen.push(log));
    made.on('heartbeat', () => {
      keepalives += 1;
    });
    const { ended } = await subscribed(made, plugin('Pub-1'));
    if (server < 180_000) {
      expect(await ended).toMatchObject({ code: expect.stringMatching(/^42/) });
    } else {
      await waitFor(() => keepalives > 0, { description: 'a keepalive past the row' });
      expect(seen).toEqual([]);
    }
  });
});
