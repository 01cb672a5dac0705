import { describe, expect, it } from 'vitest';
import { UnavailableError } from '../../../src/errors.ts';
import { type Lsn, parseLsn } from '../../../src/lsn.ts';
import { readiness } from '../../../src/telemetry/readiness.ts';
import { StatusBoard } from '../../../src/telemetry/status-board.ts';

const START_MS = Date.UTC(2026, 0, 1);

/** A board whose clocks and session the test moves. */
function boardAt() {
  let nowMs = START_MS;
  const at = {
    receivedLsn: parseLsn('0/100'),
    confirmedLsn: parseLsn('0/100'),
    serverLsn: parseLsn('0/100'),
    retainedBytes: 4096,
  };
  const board = new StatusBoard('s', { epochMs: () => nowMs, monotonicMs: () => nowMs - START_MS });
  return {
    board,
    at,
    pass: (seconds: number) => {
      nowMs += seconds * 1000;
    },
    commit: (lsn: Lsn, secondsAgo: number) => ({
      records: 3,
      deleted: 1,
      position: { lsn, committedAtMicros: BigInt(nowMs - secondsAgo * 1000) * 1000n },
    }),
  };
}

it('knows nothing at first and says so', () => {
  expect(new StatusBoard('s').status()).toEqual({
    state: 'starting',
    slot: {
      name: 's',
      active: false,
      confirmedLsn: null,
      receivedLsn: null,
      serverLsn: null,
      lagBytes: null,
      lagSeconds: null,
      retainedBytes: null,
    },
    records: { written: 0, deleted: 0, deadLetters: 0 },
    completeThrough: { lsn: null, at: null },
    oldestUnpublishedSeconds: 0,
  });
});

it('reads positions from the session while there is one, and keeps the last of them', () => {
  const { board, at } = boardAt();
  board.streaming(() => ({ ...at }));
  at.serverLsn = parseLsn('1/200');
  at.receivedLsn = parseLsn('1/100');
  expect(board.status()).toMatchObject({
    state: 'streaming',
    slot: {
      active: true,
      confirmedLsn: '0/100',
      receivedLsn: '1/100',
      serverLsn: '1/200',
      lagBytes: 2 ** 32 + 256,
      retainedBytes: 4096,
    },
  });
  board.notStreaming('waiting', new UnavailableError('gone', { remedy: 'Wait.' }));
  at.serverLsn = parseLsn('9/0');
  expect(board.status()).toMatchObject({
    state: 'waiting',
    slot: { active: false, serverLsn: '1/200' },
    error: { code: 'UNAVAILABLE', message: 'gone', remedy: 'Wait.' },
  });
});

it('counts what was written and deleted, and how far it is complete', () => {
  const { board, at, commit } = boardAt();
  board.streaming(() => ({ ...at }));
  board.written(commit(parseLsn('0/180'), 2));
  board.written({ records: 5, deleted: 0, position: undefined });
  expect(board.status()).toMatchObject({
    records: { written: 7, deleted: 1 },
    completeThrough: { lsn: '0/180', at: new Date(START_MS - 2000).toISOString() },
  });
  board.written({
    records: 0,
    deleted: 0,
    position: { lsn: parseLsn('0/190'), committedAtMicros: undefined },
  });
  expect(board.status().completeThrough).toEqual({
    lsn: '0/190',
    at: new Date(START_MS - 2000).toISOString(),
  });
});

describe('lag in seconds', () => {
  it('is nothing while there is nothing to confirm, however quiet it was', () => {
    const { board, at, pass } = boardAt();
    board.streaming(() => ({ ...at }));
    pass(3_600);
    expect(board.status().slot.lagSeconds).toBe(0);
  });

  it('grows from when something was first there to wait for', () => {
    const { board, at, pass } = boardAt();
    board.streaming(() => ({ ...at }));
    pass(3_600);
    at.serverLsn = parseLsn('0/200');
    board.look();
    pass(7);
    expect(board.status().slot.lagSeconds).toBe(7);
    at.confirmedLsn = parseLsn('0/200');
    expect(board.status().slot.lagSeconds).toBe(0);
  });

  it('is that of the last confirmed commit while catching up', () => {
    const { board, at, pass, commit } = boardAt();
    at.serverLsn = parseLsn('0/900');
    board.streaming(() => ({ ...at }));
    board.written(commit(parseLsn('0/200'), 600));
    pass(1);
    const status = board.status();
    expect(status.slot.lagSeconds).toBe(601);
    expect(status.state).toBe('catching-up');
    expect(readiness(status)).toEqual({ ok: false, reason: 'catching up, 601 s behind' });
  });
});

