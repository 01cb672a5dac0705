import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Lsn } from '../../../src/lsn.ts';
import { transaction, WAL_BYTES_MAX } from '../../../src/records/transaction.ts';
import { begin } from './tuples.ts';

const SECOND = 1_000_000n;
/** The last microsecond of the year 9999. */
const LATEST = 253_402_300_799_999_999n;

const written = (committedAtMicros: bigint) => {
  const made = transaction({ ...begin, committedAtMicros });
  const { wal } = JSON.parse(`{${made.wal.bytes.toString().slice(1, -1)}`) as {
    wal: { committed_at: string; committed_at_ms: number };
  };
  expect(wal.committed_at).toBe(made.committedAt);
  return wal;
};

/** By Date alone, which has no microseconds. */
function expected(micros: bigint) {
  const millis = Number(micros / 1000n);
  const text = new Date(millis).toISOString().slice(0, -1);
  return { committed_at: `${text}${String(micros % 1000n).padStart(3, '0')}Z`, committed_at_ms: millis };
}

/** A clock that stands, runs, jumps and comes back: by microseconds, by about a second, by years. */
const step = fc.oneof(
  fc.constant(0n),
  fc.bigInt(-2n * SECOND, 2n * SECOND),
  fc.constantFrom(1n, -1n, 999n, -999n, SECOND, -SECOND, SECOND - 1n, 1n - SECOND),
  fc.bigInt(-LATEST, LATEST),
);

test('committed_at is what Date says, with microseconds, wherever the clock jumps', () => {
  fc.assert(
    fc.property(fc.bigInt(0n, LATEST), fc.array(step, { maxLength: 40 }), (start, steps) => {
      let micros = start;
      for (const by of [0n, ...steps]) {
        const next = micros + by;
        if (next >= 0n && next <= LATEST) micros = next;
        expect(written(micros)).toMatchObject(expected(micros));
      }
    }),
    { numRuns: 500 },
  );
});

test('the same second again, after others, and its both ends', () => {
  const second = 1_795_000_000n * SECOND;
  for (const other of [0n, second - 1n, second + SECOND, second + 60n * SECOND, LATEST]) {
    for (const micros of [second, second + SECOND - 1n, other, second, second + 1n]) {
      expect(written(micros)).toMatchObject(expected(micros));
    }
  }
});

test('no annotation is longer than WAL_BYTES_MAX says', () => {
  fc.assert(
    fc.property(
      fc.bigInt(0n, LATEST),
      fc.bigInt(0n, 0xffff_ffff_ffff_ffffn),
      fc.nat(0xffff_ffff),
      (committedAtMicros, lsn, xid) => {
        const { wal } = transaction({ tag: 'begin', commitLsn: lsn as Lsn, committedAtMicros, xid });
        expect(wal.bytes.length - 1).toBeLessThanOrEqual(WAL_BYTES_MAX);
      },
    ),
  );
});
