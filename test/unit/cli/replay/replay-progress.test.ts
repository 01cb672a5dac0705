import { expect, test, vi } from 'vitest';
import { Output } from '../../../../src/cli/output.ts';
import { progressLine, ReplayProgress } from '../../../../src/cli/replay/replay-progress.ts';
import type { Lsn } from '../../../../src/lsn.ts';

const moment = {
  from: 1_000n as Lsn,
  to: 3_000n as Lsn,
  at: 2_000n as Lsn,
  seconds: 2,
  done: '5 records',
  isLive: false,
};

test('how far, and how fast', () => {
  expect(progressLine(moment)).toBe('50 %  0/7D0 of 0/BB8, 5 records, 500 B of WAL a second');
  expect(progressLine({ ...moment, isLive: true })).toMatch(/^\[#{12}\.{12}\] 50 % /);
  // Before it has begun, and where the end is passed.
  expect(progressLine({ ...moment, at: 0n as Lsn })).toMatch(/^0 % {2}0\/3E8 of/);
  expect(progressLine({ ...moment, at: 9_000n as Lsn })).toMatch(/^100 % {2}/);
  expect(progressLine({ ...moment, trouble: 'the index' })).toMatch(/; waiting: the index$/);
});

test('a bar in a terminal with the log above it, lines elsewhere, nothing with --json', () => {
  vi.useFakeTimers();
  try {
    const written = (isTTY: boolean, asJson: boolean): string => {
      let text = '';
      const sink = { write: (part: string) => (text += part), isTTY };
      const output = new Output(sink, asJson);
      const look = () => ({ at: moment.at, done: moment.done });
      const progress = new ReplayProgress({ ...moment, output, logSink: sink, look, nowMs: () => 0 });
      vi.advanceTimersByTime(5_100);
      progress.logSink.write('log\n');
      progress.close();
      vi.advanceTimersByTime(60_000);
      return text;
    };
    expect(written(true, false)).toMatch(/\[#+\.+\] 50 %[\s\S]*log\n\[#/);
    expect(written(false, false)).toMatch(/^50 % [^\n]*\nlog\n$/);
    expect(written(true, true)).toBe('log\n');
  } finally {
    vi.useRealTimers();
  }
});

test('what is closed is not painted anew: the report stands below it', () => {
  let text = '';
  const sink = { write: (part: string) => (text += part), isTTY: true };
  const look = () => ({ at: moment.at, done: moment.done });
  const progress = new ReplayProgress({
    ...moment,
    output: new Output(sink, false),
    logSink: sink,
    look,
    nowMs: () => 0,
  });
  progress.close();
  const closed = text;
  progress.close();
  expect(text).toBe(closed);
});
