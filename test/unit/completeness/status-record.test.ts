import { expect, it } from 'vitest';
import { statusRecords } from '../../../src/completeness/status-record.ts';
import type { WholeBackfill } from '../../../src/database/own-tables/backfill-list.ts';
import type { CoverageGap, LetterRange } from '../../../src/database/own-tables/coverage-table.ts';
import type { Lsn } from '../../../src/lsn.ts';

const time = (second: number): string => new Date(second * 1_000).toISOString().replace('Z', '000Z');
const gap = (second: number): CoverageGap => ({
  fromLsn: '0/1',
  fromTime: time(second),
  toLsn: '0/2',
  toTime: time(second + 1),
  reason: 'x',
});
const letter: LetterRange = {
  table: 'public.t',
  index: 't',
  reason: 'too-large',
  count: 2,
  from: null,
  to: null,
  committedFrom: time(1),
  committedTo: time(2),
};

function records(
  letters: readonly LetterRange[],
  gaps: readonly CoverageGap[] = [],
  bytesMax = 9_000,
  backfills: readonly WholeBackfill[] = [],
) {
  const coverage = {
    fromLsn: '0/1',
    fromTime: time(0),
    throughTime: null,
    tables: { 'public.t': time(0) },
    gaps,
  };
  const tables = { 'public.t': { index: 't', objectID: ['id'] } };
  const times = {
    throughMicros: undefined,
    closedMicros: 5_000_000n,
    openSinceMicros: undefined,
    nowMicros: 9_000_000n,
  };
  return statusRecords(
    { slot: 's', tables, coverage, throughLsn: 16n as Lsn, blind: undefined, letters, backfills, ...times },
    bytesMax,
  );
}

it('says what is known, and null for what is not', () => {
  expect(records([])).toEqual([
    {
      objectID: 's',
      kind: 'status',
      version: 1,
      slot: 's',
      tables: [{ table: 'public.t', index: 't', from: time(0) }],
      throughLsn: '0/10',
      throughTime: null,
      closedThrough: time(5),
      openSince: null,
      blind: null,
      gaps: [],
      backfill: null,
      deadLetters: 0,
      deadLetterRecords: 0,
      writtenAt: time(9),
    },
  ]);
});

it('puts letters into as many records as they need, none of them too large', () => {
  const [status, ...more] = records(Array.from({ length: 300 }, () => letter));
  expect(more.length).toBeGreaterThan(3);
  expect(status).toMatchObject({ deadLetters: 600, deadLetterRecords: more.length });
  expect(more.flatMap(({ letters }) => letters)).toHaveLength(300);
  expect(more.map(({ objectID }) => objectID)).toEqual(more.map((_, number) => `s:dead-letters:${number}`));
  for (const record of more) expect(Buffer.byteLength(JSON.stringify(record))).toBeLessThan(9_000);
});

it('keeps the newest gaps and makes one of the others, which hides none of them', () => {
  const [{ gaps }] = records(
    [],
    Array.from({ length: 50 }, (_, number) => gap(number * 10)),
  );
  expect(gaps).toHaveLength(20);
  expect(gaps[0]).toMatchObject({ fromTime: time(0), toTime: time(301), reason: '31 older gaps' });
  expect(gaps.slice(1).map(({ fromTime }) => fromTime)).toEqual(
    Array.from({ length: 19 }, (_, number) => time((number + 31) * 10)),
  );
  const unknown = { ...gap(0), fromTime: null };
  expect(records([], [unknown, ...Array.from({ length: 30 }, () => gap(5))])[0].gaps[0]?.fromTime).toBe(null);
});

it('calls the one gap that stands for several compared only where all of them were, by the last of the times', () => {
  const compared = Array.from({ length: 30 }, (_, number) => ({
    ...gap(number),
    verifiedAt: time(100 - number),
  }));
  expect(records([], compared)[0].gaps[0]).toMatchObject({ reason: '11 older gaps', verifiedAt: time(100) });
  const one = compared.map((each, number) => (number === 5 ? gap(5) : each));
  expect(records([], one)[0].gaps[0]).not.toHaveProperty('verifiedAt');
});

const loaded: WholeBackfill = {
  table: 'public.t',
  index: 't',
  prefix: '',
  objectID: ['id'],
  rows: 7,
  unnamable: 0,
  startedAt: time(0),
  finishedAt: time(3),
};

it.each([
  ['one that is finished', {}, time(3)],
  ['one that is under way', { finishedAt: null }, undefined],
  ['one that began before the table was followed', { startedAt: time(-1) }, undefined],
  ['one that left rows out', { unnamable: 1 }, undefined],
  ['one into another index', { index: 'other' }, undefined],
  ['one of other objectIDs', { objectID: ['id', 'at'] }, undefined],
  ['one of another prefix', { prefix: 'x' }, undefined],
] as const)('a table is covered from its beginning by a backfill of all of it: %s', (_, more, loadedAt) => {
  const backfill = { ...loaded, ...more };
  const [{ tables, backfill: under }] = records([], [], 9_000, [backfill]);
  expect(tables).toEqual([{ table: 'public.t', index: 't', from: time(0), ...(loadedAt && { loadedAt }) }]);
  const loading = { table: 'public.t', index: 't', rows: 7, startedAt: time(0) };
  expect(under).toEqual(backfill.finishedAt === null ? [loading] : null);
});
