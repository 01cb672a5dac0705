import { createAlgolia } from '../../../src/algolia/client.ts';
import { withSlotPassing } from '../../../src/cli/slot-passing.ts';
import { parseConfig } from '../../../src/config/load.ts';
import type { ConfigInput } from '../../../src/config/schema.ts';
import { planOwnTables } from '../../../src/database/own-tables/own-tables-plan.ts';
import type { AlgoliaServer } from '../../../src/local/algolia/server.ts';
import type { Verified } from '../../../src/verify/verified.ts';
import { type VerifyOptions, verifyTable } from '../../../src/verify/verify-table.ts';
import { connect, type TestDatabase } from '../../support/postgres.ts';
import { waitFor } from '../../support/wait-for.ts';

export const TABLES: ConfigInput['tables'] = { 'public.t': { index: 't', objectID: ['id'] } };

/** Table `t` unless another is given, published with what `publish` says, the slot, and our own tables as setup makes them. */
export async function createLog(
  database: TestDatabase,
  {
    sql = 'CREATE TABLE t (id int8 PRIMARY KEY, occurred_at timestamptz, v text); CREATE INDEX ON t (occurred_at)',
    publish = 'insert, update, delete',
    plugin = 'pgoutput',
  } = {},
): Promise<void> {
  const { client, publication, slot } = database;
  await client.query(sql);
  await client.query(
    `CREATE PUBLICATION "${publication}" FOR TABLE t WITH (publish = '${publish}', publish_via_partition_root = true)`,
  );
  await client.query('SELECT pg_create_logical_replication_slot($1, $2)', [slot, plugin]);
  const { rows } = await client.query<{ role: string }>('SELECT current_user::text AS role');
  for (const statement of await planOwnTables(client, rows[0]?.role ?? '')) await client.query(statement);
}

/** `count` rows from `first` on, an hour apart. */
export async function insertRows(
  { client }: Pick<TestDatabase, 'client'>,
  first: number,
  count: number,
): Promise<void> {
  await client.query(
    `INSERT INTO t (id, occurred_at, v) SELECT i, timestamptz '2024-01-01 00:00:00.123456+00' + i * interval '1 hour', 'row ' || i
     FROM generate_series($1::int, $1::int + $2::int - 1) i`,
    [first, count],
  );
}

type More = Partial<
  Pick<VerifyOptions, 'table' | 'scope' | 'repairs' | 'limits' | 'onWindow' | 'passed' | 'algolia'>
> & {
  readonly logs?: string[];
};

/** Verifies in this process; a slot that nobody holds is taken by it. */
export async function verified(
  database: TestDatabase,
  input: ConfigInput,
  more: More = {},
): Promise<Verified> {
  const config = parseConfig(input);
  const algolia = createAlgolia({ ...config.algolia, apiKey: config.algolia.apiKey.reveal() });
  const client = await connect(database.url);
  const logSink = { write: (line: string) => more.logs?.push(line) };
  const signal = new AbortController().signal;
  try {
    return await withSlotPassing({ client, config, logSink, signal }, (passing) =>
      verifyTable({
        client,
        config,
        algolia,
        table: 'public.t',
        passed: (goal) => passing.passed(goal),
        ...more,
      }),
    );
  } finally {
    algolia.close();
    await client.end();
  }
}

/** What there is to say, sorted by objectID, without numbers of requests and times. */
export function facts({ differences, missing, extra, differing, repaired, ...more }: Verified) {
  const { newer, deadLetters, erased, belowFloor, retained, unfit, rows, records } = more;
  const excused = Object.entries({ newer, deadLetters, erased, belowFloor, retained, unfit });
  const listed = differences.map(({ objectID, difference, attributes }) =>
    [difference, objectID, ...attributes].join(' '),
  );
  return {
    rows,
    records,
    counts: [missing, extra, differing, repaired],
    excused: Object.fromEntries(excused.filter(([, count]) => count > 0)),
    listed: listed.sort(),
  };
}

/** Whoever else has a key for the index. */
export function intruder(server: AlgoliaServer, index = 't') {
  const algolia = createAlgolia({
    appId: server.appId,
    apiKey: server.adminKey,
    hosts: [server.url],
    compression: 'none',
  });
  const write = async (requests: readonly object[]): Promise<void> => {
    const { taskID } = await algolia.batch(index, Buffer.from(JSON.stringify({ requests })));
    await waitFor(() => algolia.isPublished(index, taskID), { description: 'the write' });
  };
  return {
    put: (...records: readonly object[]) => write(records.map((body) => ({ action: 'updateObject', body }))),
    /** Changes what is there. */
    alter: (objectID: string, change: object) => {
      const record = JSON.parse(server.record(index, objectID) ?? '{}') as object;
      return write([{ action: 'updateObject', body: { ...record, ...change } }]);
    },
    remove: (...objectIDs: readonly string[]) =>
      write(objectIDs.map((objectID) => ({ action: 'deleteObject', body: { objectID } }))),
    [Symbol.dispose]: () => algolia.close(),
  };
}

/** Does it over and over, some hundred times a second, until disposed of, which rejects when it has failed. */
export async function keepDoing(
  { url }: Pick<TestDatabase, 'url'>,
  statement: (turn: number) => string,
): Promise<AsyncDisposable & { readonly turns: () => number }> {
  const client = await connect(url);
  let isOver = false;
  let turns = 0;
  const doing = (async () => {
    for (; !isOver; turns += 1) await client.query(`${statement(turns)}; SELECT pg_sleep(0.002)`);
  })();
  doing.catch(() => undefined);
  return {
    turns: () => turns,
    [Symbol.asyncDispose]: async () => {
      isOver = true;
      await doing.finally(() => client.end());
    },
  };
}

/** objectIDs of records that were written because somebody had asked for them, and of those that were deleted, in the order of arrival, each once. */
export function writtenAgain(server: AlgoliaServer, from: number): readonly string[] {
  const operations = server
    .journal()
    .arrived.slice(from)
    .flatMap((task) => task.operations);
  const written = operations.flatMap((operation) => {
    if (operation.kind === 'delete') return [operation.objectID];
    if (operation.kind !== 'set') return [];
    const record = JSON.parse(operation.record.toString()) as { objectID: string; wal?: object };
    return record.wal === undefined ? [record.objectID] : [];
  });
  return [...new Set(written)];
}
