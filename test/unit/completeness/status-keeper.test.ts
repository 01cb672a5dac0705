import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Closing } from '../../../src/completeness/closing.ts';
import { StatusKeeper, type StatusKeeperOptions } from '../../../src/completeness/status-keeper.ts';
import type { LetterRecord, StatusRecord } from '../../../src/completeness/status-record.ts';
import { parseConfig } from '../../../src/config/load.ts';
import { PreconditionError, SessionLostError } from '../../../src/errors.ts';
import type { Lsn } from '../../../src/lsn.ts';

const config = parseConfig({
  postgres: { url: 'postgres://localhost/app' },
  algolia: { appId: 'app', apiKey: 'key', statusIndex: 'status' },
});
const lsn = (position: number): Lsn => BigInt(position) as Lsn;

/** A keeper among parts that answer at once, and what it sent. */
function keeping(more: { fence?: () => Promise<void>; batch?: () => Promise<{ taskID: number }> } = {}) {
  const sent: (readonly [StatusRecord, ...LetterRecord[]])[] = [];
  const told: unknown[] = [];
  const kept: string[] = [];
  const letters = { count: 0, changes: 0 };
  const state = { walEnd: lsn(100) };
  const coverage = {
    open: async () => ({
      fromLsn: '0/1',
      fromTime: '2026-11-23T00:00:00.000000Z',
      throughTime: null,
      tables: { 'public.audit_log': '2026-11-23T00:00:00.000000Z' },
      gaps: [],
    }),
    keep: async (through: Lsn) => {
      kept.push(String(through));
      return [];
    },
    letters: async () => [],
    backfills: async () => [],
  };
  const keeper = new StatusKeeper({
    config,
    statusIndex: 'status',
    closing: new Closing(),
    coverage: coverage as unknown as StatusKeeperOptions['coverage'],
    noted: undefined,
    gaps: [],
    deadLetters: letters,
    onStatus: (error) => told.push(error),
    session: {
      startLsn: lsn(1),
      fence: more.fence ?? (async () => undefined),
      observe: async () => ({
        nowMicros: BigInt(Date.now()) * 1_000n,
        oldestMicros: undefined,
        prepared: [],
        blind: undefined,
        lsn: state.walEnd,
      }),
    } as unknown as StatusKeeperOptions['session'],
    algolia: {
      batch: async (index, body) => {
        expect(index).toBe('status');
        const answer = (await more.batch?.()) ?? { taskID: 1 };
        const { requests } = JSON.parse(Buffer.from(body).toString()) as { requests: { body: never }[] };
        sent.push(requests.map((request) => request.body) as never);
        return answer;
      },
    },
  });
  const published = (position: number, records = 0): void =>
    keeper.published({
      position: { kind: 'position', lsn: lsn(position), committedAtMicros: undefined },
      tasks: [],
      records,
      deleted: 0,
      bytes: 0,
      acceptedAtMs: 0,
    });
  return { keeper, sent, told, kept, letters, state, published };
}

beforeEach(() => void vi.useFakeTimers({ now: Date.parse('2026-11-23T14:00:00Z') }));
afterEach(() => void vi.useRealTimers());

it('tells once the index has what the WAL had, then every ten seconds, and each second while rows come', async () => {
  const { keeper, sent, published } = keeping();
  await vi.advanceTimersByTimeAsync(3_000);
  expect(sent).toEqual([]);
  published(100);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(sent).toHaveLength(1);
  expect(sent[0]?.[0]).toMatchObject({ throughLsn: '0/64', closedThrough: '2026-11-23T13:59:59.000000Z' });
  await vi.advanceTimersByTimeAsync(30_000);
  expect(sent.length).toBeLessThanOrEqual(5);
  const quiet = sent.length;
  for (let second = 0; second < 10; second += 1) {
    published(100 + second, 1);
    await vi.advanceTimersByTimeAsync(1_000);
  }
  expect(sent.length - quiet).toBeGreaterThanOrEqual(9);
  await keeper.close();
});

it('sends nothing without proof that the slot is ours', async () => {
  const { keeper, sent, kept, told, published } = keeping({
    fence: async () => {
      throw new SessionLostError('the slot is held by another');
    },
  });
  published(100, 1);
  await vi.advanceTimersByTimeAsync(60_000);
  expect({ sent, kept, told }).toEqual({ sent: [], kept: [], told: [] });
  await keeper.close();
});

it('says what fails, tries again less and less often, and says when it is over', async () => {
  let attempts = 0;
  let fails = true;
  const { keeper, sent, told, published } = keeping({
    batch: async () => {
      attempts += 1;
      if (fails) throw new PreconditionError('no');
      return { taskID: 1 };
    },
  });
  published(100, 1);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(attempts).toBeGreaterThan(3);
  expect(attempts).toBeLessThan(15);
  expect(told).toHaveLength(attempts);
  fails = false;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(told.at(-1)).toBe(undefined);
  expect(sent.length).toBeGreaterThan(0);
  await keeper.close();
});

it('tells of dead letters at once, and keeps where it stands now and then', async () => {
  const { keeper, sent, kept, letters, published } = keeping();
  published(100);
  await vi.advanceTimersByTimeAsync(2_000);
  const before = sent.length;
  letters.changes += 1;
  await vi.advanceTimersByTimeAsync(1_000);
  expect(sent.length).toBe(before + 1);
  expect(kept).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(600_000);
  expect(kept).toHaveLength(2);
  await keeper.close();
});

it('stops when it is closed', async () => {
  const { keeper, sent, published } = keeping();
  await keeper.close();
  published(100, 1);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(sent.length).toBeLessThanOrEqual(1);
});
