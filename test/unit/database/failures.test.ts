import { expect, test } from 'vitest';
import { postgresFailure } from '../../../src/database/failures.ts';
import { GapError, PreconditionError, ProtocolError, SessionLostError } from '../../../src/errors.ts';

const serverError = (code: string, message: string): Error =>
  Object.assign(new Error(message), { code, severity: 'ERROR' });

test('a server without wal2json is told from one that has lost another file, in any language', () => {
  const library = postgresFailure(
    serverError(
      '58P01',
      'konnte nicht auf Datei »wal2json« zugreifen: Datei oder Verzeichnis nicht gefunden',
    ),
    'setup',
  );
  expect(library).toBeInstanceOf(PreconditionError);
  expect(library.remedy).toMatch(/install it/);
  const segment = serverError(
    '58P01',
    'requested WAL segment 000000010000000000000001 has already been removed',
  );
  expect(postgresFailure(segment, 'replication')).toBeInstanceOf(SessionLostError);
});

test.each([
  ['XX000', 'invalid memory alloc request size 1080000003'],
  ['54000', 'string buffer exceeds maximum allowed length (1073741823 bytes)'],
  ['54000', 'Speicher aufgebraucht'],
])(
  'a row that the server cannot send (%s) stops, and says where it stands and how it is passed',
  (code, message) => {
    const where = 'slot "s", output plugin "pgoutput", in the change callback, associated LSN 0/1D9FD20';
    const failure = postgresFailure(
      Object.assign(serverError(code, message), { where }),
      'replication stream',
    );
    expect(failure).toBeInstanceOf(GapError);
    expect(failure.message).toBe(`replication stream: Postgres cannot send the row at 0/1D9FD20: ${message}`);
    expect(failure.remedy).toContain('pg_replication_slot_advance');
  },
);

test('a table that was dropped while it was looked at is no reason to stop, unless it is the WAL that cannot be decoded', () => {
  const dropped = serverError('XX000', 'could not open relation with OID 18180');
  for (const error of [
    serverError('XX000', 'cache lookup failed for type 18180'),
    serverError('25P03', 'terminating connection due to idle-in-transaction timeout'),
    serverError('25P04', 'terminating connection due to transaction timeout'),
  ])
    expect(postgresFailure(error, 'reading rows again')).toBeInstanceOf(SessionLostError);
  expect(postgresFailure(dropped, 'reading rows again')).toBeInstanceOf(SessionLostError);
  const where = 'slot "s", output plugin "pgoutput", in the change callback, associated LSN 0/1D9FD20';
  expect(postgresFailure(Object.assign(dropped, { where }), 'replication stream')).toBeInstanceOf(
    ProtocolError,
  );
});

test('another internal error, or a limit of another statement, is not taken for one', () => {
  for (const error of [serverError('XX000', 'cache lookup failed'), serverError('54000', 'index row size')])
    expect(postgresFailure(error, 'somewhere')).toBeInstanceOf(ProtocolError);
});

test.each([
  ['22008', 'date out of range: 987654321-01-01'],
  ['22P02', 'invalid input syntax for type integer: "987654321"'],
  ['22023', 'string is not a valid identifier: "987654321"'],
  ['23514', 'value 987654321 violates check constraint'],
  ['P0001', 'no good: 987654321'],
])(
  'what the server says of a value (%s) is not repeated, neither in the message nor in a cause',
  (code, text) => {
    const where = 'slot "s", output plugin "pgoutput", in the change callback, associated LSN 0/1D9FD20';
    const failure = postgresFailure(Object.assign(serverError(code, text), { where }), 'replication stream');
    expect(failure).toBeInstanceOf(ProtocolError);
    expect(failure.message).toContain(code);
    expect(failure.cause).toBeUndefined();
    expect(failure.message).not.toContain('987654321');
  },
);
