import { expect, test } from 'vitest';
import { PreconditionError } from '../../../src/errors.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { METRIC } from '../../../src/telemetry/metric-names.ts';
import { createMetrics } from '../../../src/telemetry/metrics.ts';
import { StatusBoard } from '../../../src/telemetry/status-board.ts';
import { verifyEvents } from '../../../src/telemetry/verify-events.ts';

const A = {
  table: 'public.a',
  at: '2026-01-01T00:00:01.500Z',
  counts: { rows: 9, missing: 2, extra: 1, repaired: 2 },
};
const B = { table: 'public.b', at: '2026-01-01T00:00:00.000Z', counts: { rows: 5 } };

function told() {
  const lines: string[] = [];
  const board = new StatusBoard('s');
  const logger = createLogger({ level: 'info', destination: { write: (line) => lines.push(line) } });
  const logs = () => lines.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
  return { board, logs, events: verifyEvents(logger, board) };
}

test('the status has the last results, and metrics what is worth an alert', async () => {
  const { board, events } = told();
  const metrics = createMetrics(() => board.status());
  expect(board.status()).not.toHaveProperty('verify');
  expect(await metrics.text()).not.toMatch(new RegExp(`^${METRIC.verifyDiffering} `, 'm'));
  events.onVerifyResults([]);
  expect(board.status()).not.toHaveProperty('verify');
  events.onVerifyResults([A, B]);
  expect(board.status().verify).toEqual({
    at: A.at,
    differing: 1,
    tables: { 'public.a': { at: A.at, ...A.counts }, 'public.b': { at: B.at, rows: 5 } },
  });
  const text = await metrics.text();
  expect(text).toMatch(new RegExp(`^${METRIC.verifyDiffering} 1$`, 'm'));
  expect(text).toMatch(new RegExp(`^${METRIC.verifyFinished} ${Date.parse(A.at) / 1_000}$`, 'm'));
});

test('trouble stands beside the last results until there are new ones, and is no reason not to be ready', () => {
  const { board, events, logs } = told();
  events.onVerifyResults([B]);
  events.onVerifyTrouble(new PreconditionError('a right is missing', { remedy: 'give it' }), 'public.a');
  expect(board.status()).toMatchObject({
    verify: {
      at: B.at,
      differing: 0,
      error: { code: 'PRECONDITION', message: 'a right is missing', remedy: 'give it' },
    },
  });
  expect(board.status()).not.toHaveProperty('error');
  events.onVerifyResults([A, B]);
  expect(board.status().verify).not.toHaveProperty('error');
  expect(logs()).toEqual([expect.objectContaining({ level: 'warn', table: 'public.a' })]);
});

test('the trouble of a table stands until that one was compared, that of none until the results can be read again', () => {
  const { board, events } = told();
  const trouble = () => board.status().verify?.error?.message;
  events.onVerifyResults([A, B]);
  events.onVerifyTrouble(new PreconditionError('a cannot be read'), 'public.a');
  events.onVerifyTrouble(new PreconditionError('c cannot be read'), 'public.c');
  const later = (result: typeof A | typeof B) => ({ ...result, at: '2026-01-01T01:00:00.000Z' });
  events.onVerifyResults([A, later(B)]);
  expect(trouble()).toBe('a cannot be read');
  events.onVerifyTrouble(new PreconditionError('nothing can be read'));
  events.onVerifyResults([later(A), later(B)]);
  expect(trouble()).toBe('c cannot be read');
  events.onVerifyResults([later(A), later(B), { ...B, table: 'public.c' }]);
  expect(board.status().verify).not.toHaveProperty('error');
});

test('what agrees is told, what differs is warned of', () => {
  const { events, logs } = told();
  events.onVerified(B);
  events.onVerified(A);
  expect(logs()).toMatchObject([
    { level: 'info', table: 'public.b', rows: 5 },
    { level: 'warn', table: 'public.a', missing: 2, extra: 1, repaired: 2 },
  ]);
});
