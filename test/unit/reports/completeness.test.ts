import { describe, expect, it } from 'vitest';
import { instantOf } from '../../../src/completeness/instant.ts';
import type { StatusRecord } from '../../../src/completeness/status-record.ts';
import type { LetterRange } from '../../../src/database/own-tables/coverage-table.ts';
import { completenessOf, type KnownStatus } from '../../../src/reports/completeness.ts';
import { readStatuses } from '../../../src/reports/status-reading.ts';

const micros = (second: number): bigint => BigInt(second) * 1_000_000n;
const at = (second: number): string => instantOf(micros(second));

const status: StatusRecord = {
  objectID: 's',
  kind: 'status',
  version: 1,
  slot: 's',
  tables: [{ table: 'public.t', index: 't', from: at(10) }],
  throughLsn: '0/1',
  throughTime: at(90),
  closedThrough: at(100),
  openSince: null,
  blind: null,
  gaps: [],
  backfill: null,
  deadLetters: 0,
  deadLetterRecords: 0,
  writtenAt: at(101),
};
const known = (changes: Partial<StatusRecord> = {}, letters: KnownStatus['letters'] = []): KnownStatus => ({
  status: { ...status, ...changes },
  letters,
});
const judged = (from: number | undefined, to: number | undefined, ...slots: KnownStatus[]) =>
  completenessOf(slots.length === 0 ? [known()] : slots, 't', {
    fromMicros: from === undefined ? undefined : micros(from),
    toMicros: to === undefined ? undefined : micros(to),
  });
const stateOf = (...args: Parameters<typeof judged>) => judged(...args).state;

describe('a window', () => {
  it('is complete once it is closed, and not a microsecond earlier', () => {
    expect(stateOf(10, 100)).toBe('complete');
    expect(stateOf(10, 101)).toBe('open');
    expect(completenessOf([known()], 't', { fromMicros: micros(10), toMicros: micros(100) + 1n }).state).toBe(
      'open',
    );
  });

  it('says through when it is complete, and since when a transaction has been open', () => {
    const { notes, openSince } = judged(20, 200, known({ openSince: at(100) }));
    expect(openSince).toBe(at(100));
    expect(notes).toEqual([
      `The window is still open: it is complete through ${at(100)}; a transaction has been open since ${at(100)}.`,
    ]);
  });

  it('is incomplete where it begins before the index was followed', () => {
    expect(judged(9, 50)).toMatchObject({ state: 'incomplete', since: at(10) });
    expect(stateOf(10, 50)).toBe('complete');
  });

  it('is complete from the beginning of tables that were loaded from before, once all of the index are', () => {
    const one = { table: 'public.t', index: 't', from: at(10), loadedAt: at(30) };
    const other = { table: 'public.u', index: 't', from: at(20) };
    expect(judged(0, 50, known({ tables: [one] }))).toMatchObject({ state: 'complete', since: null });
    expect(judged(0, 50, known({ tables: [one, other] }))).toMatchObject({
      state: 'incomplete',
      since: at(20),
    });
    expect(stateOf(20, 50, known({ tables: [one, other] }))).toBe('complete');
    const others = known({ tables: [{ ...other, index: 'x' }, one] });
    expect(stateOf(0, 50, others)).toBe('complete');
  });

  it('says so where what was before is being loaded', () => {
    const backfill = [{ table: 'public.t', index: 't', rows: 70, startedAt: at(20) }];
    expect(judged(9, 50, known({ backfill })).notes).toEqual([
      `Before ${at(10)} index t was not followed: what happened then is there only if it was loaded.`,
      'public.t is being loaded from before that: 70 rows so far.',
    ]);
    expect(judged(10, 50, known({ backfill })).notes).toEqual([]);
  });

  it('is incomplete where it touches a gap', () => {
    const gap = { fromLsn: null, fromTime: at(40), toLsn: null, toTime: at(50), reason: 'lost' };
    const slot = known({ gaps: [gap] });
    expect([
      stateOf(20, 40, slot),
      stateOf(20, 41, slot),
      stateOf(49, 60, slot),
      stateOf(50, 60, slot),
    ]).toEqual(['complete', 'incomplete', 'incomplete', 'complete']);
    const unknown = known({ gaps: [{ ...gap, fromTime: null }] });
    expect([stateOf(10, 20, unknown), stateOf(50, 60, unknown)]).toEqual(['incomplete', 'complete']);
  });

  it('is complete across a gap behind which table and index agreed, and still says what nobody has seen', () => {
    const gap = { fromLsn: null, fromTime: at(40), toLsn: null, toTime: at(50), reason: 'lost' };
    const verified = { ...gap, verifiedAt: at(55) };
    const found = judged(20, 60, known({ gaps: [verified] }));
    expect(found).toMatchObject({
      state: 'complete',
      gaps: [{ from: at(40), to: at(50), reason: 'lost', verifiedAt: at(55) }],
    });
    expect(found.notes).toEqual([
      expect.stringMatching(/nothing was read: lost\. .* compared at .* inserted and deleted in that time/),
    ]);
    expect(stateOf(20, 60, known({ gaps: [verified, { ...gap, fromTime: at(45) }] }))).toBe('incomplete');
  });

  it('of several slots goes by the one that is furthest behind', () => {
    const slow = known({
      slot: 'slow',
      closedThrough: at(60),
      tables: [{ table: 'b', index: 't', from: at(30) }],
    });
    expect(judged(30, 60, known(), slow)).toMatchObject({
      state: 'complete',
      completeThrough: at(60),
      since: at(30),
    });
    expect([stateOf(30, 61, known(), slow), stateOf(29, 60, known(), slow)]).toEqual(['open', 'incomplete']);
    const elsewhere = known({
      slot: 'other',
      closedThrough: at(1),
      tables: [{ table: 'b', index: 'u', from: at(30) }],
    });
    expect(stateOf(10, 100, known(), elsewhere)).toBe('complete');
  });

  it('is open while nothing can be seen, and unknown while nobody speaks of the index', () => {
    const blind = judged(10, 20, known({ closedThrough: null, blind: 'pg_read_all_stats' }));
    expect(blind).toMatchObject({ state: 'open', completeThrough: null });
    expect(blind.notes[0]).toContain('pg_read_all_stats');
    expect(completenessOf([known()], 'u', { fromMicros: undefined, toMicros: undefined }).state).toBe(
      'unknown',
    );
  });
});

