import { createAlgolia } from '../../algolia/client.ts';
import { type ConfigFlags, loadConfig } from '../../config/load.ts';
import type { Config } from '../../config/schema.ts';
import { type Recovery, RecoveryTable } from '../../database/own-tables/recovery-table.ts';
import { EXIT, type ExitCode, SlotInUseError, UsageError } from '../../errors.ts';
import { type Lsn, parseLsn } from '../../lsn.ts';
import { ProgressView } from '../backfill/backfill-progress.ts';
import { connectOnce } from '../connection.ts';
import type { Context } from '../context.ts';
import { harmless, type Output } from '../output.ts';
import { withSlotPassing } from '../slot-passing.ts';
import { checkKey, lookBack, MARGIN_SECONDS, makeSlot, TURN_SETTINGS } from './recovery-start.ts';
import { type Found, factsOf, foundLines } from './recovery-view.ts';
import { type Walked, walkBack } from './recovery-walk.ts';

export type RecoverFlags = ConfigFlags & {
  readonly marginSeconds?: number;
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
};

/** An index that is out of reach for a while ends no work of hours. */
const PATIENCE_MS = 600_000;

/** The road back after a lost slot: a new one, what it did not see loaded again, and the proof. What is done stays; the next call goes on. */
export async function recover({ output, ...context }: Context, flags: RecoverFlags): Promise<ExitCode> {
  const config = await loadConfig({ ...context, flags });
  const { marginSeconds = MARGIN_SECONDS } = flags;
  const owner = await connectOnce(config.setup.postgresUrl.reveal(), 'wal2algolia recover', TURN_SETTINGS);
  try {
    const recoveries = new RecoveryTable(owner, config.replication.slot);
    await recoveries.takeTurn();
    const found = await lookBack(owner, config, recoveries, marginSeconds);
    for (const line of foundLines(config, found)) output.line(harmless(line));
    if (flags.dryRun === true) {
      const { statements, notices } = await makeSlot(config, found, { marginSeconds, dryRun: true });
      tellStatements(output, 'would run', statements, notices);
      output.json({ dryRun: true, ...factsOf(config, found), statements, notices });
      return EXIT.done;
    }
    if (flags.yes !== true) throw unconfirmed(config, found);
    output.line();
    await checkAccess(config);
    if (found.road !== 'go-on')
      output.line('making the slot; it waits up to a minute for transactions that are writing');
    const onWaiting = (text: string): void =>
      void context.stderr.write(`waiting: the new slot is ${harmless(text)}\n`);
    const waiting = { signal: context.signal, onWaiting };
    const { statements, notices } = await makeSlot(config, found, { marginSeconds, waiting });
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

/** Before anything is touched: without it the road would end half way. */
async function checkAccess(config: Config): Promise<void> {
  const client = await connectOnce(config.postgres.url.reveal(), 'wal2algolia recover');
  await client.end().catch(() => undefined);
  await checkKey(config);
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
      const view = (): ProgressView => new ProgressView(output, performance.now());
      return await walkBack({ ...more, view }, recovery);
    });
  } finally {
    algolia.close();
    await client.end().catch(() => undefined);
  }
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
