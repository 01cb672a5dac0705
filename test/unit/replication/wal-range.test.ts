import { describe, expect, test } from 'vitest';
import { LSN_ZERO, type Lsn } from '../../../src/lsn.ts';
import type { WalMessage } from '../../../src/replication/messages.ts';
import { type Until, WalRange } from '../../../src/replication/wal-range.ts';
import { relationOf, tupleOf } from '../records/tuples.ts';

const relation = relationOf({ id: 20 });
const lsn = (position: number): Lsn => BigInt(position) as Lsn;

/** A transaction of one row whose commit record is `commit` to `commit + 10`. */
const transaction = (commit: number, micros = 0n): WalMessage[] => [
  { tag: 'begin', commitLsn: lsn(commit), committedAtMicros: micros, xid: commit },
  { tag: 'insert', relation, new: tupleOf(String(commit)) },
  { tag: 'commit', endLsn: lsn(commit + 10), committedAtMicros: micros },
];
const keepalive = (walEnd: number): WalMessage => ({
  tag: 'keepalive',
  walEnd: lsn(walEnd),
  replyRequested: false,
});

/** Each run in short: B, I and C with the commit's position, K with its own. */
function picked(until: Until, ...runs: readonly WalMessage[][]) {
  const range = new WalRange(until);
  const texts = runs.map((run) => range.pick(run).map(shortly).join(' '));
  return { texts, isReached: range.isReached, lastLsn: range.lastLsn };
}

function shortly(message: WalMessage): string {
  if (message.tag === 'begin') return `B${message.commitLsn}`;
  if (message.tag === 'commit') return `C${message.endLsn}`;
  return message.tag === 'keepalive' ? `K${message.walEnd}` : message.tag;
}

describe('until a position', () => {
  test('a transaction whose commit record starts before it is whole, one that starts at it is not there', () => {
    const runs = [[...transaction(100), ...transaction(110)]];
    expect(picked({ lsn: lsn(110) }, ...runs)).toEqual({
      texts: ['B100 insert C110'],
      isReached: true,
      lastLsn: 110n,
    });
    expect(picked({ lsn: lsn(111) }, ...runs).texts).toEqual(['B100 insert C110 B110 insert C120']);
    expect(picked({ lsn: lsn(100) }, ...runs)).toEqual({ texts: [''], isReached: true, lastLsn: LSN_ZERO });
  });

  test('nothing is let through behind it, also in later runs', () => {
    const { texts } = picked({ lsn: lsn(150) }, transaction(100), transaction(200), transaction(120));
    expect(texts).toEqual(['B100 insert C110', '', '']);
  });

  test('a keepalive ends it, unless it comes inside a transaction', () => {
    expect(picked({ lsn: lsn(150) }, [keepalive(90)], [keepalive(150)])).toEqual({
      texts: ['K90', ''],
      isReached: true,
      lastLsn: 90n,
    });
    const [begin, insert, commit] = transaction(100) as [WalMessage, WalMessage, WalMessage];
    const inside = picked({ lsn: lsn(150) }, [begin, keepalive(160), insert], [insert, commit]);
    expect(inside).toMatchObject({ texts: ['B100 insert', 'insert C110'], isReached: false });
  });
});

describe('until a time', () => {
  const until: Until = { lsn: lsn(10_000), micros: 5_000_000n };

  test('what was committed at it or later is left out, and what is earlier behind that is not', () => {
    const runs = [transaction(100, 4_999_999n), transaction(200, 5_000_000n), transaction(300, 4_000_000n)];
    expect(picked(until, ...runs)).toEqual({
      texts: ['B100 insert C110', '', 'B300 insert C310'],
      isReached: false,
      lastLsn: 310n,
    });
  });

  test('a minute later nothing earlier is expected any more', () => {
    const { texts, isReached } = picked(until, transaction(200, 65_000_000n), transaction(300, 1n));
    expect({ texts, isReached }).toEqual({ texts: ['', ''], isReached: true });
    expect(picked(until, transaction(200, 64_999_999n)).isReached).toBe(false);
  });

  test('a description of a relation in a transaction that is left out is needed by the next one', () => {
    const [begin, ...rest] = transaction(100, 6_000_000n) as [WalMessage, ...WalMessage[]];
    expect(picked(until, [begin, relation, ...rest]).texts).toEqual(['relation']);
  });
});

test('messages that ask something of a pipeline are left out', () => {
  const message: WalMessage = {
    tag: 'message',
    transactional: false,
    lsn: lsn(1),
    prefix: 'wal2algolia',
    content: Buffer.from('{}'),
  };
  expect(picked({ lsn: lsn(500) }, [message, ...transaction(100), message]).texts).toEqual([
    'B100 insert C110',
  ]);
});
