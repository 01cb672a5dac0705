import type { Client } from 'pg';
import { PreconditionError } from '../errors.ts';
import { OWN_SCHEMA } from '../own-schema.ts';
import { type Bindings, bindTables } from './bindings.ts';
import { type Child, readChildren } from './children.ts';
import { checkNamedTables } from './publication/named-tables.ts';
import {
  type Publication,
  type PublishedTable,
  readPublications,
  readPublishedTables,
} from './publication/publication.ts';
import { identifier, qualified } from './quoting.ts';
import type { Server } from './server.ts';
import { checkSlot, type Known, readSlot, type Slot } from './slot.ts';

export type Wanted = {
  readonly slot: string;
  readonly publications: readonly string[];
  readonly plugin: string;
  /** Qualified names, as `schema.table`. */
  readonly tables: readonly string[];
  /** Names of tables that may be published, and need not be. */
  readonly references?: readonly string[];
  /** What an earlier session of this process has bound them to. */
  readonly bound?: Bindings | undefined;
};

export type Preflight = {
  readonly slot: Slot;
  /** None where the plugin knows none. */
  readonly publications: readonly Publication[];
  readonly bindings: Bindings;
  /** Tables whose changes may still come, though they are neither published nor configured. */
  readonly passedOver: ReadonlySet<number>;
};

/**
 * Everything in the database that must be so before a session starts; throws the first thing that is not, with its remedy. Postgres 18
 * only warns of a missing publication and sends nothing, so what is not checked here would be lost in silence.
 */
export async function preflight(
  client: Client,
  server: Server,
  wanted: Wanted,
  known: Known,
): Promise<Preflight> {
  const found = await preflightTables(client, server, wanted);
  const slot = await readSlot(client, wanted.slot);
  checkSlot(slot, { name: wanted.slot, plugin: wanted.plugin, database: server.database }, known);
  return { slot, ...found };
}

/** What of it can be looked at where there is no slot yet. */
export async function preflightTables(
  client: Client,
  server: Server,
  wanted: Omit<Wanted, 'slot'>,
): Promise<Omit<Preflight, 'slot'>> {
  const bindings = await bindTables(client, [...wanted.tables, ...(wanted.references ?? [])], wanted.bound);
  const children = await readChildren(client, [...bindings.keys()]);
  const publications =
    wanted.plugin === 'wal2json'
      ? await checkNamedTables(client, server, wanted.tables).then(() => [])
      : await checkPublications(client, server, wanted, { bindings, children });
  // Those that were published once have changes in the WAL from that time.
  const passedOver = new Set(children.map(({ oid }) => oid).filter((oid) => !bindings.has(oid)));
  return { publications, bindings, passedOver };
}

type Found = { readonly bindings: Bindings; readonly children: readonly Child[] };

async function checkPublications(
  client: Client,
  server: Server,
  wanted: Omit<Wanted, 'slot'>,
  found: Found,
): Promise<readonly Publication[]> {
  const publications = await readPublications(client, wanted.publications);
  const missing = wanted.publications.find((name) => !publications.some((each) => each.name === name));
  if (missing !== undefined) {
    throw new PreconditionError(`publication "${missing}" does not exist in database "${server.database}"`, {
      remedy:
        'Run `wal2algolia setup`, or name another publication (`replication.publication` or WAL2ALGOLIA_PUBLICATION).',
    });
  }
  await checkPublishedTables(client, wanted, found);
  return publications;
}

/** By OID: a table that was renamed is still the configured one, and another may have its name. */
async function checkPublishedTables(
  client: Client,
  wanted: Omit<Wanted, 'slot'>,
  { bindings, children }: Found,
): Promise<void> {
  const published = await readPublishedTables(client, wanted.publications);
  const bound = new Set(published.map(({ oid }) => bindings.get(oid)));
  const unpublished = wanted.tables.find((table) => !bound.has(table));
  if (unpublished !== undefined) {
    throw new PreconditionError(
      `table ${unpublished} is not in publication ${quoteList(wanted.publications)}`,
      {
        remedy: 'Run `wal2algolia setup`, or take the table out of the configuration.',
      },
    );
  }
  const others = published.filter(({ oid, schema }) => !bindings.has(oid) && schema !== OWN_SCHEMA);
  const unconfigured = others.find(({ oid }) => children.every((child) => child.oid !== oid));
  if (unconfigured !== undefined) {
    const name = `${unconfigured.schema}.${unconfigured.table}`;
    throw new PreconditionError(
      `publication ${quoteList(wanted.publications)} also holds ${name}, which is not configured`,
      {
        remedy: `Add the table to \`tables\`, or ALTER PUBLICATION ... DROP TABLE ${qualified({ schema: unconfigured.schema, name: unconfigured.table })}.`,
      },
    );
  }
  const [child] = others;
  if (child !== undefined) throw publishedChild(child, others, { bindings, children });
}

function publishedChild(
  { publication, oid, schema, table }: PublishedTable,
  others: readonly PublishedTable[],
  { bindings, children }: Found,
): PreconditionError {
  const parent = bindings.get(children.find((each) => each.oid === oid)?.parentOid ?? 0);
  const all = new Set(
    others
      .filter((each) => each.publication === publication)
      .map((each) => `ONLY ${qualified({ schema: each.schema, name: each.table })}`),
  );
  return new PreconditionError(
    `publication "${publication}" also holds ${schema}.${table}, which inherits from ${parent} and is not configured: a publication takes the children of a table with it unless ONLY stands before its name`,
    {
      remedy: `To leave rows of children out: ALTER PUBLICATION ${identifier(publication)} DROP TABLE ${[...all].join(', ')}. To have them, add the children to \`tables\`, each with an index or an objectIDPrefix of its own.`,
    },
  );
}

function quoteList(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(', ');
}