describe('readiness', () => {
  it('is there while streaming without trouble', () => {
    const { board, at } = boardAt();
    expect(readiness(board.status())).toEqual({ ok: false, reason: 'starting' });
    board.streaming(() => ({ ...at }));
    expect(readiness(board.status())).toEqual({ ok: true });
    board.trouble('writing', new UnavailableError('Algolia answered 503'));
    expect(board.status().state).toBe('waiting');
    expect(readiness(board.status())).toEqual({ ok: false, reason: 'waiting: Algolia answered 503' });
    board.trouble('publishing', new UnavailableError('no word of a task'));
    // An earlier write was published meanwhile: the later one still waits.
    board.written({ records: 1, deleted: 0, position: undefined });
    expect(readiness(board.status())).toEqual({ ok: false, reason: 'waiting: Algolia answered 503' });
    board.trouble('writing', undefined);
    expect(readiness(board.status())).toEqual({ ok: true });
  });

  it('is not taken away by what passes by itself, which is told, and why it falls behind', () => {
    const { board, at, pass } = boardAt();
    const late = new UnavailableError('a late copy may come');
    board.streaming(() => ({ ...at, serverLsn: parseLsn('0/200') }));
    board.pause('confirming', late);
    expect(board.status()).toMatchObject({ state: 'streaming', error: { message: 'a late copy may come' } });
    expect(readiness(board.status())).toEqual({ ok: true });
    board.trouble('writing', new UnavailableError('Algolia answered 503'));
    expect(readiness(board.status())).toEqual({ ok: false, reason: 'waiting: Algolia answered 503' });
    board.trouble('writing', undefined);
    pass(31);
    board.written({ records: 1, deleted: 0, position: undefined });
    expect(readiness(board.status())).toEqual({
      ok: false,
      reason: 'catching up, 31 s behind: a late copy may come',
    });
    board.pause('confirming', undefined);
    board.pause('publishing', new UnavailableError('no word of a task'));
    expect(board.status().error?.message).toBe('no word of a task');
    board.written({ records: 1, deleted: 0, position: undefined });
    expect(board.status().error).toBeUndefined();
    board.pause('confirming', late);
    board.streaming(() => ({ ...at }));
    expect(board.status().error).toBeUndefined();
  });

  it('is not taken away by a recovery, of which every session tells until it is finished', () => {
    const { board, at } = boardAt();
    board.recovering(new UnavailableError('rows may be missing'));
    board.streaming(() => ({ ...at }));
    expect(readiness(board.status())).toEqual({ ok: true });
    expect(board.status().error?.message).toBe('rows may be missing');
    board.pause('confirming', new UnavailableError('a late copy may come'));
    expect(board.status().error?.message).toBe('a late copy may come');
    board.pause('confirming', undefined);
    board.recovering(undefined);
    expect(board.status().error).toBeUndefined();
  });

  it('is not there on standby, and says who has the slot', () => {
    const { board } = boardAt();
    board.notStreaming('standby');
    expect(readiness(board.status())).toEqual({
      ok: false,
      reason: 'standby: another process holds slot "s"',
    });
    board.notStreaming('stopped');
    expect(readiness(board.status())).toEqual({ ok: false, reason: 'stopped' });
  });
});

it('lets the oldest unpublished write age', () => {
  const { board, pass } = boardAt();
  board.oldestUnpublished(0);
  pass(4);
  expect(board.status().oldestUnpublishedSeconds).toBe(4);
  board.oldestUnpublished(undefined);
  expect(board.status().oldestUnpublishedSeconds).toBe(0);
});
