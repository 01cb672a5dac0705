import type { Client } from 'pg';
import { PreconditionError } from '../../errors.ts';
import { plannedColumns } from '../publication/column-lists.ts';
import { identifier } from '../quoting.ts';
import type { Server } from '../server.ts';
import { readPublishedColumns } from '../tables.ts';
import { filtersRows, missingColumnGrants } from './column-grants.ts';
import { planLookupGrants } from './lookup-plan.ts';
import type { SetupOptions, SetupPlan } from './setup-options.ts';
import type { SetupTable } from './setup-tables.ts';

/** What the role of `run` still needs beside streaming, for reading rows again, and names: to reach the tables, and to see whole rows of them. */
export async function planGrants(
  client: Client,
  server: Server,
  options: SetupOptions,
  tables: readonly SetupTable[],
): Promise<SetupPlan> {
  const role = options.runRole ?? server.role;
  const notices = await roleNotices(client, role);
  if (options.coverage === true) notices.push(...(await statisticsNotices(client, role)));
  const statements = new Set<string>();
  for (const table of tables) {
    if (options.runRole !== undefined)
      for (const sql of await missingColumnGrants(
        client,
        role,
        table,
        await columnsToRead(client, server, options, table),
      ))
        statements.add(sql);
    if (await filtersRows(client, table, role)) {
      notices.push(
        `${table.qualifiedName}: row security is enabled and role ${identifier(role)} is subject to it. Rows that it hides would look absent when they are read again, so that fails instead. As a superuser: ALTER ROLE ${identifier(role)} BYPASSRLS`,
      );
    }
  }
  const names = await planLookupGrants(client, options.lookups ?? [], role, options.runRole !== undefined);
  for (const sql of names.statements) statements.add(sql);
  return { statements: [...statements], notices: [...new Set([...notices, ...names.notices])] };
}

async function roleNotices(client: Client, role: string): Promise<string[]> {
  const { rows } = await client.query<{ streams: boolean }>(
    'SELECT rolcanlogin AND (rolreplication OR rolsuper) AS streams FROM pg_roles WHERE rolname = $1',
    [role],
  );
  const name = identifier(role);
  if (rows[0] === undefined) {
    throw new PreconditionError(`role ${name}, which \`run\` shall use, does not exist`, {
      remedy: `Create it (postgres/role.sql does), for example CREATE ROLE ${name} LOGIN REPLICATION, or correct DATABASE_URL.`,
    });
  }
  if (rows[0].streams) return [];
  return [`role ${name} may not stream. As a superuser: ALTER ROLE ${name} LOGIN REPLICATION`];
}

/** https://www.postgresql.org/docs/current/predefined-roles.html */
async function statisticsNotices(client: Client, role: string): Promise<readonly string[]> {
  const { rows } = await client.query<{ sees: boolean }>(
    `SELECT pg_has_role($1::name, 'pg_read_all_stats', 'USAGE') AS sees`,
    [role],
  );
  if (rows[0]?.sees === true) return [];
  return [
    `role ${identifier(role)} does not see the transactions of others, so no report can say that it is complete. As a superuser: GRANT pg_read_all_stats TO ${identifier(role)}`,
  ];
}

/** What is read of a row: the mapped columns, else all that are published, and what its row filter looks at. */
async function columnsToRead(
  client: Client,
  server: Server,
  options: SetupOptions,
  table: SetupTable,
): Promise<readonly string[]> {
  const mapped = options.tables.get(table.qualifiedName)?.columns;
  if (options.plugin === 'wal2json') return mapped ?? table.columns.map(({ name }) => name);
  const published = await readPublishedColumns(client, server.version, options.publications, table);
  const kept = mapped ?? (published.length === 0 ? plannedColumns(table, server, options) : published);
  const read = [...new Set([...kept, ...(table.filter?.columns ?? [])])];
  if (published.length === 0) return read;
  // A publication depends on the columns of its list and of its filter. https://www.postgresql.org/docs/current/catalog-pg-depend.html
  const { rows } = await client.query<{ name: string }>(
    `SELECT a.attname::text AS name
     FROM pg_publication p JOIN pg_publication_rel r ON r.prpubid = p.oid AND to_jsonb(r) ->> 'prqual' IS NOT NULL
     JOIN pg_depend d ON d.classid = 'pg_publication_rel'::regclass AND d.objid = r.oid
       AND d.refclassid = 'pg_class'::regclass AND d.refobjid = r.prrelid
     JOIN pg_attribute a ON a.attrelid = r.prrelid AND a.attnum = d.refobjsubid AND a.attnum > 0
     WHERE p.pubname = ANY ($1) AND r.prrelid = $2`,
    [options.publications, table.oid],
  );
  return [...new Set([...read, ...rows.map(({ name }) => name)])];
}
