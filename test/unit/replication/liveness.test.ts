import { expect, test } from 'vitest';
import { judgeSilence, livenessTimings, ReplyPolicy } from '../../../src/replication/liveness.ts';

test.each([
  { timeoutMs: 30_000, statusIntervalMs: 10_000, silenceMs: 30_000, proofMaxAgeMs: 15_000 },
  { timeoutMs: 60_000, statusIntervalMs: 10_000, silenceMs: 60_000, proofMaxAgeMs: 30_000 },
  { timeoutMs: 3_000, statusIntervalMs: 1_000, silenceMs: 3_000, proofMaxAgeMs: 1_500 },
  { timeoutMs: 0, statusIntervalMs: 10_000, silenceMs: 60_000, proofMaxAgeMs: 30_000 },
])('timings of wal_sender_timeout = $timeoutMs ms', ({ timeoutMs, ...timings }) => {
  expect(livenessTimings(timeoutMs)).toEqual(timings);
});

const timings = livenessTimings(30_000);

test.each([
  { silentMs: 0, reading: true, questionsUnanswered: 0, verdict: 'alive' },
  { silentMs: 4_999, reading: true, questionsUnanswered: 0, verdict: 'alive' },
  { silentMs: 5_000, reading: true, questionsUnanswered: 0, verdict: 'ask' },
  { silentMs: 29_999, reading: true, questionsUnanswered: 2, verdict: 'ask' },
  { silentMs: 30_000, reading: true, questionsUnanswered: 2, verdict: 'gone' },
  // A paused socket hears nothing, whoever is there.
  { silentMs: 600_000, reading: false, questionsUnanswered: 9, verdict: 'alive' },
  // After a freeze (SIGSTOP, a suspended laptop) the clock is old, but nobody was asked yet.
  { silentMs: 600_000, reading: true, questionsUnanswered: 0, verdict: 'ask' },
])(
  '$verdict after $silentMs ms, $questionsUnanswered unanswered, reading $reading',
  ({ verdict, ...facts }) => {
    expect(judgeSilence({ ...facts, timings })).toBe(verdict);
  },
);

test('replies at most once a second, and takes twenty requests in a second for a shutdown', () => {
  const policy = new ReplyPolicy();
  expect(policy.onReplyRequested(0)).toBe('reply');
  expect(policy.onReplyRequested(10)).toBe('hold');
  expect(policy.onReplyRequested(999)).toBe('hold');
  expect(policy.onReplyRequested(1_000)).toBe('reply');
  const storm = Array.from({ length: 20 }, (_, i) => policy.onReplyRequested(5_000 + i));
  expect(storm.slice(0, 19)).toEqual(['reply', ...Array(18).fill('hold')]);
  expect(storm[19]).toBe('server-leaving');
  expect(policy.onReplyRequested(10_000)).toBe('reply');
});
