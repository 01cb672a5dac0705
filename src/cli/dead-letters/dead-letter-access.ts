import { type ConfigFlags, loadConfig } from '../../config/load.ts';
import type { Config } from '../../config/schema.ts';
import { DeadLetterList, type ListedLetter } from '../../database/dead-letters/dead-letter-list.ts';
import { UsageError } from '../../errors.ts';
import { type Connection, connectOnce } from '../connection.ts';
import type { Context } from '../context.ts';

export type LetterFlags = ConfigFlags & { readonly json?: boolean };

/** Which letters are meant: those of these ids, or all (of a table). */
export type Chosen = { readonly ids: readonly string[]; readonly table?: string };

export type Access = {
  readonly config: Config;
  readonly client: Connection;
  readonly list: DeadLetterList;
};

/** Rejects with a Wal2AlgoliaError, as `work` may. */
export async function withLetters<T>(
  context: Omit<Context, 'output'>,
  flags: LetterFlags,
  work: (access: Access) => Promise<T>,
): Promise<T> {
  const config = await loadConfig({ ...context, flags });
  const client = await connectOnce(config.postgres.url.reveal(), 'wal2algolia dead-letters');
  try {
    const list = await DeadLetterList.open(client, config.replication.slot);
    return await work({ config, client, list });
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Rejects with a UsageError that names the ids which no letter of the slot has. */
export async function chosenLetters(
  { config, list }: Access,
  { ids, table }: Chosen,
): Promise<readonly ListedLetter[]> {
  if (ids.length === 0) return (await list.list({ table }, undefined)).letters;
  const letters = await list.byId(ids);
  const unknown = ids.filter((id) => !letters.some((letter) => letter.id === id));
  if (unknown.length === 0) return letters;
  throw new UsageError(`slot "${config.replication.slot}" has no dead letter ${unknown.join(', ')}`, {
    remedy: '`wal2algolia dead-letters list` says which there are; a letter that is settled is gone.',
  });
}

/** The table, or the record in it that can be named. */
export function letterName({ table, objectID }: ListedLetter): string {
  return objectID === null ? `${table}, a row without objectID` : `${table} ${objectID}`;
}
