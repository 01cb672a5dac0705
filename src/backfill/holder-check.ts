import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { TableConfig } from '../config/schema.ts';
import type { HeldTables, Untold } from '../database/own-tables/held-tables.ts';
import { PreconditionError, UnavailableError } from '../errors.ts';

/** Whoever gets the slot tells before it streams. */
export const TOLD_WITHIN_MS = 30_000;
const LOOK_INTERVAL_MS = 250;

export type HolderCheck = {
  readonly table: string;
  readonly mapping: Pick<TableConfig, 'index' | 'objectID' | 'objectIDPrefix'>;
  readonly slot: string;
};

/**
 * Whoever holds the slot makes the records, by its own configuration, and passes over what it does not know. Throws a PreconditionError where that
 * would not be what is asked for; `held` is undefined where nobody can know.
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

/**
 * What `read` says once the holder of the slot has told. Rejects as `read` does, with an UnavailableError where it does not tell in time. Undefined
 * also once the signal is aborted.
 */
export async function toldTables(
  read: () => Promise<HeldTables | Untold | undefined>,
  {
    slot,
    withinMs,
    signal,
  }: { readonly slot: string; readonly withinMs: number; readonly signal: AbortSignal | undefined },
): Promise<HeldTables | undefined> {
  const untilMs = performance.now() + withinMs;
  for (;;) {
    const held = await read();
    if (held !== 'untold') return held;
    if (performance.now() > untilMs) {
      throw new UnavailableError(
        `whoever holds slot "${slot}" has not told for ${Math.round(withinMs / 1000)} s which tables it writes into which index`,
        {
          remedy:
            'See its log: a pipeline notes it in wal2algolia.slot_progress when it begins. End what else reads from the slot. What is done is kept: the same command goes on from there.',
        },
      );
    }
    await delay(LOOK_INTERVAL_MS, undefined, { signal }).catch(() => undefined);
    if (signal?.aborted === true) return undefined;
  }
}
