import { createAlgolia } from '../algolia/client.ts';
import { instantOf, microsOf } from '../completeness/instant.ts';
import { type ConfigFlags, loadConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { postgresFailure } from '../database/failures.ts';
import { readLastConfirmed } from '../database/recovery-statements.ts';
import { type Recovery, RecoveryTable } from '../database/recovery-table.ts';
import { readSlot } from '../database/slot.ts';
import { EXIT, type ExitCode, SlotInUseError, UsageError } from '../errors.ts';
import { type Lsn, parseLsn } from '../lsn.ts';
import { type Connection, connectOnce } from './connection.ts';
import type { Context } from './context.ts';
import { harmless, type Output } from './output.ts';
import { roadBack } from './recovery-road.ts';
import { tablesAgain } from './recovery-tables.ts';
import { type Found, factsOf, foundLines } from './recovery-view.ts';
import { type Walked, walkBack } from './recovery-walk.ts';
import { setUpPostgres } from './setup.ts';
import { withSlotPassing } from './slot-passing.ts';
import { checkVerifyingKey } from './verify-key.ts';

export type RecoverFlags = ConfigFlags & {
  readonly marginSeconds?: number;
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
};

/** A row's own time may lie well before its commit: clients that were offline, long transactions, clocks. */
const MARGIN_SECONDS = 86_400;
/** It holds the turn for hours, and hardly says a word. */
const SETTINGS = { idle_session_timeout: '0', synchronous_commit: 'local' };
/** An index that is out of reach for a while ends no work of hours. */
const PATIENCE_MS = 600_000;

/** The road back after a lost slot: a new one, what it did not see loaded again, and the proof. What is done stays; the next call goes on. */
export async function recover({ output, ...context }: Context, flags: RecoverFlags): Promise<ExitCode> {
  const config = await loadConfig({ ...context, flags });
  const { marginSeconds = MARGIN_SECONDS } = flags;
  const owner = await connectOnce(config.setup.postgresUrl.reveal(), 'wal2algolia recover', SETTINGS);
  try {
    const recoveries = new RecoveryTable(owner, config.replication.slot);
    await recoveries.takeTurn();
    const found = await look(owner, config, recoveries, marginSeconds);
    for (const line of foundLines(config, found)) output.line(harmless(line));
    if (flags.dryRun === true) {
      const { statements, notices } = await makeSlot(config, found, marginSeconds, true);
      tellStatements(output, 'would run', statements, notices);
      output.json({ dryRun: true, ...factsOf(config, found), statements, notices });
      return EXIT.done;
    }
    if (flags.yes !== true) throw unconfirmed(config, found);
    output.line();
    await checkKey(config);
    if (found.road !== 'go-on')
      output.line('making the slot; it waits up to a minute for transactions that are writing');
    const { statements, notices } = await makeSlot(config, found, marginSeconds, false);
    tellStatements(output, 'done', statements, notices);
    const recovery = await recoveries.open();
    if (recovery === undefined) throw elsewhere(config);
    const walked = await walk({ output, ...context }, config, recoveries, found, recovery);
    const finished = walked.agrees ? await recoveries.finish(recovery) : undefined;
    if (!walked.agrees) output.line('Call `wal2algolia recover --yes` again: it goes on with the repair.');
    output.json({
      ...factsOf(config, found),
      statements,
      notices,
      ...walked,
      recovery: finished ?? recovery,
    });
    return walked.agrees ? EXIT.done : EXIT.differences;
  } finally {
    await owner.end().catch(() => undefined);
  }
}

async function look(
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

/** Nothing where the new slot stands and is noted. */
async function makeSlot(config: Config, { road, open }: Found, marginSeconds: number, dryRun: boolean) {
  if (road === 'go-on' && open?.step !== 'slot') return { statements: [], notices: [] };
  return await setUpPostgres(config, dryRun, { marginSeconds });
}

/** Before anything is touched: without it the road would end half way. */
async function checkKey(config: Config): Promise<void> {
  const algolia = createAlgolia({ ...config.algolia, apiKey: config.algolia.apiKey.reveal() });
  try {
    await checkVerifyingKey(algolia, config);
  } finally {
    algolia.close();
  }
}

async function walk(
  { output, stderr: logSink, signal }: Context,
  config: Config,
  recoveries: RecoveryTable,
  { tables }: Found,
  recovery: Recovery,
): Promise<Walked> {
  const client = await connectOnce(config.postgres.url.reveal(), 'wal2algolia recover');
  const algolia = createAlgolia({ ...config.algolia, apiKey: config.algolia.apiKey.reveal() });
  try {
    const options = { client, config, logSink, signal, patienceMs: PATIENCE_MS };
    return await withSlotPassing(options, async (passing) => {
      const passed = (target: Lsn): Promise<void> => passing.passed({ target });
      // A slot that is gone again is told before anything is asked for.
      await passed(parseLsn('0/0'));
      const more = { config, client, algolia, recoveries, tables, passed, signal, output, stderr: logSink };
      return await walkBack(more, recovery);
    });
  } finally {
    algolia.close();
    await client.end().catch(() => undefined);
  }
}

function before(instant: string | null, seconds: number): string | null {
  const micros = instant === null ? undefined : microsOf(instant);
  return micros === undefined ? null : instantOf(micros - BigInt(seconds) * 1_000_000n);
}

function tellStatements(
  output: Output,
  what: 'done' | 'would run',
  statements: readonly string[],
  notices: readonly string[],
): void {
  if (statements.length > 0) output.line(`Postgres: ${what}`);
  // What only notes something is long, and for --dry-run and --json.
  const shown = what === 'done' ? statements.filter((sql) => !/^(INSERT|WITH|UPDATE)/.test(sql)) : statements;
  for (const sql of shown) output.line(`  ${sql};`);
  for (const notice of notices) output.line(`note: ${notice}`);
}

function unconfirmed({ replication }: Config, { road }: Found): UsageError {
  const what = {
    replace: `drop slot "${replication.slot}", make it anew and load what it did not see`,
    make: `make slot "${replication.slot}" and load what there was no slot for`,
    'go-on': `go on with the recovery of slot "${replication.slot}"`,
  }[road];
  return new UsageError(`this would ${what}; nothing was done`, {
    remedy: 'Add --yes, or --dry-run for the statements.',
  });
}

/** Between the look and the work. */
function elsewhere({ replication }: Config): SlotInUseError {
  return new SlotInUseError(
    `the recovery of slot "${replication.slot}" was finished by somebody else just now`,
  );
}
