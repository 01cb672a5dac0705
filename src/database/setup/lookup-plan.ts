import type { Client } from 'pg';
import { PreconditionError } from '../../errors.ts';
import { type Lookup, readLookupTable } from '../lookup-tables.ts';
import { identifier } from '../quoting.ts';
import type { CatalogTable } from '../tables.ts';
import { filtersRows, missingColumnGrants } from './column-grants.ts';
import type { SetupOptions, SetupPlan } from './setup-options.ts';

/** What the role of `run` needs to read names. Throws a PreconditionError for a reference table that is not as it is configured. */
export async function planLookupGrants(
  client: Client,
  lookups: readonly Lookup[],
  role: string,
  isOther: boolean,
): Promise<SetupPlan> {
  const statements: string[] = [];
  const notices: string[] = [];
  for (const lookup of lookups) {
    const table = await readLookupTable(client, lookup);
    if (isOther)
      statements.push(...(await missingColumnGrants(client, role, table, [lookup.key, lookup.value])));
    if (await filtersRows(client, table, role)) {
      notices.push(
        `${lookup.table}: row security is enabled and role ${identifier(role)} is subject to it. Names that it hides would look absent, so \`run\` refuses to start. As a superuser: ALTER ROLE ${identifier(role)} BYPASSRLS`,
      );
    }
    if (!table.hasIndex) notices.push(unindexed(lookup));
  }
  return { statements, notices };
}

/** Completes "note: …". */
export function unindexed({ name, table, key }: Lookup): string {
  return `lookups["${name}"]: no index of ${table} begins with "${key}", so every reading of names walks through the table`;
}

/** Throws a PreconditionError for a reference table that is not there, or has no changes to follow. */
export async function checkLookupTables(client: Client, { lookups = [] }: SetupOptions): Promise<void> {
  for (const lookup of lookups) {
    const { isTable } = await readLookupTable(client, lookup);
    if (isTable || !lookup.follow) continue;
    throw new PreconditionError(
      `lookups["${lookup.name}"]: ${lookup.table} is no table, and has no changes to follow`,
      { remedy: 'Leave out `follow`: names are then as old as `cacheSeconds` says.' },
    );
  }
}

/** Throws a PreconditionError where the changes of a reference table cannot be published without harm. */
export function checkFollowedLookups({ lookups = [] }: SetupOptions, tables: readonly CatalogTable[]): void {
  const blind = lookups.find(
    ({ follow, table }) =>
      follow && tables.some(({ qualifiedName, identityHolds }) => qualifiedName === table && !identityHolds),
  );
  if (blind === undefined) return;
  throw new PreconditionError(
    `lookups["${blind.name}"]: ${blind.table} has no usable replica identity, so publishing its updates would make the application's statements fail`,
    {
      remedy: `Give ${blind.table} a primary key, or leave out \`follow\`: names are then as old as \`cacheSeconds\` says.`,
    },
  );
}
