import { type BackfillProgress, type BackfillResult, backfillTable } from '../../backfill/backfill-table.ts';
import { type BackfillEstimate, estimateBackfill } from '../../backfill/table-keys.ts';
import { microsText } from '../../config/instant.ts';
import { type ConfigFlags, loadConfig } from '../../config/load.ts';
import type { Config } from '../../config/schema.ts';
import { rowTime } from '../../config/table-retention.ts';
import type { RowScope } from '../../database/rows/row-scope.ts';
import { EXIT, type ExitCode, UsageError } from '../../errors.ts';
import { type Lsn, parseLsn } from '../../lsn.ts';
import { counted, countText } from '../amounts.ts';
import { chosenTables } from '../chosen-tables.ts';
import { connectOnce } from '../connection.ts';
import type { Context } from '../context.ts';
import { harmless, type Output } from '../output.ts';
import type { Painter } from '../painter.ts';
import { withSlotPassing } from '../slot-passing.ts';
import { barPainter, ProgressView } from './backfill-progress.ts';

export type BackfillFlags = ConfigFlags & {
  readonly table?: readonly string[];
  readonly where?: string;
  readonly from?: bigint;
  readonly to?: bigint;
  readonly lagMaxMs?: number;
  readonly restart?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
};

/** An index that is out of reach for a while ends no backfill of hours. */
const PATIENCE_MS = 600_000;

type Wanted = { readonly table: string; readonly scope: RowScope };

/** Has rows read again and written that the slot never saw, table by table, and waits until all of them are confirmed. */
export async function backfill({ output, ...context }: Context, flags: BackfillFlags): Promise<ExitCode> {
  const config = await loadConfig({ ...context, flags });
  const wanted = wantedTables(config, flags);
  const client = await connectOnce(config.postgres.url.reveal(), 'wal2algolia backfill');
  try {
    // Whatever does not fit one of them is told before anything is asked for.
    const estimates: BackfillEstimate[] = [];
    for (const { table, scope } of wanted) estimates.push(await estimateBackfill({ config, table, scope }));
    if (flags.dryRun === true) return tellEstimates(output, estimates);
    const { stderr, signal } = context;
    const painter = barPainter(output);
    const logSink = painter.logAbove(stderr);
    const results: BackfillResult[] = [];
    const how = { client, config, logSink, signal, patienceMs: PATIENCE_MS };
    await withSlotPassing(how, async (passing) => {
      // A slot that is not there is told before anything is asked for.
      await passing.passed({ target: parseLsn('0/0') });
      const passed = (target: Lsn): Promise<void> => passing.passed({ target });
      const { restart, lagMaxMs } = flags;
      for (const { table, scope } of wanted)
        results.push(await one(output, painter, { config, table, scope, restart, lagMaxMs, passed, signal }));
    });
    output.json(results);
    return EXIT.done;
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function one(
  output: Output,
  painter: Painter,
  options: Parameters<typeof backfillTable>[0],
): Promise<BackfillResult> {
  const view = new ProgressView(output, performance.now(), painter);
  const startedAtMs = performance.now();
  let isFirst = true;
  const onProgress = (progress: BackfillProgress): void => {
    if (isFirst) for (const line of beginning(progress)) output.line(harmless(line));
    isFirst = false;
    view.show(progress, performance.now());
  };
  const result = await backfillTable({ ...options, onProgress }).finally(() => view.finish());
  const seconds = Math.round((performance.now() - startedAtMs) / 1000);
  output.line(harmless(`${result.table}: done, ${counted(result.rows, 'row')}, ${seconds} s`));
  if (result.unnamable > 0)
    output.line(
      harmless(
        `${result.table}: ${countText(result.unnamable)} rows have no objectID (a part is NULL, or it is empty or too long), and no record`,
      ),
    );
  return result;
}

function beginning({ table, rows, rowsEstimated, isResumed, isSorted }: BackfillProgress): readonly string[] {
  return [
    isResumed
      ? `${table}: going on behind ${countText(rows)} rows that are done (--restart begins anew)`
      : `${table}: about ${counted(rowsEstimated, 'row')}`,
    ...(isSorted ? [`${table}: no index gives these keys in their order, so they are sorted first`] : []),
  ];
}

function tellEstimates(output: Output, estimates: readonly BackfillEstimate[]): ExitCode {
  output.json(estimates);
  for (const { table, rows, isSorted } of estimates) {
    const sorted = isSorted ? '; no index gives their keys in order, so they would be sorted first' : '';
    output.line(harmless(`${table}: about ${countText(rows)} rows would be read again${sorted}`));
  }
  return EXIT.done;
}

function wantedTables(config: Config, { table: named, where, from, to }: BackfillFlags): readonly Wanted[] {
  const tables = chosenTables(config, named);
  if (where !== undefined && tables.length > 1) {
    throw new UsageError('--where is a condition over the columns of one table', {
      remedy: `Name it by --table: ${tables.join(', ')}.`,
    });
  }
  if (where !== undefined && (where.trim() === '' || where.includes('\0')))
    throw new UsageError('--where is no condition', {
      remedy: 'Write SQL, such as --where "tenant = \'acme\'".',
    });
  if (from !== undefined && to !== undefined && from >= to)
    throw new UsageError('--from is not before --to', {
      remedy: 'No row lies in between: correct one of them.',
    });
  return tables.map((table) => ({ table, scope: { where, time: timeScope(config, table, { from, to }) } }));
}

function timeScope(
  { tables, keys }: Config,
  table: string,
  { from, to }: { readonly from: bigint | undefined; readonly to: bigint | undefined },
): RowScope['time'] {
  if (from === undefined && to === undefined) return undefined;
  const time = rowTime(tables[table] ?? {}, keys);
  if (time === undefined) {
    throw new UsageError(`nothing says which column of ${table} is a row's own time, for --from and --to`, {
      remedy: `Name it in \`time\` of the table, or say which rows you mean by --where.`,
    });
  }
  const text = (micros: bigint | undefined): string | undefined =>
    micros === undefined ? undefined : microsText(micros);
  return { ...time, from: text(from), to: text(to) };
}
