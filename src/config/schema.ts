import { z } from 'zod';
import { keyAttributes } from './key-attributes.ts';
import { LOG_LEVELS, type LogLevel } from './log-level.ts';
import { lookup } from './lookup-schema.ts';
import type { PseudonymKey } from './pseudonym-keys.ts';
import { pseudonyms } from './pseudonym-schema.ts';
import { reportAttributes } from './report-attributes.ts';
import { hostProblem, indexProblem, postgresUrlProblem } from './rules.ts';
import { choice, distinct, integer, list, object, rule, text } from './schema-parts.ts';
import { Secret } from './secret.ts';
import type { TablePseudonyms } from './table-pseudonyms.ts';
import type { TableRetention } from './table-retention.ts';
import { table } from './table-schema.ts';
import { scheduledVerify } from './verify-schema.ts';

const publicationText = 'the name of a publication, or a list of such names';

function secret(expected: string) {
  return text(expected).transform((value) => new Secret(value));
}

const postgresUrl = text('a postgres:// URL')
  .superRefine(rule(postgresUrlProblem))
  .transform((value) => new Secret(value));

const replication = z.strictObject(
  {
    slot: text('the name of a slot')
      .regex(/^[a-z0-9_]{1,63}$/, { error: 'at most 63 of the characters a-z, 0-9 and _' })
      .default('wal2algolia')
      .meta({ description: 'Replication slot; one per pipeline.' }),
    publication: z
      .union(
        [
          text(publicationText),
          z
            .array(text('the name of a publication'), list)
            .min(1, { error: 'at least one publication' })
            .superRefine(distinct),
        ],
        { error: publicationText },
      )
      .transform((value) => [value].flat())
      .prefault('wal2algolia')
      .meta({ description: 'Publication, or a list of them.' }),
    plugin: choice(['pgoutput', 'wal2json']).default('pgoutput').meta({
      description:
        'Output plugin of the slot. wal2json knows no publication, and needs `attributes` for every table.',
    }),
    onGap: choice(['stop', 'continue']).default('stop').meta({
      description:
        'After a failover or a restore that leaves a gap: stop (76), or say so and go on. A changed publication always stops.',
    }),
    onSlotLost: choice(['stop', 'backfill']).default('stop').meta({
      description:
        'When the slot is lost, or gone though it was read: stop (76), or `run` says so, makes it anew, loads what it did not see and compares tables and indexes, as `recover` does.',
    }),
  },
  object,
);

const algolia = z.strictObject(
  {
    appId: text('the ID of an Algolia application').meta({ description: 'Algolia application.' }),
    apiKey: secret('an Algolia API key').meta({
      description:
        'Key with the right addObject; deleteObject where deletes are followed or a table has a `transform`; that and browse where one has a `retention`; where TRUNCATE is, deleteIndex, or browse where tables share an index.',
    }),
    searchKey: secret('an Algolia API key')
      .optional()
      .meta({ description: 'Key that may only search: parent of the keys that `keys mint` makes.' }),
    hosts: z
      .array(text('an http:// or https:// URL').superRefine(rule(hostProblem)), list)
      .min(1, { error: "at least one URL; leave it out for Algolia's own hosts" })
      .optional()
      .meta({ description: "URLs in place of Algolia's own hosts." }),
    confirmAfter: choice(['published', 'accepted']).default('published').meta({
      description: 'When the slot may move on: once a write is searchable, or once Algolia has taken it.',
    }),
    statusIndex: text('a name that is not empty').superRefine(rule(indexProblem)).optional().meta({
      description:
        'Index of its own for what the others are complete through, which `report` reads. Left out: none is kept.',
    }),
    recordBytesMax: integer(100, 1_000_000, 'bytes')
      .default(10_000)
      .meta({ description: 'Largest record that the plan allows.' }),
    massRefusals: choice(['wait', 'set-aside']).default('wait').meta({
      description:
        'When most records of a batch, or more than a hundred in a row, are refused for one reason: wait until that is mended, or set them all aside.',
    }),
    compression: choice(['none', 'gzip'])
      .default('none')
      .meta({ description: 'Of requests; gzip helps on slow lines.' }),
  },
  object,
);

