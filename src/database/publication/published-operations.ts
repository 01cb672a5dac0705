import { PreconditionError } from '../../errors.ts';
import { identifier } from '../quoting.ts';
import type { SetupOptions } from '../setup/setup-options.ts';
import { followsChanges, objectID } from '../setup/setup-tables.ts';
import type { CatalogTable } from '../tables.ts';
import type { Publication } from './publication.ts';

const OPERATIONS = ['insert', 'update', 'delete', 'truncate'] as const;

export type PublishedOperation = (typeof OPERATIONS)[number];

/** In the order in which Postgres names them. */
export function publishText(operations: Iterable<PublishedOperation>): string {
  const wanted = new Set(operations);
  return OPERATIONS.filter((each) => wanted.has(each)).join(', ');
}

/** What the configuration says of a table; undefined where it leaves the choice to setup. */
export function chosen(
  table: CatalogTable,
  options: SetupOptions,
): readonly PublishedOperation[] | undefined {
  return options.tables.get(table.qualifiedName)?.operations;
}

/** Whether updates and deletes of a table may be in the publication: with them its own statements could fail, or could not be followed. */
export function bearsChanges(table: CatalogTable, options: SetupOptions): boolean {
  return chosen(table, options) === undefined ? followsChanges(table, options) : table.identityHolds;
}

/** Throws a PreconditionError where the configuration asks for updates or deletes that cannot be followed, or published without harm. */
export function checkChosen(options: SetupOptions, tables: readonly CatalogTable[]): void {
  const asking = tables.filter((table) =>
    chosen(table, options)?.some((each) => each === 'update' || each === 'delete'),
  );
  const blind = asking.find((table) => !followsChanges(table, options));
  if (blind !== undefined) {
    throw new PreconditionError(
      `${blind.qualifiedName}: \`operations\` asks for updates or deletes, and its replica identity does not hold the objectID (${objectID(blind, options).join(', ')}) in columns that can be published`,
      {
        remedy: `Set \`operations\` to ["insert"], or ALTER TABLE ${blind.qualifiedName} REPLICA IDENTITY USING INDEX a unique one that holds the objectID.`,
      },
    );
  }
  const [first] = asking;
  const harmed = tables.find((table) => !bearsChanges(table, options));
  if (first === undefined || harmed === undefined) return;
  throw new PreconditionError(
    `${first.qualifiedName}: \`operations\` asks for updates or deletes, and one publication serves all tables: publishing those of ${harmed.qualifiedName} could make the application's statements fail, since its replica identity does not hold`,
    {
      remedy: `Give ${harmed.qualifiedName} a replica identity, or make two publications by hand and name both in \`replication.publication\`.`,
    },
  );
}

/** What is chosen for some tables and missing in a publication that is there. */
export function missingOperations(
  found: Publication,
  options: SetupOptions,
  tables: readonly CatalogTable[],
): readonly PublishedOperation[] {
  const wanted = tables.flatMap((table) => chosen(table, options) ?? []);
  return OPERATIONS.filter((each) => wanted.includes(each) && !found[each]);
}

export function publishedOperations(found: Publication): readonly PublishedOperation[] {
  return OPERATIONS.filter((each) => found[each]);
}

/** Throws a PreconditionError where the publications of a table send less of it than the configuration says. */
export function checkPublishedOperations(
  name: string,
  operations: readonly PublishedOperation[],
  publishing: readonly Publication[],
): void {
  const missing = operations.filter((each) => !publishing.some((publication) => publication[each]));
  const [first] = publishing;
  if (missing.length === 0 || first === undefined) return;
  const all = publishText([...publishedOperations(first), ...missing]);
  throw new PreconditionError(
    `${name}: \`operations\` asks for ${missing.join(', ')}, which publication ${publishing.map((each) => identifier(each.name)).join(', ')} does not publish`,
    {
      remedy: `Run \`wal2algolia setup\`, or ALTER PUBLICATION ${identifier(first.name)} SET (publish = '${all}'), or take it out of \`operations\`.`,
    },
  );
}
