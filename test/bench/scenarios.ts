import type { IndexOptions } from './index-messages.ts';

export type ReaderName = 'pg_recvlogical' | 'wal2algolia' | 'plain stack';

export type Scenario = {
  readonly name: string;
  readonly about: string;
  readonly rows: number;
  /** Infinity: all of them in one. */
  readonly perTransaction: number;
  readonly changes: 'insert' | 'update';
  readonly plugin: 'pgoutput' | 'wal2json';
  readonly readers: readonly ReaderName[];
  /** SQL of a jsonb over `id`; rows are of about 250 bytes without it. */
  readonly metadata?: string;
  /** How the index behaves; left out: it accepts at once. */
  readonly index?: Pick<IndexOptions, 'answerDelayMs' | 'stallMs'>;
  /** Rows are written while they are read, in place of a backlog. */
  readonly load?: { readonly rowsPerSecond: number; readonly writers: number };
};

const ALL: readonly ReaderName[] = ['pg_recvlogical', 'wal2algolia', 'plain stack'];

const INSERTS = { changes: 'insert', plugin: 'pgoutput', readers: ALL } as const;
const THOUSANDS = { ...INSERTS, perTransaction: 1_000 } as const;

/** Everything that is measured, in the order in which it is. */
export const scenarios: readonly Scenario[] = [
  { ...THOUSANDS, name: 'thousand', about: '1,000 rows in each transaction', rows: 1_000_000 },
  { ...INSERTS, name: 'one-row', about: 'one row in each transaction', rows: 300_000, perTransaction: 1 },
  { ...THOUSANDS, name: 'size-10k', about: 'a small backlog', rows: 10_000 },
  { ...THOUSANDS, name: 'size-100k', about: 'a backlog ten times as long', rows: 100_000 },
  { ...THOUSANDS, name: 'size-1m', about: 'and a hundred times', rows: 1_000_000 },
];
