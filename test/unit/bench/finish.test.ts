import { expect, test } from 'vitest';
import { MissingRecordsError, ReaderEndedError } from '../../bench/bench-errors.ts';
import { finish } from '../../bench/finish.ts';

const scenario = { rows: 100 };

const finished = (records: number, exitCode: number | null) => {
  const facts = { requests: 1, bytes: 1, records, distinctIds: 0, largestRequest: 0, checksum: 0 };
  const reader = { stop: async () => exitCode };
  return finish('wal2algolia', { scenario }, reader, { facts: async () => facts });
};

test.each([100, 101])('%d records for 100 rows are all that there was to send', async (records) => {
  await expect(finished(records, 0)).resolves.toMatchObject({ records });
});

test('one record less than rows is an error', async () => {
  await expect(finished(99, 0)).rejects.toThrow(
    new MissingRecordsError('wal2algolia confirmed 100 rows and sent 99 records'),
  );
});

test.each([1, 75, null])('exit code %j is an error', async (exitCode) => {
  await expect(finished(100, exitCode)).rejects.toThrow(ReaderEndedError);
});