it('a report without a window goes as far as the index does', () => {
  expect(judged(undefined, undefined)).toMatchObject({
    state: 'complete',
    completeThrough: at(100),
    since: at(10),
  });
});

describe('dead letters', () => {
  const letter = (from: number | null, to = from, committed: number | null = 60): LetterRange => ({
    table: 'public.t',
    index: 't',
    reason: 'refused',
    count: 3,
    from: from === null ? null : at(from),
    to: to === null ? null : at(to),
    committedFrom: committed === null ? null : at(committed),
    committedTo: committed === null ? null : at(committed),
  });
  const counted = (from: number | undefined, to: number | undefined, ...letters: LetterRange[]) =>
    judged(from, to, known({}, letters)).deadLetters;

  it('in the window are those whose time is', () => {
    expect(counted(50, 60, letter(50), letter(49), letter(60))).toEqual({ inWindow: 3, mayBeInWindow: 0 });
  });

  it('may be in it where their time is not known, unless they were committed before', () => {
    expect(counted(50, 60, letter(null), letter(null, null, 49), letter(null, null, null))).toEqual({
      inWindow: 0,
      mayBeInWindow: 6,
    });
  });

  it('may be in it where a range of them is in part', () => {
    expect(counted(50, 60, letter(40, 50), letter(59, 70), letter(40, 70), letter(52, 58))).toEqual({
      inWindow: 3,
      mayBeInWindow: 9,
    });
    expect(counted(50, 60, letter(40, 49), letter(60, 70))).toEqual({ inWindow: 0, mayBeInWindow: 0 });
  });

  it('of other indexes do not count', () => {
    expect(counted(50, 60, { ...letter(55), index: 'u' })).toEqual({ inWindow: 0, mayBeInWindow: 0 });
  });

  it('are not known where records of them are missing', async () => {
    const record = { objectID: 's:dead-letters:0', kind: 'dead-letters', slot: 's', letters: [letter(55)] };
    const found =
      (...records: object[]) =>
      async () => ({
        hits: records.map((each) => JSON.stringify(each)),
        nbHits: records.length,
        isExact: true,
      });
    const two = { ...status, deadLetters: 6, deadLetterRecords: 2 };
    const [partly] = (await readStatuses(found(two, record))) as KnownStatus[];
    expect(judged(50, 60, partly as KnownStatus).deadLetters).toBe(null);
    const one = { ...status, deadLetters: 3, deadLetterRecords: 1 };
    const [whole] = (await readStatuses(found(record, one))) as KnownStatus[];
    expect(judged(50, 60, whole as KnownStatus).deadLetters).toEqual({ inWindow: 3, mayBeInWindow: 0 });
    expect(await readStatuses(found())).toContain('keys mint --status');
    expect(await readStatuses(async () => undefined)).toContain('no status index');
  });
});
