import type { Client } from 'pg';
import { PreconditionError } from '../errors.ts';
import { type Publication, readPublications, readPublishedTables } from './publication.ts';
import type { Server } from './server.ts';
import { checkSlot, readSlot } from './slot.ts';
import { type CatalogTable, readTable } from './tables.ts';

export type SetupOptions = {
  readonly slot: string;
  readonly publications: readonly string[];
  readonly plugin: string;
  /** Per qualified table name, the columns that its objectID is made of and, when given, the only ones that it needs. */
  readonly tables: ReadonlyMap<
    string,
    { readonly objectID: readonly string[]; readonly columns: readonly string[] | undefined }
  >;
  /** The role that `run` uses, where it is not the one that sets up. */
  readonly runRole: string | undefined;
};

/** Statements that are still missing, in the order in which they must run, each by itself; and what the operator should know. */
export type SetupPlan = { readonly statements: readonly string[]; readonly notices: readonly string[] };

const COLUMN_LISTS = 150_000;

/** Reads only. Throws a PreconditionError where the operator has to decide. */
export async function planSetup(client: Client, server: Server, options: SetupOptions): Promise<SetupPlan> {
  const tables: CatalogTable[] = [];
  for (const name of options.tables.keys()) {
    const table = await readTable(client, name);
    if (table === undefined) {
      throw new PreconditionError(`table ${name} does not exist in database "${server.database}"`, {
        remedy: 'Create it, or correct its name under `tables` in the configuration.',
      });
    }
    tables.push(table);
  }
  const notices: string[] = [];
  const statements = await publicationStatements(client, server, options, tables, notices);
  const slot = await readSlot(client, options.slot);
  if (slot === undefined) {
    statements.push(
      `SELECT pg_create_logical_replication_slot(${literal(options.slot)}, ${literal(options.plugin)})`,
    );
  } else {
    checkSlot(slot, { name: options.slot, plugin: options.plugin, database: server.database }, 'start');
    if (statements.some((sql) => sql.startsWith('CREATE PUBLICATION'))) {
      throw new PreconditionError(
        `slot "${options.slot}" is older than the publication that it shall serve`,
        {
          remedy: `Postgres cannot read such a slot. If nobody else needs it: SELECT pg_drop_replication_slot(${literal(options.slot)}), then run setup again.`,
        },
      );
    }
  }
  statements.push(...(await grantStatements(client, options, tables)));
  return { statements, notices };
}

async function publicationStatements(
  client: Client,
  server: Server,
  options: SetupOptions,
  tables: readonly CatalogTable[],
  notices: string[],
): Promise<string[]> {
  const existing = await readPublications(client, options.publications);
  const [name, ...more] = options.publications;
  if (name === undefined || more.length > 0) {
    const missing = options.publications.find((each) => !existing.some((found) => found.name === each));
    if (missing === undefined) return [];
    throw new PreconditionError(`publication "${missing}" does not exist`, {
      remedy:
        'Setup creates a publication when one is configured; of several it cannot know which holds what: create them by hand.',
    });
  }
  const withoutKey = tables.filter((table) => !followsChanges(table, options));
  for (const table of withoutKey) {
    notices.push(
      `${table.qualifiedName}: inserts only. Its replica identity, or that of one of its partitions, does not hold the objectID (${objectID(table, options).join(', ')}) in columns that can be published, so updates and deletes could not be followed, and publishing them could make the application's statements fail.`,
    );
  }
  const publish = withoutKey.length > 0 ? 'insert' : 'insert, update, delete';
  const found = existing[0];
  if (found === undefined) return [createPublication(name, publish, server, options, tables)];
  return alterations(client, server, found, options, { tables, insertOnly: withoutKey.length > 0 }, notices);
}

function createPublication(
  name: string,
  publish: string,
  server: Server,
  options: SetupOptions,
  tables: readonly CatalogTable[],
): string {
  const list = tables.map((table) => tableClause(table, server, options)).join(', ');
  const viaRoot = tables.some(({ partitioned }) => partitioned) ? ', publish_via_partition_root = true' : '';
  return `CREATE PUBLICATION ${identifier(name)} FOR TABLE ${list} WITH (publish = '${publish}'${viaRoot})`;
}

/** An existing publication is the operator's: tables are added, and only what could make the application fail is taken away. */
async function alterations(
  client: Client,
  server: Server,
  found: Publication,
  options: SetupOptions,
  wanted: { readonly tables: readonly CatalogTable[]; readonly insertOnly: boolean },
  notices: string[],
): Promise<string[]> {
  const statements: string[] = [];
  const alter = `ALTER PUBLICATION ${identifier(found.name)}`;
  if (wanted.insertOnly && (found.update || found.delete))
    statements.push(`${alter} SET (publish = 'insert')`);
  if (found.truncate && !wanted.insertOnly) {
    notices.push(
      `publication "${found.name}" publishes TRUNCATE, which is not followed: the pipeline will stop at one.`,
    );
  }
  const published = await readPublishedTables(client, [found.name]);
  for (const table of wanted.tables) {
    const there = published.some((each) => each.schema === table.schema && each.table === table.name);
    if (!there) statements.push(`${alter} ADD TABLE ${tableClause(table, server, options)}`);
  }
  return statements;
}

/**
 * An explicit column list, so that a column added later is not published unasked. With REPLICA IDENTITY FULL a list would make
 * the application's UPDATE fail (42P10). https://www.postgresql.org/docs/current/logical-replication-col-lists.html
 */
function tableClause(table: CatalogTable, server: Server, options: SetupOptions): string {
  const qualified = `${identifier(table.schema)}.${identifier(table.name)}`;
  if (server.version < COLUMN_LISTS || table.replicaIdentity === 'full') return qualified;
  return `${qualified} (${neededColumns(table, options).map(identifier).join(', ')})`;
}

function neededColumns(table: CatalogTable, options: SetupOptions): readonly string[] {
  const only = options.tables.get(table.qualifiedName)?.columns;
  const names = table.columns.filter(({ name, isKey }) => only === undefined || isKey || only.includes(name));
  return names.map(({ name }) => name);
}

function objectID(table: CatalogTable, options: SetupOptions): readonly string[] {
  return options.tables.get(table.qualifiedName)?.objectID ?? [];
}

function followsChanges(table: CatalogTable, options: SetupOptions): boolean {
  return (
    table.identityHolds &&
    objectID(table, options).every((key) => table.columns.some(({ name, isKey }) => isKey && name === key))
  );
}

/** What the role of `run` needs beside REPLICATION: to reach the tables when rows are read again. */
async function grantStatements(
  client: Client,
  options: SetupOptions,
  tables: readonly CatalogTable[],
): Promise<string[]> {
  if (options.runRole === undefined) return [];
  const statements: string[] = [];
  const role = identifier(options.runRole);
  for (const table of tables) {
    const { rows } = await client.query<{ usage: boolean; select: boolean }>(
      `SELECT has_schema_privilege($1, $2, 'USAGE') AS usage, has_any_column_privilege($1, $3::oid, 'SELECT') AS select`,
      [options.runRole, table.schema, table.oid],
    );
    const columns = neededColumns(table, options).map(identifier).join(', ');
    if (!rows[0]?.usage) statements.push(`GRANT USAGE ON SCHEMA ${identifier(table.schema)} TO ${role}`);
    if (!rows[0]?.select) {
      statements.push(
        `GRANT SELECT (${columns}) ON ${identifier(table.schema)}.${identifier(table.name)} TO ${role}`,
      );
    }
  }
  return statements;
}

function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
