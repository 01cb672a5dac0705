import type { Client } from 'pg';
import { inject } from 'vitest';
import { setUpPostgres } from '../../../src/cli/setup/setup.ts';
import { parseConfig } from '../../../src/config/load.ts';
import type { Config, ConfigInput } from '../../../src/config/schema.ts';
import { wasHeldUp } from '../../../src/database/setup/blockers.ts';
import type { AlgoliaServer } from '../../../src/local/algolia/server.ts';
import { compareIndex, expectEqual } from '../index-comparison.ts';
import { lineConfig, startIndex } from '../line.ts';
import { createDatabase, type TestDatabase } from '../postgres.ts';
import { CopyIn } from './copy-in.ts';
import type { ExpectedRecords, OperationCase, OperationStep } from './operation-case.ts';

const RECORD_BYTES_MAX = 10_000;

/** What pgoutput makes of the work: `n` counts the messages, `old` says which old image comes with an update or a delete. */
const WIRE = `SELECT ordinality AS n, xid, chr(get_byte(data, 0)) AS tag, length(data) AS size, data,
    CASE WHEN chr(get_byte(data, 0)) IN ('U', 'D') AND chr(get_byte(data, 5)) IN ('K', 'O') THEN chr(get_byte(data, 5)) END AS old
  FROM pg_logical_slot_peek_binary_changes($1, NULL, NULL, 'proto_version', '1', 'publication_names', $2, 'messages', 'true')
    WITH ORDINALITY`;

/** A database in which the work of a case can be done. */
export type Stage = AsyncDisposable & {
  readonly database: TestDatabase;
  /** The same database by another slot, which stands where the first one began: nobody reads it unasked. */
  readonly again: TestDatabase;
  work(steps: readonly OperationStep[] | undefined): Promise<void>;
  /** Fails with the first condition of `shows` that does not hold. To be asked before anybody has read the other slot. */
  expectShown(): Promise<void>;
  /** Fails with the first difference between what the indexes must hold and what they do. */
  expectRecords(server: AlgoliaServer, expected: ExpectedRecords): Promise<void>;
};

/** Whether the Postgres of this run can have what the case is about. */
export function isPossible({ majorMin = 0 }: OperationCase): boolean {
  return Number.parseInt(inject('postgresVersion'), 10) >= majorMin;
}

/** An Algolia that takes what the case makes. */
export function startIndexFor({
  recordBytesMax = RECORD_BYTES_MAX,
}: OperationCase): ReturnType<typeof startIndex> {
  return startIndex({ recordBytesMax });
}

/** Makes tables, publication and slots. Rejects when the server lacks a setting that the case needs. */
export async function openStage(operation: OperationCase, server: AlgoliaServer): Promise<Stage> {
  const database = await createDatabase();
  const dispose = async (): Promise<void> => {
    await endPrepared(database.client);
    await database[Symbol.asyncDispose]();
  };
  const again = { ...database, slot: `${database.slot}_again` };
  try {
    await checkPrepared(operation, database.client);
    await prepare(operation, database, again, server);
  } catch (error) {
    await dispose();
    throw error;
  }
  return {
    database,
    again,
    work: async (steps = []) => {
      for (const step of steps) await perform(database, step);
    },
    expectShown: () => expectShown(operation, again),
    expectRecords: async (target, expected) => {
      for (const [index, sql] of Object.entries(expected))
        expectEqual(await compareIndex(database.client, target, index, sql), 0);
    },
    [Symbol.asyncDispose]: dispose,
  };
}

/** Of a pipeline for this case; its tables can be other ones. */
export function pipelineConfig(
  operation: OperationCase,
  database: TestDatabase,
  server: AlgoliaServer,
  tables: ConfigInput['tables'] = operation.tables,
): ConfigInput {
  const { recordsMax = 5_000, recordBytesMax = RECORD_BYTES_MAX } = operation;
  return lineConfig(database, server, { tables, batch: { recordsMax }, algolia: { recordBytesMax } });
}

async function prepare(
  operation: OperationCase,
  database: TestDatabase,
  again: TestDatabase,
  server: AlgoliaServer,
): Promise<void> {
  const { client, slot, publication } = database;
  await client.query(operation.schema);
  if (operation.publication === 'setup') {
    await setUpAtLast(parseConfig(pipelineConfig(operation, database, server)));
  } else {
    await client.query(`CREATE PUBLICATION "${publication}" ${operation.publication}`);
    await client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [slot]);
  }
  await client.query('SELECT pg_copy_logical_replication_slot($1, $2)', [slot, again.slot]);
}

/** A new slot waits for whatever another case has prepared, and setup for no longer than a few seconds: then it is to be run again. */
async function setUpAtLast(config: Config): Promise<void> {
  for (;;) {
    try {
      await setUpPostgres(config, false);
      return;
    } catch (error) {
      if (!wasHeldUp(error)) throw error;
    }
  }
}

async function perform({ client, name }: TestDatabase, step: OperationStep): Promise<void> {
  if (typeof step === 'string') {
    await client.query(step.replaceAll(':database', name));
    return;
  }
  if ('copy' in step) {
    const { copy, rows } = step;
    await new Promise<void>((resolve, reject) => {
      client.query(new CopyIn(copy, rows, { resolve, reject }));
    });
    return;
  }
  const failure = await client.query(step.sql).then(
    () => 'none',
    (error: { code?: string }) => error.code,
  );
  if (failure !== step.sqlState) throw new Error(`"${step.sql}" ended with ${failure}, not ${step.sqlState}`);
  await client.query('ROLLBACK');
}

async function expectShown({ shows, name }: OperationCase, again: TestDatabase): Promise<void> {
  const conditions = Object.entries(shows);
  if (conditions.length === 0)
    throw new Error(`${name}: nothing shows that the work is what it is meant to be`);
  const { rows } = await again.client.query<{ shown: (boolean | null)[] }>(
    `WITH wire AS MATERIALIZED (${WIRE}) SELECT ARRAY[${conditions.map(([, sql]) => `(${sql})::boolean`).join(', ')}] AS shown`,
    [again.slot, again.publication],
  );
  const missing = conditions.filter((_, at) => rows[0]?.shown[at] !== true).map(([what]) => what);
  if (missing.length > 0) throw new Error(`${name}: the work does not show this: ${missing.join('; ')}`);
}

/** https://www.postgresql.org/docs/current/runtime-config-resource.html#GUC-MAX-PREPARED-TRANSACTIONS */
async function checkPrepared({ during }: OperationCase, client: Client): Promise<void> {
  if (!during.some((step) => typeof step === 'string' && step.includes('PREPARE TRANSACTION'))) return;
  const { rows } = await client.query<{ max: number }>(
    `SELECT current_setting('max_prepared_transactions')::int AS max`,
  );
  if ((rows[0]?.max ?? 0) > 0) return;
  throw new Error('the Postgres of the tests has max_prepared_transactions=0: set it to 20 and restart it');
}

/** What a failed test leaves prepared would hold up every new slot of the cluster. */
async function endPrepared(client: Client): Promise<void> {
  const { rows } = await client.query<{ gid: string }>(
    'SELECT gid FROM pg_prepared_xacts WHERE database = current_database()',
  );
  for (const { gid } of rows) await client.query(`ROLLBACK PREPARED '${gid}'`);
}
