import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ConfigInput } from '../../../src/config/schema.ts';
import type { DeadLetter } from '../../../src/dead-letters/dead-letter.ts';
import type { AlgoliaServer } from '../../../src/local/algolia/server.ts';
import { createDeadLetterTable } from '../../support/dead-letter-table.ts';
import type { TestDatabase } from '../../support/postgres.ts';
import { type Program, startProgram } from '../../support/program.ts';
import { scratchDirectory } from '../../support/scratch-directory.ts';
import { openLetters, rows, setAside } from '../dead-letters/letter-case.ts';

export const TABLES = { 'public.t': { index: 't' } };
type Index = Pick<AlgoliaServer, 'appId' | 'adminKey' | 'url'>;
/** Nobody listens there. */
const NOWHERE: Index = { appId: 'app', adminKey: 'key', url: 'http://127.0.0.1:1' };

export type Command = AsyncDisposable & {
  /** Its configuration. */
  readonly file: string;
  start(...args: string[]): Program;
  /** To its end; standard output is JSON where `--json` was asked for. */
  end(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string; json: never }>;
};

/** The built program with a configuration for this database. */
export async function commandFor(
  database: Pick<TestDatabase, 'url' | 'slot' | 'publication'>,
  index: Index = NOWHERE,
  more: Partial<ConfigInput> = {},
): Promise<Command> {
  const directory = await scratchDirectory();
  const file = join(directory.path, 'wal2algolia.config.json');
  await writeFile(
    file,
    JSON.stringify({
      postgres: { url: database.url },
      replication: { slot: database.slot, publication: database.publication },
      algolia: { appId: index.appId, apiKey: index.adminKey, hosts: [index.url] },
      tables: TABLES,
      ...more,
    }),
  );
  const start = (...args: string[]) => startProgram([...args, '--config', file]);
  return {
    file,
    start,
    end: async (...args) => {
      await using program = start(...args);
      const { code } = await program.ended;
      const stdout = program.stdout();
      const json = (args.includes('--json') && code === 0 ? JSON.parse(stdout) : undefined) as never;
      return { code, stdout, stderr: program.stderr(), json };
    },
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}

/** Sets them aside; resolves with the ids of all that there are. */
export async function withLetters(database: TestDatabase, ...letters: DeadLetter[]): Promise<string[]> {
  await createDeadLetterTable(database);
  await using open = await openLetters(database);
  await open.apply(setAside(...letters));
  return (await rows(database)).map(({ id }) => String(id));
}

/** With table `t` and a row that the slot never saw. */
export async function createSlot({ client, publication, slot }: TestDatabase): Promise<void> {
  await client.query(`CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'a')`);
  await client.query(
    `CREATE PUBLICATION "${publication}" FOR TABLE t WITH (publish = 'insert, update, delete')`,
  );
  await client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [slot]);
}
