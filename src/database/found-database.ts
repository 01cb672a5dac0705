import type { Client } from 'pg';
import { PreconditionError } from '../errors.ts';
import { type FoundTable, readFoundTables } from './found-tables.ts';
import { checkServer, readServer, type Server, WALSENDER_NAME } from './server.ts';
import { readTable } from './tables.ts';

export type FoundDatabase = {
  readonly server: Server;
  /** The first precondition that the server or the role does not meet yet. */
  readonly obstacle: PreconditionError | undefined;
  readonly tables: readonly FoundTable[];
};

/** What there is to be followed. Reads the catalog alone. Rejects with `pg`'s error, or a PreconditionError for a server that is too old. */
export async function readFoundDatabase(client: Client): Promise<FoundDatabase> {
  const server = await readServer(client);
  const obstacle = serverObstacle(server);
  return { server, obstacle, tables: await readFoundTables(client) };
}

function serverObstacle(server: Server): PreconditionError | undefined {
  try {
    checkServer(server, WALSENDER_NAME);
    return undefined;
  } catch (error) {
    if (error instanceof PreconditionError) return error;
    throw error;
  }
}

/** Whether updates and deletes of a table, and of all its partitions, say which row they are about by these columns. */
export async function identityHolds(
  client: Client,
  qualifiedName: string,
  key: readonly string[],
): Promise<boolean> {
  const table = await readTable(client, qualifiedName);
  if (table === undefined || !table.identityHolds) return false;
  return key.every((column) => table.columns.some(({ name, isKey }) => isKey && name === column));
}
