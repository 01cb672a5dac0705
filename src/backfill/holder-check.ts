import { isDeepStrictEqual } from 'node:util';
import type { TableConfig } from '../config/schema.ts';
import type { HeldTables } from '../database/own-tables/held-tables.ts';
import { PreconditionError } from '../errors.ts';

export type HolderCheck = {
  readonly table: string;
  readonly mapping: Pick<TableConfig, 'index' | 'objectID' | 'objectIDPrefix'>;
  readonly slot: string;
};

/**
 * Whoever holds the slot makes the records, by its own configuration, and passes over what it does not know. Throws a PreconditionError where that
 * would not be what is asked for; `held` is undefined while nobody knows.
 */
export function checkHolder(held: HeldTables | undefined, { table, mapping, slot }: HolderCheck): void {
  if (held === undefined) return;
  const { index, objectIDPrefix: prefix = '', objectID } = mapping;
  const theirs = Object.hasOwn(held, table) ? held[table] : undefined;
  if (isDeepStrictEqual(theirs, { index, prefix, objectID })) return;
  const what =
    theirs === undefined
      ? 'does not know the table, and passes over what is asked of it'
      : theirs.index === index
        ? 'makes other objectIDs of its rows'
        : `writes its rows into the index "${theirs.index}"`;
  throw new PreconditionError(`${table}: the pipeline that holds slot "${slot}" ${what}`, {
    remedy: 'Start it anew with the configuration of this command, or give the command that of the pipeline.',
  });
}
