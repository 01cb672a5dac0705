import type { Client } from 'pg';
import { PreconditionError } from '../errors.ts';
import { type Publication, readPublications, readPublishedTables } from './publication.ts';
import { checkServer, type Server } from './server.ts';
import { checkSlot, readSlot, type Slot } from './slot.ts';

export type Wanted = {
  readonly slot: string;
  readonly publications: readonly string[];
  readonly plugin: string;
  /** Qualified names, as `schema.table`. */
  readonly tables: readonly string[];
  readonly applicationName: string;
};

export type Preflight = { readonly slot: Slot; readonly publications: readonly Publication[] };

/**
 * Everything in Postgres that must be so before a session starts; throws the first thing that is not, with its remedy. Postgres 18
 * only warns of a missing publication and sends nothing, so what is not checked here would be lost in silence.
 */
export async function preflight(
  client: Client,
  server: Server,
  wanted: Wanted,
  when: 'start' | 'later',
): Promise<Preflight> {
  checkServer(server, wanted.applicationName, when);
  const publications = await readPublications(client, wanted.publications);
  const missing = wanted.publications.find((name) => !publications.some((each) => each.name === name));
  if (missing !== undefined) {
    throw new PreconditionError(`publication "${missing}" does not exist in database "${server.database}"`, {
      remedy:
        'Run `wal2algolia setup`, or name another publication (`replication.publication` or WAL2ALGOLIA_PUBLICATION).',
    });
  }
  const published = (await readPublishedTables(client, wanted.publications)).map(
    ({ schema, table }) => `${schema}.${table}`,
  );
  const unpublished = wanted.tables.find((table) => !published.includes(table));
  if (unpublished !== undefined) {
    throw new PreconditionError(
      `table ${unpublished} is not in publication ${quoteList(wanted.publications)}`,
      {
        remedy: 'Run `wal2algolia setup`, or take the table out of the configuration.',
      },
    );
  }
  const unconfigured = published.find((table) => !wanted.tables.includes(table));
  if (unconfigured !== undefined) {
    throw new PreconditionError(
      `publication ${quoteList(wanted.publications)} also holds ${unconfigured}, which is not configured`,
      {
        remedy: `Add the table to \`tables\`, or ALTER PUBLICATION ... DROP TABLE ${unconfigured}.`,
      },
    );
  }
  const slot = await readSlot(client, wanted.slot);
  checkSlot(slot, { name: wanted.slot, plugin: wanted.plugin, database: server.database }, when);
  return { slot, publications };
}

function quoteList(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(', ');
}