const batch = z.strictObject(
  {
    recordsMax: integer(1, 100_000, 'records')
      .default(5_000)
      .meta({ description: 'Largest batch, in records.' }),
    bytesMax: integer(1_000, 100_000_000, 'bytes')
      .default(5_000_000)
      .meta({ description: 'Largest batch, in bytes.' }),
    lingerMs: integer(0, 60_000, 'milliseconds')
      .default(0)
      .meta({ description: 'How long a batch waits for company; saves requests, costs latency.' }),
  },
  object,
);

const memory = z.strictObject(
  {
    inFlightBytesMax: integer(100_000, 8_589_934_592, 'bytes').default(67_108_864).meta({
      description:
        'What may be read and not yet accepted, and never more than three batches; above it Postgres has to wait.',
    }),
  },
  object,
);

const http = z.strictObject(
  {
    host: text('a host name or address')
      .default('127.0.0.1')
      .meta({ description: 'Where /healthz, /readyz, /status and /metrics listen.' }),
    port: integer(0, 65_535, '').default(8080).meta({ description: '0 takes a free one.' }),
  },
  object,
);

/** What a configuration file may hold, with every default. Unknown keys are problems. */
export const configSchema = z.strictObject(
  {
    postgres: z
      .strictObject(
        { url: postgresUrl.meta({ description: 'Connection to the database of the tables.' }) },
        object,
      )
      .prefault({} as never),
    replication: replication.prefault({}),
    algolia: algolia.prefault({} as never),
    batch: batch.prefault({}),
    memory: memory.prefault({}),
    tables: z
      .record(z.string(), table, object)
      .superRefine((tables, context) => {
        if (Object.keys(tables).length === 0)
          context.addIssue({ code: 'custom', message: 'at least one table' });
      })
      .prefault({ 'public.audit_log': { index: 'audit_log', objectID: ['id'] } }),
    lookups: z.record(z.string(), lookup, object).prefault({}),
    pseudonyms: pseudonyms.prefault({}),
    keys: keyAttributes.prefault({}),
    reports: reportAttributes.prefault({}),
    backfill: choice(['never', 'initial']).default('never').meta({
      description:
        'Rows from before the slot: loaded once by `run` itself, beside the stream, or only by the command `backfill`.',
    }),
    verify: scheduledVerify.prefault({}),
    http: http.prefault({}),
    shutdownMs: integer(1, 600_000, 'milliseconds')
      .default(8_000)
      .meta({ description: 'How long a shutdown may take to write and confirm what was read.' }),
  },
  object,
);

/** What only the environment can say. */
export const environmentSchema = z.object({
  setupPostgresUrl: postgresUrl.optional(),
  adminKey: secret('an Algolia API key').optional(),
  statusKey: secret('an Algolia API key').optional(),
  pseudonymKey: secret('a key').optional(),
  evidenceKey: secret('an Ed25519 private key in PEM').optional(),
  logLevel: choice(LOG_LEVELS).default('info'),
});

/** How one table becomes records. `attributes` maps a name in the record to a column, a part of one, the name of an id, or a constant. */
export type TableConfig = z.output<typeof table> & {
  /** Of a table that has some. */
  readonly pseudonyms?: TablePseudonyms | undefined;
  /** What `retention` comes to, of a table that has some. */
  readonly expiry?: TableRetention | undefined;
};

/** A reference table, in which ids have names. */
export type LookupConfig = z.output<typeof lookup>;

/** What a configuration file holds: everything but the credentials may be left out. */
export type ConfigInput = z.input<typeof configSchema>;

export type Config = Omit<z.output<typeof configSchema>, 'tables' | 'pseudonyms'> & {
  readonly tables: Readonly<Record<string, TableConfig>>;
  readonly pseudonyms: { readonly keys: readonly PseudonymKey[] };
  /** The rights that `setup` uses and `run` must not have; the ordinary ones unless given. */
  readonly setup: { readonly postgresUrl: Secret; readonly adminKey: Secret };
  /** What evidence is signed with, as it was given. */
  readonly evidenceKey?: Secret | undefined;
  readonly logLevel: LogLevel;
};
