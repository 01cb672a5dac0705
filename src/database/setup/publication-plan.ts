import type { Client } from 'pg';
import { PreconditionError } from '../../errors.ts';
import { withoutChildren } from '../children.ts';
import { failingLists, tableClause, wholeRowNotice } from '../publication/column-lists.ts';
import { type Publication, readPublications, readPublishedTables } from '../publication/publication.ts';
import { checkPublishedFilter } from '../publication/published-filters.ts';
import {
  bearsChanges,
  checkChosen,
  chosen,
  missingOperations,
  type PublishedOperation,
  publishedOperations,
  publishText,
} from '../publication/published-operations.ts';
import { ROW_FILTERS } from '../publication/row-filter.ts';
import { identifier, qualified } from '../quoting.ts';
import type { Server } from '../server.ts';
import { tryFilters } from './filter-check.ts';
import { checkFilterIdentity, checkPublishedIdentity, filtersForbidChanges } from './filter-identity.ts';
import { planFilters } from './filter-plan.ts';
import type { SetupOptions, SetupPlan } from './setup-options.ts';
import { objectID, type SetupTable } from './setup-tables.ts';

const FOLLOWED = ['insert', 'update', 'delete'] as const;

/** A new publication as it must be, or what is missing of the one that is there. Of several, only whether they serve. */
export async function planPublication(
  client: Client,
  server: Server,
  options: SetupOptions,
  tables: readonly SetupTable[],
): Promise<SetupPlan> {
  const existing = await readPublications(client, options.publications);
  checkChosen(options, tables);
  const [name, ...more] = options.publications;
  if (name === undefined || more.length > 0)
    return await givenPublications(client, server, options, existing, tables);
  const notices = insertOnlyNotices(options, tables);
  const found = existing[0];
  const wanted = {
    options,
    server,
    tables,
    insertOnly: tables.some((table) => !bearsChanges(table, options)),
  };
  const plan =
    found === undefined ? await creation(client, name, wanted) : await alterations(client, found, wanted);
  return {
    statements: plan.statements,
    notices: [...notices, ...plan.notices, ...attachNotices(server, tables)],
  };
}

/** Decided once per walsender before this version, whether a table that it has met is published. */
const PUBLISHED_ANEW = 150_000;

function attachNotices(server: Server, tables: readonly SetupTable[]): string[] {
  if (server.version >= PUBLISHED_ANEW) return [];
  return tables
    .filter(({ partitioned }) => partitioned)
    .map(
      ({ qualifiedName }) =>
        `${qualifiedName}: on this version Postgres sends nothing of a partition that held rows before it was attached, and goes on sending what is detached. Attach empty tables, or alter any publication of ${qualifiedName} in the same transaction.`,
    );
}

type Wanted = {
  readonly options: SetupOptions;
  readonly server: Server;
  readonly tables: readonly SetupTable[];
  readonly insertOnly: boolean;
};

function insertOnlyNotices(options: SetupOptions, tables: readonly SetupTable[]): string[] {
  const without = tables.filter((table) => !bearsChanges(table, options));
  const notices = without
    .filter((table) => chosen(table, options) === undefined)
    .map(
      (table) =>
        `${table.qualifiedName}: inserts only. Its replica identity, or that of one of its partitions, does not hold the objectID (${objectID(table, options).join(', ')}) in columns that can be published, so updates and deletes could not be followed, and publishing them could make the application's statements fail.`,
    );
  if (
    without.length > 0 &&
    tables.some((table) => chosen(table, options) === undefined && !without.includes(table))
  )
    notices.push('One publication serves all tables, so only inserts of the others are followed as well.');
  return notices;
}

async function creation(
  client: Client,
  name: string,
  { options, server, tables, insertOnly }: Wanted,
): Promise<SetupPlan> {
  const notices = tables.flatMap((table) => wholeRowNotice(table, server));
  const operations: PublishedOperation[] = tables.flatMap((table) => chosen(table, options) ?? []);
  const leavesChoice = tables.some((table) => chosen(table, options) === undefined);
  if (leavesChoice) operations.push(...(insertOnly ? (['insert'] as const) : FOLLOWED));
  const truncation =
    operations.includes('truncate') || (leavesChoice && !insertOnly)
      ? await options.truncation?.()
      : undefined;
  if (truncation?.obstacle !== undefined) {
    const all = publishText([...operations, 'truncate']);
    notices.push(
      operations.includes('truncate')
        ? `publication ${identifier(name)} publishes TRUNCATE, at which the pipeline will stop: ${truncation.obstacle}.`
        : `TRUNCATE is not published, and would leave its records in the index: ${truncation.obstacle}. To have it followed, mend that and, before \`run\` is started: ALTER PUBLICATION ${identifier(name)} SET (publish = '${all}')`,
    );
  } else if (truncation !== undefined) operations.push('truncate');
  checkFilterIdentity(tables, name, operations);
  await tryFilters(client, tables);
  const publish = publishText(operations);
  const list = tables.map((table) => tableClause(table, server, options)).join(', ');
  const viaRoot = tables.some(({ partitioned }) => partitioned) ? ', publish_via_partition_root = true' : '';
  return {
    statements: [
      `CREATE PUBLICATION ${identifier(name)} FOR TABLE ${list} WITH (publish = '${publish}'${viaRoot})`,
    ],
    notices,
  };
}

