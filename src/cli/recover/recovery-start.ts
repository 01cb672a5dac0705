import { createAlgolia } from '../../algolia/client.ts';
import { checkVerifyingKey } from '../../algolia/verifying-key.ts';
import { instantOf, microsOf } from '../../completeness/instant.ts';
import type { Config } from '../../config/schema.ts';
import { postgresFailure } from '../../database/failures.ts';
import { readLastConfirmed } from '../../database/own-tables/recovery-statements.ts';
import type { RecoveryTable } from '../../database/own-tables/recovery-table.ts';
import type { SetupOptions, SetupPlan } from '../../database/setup/setup-options.ts';
import { readSlot } from '../../database/slot.ts';
import type { Connection } from '../connection.ts';
import { setUpPostgres } from '../setup/setup.ts';
import { checkAsRun } from './recovery-check.ts';
import { roadBack } from './recovery-road.ts';
import { tablesAgain } from './recovery-tables.ts';
import type { Found } from './recovery-view.ts';

/** A row's own time may lie well before its commit: clients that were offline, long transactions, clocks. */
export const MARGIN_SECONDS = 86_400;
/** Of the connection that has the turn: it holds it for hours, and hardly says a word. */
export const TURN_SETTINGS = { idle_session_timeout: '0', synchronous_commit: 'local' };

/** What there is to come back from. Rejects with a PreconditionError where there is nothing, or somebody has to let go first. */
export async function lookBack(
  owner: Connection,
  config: Config,
  recoveries: RecoveryTable,
  marginSeconds: number,
): Promise<Found> {
  const { slot: name, plugin } = config.replication;
  const open = await recoveries.open();
  try {
    const slot = await readSlot(owner, name);
    const { rows } = await owner.query<{ database: string }>('SELECT current_database() AS database');
    const road = roadBack(slot, { name, plugin, database: rows[0]?.database ?? '' }, open);
    const confirmedAt = open === undefined ? await readLastConfirmed(owner, name) : open.confirmedAt;
    const since = open === undefined ? before(confirmedAt, marginSeconds) : open.since;
    return { road, slot, open, confirmedAt, since, tables: await tablesAgain(owner, config, since) };
  } catch (error) {
    throw postgresFailure(error, `reading slot "${name}"`);
  }
}

export type MakeSlotOptions = NonNullable<SetupOptions['recovery']> & {
  readonly dryRun?: boolean;
  readonly waiting?: SetupOptions['waiting'];
};

/**
 * With the connection of `setup`, which may do more than the slot unless `slotOnly` is set. Nothing where the new slot stands and is noted. What
 * `run` would refuse is told before the slot is touched.
 */
export async function makeSlot(
  config: Config,
  { road, open }: Found,
  { dryRun = false, waiting, ...recovery }: MakeSlotOptions,
): Promise<SetupPlan> {
  if (road === 'go-on' && open?.step !== 'slot') return { statements: [], notices: [] };
  return await setUpPostgres(config, dryRun, {
    recovery,
    waiting,
    beforeSlot: () => checkAsRun(config),
  });
}

/** Before anything is touched: without it the road would end half way. */
export async function checkKey(config: Config): Promise<void> {
  const algolia = createAlgolia({ ...config.algolia, apiKey: config.algolia.apiKey.reveal() });
  try {
    await checkVerifyingKey(algolia, config);
  } finally {
    algolia.close();
  }
}

function before(instant: string | null, seconds: number): string | null {
  const micros = instant === null ? undefined : microsOf(instant);
  return micros === undefined ? null : instantOf(micros - BigInt(seconds) * 1_000_000n);
}
