import { runCli } from '../../../src/cli/program.ts';
import type { ConfigInput } from '../../../src/config/schema.ts';
import type { AlgoliaServer } from '../../../src/local/algolia/server.ts';
import { drained, type Line, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres.ts';
import { waitFor } from '../../support/wait-for.ts';
import { createOwnTables } from '../bookmarks/bookmark-case.ts';
import { type Command, commandFor } from '../cli/dead-letter-case.ts';

type Tables = NonNullable<ConfigInput['tables']>;

export const TABLES: Tables = { 'public.t': { index: 't', objectID: ['id'] } };
const DDL = 'CREATE TABLE t (id int PRIMARY KEY, actor_id text, v text)';

export type Ended = {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly json: never;
};

export type ReplayCase = AsyncDisposable & {
  readonly database: TestDatabase;
  readonly server: AlgoliaServer;
  readonly command: Command;
  startLine(): Line;
  sql(text: string, values?: readonly unknown[]): Promise<Record<string, never>[]>;
  /** Made where the slot stands, behind all that is committed by now. */
  bookmark(name?: string): Promise<void>;
  /** In this process, to its end. */
  replay(...args: string[]): Promise<Ended>;
  /** By objectID, without where they come from. */
  records(index: string): Promise<Record<string, Readonly<Record<string, unknown>>>>;
  /** As an operator would. */
  clear(index?: string): Promise<void>;
  /** Name, position and restart position of each slot. */
  slots(): Promise<Record<string, unknown>[]>;
};

type Options = {
  readonly tables?: ConfigInput['tables'];
  readonly ddl?: string;
  readonly publish?: string;
  readonly plugin?: 'pgoutput' | 'wal2json';
};

/** Tables (default: `t`) of one publication, a slot, and our own tables as setup makes them. */
export async function replayCase(options: Options = {}): Promise<ReplayCase> {
  const { tables = TABLES, ddl = DDL, plugin = 'pgoutput' } = options;
  const { publish = 'insert, update, delete, truncate' } = options;
  const database = await createDatabase();
  const { client, publication, slot } = database;
  const server = await startIndex();
  await client.query(ddl);
  const names = Object.keys(tables).join(', ');
  await client.query(`CREATE PUBLICATION "${publication}" FOR TABLE ${names} WITH (publish = '${publish}')`);
  await client.query('SELECT pg_create_logical_replication_slot($1, $2)', [slot, plugin]);
  await createOwnTables(client);
  const replication = plugin === 'pgoutput' ? { slot, publication, plugin } : { slot, plugin };
  const command = await commandFor(database, server, { tables, replication });
  const lines: Line[] = [];
  const cli = async (...args: string[]): Promise<Ended> => {
    let [stdout, stderr] = ['', ''];
    const code = await runCli([...args, '--config', command.file], {
      stdout: { write: (text) => (stdout += text) },
      stderr: { write: (text) => (stderr += text) },
      signal: new AbortController().signal,
      environment: {},
    });
    const json = (args.includes('--json') && code === 0 ? JSON.parse(stdout) : undefined) as never;
    return { code, stdout, stderr, json };
  };
  return {
    database,
    server,
    command,
    startLine: () => {
      const line = startLine(lineConfig(database, server, { tables, replication }));
      lines.push(line);
      return line;
    },
    sql: async (text, values = []) => (await client.query(text, [...values])).rows,
    bookmark: async (name = 'b') => {
      await drained(database);
      const made = await cli('bookmark', 'create', name);
      if (made.code !== 0) throw new Error(made.stderr);
    },
    replay: (...args) => cli('replay', '--from', 'b', ...args),
    records: (index) => records(server, index),
    clear: async (index = 't') => {
      await post(server, `${index}/clear`, {});
      const isEmpty = async () => Object.keys(await records(server, index)).length === 0;
      await waitFor(isEmpty, { description: `${index} to be empty` });
    },
    slots: async () =>
      (
        await client.query(
          'SELECT slot_name, confirmed_flush_lsn, restart_lsn FROM pg_replication_slots WHERE database = current_database() ORDER BY 1',
        )
      ).rows,
    [Symbol.asyncDispose]: async () => {
      for (const line of lines) await line[Symbol.asyncDispose]();
      await command[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    },
  };
}

async function records(server: AlgoliaServer, index: string): ReturnType<ReplayCase['records']> {
  const found: Awaited<ReturnType<ReplayCase['records']>> = {};
  let from: object = { hitsPerPage: 1_000 };
  for (;;) {
    const answer = await post(server, `${index}/browse`, from);
    if (answer.status === 404) return found;
    const { hits, cursor } = (await answer.json()) as { hits: { objectID: string }[]; cursor?: string };
    for (const { objectID, ...hit } of hits) {
      const { wal, source_table, ...record } = hit as Record<string, unknown>;
      found[objectID] = record;
    }
    if (cursor === undefined) return found;
    from = { cursor };
  }
}

function post({ url, appId, adminKey }: AlgoliaServer, path: string, body: object): Promise<Response> {
  const headers = { 'x-algolia-application-id': appId, 'x-algolia-api-key': adminKey };
  return fetch(`${url}/1/indexes/${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
}

/** What the records of these rows of `t` must be, for `compareIndex`. */
export const recordsSql = (where: string, table = 't'): string =>
  `SELECT id::text AS object_id, to_jsonb(x) || jsonb_build_object('objectID', id::text, 'source_table', 'public.${table}') AS record
   FROM ${table} x WHERE ${where}`;

/** The walsender that has the slot of the pipeline. */
export async function holder({ client, slot }: TestDatabase): Promise<number | null> {
  const { rows } = await client.query<{ pid: number | null }>(
    'SELECT active_pid AS pid FROM pg_replication_slots WHERE slot_name = $1',
    [slot],
  );
  return rows[0]?.pid ?? null;
}
