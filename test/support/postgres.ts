import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import { waitFor } from './wait-for.ts';

/** How long a slot may stay active after the test before whoever holds it is thrown out. */
const RELEASE_MS = 10_000;

export type TestDatabase = AsyncDisposable & {
  /** As superuser. */
  readonly url: string;
  /** An open connection to it. */
  readonly client: pg.Client;
  readonly name: string;
  /** Names that nothing else uses; neither is made yet. */
  readonly slot: string;
  readonly publication: string;
};

/** Of the Postgres that this project runs on. What versions do differently is expected as each of them does it, not skipped. */
export const serverMajor = (): number => Number.parseInt(inject('postgresVersion'), 10);

/** An empty database in the run's Postgres. Disposing drops it with its slots, however the test ended: `await using database = …`. */
export async function createDatabase(): Promise<TestDatabase> {
  const server = inject('postgresUrl');
  const id = randomBytes(6).toString('hex');
  const name = `wal2algolia_test_${id}`;
  // From template0: nobody can be connected to it, which would refuse the copy.
  await asAdministrator(server, (admin) => admin.query(`CREATE DATABASE ${name} TEMPLATE template0`));
  const address = new URL(server);
  address.pathname = `/${name}`;
  const url = address.href;
  const client = await connect(url);
  return {
    url,
    client,
    name,
    slot: `slot_${id}`,
    publication: `publication_${id}`,
    [Symbol.asyncDispose]: async () => {
      await client.end().catch(() => undefined);
      await asAdministrator(server, (admin) => drop(admin, name));
    },
  };
}

/** Opens a connection; to be ended by the caller. A server that ends it makes the next query fail, not the process. */
export async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

async function asAdministrator(url: string, work: (admin: pg.Client) => Promise<unknown>): Promise<void> {
  const admin = await connect(url);
  try {
    await work(admin);
  } finally {
    await admin.end();
  }
}

/** Postgres itself gives whoever is connected five seconds to go, and refuses then: on a slow machine they go later. */
async function drop(admin: pg.Client, database: string): Promise<void> {
  await waitFor(
    async () => {
      await dropSlots(admin, database);
      await admin.query(`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`);
      return true;
    },
    { description: `${database} to be dropped` },
  );
}

async function dropSlots(admin: pg.Client, database: string): Promise<void> {
  const startedAt = performance.now();
  await waitFor(
    async () => {
      const { rows } = await admin.query<{ slot_name: string; active_pid: number | null }>(
        'SELECT slot_name, active_pid FROM pg_replication_slots WHERE database = $1',
        [database],
      );
      for (const { slot_name, active_pid } of rows) {
        if (active_pid === null) await admin.query('SELECT pg_drop_replication_slot($1)', [slot_name]);
        else if (performance.now() - startedAt > RELEASE_MS) {
          await admin.query('SELECT pg_terminate_backend($1)', [active_pid]);
        }
      }
      return rows.length === 0;
    },
    { description: `the slots of ${database} to be released and dropped` },
  );
}
