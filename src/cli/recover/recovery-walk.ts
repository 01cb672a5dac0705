import { backfillTable } from '../../backfill/backfill-table.ts';
import type { Config } from '../../config/schema.ts';
import type { Recovery, RecoveryTable } from '../../database/own-tables/recovery-table.ts';
import type { Lsn } from '../../lsn.ts';
import { unrepaired, type Verified } from '../../verify/verified.ts';
import { type VerifyOptions, verifyTable } from '../../verify/verify-table.ts';
import { counted, countText } from '../amounts.ts';
import type { ProgressView } from '../backfill/backfill-progress.ts';
import type { Connection } from '../connection.ts';
import { harmless, type Output, type Sink } from '../output.ts';
import { VerifyProgress } from '../verify/verify-view.ts';
import type { TableAgain } from './recovery-tables.ts';

export type WalkOptions = {
  readonly config: Config;
  /** Of the role of `run`. */
  readonly client: Connection;
  readonly algolia: VerifyOptions['algolia'];
  readonly recoveries: RecoveryTable;
  readonly tables: readonly TableAgain[];
  /** Resolves when the slot is confirmed through the position, by whoever holds it. */
  readonly passed: (target: Lsn) => Promise<void>;
  readonly signal: AbortSignal;
  readonly output: Output;
  readonly stderr: Sink;
  /** For each backfill. */
  readonly view: () => Pick<ProgressView, 'show' | 'finish'>;
  /** Of the comparison; default: those of `verify`. */
  readonly limits?: VerifyOptions['limits'];
};

export type Walked = {
  readonly backfilled: readonly { readonly table: string; readonly rows: number }[];
  readonly repaired: readonly Compared[];
  /** The last look at each table. */
  readonly verified: readonly Compared[];
  readonly agrees: boolean;
};

export type Compared = Pick<
  Verified,
  'table' | 'rows' | 'records' | 'missing' | 'extra' | 'differing' | 'repaired' | 'retained'
>;

/** The way from a new slot to an index that agrees with its tables; each step is noted once it is done, and not taken again. */
export async function walkBack(options: WalkOptions, recovery: Recovery): Promise<Walked> {
  const { recoveries, output } = options;
  const isBefore = (step: Recovery['step']): boolean => ORDER.indexOf(recovery.step) <= ORDER.indexOf(step);
  const backfilled = isBefore('backfill') ? await backfillAll(options, recovery) : [];
  if (isBefore('backfill')) await recoveries.next('repair');
  const repaired = isBefore('repair') ? await compareAll(options, 'repair') : [];
  if (isBefore('repair')) await recoveries.next('verify');
  // Where the repair found nothing, it was what proves it.
  const proven = repaired.filter(({ missing, extra, differing }) => missing + extra + differing === 0);
  const verified = [...proven, ...(await compareAll(options, 'verify', proven))];
  const agrees = verified.every(({ missing, extra, differing }) => missing + extra + differing === 0);
  if (!agrees) await recoveries.next('repair');
  output.line(agrees ? 'tables and indexes agree' : 'tables and indexes still differ');
  return { backfilled, repaired, verified, agrees };
}

const ORDER: readonly Recovery['step'][] = ['slot', 'backfill', 'repair', 'verify'];

async function backfillAll(
  { config, recoveries, tables, passed, signal, output, view: newView }: WalkOptions,
  { tablesBegun, tablesDone }: Recovery,
): Promise<Walked['backfilled']> {
  const results: { table: string; rows: number }[] = [];
  for (const { table, scope, rows } of tables) {
    if (tablesDone.includes(table)) continue;
    output.line(harmless(`backfill ${table}: ${rows}`));
    const view = newView();
    let begun: Promise<void> | undefined;
    const result = await backfillTable({
      config,
      table,
      scope,
      // An unfinished one of earlier days knows nothing of this gap.
      restart: !tablesBegun.includes(table),
      // One that was finished, and could not be noted any more.
      once: tablesBegun.includes(table),
      passed,
      signal,
      onProgress: (progress) => {
        begun ??= recoveries.table(table, 'begun');
        begun.catch(() => undefined);
        view.show(progress, performance.now());
      },
    }).finally(() => view.finish());
    await begun;
    await recoveries.table(table, 'done');
    output.line(harmless(`backfill ${table}: done, ${counted(result.rows, 'row')}`));
    results.push({ table, rows: result.rows });
  }
  return results;
}

async function compareAll(
  { config, client, algolia, tables, passed, output, stderr, limits }: WalkOptions,
  doing: 'repair' | 'verify',
  without: readonly Compared[] = [],
): Promise<readonly Compared[]> {
  const found: Compared[] = [];
  for (const { table } of tables) {
    if (without.some((other) => other.table === table)) continue;
    const progress = new VerifyProgress({ stderr }, table);
    const verified = await verifyTable({
      client,
      config,
      table,
      algolia,
      passed: ({ target }) => passed(target),
      repairs: doing === 'repair',
      limits,
      onWindow: (window, of) => progress.done(window, of),
    }).finally(() => progress.end());
    output.line(harmless(`${doing} ${table}: ${comparedText(verified)}`));
    found.push(compared(verified));
  }
  return found;
}

function compared({
  table,
  rows,
  records,
  missing,
  extra,
  differing,
  repaired,
  retained,
}: Verified): Compared {
  return { table, rows, records, missing, extra, differing, repaired, retained };
}

function comparedText(verified: Verified): string {
  const { rows, records, missing, extra, differing, repaired, retained } = verified;
  const sizes = `${counted(rows, 'row')}, ${counted(records, 'record')}`;
  const kept =
    retained > 0 ? `; ${countText(retained)} records of deleted rows stay, as deletes are not followed` : '';
  if (missing + extra + differing === 0) return `${sizes}: they agree${kept}`;
  const left = unrepaired(verified);
  return `${sizes}: ${countText(missing)} missing, ${countText(extra)} extra, ${countText(differing)} differing; ${countText(repaired)} read again${left > 0 ? `, ${countText(left)} left` : ''}${kept}`;
}
