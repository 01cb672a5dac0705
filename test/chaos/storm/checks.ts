import { compareIndex, expectedAuditLog } from '../../support/index-comparison.ts';
import { readHistory } from '../commit-history.ts';
import { confirmedTooEarly, type Sample } from '../early-confirmations.ts';
import type { LogLine } from '../program-run.ts';
import { backwardsInSession } from '../write-journal.ts';
import { CLOCK_SHIFT_MS } from './process-faults.ts';
import type { Stage } from './stage.ts';

/** What must never be found, by the check that finds it. */
export const CHECKS = ['lost', 'extra', 'stale', 'out of order', 'confirmed too early', 'memory'] as const;
export type Check = (typeof CHECKS)[number];
export type Problem = { readonly check: Check; readonly what: string };

/** What one process may have resident: the index may be away for long, and transactions large. */
const MEMORY_BYTES_MAX = 200e6;

/** objectIDs of the rows that were set aside in place of the index. */
const SET_ASIDE_SQL = `SELECT NULL::text AS object_id WHERE false`;

/** Of a quiet stage: the index against what SQL says that it must hold. */
export async function differences({ cluster, index }: Stage): Promise<readonly Problem[]> {
  const expected = `SELECT * FROM (${expectedAuditLog()}) expected
    WHERE NOT EXISTS (SELECT FROM (${SET_ASIDE_SQL}) aside WHERE aside.object_id = expected.object_id)`;
  const { missing, extra, differing } = await compareIndex(cluster.client, index, 'audit_log', expected);
  const problems = (check: Check, ids: readonly string[]): readonly Problem[] =>
    ids.map((id) => ({ check, what: `record ${id}` }));
  return [...problems('lost', missing), ...problems('extra', extra), ...problems('stale', differing)];
}

export type Looked = {
  readonly samples: readonly Sample[];
  readonly historySlot: string;
  readonly peakBytes: number;
};
export type Verdict = {
  readonly problems: readonly Problem[];
  /** Changes whose confirmation was looked at, and versions whose order was. */
  readonly confirmations: number;
  readonly versions: number;
};

/** Of a storm that is over: what only the record of all of it can tell. */
export async function verdict(stage: Stage, looked: Looked): Promise<Verdict> {
  const journal = stage.index.journal();
  const starts = stage.runs.flatMap(({ log }) => log.filter(isStart).map(writtenAtMs));
  const order = backwardsInSession(journal.arrived, starts);
  const commits = await readHistory(stage.cluster, looked.historySlot);
  const confirmed = confirmedTooEarly(commits, journal, looked.samples);
  const problems = [
    ...order.problems.map((what): Problem => ({ check: 'out of order', what })),
    ...confirmed.problems.map((what): Problem => ({ check: 'confirmed too early', what })),
    ...memoryProblems(looked.peakBytes),
  ];
  return { problems, confirmations: confirmed.checked, versions: order.checked };
}

function memoryProblems(peakBytes: number): readonly Problem[] {
  if (peakBytes <= MEMORY_BYTES_MAX) return [];
  const [peakMb, limitMb] = [peakBytes, MEMORY_BYTES_MAX].map((bytes) => Math.round(bytes / 1e6));
  return [{ check: 'memory', what: `${peakMb} MB resident, the limit is ${limitMb} MB` }];
}

const isStart = ({ message }: LogLine): boolean => message === 'streaming';

/** By our clock: that of the process may have jumped. */
function writtenAtMs({ time = '', readAtMs }: LogLine): number {
  const shifts = [0, CLOCK_SHIFT_MS, -CLOCK_SHIFT_MS];
  const candidates = shifts.map((shiftMs) => Date.parse(time) - shiftMs);
  return candidates.reduce((best, each) =>
    Math.abs(each - readAtMs) < Math.abs(best - readAtMs) ? each : best,
  );
}
