import { expect, test } from 'vitest';
import { algoliaFailure } from '../../src/algolia/failures.ts';
import { postgresFailure } from '../../src/database/failures.ts';
import { publicationGap } from '../../src/database/publication/publication.ts';
import { checkServer, type Server } from '../../src/database/server.ts';
import { checkSlot, type Slot } from '../../src/database/slot.ts';
import {
  ConfigError,
  DeadLettersUnwritableError,
  MassRefusalError,
  RecordError,
  SessionLostError,
  ShutdownDeadlineError,
  UnknownTypeError,
  type Wal2AlgoliaError,
} from '../../src/errors.ts';
import { type Action, recoveryOf } from '../../src/failure-policy.ts';
import type { Lsn } from '../../src/lsn.ts';
import { failoverGap, otherSystemGap } from '../../src/replication/start-position.ts';

/** As version 5.64 of the official client makes its errors. */
function answered(status: number, name = status >= 500 ? 'RetryError' : 'ApiError'): unknown {
  const stackTrace = [{ response: { status, isTimedOut: false, content: '{}', headers: {} } }];
  const error = Object.assign(new Error('message'), { stackTrace, ...(status >= 500 ? {} : { status }) });
  error.name = name;
  return algoliaFailure(error, 'writing');
}

function unanswered(content: string, isTimedOut = false): unknown {
  const stackTrace = [{ response: { status: 0, isTimedOut, content } }];
  return algoliaFailure(Object.assign(new Error('message'), { name: 'RetryError', stackTrace }), 'writing');
}

function sql(code: string, message = 'message'): unknown {
  return postgresFailure(Object.assign(new Error(message), { code, severity: 'ERROR' }), 'doing');
}

