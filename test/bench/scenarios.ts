import { auditMapping } from '../../src/config/audit-mapping.ts';
import { COLUMNS } from './audit-rows.ts';
import type { IndexOptions } from './index-messages.ts';

export type ReaderName = 'pg_recvlogical' | 'wal2algolia' | 'plain stack' | 'COPY' | 'backfill' | 'verify';

export type Load = { readonly rowsPerSecond: number; readonly writers: number };

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
  /** The same of the document before; none without it. */
  readonly before?: string;
  /** SQL of what else is in the database. */
  readonly beside?: string;
  /** Of our program; as a text, a module in JavaScript. */
  readonly config?: object | string;
  /** How the index behaves; left out: it accepts at once. */
  readonly index?: Pick<IndexOptions, 'answerDelayMs' | 'stallMs'>;
  /** Rows are written while they are read, in place of a backlog. */
  readonly load?: Load;
  /** The rows are older than every slot, in place of a backlog. */
  readonly isPast?: boolean;
};

/** About 2 KB of jsonb, which Postgres compresses as it would what people write. */
const WIDE_METADATA = `(SELECT jsonb_build_object('steps', jsonb_agg(jsonb_build_object(
  'step', n, 'node', 'node-' || (id + n) % 64, 'took', id * n % 977))) FROM generate_series(1, 42) AS n)`;

/** Every column under its name, which is what pgoutput gets without saying so. */
const ATTRIBUTES = Object.fromEntries(COLUMNS.map((column) => [column, column]));

/** `after` stands there as well, by which records are checked. */
const STANDARD_MAPPING = {
  ...auditMapping({
    ...{
      id: 'id',
      occurredAt: 'occurred_at',
      actorType: 'actor_type',
      actorId: 'actor_id',
      action: 'action',
    },
    ...{ targetType: 'target_type', targetId: 'target_id', outcome: 'outcome', requestId: 'request_id' },
    ...{ source: 'source', tenant: 'tenant', before: 'before', after: 'after' },
  }),
  after: 'after',
};
const DOCUMENT_BEFORE = `jsonb_build_object('n', id, 'name', 'Quarterly numbers, region ' || id % 299, 'shared', true, 'old', '[]'::jsonb)`;
/** Of the rows' 5,000 actors all have a name. */
const USERS = `CREATE TABLE users (id text PRIMARY KEY, display_name text);
  INSERT INTO users SELECT 'user_' || n, 'User number ' || n FROM generate_series(0, 4999) AS n`;

/** What is the least that a function of the user's does. */
const TRANSFORM = `export default {
  tables: {
    'public.audit_log': {
      index: 'audit_log',
      transform: (record) => ({ ...record, summary: record.action + ' by ' + record.actor_id }),
    },
  },
};
`;

const ALL: readonly ReaderName[] = ['pg_recvlogical', 'wal2algolia', 'plain stack'];

const INSERTS = { changes: 'insert', plugin: 'pgoutput', readers: ALL } as const;
const THOUSANDS = { ...INSERTS, perTransaction: 1_000 } as const;
const PAST = { ...INSERTS, rows: 1_000_000, perTransaction: 100_000, isPast: true } as const;

/** Everything that is measured, in the order in which it is. */
export const scenarios: readonly Scenario[] = [
  { ...THOUSANDS, name: 'thousand', about: '1,000 rows in each transaction', rows: 1_000_000 },
  { ...INSERTS, name: 'one-row', about: 'one row in each transaction', rows: 300_000, perTransaction: 1 },
  {
    ...INSERTS,
    name: 'one-transaction',
    about: 'all rows in one transaction',
    rows: 1_000_000,
    perTransaction: Number.POSITIVE_INFINITY,
  },
  { ...THOUSANDS, name: 'updates', about: 'updates of rows', rows: 500_000, changes: 'update' },
  { ...THOUSANDS, name: 'wide', about: 'rows with 2 KB of jsonb', rows: 200_000, metadata: WIDE_METADATA },
  {
    ...INSERTS,
    name: 'steady',
    about: '1,000 rows in a second from four writers, one in each transaction',
    rows: 20_000,
    perTransaction: 1,
    load: { rowsPerSecond: 1_000, writers: 4 },
    readers: ['wal2algolia'],
  },
  {
    ...THOUSANDS,
    name: 'slow-index',
    about: 'the index takes 80 ms for each answer',
    rows: 500_000,
    index: { answerDelayMs: 80 },
    readers: ['wal2algolia', 'plain stack'],
  },
  {
    ...INSERTS,
    name: 'stalled',
    about: 'one transaction, and the index does not answer for a minute; the drain counts from then on',
    rows: 1_000_000,
    perTransaction: Number.POSITIVE_INFINITY,
    index: { stallMs: 60_000 },
    readers: ['wal2algolia'],
  },
  {
    ...THOUSANDS,
    name: 'gzip',
    about: 'requests are compressed',
    rows: 1_000_000,
    config: { algolia: { compression: 'gzip' } },
    readers: ['pg_recvlogical', 'wal2algolia'],
  },
  {
    ...THOUSANDS,
    name: 'wal2json',
    about: 'the slot decodes with wal2json',
    rows: 300_000,
    plugin: 'wal2json',
    config: {
      replication: { plugin: 'wal2json' },
      tables: { 'public.audit_log': { index: 'audit_log', attributes: ATTRIBUTES } },
    },
    readers: ['pg_recvlogical', 'wal2algolia'],
  },
  {
    ...THOUSANDS,
    name: 'transform',
    about: 'a function of the user adds an attribute to every record',
    rows: 500_000,
    config: TRANSFORM,
    readers: ['pg_recvlogical', 'wal2algolia'],
  },
  {
    ...THOUSANDS,
    name: 'standard-mapping',
    about: 'the standard mapping, with what differs between two documents of each row',
    rows: 300_000,
    before: DOCUMENT_BEFORE,
    config: { tables: { 'public.audit_log': { index: 'audit_log', attributes: STANDARD_MAPPING } } },
    readers: ['pg_recvlogical', 'wal2algolia'],
  },
  {
    ...THOUSANDS,
    name: 'lookups',
    about: 'each record says the name of its actor, of whom there are 5,000',
    rows: 500_000,
    beside: USERS,
    config: {
      lookups: { users: { table: 'public.users', value: 'display_name' } },
      tables: {
        'public.audit_log': {
          index: 'audit_log',
          attributes: { ...ATTRIBUTES, actor_name: { column: 'actor_id', lookup: 'users' } },
        },
      },
    },
    readers: ['pg_recvlogical', 'wal2algolia'],
  },
  {
    ...PAST,
    name: 'backfill',
    about: 'rows that no slot has seen are loaded beside the stream',
    readers: ['COPY', 'backfill'],
  },
  { ...PAST, name: 'verify', about: 'a table and its index are compared', readers: ['verify'] },
  { ...THOUSANDS, name: 'size-10k', about: 'a small backlog', rows: 10_000 },
  { ...THOUSANDS, name: 'size-100k', about: 'a backlog ten times as long', rows: 100_000 },
  { ...THOUSANDS, name: 'size-1m', about: 'and a hundred times', rows: 1_000_000 },
];
