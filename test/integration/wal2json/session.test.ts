import { expect, test } from 'vitest';
import { type Lsn, parseLsn } from '../../../src/lsn.ts';
import type { Session } from '../../../src/replication/session.ts';
import { released } from '../../support/line.ts';
import { waitFor } from '../../support/wait-for.ts';
import { abuttingCommits } from '../replication/abutting-commits.ts';
import { createSlot, database, open, sql } from './wal2json-case.ts';

type Seen = { readonly ids: number[]; readonly ends: Map<number, Lsn>; ended: boolean };

/** The ids of the rows, and where the transaction of each ends. */
function collect(session: Session): Seen {
  const seen: Seen = { ids: [], ends: new Map(), ended: false };
  const at = new Int32Array(4);
  let open: number[] = [];
  session.messages.subscribe({
    next: (run) => {
      for (const message of run) {
        if (message.tag === 'insert') {
          message.new.locate(at);
          open.push(Number(message.new.bytes.toString('utf8', at[0], at[1])));
        }
        if (message.tag !== 'commit') continue;
        seen.ids.push(...open);
        for (const id of open) seen.ends.set(id, message.endLsn);
        open = [];
      }
    },
    error: () => {
      seen.ended = true;
    },
  });
  return seen;
}

const idsFrom = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

test('abutting commits: with the first one confirmed, the second is sent again', async () => {
  await sql('CREATE TABLE t (id int PRIMARY KEY, note text)');
  await sql(`CREATE PUBLICATION ${database.publication} FOR TABLE t`);
  await createSlot(database.slot, 'pgoutput');
  const slot = `${database.slot}_j`;
  await createSlot(slot);
  const commits = await abuttingCommits(database);
  const session = await open({ slot });
  const seen = collect(session);
  await waitFor(() => seen.ids.includes(commits.second.id), { description: 'both commits' });
  expect(seen.ends.get(commits.first.id)).toBe(parseLsn(commits.first.endLsn));
  session.confirm(parseLsn(commits.first.endLsn));
  await session.close();
  await released({ ...database, slot });
  const again = collect(await open({ slot }));
  await waitFor(() => again.ids.length > 0, { description: 'the second commit' });
  expect(again.ids).toEqual([commits.second.id]);
});

test('what is confirmed is exactly the end of the commit, and the slot says so', async () => {
  await sql('CREATE TABLE t (id int PRIMARY KEY)');
  await createSlot();
  const session = await open();
  const seen = collect(session);
  await sql('INSERT INTO t VALUES (1)');
  await waitFor(() => seen.ids.length === 1, { description: 'the row' });
  session.confirm(seen.ends.get(1) as Lsn);
  await session.close();
  await released(database);
  const { rows } = await sql(
    `SELECT confirmed_flush_lsn::text AS lsn FROM pg_replication_slots WHERE slot_name = '${database.slot}'`,
  );
  expect(parseLsn(rows[0].lsn)).toBe(seen.ends.get(1));
});

test('a session killed in the middle: the next goes on behind what was confirmed, and loses nothing', async () => {
  await sql('CREATE TABLE t (id int PRIMARY KEY, note text)');
  await createSlot();
  for (let first = 1; first < 3_000; first += 100)
    await sql(`INSERT INTO t SELECT n, repeat('x', 500) FROM generate_series(${first}, ${first + 99}) n`);
  const session = await open();
  const seen = collect(session);
  await waitFor(() => seen.ids.length >= 700, { description: 'a part of the rows' });
  const confirmed = seen.ids[699] as number;
  session.confirm(seen.ends.get(confirmed) as Lsn);
  await waitFor(
    async () => {
      const { rows } = await sql(
        `SELECT confirmed_flush_lsn::text AS lsn FROM pg_replication_slots WHERE slot_name = '${database.slot}'`,
      );
      return parseLsn(rows[0].lsn) === seen.ends.get(confirmed);
    },
    { description: 'the server to know what is confirmed' },
  );
  await sql(
    `SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = '${database.slot}'`,
  );
  await waitFor(() => seen.ended, { description: 'the session to end' });
  await session.close();
  await released(database);
  const again = collect(await open({ own: session.position() }));
  await waitFor(() => again.ids.includes(3_000), { description: 'the rest of the rows' });
  expect(again.ids).toEqual(idsFrom(confirmed + 1, 3_000));
  expect(again.ends).toEqual(new Map([...again.ends, ...[...seen.ends].filter(([id]) => id > confirmed)]));
});
