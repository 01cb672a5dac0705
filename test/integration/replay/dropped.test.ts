import { Client } from 'pg';
import { expect, onTestFinished, test, vi } from 'vitest';
import { drained } from '../../support/line.ts';
import { type ReplayCase, replayCase } from './replay-case.ts';

const NOT_PUBLISHED = {
  code: 78,
  stderr: expect.stringMatching(/table public\.t is not .*\n {2}remedy: .*setup/),
};

async function changed(it: ReplayCase) {
  const line = it.startLine();
  await it.bookmark();
  await it.sql(`INSERT INTO t SELECT i, 'a', 'v' FROM generate_series(1, 30) i`);
  await drained(it.database);
  return line;
}

test.each(['DROP TABLE t', 'ALTER TABLE t RENAME TO other'])(
  '%s between the bookmark and its replay: that is said, with what to do',
  async (migration) => {
    await using it = await replayCase();
    const line = await changed(it);
    await line.stop();
    await it.sql(migration);
    expect(await it.replay()).toMatchObject(NOT_PUBLISHED);
  },
);

/** Committed when the keys were collected, and before they are asked for. */
function beforeAsking({ database }: ReplayCase, migration: string): void {
  const query = Client.prototype.query;
  const spy = vi.spyOn(Client.prototype, 'query');
  onTestFinished(() => spy.mockRestore());
  let isDone = false;
  spy.mockImplementation(async function (this: Client, ...given: unknown[]) {
    const [text] = given;
    if (!isDone && typeof text === 'string' && text.includes(`'wal2algolia', $1`)) {
      isDone = true;
      await Reflect.apply(query, database.client, [migration]);
    }
    return await Reflect.apply(query, this, given);
  } as never);
}

test('a table that is dropped under way: the replay is not done, and says so', async () => {
  await using it = await replayCase();
  const line = await changed(it);
  beforeAsking(it, 'DROP TABLE t');
  expect(await it.replay()).toMatchObject(NOT_PUBLISHED);
  await expect(line.ended).rejects.toMatchObject({ exitCode: 76 });
});

test('one that is renamed under way is read again by whoever has it bound', async () => {
  await using it = await replayCase();
  await changed(it);
  await it.clear();
  beforeAsking(it, 'ALTER TABLE t RENAME TO other');
  expect(await it.replay()).toMatchObject({ code: 0, stdout: expect.stringContaining('30 records') });
  expect(Object.keys(await it.records('t'))).toHaveLength(30);
});
