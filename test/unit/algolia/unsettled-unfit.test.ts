import { expect, test } from 'vitest';
import { Unsettled } from '../../../src/algolia/unsettled.ts';
import type { Unfit } from '../../../src/records/operations.ts';
import { NO_TRANSACTION } from '../../../src/records/transaction.ts';
import { operation, position } from './operations.ts';
import { harness, turns } from './writer-case.ts';

const unfit: Unfit = {
  kind: 'unfit',
  table: 'public.audit_log',
  index: 'a',
  objectID: '1',
  problem: 'too-large',
  message: 'a record is larger than it may be',
  transaction: NO_TRANSACTION,
  place: undefined,
  record: undefined,
};

test('a record that may have been set back, and whose row cannot be one by now, holds no position any more', async () => {
  const unsettled = new Unsettled(100);
  const { write, request, results } = harness({ unsettled, nowMs: () => 100 });
  unsettled.add('a', [operation('1')], 0);
  write([operation('1'), position(1n)]);
  await turns();
  request(0).accept(1);
  await turns();
  expect(results).toMatchObject([{ position: undefined }]);
  expect(unsettled.due(100)).toHaveLength(1);
  write([unfit, position(2n)]);
  await turns();
  expect(results[1]).toMatchObject({ position: { lsn: 2n }, letters: { setAside: [{ objectID: '1' }] } });
});
