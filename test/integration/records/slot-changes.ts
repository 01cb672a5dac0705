import type { Client } from 'pg';
import { from, lastValueFrom } from 'rxjs';
import { toArray } from 'rxjs/operators';
import type { TableConfig } from '../../../src/config/schema.ts';
import { loadTypeCatalog } from '../../../src/database/type-catalog.ts';
import type { Step } from '../../../src/records/operations.ts';
import { steps } from '../../../src/records/steps.ts';
import { PgoutputDecoder } from '../../../src/replication/pgoutput.ts';
import type { TestDatabase } from '../../support/postgres.ts';

/** Output settings as on the replication connection. https://www.postgresql.org/docs/current/runtime-config-client.html */
export async function pinOutput(client: Client): Promise<void> {
  await client.query(`SET DateStyle = 'ISO'; SET TimeZone = 'UTC'; SET IntervalStyle = 'iso_8601';
                      SET bytea_output = 'hex'; SET extra_float_digits = 1`);
}

/** The publication of everything and a slot behind it. */
export async function createSlot({ client, slot, publication }: TestDatabase, options = ''): Promise<void> {
  await client.query(`CREATE PUBLICATION ${publication} FOR ALL TABLES ${options}`);
  await client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [slot]);
}

/** What the slot has since it was last asked, as steps: the server's own bytes through the decoder and the encoder. */
export async function takeSteps(
  { client, slot, publication }: TestDatabase,
  tables: Readonly<Record<string, TableConfig>>,
  recordBytesMax = 100_000,
): Promise<readonly Step[]> {
  const types = await loadTypeCatalog(client);
  const { rows } = await client.query<{ data: Buffer }>(
    `SELECT data FROM pg_logical_slot_get_binary_changes($1, NULL, NULL,
       'proto_version', '1', 'publication_names', $2, 'messages', 'true')`,
    [slot, publication],
  );
  const decoder = new PgoutputDecoder();
  const runs = rows.map(({ data }) => [decoder.decode(data)]);
  const options = { tables, types, recordBytesMax };
  return (await lastValueFrom(from(runs).pipe(steps(options), toArray()))).flat();
}
