import type { DeadLetter } from '../../../src/dead-letters/dead-letter.ts';
import { DeadLetters } from '../../../src/dead-letters/dead-letters.ts';
import { type Lsn, parseLsn } from '../../../src/lsn.ts';
import type { TestDatabase } from '../../support/postgres.ts';

export const LSN: Lsn = parseLsn('A/B');

export function letter(more: Partial<DeadLetter> = {}): DeadLetter {
  return {
    table: 'public.t',
    index: 't',
    objectID: '1',
    action: 'update',
    reason: 'refused',
    message: 'Record is too big',
    httpStatus: 400,
    lsn: LSN,
    committedAt: '2026-01-02T03:04:05.678901Z',
    place: undefined,
    record: '{"objectID":"1","v":"a"}',
    ...more,
  };
}

export type OpenLetters = DeadLetters & AsyncDisposable;

export async function openLetters(
  { url, slot }: Pick<TestDatabase, 'url' | 'slot'>,
  more: Partial<ConstructorParameters<typeof DeadLetters>[0]> = {},
): Promise<OpenLetters> {
  const letters = new DeadLetters({ url, slot, ...more });
  await letters.open();
  return Object.assign(letters, { [Symbol.asyncDispose]: () => letters.close() });
}

export const setAside = (...letters: DeadLetter[]) => ({ settled: [], emptied: [], setAside: letters });

export async function rows({ client }: Pick<TestDatabase, 'client'>): Promise<Record<string, unknown>[]> {
  return (await client.query('SELECT * FROM wal2algolia.dead_letter ORDER BY id')).rows;
}
