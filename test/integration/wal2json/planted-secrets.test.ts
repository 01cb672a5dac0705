import { test } from 'vitest';
import { expectNoSecrets, search } from '../privacy/planted-secrets-case.ts';
import { database } from './wal2json-case.ts';

test('planted secrets are found nowhere, and what may be seen is', async () => {
  expectNoSecrets(await search(database, 'wal2json'));
});
