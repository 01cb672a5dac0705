import { expect, test } from 'vitest';
import { createDatabase } from '../../support/postgres.ts';
import { commandFor } from '../cli/dead-letter-case.ts';
import { createLog, writeWal } from './bookmark-case.ts';

test('`status` says that bookmarks keep WAL, and whether one is not well; nothing where there is none', async () => {
  await using database = await createDatabase();
  await createLog(database);
  const { client } = database;
  await using command = await commandFor(database);
  expect((await command.end('status')).stdout).not.toContain('bookmarks');
  for (const name of ['a', 'b']) expect((await command.end('bookmark', 'create', name)).code).toBe(0);
  await writeWal(database, 3_000_000);
  // Others write to this server as well.
  const bytes = String.raw`[\d.]+ [MG]B of WAL are kept for them`;
  expect((await command.end('status')).stdout).toMatch(
    new RegExp(`^bookmarks +2, ${bytes}: \`wal2algolia bookmark list\`$`, 'm'),
  );
  await client.query(
    `UPDATE wal2algolia.bookmark SET expires_at = clock_timestamp() - interval '1 s' WHERE name = 'a'`,
  );
  expect((await command.end('status')).stdout).toMatch(
    new RegExp(`^bookmarks +2, ${bytes}; 1 not well \\(expired\\): `, 'm'),
  );
  // Whoever may not read of them still learns of the slot.
  await client.query('ALTER TABLE wal2algolia.bookmark DROP COLUMN expires_at');
  const { code, stdout } = await command.end('status');
  expect(code).toBe(0);
  expect(stdout).not.toContain('bookmarks');
});
