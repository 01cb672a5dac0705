import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from 'pg';
import { createRandom, type Random } from '../../src/local/producer/random.ts';
import { connect, type TestDatabase } from '../support/postgres.ts';

const PAUSE_MAX_MS = 40;
const BIG_TRANSACTION_ROWS = 1_000;
const DEADLOCK = '40P01';

export type LoadCounts = { committed: number; rolledBack: number };

export type Load = AsyncDisposable & {
  readonly counts: Readonly<LoadCounts>;
  /** Resolves when every writer has finished its transaction; rejects with what a writer could not do. */
  stop(): Promise<void>;
};

type Writer = {
  readonly client: Client;
  readonly random: Random;
  /** The highest id that any writer has seen. */
  readonly ids: { max: number };
};

/**
 * Writers that change the audit log at the same time, with pauses: rows come, are rewritten as a whole, move to another key, go. An id is never
 * used again. Values stay so small that none is TOASTed. The same seed makes the same choices in each writer.
 */
export async function startLoad(database: TestDatabase, seed: number, writers = 4): Promise<Load> {
  const stopping = new AbortController();
  const counts: LoadCounts = { committed: 0, rolledBack: 0 };
  const ids = { max: 0 };
  const clients = await Promise.all(Array.from({ length: writers }, () => connect(database.url)));
  const work = Promise.all(
    clients.map((client, number) =>
      write({ client, random: createRandom(seed + number), ids }, counts, stopping.signal),
    ),
  );
  work.catch(() => undefined);
  const stop = async (): Promise<void> => {
    stopping.abort();
    try {
      await work;
    } finally {
      await Promise.all(clients.map((client) => client.end()));
    }
  };
  return { counts, stop, [Symbol.asyncDispose]: () => stop().catch(() => undefined) };
}

async function write(writer: Writer, counts: LoadCounts, stopping: AbortSignal): Promise<void> {
  const { client, random } = writer;
  while (!stopping.aborted) {
    const commits = random.chance(0.85);
    try {
      await client.query('BEGIN');
      await transaction(writer);
      await client.query(commits ? 'COMMIT' : 'ROLLBACK');
      counts[commits ? 'committed' : 'rolledBack'] += 1;
    } catch (error) {
      if ((error as { code?: unknown }).code !== DEADLOCK) throw error;
      await client.query('ROLLBACK');
      counts.rolledBack += 1;
    }
    await pause(random.integer(0, PAUSE_MAX_MS));
  }
}

async function transaction(writer: Writer): Promise<void> {
  const { client, random } = writer;
  if (random.chance(0.01)) return insert(writer, BIG_TRANSACTION_ROWS);
  if (random.chance(0.005)) return updateRange(writer, BIG_TRANSACTION_ROWS);
  await changes(writer, random.integer(1, 4));
  if (random.chance(0.25)) {
    await client.query('SAVEPOINT kept');
    await changes(writer, random.integer(1, 4));
    if (random.chance(0.6)) await client.query('ROLLBACK TO SAVEPOINT kept');
    await changes(writer, 1);
  }
}

async function changes(writer: Writer, count: number): Promise<void> {
  for (let n = 0; n < count; n += 1) {
    const kind = writer.random.integer(1, 100);
    if (kind <= 50) await insert(writer, writer.random.integer(1, 5));
    else if (kind <= 80) await updateRange(writer, writer.random.integer(1, 5));
    else if (kind <= 85) await move(writer);
    else await remove(writer);
  }
}

async function insert({ client, random, ids }: Writer, count: number): Promise<void> {
  const { rows } = await client.query<{ max: string }>(
    `WITH added AS (INSERT INTO audit_log (actor_id, action, outcome, metadata)
       SELECT $1, 'report.renamed', NULL, jsonb_build_object('n', g, 'text', $2::text) FROM generate_series(1, $3) g
       RETURNING id) SELECT max(id)::text AS max FROM added`,
    [`user-${random.integer(1, 50)}`, random.digits(random.integer(0, 300)), count],
  );
  ids.max = Math.max(ids.max, Number(rows[0]?.max));
}

/** In the order of the keys, so that writers seldom wait for each other in a circle. */
async function updateRange({ client, random, ids }: Writer, count: number): Promise<void> {
  const first = random.integer(1, Math.max(1, ids.max));
  await client.query(
    `WITH found AS (SELECT id FROM audit_log WHERE id BETWEEN $1 AND $2 ORDER BY id FOR UPDATE)
     UPDATE audit_log SET outcome = $3, before = metadata, after = jsonb_build_object('n', $4::bigint)
     FROM found WHERE audit_log.id = found.id`,
    [first, first + count - 1, random.pick(['succeeded', 'denied', 'failed']), random.integer(0, 2 ** 40)],
  );
}

async function move({ client, random, ids }: Writer): Promise<void> {
  await client.query(
    `UPDATE audit_log SET id = nextval(pg_get_serial_sequence('audit_log', 'id')) WHERE id = $1`,
    [random.integer(1, Math.max(1, ids.max))],
  );
}

async function remove({ client, random, ids }: Writer): Promise<void> {
  await client.query('DELETE FROM audit_log WHERE id = $1', [random.integer(1, Math.max(1, ids.max))]);
}
