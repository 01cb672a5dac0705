import { canonicalJson } from './canonical-json.ts';
import { sha256 } from './leaf.ts';

export const EVIDENCE_FORMAT = 'wal2algolia-evidence/1';

/** Some of the records, and their hash. What stands beside says which they are. */
export type EvidenceWindow = {
  readonly count: number;
  /** Of its leaves, as `windowHash` makes it. */
  readonly hash: string;
  readonly [selection: string]: string | number | boolean | null;
};

/** What is said of one table and its index, which agreed. No row value, no secret. */
export type EvidenceStatement = {
  readonly format: typeof EVIDENCE_FORMAT;
  /** Of this package. */
  readonly version: string;
  readonly table: string;
  readonly index: string;
  /** Whether records were compared by what they hold, or looked for only: then the mapped part is an empty object. */
  readonly compared: 'content' | 'presence';
  /** What was asked for; all null where that was everything. */
  readonly scope: Readonly<Record<string, string | number | null>>;
  readonly counts: Readonly<Record<string, number>>;
  /** The attribute of the records by which `from` and `to` of the windows count; null for one window of all. */
  readonly windowsBy: string | null;
  readonly windows: readonly EvidenceWindow[];
  /** As `rootOf` makes it. */
  readonly root: string;
  readonly slot: string;
  /** Of the server, where the role may know it. */
  readonly systemIdentifier: string | null;
  readonly database: string;
  /** The index holds at least what was committed before it. */
  readonly lsn: string;
  /** When the comparison began, by the clock of this process; ISO 8601 in UTC. */
  readonly at: string;
  /** Hash of what the configuration says of the mapped part. */
  readonly mapping: string;
};

/** SHA-256 over the canonical JSON of the windows, in their order, a line each. */
export function rootOf(windows: readonly EvidenceWindow[]): string {
  return sha256(windows.map((window) => `${canonicalJson(window)}\n`).join(''));
}
