import type { Client } from 'pg';
import { PreconditionError } from '../../errors.ts';
import { forgetBackfills } from '../own-tables/backfill-plan.ts';
import { COVERAGE, noteNewSlot } from '../own-tables/coverage-plan.ts';
import { planOwnTable } from '../own-tables/own-table-plan.ts';
import { planOwnTables } from '../own-tables/own-tables-plan.ts';
import { type RecoveryOptions, recoveryStatements } from '../own-tables/recovery-statements.ts';
import { literal } from '../quoting.ts';
import type { Server } from '../server.ts';
import { checkSlot, readSlot } from '../slot.ts';
import { planGrants } from './grants.ts';
import { checkFollowedLookups, checkLookupTables } from './lookup-plan.ts';
import { planPublication } from './publication-plan.ts';
import type { SetupOptions, SetupSteps } from './setup-options.ts';
import { childNotices, readSetupTables } from './setup-tables.ts';
import { planWithoutPublication } from './wal2json-plan.ts';

/**
 * Reads only. Throws a PreconditionError where the operator has to decide. The slot comes last: it keeps WAL from the moment it is made,
 * and must not be older than the publication.
 */
export async function planSetup(
  client: Client,
  server: Server,
  options: SetupOptions,
  maker?: 'somebody else',
): Promise<SetupSteps> {
  await checkLookupTables(client, options);
  const tables = await readSetupTables(client, server, options);
  checkFollowedLookups(options, tables);
  const publication =
    options.plugin === 'wal2json'
      ? await planWithoutPublication(client, server, options, tables)
      : await planPublication(client, server, options, tables);
  const ownTables = await planOwnTables(client, options.runRole ?? server.role, maker);
  const coverage = await coverageStatements(client, server, options, maker);
  const grants = await planGrants(client, server, options, tables);
  const creates = publication.statements.some((sql) => sql.startsWith('CREATE PUBLICATION'));
  const slot = options.recovery
    ? await recoveringStatements(client, server, options, options.recovery)
    : await slotStatements(client, server, options, creates);
  const others = [...publication.statements, ...new Set([...ownTables, ...coverage]), ...grants.statements];
  if (options.recovery?.slotOnly === true) checkSlotOnly(options, others);
  return { others, slot, notices: [...publication.notices, ...childNotices(tables), ...grants.notices] };
}

/** A slot must not be older than its publication, nor be read before what is kept of it can be noted. */
function checkSlotOnly({ slot }: SetupOptions, others: readonly string[]): void {
  if (others.length === 0) return;
  throw new PreconditionError(
    `slot "${slot}" cannot be made anew by this role alone, since more is missing: ${others.join('; ')}`,
    {
      remedy:
        '`wal2algolia recover --yes` makes all of it, with the connection of `setup`. Nothing was done.',
    },
  );
}

/** None where no status record is kept. */
export async function coverageStatements(
  client: Client,
  server: Server,
  { coverage, runRole }: SetupOptions,
  maker?: 'somebody else',
): Promise<readonly string[]> {
  return coverage === true ? await planOwnTable(client, COVERAGE, runRole ?? server.role, maker) : [];
}

/** A slot that is lost or gone is replaced, any other one of ours is the new one. */
async function recoveringStatements(
  client: Client,
  server: Server,
  { slot: name, plugin, coverage = false }: SetupOptions,
  recovery: RecoveryOptions,
): Promise<readonly string[]> {
  const slot = await readSlot(client, name);
  const found = slot === undefined ? 'missing' : slot.walStatus === 'lost' ? 'lost' : 'new';
  if (slot !== undefined)
    checkSlot({ ...slot, walStatus: 'reserved' }, { name, plugin, database: server.database });
  return await recoveryStatements(client, { slot: name, plugin, coverage, found, ...recovery });
}

async function slotStatements(
  client: Client,
  server: Server,
  { slot: name, plugin, coverage }: SetupOptions,
  publicationIsNew: boolean,
): Promise<readonly string[]> {
  const slot = await readSlot(client, name);
  if (slot === undefined)
    return [
      `SELECT pg_create_logical_replication_slot(${literal(name)}, ${literal(plugin)})`,
      ...(coverage === true ? [noteNewSlot(name)] : []),
      ...(await forgetBackfills(client, name)),
    ];
  checkSlot(slot, { name, plugin, database: server.database });
  if (!publicationIsNew) return [];
  throw new PreconditionError(`slot "${name}" is older than the publication that it shall serve`, {
    remedy: `Postgres cannot read such a slot. If nobody else needs it: SELECT pg_drop_replication_slot(${literal(name)}), then run setup again.`,
  });
}
