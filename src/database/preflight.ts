import type { Client } from 'pg';
import { PreconditionError } from '../errors.ts';
import { OWN_SCHEMA } from '../own-schema.ts';
import { type Bindings, bindTables } from './bindings.ts';
import { checkNamedTables } from './publication/named-tables.ts';
import { type Publication, readPublications, readPublishedTables } from './publication/publication.ts';
import { qualified } from './quoting.ts';
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
  const publications =
    wanted.plugin === 'wal2json'
      ? await checkNamedTables(client, server, wanted.tables).then(() => [])
      : await checkPublications(client, server, wanted, bindings);
  return { publications, bindings };
}

async function checkPublications(
  client: Client,
  server: Server,
  wanted: Omit<Wanted, 'slot'>,
  bindings: Bindings,
): Promise<readonly Publication[]> {
  const publications = await readPublications(client, wanted.publications);
  const missing = wanted.publications.find((name) => !publications.some((each) => each.name === name));
  if (missing !== undefined) {
    throw new PreconditionError(`publication "${missing}" does not exist in database "${server.database}"`, {
      remedy:
        'Run `wal2algolia setup`, or name another publication (`replication.publication` or WAL2ALGOLIA_PUBLICATION).',
    });
  }
  await checkPublishedTables(client, wanted, bindings);
  return publications;
}

/** By OID: a table that was renamed is still the configured one, and another may have its name. */
async function checkPublishedTables(
  client: Client,
  wanted: Omit<Wanted, 'slot'>,
  bindings: Bindings,
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
  const unconfigured = published.find(({ oid, schema }) => !bindings.has(oid) && schema !== OWN_SCHEMA);
  if (unconfigured !== undefined) {
    const name = `${unconfigured.schema}.${unconfigured.table}`;
    throw new PreconditionError(
      `publication ${quoteList(wanted.publications)} also holds ${name}, which is not configured`,
      {
        remedy: `Add the table to \`tables\`, or ALTER PUBLICATION ... DROP TABLE ${qualified({ schema: unconfigured.schema, name: unconfigured.table })}.`,
      },
    );
  }
}

function quoteList(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(', ');
}
