import pg from 'pg';
import { expect, onTestFinished, test, vi } from 'vitest';
import { RowReader } from '../../../src/database/row-reader.ts';
import { createDatabase, serverMajor } from '../../support/postgres.ts';

test('the server itself ends a read that nobody waits for any more', async () => {
  await using database = await createDatabase();
  const reader = new RowReader(database.url, serverMajor() * 10_000);
  onTestFinished(() => reader.close());
  const query = vi.spyOn(pg.Client.prototype, 'query');
  onTestFinished(() => query.mockRestore());
  await reader.visibility();
  const client = query.mock.contexts.at(-1) as pg.Client;
  const { rows } = await client.query<{ name: string }>(
    `SELECT name FROM pg_settings WHERE name IN ('statement_timeout', 'idle_in_transaction_session_timeout')
     AND setting::int > 0 ORDER BY name`,
  );
  expect(rows.map(({ name }) => name)).toEqual(['idle_in_transaction_session_timeout', 'statement_timeout']);
});