/** An existing publication is the operator's: tables are added, and only what could make the application fail is taken away. */
async function alterations(
  client: Client,
  found: Publication,
  { options, server, tables, insertOnly }: Wanted,
): Promise<SetupPlan> {
  checkViaRoot(found, tables);
  const alter = `ALTER PUBLICATION ${identifier(found.name)}`;
  const published = await readPublishedTables(client, [found.name]);
  const missing = tables.filter(({ oid }) => !published.some((each) => each.oid === oid));
  const failing = await failingLists(client, server, found, tables);
  const notices = failing.map(
    (table) =>
      `${table.qualifiedName}: the column list of publication ${identifier(found.name)} does not fit its replica identity, with which publishing updates and deletes makes the application's statements fail: inserts only. Publish all its columns with REPLICA IDENTITY FULL, else at least those of the identity, to have them followed.`,
  );
  const harmed = insertOnly || failing.length > 0 || filtersForbidChanges(options, tables);
  const narrow = harmed && (found.update || found.delete);
  const operations = missingOperations(found, options, tables);
  const truncates = tables.some((table) => chosen(table, options)?.includes('truncate'));
  const harmless = [
    ...(found.insert ? ['insert' as const] : []),
    ...(truncates ? ['truncate' as const] : []),
  ];
  const publish = narrow ? harmless : [...publishedOperations(found), ...operations];
  if (narrow && found.truncate && !truncates) notices.push('TRUNCATE is no longer followed either.');
  if (!narrow && !operations.includes('truncate') && followsTruncate(options, tables))
    notices.push(...(await truncateNotices(found, options)));
  checkFilterIdentity(tables, found.name, publish);
  if (server.version >= ROW_FILTERS)
    await checkPublishedIdentity(client, tables, found, narrow ? [] : operations);
  const filters = await planFilters(client, server, found.name, tables);
  await tryFilters(client, missing);
  const set = narrow || operations.length > 0 ? [`${alter} SET (publish = '${publishText(publish)}')`] : [];
  return {
    statements: [
      // In the order in which no statement of the application meets a filter that it would fail at.
      ...(narrow ? [...set, ...filters.statements] : [...filters.statements, ...set]),
      ...missing.map((table) => `${alter} ADD TABLE ${tableClause(table, server, options)}`),
    ],
    notices: [...notices, ...filters.notices, ...missing.flatMap((table) => wholeRowNotice(table, server))],
  };
}

function followsTruncate(options: SetupOptions, tables: readonly SetupTable[]): boolean {
  return tables.some((table) => chosen(table, options)?.includes('truncate') ?? true);
}

async function givenPublications(
  client: Client,
  server: Server,
  options: SetupOptions,
  existing: readonly Publication[],
  tables: readonly SetupTable[],
): Promise<SetupPlan> {
  const remedy =
    'Setup creates a publication when one is configured; of several it cannot know which holds what: create them by hand.';
  const missing = options.publications.find((each) => !existing.some((found) => found.name === each));
  if (missing !== undefined)
    throw new PreconditionError(`publication ${identifier(missing)} does not exist`, { remedy });
  const published = await readPublishedTables(client, options.publications);
  const unpublished = tables.find(({ oid }) => !published.some((each) => each.oid === oid));
  if (unpublished !== undefined) {
    for (const each of existing) checkViaRoot(each, [unpublished]);
    throw new PreconditionError(`table ${qualified(unpublished)} is in none of the publications`, {
      remedy: `Add it to one of them: ALTER PUBLICATION … ADD TABLE ${withoutChildren(unpublished)}`,
    });
  }
  for (const { oid, qualifiedName: name, filter } of tables)
    if (filter !== undefined)
      await checkPublishedFilter(client, server, existing, { oid, name, filter: filter.text });
  const notices: string[] = [];
  for (const each of existing) notices.push(...(await truncateNotices(each, options)));
  return { statements: [], notices };
}

/** Changes would come under the names of the partitions, which nobody has configured. */
function checkViaRoot(found: Publication, tables: readonly SetupTable[]): void {
  const table = tables.find(({ partitioned }) => partitioned);
  if (table === undefined || found.viaRoot) return;
  throw new PreconditionError(
    `publication ${identifier(found.name)} publishes changes of the partitioned table ${qualified(table)} under the names of its partitions`,
    {
      remedy: `ALTER PUBLICATION ${identifier(found.name)} SET (publish_via_partition_root = true), and run setup again. If the table was in it before, the slot still holds changes under those names: make it anew as well.`,
    },
  );
}

/** What the operator should know of TRUNCATE in a publication that setup leaves as it is. */
async function truncateNotices(found: Publication, options: SetupOptions): Promise<string[]> {
  const name = identifier(found.name);
  const kinds = ['insert', 'update', 'delete'].filter(
    (kind) => found[kind as 'insert' | 'update' | 'delete'],
  );
  if (!found.truncate) {
    if (!found.delete) return [];
    return [
      `publication ${name} does not publish TRUNCATE, which would leave its records in the index. To have it followed, before \`run\` is started: ALTER PUBLICATION ${name} SET (publish = '${[...kinds, 'truncate'].join(', ')}')`,
    ];
  }
  const truncation = await options.truncation?.();
  if (truncation === undefined) return [];
  if (truncation.obstacle === undefined)
    return [`publication ${name} publishes TRUNCATE: ${truncation.effect}.`];
  return [
    `publication ${name} publishes TRUNCATE, at which the pipeline will stop: ${truncation.obstacle}. Mend that or, before \`run\` is started: ALTER PUBLICATION ${name} SET (publish = '${kinds.join(', ')}')`,
  ];
}
