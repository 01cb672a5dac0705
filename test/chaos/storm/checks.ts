import { compareIndex, expectedAuditLog } from '../../support/index-comparison.ts';
import { BAD_ACTIONS } from '../audit-log-changes.ts';
import { readHistory } from '../commit-history.ts';
import { readLetters } from '../dead-letter-history.ts';
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

/** Rows that cannot be indexed: they must be among the dead letters, and nothing else. */
const BAD_SQL = `action IN (${BAD_ACTIONS.map((action) => `'${action}'`).join(', ')})`;

/** Of a quiet stage: index and dead letters against what SQL says that they must hold. */
export async function differences({ cluster, index }: Stage): Promise<readonly Problem[]> {
  const { client, slot } = cluster;
  const expected = `SELECT expected.* FROM (${expectedAuditLog()}) expected
    JOIN audit_log ON audit_log.id::text = expected.object_id WHERE NOT ${BAD_SQL}`;
  const { missing, extra, differing } = await compareIndex(client, index, 'audit_log', expected);
  const { rows } = await client.query<{ objectID: string; hasLetter: boolean }>(
    `SELECT coalesce(bad.id::text, letter.object_id) AS "objectID", letter.object_id IS NOT NULL AS "hasLetter"
     FROM (SELECT id FROM audit_log WHERE ${BAD_SQL}) bad
     FULL JOIN (SELECT object_id FROM wal2algolia.dead_letter WHERE slot_name = $1) letter ON letter.object_id = bad.id::text
     WHERE bad.id IS NULL OR letter.object_id IS NULL`,
    [slot],
  );
  const record = (check: Check, ids: readonly string[]): readonly Problem[] =>
    ids.map((id) => ({ check, what: `record ${id}` }));
  const letters = rows.map(({ objectID, hasLetter }): Problem => {
    return { check: hasLetter ? 'extra' : 'lost', what: `dead letter of ${objectID}` };
  });
  return [...record('lost', missing), ...record('extra', extra), ...record('stale', differing), ...letters];
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
  /** Rows that were set aside, each time that they were. */
  readonly letters: number;
};

/** Of a storm that is over: what only the record of all of it can tell. */
export async function verdict(stage: Stage, looked: Looked): Promise<Verdict> {
  const journal = stage.index.journal();
  const starts = stage.runs.flatMap(({ log }) => log.filter(isStart).map(writtenAtMs));
  const order = backwardsInSession(journal.arrived, starts);
  const commits = await readHistory(stage.cluster, looked.historySlot);
  const letters = await readLetters(stage.cluster.client);
  const confirmed = confirmedTooEarly(commits, journal, looked.samples, letters);
  const problems = [
    ...order.problems.map((what): Problem => ({ check: 'out of order', what })),
    ...confirmed.problems.map((what): Problem => ({ check: 'confirmed too early', what })),
    ...memoryProblems(looked.peakBytes),
  ];
  return {
    problems,
    confirmations: confirmed.checked,
    versions: order.checked,
    letters: letters.length,
  };
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
