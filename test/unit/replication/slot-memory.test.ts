import { expect, test } from 'vitest';
import { parseLsn } from '../../../src/lsn.ts';
import { type SlotLook, wasReplaced } from '../../../src/replication/slot-memory.ts';

const seen: SlotLook = {
  confirmedLsn: parseLsn('0/300'),
  decodedBytes: 500,
  countedSince: 'monday',
  server: 'a 1',
  ours: true,
};
const further = { ...seen, confirmedLsn: parseLsn('0/400') };
const quiet = { ...seen, decodedBytes: 0 };

test.each<[boolean, string, SlotLook, SlotLook]>([
  [false, 'it stands where it stood', seen, seen],
  [
    false,
    'the server forgot a confirmation and its counts',
    seen,
    { ...quiet, confirmedLsn: parseLsn('0/200') },
  ],
  [false, 'another holder has read on', seen, { ...further, decodedBytes: 900 }],
  [true, 'made anew: nothing was decoded since', seen, { ...further, decodedBytes: 0 }],
  [true, 'made anew, and somebody has read a little', seen, { ...further, decodedBytes: 499 }],
  [
    false,
    'the server counts anew, and another holder has read on',
    seen,
    { ...further, decodedBytes: 1, countedSince: 'tuesday' },
  ],
  [
    true,
    'the server counts anew, and nobody has read',
    seen,
    { ...further, decodedBytes: 0, countedSince: 'tuesday' },
  ],
  [true, 'a quiet slot of ours that moved by itself', quiet, { ...further, decodedBytes: 0 }],
  [
    false,
    'a quiet slot whose other holder was seen',
    { ...quiet, ours: false },
    { ...further, decodedBytes: 0, ours: false },
  ],
  [
    true,
    'made anew on the server that took over',
    { ...seen, ours: false },
    { ...further, decodedBytes: 0, server: 'a 2', countedSince: '' },
  ],
])('%s: %s', (verdict, _name, before, now) => {
  expect(wasReplaced(before, now)).toBe(verdict);
});