function thrown(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

const slot: Slot = {
  name: 's',
  plugin: 'pgoutput',
  database: 'app',
  temporary: false,
  activePid: undefined,
  confirmedLsn: 5n as Lsn,
  restartLsn: 4n as Lsn,
  walStatus: 'reserved',
  invalidationReason: undefined,
  synced: false,
  decodedBytes: 0,
  countedSince: '',
};
const wanted = { name: 's', plugin: 'pgoutput', database: 'app' };
const server: Server = {
  version: 170_000,
  versionText: '17.0',
  database: 'app',
  encoding: 'UTF8',
  walLevel: 'logical',
  inRecovery: false,
  walSenderTimeoutMs: 60_000,
  synchronousStandbyNames: '',
  role: 'app',
  mayReplicate: true,
  systemId: '1',
  timeline: 1,
};
const identity = { systemId: '1', timeline: 1, walEnd: 100n as Lsn };
const own = { systemId: '1', timeline: 1, confirmedLsn: 50n as Lsn, publications: '', bindings: new Map() };

const standing = { identity, slot, own, forkLsn: undefined };

type Row = readonly [event: string, error: () => unknown, action: Action, exitCode?: number];

const NEEDS_NO_REMEDY: readonly Action[] = ['resend', 'retry', 'reopen', 'standby'];

const rows: readonly Row[] = [
  ['408', () => answered(408), 'resend'],
  ['429', () => answered(429), 'resend'],
  ['500', () => answered(500), 'resend'],
  ['503', () => answered(503), 'resend'],
  ['a reset', () => unanswered('read ECONNRESET'), 'resend'],
  ['a timeout', () => unanswered('Socket timeout', true), 'resend'],
  ['DNS', () => unanswered('getaddrinfo ENOTFOUND nowhere'), 'resend'],
  ['an answer that is not Algolia’s', () => answered(200, 'DeserializationError'), 'resend'],
  ['413', () => answered(413), 'halve'],
  ['400', () => answered(400), 'isolate'],
  ['many refused', () => new MassRefusalError('many', { remedy: 'look' }), 'wait', 78],
  ['401', () => answered(401), 'wait', 78],
  ['402', () => answered(402), 'wait', 78],
  ['403', () => answered(403), 'wait', 78],
  ['404', () => answered(404), 'wait', 78],
  ['422', () => answered(422), 'wait', 78],
  ['any other 4xx', () => answered(418), 'wait', 78],
  [
    'a row that cannot be a record',
    () => new RecordError('too-large', 'large', { remedy: 'cut' }),
    'set-aside',
  ],
  ['connection to Postgres lost', () => sql('08006'), 'retry', 69],
  ['walsender timeout', () => new SessionLostError('silent'), 'retry', 69],
  ['Postgres shuts down', () => sql('57P01'), 'retry', 69],
  ['Postgres starts up', () => sql('57P03'), 'retry', 69],
  [
    'still a standby',
    () => thrown(() => checkServer({ ...server, inRecovery: true }, 'w', 'later')),
    'retry',
    69,
  ],
  ['a type made since the session began', () => new UnknownTypeError('unknown type', 7), 'reopen'],
  ['slot in use', () => sql('55006'), 'standby', 69],
  ['another system', () => otherSystemGap(own, { systemId: '2', walEnd: 9n as Lsn }), 'stop', 76],
  [
    'a restore',
    () => failoverGap({ ...standing, identity: { ...identity, walEnd: 40n as Lsn } }),
    'stop',
    76,
  ],
  ['a failover', () => failoverGap({ ...standing, identity: { ...identity, timeline: 2 } }), 'stop', 76],
  ['slot missing', () => thrown(() => checkSlot(undefined, wanted, { seenLsn: 3n as Lsn })), 'stop', 76],
  [
    'slot lost',
    () => thrown(() => checkSlot({ ...slot, walStatus: 'lost' }, wanted, { seenLsn: 3n as Lsn })),
    'stop',
    76,
  ],
  ['slot lost, said by START_REPLICATION', () => sql('55000', 'can no longer access'), 'stop', 76],
  [
    'slot of another database',
    () => thrown(() => checkSlot({ ...slot, database: 'b' }, wanted, { seenLsn: 3n as Lsn })),
    'stop',
    76,
  ],
  [
    'slot of another plugin',
    () => thrown(() => checkSlot({ ...slot, plugin: 'x' }, wanted, { seenLsn: 3n as Lsn })),
    'stop',
    76,
  ],
  ['publication changed', () => publicationGap(1n as Lsn, 2n as Lsn), 'stop', 76],
  ['publication younger than the slot', () => sql('42704'), 'stop', 76],
  [
    'synchronous_standby_names matches us',
    () => thrown(() => checkServer({ ...server, synchronousStandbyNames: '*' }, 'w')),
    'stop',
    78,
  ],
  [
    'dead-letter table not writable',
    () => new DeadLettersUnwritableError('no', { remedy: 'setup' }),
    'wait',
    78,
  ],
  ['wrong password', () => sql('28P01'), 'stop', 78],
  ['config or mapping error', () => new ConfigError('wrong', { remedy: 'mend' }), 'stop', 78],
  ['a drain that took too long', () => new ShutdownDeadlineError('late', { remedy: 'again' }), 'stop', 75],
  ['what Postgres says and nobody expected', () => sql('XX000'), 'stop', 70],
];

const cases = rows.map(([event, error, action, exitCode]) => ({ event, error, action, exitCode }));

test.each(cases)('$event', ({ error, action, exitCode }) => {
  const failure = error();
  const recovery = recoveryOf(failure);
  expect(recovery.action).toBe(action);
  if (exitCode !== undefined) expect((failure as Wal2AlgoliaError).exitCode).toBe(exitCode);
  if (!NEEDS_NO_REMEDY.includes(action) && exitCode !== 70) expect(recovery.remedy).toMatch(/\w/);
});

test('what is not ours is a defect, and stops', () => {
  for (const error of [new TypeError('x is not a function'), 'text', undefined]) {
    expect(recoveryOf(error)).toEqual({ action: 'stop', remedy: expect.stringContaining('defect') });
  }
});
