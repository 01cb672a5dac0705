import type { Algolia } from './algolia/client.ts';
import { checkKey } from './algolia/preflight.ts';
import { checkVerifyingKey } from './algolia/verifying-key.ts';
import { mappedColumns } from './config/columns.ts';
import type { Config } from './config/schema.ts';
import { checkLookup } from './database/lookup-tables.ts';
import { checkBackfills } from './database/own-tables/backfill-table.ts';
import { checkRecoveries, RecoveryTable } from './database/own-tables/recovery-table.ts';
import { readPublishedTables } from './database/publication/publication.ts';
import { checkPublishedFilter } from './database/publication/published-filters.ts';
import { checkPublishedOperations } from './database/publication/published-operations.ts';
import { filterColumns } from './database/publication/row-filter.ts';
import { readRights } from './database/read-rights.ts';
import { unindexed } from './database/setup/lookup-plan.ts';
import { readPublishedColumns, readTable } from './database/tables.ts';
import { follows } from './records/followed.ts';
import { compileEncoder } from './records/record-encoder.ts';
import { Slab } from './records/slab.ts';
import type { Found } from './replication/session.ts';

/**
 * What a process looks at before its first session streams, and not again: that the key may write where it must, and that every
 * mapping fits its table as it is published now. Rejects with a Wal2AlgoliaError. `onNotice` is told of what would stop the
 * pipeline at some later change.
 */
export function startChecks(
  config: Config,
  algolia: Algolia,
  onNotice: (text: string) => void,
): (found: Found) => Promise<void> {
  let passed = false;
  return async (found) => {
    if (passed) return;
    await checkFilters(config, found);
    await checkMappings(config, found, onNotice);
    await checkOperations(config, found);
    await checkLookups(config, found, onNotice);
    if (config.backfill === 'initial') await checkBackfills(found.client);
    if (config.replication.onSlotLost === 'backfill') await checkRecovering(config, algolia, found);
    const sends = sentChanges(config, found);
    const { statusIndex } = config.algolia;
    const missing = await checkKey(algolia, config.tables, sends.delete || sends.update, statusIndex);
    if (missing.length > 0 && sends.truncate) {
      onNotice(
        `TRUNCATE is published, and the Algolia API key lacks the right ${missing.join(' and ')} to follow one`,
      );
    }
    await tellRecovery(config, found, onNotice);
    passed = true;
  };
}

/** On the day on which the slot is lost it would be too late. */
async function checkRecovering(config: Config, algolia: Algolia, { client }: Found): Promise<void> {
  await checkBackfills(client);
  await checkRecoveries(client);
  await checkVerifyingKey(algolia, config);
}

async function tellRecovery(
  { replication: { slot, onSlotLost } }: Config,
  { client }: Found,
  onNotice: (text: string) => void,
): Promise<void> {
  const recovery = await new RecoveryTable(client, slot).open();
  if (recovery === undefined) return;
  const ends =
    onSlotLost === 'backfill' ? 'it has ended, beside the stream' : '`wal2algolia recover --yes` has ended';
  onNotice(
    `the recovery of slot "${slot}" that began at ${recovery.startedAt} is not finished: rows may be missing until ${ends}`,
  );
}

async function checkMappings(config: Config, found: Found, onNotice: (text: string) => void): Promise<void> {
  const { client, server, types } = found;
  for (const [qualifiedName, table] of Object.entries(config.tables)) {
    const there = await readTable(client, qualifiedName);
    if (there === undefined) continue;
    const { plugin, publication } = config.replication;
    const published =
      plugin === 'wal2json'
        ? there.columns.map(({ name }) => name)
        : await readPublishedColumns(client, server.version, publication, there);
    const columns = there.columns.filter(({ name }) => published.includes(name));
    compileEncoder({
      relation: { tag: 'relation', ...there, columns },
      table,
      qualifiedName,
      types,
      recordBytesMax: config.algolia.recordBytesMax,
      slab: new Slab(),
    });
    if (!sentChanges(config, found).update) continue;
    const read = mappedColumns(table)?.filter((name) => published.includes(name)) ?? published;
    const looksAt = table.filter === undefined ? [] : await filterColumns(client, there.oid, table.filter);
    const unreadable = await readRights(client, there.oid, [...read, ...looksAt]);
    if (unreadable === undefined) continue;
    const reason =
      unreadable === 'row-security'
        ? 'row security filters it'
        : `it lacks SELECT on ${unreadable.columns.join(', ')}`;
    onNotice(
      `${qualifiedName}: a change that does not carry its whole row could not be followed, since this role may not read it: ${reason}`,
    );
  }
}

/** What is published beyond them is passed over; what is not cannot be followed. */
async function checkOperations(
  { tables, replication }: Config,
  { client, publications, bindings }: Found,
): Promise<void> {
  if (replication.plugin === 'wal2json') return;
  const published = await readPublishedTables(client, replication.publication);
  for (const [name, { operations }] of Object.entries(tables)) {
    if (operations === undefined) continue;
    const holding = published.filter(({ oid }) => bindings.get(oid) === name);
    const publishing = publications.filter((each) =>
      holding.some(({ publication }) => publication === each.name),
    );
    checkPublishedOperations(name, operations, publishing);
  }
}

async function checkLookups(
  { lookups }: Config,
  { client }: Found,
  onNotice: (text: string) => void,
): Promise<void> {
  for (const [name, config] of Object.entries(lookups)) {
    const lookup = { ...config, name };
    const { hasIndex } = await checkLookup(client, lookup);
    if (!hasIndex) onNotice(unindexed(lookup));
  }
}

/** What is published is all that there is to see: nothing filters rows here. */
async function checkFilters({ tables }: Config, found: Found): Promise<void> {
  const { client, server, publications, bindings } = found;
  for (const [oid, name] of bindings) {
    const filter = tables[name]?.filter;
    if (filter !== undefined) await checkPublishedFilter(client, server, publications, { oid, name, filter });
  }
}

/** wal2json sends everything. */
function sentChanges(
  { replication, tables }: Config,
  { publications }: Found,
): Readonly<Record<'update' | 'delete' | 'truncate', boolean>> {
  const sends = (change: 'update' | 'delete' | 'truncate'): boolean =>
    Object.values(tables).some((table) => follows(table, change)) &&
    (replication.plugin === 'wal2json' || publications.some((publication) => publication[change]));
  return { update: sends('update'), delete: sends('delete'), truncate: sends('truncate') };
}
