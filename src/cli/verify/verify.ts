import { type Algolia, createAlgolia } from '../../algolia/client.ts';
import { checkVerifyingKey } from '../../algolia/verifying-key.ts';
import { type ConfigFlags, loadConfig } from '../../config/load.ts';
import type { Config } from '../../config/schema.ts';
import { EXIT, type ExitCode, UsageError } from '../../errors.ts';
import { checkScope } from '../../verify/scope-check.ts';
import { unrepaired, type Verified } from '../../verify/verified.ts';
import { verifyTable } from '../../verify/verify-table.ts';
import type { Scope } from '../../verify/window-plan.ts';
import { chosenTables } from '../chosen-tables.ts';
import { connectOnce } from '../connection.ts';
import type { Context } from '../context.ts';
import { withSlotPassing } from '../slot-passing.ts';
import { type Evidence, type EvidenceFlags, openEvidence } from './evidence.ts';
import { printVerified, VerifyProgress, verifiedJson } from './verify-view.ts';

export type VerifyFlags = ConfigFlags &
  EvidenceFlags & {
    readonly table?: readonly string[];
    readonly from?: bigint;
    readonly to?: bigint;
    readonly keyFrom?: number;
    readonly keyTo?: number;
    readonly repair?: boolean;
    readonly json?: boolean;
  };

/** As long as the index is waited for: while that is out of reach, the slot stands still as well. */
const PATIENCE_MS = 300_000;
const LEFT =
  'they still differ: the log of the running pipeline says which requests it ignored, as where it was started with another configuration';

/** Compares tables with their indexes; 65 where they differ and that was not repaired. */
export async function verify(context: Context, flags: VerifyFlags): Promise<ExitCode> {
  const { output, stderr, signal } = context;
  const scope = scopeOf(flags);
  const config = await loadConfig({ ...context, flags });
  const tables = chosenTables(config, flags.table);
  const algolia = createAlgolia({ ...config.algolia, apiKey: config.algolia.apiKey.reveal() });
  try {
    await checkVerifyingKey(algolia, config);
    const client = await connectOnce(config.postgres.url.reveal(), 'wal2algolia verify');
    try {
      const evidence = await openEvidence(context, flags, { config, scope, client });
      const holding = { client, config, logSink: stderr, signal, patienceMs: PATIENCE_MS };
      const all = await withSlotPassing(holding, (passing) =>
        verifyAll(
          { context, config, scope, algolia, tables, evidence },
          {
            client,
            repairs: flags.repair,
            passed: (goal) => passing.passed(goal),
          },
        ),
      );
      const agree = all.every((each) => unrepaired(each) === 0);
      if (agree) await evidence.write(all);
      else if (flags.evidence !== undefined) stderr.write('no evidence is written, since they differ\n');
      if (!agree) output.line(flags.repair === true ? LEFT : 'they differ: --repair has these read again');
      output.json({ tables: all.map(verifiedJson), differences: sum(all) });
      return agree ? EXIT.done : EXIT.differences;
    } finally {
      await client.end().catch(() => undefined);
    }
  } finally {
    algolia.close();
  }
}

type Given = {
  readonly context: Context;
  readonly config: Config;
  readonly scope: Scope | undefined;
  readonly algolia: Algolia;
  readonly tables: readonly string[];
  readonly evidence: Evidence;
};

type Means = Pick<Parameters<typeof verifyTable>[0], 'client' | 'passed' | 'repairs'>;

async function verifyAll(
  { context, config, scope, algolia, tables, evidence }: Given,
  means: Means,
): Promise<readonly Verified[]> {
  for (const table of tables) await checkScope({ client: means.client, config, table, scope });
  const all: Verified[] = [];
  for (const table of tables) {
    const progress = new VerifyProgress(context, table);
    const verified = await verifyTable({
      ...means,
      config,
      scope,
      algolia,
      table,
      passed: (goal) => progress.waitingFor('the slot to pass what was read', means.passed(goal)),
      onWaiting: (waiting) => progress.waiting(waiting),
      onWindow: (window, of) => {
        progress.done(window, of);
        evidence.window(table, window);
      },
    });
    progress.end();
    printVerified(context.output, verified);
    all.push(verified);
  }
  return all;
}

function sum(all: readonly Verified[]): number {
  return all.reduce((total, each) => total + unrepaired(each), 0);
}

function scopeOf({ from, to, keyFrom, keyTo }: VerifyFlags): Scope | undefined {
  const isTimed = from !== undefined || to !== undefined;
  const isKeyed = keyFrom !== undefined || keyTo !== undefined;
  if (isTimed && isKeyed) throw new UsageError('either --from and --to, or --key-from and --key-to');
  if (isTimed) return checked({ by: 'time', from: millis(from), to: millis(to) });
  return isKeyed ? checked({ by: 'key', from: keyFrom, to: keyTo }) : undefined;
}

function checked(scope: Scope): Scope {
  const { from, to } = scope;
  if (from === undefined || to === undefined || from < to) return scope;
  throw new UsageError('the window is empty: it ends where it begins, or before');
}

/** Rounded up: the same instants are within. */
function millis(micros: bigint | undefined): number | undefined {
  return micros === undefined ? undefined : -Math.floor(Number(-micros) / 1_000);
}
