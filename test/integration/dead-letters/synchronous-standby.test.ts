import { expect, test } from 'vitest';
import { startPostgres } from '../../../src/local/postgres/start-postgres.ts';
import { createDeadLetterTable } from '../../support/dead-letter-table.ts';
import { commitsAreFree, commitsAreHeld } from '../../support/held-commits.ts';
import { connect } from '../../support/postgres.ts';
import { letter, openLetters, rows, setAside } from './letter-case.ts';

// A cluster of its own: the setting holds up everybody's commits.
test('a letter waits for the synchronous standby, whatever the role says, but not for ever', async () => {
  const postgres = await startPostgres({ durable: false });
  const client = await connect(postgres.url);
  try {
    await createDeadLetterTable({ client });
    await client.query('ALTER ROLE CURRENT_USER SET synchronous_commit = off');
    await client.query('SET synchronous_commit = local');
    await using letters = await openLetters({ url: postgres.url, slot: 's' }, { changeTimeoutMs: 4_000 });
    await letters.apply(setAside(letter()));
    await client.query(`ALTER SYSTEM SET synchronous_standby_names = 'nobody'`);
    await client.query('SELECT pg_reload_conf()');
    const heldUrl = new URL(postgres.url);
    heldUrl.searchParams.set('options', '-c synchronous_commit=on');
    await commitsAreHeld({ url: heldUrl.href, client });
    await expect(letters.apply(setAside(letter({ objectID: '2' })))).rejects.toMatchObject({
      code: 'SESSION_LOST',
      message: expect.stringMatching(/4000 ms/),
      remedy: expect.stringMatching(/synchronous standby/),
    });
    expect(letters.mayHold('t', '2')).toBe(true);
    await client.query('ALTER SYSTEM RESET synchronous_standby_names');
    await client.query('SELECT pg_reload_conf()');
    await commitsAreFree({ url: heldUrl.href });
    await letters.apply(setAside(letter({ objectID: '2' })));
    expect((await rows({ client })).map(({ object_id }) => object_id)).toEqual(['1', '2']);
    expect(letters.count).toBe(2);
  } finally {
    await client.end();
    await postgres.stop();
  }
});
