import pg, { type Client } from 'pg';
import { createOwnTables } from '../support/own-tables.ts';
import {
  createPublishedTable,
  createSlot,
  insertRows,
  inTransactions,
  updateRows,
  walEnd,
} from './audit-rows.ts';
import { type NotMeasured, type PostgresSource, startCluster } from './cluster.ts';
import type { Scenario } from './scenarios.ts';

/** A Postgres with the table of one scenario, and what is to be drained. */
export type Stage = AsyncDisposable & {
  readonly client: Client;
  readonly databaseUrl: string;
  readonly publication: string;
  /** As `15.18, system 15`. */
  readonly postgres: string;
  readonly binDir: string;
  /** Of the backlog. */
  readonly endLsn: string;
  /** One for a turn of a reader, with the whole backlog before it; whoever is measured while rows are written, or on old ones, starts with none. */
  openSlot(slot: string): Promise<void>;
};

const PUBLICATION = 'bench';
const ORIGIN = 'origin';

/** Resolves with the reason when the scenario cannot be measured here. */
export async function setStage(
  scenario: Scenario,
  source: PostgresSource | undefined,
): Promise<Stage | NotMeasured> {
  const cluster = await startCluster(scenario, source);
  if ('notMeasured' in cluster) return cluster;
  const client = new pg.Client(cluster.url);
  const dispose = async (): Promise<void> => {
    await client.end();
    await cluster.stop();
  };
  try {
    await client.connect();
    const problem = await pluginProblem(client, scenario);
    if (problem !== undefined) {
      await dispose();
      return { notMeasured: `${scenario.plugin} with ${cluster.binaries.name}: ${problem}` };
    }
    await fill(client, scenario);
    return {
      client,
      databaseUrl: cluster.url,
      publication: PUBLICATION,
      postgres: `${await serverVersion(client)}, ${cluster.binaries.name}`,
      binDir: cluster.binaries.binDir,
      endLsn: await walEnd(client),
      openSlot: (slot) => {
        if (scenario.isPast) return createSlot(client, slot, scenario.plugin);
        return scenario.load === undefined ? copySlot(client, slot) : emptySlot(client, slot, scenario);
      },
      [Symbol.asyncDispose]: dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

async function fill(client: Client, scenario: Scenario): Promise<void> {
  const { rows, perTransaction, changes, plugin, metadata, before, load, isPast = false, beside } = scenario;
  const inserts = (ids: string): string => insertRows(ids, metadata, before);
  await createOwnTables({ client });
  if (beside !== undefined) await client.query(beside);
  await createPublishedTable(client, PUBLICATION, changes === 'update' ? 'insert, update' : 'insert');
  if (load !== undefined) return;
  if (changes === 'update') await inTransactions(client, inserts, rows, 100_000);
  if (!isPast) await createSlot(client, ORIGIN, plugin);
  await inTransactions(client, changes === 'update' ? updateRows : inserts, rows, perTransaction);
  await client.query('ANALYZE audit_log');
  await client.query('CHECKPOINT');
}

async function pluginProblem(client: Client, { plugin }: Scenario): Promise<string | undefined> {
  try {
    await createSlot(client, ORIGIN, plugin);
    await client.query('SELECT pg_drop_replication_slot($1)', [ORIGIN]);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

async function copySlot(client: Client, slot: string): Promise<void> {
  await client.query('SELECT pg_copy_logical_replication_slot($1, $2)', [ORIGIN, slot]);
}

/** The rows of the turn before are gone, so that this one's may have the same ids. */
async function emptySlot(client: Client, slot: string, { plugin }: Scenario): Promise<void> {
  await client.query('TRUNCATE audit_log');
  await createSlot(client, slot, plugin);
}

async function serverVersion(client: Client): Promise<string> {
  const { rows } = await client.query<{ server_version: string }>('SHOW server_version');
  return rows[0]?.server_version ?? 'unknown';
}
