import { expect, it } from 'vitest';
import { confirmedThrough } from '../../../../src/cli/demo/drain.ts';
import { UnavailableError } from '../../../../src/errors.ts';
import { parseLsn } from '../../../../src/lsn.ts';
import { StatusBoard } from '../../../../src/telemetry/status-board.ts';

function service() {
  const at = {
    receivedLsn: parseLsn('0/10'),
    confirmedLsn: parseLsn('0/10'),
    serverLsn: parseLsn('0/10'),
    retainedBytes: 0,
  };
  const board = new StatusBoard('s');
  board.streaming(() => ({ ...at }));
  let fail: (error: Error) => void = () => undefined;
  const finished = new Promise<void>((_resolve, reject) => {
    fail = reject;
  });
  return { at, fail, service: { status: () => board.status(), finished } };
}

it('resolves once the position is confirmed, not before', async () => {
  const { at, service: running } = service();
  let done = false;
  const waiting = confirmedThrough(running, parseLsn('0/20')).then(() => {
    done = true;
  });
  await confirmedThrough(running, parseLsn('0/10'));
  expect(done).toBe(false);
  at.confirmedLsn = parseLsn('0/20');
  await waiting;
});

it('rejects with the error of the pipeline', async () => {
  const { fail, service: running } = service();
  const waiting = confirmedThrough(running, parseLsn('0/20'));
  fail(new UnavailableError('gone'));
  await expect(waiting).rejects.toThrow('gone');
});
