import { expect, test } from 'vitest';
import { openKeys } from '../../../src/backfill/table-keys.ts';
import { parseConfig } from '../../../src/config/load.ts';
import { lineConfig, startIndex } from '../../support/line.ts';
import { createDatabase } from '../../support/postgres.ts';
import { follow } from './backfill-case.ts';

/** Instants at which clocks were set back or forth: by an hour, by half an hour, over a day that never was. */
const changes = [
  ['Europe/Berlin', '2026-10-25 01:00Z'],
  ['Europe/Berlin', '2026-03-29 01:00Z'],
  ['Australia/Lord_Howe', '2026-04-04 15:00Z'],
  ['Australia/Lord_Howe', '2026-10-03 15:30Z'],
  ['Pacific/Apia', '2011-12-30 10:00Z'],
] as const;

/** By any reading of a local time: whatever instants are called that, and the one that Postgres makes of it. */
const MEANT = `SELECT id::text FROM t WHERE (at AT TIME ZONE $1 >= $2::timestamptz AND at AT TIME ZONE $1 < $3::timestamptz)
  OR at IN (SELECT u AT TIME ZONE $1 FROM generate_series($2::timestamptz, $3::timestamptz - interval '1 second', interval '10 minutes') u)
  ORDER BY t.id`;

test.each(changes)(
  'no row of a window of times is left out where the clocks of %s change at %s',
  async (timeZone, change) => {
    await using database = await createDatabase();
    const { client } = database;
    await client.query(`CREATE TABLE t (id int PRIMARY KEY, at timestamp);
      INSERT INTO t SELECT row_number() OVER (), at FROM generate_series(timestamptz '${change}' AT TIME ZONE '${timeZone}' - interval '50 hours',
        timestamptz '${change}' AT TIME ZONE '${timeZone}' + interval '50 hours', interval '10 minutes') at`);
    await follow(database, 't');
    await using server = await startIndex();
    const config = parseConfig(lineConfig(database, server, { tables: { 'public.t': { index: 't' } } }));
    const changeMs = Date.parse(change.replace(' ', 'T'));
    for (let minutes = -120; minutes <= 90; minutes += 30) {
      const from = new Date(changeMs + minutes * 60_000).toISOString();
      const to = new Date(changeMs + (minutes + 60) * 60_000).toISOString();
      const { rows } = await client.query<{ id: string }>(MEANT, [timeZone, from, to]);
      const time = { column: 'at', timeZone, from, to };
      const pages = await openKeys({ config, table: 'public.t', scope: { time } });
      const read = new Set((await pages.behind(undefined)).map(([id]) => id));
      await pages.close();
      const leftOut = rows.map(({ id }) => id).filter((id) => !read.has(id));
      expect({ from, to, leftOut }).toEqual({ from, to, leftOut: [] });
    }
  },
);

test('far from any change of the clocks a window is what it says, to the microsecond', async () => {
  await using database = await createDatabase();
  const { client } = database;
  await client.query(`CREATE TABLE t (id int PRIMARY KEY, at timestamp);
    INSERT INTO t VALUES (1, '2026-06-01 12:00'), (2, '2026-06-01 11:59:59.999999'), (3, '2026-06-01 12:59:59.999999'), (4, '2026-06-01 13:00'),
      (5, NULL), (6, 'infinity'), (7, '-infinity'), (8, '294276-12-31 23:00'), (9, '4713-11-24 00:00 BC')`);
  await follow(database, 't');
  await using server = await startIndex();
  const config = parseConfig(lineConfig(database, server, { tables: { 'public.t': { index: 't' } } }));
  const time = {
    column: 'at',
    timeZone: 'Europe/Berlin',
    from: '2026-06-01T10:00:00.000000Z',
    to: '2026-06-01T11:00:00.000000Z',
  };
  const pages = await openKeys({ config, table: 'public.t', scope: { time } });
  expect(await pages.behind(undefined)).toEqual([['1'], ['3']]);
  await pages.close();
});
