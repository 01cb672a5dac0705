import { describe, expect, test } from 'vitest';
import { createDatabase, type TestDatabase } from '../../support/postgres.ts';
import { confirmedRows, dropSlot, slotCase } from './slot-case.ts';

type Foreign = {
  readonly make: (database: TestDatabase) => Promise<unknown>;
  readonly says: string;
};

const foreign: Readonly<Record<string, Foreign>> = {
  'of another plugin': {
    make: ({ client, slot }) =>
      client.query(`SELECT pg_create_logical_replication_slot($1, 'test_decoding')`, [slot]),
    says: 'uses the plugin test_decoding, not pgoutput',
  },
  physical: {
    make: ({ client, slot }) => client.query(`SELECT pg_create_physical_replication_slot($1)`, [slot]),
    says: 'is a physical one',
  },
  temporary: {
    make: ({ client, slot }) =>
      client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput', true)`, [slot]),
    says: 'is temporary: it goes with the session that made it',
  },
};

describe.each(Object.entries(foreign))('a slot that is %s', (_name, { make, says }) => {
  test('is refused at the start', async () => {
    await using here = await slotCase();
    await dropSlot(here.database);
    await make(here.database);
    await expect(here.startLine().ended).rejects.toMatchObject({
      exitCode: 78,
      message: `replication slot "${here.database.slot}" ${says}`,
      remedy: expect.stringMatching(/replication\.slot/),
    });
  });

  test('in the place of ours is a gap later on', async () => {
    await using here = await slotCase();
    const line = here.startLine();
    await confirmedRows(here.database, 1);
    const from = await here.whileAway(async () => {
      await dropSlot(here.database);
      await make(here.database);
    });
    await expect(line.ended).rejects.toMatchObject({
      exitCode: 76,
      message: expect.stringContaining(`${says}; the gap is from ${from} to `),
    });
  });
});

test('a slot of another database in the place of ours is a gap', async () => {
  await using here = await slotCase();
  await using other = await createDatabase();
  const { database } = here;
  const line = here.startLine();
  await confirmedRows(database, 1);
  const from = await here.whileAway(async () => {
    await dropSlot(database);
    await other.client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [database.slot]);
  });
  await expect(line.ended).rejects.toMatchObject({
    exitCode: 76,
    message: expect.stringContaining(
      `belongs to database "${other.name}", not "${database.name}"; the gap is from ${from} to `,
    ),
  });
});

test('a slot that was dropped between two sessions is a gap, and is not made again', async () => {
  await using here = await slotCase();
  const { client, slot } = here.database;
  const line = here.startLine();
  await confirmedRows(here.database, 1);
  const from = await here.whileAway(() => dropSlot(here.database));
  await expect(line.ended).rejects.toMatchObject({
    exitCode: 76,
    message: expect.stringContaining(`"${slot}" does not exist; the gap is from ${from} to `),
    remedy: expect.stringMatching(/wal2algolia setup/),
  });
  expect((await client.query('SELECT FROM pg_replication_slots WHERE slot_name = $1', [slot])).rowCount).toBe(
    0,
  );
});
