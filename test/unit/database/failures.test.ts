import { expect, test } from 'vitest';
import { postgresFailure } from '../../../src/database/failures.ts';
import { PreconditionError, SessionLostError } from '../../../src/errors.ts';

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
