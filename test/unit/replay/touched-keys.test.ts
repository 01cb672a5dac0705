import { expect, test } from 'vitest';
import type { Lsn } from '../../../src/lsn.ts';
import type { Step } from '../../../src/records/operations.ts';
import { TouchedKeys } from '../../../src/replay/touched-keys.ts';

const operation = (kind: 'update' | 'delete', objectID: string, table = 't'): Step => ({
  kind,
  table,
  index: 'i',
  objectID,
  bytes: Buffer.alloc(0),
  start: 0,
  end: 0,
});
const position: Step = { kind: 'position', lsn: 1n as Lsn, committedAtMicros: 0n };
const truncation = { ...operation('update', ''), kind: 'truncate', prefix: undefined } as Step;

test('each record once, by table; transactions that touch nothing are not counted', () => {
  const touched = new TouchedKeys(10_000);
  touched.add([
    operation('update', '1'),
    operation('delete', '1'),
    operation('update', '1', 'u'),
    position,
    position,
  ]);
  touched.add([operation('delete', '2')]);
  touched.add([truncation, position]);
  expect(touched.take()).toEqual(
    new Map([
      ['t', new Set(['1', '2'])],
      ['u', new Set(['1'])],
    ]),
  );
  expect({ transactions: touched.transactions, truncated: [...touched.truncated] }).toEqual({
    transactions: 2,
    truncated: ['t'],
  });
  expect(touched.take()).toEqual(new Map());
});

test('full by bytes, and empty again once they are taken', () => {
  const touched = new TouchedKeys(900);
  for (let n = 0; n < 9; n++) {
    expect(touched.isFull).toBe(false);
    touched.add([operation('update', `key ${n}`), operation('update', `key ${n}`)]);
  }
  expect(touched.isFull).toBe(true);
  expect(touched.take().get('t')?.size).toBe(9);
  expect(touched.isFull).toBe(false);
});
