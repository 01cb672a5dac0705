import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import pg, { type Client } from 'pg';
import { insertRows } from './audit-rows.ts';
import { monotonicMs } from './clock.ts';
import type { CommitTimes, WritersOptions } from './steady-messages.ts';

/** Each row has its moment, and goes at once when that is past. The rows of a writer are those whose id is its own modulo `writers`. */
async function write(
  client: Client,
  { rows, rowsPerSecond, writers }: WritersOptions,
  firstId: number,
  startsAtMs: number,
  committedAtMs: number[],
): Promise<void> {
  for (let id = firstId; id <= rows; id += writers) {
    const pauseMs = startsAtMs + ((id - 1) / rowsPerSecond) * 1_000 - monotonicMs();
    if (pauseMs > 0) await delay(pauseMs);
    await client.query(`BEGIN; ${insertRows(String(id))}`);
    committedAtMs[id - 1] = monotonicMs();
    await client.query('COMMIT');
  }
}

async function writeAll(options: WritersOptions): Promise<CommitTimes> {
  const clients = Array.from({ length: options.writers }, () => new pg.Client(options.databaseUrl));
  await Promise.all(clients.map((client) => client.connect()));
  process.send?.('ready');
  await once(process, 'message');
  const committedAtMs = new Array<number>(options.rows).fill(0);
  const startsAtMs = monotonicMs();
  await Promise.all(
    clients.map((client, place) => write(client, options, place + 1, startsAtMs, committedAtMs)),
  );
  await Promise.all(clients.map((client) => client.end()));
  return committedAtMs;
}

process.on('disconnect', () => process.exit());
process.send?.(await writeAll(JSON.parse(process.argv[2] ?? '{}') as WritersOptions));
