import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { DeadLettersUnwritableError } from '../../../src/errors.ts';
import { createDeadLetterTable } from '../../support/dead-letter-table.ts';
import { connect, createDatabase } from '../../support/postgres.ts';
import { scratchDirectory } from '../../support/scratch-directory.ts';
import { letter, openLetters, setAside } from './letter-case.ts';

/** Of random bytes, which no compression makes smaller. */
const large = (objectID: string) =>
  letter({ objectID, record: JSON.stringify({ v: randomBytes(20_000).toString('hex') }) });

test('a disk without room for a letter is said, and room is all that it takes', async (context) => {
  await using directory = await scratchDirectory();
  await using database = await createDatabase();
  const { client, name } = database;
  await createDeadLetterTable(database);
  const { rows } = await client.query<{ directory: string }>(
    `SELECT current_setting('data_directory') AS directory`,
  );
  const owner = await stat(rows[0]?.directory ?? '').catch(() => undefined);
  if (owner === undefined) return context.skip('the server is not on this machine');
  const place = join(directory.path, 'small');
  await mkdir(place);
  await chmod(directory.path, 0o711);
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', place]);
  if (mounted.status !== 0) return context.skip('this user may not mount a small file system');
  await using _mounted = {
    [Symbol.asyncDispose]: async () => {
      await client.query('DROP SCHEMA wal2algolia CASCADE');
      await client.query(`DROP TABLESPACE IF EXISTS ${name}`);
      spawnSync('umount', ['--lazy', place]);
    },
  };
  await chown(place, owner.uid, owner.gid);
  await client.query(`CREATE TABLESPACE ${name} LOCATION '${place}'`);
  await client.query(`ALTER TABLE wal2algolia.dead_letter SET TABLESPACE ${name}`);

  await using letters = await openLetters(database);
  await letters.apply(setAside(large('1')));
  const many = Array.from({ length: 50 }, (_, at) => large(String(at + 2)));
  const error = await letters.apply(setAside(...many)).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(DeadLettersUnwritableError);
  expect(error).toMatchObject({
    message: expect.stringMatching(/No space left on device/),
    remedy: expect.stringMatching(/room/),
  });
  const observer = await connect(database.url);
  const kept = await observer.query('SELECT object_id FROM wal2algolia.dead_letter');
  await observer.end();
  expect(kept.rows).toEqual([{ object_id: '1' }]);
  spawnSync('mount', ['-o', 'remount,size=32m', place]);
  await letters.apply(setAside(...many));
  expect(letters.count).toBe(51);
});
